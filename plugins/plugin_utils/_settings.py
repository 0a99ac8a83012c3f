# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every variable of the collection, with its default: the one place where defaults stand."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any, Callable, NamedTuple

from ansible.errors import AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _versions
from ansible_collections.rocketmq.cluster.plugins.plugin_utils._wording import either, shorten
from jinja2 import Undefined, UndefinedError


@dataclasses.dataclass(frozen=True)
class Setting:
    """One inventory variable.

    ``scope`` is ``cluster`` when all hosts must agree on it and ``host`` when it may differ between hosts.
    ``parse`` returns the value in its own type or raises ValueError with what was expected.
    """

    name: str
    default: Any
    parse: Callable[[Any], Any]
    about: str
    scope: str = "cluster"


def text(value: Any) -> str:
    if not isinstance(value, (str, int, float)) or isinstance(value, bool):
        raise ValueError("a text")
    return str(value).strip()


def some_text(value: Any) -> str:
    if not text(value):
        raise ValueError("a text that is not empty")
    return text(value)


def url(value: Any) -> str:
    if not re.fullmatch(r"[a-z]+://\S+", text(value)):
        raise ValueError("an address that begins with https:// or the like")
    return text(value)


def optional_url(value: Any) -> str:
    return url(value) if value else ""


def word(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9_%|-]+", value):
        raise ValueError("a text of letters, digits, '_' and '-' only")
    return value


def account(value: Any) -> str:
    # destroy.yml deletes it.
    if not isinstance(value, str) or not re.fullmatch(r"[a-z_][a-z0-9_-]*", value) or value == "root":
        raise ValueError("the name of a system user of its own, such as rocketmq")
    return value


def path(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"(/[^/\s:\"'$%\\]+)+", value) or ".." in value.split("/"):
        raise ValueError("an absolute path without blanks, quotes, '%', '$' or ':', and without '/' at its end")
    return value


def optional_path(value: Any) -> str:
    return path(value) if value not in (None, "") else ""


def folder(value: Any) -> str:
    # destroy.yml deletes it.
    if _SYSTEM_FOLDER.fullmatch(path(value)):
        raise ValueError("a folder of RocketMQ's own below it, such as " + f"{value}/rocketmq")
    return str(value)


def optional_folder(value: Any) -> str:
    return folder(value) if value not in (None, "") else ""


def flag(value: Any) -> bool:
    try:
        return bool(boolean(value))
    except TypeError:
        raise ValueError("true or false") from None


def number(low: int, high: int) -> Callable[[Any], int]:
    def parse(value: Any) -> int:
        plain = isinstance(value, int) and not isinstance(value, bool)
        plain = plain or (isinstance(value, str) and bool(re.fullmatch(r"\s*[0-9]{1,9}\s*", value)))
        if not plain or not low <= int(value) <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return int(value)

    return parse


port = number(1, 65535)
#: 0 means: let the JVM profile decide.
megabytes = number(0, 1024 * 1024)


def heap(value: Any) -> int:
    try:
        return number(0, 31 * 1024)(value)
    except ValueError as expected:
        raise ValueError(f"{expected} (bigger heaps lose compressed pointers)") from None


def choice(*names: str) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        if value not in names:
            raise ValueError("one of " + ", ".join(filter(None, names)))
        return str(value)

    return parse


def words(value: Any) -> list[str]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) and item.strip() for item in value):
        raise ValueError("a list with one text per entry")
    return [item.strip() for item in value]


def mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError("a mapping of key: value")
    return dict(value)


#: What matters to RocketMQ. Nothing about dirty pages: what the vendor's os.sh sets lets an hour of messages wait for
#: their way to the disk.
SYSCTL = {
    # RocketMQ asks for a queue of 1024 clients that connect at once, as after a restart; kernels before 5.4 allow 128.
    "net.core.somaxconn": 4096,
    # Every file of the store is mapped, a consume queue has one or more; what is above 65530 ends the broker. New
    # distributions have this value.
    "vm.max_map_count": 1048576,
    # A heap that comes back from swap stops a broker for longer than elections wait; 0 would kill processes instead.
    "vm.swappiness": 1,
}


def sysctl(value: Any) -> dict[str, Any]:
    """The given settings laid over ours, sorted; an empty value takes one away."""
    wrong = ValueError("a mapping of kernel settings such as {vm.swappiness: 10}, with numbers or texts of one line")
    if not isinstance(value, Mapping):
        raise wrong
    result: dict[str, Any] = dict(SYSCTL)
    for name, own in value.items():
        text = "" if own is None else str(own).strip()
        plain = own is None or (isinstance(own, (int, str)) and not isinstance(own, bool) and text.isprintable())
        if not plain or not re.fullmatch(r"[a-z][a-z0-9_]*(\.[A-Za-z0-9_-]+)+", str(name)):
            raise wrong
        result[str(name)] = text
    return {name: own for name, own in sorted(result.items()) if own != ""}


def unit_sections(value: Any) -> dict[str, dict[str, Any]]:
    """``{Section: {Key: value}}``; an empty value takes a key of ours away."""
    wrong = ValueError("a mapping {Section: {Key: value}} with plain values of one line")
    if not isinstance(value, Mapping):
        raise wrong
    for section, keys in value.items():
        if not isinstance(keys, Mapping) or not re.fullmatch(r"[A-Za-z-]+", str(section)):
            raise wrong
        for key, own in keys.items():
            plain = own is None or (isinstance(own, (str, int, float)) and "\n" not in str(own))
            if not plain or not re.fullmatch(r"[A-Za-z]+", str(key)):
                raise wrong
    return {str(section): dict(keys) for section, keys in value.items()}


def groups(value: Any) -> list[Any]:
    if not isinstance(value, (list, tuple)):
        raise ValueError("a list with one entry per broker group")
    return list(value)


def objects(value: Any) -> list[dict[str, Any]]:
    """What is in an entry, the module knows that gets it."""
    wrong = ValueError("a list of mappings, each with a name")
    if not isinstance(value, (list, tuple)):
        raise wrong
    if not all(isinstance(entry, Mapping) and isinstance(entry.get("name"), str) for entry in value):
        raise wrong
    return [dict(entry) for entry in value]


def members(value: Any) -> dict[str, str]:
    """Host -> id; the hosts alone where nobody pins ids."""
    if isinstance(value, (list, tuple)) and all(isinstance(host, str) for host in value):
        return dict.fromkeys(value, "")
    if not isinstance(value, Mapping):
        raise ValueError("a list of hosts, such as [rmq71, rmq76, rmq77]")
    return pinned_members(value)


def pinned_members(value: Any) -> dict[str, str]:
    return _ids_by_host(value, "{rmq71: n0, rmq76: n1, rmq77: n2}")


def numbered_members(value: Any) -> dict[str, str]:
    return _ids_by_host(value, "{rmq71: 0, rmq76: 1}")


def _ids_by_host(value: Any, example: str) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise ValueError(f"a mapping of host to pinned id, such as {example}")
    return {str(host): "" if identity is None else str(identity) for host, identity in value.items()}


def digest(length: int) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        plain = re.sub(r"\s", "", str(value)).lower()
        if plain and not re.fullmatch(f"[0-9a-f]{{{length}}}", plain):
            raise ValueError(f"{length} hexadecimal digits")
        return plain

    return parse


#: Never RocketMQ's alone, whatever a variable says.
_SYSTEM_FOLDER = re.compile(
    "/(bin|boot|dev|etc|home|lib|opt|proc|root|run|sbin|srv|sys|tmp|usr|var)|/etc/systemd|/usr/(bin|lib|local|share)"
    "|/var/(cache|lib|log|opt|tmp)"
)

#: In the order of docs/variables.md; a text on its own begins a chapter there.
_ALL: tuple[Setting | str, ...] = (
    "The cluster",
    Setting(
        "rocketmq_version",
        "",
        text,
        f"RocketMQ version; required: {either(_versions.known())}. docs/versions.md compares them.",
    ),
    Setting("rocketmq_cluster_name", "DefaultCluster", word, "brokerClusterName, and what destroy.yml asks for."),
    Setting("rocketmq_broker_groups", [], groups, "The broker groups, one entry each; see the chapter below."),
    Setting(
        "rocketmq_allow_vulnerable_version",
        False,
        flag,
        "Accept a version with a hole through which anyone who reaches its ports runs code. Every run warns of it.",
    ),
    Setting(
        "rocketmq_allow_any_group_size",
        False,
        flag,
        "Accept DLedger groups and controllers of an even number or one, and controller groups of one.",
    ),
    Setting(
        "rocketmq_address",
        "",
        text,
        "IPv4 address of the host that clients and other hosts use (brokerIP1, brokerIP2, peer and name server lists). "
        "Default: ansible_host, or the host's name, where that is a literal address.",
        "host",
    ),
    Setting("rocketmq_namesrv_port", 9876, port, "Port of the name server.", "host"),
    Setting("rocketmq_dashboard_port", 19876, port, "Port of the console.", "host"),
    Setting("rocketmq_namesrv_properties", {}, mapping, "Any name server key."),
    Setting("rocketmq_broker_properties", {}, mapping, "Any broker key, for all groups; a group's own properties win."),
    Setting(
        "rocketmq_unchecked_keys",
        [],
        words,
        "Keys that the three take although the RocketMQ of this version has none of that name: those of a plugin of "
        "your own. See docs/properties.md.",
    ),
    "Controllers (mode controller, 5.x)",
    Setting(
        "rocketmq_controller_members",
        {},
        pinned_members,
        "{host: id}, such as {rmq71: n0, rmq76: n1, rmq77: n2}: the controllers. Each is a process of its own where "
        "the inventory group rocketmq_controller has hosts, and a part of the host's name server where it has none.",
    ),
    Setting(
        "rocketmq_controller_type",
        "",
        choice("", "jraft", "dledger"),
        "How controllers agree. Default: jraft, which elects another leader after 1 to 2 s; dledger, which takes some "
        "6 s, before 5.2.0.",
    ),
    Setting("rocketmq_controller_port", 9878, port, "Port of brokers and, with dledger, of the others.", "host"),
    Setting("rocketmq_controller_raft_port", 9880, port, "Port of jraft among the controllers.", "host"),
    Setting("rocketmq_controller_properties", {}, mapping, "Any controller key."),
    "Proxies (5.x)",
    Setting("rocketmq_proxy_grpc_port", 8081, port, "Port of gRPC clients.", "host"),
    Setting("rocketmq_proxy_remoting_port", 8080, port, "Port of clients of the older protocol.", "host"),
    Setting(
        "rocketmq_proxy_properties",
        {},
        mapping,
        "Any key of rmq-proxy.json, for the proxies in brokers (proxy_grpc_port of a group) too.",
    ),
    "Places on a host",
    Setting(
        "rocketmq_install_dir", "/opt/rocketmq", folder, "Programs: one folder per version, links to JDKs, the console."
    ),
    Setting(
        "rocketmq_config_dir", "/etc/rocketmq", folder, "Configuration; root's, so that no live change outlasts a run."
    ),
    Setting("rocketmq_data_dir", "/var/lib/rocketmq", folder, "One folder per instance, with its store.", "host"),
    Setting("rocketmq_log_dir", "/var/log/rocketmq", folder, "One folder of logs per instance.", "host"),
    Setting("rocketmq_user", "rocketmq", account, "System user of all processes."),
    "Memory and JVM",
    Setting(
        "rocketmq_jvm_profile",
        "auto",
        choice("auto", "small"),
        "auto: from the host's memory and all its processes (docs/memory.md). small: least memory, for labs and tests.",
    ),
    Setting("rocketmq_namesrv_heap_mb", 0, heap, "Heap of the name server in MB; 0: the profile's.", "host"),
    Setting("rocketmq_broker_heap_mb", 0, heap, "Heap of each broker in MB; 0: the profile's.", "host"),
    Setting(
        "rocketmq_broker_direct_mb",
        0,
        megabytes,
        "Cap of direct memory of each broker in MB; 0: the profile's.",
        "host",
    ),
    Setting("rocketmq_controller_heap_mb", 0, heap, "Heap of a controller in MB; 0: the profile's.", "host"),
    Setting("rocketmq_proxy_heap_mb", 0, heap, "Heap of a proxy in MB; 0: the profile's.", "host"),
    Setting(
        "rocketmq_proxy_direct_mb", 0, megabytes, "Cap of direct memory of a proxy in MB; 0: the profile's.", "host"
    ),
    Setting("rocketmq_dashboard_heap_mb", 0, heap, "Heap of the console in MB; 0: the profile's.", "host"),
    Setting("rocketmq_namesrv_jvm_options", [], words, "Further JVM options of the name server.", "host"),
    Setting("rocketmq_broker_jvm_options", [], words, "Further JVM options of each broker.", "host"),
    Setting("rocketmq_controller_jvm_options", [], words, "Further JVM options of a controller.", "host"),
    Setting("rocketmq_proxy_jvm_options", [], words, "Further JVM options of a proxy.", "host"),
    Setting("rocketmq_dashboard_jvm_options", [], words, "Further JVM options of the console.", "host"),
    "The operating system",
    Setting(
        "rocketmq_os_manage",
        True,
        flag,
        "Set what follows, now and for each boot. false: leave the kernel alone, and take our files away.",
        "host",
    ),
    Setting(
        "rocketmq_os_sysctl",
        SYSCTL,
        sysctl,
        "Kernel settings, laid over these; an empty value takes one of them away.",
        "host",
    ),
    Setting(
        "rocketmq_os_transparent_hugepage",
        "madvise",
        choice("", "always", "madvise", "never"),
        "Who gets huge pages; madvise: only who asks. Where all get them, the kernel stops processes to make room for "
        "them. Empty: the kernel's own choice.",
        "host",
    ),
    "systemd",
    Setting(
        "rocketmq_unit_overrides",
        {},
        unit_sections,
        "{Section: {Key: value}}, laid over the units of all our services.",
    ),
    Setting(
        "rocketmq_stop_seconds", 180, number(10, 3600), "Seconds that a process may take to flush when it is stopped."
    ),
    "The distribution",
    Setting(
        "rocketmq_install_source",
        "archive",
        choice("archive", "file", "maven"),
        "archive: the official zip, by address. file: a zip on the control node. maven: jars through its mvn client.",
    ),
    Setting(
        "rocketmq_archive_base_url", "https://archive.apache.org/dist/rocketmq", url, "Where the official zips are."
    ),
    Setting(
        "rocketmq_archive_url",
        "",
        optional_url,
        "Address of the zip, instead of the one below rocketmq_archive_base_url.",
    ),
    Setting(
        "rocketmq_archive_sha512",
        "",
        digest(128),
        "SHA-512 of the zip. Default: what is published beside it (.sha512).",
    ),
    Setting("rocketmq_archive_file", "", text, "Path of the zip on the control node, for source file."),
    Setting("rocketmq_maven_command", "mvn", some_text, "Maven client of the control node, for source maven."),
    Setting(
        "rocketmq_cache_dir", "~/.cache/rocketmq.cluster", some_text, "Folder of the control node that keeps downloads."
    ),
    "The JDK",
    Setting(
        "rocketmq_java_source",
        "package",
        choice("package", "archive", "preinstalled"),
        "package: the distribution's headless JRE. archive: a tarball. preinstalled: rocketmq_java_home.",
        "host",
    ),
    Setting("rocketmq_java_major", 17, number(8, 99), "Major version of Java.", "host"),
    Setting("rocketmq_java_package", "", text, "Name of the package, where it is not the usual one.", "host"),
    Setting("rocketmq_java_archive_url", "", optional_url, "Address of the tarball.", "host"),
    Setting("rocketmq_java_archive_file", "", text, "Path of the tarball on the control node.", "host"),
    Setting(
        "rocketmq_java_archive_sha256", "", digest(64), "SHA-256 of the tarball; required for source archive.", "host"
    ),
    Setting("rocketmq_java_home", "", optional_path, "Folder of the JDK, for source preinstalled.", "host"),
    "The console",
    Setting(
        "rocketmq_dashboard_source",
        "file",
        choice("file", "url", "image"),
        "file: a jar on the control node. url: a download. image: copied out of a container image on the control node.",
    ),
    Setting("rocketmq_dashboard_file", "", text, "Path of the jar on the control node."),
    Setting("rocketmq_dashboard_url", "", optional_url, "Address of the jar."),
    Setting("rocketmq_dashboard_image", "", text, "Container image that holds the jar."),
    Setting("rocketmq_dashboard_image_jar", "", text, "Path of the jar in the image. Default: what the image starts."),
    Setting(
        "rocketmq_dashboard_container_command", "docker", some_text, "Client of the control node's container engine."
    ),
    Setting(
        "rocketmq_dashboard_sha256", "", digest(64), "SHA-256 of the jar; required with a host in rocketmq_dashboard."
    ),
    "Topics and consumer groups",
    *(
        setting
        for name, kind in (("rocketmq_topics", "topics"), ("rocketmq_consumer_groups", "consumer_groups"))
        for setting in (
            Setting(name, [], objects, f"What playbooks/topics.yml gives to the module {kind}."),
            Setting(f"{name}_purge", False, flag, f"Delete all {kind.replace('_', ' ')} that nobody names."),
            Setting(f"{name}_purge_exclude", [], words, "Patterns of names that are kept all the same."),
            Setting(f"{name}_max_deletes", 10, number(0, 100000), "If more would be deleted, none is."),
        )
    ),
    "The failover drill",
    Setting(
        "rocketmq_drill_group",
        "",
        text,
        "The broker group whose leader playbooks/failover_drill.yml kills. Default: the first one whose mode lets "
        "another member take over.",
    ),
    Setting("rocketmq_drill_host", "", text, "The member that is killed instead of the leader: the name of its host."),
    Setting(
        "rocketmq_drill_kill",
        "process",
        choice("process", "host", "network"),
        "process: SIGKILL of the broker. host: as a power cut; the host boots again. network: the host is cut off for "
        "rocketmq_drill_away_seconds.",
    ),
    Setting("rocketmq_drill_away_seconds", 60, number(1, 3600), "How long kill network lasts."),
    Setting("rocketmq_drill_times", 1, number(1, 100), "How many drills, one after the other."),
    Setting("rocketmq_drill_rate", 50, number(1, 1000), "Messages per second that are sent meanwhile."),
    Setting(
        "rocketmq_drill_seconds",
        600,
        number(10, 7200),
        "Seconds within which the cluster has to be whole again; a host needs its time to boot.",
    ),
    Setting("rocketmq_drill_dir", "drills", some_text, "Folder of the control node for the reports."),
    "Waiting",
    Setting(
        "rocketmq_start_timeout", 120, number(1, 3600), "Seconds after which a process that does not listen has failed."
    ),
    Setting("rocketmq_health_timeout", 180, number(1, 3600), "Seconds that a health gate waits."),
    Setting("rocketmq_clock_tolerance", 10, number(1, 86400), "Seconds by which the clocks of the hosts may differ."),
)

SETTINGS: dict[str, Setting] = {setting.name: setting for setting in _ALL if isinstance(setting, Setting)}


def chapters() -> dict[str, list[Setting]]:
    """The settings as docs/variables.md shows them."""
    result: dict[str, list[Setting]] = {}
    for item in _ALL:
        if isinstance(item, str):
            result[item] = []
        else:
            result[list(result)[-1]].append(item)
    return result


#: What variables of ours may stand beside the settings: the command line's, and what a run leaves on its hosts.
OTHER_NAMES = (
    "rocketmq_add_group",
    "rocketmq_add_group_topics",
    "rocketmq_add_namesrv",
    "rocketmq_adopted",
    "rocketmq_adopted_before",
    "rocketmq_archived",
    "rocketmq_backup",
    "rocketmq_backup_dir",
    "rocketmq_backup_fetch",
    "rocketmq_backup_found",
    "rocketmq_backup_members",
    "rocketmq_backup_path",
    "rocketmq_backup_store",
    "rocketmq_before",
    "rocketmq_bundle",
    "rocketmq_bundle_dir",
    "rocketmq_bundle_lines",
    "rocketmq_confirm",
    "rocketmq_deployed",
    "rocketmq_destroy_data",
    "rocketmq_drain_groups",
    "rocketmq_drain_ignore",
    "rocketmq_drain_lose_topics",
    "rocketmq_drain_state",
    "rocketmq_drain_stop",
    "rocketmq_drain_wait",
    "rocketmq_drills",
    "rocketmq_export_dir",
    "rocketmq_force_lock",
    "rocketmq_found_drift",
    "rocketmq_found_files",
    "rocketmq_found_groups",
    "rocketmq_found_offsets",
    "rocketmq_found_topics",
    "rocketmq_given_back",
    "rocketmq_handed_over",
    "rocketmq_handed_over_at",
    "rocketmq_health",
    "rocketmq_leadership",
    "rocketmq_lock",
    "rocketmq_migrate_group",
    "rocketmq_packed",
    "rocketmq_plan",
    "rocketmq_processes",
    "rocketmq_prune_keep",
    "rocketmq_pruned",
    "rocketmq_reader",
    "rocketmq_ready",
    "rocketmq_reason",
    "rocketmq_remove_group",
    "rocketmq_remove_group_lose_topics",
    "rocketmq_removed",
    "rocketmq_replace_wait",
    "rocketmq_report",
    "rocketmq_restart_before",
    "rocketmq_restore",
    "rocketmq_restore_force",
    "rocketmq_restore_store",
    "rocketmq_restored_offsets",
    "rocketmq_room",
    "rocketmq_service_found",
    "rocketmq_store",
    "rocketmq_struck",
    "rocketmq_take_over",
    "rocketmq_target",
    "rocketmq_told",
    "rocketmq_unpacked",
    "rocketmq_upgrade",
    "rocketmq_view",
    "rocketmq_watch",
    "rocketmq_watch_folder",
    "rocketmq_watched",
    "rocketmq_withdrawn",
)


def unknown(variables: Mapping[str, Any]) -> list[str]:
    """Names that look like a setting, and that nobody would read."""
    known = {*SETTINGS, *OTHER_NAMES}
    return [name for name in variables if str(name).startswith("rocketmq_") and name not in known]


#: What Ansible raises when it looks into a template or a vault text, which it does as late as it can.
UNREADABLE = (AnsibleError, UndefinedError, RecursionError)


def _plain(value: Any) -> Any:
    """The value with all templates in it evaluated."""
    if value is None or isinstance(value, (str, int)):
        return value  # Most are, and the other questions take longer.
    if isinstance(value, Undefined):
        return str(value)  # Raises what is wrong with it.
    if isinstance(value, Mapping):
        return {key: _plain(own) for key, own in value.items()}
    return [_plain(own) for own in value] if isinstance(value, (list, tuple)) else value


class WrongValue(NamedTuple):
    """A value that a setting cannot have."""

    name: str
    shown: str
    expected: str


def read(variables: Mapping[str, Any]) -> tuple[dict[str, Any], list[WrongValue]]:
    """The settings of one host in their own types, and the values that are of the wrong kind.

    A wrong value is replaced by the default, so that one mistake makes one sentence.
    """
    values: dict[str, Any] = {}
    wrong: list[WrongValue] = []
    for name, setting in SETTINGS.items():
        values[name] = setting.default
        raw = None
        try:
            raw = _plain(variables.get(name))
            if raw is not None:
                values[name] = setting.parse(raw)
        except ValueError as expected:
            wrong.append(WrongValue(name, shorten(repr(raw)), str(expected)))
        except UNREADABLE as error:
            reason = str(error.__cause__ or error).splitlines()[0].rstrip(".")
            # In which of its calls Python gave up differs between hosts; the mistake is one.
            reason = reason.partition(": maximum recursion depth")[0]
            wrong.append(
                WrongValue(name, f"unreadable ({reason})", "what its template or vault needs, or a plain value")
            )
    return values, wrong
