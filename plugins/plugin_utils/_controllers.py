# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The controllers of mode controller: where they are, what is refused, the keys that make a process one of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _inventory, _versions
from ansible_collections.rocketmq.cluster.plugins.plugin_utils._inventory import Inventory
from ansible_collections.rocketmq.cluster.plugins.plugin_utils._modes import DLEDGER_ID
from ansible_collections.rocketmq.cluster.plugins.plugin_utils._wording import joined, listed

#: Keys that the plan writes itself, and the variable that decides them.
OWNED_KEYS = {
    "enableControllerInNamesrv": "rocketmq_controller_members",
    "controllerType": "rocketmq_controller_type",
    "controllerStorePath": "rocketmq_data_dir",
    "controllerDLegerGroup": "rocketmq_cluster_name",
    "controllerDLegerPeers": "rocketmq_controller_members and rocketmq_controller_port",
    "controllerDLegerSelfId": "rocketmq_controller_members",
    "jRaftGroupId": "rocketmq_cluster_name",
    "jRaftServerId": "rocketmq_controller_members and rocketmq_controller_raft_port",
    "jRaftInitConf": "rocketmq_controller_members and rocketmq_controller_raft_port",
    "jRaftControllerRPCAddr": "rocketmq_controller_members and rocketmq_controller_port",
}
_MEMBERS = "rocketmq_controller_members"
_PROCESSES = "the inventory group rocketmq_controller"
_TYPES = {"jraft": "jRaft", "dledger": "DLedger"}


def hosts(inventory: Inventory) -> list[str]:
    """Hosts with a controller, in the order of their ids."""
    return [host for host, _identity in _inventory.by_id(inventory.cluster[_MEMBERS]) if host in inventory.settings]


def embedded(inventory: Inventory, host: str) -> bool:
    """Whether the name server of the host is a controller too."""
    return not inventory.controllers and host in inventory.cluster[_MEMBERS]


def addresses(inventory: Inventory) -> list[str]:
    """Where brokers find the controllers."""
    return _endpoints(inventory, "rocketmq_controller_port")


def _endpoints(inventory: Inventory, port: str) -> list[str]:
    return [f"{inventory.addresses[host]}:{inventory.settings[host][port]}" for host in hosts(inventory)]


def port_variables(inventory: Inventory) -> list[str]:
    """What decides the ports of a controller; the one of raft counts unless it is known not to be used."""
    only = inventory.cluster["rocketmq_controller_type"] == "dledger"
    return ["rocketmq_controller_port", *([] if only else ["rocketmq_controller_raft_port"])]


def ports(inventory: Inventory, host: str, release: _versions.Release) -> dict[str, int]:
    settings = inventory.settings[host]
    raft = {"raft": settings["rocketmq_controller_raft_port"]} if _kind(inventory, release) == "jraft" else {}
    return {"controller": settings["rocketmq_controller_port"], **raft}


def properties(inventory: Inventory, host: str, release: _versions.Release) -> dict[str, Any]:
    """The keys that make a process the controller of ``host``."""
    group = f"{inventory.cluster['rocketmq_cluster_name']}-controller"
    kind = _kind(inventory, release)
    # Before 5.2.0 there is one type, and no key for it.
    found: dict[str, Any] = {"controllerType": _TYPES[kind]} if len(release.controller_types) > 1 else {}
    own, rpc = inventory.addresses[host], _endpoints(inventory, "rocketmq_controller_port")
    if kind == "dledger":
        ids = inventory.cluster[_MEMBERS]
        peers = [f"{ids[other]}-{address}" for other, address in zip(hosts(inventory), rpc)]
        return found | {
            "controllerDLegerGroup": group,
            "controllerDLegerPeers": ";".join(peers),
            "controllerDLegerSelfId": ids[host],
        }
    return found | {
        "jRaftGroupId": group,
        "jRaftServerId": f"{own}:{inventory.settings[host]['rocketmq_controller_raft_port']}",
        "jRaftInitConf": ",".join(_endpoints(inventory, "rocketmq_controller_raft_port")),
        "jRaftControllerRPCAddr": ",".join(rpc),
    }


def _kind(inventory: Inventory, release: _versions.Release) -> str:
    return str(inventory.cluster["rocketmq_controller_type"] or release.controller_types[0])


def problems(inventory: Inventory, release: _versions.Release) -> Iterator[str]:
    """What is wrong with the controllers, in sentences."""
    members = inventory.cluster[_MEMBERS]
    users = [group.where for group in inventory.groups if group.mode == "controller"]
    others = [group for group in inventory.groups if group.mode != "controller" and "mode" not in group.unread]
    if "controller" not in release.modes:
        # Groups of that mode have had their sentence.
        if (members or inventory.controllers) and others == inventory.groups:
            named = " and ".join([_MEMBERS] * bool(members) + [_PROCESSES] * bool(inventory.controllers))
            yield (
                f"There are hosts in {named}, but RocketMQ {release.version} has no controllers: take them out, or set "
                "a later rocketmq_version and mode: controller."
            )
        return
    if inventory.unread.get(_MEMBERS):
        return
    if users and not members:
        yield (
            f"{joined(users)} {'has' if len(users) == 1 else 'have'} mode controller, but {_MEMBERS} is empty: name "
            "the hosts of the controllers, such as {rmq71: n0, rmq76: n1, rmq77: n2}."
        )
        return
    if members and inventory.groups and others == inventory.groups:
        yield f"{_MEMBERS} names hosts, but no broker group has mode: controller: remove it, or set the mode."
    yield from _placed(inventory, members)
    if members:
        yield from _agreeing(inventory, release, members)


def _placed(inventory: Inventory, members: dict[str, str]) -> Iterator[str]:
    carriers = inventory.controllers or inventory.namesrv
    missing = [host for host in inventory.controllers if host not in members]
    # No name server at all has had its sentence.
    strangers = [host for host in members if host not in carriers] if carriers else []
    if missing and strangers:
        yield (
            f"{_MEMBERS} names {listed(strangers)}, and {_PROCESSES} has {listed(missing)} instead: name the same "
            "hosts in both."
        )
    elif missing:
        yield (
            f"{listed(missing)} of {_PROCESSES} is not in {_MEMBERS}: give it an id there, or take it out of the group."
        )
    elif strangers:
        where = _PROCESSES if inventory.controllers else "rocketmq_namesrv, and rocketmq_controller is empty"
        yield (
            f"{_MEMBERS} names {listed(strangers)}, which is not in {where}: a controller is a process of its own on a "
            "host of rocketmq_controller, or part of a name server."
        )


def _agreeing(inventory: Inventory, release: _versions.Release, members: dict[str, str]) -> Iterator[str]:
    kind = _kind(inventory, release)
    if kind not in release.controller_types:
        yield (
            f"rocketmq_controller_type {kind} is not for RocketMQ {release.version}: choose "
            f"{' or '.join(release.controller_types)}."
        )
    pairs = members.items()
    wrong = [f"{host}: {identity or 'none'}" for host, identity in pairs if not DLEDGER_ID.fullmatch(identity)]
    numbers = [identity[1:] for identity in members.values()]
    if wrong:
        yield f"{_MEMBERS} has the ids {', '.join(wrong)}: an id is a letter and a number, such as n0."
    elif len(set(map(int, numbers))) < len(numbers):
        shown = ", ".join(f"{host}: {identity}" for host, identity in pairs)
        yield f"{_MEMBERS} gives one id to several hosts ({shown}): each needs a number of its own."
    count = len(members)
    if (count % 2 == 0 or count < 3) and not inventory.cluster["rocketmq_allow_any_group_size"]:
        lesson = "survives no failure" if count < 3 else f"survives no more failures than {count - 1}"
        yield (
            f"{_MEMBERS} has {count} host{'s' if count != 1 else ''}, which {lesson}: give it an odd number of hosts, "
            "at least 3, or accept it with rocketmq_allow_any_group_size: true."
        )
