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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.rocketmq.cluster.plugins.module_utils import _disk
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
_INVENTORY_GROUPS = ("rocketmq_namesrv", "rocketmq_broker", "rocketmq_dashboard")
_RESERVED_INSTANCES = ("namesrv", "dashboard", "controller", "proxy", "exporter", "tools")


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
    members: dict[str, str]
    properties: dict[str, Any]
    store: str
    heap_mb: int
    direct_mb: int
    jvm_options: list[str]

    def ports(self) -> dict[str, int]:
        """Ports of a member. HA is reserved although DLedger opens none: a change of mode must not collide."""
        listen = self.listen_port
        ports = {"listen": listen, "vip": listen - 2, "ha": listen + 1} if listen else {}
        return {**ports, "dledger": self.dledger_port} if self.dledger_port else ports

    def members_by_id(self) -> list[tuple[str, str]]:
        """(host, id), in the order of the ids: the same on every host, whatever the order in the inventory."""
        return sorted(self.members.items(), key=lambda item: (int(item[1][1:]), item[1]))


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
    groups: list[Group]

    def lacks(self, name: str, host: str) -> bool:
        """Whether a variable is not set on a host."""
        return not self.settings[host][name] and host not in self.unread.get(name, [])

    def cluster_lacks(self, name: str) -> bool:
        return not self.cluster[name] and not self.unread.get(name)


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
        problems.append(f"{name} is {shown} on {_hosts(on)}: give {expected}.")
        unread.setdefault(name, []).extend(on)
    for name, on in unknown.items():
        meant = _closest(name, _settings.SETTINGS, 0.7)
        if meant:
            default = _settings.SETTINGS[meant].default
            unread.setdefault(meant, []).extend(host for host in on if settings[host][meant] == default)
        problems.append(
            f"{name} is set on {_hosts(on)}, but there is no such variable{_did_you_mean(meant)}: correct its name, or "
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
        groups=[group for index in range(len(entries)) if (group := _group(entries, index, problems))],
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
    return next((literal for literal in (candidate, host) if _is_ipv4(literal)), "")


def _is_ipv4(value: str) -> bool:
    try:
        ipaddress.IPv4Address(value)
    except ValueError:
        return False
    return True


def _group(entries: Sequence[Any], index: int, problems: list[str]) -> Group | None:
    """An entry of rocketmq_broker_groups as far as it can be read, after saying what it lacks; None if it is none."""
    entry, where = entries[index], f"rocketmq_broker_groups[{index}]"
    if not isinstance(entry, Mapping):
        problems.append(f"{where} is {_shorten(repr(entry))}: give a mapping with {', '.join(_required_keys())}.")
        return None
    name = entry.get("name")
    if isinstance(name, str) and name.strip():
        same = [other for other in entries if isinstance(other, Mapping) and other.get("name") == name]
        where = f"Group {name}" if len(same) == 1 else f"{where} ({name})"
    meant = {key: _closest(key, GROUP_KEYS) for key in entry if key not in GROUP_KEYS}
    problems += [
        f"{where} has an unknown key {key!r}{_did_you_mean(known)}: correct or remove it."
        for key, known in meant.items()
    ]
    missing = [key for key in _required_keys() if entry.get(key) in (None, "", [], {})]
    problems += [f"{where} has no {key}: give {GROUP_KEYS[key][0]}." for key in missing if key not in meant.values()]
    parsers = {
        "name": _matching(_NAME, "1 to 127 letters, digits, '_' and '-'"),
        "instance": _matching(_INSTANCE, "lower-case letters, digits, '_' and '-'"),
        "mode": _settings.choice(*MODES),
        "listen_port": _settings.number(3, 65534),
        "dledger_port": _settings.port,
        "members": _members,
        "properties": _settings.mapping,
        "store": _settings.optional_folder,
        "heap_mb": _settings.megabytes,
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
            problems.append(f"{where} has {key} {_shorten(repr(entry[key]))}: give {expected}.")
    return Group(
        where=where,
        name=values.get("name", ""),
        instance=values.get("instance", ""),
        mode=values.get("mode", MODES[0]),
        listen_port=values.get("listen_port", 0),
        dledger_port=values.get("dledger_port", 0),
        members=values.get("members", {}),
        properties=values.get("properties", {}),
        store=values.get("store", ""),
        heap_mb=values.get("heap_mb", 0),
        direct_mb=values.get("direct_mb", 0),
        jvm_options=values.get("jvm_options", []),
    )


def _matching(pattern: re.Pattern[str], expected: str) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError(f"{expected}, in quotes")
        if not pattern.fullmatch(value):
            raise ValueError(expected)
        return value

    return parse


def _members(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise ValueError(GROUP_KEYS["members"][0])
    return {str(host): "" if identity is None else str(identity) for host, identity in value.items()}


def _required_keys() -> list[str]:
    return [key for key, meaning in GROUP_KEYS.items() if meaning[1]]


# --- checking ---------------------------------------------------------------------------------------------------------


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
                like = next((on for value, on in values if value == own[name]), None)
                if like is None:
                    values.append((own[name], [host]))
                else:
                    like.append(host)
        agreed[name] = max(values, key=lambda item: len(item[1]), default=(setting.default, []))[0]
        if len(values) > 1:
            shown = [repr(item[0]) for item in values]
            if any(len(value) > 60 for value in shown):
                shown = ["one value", *["another"] * (len(values) - 1)]
            said = "; ".join(f"{value} on {_hosts(item[1])}" for value, item in zip(shown, values))
            problems.append(
                f"{name} differs between hosts ({said}): set it once, in group_vars/all or group_vars/rocketmq."
            )
    return agreed


def _check_version(inventory: Inventory, problems: list[str]) -> _versions.Release | None:
    version = inventory.cluster["rocketmq_version"]
    versions = _versions.known()
    known = ", ".join(versions)
    if not version:
        if inventory.cluster_lacks("rocketmq_version"):
            problems.append(f"rocketmq_version is not set: choose one of {known}.")
        return None
    if version not in versions:
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
        if host not in inventory.unread.get("rocketmq_address", []):
            owners.setdefault(address, []).append(host)
    for address, hosts in owners.items():
        if not address:
            problems.append(
                f"There is no address of {_hosts(hosts)}: set rocketmq_address (or ansible_host) to the host's IPv4 "
                "address."
            )
        elif not _is_ipv4(address) or ipaddress.IPv4Address(address).is_unspecified:
            problems.append(
                f"The address {address!r} of {_hosts(hosts)} is none that others reach: set rocketmq_address to the "
                "host's literal IPv4 address (no port; names and IPv6 break DLedger's peer list)."
            )
        elif len(hosts) > 1:
            problems.append(
                f"The address {address} belongs to {_hosts(hosts)}: give each host its own rocketmq_address."
            )
        elif ipaddress.IPv4Address(address).is_loopback and len(inventory.settings) > 1:
            problems.append(
                f"The address {address} of {hosts[0]} is a loopback address, which no other host reaches: set "
                "rocketmq_address to one that they do."
            )


def _check_hosts(inventory: Inventory, groups: Mapping[str, Sequence[str]], problems: list[str]) -> None:
    mistyped = set()
    for name in sorted(groups):
        if not name.startswith("rocketmq_"):
            continue
        meant = "" if name in _INVENTORY_GROUPS else _closest(name, _INVENTORY_GROUPS, 0.8)
        outside = sorted(set(groups[name]) - set(inventory.settings))
        # A group of the user's own may have such a name too, but then it is a part of ours.
        if meant and set(groups[name]) - set(groups.get(meant, [])):
            mistyped.add(meant)
            problems.append(
                f"The inventory group {name} ({_hosts(sorted(groups[name]))}) is none of ours{_did_you_mean(meant)}: "
                f"rename it, or make it a child of {meant}."
            )
        elif outside:
            problems.append(
                f"The inventory group {name} has {_hosts(outside)} outside of the group rocketmq: make {name} a child "
                "of rocketmq."
            )
    if not inventory.namesrv and "rocketmq_namesrv" not in mistyped:
        problems.append("The inventory group rocketmq_namesrv is empty: put at least one host into it.")
    entries = inventory.cluster["rocketmq_broker_groups"]
    if inventory.brokers and inventory.cluster_lacks("rocketmq_broker_groups"):
        problems.append("rocketmq_broker_groups is empty: give one entry per broker group.")
    used = {host for group in inventory.groups for host in group.members}
    if "rocketmq_broker" not in mistyped:
        _check_members(inventory, problems)
    complete = len(inventory.groups) == len(entries) and all(group.members for group in inventory.groups)
    idle = [host for host in inventory.brokers if host not in used and host in inventory.settings]
    if idle and inventory.groups and complete:
        problems.append(
            f"{_hosts(idle)} of the inventory group rocketmq_broker is in the members of no broker group: add it to "
            "the members of one, or take it out of rocketmq_broker."
        )


def _check_members(inventory: Inventory, problems: list[str]) -> None:
    """Members are hosts of rocketmq_broker; one sentence for all hosts that the same groups have."""
    members = dict.fromkeys(host for group in inventory.groups for host in group.members)
    if members and not inventory.brokers:
        problems.append(
            "The inventory group rocketmq_broker is empty, but rocketmq_broker_groups has members: put "
            f"{_hosts(list(members))} into rocketmq_broker."
        )
        return
    strangers: dict[tuple[str, ...], list[str]] = {}
    for host in members:
        if host not in inventory.brokers:
            strangers.setdefault(tuple(g.where for g in inventory.groups if host in g.members), []).append(host)
    for owners, hosts in strangers.items():
        taken = {host for group in inventory.groups if group.where in owners for host in group.members}
        free = [host for host in inventory.brokers if host not in taken]
        meant = _did_you_mean(_closest(hosts[0], free)) if len(hosts) == 1 else ""
        many = len(hosts) > 1
        problems.append(
            f"{_joined(owners)} {'has' if len(owners) == 1 else 'have'} the member{'s' * many} {_hosts(hosts)}, which "
            f"{'are' if many else 'is'} not in the inventory group rocketmq_broker{meant}: correct members, or put "
            f"{'them' if many else 'it'} there."
        )


def _check_group(group: Group, inventory: Inventory, problems: list[str]) -> None:
    where = group.where
    if group.instance in _RESERVED_INSTANCES:
        problems.append(
            f"{where} has the instance {group.instance!r}, which is the name of another service: choose another "
            "instance."
        )
    _check_ids(group, problems)
    count = len(group.members)
    if count and (count % 2 == 0 or count < 3) and not inventory.cluster["rocketmq_allow_any_group_size"]:
        lesson = "survives no failure" if count < 3 else f"survives no more failures than {count - 1}"
        problems.append(
            f"{where} has {count} member{'s' if count != 1 else ''}, which {lesson}: give its members an odd number of "
            "hosts, at least 3, "
            "or accept it with rocketmq_allow_any_group_size: true."
        )
    _check_properties(f"{where}: properties", group.properties, OWNED_BROKER_KEYS, problems)
    problems += [f"{where}: jvm_options has {option!r}: {_OPTION_FIX}" for option in _wrong_options(group.jvm_options)]


def _check_ids(group: Group, problems: list[str]) -> None:
    """DLedger ids: a letter and a number; the number becomes the brokerId, so it must differ as well."""
    numbers: dict[int, list[str]] = {}
    for host, identity in group.members.items():
        if not _SELF_ID.fullmatch(identity):
            what = f"the id {identity!r}" if identity else "no id"
            problems.append(
                f"{group.where} has {what} for {host}: a DLedger id in members is a letter and a number, such as n0."
            )
        else:
            numbers.setdefault(int(identity[1:]), []).append(f"{host}: {identity}")
    for clash in numbers.values():
        if len(clash) > 1:
            problems.append(
                f"{group.where} gives one id to several members ({', '.join(clash)}): each needs a number of its "
                "own in members."
            )


def _check_properties(where: str, values: Mapping[str, Any], owned: Mapping[str, str], problems: list[str]) -> None:
    for key, value in values.items():
        text = _files.property_text(value)
        if key in owned:
            problems.append(f"{where} sets {key}, which the plan writes itself: use {owned[key]} instead.")
        elif not re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", str(key)):
            problems.append(f"{where} has the key {key!r}, which no RocketMQ setting can have: correct or remove it.")
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


_OPTION_FIX = "give one JVM option per entry, starting with '-', without blanks, quotes and '$'."


def _wrong_options(options: Sequence[str]) -> list[str]:
    return [option for option in options if not option.startswith("-") or re.search(r"[\s\"'$\\]", option)]


@dataclasses.dataclass(frozen=True)
class _Claim:
    """Something of a host that one service needs for itself."""

    owner: str
    kind: str
    value: Any
    #: The variable that decides it.
    variable: str


def _check_collisions(inventory: Inventory, problems: list[str]) -> None:
    """Two services of one host with the same port, store or instance name; one sentence per pair of services."""
    names = [group.name for group in inventory.groups if group.name]
    problems += [
        f"{names.count(name)} entries of rocketmq_broker_groups have the name {name}: give each its own name."
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    clashes: dict[tuple[str, str, str], list[tuple[str, _Claim, _Claim]]] = {}
    for host in inventory.settings:
        taken: dict[tuple[str, Any], _Claim] = {}
        for claim in _claims(inventory, host):
            first = taken.setdefault((claim.kind, claim.value), claim)
            if first is not claim:
                clashes.setdefault((claim.kind, first.owner, claim.owner), []).append((host, first, claim))
    for (kind, one, other), found in clashes.items():
        hosts = list(dict.fromkeys(host for host, *pair in found))
        values = list(dict.fromkeys(str(claim.value) for host, first, claim in found))
        variables = list(dict.fromkeys(claim.variable for host, *pair in found for claim in pair))
        if kind == "store" and variables == ["instance"]:
            continue  # Both stores follow the instance: one mistake, one sentence.
        what = f"the {kind}{'s' if len(values) > 1 else ''} {', '.join(values)}"
        who = f"{one} uses {what} twice" if one == other else f"{_joined((one, other))} share {what}"
        whose = " of one of them" if len(variables) == 1 else ""
        also = " (a listen_port also takes the port 2 below it and the next one)" if "listen_port" in variables else ""
        problems.append(f"{who} on {_hosts(hosts)}: change {' or '.join(variables)}{whose}{also}.")


def _claims(inventory: Inventory, host: str) -> list[_Claim]:
    settings = inventory.settings[host]
    claims = []
    for owner, hosts, variable in (
        ("The name server", inventory.namesrv, "rocketmq_namesrv_port"),
        ("The console", inventory.dashboards, "rocketmq_dashboard_port"),
    ):
        if host in hosts and host not in inventory.unread.get(variable, []):
            claims.append(_Claim(owner, "port", settings[variable], variable))
    for group in inventory.groups:
        if host in group.members:
            for name, port in group.ports().items():
                variable = "dledger_port" if name == "dledger" else "listen_port"
                claims.append(_Claim(group.where, "port", port, variable))
            if group.instance:
                claims.append(_Claim(group.where, "instance", group.instance, "instance"))
            if group.instance or group.store:
                variable = "store" if group.store else "instance"
                claims.append(_Claim(group.where, "store", _store(group, settings), variable))
    return claims


def _check_sources(inventory: Inventory, problems: list[str]) -> None:
    """What is installed must be named, and checked by a digest that somebody held."""
    cluster = inventory.cluster
    if cluster["rocketmq_install_source"] == "file" and inventory.cluster_lacks("rocketmq_archive_file"):
        problems.append(
            "rocketmq_install_source is file, but rocketmq_archive_file is not set: give the path of the zip on the "
            "control node."
        )
    for name, owned in (
        ("rocketmq_namesrv_properties", OWNED_NAMESRV_KEYS),
        ("rocketmq_broker_properties", OWNED_BROKER_KEYS),
    ):
        _check_properties(name, cluster[name], owned, problems)
    found: dict[tuple[str, str], list[str]] = {}
    for host in inventory.settings:
        for sentence in _host_problems(inventory, host):
            found.setdefault(sentence, []).append(host)
    problems += [f"{what} on {_hosts(on)}{rest}" for (what, rest), on in found.items()]
    if inventory.dashboards:
        source = cluster["rocketmq_dashboard_source"]
        place = f"rocketmq_dashboard_{source}"
        if inventory.cluster_lacks(place) and not inventory.unread.get("rocketmq_dashboard_source"):
            problems.append(
                f"rocketmq_dashboard_source is {source}, but {place} is not set: say where the "
                "console's jar is, "
                "or leave the inventory group rocketmq_dashboard empty."
            )
        if inventory.cluster_lacks("rocketmq_dashboard_sha256"):
            problems.append(
                "rocketmq_dashboard_sha256 is not set: give the digest of the console's jar (sha256sum FILE), or leave "
                "the inventory group rocketmq_dashboard empty."
            )


def _host_problems(inventory: Inventory, host: str) -> Iterator[tuple[str, str]]:
    """What is wrong with the variables of one host: what stands before its name, and what behind."""
    settings = inventory.settings[host]
    for kind in ("namesrv", "broker", "dashboard"):
        name = f"rocketmq_{kind}_jvm_options"
        yield from ((f"{name} has {option!r}", f": {_OPTION_FIX}") for option in _wrong_options(settings[name]))
    source = settings["rocketmq_java_source"]
    what = f"rocketmq_java_source is {source}"
    if source == "preinstalled" and inventory.lacks("rocketmq_java_home", host):
        yield what, ", but rocketmq_java_home is not set: give the JDK's folder."
    places = ("rocketmq_java_archive_url", "rocketmq_java_archive_file")
    if source == "archive" and all(inventory.lacks(name, host) for name in places):
        yield what, f", but neither {' nor '.join(places)} is set: say where the tarball is."
    if source == "archive" and inventory.lacks("rocketmq_java_archive_sha256", host):
        yield what, ", but rocketmq_java_archive_sha256 is not set: give the tarball's digest."


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
        instances = {
            "namesrv": [_namesrv(context)] if host in inventory.namesrv else [],
            "brokers": [_broker(context, group) for group in inventory.groups if host in group.members],
            "dashboard": [_dashboard(context)] if host in inventory.dashboards else [],
        }
        hosts[host] = {
            "address": inventory.addresses[host],
            **instances,
            "ports": sorted(port for own in instances.values() for one in own for port in one["ports"].values()),
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
        "clock_tolerance": cluster["rocketmq_clock_tolerance"],
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
        "markers": [{"path": f"{store}/{_disk.MARKER}", "content": _files.MARKER}] if group else [],
        "folders": [
            {"path": path, "owner": user, "group": user, "mode": "0750"}
            for path in sorted({data_dir, f"{data_dir}/tmp", store, log_dir})
        ],
        "memory_mb": size.total_mb,
        "start_timeout": settings["rocketmq_start_timeout"],
    }
    overrides = settings["rocketmq_unit_overrides"]
    # Not writable by the service: a live update of a broker would replace its file by a dump of all its keys.
    readable = {"group": user, "mode": "0640"}
    files = [
        {"path": environment, "content": _files.environment(java_home, context.home, jvm_options), **readable},
        {
            "path": f"/etc/systemd/system/{unit}",
            "content": _files.unit(instance, settings["rocketmq_stop_seconds"], overrides),
        },
        {"path": _files.TARGET_PATH, "content": _files.TARGET},
    ]
    if config:
        files.insert(0, {"path": config["path"], "content": _files.properties(config["properties"]), **readable})
    # What service_state is asked about.
    service = {"unit": unit, "address": context.address, "port": ports["listen"], "files": files}
    if group:
        service["store"] = store
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


def _joined(owners: Sequence[str]) -> str:
    """Group A and group B."""
    return " and ".join([owners[0], *(owner[0].lower() + owner[1:] for owner in owners[1:])])


def _shorten(value: str) -> str:
    return _settings.shorten(value)


def _closest(name: Any, known: Iterable[str], cutoff: float = 0.5) -> str:
    """The known name that is meant, perhaps; what all our names begin with makes none of them alike."""
    ends = {item.removeprefix("rocketmq_"): item for item in known}
    close = difflib.get_close_matches(str(name).removeprefix("rocketmq_"), list(ends), n=1, cutoff=cutoff)
    return ends[close[0]] if close else ""


def _did_you_mean(name: str) -> str:
    return f" (did you mean {name}?)" if name else ""
