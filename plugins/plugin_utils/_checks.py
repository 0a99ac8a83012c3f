# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What makes an inventory impossible, each in a sentence that names the variable and the fix."""

from __future__ import annotations

import dataclasses
import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.rocketmq.cluster.plugins.plugin_utils import (
    _controllers,
    _files,
    _keys,
    _modes,
    _proxies,
    _versions,
)
from ansible_collections.rocketmq.cluster.plugins.plugin_utils._inventory import Group, Inventory, is_ipv4, store
from ansible_collections.rocketmq.cluster.plugins.plugin_utils._wording import (
    closest,
    did_you_mean,
    either,
    joined,
    listed,
)

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
    "storePathCommitLog": "store",
    "enableDLegerCommitLog": "mode",
    "enableControllerMode": "mode",
    "controllerAddr": "rocketmq_controller_members and rocketmq_address",
    "dLegerGroup": "name",
    "dLegerPeers": "members, dledger_port and rocketmq_address",
    "dLegerSelfId": "members",
}
OWNED_NAMESRV_KEYS = {
    "listenPort": "rocketmq_namesrv_port",
    "kvConfigPath": "rocketmq_data_dir",
    "configStorePath": "rocketmq_config_dir",
    **_controllers.OWNED_KEYS,
}
_INVENTORY_GROUPS = (
    "rocketmq_namesrv",
    "rocketmq_controller",
    "rocketmq_broker",
    "rocketmq_proxy",
    "rocketmq_dashboard",
)
_RESERVED_INSTANCES = ("namesrv", "dashboard", "controller", "proxy", "exporter", "tools")


def check_version(inventory: Inventory, problems: list[str]) -> _versions.Release | None:
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
        problems.append(
            f"rocketmq_version {version} {_holes(release)}: set rocketmq_version to "
            f"{either(_versions.safe_after(version))}, or accept it with rocketmq_allow_vulnerable_version: true."
        )
    majors: dict[int, list[str]] = {}
    for host, settings in inventory.settings.items():
        majors.setdefault(settings["rocketmq_java_major"], []).append(host)
    for major, hosts in majors.items():
        if major not in release.jdks:
            fitting = ", ".join(map(str, release.jdks))
            problems.append(
                f"rocketmq_java_major {major} on {listed(hosts)} does not fit RocketMQ {version}: choose one of "
                f"{fitting}."
            )
    return release


def _holes(release: _versions.Release) -> str:
    return f"lets anyone who reaches its ports run code ({', '.join(release.vulnerable)})"


def warnings(release: _versions.Release) -> list[str]:
    """What was accepted, and should not stay so."""
    if not release.vulnerable:
        return []
    return [
        f"RocketMQ {release.version} {_holes(release)}, as rocketmq_allow_vulnerable_version accepts: let nobody but "
        f"the hosts and clients of the cluster reach them. {release.fixed_in} is the first release that mends it."
    ]


def check_addresses(inventory: Inventory, problems: list[str]) -> None:
    owners: dict[str, list[str]] = {}
    for host, address in inventory.addresses.items():
        if host not in inventory.unread.get("rocketmq_address", []):
            owners.setdefault(address, []).append(host)
    for address, hosts in owners.items():
        if not address:
            problems.append(
                f"There is no address of {listed(hosts)}: set rocketmq_address (or ansible_host) to the host's IPv4 "
                "address."
            )
        elif not is_ipv4(address) or ipaddress.IPv4Address(address).is_unspecified:
            problems.append(
                f"The address {address!r} of {listed(hosts)} is none that others reach: set rocketmq_address to the "
                "host's literal IPv4 address (no port; names and IPv6 break DLedger's peer list)."
            )
        elif len(hosts) > 1:
            problems.append(
                f"The address {address} belongs to {listed(hosts)}: give each host its own rocketmq_address."
            )
        elif ipaddress.IPv4Address(address).is_loopback and len(inventory.settings) > 1:
            problems.append(
                f"The address {address} of {hosts[0]} is a loopback address, which no other host reaches: set "
                "rocketmq_address to one that they do."
            )


def check_hosts(inventory: Inventory, groups: Mapping[str, Sequence[str]], problems: list[str]) -> None:
    mistyped = set()
    for name in sorted(groups):
        if not name.startswith("rocketmq_"):
            continue
        meant = "" if name in _INVENTORY_GROUPS else closest(name, _INVENTORY_GROUPS, 0.8)
        outside = sorted(set(groups[name]) - set(inventory.settings))
        # A group of the user's own may have such a name too, but then it is a part of ours.
        if meant and set(groups[name]) - set(groups.get(meant, [])):
            mistyped.add(meant)
            problems.append(
                f"The inventory group {name} ({listed(sorted(groups[name]))}) is none of ours{did_you_mean(meant)}: "
                f"rename it, or make it a child of {meant}."
            )
        elif outside:
            problems.append(
                f"The inventory group {name} has {listed(outside)} outside of the group rocketmq: make {name} a child "
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
            f"{listed(idle)} of the inventory group rocketmq_broker is in the members of no broker group: add it to "
            "the members of one, or take it out of rocketmq_broker."
        )


def _check_members(inventory: Inventory, problems: list[str]) -> None:
    """Members are hosts of rocketmq_broker; one sentence for all hosts that the same groups have."""
    members = dict.fromkeys(host for group in inventory.groups for host in group.members)
    if members and not inventory.brokers:
        problems.append(
            "The inventory group rocketmq_broker is empty, but rocketmq_broker_groups has members: put "
            f"{listed(list(members))} into rocketmq_broker."
        )
        return
    strangers: dict[tuple[str, ...], list[str]] = {}
    for host in members:
        if host not in inventory.brokers:
            strangers.setdefault(tuple(g.where for g in inventory.groups if host in g.members), []).append(host)
    for owners, hosts in strangers.items():
        taken = {host for group in inventory.groups if group.where in owners for host in group.members}
        free = [host for host in inventory.brokers if host not in taken]
        meant = did_you_mean(closest(hosts[0], free)) if len(hosts) == 1 else ""
        many = len(hosts) > 1
        problems.append(
            f"{joined(owners)} {'has' if len(owners) == 1 else 'have'} the member{'s' * many} {listed(hosts)}, which "
            f"{'are' if many else 'is'} not in the inventory group rocketmq_broker{meant}: correct members, or put "
            f"{'them' if many else 'it'} there."
        )


def check_group(group: Group, inventory: Inventory, release: _versions.Release | None, problems: list[str]) -> None:
    where = group.where
    if group.instance in _RESERVED_INSTANCES:
        problems.append(
            f"{where} has the instance {group.instance!r}, which is the name of another service: choose another "
            "instance."
        )
    problems += _modes.problems(group, inventory.cluster["rocketmq_allow_any_group_size"])
    problems += _proxies.group_problems(group)
    settings = _Settings(f"{where}: properties", "broker", group.properties, OWNED_BROKER_KEYS)
    problems += _setting_problems(settings, inventory, release)
    problems += [f"{where}: jvm_options has {option!r}: {_OPTION_FIX}" for option in _wrong_options(group.jvm_options)]


def check_modes(inventory: Inventory, release: _versions.Release, problems: list[str]) -> None:
    """Modes and processes that the version does not have, and the controllers that a mode needs."""
    for group in inventory.groups:
        if group.mode not in release.modes:
            having = [version for version in _versions.known() if group.mode in _versions.load(version).modes]
            problems.append(
                f"{group.where} has mode {group.mode}, which RocketMQ {release.version} does not have: choose one of "
                f"{', '.join(release.modes)}, or set rocketmq_version to one of {', '.join(having)}."
            )
    common = inventory.cluster["rocketmq_broker_properties"]
    waiting = [
        group for group in inventory.groups if "mode" not in group.unread and _modes.waits_for_slave(group, common)
    ]
    lonely = [group.where for group in waiting if len(group.members) == 1]
    if lonely:
        problems.append(
            f"{joined(lonely)} {'has' if len(lonely) == 1 else 'have'} brokerRole: SYNC_MASTER, but no slave to wait "
            "for: give it one in members (mode: master_slave), or set ASYNC_MASTER."
        )
    problems += _controllers.problems(inventory, release)
    problems += _proxies.problems(inventory, release)


@dataclasses.dataclass(frozen=True)
class _Settings:
    """What the user sets in the configuration files of a kind of process."""

    where: str
    process: str
    values: Mapping[str, Any]
    #: Keys that the plan writes itself, and the variable that decides them.
    owned: Mapping[str, str]


def _setting_problems(settings: _Settings, inventory: Inventory, release: _versions.Release | None) -> Iterator[str]:
    """At most one sentence for each setting; without a release nothing of what it does not know."""
    where = settings.where
    for key, value in settings.values.items():
        text = _files.property_text(value)
        if key == "brokerRole" and text == "SLAVE":
            yield (
                f"{where} has brokerRole: SLAVE: which member is a slave stands in members, and brokerRole is what the "
                "master is (ASYNC_MASTER, SYNC_MASTER)."
            )
        elif key in settings.owned:
            yield f"{where} sets {key}, which the plan writes itself: use {settings.owned[key]} instead."
        elif not re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", str(key)):
            yield f"{where} has the key {key!r}, which no RocketMQ setting can have: correct or remove it."
        elif (
            not isinstance(value, (str, int, float))
            or text != text.strip()
            or not text.isprintable()
            or not text.isascii()
        ):
            yield (
                f"{where} has {key}: {value!r}: give a plain value of one line, without blanks at its ends (RocketMQ "
                "would misread it)."
            )
        elif release and key not in inventory.cluster["rocketmq_unchecked_keys"]:
            problem = _keys.problem(release.version, settings.process, key, text, settings.owned)
            if problem:
                yield f"{where} {problem}"


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


def check_collisions(inventory: Inventory, problems: list[str]) -> None:
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
        who = f"{one} uses {what} twice" if one == other else f"{joined((one, other))} share {what}"
        whose = " of one of them" if len(variables) == 1 else ""
        also = " (a listen_port also takes the port 2 below it and the next one)" if "listen_port" in variables else ""
        problems.append(f"{who} on {listed(hosts)}: change {' or '.join(variables)}{whose}{also}.")


#: Keys of a group that decide a port of its members by themselves.
_GROUP_PORTS = {"dledger": "dledger_port", "grpc": "proxy_grpc_port", "remoting": "proxy_remoting_port"}


def _claims(inventory: Inventory, host: str) -> list[_Claim]:
    settings = inventory.settings[host]
    claims = []
    for owner, hosts, variable in (
        ("The name server", inventory.namesrv, "rocketmq_namesrv_port"),
        ("The console", inventory.dashboards, "rocketmq_dashboard_port"),
        *(("The proxy", inventory.proxies, name) for name in _proxies.PORT_VARIABLES),
        *(("The controller", _controllers.hosts(inventory), name) for name in _controllers.port_variables(inventory)),
    ):
        if host in hosts and host not in inventory.unread.get(variable, []):
            claims.append(_Claim(owner, "port", settings[variable], variable))
    for group in inventory.groups:
        if host in group.members:
            for name, port in group.ports().items():
                claims.append(_Claim(group.where, "port", port, _GROUP_PORTS.get(name, "listen_port")))
            if group.instance:
                claims.append(_Claim(group.where, "instance", group.instance, "instance"))
            if group.instance or group.store:
                variable = "store" if group.store else "instance"
                claims.append(_Claim(group.where, "store", store(group, settings), variable))
    return claims


def check_sources(inventory: Inventory, release: _versions.Release | None, problems: list[str]) -> None:
    """What is installed must be named, and checked by a digest that somebody held."""
    cluster = inventory.cluster
    if cluster["rocketmq_install_source"] == "file" and inventory.cluster_lacks("rocketmq_archive_file"):
        problems.append(
            "rocketmq_install_source is file, but rocketmq_archive_file is not set: give the path of the zip on the "
            "control node."
        )
    for process, owned in (
        ("namesrv", OWNED_NAMESRV_KEYS),
        ("broker", OWNED_BROKER_KEYS),
        ("proxy", _proxies.OWNED_KEYS),
        ("controller", {**_controllers.OWNED_KEYS, "listenPort": "rocketmq_controller_port"}),
    ):
        name = f"rocketmq_{process}_properties"
        problems += _setting_problems(_Settings(name, process, cluster[name], owned), inventory, release)
    found: dict[tuple[str, str], list[str]] = {}
    for host in inventory.settings:
        for sentence in _host_problems(inventory, host):
            found.setdefault(sentence, []).append(host)
    problems += [f"{what} on {listed(on)}{rest}" for (what, rest), on in found.items()]
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
    for kind in ("namesrv", "controller", "broker", "proxy", "dashboard"):
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
