# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The permission of broker groups to take messages: on every member, and as name servers tell it to clients."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from ansible_collections.rocketmq.cluster.plugins.module_utils import _configuration, _overview, _topics
from ansible_collections.rocketmq.cluster.plugins.module_utils._changes import Change, Errors
from ansible_collections.rocketmq.cluster.plugins.module_utils._client import LEADER
from ansible_collections.rocketmq.cluster.plugins.module_utils._cluster import Cluster
from ansible_collections.rocketmq.cluster.plugins.module_utils._configuration import BROKER, PERMISSION, Settings
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import (
    NotYet,
    PlanError,
    ProtocolError,
    RocketMQError,
)

_WRITE = 2


class State(NamedTuple):
    """``tables``: topics of the chosen groups; ``members``: permissions of all brokers of the cluster, by address.

    ``routes``: name server -> topic -> group -> route, for the one topic of each chosen group that shows what clients
    are told of all of them.
    """

    cluster: Cluster
    tables: dict[str, _topics.Table]
    members: dict[str, Settings | RocketMQError]
    shown: dict[str, str]
    routes: dict[str, dict[str, dict[str, _topics.Route]]]

    def permission(self, address: str) -> int | RocketMQError:
        found = self.members[address]
        if isinstance(found, RocketMQError):
            return found
        value = found.get(PERMISSION, "")
        known = value.isdecimal()
        return int(value) if known else ProtocolError(f"no number as {PERMISSION}", BROKER.reading.name, address)

    def takes_writes(self, group: str) -> bool:
        leader = self.cluster.groups[group].brokers.get(LEADER)
        permission = self.permission(leader) if leader else 0
        return isinstance(permission, int) and bool(permission & _WRITE)

    def writable(self, group: str) -> list[str]:
        """The topics of a group, its own first, that can be written to where the broker allows it."""
        topics = self.tables[group].topics
        names = [name for name, topic in topics.items() if topic.fields["permission"] & _WRITE]
        return sorted(names, key=lambda name: (name != group, name))


class Desired:
    """The write permission of some groups as it should be."""

    def __init__(
        self, find: Callable[[], Cluster], groups: Sequence[str], granted: bool, force: bool, keep_last: bool
    ) -> None:
        """Of the last groups that take writes: ``force`` takes it from them, ``keep_last`` leaves them as they are.

        Without either of the two they are refused.
        """
        self._find = find
        self._groups = groups
        self._granted = granted
        self._force = force
        self._keep_last = keep_last
        #: Address -> the permission that it had when it answered for the last time.
        self._known: dict[str, int] = {}

    def read(self) -> State:
        """Raises RocketMQError."""
        cluster = self._find()
        unknown = [group for group in self._groups if group not in cluster.groups]
        if unknown and self._granted:
            raise NotYet(f"groups: the name servers know no broker of {', '.join(unknown)} (yet): start its brokers.")
        tables = _topics.tables(cluster, cluster.chosen(self._groups))
        addresses = [address for group in cluster.groups.values() for address in group.brokers.values()]
        members = _configuration.live(BROKER, addresses, cluster.timeout)
        state = State(cluster, tables, members, {}, {})
        shown = {group: names[0] for group in tables if (names := state.writable(group))}
        return state._replace(shown=shown, routes=_topics.all_routes(cluster, list(shown.values())))

    def plan(self, state: State) -> list[Change]:
        """Members first, then name servers that tell something else than the leader. Raises PlanError."""
        last = self.last(state)
        if last and self._keep_last:
            return []
        if last and not self._force:
            raise PlanError(
                [
                    f"groups: no other group of the cluster {state.cluster.name} takes writes: without "
                    f"{', '.join(last)} nobody can send anything. Leave one out, or set force."
                ]
            )
        return [*self._member_changes(state), *self._route_changes(state)]

    def last(self, state: State) -> list[str]:
        """The groups that would lose it, where no other group of the cluster has it."""
        others = [group for group in state.cluster.groups if group not in state.tables]
        if self._granted or any(state.takes_writes(group) for group in others):
            return []
        return [group for group in state.tables if state.takes_writes(group)]

    def _wanted(self, permission: int) -> int:
        return permission | _WRITE if self._granted else permission & ~_WRITE

    def _member_changes(self, state: State) -> Iterator[Change]:
        for group in state.tables:
            for _identity, address in sorted(state.cluster.groups[group].brokers.items()):
                permission = state.permission(address)
                if isinstance(permission, int):
                    self._known[address] = permission
                # One that never answered is for ``warnings``; one that dies in the middle is not done.
                known = self._known.get(address)
                if known is not None and known != self._wanted(known):
                    yield _change("permission", group, address, known, self._wanted(known))

    def _route_changes(self, state: State) -> Iterator[Change]:
        for group, topic in state.shown.items():
            for server, topics in state.routes.items():
                told = topics[topic].get(group, (0, 0, 0))[0]
                # As long as the leader has it otherwise, this is only what follows from it.
                if state.takes_writes(group) == self._granted and bool(told & _WRITE) != self._granted:
                    yield _change("route", topic, server, told, self._wanted(told))

    def apply(self, state: State, changes: Sequence[Change]) -> Errors:
        """Tells the members. A leader that is told what it knows registers with the name servers again."""
        leaders = state.cluster.leaders(state.tables)
        told = {change.place: change for change in changes if change.kind == "permission"}
        topics = {change.name for change in changes if change.kind == "route"}
        again = {leaders[group] for group, topic in state.shown.items() if topic in topics} & set(self._known)

        def tell(address: str) -> None:
            permission = str(self._wanted(self._known[address]))
            _configuration.write(BROKER, address, state.cluster.timeout, {PERMISSION: permission})

        found = _overview.parallel(tell, [*told, *again])
        return {told[place].key: error for place, error in found.items() if error is not None and place in told}


def _change(kind: str, name: str, place: str, before: int, after: int) -> Change:
    return Change(kind, name, place, {"permission": before}, {"permission": after})


def warnings(state: State) -> Iterator[str]:
    """Sentences about members that could not be told anything."""
    for group in state.tables:
        brokers = state.cluster.groups[group].brokers
        for address in brokers.values():
            silent = state.permission(address)
            if isinstance(silent, RocketMQError):
                yield f"Group {group}: {address} keeps the permission that it has. {silent}"
        leader = state.members.get(brokers.get(LEADER, ""), {})
        peers = leader.get("dLegerPeers", "").split(";") if isinstance(leader, dict) else []
        if len(peers) > len(brokers):
            yield (
                f"Group {group}: {len(peers) - len(brokers)} of its {len(peers)} members are not registered; "
                "one that starts has the permission of its configuration file."
            )


def shown(state: State, group: str) -> dict[str, Any]:
    """What the module returns of a group."""
    permissions = {address: state.permission(address) for address in state.cluster.groups[group].brokers.values()}
    own = _topics.own_names(state.cluster, {group: state.tables[group]})
    return {
        "leader": state.cluster.groups[group].brokers.get(LEADER),
        "permissions": {address: found if isinstance(found, int) else None for address, found in permissions.items()},
        "topics": len(set(own) & set(state.writable(group))),
    }
