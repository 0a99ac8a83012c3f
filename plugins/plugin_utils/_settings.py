# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every variable of the collection, with its default: the one place where defaults stand."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any, Callable

from ansible.module_utils.parsing.convert_bool import boolean


@dataclasses.dataclass(frozen=True)
class Setting:
    """One inventory variable.

    ``scope`` is ``cluster`` when all hosts must agree on it and ``host`` when it may differ between hosts.
    ``parse`` returns the value in its own type or raises ValueError with what was expected.
    """

    name: str
    default: Any
    parse: Callable[[Any], Any]
    scope: str = "cluster"


def text(value: Any) -> str:
    if not isinstance(value, (str, int, float)) or isinstance(value, bool):
        raise ValueError("a text")
    return str(value).strip()


def word(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9_%|-]+", value):
        raise ValueError("letters, digits, '_' and '-' only")
    return value


def account(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[a-z_][a-z0-9_-]*", value):
        raise ValueError("a system user name such as rocketmq")
    return value


def path(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"(/[^/\s:\"'$%\\]+)+", value) or ".." in value.split("/"):
        raise ValueError("an absolute path without blanks, quotes, '%', '$' or ':'")
    return value


def optional_path(value: Any) -> str:
    return path(value) if value else ""


def flag(value: Any) -> bool:
    try:
        return boolean(value)
    except TypeError:
        raise ValueError("true or false") from None


def number(low: int, high: int) -> Callable[[Any], int]:
    def parse(value: Any) -> int:
        plain = isinstance(value, int) and not isinstance(value, bool)
        if not plain and not (isinstance(value, str) and value.strip().isdigit()):
            raise ValueError(f"a whole number from {low} to {high}")
        if not low <= int(value) <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return int(value)

    return parse


port = number(1, 65535)
#: 0 means: let the JVM profile decide.
megabytes = number(0, 1024 * 1024)


def choice(*names: str) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        if value not in names:
            raise ValueError("one of " + ", ".join(names))
        return str(value)

    return parse


def words(value: Any) -> list[str]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) and item.strip() for item in value):
        raise ValueError("a list of texts")
    return [item.strip() for item in value]


def mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError("a mapping of key: value")
    return dict(value)


def groups(value: Any) -> list[Any]:
    if not isinstance(value, (list, tuple)):
        raise ValueError("a list with one entry per broker group")
    return list(value)


def digest(length: int) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        plain = re.sub(r"\s", "", str(value)).lower()
        if plain and not re.fullmatch(f"[0-9a-f]{{{length}}}", plain):
            raise ValueError(f"{length} hexadecimal digits")
        return plain

    return parse


_ALL = (
    Setting("rocketmq_version", "", text),
    Setting("rocketmq_cluster_name", "DefaultCluster", word),
    Setting("rocketmq_broker_groups", [], groups),
    Setting("rocketmq_allow_vulnerable_version", False, flag),
    Setting("rocketmq_allow_any_group_size", False, flag),
    Setting("rocketmq_address", "", text, "host"),
    # Ports that are not a broker group's.
    Setting("rocketmq_namesrv_port", 9876, port, "host"),
    Setting("rocketmq_dashboard_port", 19876, port, "host"),
    # Properties: built-in, then these, then the group's own (broker).
    Setting("rocketmq_namesrv_properties", {}, mapping),
    Setting("rocketmq_broker_properties", {}, mapping),
    # Where things are on a host.
    Setting("rocketmq_install_dir", "/opt/rocketmq", path),
    Setting("rocketmq_config_dir", "/etc/rocketmq", path),
    Setting("rocketmq_data_dir", "/var/lib/rocketmq", path, "host"),
    Setting("rocketmq_log_dir", "/var/log/rocketmq", path, "host"),
    Setting("rocketmq_user", "rocketmq", account),
    # Memory, in MB; 0: from the profile.
    Setting("rocketmq_jvm_profile", "auto", choice("auto", "small")),
    Setting("rocketmq_namesrv_heap_mb", 0, megabytes, "host"),
    Setting("rocketmq_broker_heap_mb", 0, megabytes, "host"),
    Setting("rocketmq_broker_direct_mb", 0, megabytes, "host"),
    Setting("rocketmq_dashboard_heap_mb", 0, megabytes, "host"),
    Setting("rocketmq_namesrv_jvm_options", [], words, "host"),
    Setting("rocketmq_broker_jvm_options", [], words, "host"),
    Setting("rocketmq_dashboard_jvm_options", [], words, "host"),
    # systemd: {Section: {Key: value}}, laid over the unit of every service of that kind.
    Setting("rocketmq_unit_overrides", {}, mapping),
    Setting("rocketmq_stop_seconds", 180, number(10, 3600)),
    # The distribution; caches are on the control node.
    Setting("rocketmq_install_source", "archive", choice("archive", "file", "maven")),
    Setting("rocketmq_archive_url", "", text),
    Setting("rocketmq_archive_base_url", "https://archive.apache.org/dist/rocketmq", text),
    Setting("rocketmq_archive_sha512", "", digest(128)),
    Setting("rocketmq_archive_file", "", text),
    Setting("rocketmq_maven_command", "mvn", text),
    Setting("rocketmq_cache_dir", "~/.cache/rocketmq.cluster", text),
    # The JDK.
    Setting("rocketmq_java_source", "package", choice("package", "archive", "preinstalled"), "host"),
    Setting("rocketmq_java_major", 17, number(8, 99), "host"),
    Setting("rocketmq_java_package", "", text, "host"),
    Setting("rocketmq_java_archive_url", "", text, "host"),
    Setting("rocketmq_java_archive_file", "", text, "host"),
    Setting("rocketmq_java_archive_sha256", "", digest(64), "host"),
    Setting("rocketmq_java_home", "", optional_path, "host"),
    # The console.
    Setting("rocketmq_dashboard_source", "file", choice("file", "url", "image")),
    Setting("rocketmq_dashboard_file", "", text),
    Setting("rocketmq_dashboard_url", "", text),
    Setting("rocketmq_dashboard_image", "", text),
    Setting("rocketmq_dashboard_image_jar", "", text),
    Setting("rocketmq_dashboard_container_command", "docker", text),
    Setting("rocketmq_dashboard_sha256", "", digest(64)),
    # Waiting, in seconds.
    Setting("rocketmq_start_timeout", 120, number(1, 3600)),
    Setting("rocketmq_health_timeout", 180, number(1, 3600)),
)

SETTINGS: dict[str, Setting] = {setting.name: setting for setting in _ALL}


def read(variables: Mapping[str, Any], host: str) -> tuple[dict[str, Any], list[str]]:
    """The settings of one host in their own types, and one sentence per value that is of the wrong kind.

    A wrong value is replaced by the default, so that one mistake makes one sentence.
    """
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, setting in SETTINGS.items():
        raw = variables.get(name)
        values[name] = setting.default
        if raw is None:
            continue
        try:
            values[name] = setting.parse(raw)
        except ValueError as expected:
            problems.append(f"{name} is {raw!r} on {host}: give {expected}.")
    return values, problems
