# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an inventory says: the settings of every host and the broker groups, read once, in their own types."""

from __future__ import annotations

import dataclasses
import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _settings
from ansible_collections.rocketmq.cluster.plugins.plugin_utils._wording import closest, did_you_mean, listed, shorten

Settings = Mapping[str, Any]

#: What a proxy in a broker takes beside its gRPC port.
REMOTING_PORT = 8080
#: Keys of an entry of rocketmq_broker_groups: what they are, and whether they must be given.
GROUP_KEYS: dict[str, tuple[str, bool]] = {
    "name": ("the brokerName", True),
    "instance": ("the name of its files, unit and folders on a host, such as n0", True),
    "mode": ("how its members replicate: dledger (default), controller, master_slave or master", False),
    "listen_port": ("the port of clients; VIP (-2) and HA (+1) follow", True),
    "dledger_port": ("the port of the members among themselves; mode dledger needs it", False),
    "proxy_grpc_port": ("the port of gRPC clients: makes each member a proxy too (local mode)", False),
    "proxy_remoting_port": (f"its port of clients of the older protocol, {REMOTING_PORT} by default", False),
    "members": (
        "its hosts: {rmq71: n0, rmq76: n1, rmq77: n2} in mode dledger, {rmq71: 0, rmq76: 1} in master_slave, where 0 "
        "is the master, and [rmq71, rmq76] in the others, where nobody chooses ids",
        True,
    ),
    "properties": ("any broker key", False),
    "store": ("the folder of its messages", False),
    "heap_mb": ("the heap of each member", False),
    "direct_mb": ("the cap of direct memory of each member", False),
    "jvm_options": ("further JVM options of each member", False),
}
#: The first one is the default.
MODES = ("dledger", "controller", "master_slave", "master")
#: How members are read; in the other modes nobody chooses their ids.
_PINNED = {"dledger": _settings.pinned_members, "master_slave": _settings.numbered_members}
_PYTHON = "/usr/bin/python3"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,127}")
_INSTANCE = re.compile(r"[a-z0-9][a-z0-9_-]*")


@dataclasses.dataclass(frozen=True)
class Group:
    """A broker group as the inventory gives it, its values in their own types; empty where they could not be read."""

    #: What sentences call it.
    where: str
    name: str
    instance: str
    mode: str
    listen_port: int
    dledger_port: int
    #: Of the proxy in each member; 0 without one.
    proxy_grpc_port: int
    proxy_remoting_port: int
    members: dict[str, str]
    properties: dict[str, Any]
    store: str
    heap_mb: int
    direct_mb: int
    jvm_options: list[str]
    #: Keys that have had their sentence: nothing is to be said of what stands for their values here.
    unread: frozenset[str]

    def ports(self) -> dict[str, int]:
        """Ports of a member. HA is reserved although DLedger opens none: a change of mode must not collide."""
        listen = self.listen_port
        ports = {"listen": listen, "vip": listen - 2, "ha": listen + 1} if listen else {}
        dledger = {"dledger": self.dledger_port} if self.dledger_port and self.mode == "dledger" else {}
        proxy = {"grpc": self.proxy_grpc_port, "remoting": self.proxy_remoting_port} if self.proxy_grpc_port else {}
        return {**ports, **dledger, **proxy}

    def members_by_id(self) -> list[tuple[str, str]]:
        """(host, id), in the order of the ids: the same on every host, whatever the order in the inventory."""
        return by_id(self.members)


@dataclasses.dataclass(frozen=True)
class Inventory:
    """What the inventory says, read once: settings per host and the hosts of each role."""

    settings: dict[str, Settings]
    #: The settings that all hosts share.
    cluster: Settings
    #: Variables that have had their sentence, and the hosts that it is about: nothing is to be said of their defaults.
    unread: dict[str, list[str]]
    addresses: dict[str, str]
    memory_mb: dict[str, int]
    namesrv: list[str]
    brokers: list[str]
    dashboards: list[str]
    #: Hosts of processes that are nothing but controllers.
    controllers: list[str]
    #: Hosts of processes that are nothing but proxies.
    proxies: list[str]
    groups: list[Group]
    #: Python on each host, as far as it is known.
    pythons: dict[str, str]

    def lacks(self, name: str, host: str) -> bool:
        """Whether a variable is not set on a host."""
        return not self.settings[host][name] and host not in self.unread.get(name, [])

    def cluster_lacks(self, name: str) -> bool:
        return not self.cluster[name] and not self.unread.get(name)


def read(
    hostvars: Mapping[str, Mapping[str, Any]], groups: Mapping[str, Sequence[str]], problems: list[str]
) -> Inventory:
    hosts = sorted(groups.get("rocketmq", []))
    settings: dict[str, Settings] = {}
    unread: dict[str, list[str]] = {}
    wrong: dict[_settings.WrongValue, list[str]] = {}
    unknown: dict[str, list[str]] = {}
    for host in hosts:
        settings[host], found = _settings.read(hostvars[host])
        for value in found:
            wrong.setdefault(value, []).append(host)
        for name in _settings.unknown(hostvars[host]):
            unknown.setdefault(name, []).append(host)
    for (name, shown, expected), on in wrong.items():
        problems.append(f"{name} is {shown} on {listed(on)}: give {expected}.")
        unread.setdefault(name, []).extend(on)
    for name, on in unknown.items():
        meant = closest(name, _settings.SETTINGS, 0.7)
        if meant:
            default = _settings.SETTINGS[meant].default
            unread.setdefault(meant, []).extend(host for host in on if settings[host][meant] == default)
        problems.append(
            f"{name} is set on {listed(on)}, but there is no such variable{did_you_mean(meant)}: correct its name, or "
            "remove it (docs/variables.md has all names)."
        )
    if not hosts:
        problems.append(
            "The inventory has no host in the group rocketmq: make rocketmq_namesrv, rocketmq_broker and the others "
            "its children."
        )
    facts = {host: hostvars[host].get("ansible_facts") or {} for host in hosts}
    cluster = _agree(settings, unread, problems)
    entries = cluster.get("rocketmq_broker_groups", [])
    return Inventory(
        settings=settings,
        cluster=cluster,
        unread=unread,
        addresses={host: _address(host, hostvars[host], settings[host]) for host in hosts},
        memory_mb={host: int(facts[host].get("memtotal_mb") or 0) for host in hosts},
        namesrv=sorted(groups.get("rocketmq_namesrv", [])),
        brokers=sorted(groups.get("rocketmq_broker", [])),
        dashboards=sorted(groups.get("rocketmq_dashboard", [])),
        controllers=sorted(groups.get("rocketmq_controller", [])),
        proxies=sorted(groups.get("rocketmq_proxy", [])),
        groups=[group for index in range(len(entries)) if (group := _group(entries, index, problems))],
        pythons={host: str((facts[host].get("python") or {}).get("executable") or _PYTHON) for host in hosts},
    )


def _address(host: str, variables: Mapping[str, Any], settings: Settings) -> str:
    """The address that others use; ansible_host or the host's name where that is a literal one. Never a fact."""
    given = settings["rocketmq_address"]
    if given:
        return str(given)
    try:
        candidate = str(variables.get("ansible_host"))
    except _settings.UNREADABLE:
        candidate = ""
    return next((literal for literal in (candidate, host) if is_ipv4(literal)), "")


def is_ipv4(value: str) -> bool:
    try:
        ipaddress.IPv4Address(value)
    except ValueError:
        return False
    return True


def _group(entries: Sequence[Any], index: int, problems: list[str]) -> Group | None:
    """An entry of rocketmq_broker_groups as far as it can be read, after saying what it lacks; None if it is none."""
    entry, where = entries[index], f"rocketmq_broker_groups[{index}]"
    if not isinstance(entry, Mapping):
        problems.append(f"{where} is {shorten(repr(entry))}: give a mapping with {', '.join(_required_keys())}.")
        return None
    name = entry.get("name")
    if isinstance(name, str) and name.strip():
        same = [other for other in entries if isinstance(other, Mapping) and other.get("name") == name]
        where = f"Group {name}" if len(same) == 1 else f"{where} ({name})"
    meant = {key: closest(key, GROUP_KEYS) for key in entry if key not in GROUP_KEYS}
    problems += [
        f"{where} has an unknown key {key!r}{did_you_mean(known)}: correct or remove it."
        for key, known in meant.items()
    ]
    missing = [key for key in _required_keys() if entry.get(key) in (None, "", [], {})]
    problems += [f"{where} has no {key}: give {GROUP_KEYS[key][0]}." for key in missing if key not in meant.values()]
    unread = {*meant.values(), *missing}
    mode = "" if "mode" in unread else str(entry.get("mode") or MODES[0])
    parsers = {
        "name": _matching(_NAME, "1 to 127 letters, digits, '_' and '-'"),
        "instance": _matching(_INSTANCE, "lower-case letters, digits, '_' and '-'"),
        "mode": _settings.choice(*MODES),
        "listen_port": _settings.number(3, 65534),
        "dledger_port": _settings.port,
        "proxy_grpc_port": _settings.port,
        "proxy_remoting_port": _settings.port,
        "members": _PINNED.get(mode, _settings.members),
        "properties": _settings.mapping,
        "store": _settings.optional_folder,
        "heap_mb": _settings.heap,
        "direct_mb": _settings.megabytes,
        "jvm_options": _settings.words,
    }
    values: dict[str, Any] = {}
    for key, parse in parsers.items():
        if entry.get(key) is None or key in missing:
            continue
        try:
            values[key] = parse(entry[key])
        except ValueError as expected:
            unread.add(key)
            problems.append(f"{where} has {key} {shorten(repr(entry[key]))}: give {expected}.")
    return Group(
        where=where,
        name=values.get("name", ""),
        instance=values.get("instance", ""),
        mode=values.get("mode", MODES[0]),
        listen_port=values.get("listen_port", 0),
        dledger_port=values.get("dledger_port", 0),
        proxy_grpc_port=values.get("proxy_grpc_port", 0),
        proxy_remoting_port=values.get("proxy_remoting_port", REMOTING_PORT if "proxy_grpc_port" in values else 0),
        members=values.get("members", {}),
        properties=values.get("properties", {}),
        store=values.get("store", ""),
        heap_mb=values.get("heap_mb", 0),
        direct_mb=values.get("direct_mb", 0),
        jvm_options=values.get("jvm_options", []),
        unread=frozenset(unread),
    )


def _matching(pattern: re.Pattern[str], expected: str) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError(f"{expected}, in quotes")
        if not pattern.fullmatch(value):
            raise ValueError(expected)
        return value

    return parse


def _required_keys() -> list[str]:
    return [key for key, meaning in GROUP_KEYS.items() if meaning[1]]


def _agree(
    settings: Mapping[str, Settings], unread: Mapping[str, Sequence[str]], problems: list[str]
) -> dict[str, Any]:
    """Cluster-wide variables have one value on all hosts; otherwise what most of them say counts from here on."""
    agreed: dict[str, Any] = {}
    for name, setting in _settings.SETTINGS.items():
        if setting.scope != "cluster":
            continue
        values: list[tuple[Any, list[str]]] = []
        for host, own in settings.items():
            if host not in unread.get(name, []):
                for value, on in values:
                    if value == own[name]:
                        on.append(host)
                        break
                else:
                    values.append((own[name], [host]))
        agreed[name] = max(values, key=lambda item: len(item[1]), default=(setting.default, []))[0]
        if len(values) > 1:
            shown = [repr(item[0]) for item in values]
            if any(len(value) > 60 for value in shown):
                shown = ["one value", *["another"] * (len(values) - 1)]
            said = "; ".join(f"{value} on {listed(item[1])}" for value, item in zip(shown, values))
            problems.append(
                f"{name} differs between hosts ({said}): set it once, in group_vars/all or group_vars/rocketmq."
            )
    return agreed


def by_id(members: Mapping[str, str]) -> list[tuple[str, str]]:
    """(host, id) in the order of the numbers in the ids, of the hosts where there are none."""
    return sorted(members.items(), key=lambda item: (int(re.sub("[^0-9]", "", item[1]) or 0), item))


def store(group: Group, settings: Settings) -> str:
    return group.store or f"{settings['rocketmq_data_dir']}/{group.instance}/store"
