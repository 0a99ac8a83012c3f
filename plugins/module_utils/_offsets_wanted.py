# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Committed offsets as somebody wants them, such as those of a backup: what is refused, what differs, what is done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.rocketmq.cluster.plugins.module_utils import _consumers, _items, _offsets, _overview, _topics
from ansible_collections.rocketmq.cluster.plugins.module_utils._changes import Change, Errors, merged
from ansible_collections.rocketmq.cluster.plugins.module_utils._client import Broker
from ansible_collections.rocketmq.cluster.plugins.module_utils._cluster import Cluster
from ansible_collections.rocketmq.cluster.plugins.module_utils._configuration import Settings
from ansible_collections.rocketmq.cluster.plugins.module_utils._consumers import Connected
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import PlanError, RocketMQError

#: Topics that RocketMQ makes when a consumer group needs them.
_MADE_FOR_GROUPS = ("%RETRY%", "%DLQ%")


class Place(NamedTuple):
    """What the leader of one broker group says."""

    topics: _topics.Table
    consumer_groups: frozenset[str]
    committed: _offsets.Committed
    connected: dict[str, Connected]


class State(NamedTuple):
    """The places by broker group."""

    cluster: Cluster
    places: dict[str, Place]


def told(cluster: Cluster, groups: Iterable[str], names: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """The offsets of all consumer groups but RocketMQ's own (or of ``names``), as M(offsets) takes them.

    Raises RocketMQError.
    """
    found = []
    for group, place in sorted(cluster.ask_leaders(groups, _place).items()):
        for (topic, consumer_group), queues in sorted(place.committed.items()):
            # A release that forgets a topic or a group late still has its offsets.
            there = consumer_group in place.consumer_groups and topic in place.topics.topics
            chosen = not _consumers.is_system(consumer_group) if names is None else consumer_group in names
            if there and chosen and queues:
                shown = {str(queue): offset for queue, offset in sorted(queues.items())}
                found.append({"consumer_group": consumer_group, "topic": topic, "group": group, "queues": shown})
    return found


def _place(broker: Broker, settings: Settings, asked: Sequence[str] = ()) -> Place:
    known = frozenset(_consumers.table(broker).groups)
    names = [name for name in dict.fromkeys(asked) if name in known]
    connected = _consumers.connected(broker, names)
    return Place(_topics.table(broker, settings), known, _offsets.committed(broker), connected)


def mistakes(items: Sequence[Mapping[str, Any]]) -> list[str]:
    """Sentences about items that no cluster could make true."""
    found = []
    seen = set()
    for item in items:
        where = f"{item['consumer_group']} on {item['topic']} in {item['group']}"
        for queue, offset in item["queues"].items():
            if not str(queue).isdigit() or not str(offset).isdigit():
                found.append(f"offsets: {where} has {queue}: {offset}: write a queue and its offset, both from 0 on.")
        if where in seen:
            found.append(f"offsets: two items are about {where}: write one.")
        seen.add(where)
    return found


class Desired:
    """Items of M(offsets), without ``mistakes``, against a cluster.

    ``force``: offsets may be moved back. ``to_come``: topics and consumer groups that are missing will be made.
    """

    def __init__(
        self, find: Callable[[], Cluster], items: Sequence[Mapping[str, Any]], force: bool, to_come: bool
    ) -> None:
        self._find = find
        self._items = [(item, {int(queue): int(offset) for queue, offset in item["queues"].items()}) for item in items]
        self._force = force
        self._to_come = to_come
        self._names = sorted({item["consumer_group"] for item in items})

    def read(self) -> State:
        """Raises RocketMQError."""
        cluster = self._find()
        groups = sorted({item["group"] for item, _queues in self._items})
        if not groups:
            return State(cluster, {})

        def place(broker: Broker, settings: Settings) -> Place:
            return _place(broker, settings, self._names)

        return State(cluster, cluster.ask_leaders(cluster.chosen(groups), place))

    def skipped(self, state: State) -> list[str]:
        """Whose offsets stay away: retries of consumer groups that have not retried anything in this cluster."""
        return [_name(item) for item, _queues in self._items if self._stays_away(state, item)]

    def _stays_away(self, state: State, item: Mapping[str, Any]) -> bool:
        made = item["topic"].startswith(_MADE_FOR_GROUPS)
        return made and item["topic"] not in state.places[item["group"]].topics.topics

    def plan(self, state: State) -> list[Change]:
        """The items with an offset that is not as wanted. Raises PlanError for what must not be done."""
        changes: list[Change] = []
        problems: list[str] = []
        for item, queues in self._items:
            if self._stays_away(state, item):
                continue
            problems += self._missing(state.places[item["group"]], item)
            change = _change(state, item, queues)
            if change:
                changes.append(change)
                problems += self._refusals(state.places[item["group"]], item, change)
        if problems:
            raise PlanError(_shortened(problems))
        return changes

    def _missing(self, place: Place, item: Mapping[str, Any]) -> Iterator[str]:
        if self._to_come:
            return
        if item["consumer_group"] not in place.consumer_groups:
            yield f"There is no consumer group {item['consumer_group']} in {item['group']}: create it first."
        if item["topic"] not in place.topics.topics:
            yield f"There is no topic {item['topic']} in {item['group']}: create it first."

    def _refusals(self, place: Place, item: Mapping[str, Any], change: Change) -> Iterator[str]:
        back = [
            f"{queue} ({change.before[queue]} > {offset})"
            for queue, offset in (change.after or {}).items()
            if change.before and (change.before.get(queue) or 0) > offset
        ]
        if back and not self._force:
            yield (
                f"{change}: what is committed is newer in the queues {', '.join(back)}: messages would be consumed "
                "again; set force if they shall be."
            )
        connected = place.connected.get(item["consumer_group"])
        if connected and item["topic"] in connected.subscriptions:
            clients = ", ".join(str(member["client_id"]) for member in connected.members)
            yield f"{change}: consumers are connected ({clients}), who would commit their own offsets: stop them."

    def apply(self, state: State, changes: Sequence[Change]) -> Errors:
        """Commits them, in each broker group at its leader."""
        wanted = {(_name(item), item["group"]): item for item, _queues in self._items}

        def at(group: str) -> Errors:
            own = [change for change in changes if change.place == group]
            asked = [
                (change, _request(wanted[change.name, group], queue, offset))
                for change in own
                for queue, offset in (change.after or {}).items()
            ]
            with Broker(state.cluster.leaders([group])[group], state.cluster.timeout) as broker:
                answers = broker.calls(_offsets.COMMIT, [(fields, b"") for _change, fields in asked])
            pairs = zip(asked, answers)
            return {change.key: answer for (change, _offset), answer in pairs if isinstance(answer, RocketMQError)}

        return merged(_overview.parallel(at, [change.place for change in changes]))


def _name(item: Mapping[str, Any]) -> str:
    return f"{item['consumer_group']} on {item['topic']}"


def _change(state: State, item: Mapping[str, Any], queues: Mapping[int, int]) -> Change | None:
    now = state.places[item["group"]].committed.get((item["topic"], item["consumer_group"]), {})
    moved = [queue for queue, offset in sorted(queues.items()) if now.get(queue) != offset]
    if not moved:
        return None
    before = {str(queue): now.get(queue) for queue in moved}
    return Change("offsets", _name(item), item["group"], before, {str(queue): queues[queue] for queue in moved})


def _request(item: Mapping[str, Any], queue: str, offset: int) -> dict[str, Any]:
    names = {"consumerGroup": item["consumer_group"], "topic": item["topic"]}
    return {**names, "queueId": queue, "commitOffset": offset}


def _shortened(problems: Sequence[str]) -> list[str]:
    """A cluster has thousands of offsets, and one mistake may be about all of them."""
    shown = list(dict.fromkeys(problems))
    more = len(shown) - _items.SHOWN
    return shown if more <= 0 else [*shown[: _items.SHOWN], f"And {more} more of these."]
