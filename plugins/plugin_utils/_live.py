# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan against what is there: a live cluster is safe from its inventory, and a host must be able to carry its part.

``site.yml`` creates and extends. What changes the identity of something that runs, or that holds messages, is said here
in sentences and never carried out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.rocketmq.cluster.plugins.module_utils import _disk
from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _files

#: Identity of a broker: key of its configuration file, what it is called, the variable that decides it.
_IDENTITY = (
    ("brokerClusterName", "cluster name", "rocketmq_cluster_name"),
    ("brokerName", "group name", "name in rocketmq_broker_groups"),
    ("brokerId", "id", "members in rocketmq_broker_groups"),
    ("dLegerGroup", "DLedger group", "name in rocketmq_broker_groups"),
    ("dLegerSelfId", "id", "members in rocketmq_broker_groups"),
    ("dLegerPeers", "peers", "members and dledger_port in rocketmq_broker_groups, or rocketmq_address"),
    ("listenPort", "port", "listen_port in rocketmq_broker_groups"),
    ("storePathRootDir", "store", "store in rocketmq_broker_groups, or rocketmq_data_dir"),
)
_NAMESRV_IDENTITY = (("listenPort", "port", "rocketmq_namesrv_port"),)
#: Of a controller, be it a process of its own or part of a name server.
_CONTROLLER_IDENTITY = (
    ("controllerType", "type", "rocketmq_controller_type"),
    ("controllerStorePath", "store", "rocketmq_data_dir"),
    ("controllerDLegerSelfId", "id", "rocketmq_controller_members"),
    ("controllerDLegerPeers", "peers", "rocketmq_controller_members, rocketmq_controller_port or rocketmq_address"),
    ("jRaftServerId", "address", "rocketmq_controller_raft_port or rocketmq_address"),
    ("jRaftInitConf", "peers", "rocketmq_controller_members, rocketmq_controller_raft_port or rocketmq_address"),
    ("jRaftControllerRPCAddr", "ports", "rocketmq_controller_members, rocketmq_controller_port or rocketmq_address"),
)

_PROXY_IDENTITY = (("rocketMQClusterName", "cluster name", "rocketmq_cluster_name"),)

_NOUNS = {"namesrv": "name server", "controller": "controller", "broker": "broker", "proxy": "proxy"}

#: Keys of a host in the plan that hold its instances.
KINDS = ("namesrv", "controller", "brokers", "proxy", "dashboard")

#: Families of operating systems whose packages the role rocketmq_java knows.
JAVA_FAMILIES = ("Debian", "RedHat")

#: Ports that a process opens, by kind of process and purpose, and the variable that decides them.
_PORT_VARIABLES = {
    ("namesrv", "listen"): "rocketmq_namesrv_port",
    ("namesrv", "controller"): "rocketmq_controller_port",
    ("namesrv", "raft"): "rocketmq_controller_raft_port",
    ("controller", "listen"): "rocketmq_controller_port",
    ("controller", "raft"): "rocketmq_controller_raft_port",
    ("broker", "listen"): "listen_port of its group",
    ("broker", "vip"): "listen_port of its group (its VIP port is 2 less)",
    ("broker", "ha"): "listen_port of its group (its HA port is the next one)",
    ("broker", "dledger"): "dledger_port of its group",
    ("broker", "grpc"): "proxy_grpc_port of its group",
    ("broker", "remoting"): "proxy_remoting_port of its group",
    ("proxy", "grpc"): "rocketmq_proxy_grpc_port",
    ("proxy", "listen"): "rocketmq_proxy_remoting_port",
    ("dashboard", "listen"): "rocketmq_dashboard_port",
}


def conflicts(
    deployed: list[dict[str, Any]],
    plan: Mapping[str, Any],
    host: str,
    upgrade: bool = False,
    removed: str = "",
    replaced: str = "",
) -> list[str]:
    """What the plan would change of the processes that ``host`` carries (the instances of host_info).

    ``upgrade``: they may get another version. ``removed``: the broker group that is being taken away. ``replaced``: the
    host whose members may have another address.
    """
    own = plan["hosts"][host]
    planned = {instance["unit"]: instance for kind in KINDS for instance in own[kind]}
    protected = [
        found for found in deployed if found["kind"] != "dashboard" and (found["running"] or found["has_data"])
    ]
    problems = [] if upgrade else _version_change(protected, plan["version"], host)
    # Of a group that is being taken away, an earlier run may have removed the messages already.
    leaving = [found["unit"] for found in deployed if removed and found["properties"].get("brokerName") == removed]
    problems += [
        _lost_store(found, host) for found in deployed if _store_is_lost(found) and found["unit"] not in leaving
    ]
    for found in protected:
        instance = planned.get(found["unit"])
        if instance is None and found["unit"] not in leaving:
            problems.append(_unplanned(found, host))
        elif instance is not None and not _moves(found, instance, plan, replaced):
            problems += _changes(found, instance, host)
    return problems


def _moves(found: Mapping[str, Any], instance: Mapping[str, Any], plan: Mapping[str, Any], replaced: str) -> bool:
    """Whether nothing but the address of the replaced host's own member changes in the identity of a broker."""
    members: list[dict[str, Any]] = next(
        (group["members"] for group in plan["groups"] if group["name"] == instance["group"]), []
    )
    own = next((member["member_id"] for member in members if member["host"] == replaced), "")
    if found["kind"] != "broker" or not own or "dLegerPeers" not in instance["config"]["properties"]:
        return False
    old, new = (_peers(properties) for properties in (found["properties"], instance["config"]["properties"]))
    same = all(old.get(identity) == address for identity, address in new.items() if identity != own)
    rest = {
        **found,
        "properties": {**found["properties"], "dLegerPeers": instance["config"]["properties"]["dLegerPeers"]},
    }
    return old.keys() == new.keys() and same and not _changes(rest, instance, "")


def _peers(properties: Mapping[str, Any]) -> dict[str, str]:
    """Id -> address."""
    pairs = (peer.partition("-") for peer in properties.get("dLegerPeers", "").split(";"))
    return {identity: address for identity, _dash, address in pairs}


def _version_change(protected: list[dict[str, Any]], version: str, host: str) -> list[str]:
    older = {found["version"] for found in protected} - {version}
    if not older:
        return []
    runs = " and ".join(sorted(older))
    return [
        f"{host} runs RocketMQ {runs} and would get {version}: set rocketmq_version back to {runs}, or run "
        "playbooks/upgrade.yml, which has the gates of an upgrade."
    ]


def _store_is_lost(found: Mapping[str, Any]) -> bool:
    """The store is made before the unit, so a unit without a store had one."""
    return found["kind"] == "broker" and not found["has_store"] and not found["has_data"]


def _lost_store(found: Mapping[str, Any], host: str) -> str:
    return (
        f"{host} has the broker {found['name']}, but its store {found['store']} is empty: mount its disk. If its "
        f"messages are lost, and it shall copy those of the other members, remove /etc/systemd/system/{found['unit']} "
        "and run again."
    )


def _unplanned(found: Mapping[str, Any], host: str) -> str:
    if found["kind"] != "broker":
        users = "no client uses it any more" if found["kind"] == "proxy" else "every broker has forgotten it"
        return (
            f"{host} carries a {_NOUNS[found['kind']]}, but is not in rocketmq_{found['kind']} any more: put it back; "
            f"one is taken away by hand, after {users}."
        )
    properties = found["properties"]
    group = properties.get("brokerName", "?")
    identity = properties.get("dLegerSelfId", properties.get("brokerId", host))
    return (
        f"{host} carries the member {identity} of group {group} (instance {found['name']}), which the inventory does "
        "not name any more: "
        "put it back into rocketmq_broker_groups; site.yml takes no group, member or store away "
        "(playbooks/remove_group.yml removes a group that was drained, playbooks/destroy.yml a cluster)."
    )


def _mode(properties: Mapping[str, str]) -> str:
    """A single master may get slaves: both are one mode here."""
    if properties.get("enableDLegerCommitLog") == "true":
        return "dledger"
    return "controller" if properties.get("enableControllerMode") == "true" else "master_slave or master"


def _changes(found: Mapping[str, Any], instance: Mapping[str, Any], host: str) -> list[str]:
    who = f"{host}: {instance['description']}"
    problems = []
    identity = {
        "broker": _IDENTITY,
        "namesrv": _NAMESRV_IDENTITY + _CONTROLLER_IDENTITY,
        "controller": _CONTROLLER_IDENTITY,
        "proxy": _PROXY_IDENTITY,
    }
    planned = {key: _files.property_text(value) for key, value in instance["config"]["properties"].items()}
    old_mode, new_mode = _mode(found["properties"]), _mode(planned)
    if found["kind"] == "broker" and found["properties"] and old_mode != new_mode:
        return [
            f"{who} runs in mode {old_mode} and would get {new_mode}: set it back (mode in rocketmq_broker_groups); "
            "a store of one mode is not read by the other. Groups of the new mode beside the old ones, then "
            "playbooks/migrate.yml, lead there."
        ]
    for key, name, variable in identity[found["kind"]]:
        old, new = found["properties"].get(key), planned.get(key, "")
        if old is not None and old != new:
            problems.append(
                f"{who} has the {name} {old} and would get {new or 'none'}: set it back ({variable}); a "
                f"{_NOUNS[found['kind']]} that holds data keeps its identity."
            )
    return problems


def unplanned_brokers(
    view: Mapping[str, Any], plan: Mapping[str, Any], removed: str = "", replaced: str = ""
) -> list[str]:
    """Brokers of this cluster that the name servers know (the result of cluster_info) and the plan does not name.

    Those of the group that is ``removed`` may be there, and the dead of groups that have a member on the host that is
    ``replaced``.
    """
    planned = {member["address"]: group["name"] for group in plan["groups"] for member in group["members"]}
    moving = {group["name"] for group in plan["groups"] for member in group["members"] if member["host"] == replaced}
    problems = []
    for member in view.get("members") or []:
        if member["group"] == removed or (member["group"] in moving and member["error"]):
            continue
        if member["cluster"] == plan["cluster"] and planned.get(member["address"]) != member["group"]:
            problems.append(
                f"The name servers know the broker {member['address']} of group {member['group']}, which the inventory "
                "does not name: "
                "put its host and group back into the inventory, or stop it first."
            )
    return problems


def differences(
    services: Mapping[str, Mapping[str, Any]],
    deployed: list[dict[str, Any]],
    plan: Mapping[str, Any],
    host: str,
    allowed: Sequence[str] = (),
) -> list[str]:
    """What runs on the host and differs from its plan (``services``: the result of service_state), in sentences.

    A change of nothing but ``allowed`` keys is none, nor one that an interrupted run left to be read.
    """
    carried = {found["unit"]: found for found in deployed}
    problems = []
    for instance in [instance for kind in KINDS for instance in plan["hosts"][host][kind]]:
        state = services.get(instance["unit"], {"state": "stopped", "reasons": []})
        if state["state"] == "changed":
            keys = changed_keys(carried.get(instance["unit"], {}), instance)
            path = (instance["config"] or {}).get("path")
            if allowed and {*keys} <= {*allowed} and {*state["reasons"]} <= {path, "interrupted run"}:
                continue
            what = ", ".join([*keys, *(reason for reason in state["reasons"] if reason != path)])
            problems.append(f"{host}: {instance['description']} would be restarted for a change of its own ({what}).")
    return problems


def changed_keys(found: Mapping[str, Any], instance: Mapping[str, Any]) -> list[str]:
    """Keys of its configuration file that a process would get or lose, or have otherwise."""
    had = found.get("properties") or {}
    planned = (instance["config"] or {"properties": {}})["properties"]
    texts = {key: _files.property_text(value) for key, value in planned.items()}
    return sorted(key for key in {*had, *texts} if had.get(key) != texts.get(key))


def drained_groups(looks: Mapping[str, Mapping[str, Any]], plan: Mapping[str, Any]) -> list[str]:
    """Groups all of whose members were drained and are stopped; ``looks`` has the result of host_info by host."""

    def rests(member: Mapping[str, str], group: str) -> bool:
        carried = looks.get(member["host"], {"instances": []})["instances"]
        own = [found for found in carried if found["properties"].get("brokerName") == group]
        return bool(own) and all(found["drained"] is not None and not found["running"] for found in own)

    return [
        group["name"] for group in plan["groups"] if all(rests(member, group["name"]) for member in group["members"])
    ]


def drained_topics(looks: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """Groups of which a member was drained and is stopped, with the topics that they had; ``looks`` as above."""
    return {
        found["properties"].get("brokerName", ""): found["drained"]["topics"]
        for look in looks.values()
        for found in look["instances"]
        if found["drained"] is not None and not found["running"]
    }


def host_problems(
    facts: Mapping[str, Any],
    plan: Mapping[str, Any],
    host: str,
    look: Mapping[str, Any],
    jdk_release: str = "",
) -> list[str]:
    """What the plan wants and the host does not have.

    ``look`` is the result of host_info. ``jdk_release`` is the content of the file
    ``release`` of a preinstalled JDK, empty when it could not be read.
    """
    own = plan["hosts"][host]
    instances = [instance for kind in KINDS for instance in own[kind]]
    problems = []
    addresses = [*facts.get("all_ipv4_addresses", []), "127.0.0.1"]
    if own["address"] not in addresses:
        problems.append(
            f"{host} does not have the address {own['address']} (it has {', '.join(addresses)}): correct its "
            "rocketmq_address."
        )
    wanted = sum(instance["memory_mb"] for instance in instances)
    total = int(facts.get("memtotal_mb") or 0)
    if total and wanted > total * 0.8:
        shares = ", ".join(f"{instance['name']} {instance['memory_mb']}" for instance in instances)
        problems.append(
            f"{host} has {total} MB of memory, of which its processes may take {wanted} MB ({shares}) and leave less "
            "than a fifth to the page cache: "
            "lower rocketmq_broker_heap_mb, rocketmq_broker_direct_mb or the other heaps, or set rocketmq_jvm_profile: "
            "small."
        )
    if facts.get("service_mgr") not in ("systemd", None):
        problems.append(f"{host} is run by {facts['service_mgr']}; RocketMQ's units need systemd.")
    problems += [
        f"{host}'s kernel has no {path}: correct its name in rocketmq_os_sysctl, or give it an empty value there."
        for path in look["missing"]
    ]
    running = {found["unit"] for found in look["instances"] if found["running"]}
    for instance in instances:
        if instance["unit"] not in running:
            problems += _taken_ports(instance, look["listeners"], host)
    problems += [problem for instance in own["brokers"] for problem in _full_disk(instance, look["disks"], host)]
    return problems + _jdk_problems(own["java"], facts.get("os_family", JAVA_FAMILIES[0]), jdk_release, host)


def _jdk_problems(java: Mapping[str, Any], family: str, release: str, host: str) -> list[str]:
    if java["source"] == "package" and family not in JAVA_FAMILIES and not (java["package"] and java["home"]):
        return [
            f"{host} is of the family {family}, whose JDK packages are not known here: set rocketmq_java_package and "
            "rocketmq_java_home, or rocketmq_java_source to archive or preinstalled."
        ]
    if java["source"] != "preinstalled":
        return []
    version = re.search(r'^JAVA_VERSION="(?:1\.)?(\d+)', release, re.MULTILINE)
    if version is None:
        return [f"{host} has no JDK at {java['home']} (no file {java['home']}/release): correct rocketmq_java_home."]
    if int(version[1]) != java["major"]:
        return [
            f"{host} has JDK {version[1]} at {java['home']}, but rocketmq_java_major is {java['major']}: correct one "
            "of them."
        ]
    return []


def _taken_ports(instance: Mapping[str, Any], listeners: list[dict[str, Any]], host: str) -> list[str]:
    problems = []
    for purpose, port in instance["ports"].items():
        # DLedger opens no HA port.
        closed = purpose == "ha" and instance["config"]["properties"].get("enableDLegerCommitLog")
        variable = _PORT_VARIABLES[instance["kind"], purpose]
        for listener in listeners:
            if listener["port"] == port and not closed:
                who = f"{listener['program']} (pid {listener['pid']})" if listener["pid"] else "another program"
                problems.append(
                    f"{host} has {who} on port {port} of {instance['description']}: stop it, or change {variable}."
                )
    return problems


def _full_disk(broker: Mapping[str, Any], disks: Mapping[str, Mapping[str, int]], host: str) -> list[str]:
    disk = disks.get(broker["store"], {"used_percent": 0})
    if disk["used_percent"] < _disk.FULL_PERCENT:
        return []
    return [
        f"{host}: the disk of {broker['store']} is {disk['used_percent']} % full ({disk['free_mb']} MB free), and from "
        f"{_disk.FULL_PERCENT} % on {broker['description']} takes no message: make room, or set store of its group or "
        "rocketmq_data_dir to a bigger disk before its first start."
    ]


def clock_problems(looks: Mapping[str, Mapping[str, Any]], tolerance: float) -> list[str]:
    """Clocks that are too far apart; ``looks`` has the result of host_info by host."""
    ahead = {host: look["ahead_seconds"] for host, look in looks.items()}
    apart = max(ahead.values(), default=0) - min(ahead.values(), default=0)
    if apart <= tolerance:
        return []
    shown = ", ".join(f"{host} {seconds:+.0f} s" for host, seconds in sorted(ahead.items()))
    return [
        f"The clocks of the hosts are {apart:.0f} s apart (against this machine: {shown}), and messages are dated and "
        "deleted by them: keep them in time (chrony), or accept it with rocketmq_clock_tolerance."
    ]


def clock_notices(looks: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Time zones that differ; no reason to stop."""
    zones = {host: look["utc_offset_seconds"] for host, look in looks.items()}
    if len(set(zones.values())) < 2:
        return []
    shown = ", ".join(
        f"{host} UTC{'-' if offset < 0 else '+'}{abs(offset) // 3600:02}:{abs(offset) // 60 % 60:02}"
        for host, offset in sorted(zones.items())
    )
    return [
        f"The hosts are in different time zones ({shown}): deleteWhen is an hour of the host's own time, so members "
        "of a group delete expired messages at different moments, and their logs show times with different offsets."
    ]
