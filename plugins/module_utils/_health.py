# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a healthy cluster is: the plan compared with what name servers, brokers and controllers say at one moment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ansible_collections.rocketmq.cluster.plugins.module_utils._client import LEADER, UNELECTED, RuntimeInfo
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import RocketMQError
from ansible_collections.rocketmq.cluster.plugins.module_utils._overview import Overview

#: A look costs each broker of 5.x a tenth of a second of its processor (it counts its timers): the pause after it is so
#: many times as long as it took, so that watching does not take away what the brokers need to recover. One that waited
#: for what does not answer cost them nothing: no pause is longer than this.
_PAUSES = 4
_LONGEST_PAUSE = 3.0


class Member(NamedTuple):
    """A planned broker; ``broker_ids`` empty means any but -1."""

    host: str
    address: str
    broker_ids: frozenset[int]


class Group(NamedTuple):
    """A planned group; ``asked`` are the members but for the one that is left out."""

    name: str
    mode: str
    members: tuple[Member, ...]
    asked: tuple[Member, ...]

    @property
    def elects(self) -> bool:
        """Whether there must be a leader among or beside the asked members."""
        if self.mode == "dledger":  # which needs a majority for it
            return len(self.asked) > len(self.members) // 2
        return any(not member.broker_ids or LEADER in member.broker_ids for member in self.asked)

    def host_of(self, address: str) -> str:
        return next((member.host for member in self.members if member.address == address), "")


class Plan(NamedTuple):
    """What has to hold."""

    cluster: str
    version: str
    namesrv: tuple[str, ...]
    groups: tuple[Group, ...]
    controllers: tuple[str, ...]
    without: frozenset[str]
    strict: bool

    def addresses(self) -> set[str]:
        return {member.address for group in self.groups for member in group.members}


class Problem(NamedTuple):
    """One thing that does not hold."""

    host: str
    group: str
    address: str
    problem: str


#: Leader's address and the end of its commit log, by group, as of one look.
Marks = dict[str, tuple[str, int]]


def broker_ids(mode: str, member: Mapping[str, Any]) -> frozenset[int]:
    """The ids that a member may have. Raises ValueError with a sentence."""
    if member["broker_ids"]:
        return frozenset(member["broker_ids"])
    if mode == "controller":  # gives ids in the order of first registration
        return frozenset()
    if mode == "master":
        return frozenset({LEADER})
    identity = member["member_id"] or ""
    pattern, example = (r"[a-zA-Z](\d+)", "n0") if mode == "dledger" else (r"(\d+)", "0")
    match = re.fullmatch(pattern, identity)
    if match is None:
        raise ValueError(
            f"{member['host']} has the member_id '{identity}' in a group of mode {mode}: write it like {example}."
        )
    number = int(match[1])
    # A DLedger follower registers under the number of its id plus one, because 0 is the leader's.
    return frozenset({LEADER, number + 1}) if mode == "dledger" else frozenset({number})


def plan_of(params: Mapping[str, Any]) -> Plan:
    """The options as a plan. Raises ValueError with a sentence."""
    groups = []
    without = frozenset(params["without"])
    for group in params["groups"]:
        members = tuple(
            Member(item["host"], item["address"], broker_ids(group["mode"], item)) for item in group["members"]
        )
        asked = tuple(member for member in members if member.address not in without)
        groups.append(Group(group["name"], group["mode"], members, asked))
    namesrv, controllers = (
        tuple(address for address in params[name] if address not in without) for name in ("namesrv", "controllers")
    )
    version = params["version"] or ""
    return Plan(params["cluster"], version, namesrv, tuple(groups), controllers, without, params["strict"])


def judge(plan: Plan, overview: Overview, before: Marks) -> list[Problem]:
    """Everything that does not hold; ``before`` is what ``marks`` said of the look before this one."""
    problems = [*_name_server_problems(plan, overview), *_controller_problems(plan, overview)]
    for group in plan.groups:
        for member in group.asked:
            problems += _member_problems(plan, group, member, overview)
        problems += _group_problems(plan, group, overview, before)
    if plan.strict:
        problems += _unplanned(plan, overview)
    return problems


def pause(least: float, took: float) -> float:
    """Seconds between a look at the cluster, which took so many, and the next; ``least`` at least."""
    return max(least, min(_PAUSES * took, _LONGEST_PAUSE))


def _name_server_problems(plan: Plan, overview: Overview) -> Iterator[Problem]:
    for address in plan.namesrv:
        found = overview.namesrv[address]
        if isinstance(found, RocketMQError):
            host = _same_host(plan, address)
            yield Problem(host, "", address, f"The name server of {_at(host, address)} does not answer. {found}")


def _controller_problems(plan: Plan, overview: Overview) -> Iterator[Problem]:
    leaders = set()
    for address in plan.controllers:
        found = overview.controllers[address]
        if isinstance(found, RocketMQError):
            host = _same_host(plan, address)
            yield Problem(host, "", address, f"The controller of {_at(host, address)} does not answer. {found}")
        else:
            leaders.add(found)
    if "" in leaders:
        yield Problem("", "", "", f"The controllers ({', '.join(plan.controllers)}) have no leader.")
    elif len(leaders) > 1:
        yield Problem("", "", "", f"The controllers name more than one leader: {' and '.join(sorted(leaders))}.")


def _member_problems(plan: Plan, group: Group, member: Member, overview: Overview) -> Iterator[Problem]:
    def problem(text: str) -> Problem:
        return Problem(
            member.host, group.name, member.address, f"Group {group.name}: {_at(member.host, member.address)} {text}"
        )

    found = overview.brokers[member.address]
    if isinstance(found, RocketMQError):
        # Whether it is registered tells nothing more: name servers drop it now or in two minutes.
        yield problem(f"does not answer. {found}")
        return
    if plan.version and found.version != plan.version:
        yield problem(f"runs version {found.version or 'unknown'}, not {plan.version}.")
    views = overview.views()
    silent = [server for server in views if member.address not in _registered(plan, group, overview, server).values()]
    if silent:
        servers = "any name server" if len(silent) == len(views) else " and ".join(silent)
        yield problem(f"is not registered in cluster {plan.cluster} with {servers}.")
    for identity in sorted(_ids(plan, group, member.address, overview)):
        if identity == UNELECTED:
            yield problem("is registered with id -1: its group has elected no leader.")
        elif member.broker_ids and identity not in member.broker_ids:
            allowed = " or ".join(map(str, sorted(member.broker_ids)))
            yield problem(f"is registered with id {identity}; its identity wants {allowed}.")


def _group_problems(plan: Plan, group: Group, overview: Overview, before: Marks) -> Iterator[Problem]:
    leaders = _leaders(plan, group, overview)
    if len(leaders) > 1:
        names = " and ".join(_at(group.host_of(address), address) for address in leaders)
        yield Problem(
            "", group.name, "", f"Group {group.name} has more than one leader: {names}, as different name servers say."
        )
    elif not leaders and group.elects and overview.views():
        hosts = ", ".join(_at(member.host, member.address) for member in group.members)
        yield Problem("", group.name, "", f"Group {group.name} has no leader (members: {hosts}).")
    elif leaders:
        yield from _lags(group, leaders[0], overview, before)


def _lags(group: Group, leader: str, overview: Overview, before: Marks) -> Iterator[Problem]:
    """Followers that have not even what the leader had at the look before this one."""
    end = _end(leader, overview)
    if end is None:
        return
    known_leader, known_end = before.get(group.name, ("", end))
    # A follower always trails by the last batch; what the leader had one look ago must be there.
    wanted = min(end, known_end) if known_leader == leader else end
    for member in group.asked:
        own = _end(member.address, overview)
        if member.address != leader and own is not None and own < wanted:
            text = (
                f"Group {group.name}: {_at(member.host, member.address)} has not caught up with the leader "
                f"{_at(group.host_of(leader), leader)}: {wanted - own} bytes are missing."
            )
            yield Problem(member.host, group.name, member.address, text)


def _unplanned(plan: Plan, overview: Overview) -> Iterator[Problem]:
    planned = {(group.name, member.address) for group in plan.groups for member in group.members}
    seen = {
        (name, address)
        for view in overview.views().values()
        for name, group in view.groups.items()
        if group.cluster == plan.cluster
        for address in group.brokers.values()
    }
    for name, address in sorted(seen - planned):
        yield Problem(
            "",
            name,
            address,
            f"Group {name}: the broker {address} is registered in cluster {plan.cluster}, but not planned.",
        )


def _registered(plan: Plan, group: Group, overview: Overview, server: str) -> dict[int, str]:
    """Id and address of the members of a group as one name server, which answered, knows them."""
    found = overview.views()[server].groups.get(group.name)
    return found.brokers if found is not None and found.cluster == plan.cluster else {}


def _ids(plan: Plan, group: Group, address: str, overview: Overview) -> set[int]:
    """All ids under which any name server knows the address."""
    pairs = (pair for server in overview.views() for pair in _registered(plan, group, overview, server).items())
    return {identity for identity, known in pairs if known == address}


def _leaders(plan: Plan, group: Group, overview: Overview) -> list[str]:
    """Addresses with id 0; more than one when name servers disagree."""
    found = (_registered(plan, group, overview, server).get(LEADER) for server in overview.views())
    return sorted({address for address in found if address})


def _end(address: str, overview: Overview) -> int | None:
    """End of a broker's commit log; None when it does not say."""
    found = overview.brokers.get(address)
    return found.integer("commitLogMaxOffset") if isinstance(found, RuntimeInfo) else None


def marks(plan: Plan, overview: Overview) -> Marks:
    """What followers have to reach by the next look."""
    result: Marks = {}
    for group in plan.groups:
        leaders = _leaders(plan, group, overview)
        end = _end(leaders[0], overview) if len(leaders) == 1 else None
        if end is not None:
            result[group.name] = (leaders[0], end)
    return result


def _same_host(plan: Plan, address: str) -> str:
    """Name of the planned host that has the name server's address; the options give name servers no names."""
    host = address.rpartition(":")[0]
    members: Iterable[Member] = (member for group in plan.groups for member in group.members)
    return next((member.host for member in members if member.address.rpartition(":")[0] == host), "")


def _at(host: str, address: str) -> str:
    return f"{host} ({address})" if host else address


def leaders_by_group(plan: Plan, overview: Overview) -> dict[str, dict[str, str]]:
    found = {group: _leaders(plan, group, overview) for group in plan.groups}
    return {
        group.name: {"host": group.host_of(addresses[0]), "address": addresses[0]}
        for group, addresses in found.items()
        if len(addresses) == 1
    }


_MEMBER: dict[str, Any] = {
    "host": {"type": "str", "required": True},
    "address": {"type": "str", "required": True},
    "member_id": {"type": "str"},
    "broker_ids": {"type": "list", "elements": "int"},
    "instance": {"type": "str"},
}
#: The options of modules that want a whole cluster.
OPTIONS: dict[str, dict[str, Any]] = {
    "cluster": {"type": "str", "required": True},
    "groups": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "mode": {"type": "str", "choices": ["dledger", "controller", "master_slave", "master"], "required": True},
            "members": {"type": "list", "elements": "dict", "required": True, "options": _MEMBER},
        },
    },
    "controllers": {"type": "list", "elements": "str", "default": []},
    "version": {"type": "str"},
}
