# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How far a consumer group has read each queue, and moving it to another place in a topic."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.rocketmq.cluster.plugins.module_utils import (
    _consumers,
    _fastjson,
    _overview,
    _topics,
)
from ansible_collections.rocketmq.cluster.plugins.module_utils._changes import Change, Errors
from ansible_collections.rocketmq.cluster.plugins.module_utils._client import Broker
from ansible_collections.rocketmq.cluster.plugins.module_utils._cluster import Cluster
from ansible_collections.rocketmq.cluster.plugins.module_utils._configuration import Settings
from ansible_collections.rocketmq.cluster.plugins.module_utils._consumers import Connected
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import PlanError, ResponseError, RocketMQError
from ansible_collections.rocketmq.cluster.plugins.module_utils._remoting import Frame, Request

CONSUME_STATS = Request(208, "GET_CONSUME_STATS")
COMMITTED = Request(14, "QUERY_CONSUMER_OFFSET")
COMMIT = Request(15, "UPDATE_CONSUMER_OFFSET")
ALL_COMMITTED = Request(43, "GET_ALL_CONSUMER_OFFSET")
RESET = Request(222, "INVOKE_BROKER_TO_RESET_OFFSET")
BY_TIME = Request(29, "SEARCH_OFFSET_BY_TIMESTAMP")
MAXIMUM = Request(30, "GET_MAX_OFFSET")
MINIMUM = Request(31, "GET_MIN_OFFSET")

QUERY_NOT_FOUND = 22
#: Times that stand for the ends of a queue, as RESET takes them.
EARLIEST, LATEST = 0, -1

#: From 1973 on. A smaller number was meant as seconds.
_MILLISECONDS = re.compile(r"[1-9][0-9]{11,13}")
#: Topic and consumer group -> queue -> offset.
Committed = dict[tuple[str, str], dict[int, int]]

#: What 5.x says, with code 0, when it ignores a COMMIT: consumers have still to learn of an earlier RESET.
_IGNORED = "previously reset"


def committed(broker: Broker) -> Committed:
    """Everything that consumer groups have committed on one broker. Raises RocketMQError."""
    answer = broker.call(ALL_COMMITTED)
    found: Committed = {}
    try:
        for key, queues in _fastjson.loads(answer.body)["offsetTable"].items():
            # A topic has no @ in its name; before 5.x nobody checks that of a consumer group.
            topic, _at, group = str(key).partition("@")
            found[topic, group] = {int(queue): int(offset) for queue, offset in queues.items()}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise broker.unexpected(ALL_COMMITTED, repr(error)) from None
    return found


def lags(broker: Broker, names: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Group -> each queue of this broker that it reads, with both offsets. Raises RocketMQError."""
    found = {}
    for name, answer in zip(names, broker.calls(CONSUME_STATS, [({"consumerGroup": name}, b"") for name in names])):
        if isinstance(answer, RocketMQError):
            raise answer
        found[name] = _lags(broker, answer.body)
    return found


def _lags(broker: Broker, body: bytes) -> list[dict[str, Any]]:
    try:
        queues = [(dict(key), offsets) for key, offsets in _fastjson.loads(body)["offsetTable"].items()]
        return [
            {
                "topic": str(queue["topic"]),
                "queue": int(queue["queueId"]),
                "broker_offset": int(offsets["brokerOffset"]),
                "consumer_offset": int(offsets["consumerOffset"]),
                "lag": int(offsets["brokerOffset"]) - int(offsets["consumerOffset"]),
                "last_timestamp_ms": int(offsets.get("lastTimestamp", 0)),
            }
            for queue, offsets in queues
        ]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise broker.unexpected(CONSUME_STATS, repr(error)) from None


def moment(to: str) -> int:
    """EARLIEST, LATEST, or milliseconds since the epoch. Raises ValueError with a sentence."""
    if to in ("earliest", "latest"):
        return EARLIEST if to == "earliest" else LATEST
    if _MILLISECONDS.fullmatch(to):
        return int(to)
    try:
        # Python before 3.11 reads no Z.
        time = datetime.datetime.fromisoformat(to[:-1] + "+00:00" if to.endswith(("Z", "z")) else to)
    except ValueError:
        raise ValueError(
            f"to is '{to}': write earliest, latest, a time such as 2026-11-21T10:00:00Z, or milliseconds since 1970."
        ) from None
    if time.tzinfo is None:
        raise ValueError(f"to is '{to}', without a zone: write one behind it, such as Z or +08:00.")
    if time.timestamp() <= 0:
        # Negative times mean the end of a queue to brokers.
        raise ValueError(f"to is '{to}', before RocketMQ was: write earliest.")
    return int(time.timestamp() * 1000)


class Place(NamedTuple):
    """What the leader of one broker group says; both offsets by queue, and empty where it has no such topic.

    ``known``: whether it has the consumer group.
    """

    address: str
    known: bool
    committed: dict[int, int | None]
    targets: dict[int, int]
    connected: Connected | None


class State(NamedTuple):
    """The places by broker group."""

    cluster: Cluster
    places: dict[str, Place]


class Reset:
    """A consumer group that shall read a topic from ``to`` (see ``moment``) on."""

    def __init__(
        self,
        find: Callable[[], Cluster],
        groups: Sequence[str],
        consumer_group: str,
        topic: str,
        to: int,
        force: bool,
    ) -> None:
        self._find = find
        self._groups = groups
        self._names = {"consumerGroup": consumer_group, "topic": topic}
        self._to = to
        self._force = force
        #: By broker group. A target stays what it was at first, although producers move the end of a queue.
        self._targets: dict[str, dict[int, int]] = {}
        #: By broker group, the leader that has told connected consumers. What is committed from then on is their work.
        self._told: dict[str, str] = {}

    def read(self) -> State:
        """Raises RocketMQError."""
        cluster = self._find()
        places = cluster.ask_leaders(cluster.chosen(self._groups), self._place)
        return State(cluster, places)

    def _place(self, broker: Broker, settings: Settings) -> Place:
        table = _consumers.table(broker)
        group, topic = self._names["consumerGroup"], self._names["topic"]
        entry = _topics.table(broker, settings).topics.get(topic)
        queues = range(entry.fields["read_queues"] if entry else 0)
        connected = _consumers.connected(broker, [group]).get(group)
        committed, targets = self._committed(broker, queues), self._target(broker, queues)
        return Place(broker.address, group in table.groups, committed, targets, connected)

    def _committed(self, broker: Broker, queues: Sequence[int]) -> dict[int, int | None]:
        # Consumers ask the same. 4.x says 0 of a queue never committed while its first message is in memory.
        asked = [({**self._names, "queueId": queue, "setZeroIfNotFound": False}, b"") for queue in queues]
        answers = zip(queues, broker.calls(COMMITTED, asked))
        return {
            queue: None
            if isinstance(answer, ResponseError) and answer.code == QUERY_NOT_FOUND
            else _offset(broker, COMMITTED, answer)
            for queue, answer in answers
        }

    def _target(self, broker: Broker, queues: Sequence[int]) -> dict[int, int]:
        request = {EARLIEST: MINIMUM, LATEST: MAXIMUM}.get(self._to, BY_TIME)
        asked = [({"topic": self._names["topic"], "queueId": queue, "timestamp": self._to}, b"") for queue in queues]
        return {queue: _offset(broker, request, answer) for queue, answer in zip(queues, broker.calls(request, asked))}

    def plan(self, state: State) -> list[Change]:
        """The broker groups in which an offset is not as wanted. Raises PlanError for what must not be done."""
        problems = list(self._refusals(state))
        changes = [change for group, place in sorted(state.places.items()) for change in self._change(group, place)]
        problems += [problem for change in changes for problem in self._online(state.places[change.place], change)]
        if problems:
            raise PlanError(problems)
        return changes

    def _change(self, group: str, place: Place) -> list[Change]:
        targets = self._targets.setdefault(group, place.targets)
        moved = [queue for queue, offset in sorted(targets.items()) if place.committed.get(queue) != offset]
        if not moved or self._told.get(group) == place.address:
            return []
        before = {str(queue): place.committed.get(queue) for queue in moved}
        name = f"{self._names['consumerGroup']} on {self._names['topic']}"
        return [Change("offsets", name, group, before, {str(queue): targets[queue] for queue in moved})]

    def _refusals(self, state: State) -> Iterator[str]:
        consumer_group, topic = self._names["consumerGroup"], self._names["topic"]
        if _consumers.is_system(consumer_group):
            yield f"consumer_group: {consumer_group} belongs to RocketMQ itself."
        without = [group for group, place in state.places.items() if not place.committed]
        if without and (self._groups or len(without) == len(state.places)):
            yield f"topic: there is no {topic} in {', '.join(without)}: check its name and groups."
        unknown = [group for group, place in state.places.items() if place.committed and not place.known]
        if unknown:
            yield (
                f"consumer_group: there is no {consumer_group} in {', '.join(unknown)}: check its name, or create it "
                "with the module consumer_groups."
            )

    def _online(self, place: Place, change: Change) -> Iterator[str]:
        if not self._is_read(place) or place.connected is None:
            return
        clients = ", ".join(str(member["client_id"]) for member in place.connected.members)
        if place.connected.message_model == "BROADCASTING":
            yield f"{change}: its consumers ({clients}) are broadcast to and keep their own offsets."
        elif not self._force:
            yield (
                f"{change}: consumers are connected ({clients}): stop them, or set force; then what they hold at that "
                "moment may be consumed twice."
            )

    def _is_read(self, place: Place) -> bool:
        """Whether somebody reads the topic, who would overwrite what is committed for him."""
        return place.connected is not None and self._names["topic"] in place.connected.subscriptions

    def apply(self, state: State, changes: Sequence[Change]) -> Errors:
        """Asks each leader to tell the consumers that are connected, and commits the offsets where none is."""

        def moved(group: str) -> None:
            place = state.places[group]
            with Broker(place.address, state.cluster.timeout) as broker:
                if self._is_read(place) or not self._commit(broker, self._targets[group]):
                    self._targets[group] = self._tell(broker, self._targets[group])
                    self._told[group] = place.address

        answers = _overview.parallel(moved, [change.place for change in changes])
        found = [(change.key, answers[change.place]) for change in changes]
        return {key: error for key, error in found if isinstance(error, RocketMQError)}

    def _commit(self, broker: Broker, targets: Mapping[int, int]) -> bool:
        """Whether the broker took it; a new look tells whether it did it. Raises RocketMQError."""
        asked = [({**self._names, "queueId": queue, "commitOffset": offset}, b"") for queue, offset in targets.items()]
        taken = True
        for answer in broker.calls(COMMIT, asked):
            if isinstance(answer, RocketMQError):
                raise answer
            taken = taken and _IGNORED not in answer.remark
        return taken

    def _tell(self, broker: Broker, targets: Mapping[int, int]) -> dict[int, int]:
        """The offsets that the broker has told consumers. Raises RocketMQError unless it is about all queues."""
        topic = self._names["topic"]
        fields = {"topic": topic, "group": self._names["consumerGroup"], "timestamp": self._to, "isForce": True}
        answer = broker.call(RESET, fields)
        try:
            table = [(dict(key), int(offset)) for key, offset in _fastjson.loads(answer.body)["offsetTable"].items()]
            told = {int(queue["queueId"]): offset for queue, offset in table if queue["topic"] == topic}
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise broker.unexpected(RESET, repr(error)) from None
        if missing := sorted(set(targets) - set(told)):
            raise broker.unexpected(RESET, f"queues {', '.join(map(str, missing))}")
        return told


def _offset(broker: Broker, request: Request, answer: Frame | RocketMQError) -> int:
    if isinstance(answer, RocketMQError):
        raise answer
    try:
        return int(answer.ext["offset"])
    except (KeyError, ValueError) as error:
        raise broker.unexpected(request, repr(error)) from None
