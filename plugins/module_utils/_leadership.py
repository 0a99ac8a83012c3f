# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who leads a broker group, and handing it to another member: over DLedger's own ports, or through the controllers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.rocketmq.cluster.plugins.module_utils import _configuration, _overview
from ansible_collections.rocketmq.cluster.plugins.module_utils._changes import Change, Errors
from ansible_collections.rocketmq.cluster.plugins.module_utils._client import LEADER, Broker, Controller, at_least
from ansible_collections.rocketmq.cluster.plugins.module_utils._cluster import Cluster, NoLeader
from ansible_collections.rocketmq.cluster.plugins.module_utils._configuration import BROKER, PERMISSION, Settings
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import (
    PlanError,
    ProtocolError,
    ResponseError,
    RocketMQError,
)
from ansible_collections.rocketmq.cluster.plugins.module_utils._remoting import Connection, Request

_OK, _WRONG_TERM, _NOT_LEADER = 200, 403, 404
_HEART_BEAT = Request(51002, "DLEDGER_HEART_BEAT", _OK)
_TRANSFER = Request(51005, "DLEDGER_LEADERSHIP_TRANSFER", _OK)
_ELECT = Request(1002, "CONTROLLER_ELECT_MASTER")

#: DLedger of RocketMQ 4.7.1 answers that it does not know the request.
TRANSFER_SINCE = "4.8.0"
#: From this release on a member that follows answers senders with busy (code 2), which clients of 4.x give to the
#: application until they ask for routes again, up to 30 s later. Earlier ones make clients try elsewhere at once.
BUSY_SINCE = "5.0.0"
#: Of a heartbeat that no member takes for one: it answers with its own term and changes nothing.
_NO_TERM = -2
_REFUSALS = {
    401: "it does not know the other member",
    _NOT_LEADER: "it is not the leader (any more)",
    407: "its term is another by now",
    417: "the other member is too far behind",
    418: "the other member did not take over",
}


class NotHandedOver(RocketMQError):
    """The leader keeps its group for now; it may be asked again."""


class LedElsewhere(NotHandedOver):
    """It leads no longer: another member does, or will."""


class State(NamedTuple):
    """``settings`` and ``version``: the leader's."""

    cluster: Cluster
    leader: str
    settings: Settings
    version: str


class Desired:
    """A group that ``to`` shall lead, or anyone but ``away_from``; both are addresses, and one of them is empty."""

    def __init__(self, find: Callable[[], Cluster], group: str, to: str, away_from: str, require: bool = True) -> None:
        """``require``: a group that nobody can take over is refused, and otherwise left as it is."""
        self._find = find
        self._group = group
        self._to = to
        self._away_from = away_from
        self._require = require

    def read(self) -> State:
        """Raises RocketMQError, NoLeader among them."""
        cluster = self._find()
        leader = cluster.leaders(cluster.chosen([self._group]))[self._group]
        with Broker(leader, cluster.timeout) as broker:
            settings = _configuration.of_broker(broker)
            version = broker.runtime_info().version
        if settings.get("brokerRole") == "SLAVE":
            raise NoLeader([self._group])
        return State(cluster, leader, settings, version)

    def plan(self, state: State) -> list[Change]:
        """Nothing, or one change. Raises PlanError for a group that cannot be handed over, or not to that member."""
        if not self._is_to_move(state):
            return []
        fixed = self._fixed(state)
        if fixed and not self._require:
            return []
        if problem := fixed or self._refusal(state):
            raise PlanError([problem])
        after = {"leader": self._to or self._best(state)}
        return [Change("leader", self._group, self._group, {"leader": state.leader}, after)]

    def is_fixed(self, state: State) -> bool:
        """Whether the leader should be another one, and nobody can take over."""
        return self._is_to_move(state) and bool(self._fixed(state))

    def harms_writers(self, state: State, next_version: str) -> bool:
        """Whether ``away_from`` leads, and what ends that is felt by producers that have not gone elsewhere before.

        Some still send to it when it has come back as ``next_version``.
        """
        busy = at_least(state.version, BUSY_SINCE) or at_least(next_version, BUSY_SINCE)
        return self._is_to_move(state) and (busy or bool(self._fixed(state)))

    def _is_to_move(self, state: State) -> bool:
        return state.leader != self._to and (not self._away_from or state.leader == self._away_from)

    def _fixed(self, state: State) -> str:
        """Why nobody can take over; empty where somebody can."""
        mode = mode_of(state.settings)
        if not mode:
            return (
                f"group: the master of {self._group} is fixed, nobody can take over: stop its writers with "
                "broker_write instead."
            )
        if mode == "dledger" and not at_least(state.version, TRANSFER_SINCE):
            return (
                f"group: {self._group} runs RocketMQ {state.version or 'unknown'}, and DLedger hands leadership over "
                f"from {TRANSFER_SINCE} on: stop its writers with broker_write instead."
            )
        return "" if self._others(state) else f"group: {self._group} has no other registered member: start one."

    def _refusal(self, state: State) -> str:
        others = self._others(state)
        if self._to and self._to not in others:
            return f"to: {self._to} is no registered member of {self._group}; it has {', '.join(others)}."
        return ""

    def _others(self, state: State) -> list[str]:
        brokers = state.cluster.groups[self._group].brokers
        return [address for identity, address in sorted(brokers.items()) if identity > LEADER]

    def _best(self, state: State) -> str:
        """The member with the longest commit log."""

        def end(address: str) -> int:
            with Broker(address, state.cluster.timeout) as broker:
                return broker.runtime_info().integer("commitLogMaxOffset") or 0

        ends = _overview.parallel(end, self._others(state))
        known = {address: found for address, found in ends.items() if isinstance(found, int)}
        if not known:
            raise NotHandedOver(f"{self._group}: no other member answers.")
        return max(known, key=lambda address: known[address])

    def apply(self, state: State, changes: Sequence[Change]) -> Errors:
        """Asks for it; a new look shows whether it came about."""
        errors: Errors = {}
        for change in changes:
            to = str((change.after or {})["leader"])
            hand_over = _through_controllers if mode_of(state.settings) == "controller" else _in_dledger
            try:
                hand_over(state, self._group, to)
            except LedElsewhere as error:
                errors[change.key] = error
                _register_again(state, self._group)
            except RocketMQError as error:
                errors[change.key] = error
        return errors


def mode_of(settings: Mapping[str, str]) -> str:
    """How a broker with these settings gets its leader; empty where the master is fixed."""
    if settings.get("enableDLegerCommitLog") == "true":
        return "dledger"
    return "controller" if settings.get("enableControllerMode") == "true" else ""


def _in_dledger(state: State, group: str, to: str) -> None:
    settings = state.settings
    leader, name = settings.get("dLegerSelfId", ""), settings.get("dLegerGroup", "")
    pairs = (peer.partition("-") for peer in settings.get("dLegerPeers", "").split(";"))
    peers = {identity: address for identity, _dash, address in pairs}
    # A follower registers with the number of its id plus one. Asking it takes half a second of 5.5.0.
    number = str(_number(state, group, to) - 1)
    heir = next((identity for identity in peers if identity[1:] == number), "")
    if leader not in peers or not heir:
        raise ProtocolError(f"dLegerPeers without {leader} or number {number}", "GET_BROKER_CONFIG", state.leader)
    with Connection(peers[leader], state.cluster.timeout) as connection:
        asked = {"group": name, "remoteId": leader, "localId": heir, "leaderId": heir, "term": _NO_TERM}
        term = _ask(connection, peers[leader], _HEART_BEAT, asked, _WRONG_TERM)["term"]
        wanted = {"group": name, "remoteId": leader, "localId": heir, "transferId": leader, "transfereeId": heir}
        _ask(connection, peers[leader], _TRANSFER, {**wanted, "term": term}, _OK)


def _ask(connection: Connection, address: str, request: Request, fields: dict[str, Any], wanted: int) -> dict[str, Any]:
    answer = connection.call(request, None, json.dumps(fields).encode())
    try:
        found = dict(json.loads(answer.body))
        code = int(found["code"])
    except (KeyError, TypeError, ValueError) as error:
        raise ProtocolError(f"an answer without what it should contain ({error!r})", request.name, address) from None
    if code != wanted:
        refused = LedElsewhere if code == _NOT_LEADER else NotHandedOver
        raise refused(f"{request.name} to {address}: {_REFUSALS.get(code, 'refused')} ({code}).")
    return found


def _register_again(state: State, group: str) -> None:
    """The last registration of the old leader may come behind the first one of the new, which is forgotten then.

    It would register by itself within ``registerNameServerPeriod``; one that is told its permission does at once.
    """
    found = _configuration.live(BROKER, state.cluster.groups[group].brokers.values(), state.cluster.timeout)
    leading = {
        address: {PERMISSION: settings[PERMISSION]}
        for address, settings in found.items()
        if not isinstance(settings, RocketMQError) and settings.get("brokerRole") != "SLAVE" and PERMISSION in settings
    }

    def tell(address: str) -> None:
        _configuration.write(BROKER, address, state.cluster.timeout, leading[address])

    _overview.parallel(tell, leading)


def _number(state: State, group: str, member: str) -> int:
    """With which it is registered. Raises NotHandedOver when it is not (any more)."""
    for number, address in state.cluster.groups[group].brokers.items():
        if address == member:
            return number
    raise NotHandedOver(f"{group}: {member} is not registered any more.")


def _through_controllers(state: State, group: str, to: str) -> None:
    addresses = [address for address in state.settings.get("controllerAddr", "").split(";") if address]
    fields = {
        "clusterName": state.cluster.name,
        "brokerName": group,
        "brokerId": _number(state, group, to),
        "designateElect": True,
    }
    with Controller(leading(addresses, state.cluster.timeout), state.cluster.timeout) as controller:
        try:
            controller.call(_ELECT, fields)
        except ResponseError as error:
            # After an election the others need a moment until they count as in sync.
            raise NotHandedOver(str(error)) from None


def leading(addresses: Sequence[str], timeout: float) -> str:
    """The controller that leads. Raises RocketMQError."""

    def named(address: str) -> str:
        with Controller(address, timeout) as controller:
            return controller.leader()

    for found in _overview.parallel(named, addresses).values():
        if isinstance(found, str) and found:
            return found
    raise NotHandedOver(f"The controllers ({', '.join(addresses)}) have no leader.")
