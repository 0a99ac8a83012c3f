# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From an inventory to the plan: which process runs where, with which ports, ids, peers, properties and memory.

Pure: no host is asked. What is impossible is refused here, all of it at once, in sentences that name the variable and
the fix. The shape of the result is described in docs/design/shape.md.
"""

from __future__ import annotations

import dataclasses
import difflib
import ipaddress
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _files, _jvm, _settings, _versions

Settings = Mapping[str, Any]

#: Keys of an entry of rocketmq_broker_groups: what they are, and whether they must be given.
GROUP_KEYS: dict[str, tuple[str, bool]] = {
    "name": ("the brokerName", True),
    "instance": ("the name of its files, unit and folders on a host, such as n0", True),
    "mode": ("how its members replicate; dledger (default)", False),
    "listen_port": ("the port of clients; VIP (-2) and HA (+1) follow", True),
    "dledger_port": ("the port of the members among themselves", True),
    "members": ("a mapping of host to pinned id, such as {rmq71: n0, rmq76: n1, rmq77: n2}", True),
    "properties": ("any broker key", False),
    "store": ("the folder of its messages", False),
    "heap_mb": ("the heap of each member", False),
    "direct_mb": ("the cap of direct memory of each member", False),
    "jvm_options": ("further JVM options of each member", False),
}
MODES = ("dledger",)

#: Broker keys that the plan writes itself, and the variable that decides them.
OWNED_BROKER_KEYS = {
    "listenPort": "listen_port",
    "fastListenPort": "listen_port",
    "haListenPort": "listen_port",
    "brokerName": "name",
    "brokerId": "members",
    "brokerClusterName": "rocketmq_cluster_name",
    "brokerIP1": "rocketmq_address",
    "brokerIP2": "rocketmq_address",
    "namesrvAddr": "the group rocketmq_namesrv of the inventory",
    "storePathRootDir": "store",
    "enableDLegerCommitLog": "mode",
    "dLegerGroup": "name",
    "dLegerPeers": "members, dledger_port and rocketmq_address",
    "dLegerSelfId": "members",
}
OWNED_NAMESRV_KEYS = {
    "listenPort": "rocketmq_namesrv_port",
    "kvConfigPath": "rocketmq_data_dir",
    "configStorePath": "rocketmq_config_dir",
}
_NAME = re.compile(r"[A-Za-z0-9_-]{1,127}")
_INSTANCE = re.compile(r"[a-z0-9][a-z0-9_-]*")
_SELF_ID = re.compile(r"[A-Za-z][0-9]+")
#: The version stands in the environment file alone.
_CLASSPATH = ("-cp", "${ROCKETMQ_HOME}/conf:${ROCKETMQ_HOME}/lib/*")
_RESERVED_INSTANCES = ("namesrv", "dashboard", "controller", "proxy", "exporter", "tools")


@dataclasses.dataclass(frozen=True)
class Group:
    """A broker group as the inventory gives it, its values in their own types."""

    name: str
    instance: str
    mode: str
    listen_port: int
    dledger_port: int
    members: dict[str, str]
    properties: dict[str, Any]
    store: str
    heap_mb: int
    direct_mb: int
    jvm_options: list[str]

    def ports(self) -> dict[str, int]:
        """Ports of a member. HA is reserved although DLedger opens none: a change of mode must not collide."""
        listen = self.listen_port
        return {"listen": listen, "vip": listen - 2, "ha": listen + 1, "dledger": self.dledger_port}

    def members_by_id(self) -> list[tuple[str, str]]:
        """(host, id), in the order of the ids: the same on every host, whatever the order in the inventory."""
        return sorted(self.members.items(), key=lambda item: (int(item[1][1:]), item[1]))


@dataclasses.dataclass(frozen=True)
class Inventory:
    """What the inventory says, read once: settings per host and the hosts of each role."""

    settings: dict[str, Settings]
    addresses: dict[str, str]
    memory_mb: dict[str, int]
    namesrv: list[str]
    brokers: list[str]
    dashboards: list[str]
    groups: list[Group]

    @property
    def cluster(self) -> Settings:
        """The settings that all hosts share."""
        return next(iter(self.settings.values()))


def plan(hostvars: Mapping[str, Mapping[str, Any]], groups: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The plan of an inventory; nothing but ``problems`` when it is impossible."""
    problems: list[str] = []
    inventory = _read(hostvars, groups, problems)
    release = None
    if inventory.settings:
        release = _check_version(inventory, problems)
        _check_addresses(inventory, problems)
        _check_hosts(inventory, groups, problems)
        for group in inventory.groups:
            _check_group(group, inventory, problems)
        _check_collisions(inventory, problems)
        _check_sources(inventory, problems)
    if problems or release is None:
        return {"problems": list(dict.fromkeys(problems))}
    return _lay_out(inventory, release)


# --- reading ----------------------------------------------------------------------------------------------------------


def _read(
    hostvars: Mapping[str, Mapping[str, Any]], groups: Mapping[str, Sequence[str]], problems: list[str]
) -> Inventory:
    hosts = sorted(groups.get("rocketmq", []))
    settings: dict[str, Settings] = {}
    wrong: dict[_settings.WrongValue, list[str]] = {}
    for host in hosts:
        settings[host], found = _settings.read(hostvars[host])
        for value in found:
            wrong.setdefault(value, []).append(host)
    problems += [
        f"{name} is {shown} on {_hosts(on)}: give {expected}." for (name, shown, expected), on in wrong.items()
    ]
    if hosts:
        _check_agreement(settings, problems)
    else:
        problems.append(
            "The inventory has no host in the group rocketmq: make rocketmq_namesrv, rocketmq_broker and the others "
            "its children."
        )
    facts = {host: hostvars[host].get("ansible_facts") or {} for host in hosts}
    entries = settings[hosts[0]]["rocketmq_broker_groups"] if hosts else []
    return Inventory(
        settings=settings,
        addresses={host: _address(host, hostvars[host], settings[host]) for host in hosts},
        memory_mb={host: int(facts[host].get("memtotal_mb") or 0) for host in hosts},
        namesrv=sorted(groups.get("rocketmq_namesrv", [])),
        brokers=sorted(groups.get("rocketmq_broker", [])),
        dashboards=sorted(groups.get("rocketmq_dashboard", [])),
        groups=[group for index, entry in enumerate(entries) if (group := _group(entry, index, problems))],
    )


def _address(host: str, variables: Mapping[str, Any], settings: Settings) -> str:
    """The address that others use; ansible_host or the host's name where that is a literal one. Never a fact."""
    given = settings["rocketmq_address"]
    if given:
        return str(given)
    for candidate in (variables.get("ansible_host"), host):
        if candidate and _is_ipv4(str(candidate)):
            return str(candidate)
    return ""


def _is_ipv4(value: str) -> bool:
    try:
        ipaddress.IPv4Address(value)
    except ValueError:
        return False
    return True


def _group(entry: Any, index: int, problems: list[str]) -> Group | None:
    """An entry of rocketmq_broker_groups, or None after saying what it lacks."""
    where = f"rocketmq_broker_groups[{index}]"
    if not isinstance(entry, Mapping):
        problems.append(f"{where} is {entry!r}: give a mapping with {', '.join(_required_keys())}.")
        return None
    where = f"Group {entry['name']}" if entry.get("name") else where
    before = len(problems)
    problems += [
        f"{where} has an unknown key {key!r}{_nearest(key, GROUP_KEYS)}." for key in entry if key not in GROUP_KEYS
    ]
    mode = entry.get("mode", "dledger")
    if mode not in MODES:
        problems.append(f"{where} has the unknown mode {mode!r}: mode is one of {', '.join(MODES)}.")
    for key in _required_keys():
        if entry.get(key) in (None, "", [], {}):
            problems.append(f"{where} has no {key}: give {GROUP_KEYS[key][0]}.")
    parsers = {
        "listen_port": _settings.number(3, 65534),
        "dledger_port": _settings.port,
        "members": _settings.mapping,
        "properties": _settings.mapping,
        "store": _settings.optional_path,
        "heap_mb": _settings.megabytes,
        "direct_mb": _settings.megabytes,
        "jvm_options": _settings.words,
    }
    values: dict[str, Any] = {}
    for key, parse in parsers.items():
        if entry.get(key) is None:
            continue
        try:
            values[key] = parse(entry[key])
        except ValueError as expected:
            problems.append(f"{where} has {key} {entry[key]!r}: give {expected}.")
    for key, pattern in (("name", _NAME), ("instance", _INSTANCE)):
        value = entry.get(key)
        if value and not (isinstance(value, str) and pattern.fullmatch(value)):
            problems.append(f"{where} has the {key} {value!r}: use letters, digits, '_' and '-' ({pattern.pattern}).")
    if len(problems) > before:
        return None
    return Group(
        name=entry["name"],
        instance=entry["instance"],
        mode=mode,
        listen_port=values["listen_port"],
        dledger_port=values["dledger_port"],
        members={str(host): str(identity) for host, identity in values["members"].items()},
        properties=values.get("properties", {}),
        store=values.get("store", ""),
        heap_mb=values.get("heap_mb", 0),
        direct_mb=values.get("direct_mb", 0),
        jvm_options=values.get("jvm_options", []),
    )


def _required_keys() -> list[str]:
    return [key for key, meaning in GROUP_KEYS.items() if meaning[1]]


# --- checking ---------------------------------------------------------------------------------------------------------


def _check_agreement(settings: Mapping[str, Settings], problems: list[str]) -> None:
    """Cluster-wide variables have one value on all hosts."""
    for name, setting in _settings.SETTINGS.items():
        if setting.scope != "cluster":
            continue
        values: dict[str, list[str]] = {}
        for host, own in settings.items():
            values.setdefault(repr(own[name]), []).append(host)
        if len(values) > 1:
            said = "; ".join(f"{_shorten(value)} on {_hosts(on)}" for value, on in values.items())
            problems.append(
                f"{name} differs between hosts ({said}): set it once, in group_vars/all or group_vars/rocketmq."
            )


def _check_version(inventory: Inventory, problems: list[str]) -> _versions.Release | None:
    version = inventory.cluster["rocketmq_version"]
    known = ", ".join(_versions.known())
    if not version:
        problems.append(f"rocketmq_version is not set: choose one of {known}.")
        return None
    if version not in _versions.known():
        problems.append(f"rocketmq_version {version} is not known: choose one of {known}.")
        return None
    release = _versions.load(version)
    if release.vulnerable and not inventory.cluster["rocketmq_allow_vulnerable_version"]:
        holes = ", ".join(release.vulnerable)
        problems.append(
            f"rocketmq_version {version} lets anyone who reaches its ports run code ({holes}): set rocketmq_version to "
            f"{release.fixed_in} or later, "
            "or accept it with rocketmq_allow_vulnerable_version: true."
        )
    majors: dict[int, list[str]] = {}
    for host, settings in inventory.settings.items():
        majors.setdefault(settings["rocketmq_java_major"], []).append(host)
    for major, hosts in majors.items():
        if major not in release.jdks:
            fitting = ", ".join(map(str, release.jdks))
            problems.append(
                f"rocketmq_java_major {major} on {_hosts(hosts)} does not fit RocketMQ {version}: choose one of "
                f"{fitting}."
            )
    return release


def _check_addresses(inventory: Inventory, problems: list[str]) -> None:
    owners: dict[str, list[str]] = {}
    for host, address in inventory.addresses.items():
        if not address:
            problems.append(f"Host {host} has no address: set rocketmq_address (or ansible_host) to its IPv4 address.")
        elif not _is_ipv4(address) or ipaddress.IPv4Address(address).is_unspecified:
            problems.append(
                f"Host {host} has rocketmq_address {address!r}: give a literal IPv4 address; names and IPv6 break "
                "DLedger's peer list."
            )
        else:
            owners.setdefault(address, []).append(host)
    for address, hosts in owners.items():
        if len(hosts) > 1:
            problems.append(
                f"The address {address} belongs to {_hosts(hosts)}: give each host its own rocketmq_address."
            )
        elif ipaddress.IPv4Address(address).is_loopback and len(inventory.settings) > 1:
            problems.append(
                f"Host {hosts[0]} has the loopback address {address}, which no other host reaches: set its "
                "rocketmq_address."
            )


def _check_hosts(inventory: Inventory, groups: Mapping[str, Sequence[str]], problems: list[str]) -> None:
    for name in sorted(groups):
        outside = sorted(set(groups[name]) - set(inventory.settings)) if name.startswith("rocketmq_") else []
        if outside:
            problems.append(
                f"The inventory group {name} has {_hosts(outside)} outside of the group rocketmq: make {name} a child "
                "of rocketmq."
            )
    if not inventory.namesrv:
        problems.append("The inventory group rocketmq_namesrv is empty: put at least one host into it.")
    if inventory.brokers and not inventory.cluster["rocketmq_broker_groups"]:
        problems.append("rocketmq_broker_groups is empty: give one entry per broker group.")
    used = {host for group in inventory.groups for host in group.members}
    complete = len(inventory.groups) == len(inventory.cluster["rocketmq_broker_groups"])
    idle = [host for host in inventory.brokers if host not in used]
    if idle and inventory.groups and complete:
        problems.append(
            f"{_hosts(idle)} of rocketmq_broker is in the members of no group: add it to one, or take it out of "
            "rocketmq_broker."
        )


def _check_group(group: Group, inventory: Inventory, problems: list[str]) -> None:
    where = f"Group {group.name}"
    if group.instance in _RESERVED_INSTANCES:
        problems.append(
            f"{where} has the instance {group.instance!r}, which is the name of another service: choose another "
            "instance."
        )
    for host in group.members:
        if host not in inventory.brokers:
            problems.append(
                f"{where} has the member {host}, which is not in the inventory group "
                f"rocketmq_broker{_nearest(host, inventory.brokers)}."
            )
    _check_ids(group, problems)
    count = len(group.members)
    if (count % 2 == 0 or count < 3) and not inventory.cluster["rocketmq_allow_any_group_size"]:
        lesson = "survives no failure" if count < 3 else f"survives no more failures than {count - 1}"
        problems.append(
            f"{where} has {count} member{'s' if count != 1 else ''}, which {lesson}: give its members an odd number of "
            "hosts, at least 3, "
            "or accept it with rocketmq_allow_any_group_size: true."
        )
    _check_properties(f"{where}: properties", group.properties, OWNED_BROKER_KEYS, problems)
    _check_options(f"{where}: jvm_options", group.jvm_options, problems)


def _check_ids(group: Group, problems: list[str]) -> None:
    """DLedger ids: a letter and a number; the number becomes the brokerId, so it must differ as well."""
    numbers: dict[int, list[str]] = {}
    for host, identity in group.members.items():
        if not _SELF_ID.fullmatch(identity):
            problems.append(
                f"Group {group.name} has the id {identity!r} for {host}: a DLedger id is a letter and a number, such "
                "as n0."
            )
        else:
            numbers.setdefault(int(identity[1:]), []).append(f"{host}: {identity}")
    for clash in numbers.values():
        if len(clash) > 1:
            problems.append(
                f"Group {group.name} gives one id to several members ({', '.join(clash)}): each needs a number of its "
                "own in members."
            )


def _check_properties(where: str, values: Mapping[str, Any], owned: Mapping[str, str], problems: list[str]) -> None:
    for key, value in values.items():
        text = _files.property_text(value)
        if key in owned:
            problems.append(f"{where} sets {key}, which the plan writes itself: use {owned[key]} instead.")
        elif not re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", str(key)):
            problems.append(f"{where} has the key {key!r}, which no RocketMQ setting can have.")
        elif (
            not isinstance(value, (str, int, float))
            or text != text.strip()
            or not text.isprintable()
            or not text.isascii()
        ):
            problems.append(
                f"{where} has {key}: {value!r}: give a plain value of one line, without blanks at its ends (RocketMQ "
                "would misread it)."
            )


def _check_options(where: str, options: Sequence[str], problems: list[str]) -> None:
    for option in options:
        if not option.startswith("-") or re.search(r"[\s\"'$\\]", option):
            problems.append(
                f"{where} has {option!r}: give one JVM option per entry, starting with '-', without blanks, quotes and "
                "'$'."
            )


@dataclasses.dataclass(frozen=True)
class _Claim:
    """Something of a host that one service needs for itself."""

    owner: str
    kind: str
    value: Any


_COLLISION_FIXES = {
    "port": "change listen_port (in steps of 10, because listen_port - 2 and + 1 follow it), dledger_port or the other "
    "service's port",
    "instance": "give each group its own instance",
    "store": "give each group its own store",
}


def _check_collisions(inventory: Inventory, problems: list[str]) -> None:
    """Two services of one host with the same port, store or instance name; one sentence per pair of services."""
    names = [group.name for group in inventory.groups]
    problems += [
        f"{names.count(name)} groups have the name {name}: give each its own."
        for name in set(names)
        if names.count(name) > 1
    ]
    clashes: dict[tuple[str, str, str], dict[str, list[str]]] = {}
    for host in inventory.settings:
        taken: dict[tuple[str, Any], _Claim] = {}
        for claim in _claims(inventory, host):
            first = taken.setdefault((claim.kind, claim.value), claim)
            if first is not claim:
                clash = clashes.setdefault((claim.kind, first.owner, claim.owner), {})
                clash.setdefault(str(claim.value), []).append(host)
    for (kind, one, other), values in clashes.items():
        if kind == "store" and ("instance", one, other) in clashes:
            continue  # The store follows the instance: one mistake, one sentence.
        hosts = sorted({host for on in values.values() for host in on})
        many = "s" if len(values) > 1 else ""
        who = (
            f"{one} uses the {kind}{many} {', '.join(values)} twice"
            if one == other
            else f"{one} and {other} share the {kind}{many} {', '.join(values)}"
        )
        problems.append(f"{who} on {_hosts(hosts)}: {_COLLISION_FIXES[kind]}.")


def _claims(inventory: Inventory, host: str) -> list[_Claim]:
    settings = inventory.settings[host]
    claims = []
    if host in inventory.namesrv:
        claims.append(_Claim("the name server", "port", settings["rocketmq_namesrv_port"]))
    if host in inventory.dashboards:
        claims.append(_Claim("the console", "port", settings["rocketmq_dashboard_port"]))
    for group in inventory.groups:
        if host in group.members:
            owner = f"group {group.name}"
            claims += [_Claim(owner, "port", port) for port in group.ports().values()]
            claims.append(_Claim(owner, "instance", group.instance))
            claims.append(_Claim(owner, "store", _store(group, settings)))
    return claims


def _check_sources(inventory: Inventory, problems: list[str]) -> None:
    """What is installed must be named, and checked by a digest that somebody held."""
    cluster = inventory.cluster
    if cluster["rocketmq_install_source"] == "file" and not cluster["rocketmq_archive_file"]:
        problems.append(
            "rocketmq_install_source is file, but rocketmq_archive_file is not set: give the path of the zip on the "
            "control node."
        )
    for name, owned in (
        ("rocketmq_namesrv_properties", OWNED_NAMESRV_KEYS),
        ("rocketmq_broker_properties", OWNED_BROKER_KEYS),
    ):
        _check_properties(name, cluster[name], owned, problems)
    for host, settings in inventory.settings.items():
        for kind in ("namesrv", "broker", "dashboard"):
            _check_options(f"rocketmq_{kind}_jvm_options on {host}", settings[f"rocketmq_{kind}_jvm_options"], problems)
        source = settings["rocketmq_java_source"]
        if source == "preinstalled" and not settings["rocketmq_java_home"]:
            problems.append(
                f"rocketmq_java_source is preinstalled on {host}, but rocketmq_java_home is not set: give the JDK's "
                "folder."
            )
        if source == "archive" and not (
            settings["rocketmq_java_archive_url"] or settings["rocketmq_java_archive_file"]
        ):
            problems.append(
                f"rocketmq_java_source is archive on {host}, but neither rocketmq_java_archive_url nor "
                "rocketmq_java_archive_file is set."
            )
        if source == "archive" and not settings["rocketmq_java_archive_sha256"]:
            problems.append(
                f"rocketmq_java_source is archive on {host}, but rocketmq_java_archive_sha256 is not set: give the "
                "tarball's digest."
            )
    if inventory.dashboards:
        source = cluster["rocketmq_dashboard_source"]
        if not cluster[f"rocketmq_dashboard_{source}"]:
            problems.append(
                f"rocketmq_dashboard_source is {source}, but rocketmq_dashboard_{source} is not set: say where the "
                "console's jar is, "
                "or leave the inventory group rocketmq_dashboard empty."
            )
        if not cluster["rocketmq_dashboard_sha256"]:
            problems.append(
                "rocketmq_dashboard_sha256 is not set: give the digest of the console's jar (sha256sum FILE), or leave "
                "rocketmq_dashboard empty."
            )


# --- laying out -------------------------------------------------------------------------------------------------------


def _lay_out(inventory: Inventory, release: _versions.Release) -> dict[str, Any]:
    cluster = inventory.cluster
    version = cluster["rocketmq_version"]
    namesrv = [
        _endpoint(inventory, host, inventory.settings[host]["rocketmq_namesrv_port"]) for host in inventory.namesrv
    ]
    hosts: dict[str, Any] = {}
    for host, settings in inventory.settings.items():
        context = _Context(inventory, release, host, settings, namesrv)
        hosts[host] = {
            "address": inventory.addresses[host],
            "namesrv": [_namesrv(context)] if host in inventory.namesrv else [],
            "brokers": [_broker(context, group) for group in inventory.groups if host in group.members],
            "dashboard": [_dashboard(context)] if host in inventory.dashboards else [],
            "java": _java(settings),
            "dist": _dist(context),
            "folders": _folders(context),
        }
    return {
        "problems": [],
        "cluster": cluster["rocketmq_cluster_name"],
        "version": version,
        "namesrv": namesrv,
        "groups": [_group_view(inventory, group) for group in inventory.groups],
        "console_jar": _console_jar(cluster),
        "user": cluster["rocketmq_user"],
        "health_timeout": cluster["rocketmq_health_timeout"],
        "hosts": hosts,
    }


@dataclasses.dataclass(frozen=True)
class _Context:
    """Where an instance is laid out."""

    inventory: Inventory
    release: _versions.Release
    host: str
    settings: Settings
    namesrv: list[str]

    @property
    def address(self) -> str:
        return self.inventory.addresses[self.host]

    @property
    def home(self) -> str:
        return f"{self.settings['rocketmq_install_dir']}/{self.release.version}"


def _namesrv(context: _Context) -> dict[str, Any]:
    settings = context.settings
    data_dir = f"{settings['rocketmq_data_dir']}/namesrv"
    path = f"{settings['rocketmq_config_dir']}/namesrv.conf"
    properties = {
        **settings["rocketmq_namesrv_properties"],
        "listenPort": settings["rocketmq_namesrv_port"],
        "kvConfigPath": f"{data_dir}/kvConfig.json",
        "configStorePath": path,
    }
    return _instance(
        context,
        kind="namesrv",
        name="namesrv",
        unit="rocketmq-namesrv.service",
        description="RocketMQ name server",
        ports={"listen": settings["rocketmq_namesrv_port"]},
        config={"path": path, "properties": properties},
        command=[*_CLASSPATH, "org.apache.rocketmq.namesrv.NamesrvStartup", "-c", path],
    )


def _broker(context: _Context, group: Group) -> dict[str, Any]:
    settings = context.settings
    path = f"{settings['rocketmq_config_dir']}/broker-{group.instance}.conf"
    member_id = group.members[context.host]
    peers = [
        f"{identity}-{_endpoint(context.inventory, host, group.dledger_port)}"
        for host, identity in group.members_by_id()
    ]
    properties = {
        "brokerRole": "ASYNC_MASTER",
        "deleteWhen": "04",
        "fileReservedTime": 72,
        "flushDiskType": "ASYNC_FLUSH",
        **settings["rocketmq_broker_properties"],
        **group.properties,
        "listenPort": group.listen_port,
        "namesrvAddr": ";".join(context.namesrv),
        "brokerIP1": context.address,
        "brokerIP2": context.address,
        "brokerName": group.name,
        "brokerClusterName": settings["rocketmq_cluster_name"],
        "storePathRootDir": _store(group, settings),
        "enableDLegerCommitLog": True,
        "dLegerGroup": group.name,
        "dLegerPeers": ";".join(peers),
        "dLegerSelfId": member_id,
    }
    return _instance(
        context,
        kind="broker",
        name=group.instance,
        unit=f"rocketmq-broker@{group.instance}.service",
        description=f"RocketMQ broker {group.name} ({member_id})",
        ports=group.ports(),
        config={"path": path, "properties": properties},
        command=[*_CLASSPATH, "org.apache.rocketmq.broker.BrokerStartup", "-c", path],
        store=_store(group, settings),
        group=group,
    )


def _dashboard(context: _Context) -> dict[str, Any]:
    settings = context.settings
    jar = f"{settings['rocketmq_install_dir']}/dashboard/console-{settings['rocketmq_dashboard_sha256'][:12]}.jar"
    instance = _instance(
        context,
        kind="dashboard",
        name="dashboard",
        unit="rocketmq-dashboard.service",
        description="RocketMQ console",
        ports={"listen": settings["rocketmq_dashboard_port"]},
        config=None,
        command=["-jar", jar],
    )
    return {**instance, "jar": jar}


def _instance(
    context: _Context,
    *,
    kind: str,
    name: str,
    unit: str,
    description: str,
    ports: dict[str, int],
    config: dict[str, Any] | None,
    command: list[str],
    store: str = "",
    group: Group | None = None,
) -> dict[str, Any]:
    """What all kinds of process have in common: folders, JVM, environment, unit."""
    settings = context.settings
    user = settings["rocketmq_user"]
    data_dir = f"{settings['rocketmq_data_dir']}/{name}"
    log_dir = f"{settings['rocketmq_log_dir']}/{name}"
    environment = f"{settings['rocketmq_config_dir']}/{kind if group is None else f'{kind}-{name}'}.env"
    java_home = _java_link(settings)
    size = _jvm.memory(
        kind,
        settings["rocketmq_jvm_profile"],
        context.inventory.memory_mb[context.host],
        sum(context.host in other.members for other in context.inventory.groups),
        (group.heap_mb if group else 0) or settings[f"rocketmq_{kind}_heap_mb"],
        (group.direct_mb if group else 0) or (settings["rocketmq_broker_direct_mb"] if group else 0),
    )
    major = settings["rocketmq_java_major"]
    jvm_options = [
        *_jvm.options(size, settings["rocketmq_jvm_profile"], major, data_dir, log_dir),
        *context.release.module_options(major, kind),
        *(_console_options(context) if kind == "dashboard" else context.release.log_options(kind, context.home)),
        *settings[f"rocketmq_{kind}_jvm_options"],
        *(group.jvm_options if group else []),
    ]
    store = store or data_dir
    instance: dict[str, Any] = {
        "kind": kind,
        "name": name,
        "group": group.name if group else "",
        "unit": unit,
        "description": description,
        "version": context.release.version if kind != "dashboard" else "",
        "address": context.address,
        "ports": ports,
        "user": user,
        "java_home": java_home,
        "jvm_options": jvm_options,
        "command": command,
        "config": config,
        "environment": environment,
        "data_dir": data_dir,
        "log_dir": log_dir,
        "store": store,
        "directories": sorted({data_dir, f"{data_dir}/tmp", store, log_dir}),
        "memory_mb": size.total_mb,
        "start_timeout": settings["rocketmq_start_timeout"],
    }
    overrides = settings["rocketmq_unit_overrides"]
    files = [
        {"path": environment, "content": _files.environment(java_home, context.home, jvm_options)},
        {
            "path": f"/etc/systemd/system/{unit}",
            "content": _files.unit(instance, settings["rocketmq_stop_seconds"], overrides),
        },
        {"path": _files.TARGET_PATH, "content": _files.TARGET},
    ]
    if config:
        files.insert(0, {"path": config["path"], "content": _files.properties(config["properties"])})
    # What service_state is asked about.
    service = {"unit": unit, "address": context.address, "port": ports["listen"], "files": files}
    return {**instance, "service": service}


def _folders(context: _Context) -> list[str]:
    """Where a host keeps messages and logs."""
    settings = context.settings
    stores = [group.store for group in context.inventory.groups if group.store and context.host in group.members]
    return [settings["rocketmq_data_dir"], settings["rocketmq_log_dir"], *stores]


def _store(group: Group, settings: Settings) -> str:
    return group.store or f"{settings['rocketmq_data_dir']}/{group.instance}/store"


def _endpoint(inventory: Inventory, host: str, port: int) -> str:
    return f"{inventory.addresses.get(host, host)}:{port}"


def _java_link(settings: Settings) -> str:
    return f"{settings['rocketmq_install_dir']}/java-{settings['rocketmq_java_major']}"


def _group_view(inventory: Inventory, group: Group) -> dict[str, Any]:
    """A group as cluster_health wants to find it."""
    members = [
        {
            "host": host,
            "instance": group.instance,
            "member_id": identity,
            "address": _endpoint(inventory, host, group.listen_port),
        }
        for host, identity in group.members_by_id()
    ]
    return {"name": group.name, "mode": group.mode, "members": members}


def _java(settings: Settings) -> dict[str, Any]:
    return {
        "source": settings["rocketmq_java_source"],
        "major": settings["rocketmq_java_major"],
        "package": settings["rocketmq_java_package"],
        "url": settings["rocketmq_java_archive_url"],
        "file": settings["rocketmq_java_archive_file"],
        "sha256": settings["rocketmq_java_archive_sha256"],
        "home": settings["rocketmq_java_home"],
        "link": _java_link(settings),
        "install_dir": settings["rocketmq_install_dir"],
    }


def _dist(context: _Context) -> dict[str, Any]:
    settings = context.settings
    version = context.release.version
    base = settings["rocketmq_archive_base_url"].rstrip("/")
    return {
        "version": version,
        "source": settings["rocketmq_install_source"],
        "home": context.home,
        "config_dir": settings["rocketmq_config_dir"],
        "cache_dir": settings["rocketmq_cache_dir"],
        "url": settings["rocketmq_archive_url"] or f"{base}/{version}/rocketmq-all-{version}-bin-release.zip",
        "sha512": settings["rocketmq_archive_sha512"],
        "file": settings["rocketmq_archive_file"],
        "maven_command": settings["rocketmq_maven_command"],
        "java_home": _java_link(settings),
        "java_options": context.release.module_options(settings["rocketmq_java_major"]),
        "namesrv": context.namesrv,
    }


def _console_jar(cluster: Settings) -> dict[str, Any]:
    return {
        "source": cluster["rocketmq_dashboard_source"],
        "file": cluster["rocketmq_dashboard_file"],
        "url": cluster["rocketmq_dashboard_url"],
        "image": cluster["rocketmq_dashboard_image"],
        "image_jar": cluster["rocketmq_dashboard_image_jar"],
        "container_command": cluster["rocketmq_dashboard_container_command"],
        "sha256": cluster["rocketmq_dashboard_sha256"],
        "cache_dir": cluster["rocketmq_cache_dir"],
    }


def _console_options(context: _Context) -> list[str]:
    """System properties for all releases of the console, old and new names side by side.

    2.x brings a list of its own, namesrvAddrs, which is stronger than the older names. The last user.home wins: a
    console logs below it, and its logs belong to the others.
    """
    names = ";".join(context.namesrv)
    return [
        f"-Dserver.port={context.settings['rocketmq_dashboard_port']}",
        f"-Drocketmq.namesrv.addr={names}",
        f"-Drocketmq.config.namesrvAddr={names}",
        f"-Drocketmq.config.namesrvAddrs[0]={names}",
        "-Drocketmq.config.isVIPChannel=false",
        "-Dcom.rocketmq.sendMessageWithVIPChannel=false",
        "-Drocketmq.client.logUseSlf4j=true",
        f"-Drocketmq.config.dataPath={context.settings['rocketmq_data_dir']}/dashboard/data",
        f"-Duser.home={context.settings['rocketmq_log_dir']}/dashboard",
    ]


# --- wording ----------------------------------------------------------------------------------------------------------


def _hosts(names: Sequence[str]) -> str:
    return ", ".join(names)


def _shorten(value: str) -> str:
    return value if len(value) <= 60 else value[:57] + "..."


def _nearest(name: Any, known: Any) -> str:
    close = difflib.get_close_matches(str(name), [str(item) for item in known], n=1, cutoff=0.5)
    return f" (did you mean {close[0]}?)" if close else ""
