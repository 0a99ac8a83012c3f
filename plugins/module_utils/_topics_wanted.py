# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Topics as somebody wants them: what is wrong with the wish, how the cluster differs from it, how to get there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.rocketmq.cluster.plugins.module_utils import _items, _order, _overview, _topics
from ansible_collections.rocketmq.cluster.plugins.module_utils._changes import Change, Errors, merged
from ansible_collections.rocketmq.cluster.plugins.module_utils._client import Broker, NameServer, at_least
from ansible_collections.rocketmq.cluster.plugins.module_utils._cluster import Cluster
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import PlanError, RocketMQError
from ansible_collections.rocketmq.cluster.plugins.module_utils._items import Wanted
from ansible_collections.rocketmq.cluster.plugins.module_utils._topics import MESSAGE_TYPE, State

#: What a new topic gets where nothing is said, as `mqadmin updateTopic` does it.
DEFAULTS: dict[str, Any] = {"read_queues": 8, "write_queues": 8, "permission": 6, "order": False, "attributes": {}}
#: Write 2, read 4, inherit 1. Brokers take any number.
PERMISSIONS = range(8)
MAX_QUEUES = 65536
#: Of all releases; a broker refuses those that its own does not have.
MESSAGE_TYPES = ("UNSPECIFIED", "NORMAL", "FIFO", "DELAY", "TRANSACTION", "MIXED", "LITE", "PRIORITY")

_NAME = re.compile(r"[%|a-zA-Z0-9_-]{1,127}")


def mistakes(topics: Sequence[Mapping[str, Any]], default_groups: Sequence[str]) -> list[str]:
    """Sentences about items that no cluster could make true. ``default_groups``: those of the module."""
    found = [sentence for item in topics for sentence in _mistakes(item)]
    return list(dict.fromkeys([*found, *_items.twice("Topic", topics, default_groups)]))


def _mistakes(item: Mapping[str, Any]) -> Iterator[str]:
    name = item["name"]
    if not _NAME.fullmatch(name):
        yield f"Topic '{name}': write a name of up to 127 letters, digits, %, |, _ and -."
    for key in ("queues", "read_queues", "write_queues"):
        if item[key] is not None and not 0 < item[key] <= MAX_QUEUES:
            yield f"Topic {name}: {key} is {item[key]}: write 1 to {MAX_QUEUES}."
    if item["permission"] is not None and item["permission"] not in PERMISSIONS:
        yield f"Topic {name}: permission is {item['permission']}: write 2 (write), 4 (read) or 6 (both)."
    if item["message_type"] and MESSAGE_TYPE in (item["attributes"] or {}):
        yield f"Topic {name}: message_type and the attribute {MESSAGE_TYPE} are the same: write one of them."


def said(item: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that an item sets."""
    attributes = {key: None if value is None else str(value) for key, value in (item["attributes"] or {}).items()}
    if item["message_type"]:
        attributes[MESSAGE_TYPE] = item["message_type"]
    found = {
        "read_queues": item["queues"] if item["read_queues"] is None else item["read_queues"],
        "write_queues": item["queues"] if item["write_queues"] is None else item["write_queues"],
        "permission": item["permission"],
        "order": item["order"],
        "attributes": attributes or None,
    }
    return {key: value for key, value in found.items() if value is not None}


class Desired:
    """Items of M(topics), without ``mistakes``, against a cluster."""

    def __init__(
        self,
        find: Callable[[], Cluster],
        groups: Sequence[str],
        topics: Sequence[Mapping[str, Any]],
        purge: _items.Purge,
    ) -> None:
        self._find = find
        self._groups = groups
        self._topics = [(item, None if item["state"] == "absent" else said(item)) for item in topics]
        self._purge = purge
        self._names: dict[str, None] = dict.fromkeys(item["name"] for item in topics)

    def read(self) -> State:
        """Raises RocketMQError."""
        cluster = self._find()
        named = [group for item, _fields in self._topics for group in item["groups"] or ()]
        chosen = cluster.chosen([*cluster.chosen(self._groups), *named])
        # Name servers forget a topic in all groups; those that keep it have to tell of it again.
        deletes = self._purge.on or any(fields is None for _item, fields in self._topics)
        lists = _order.lists(cluster)
        tables = _order.agreed(_topics.tables(cluster, cluster.groups if deletes else chosen), lists)
        state = State(cluster, tables, {}, lists)
        # Those to purge are remembered: once deleted, only their routes can show what is left of them.
        self._names.update(dict.fromkeys(want.name for want in self._wanted(state)))
        return state._replace(routes=_topics.all_routes(cluster, list(self._names)))

    def plan(self, state: State) -> list[Change]:
        """Everything that is not as wanted. Raises PlanError for what cannot or must not be done."""
        wanted = self._wanted(state)
        changes = [change for want in wanted for change in _change(state, want)]
        problems = [sentence for want in wanted for sentence in _refusals(state, want)]
        deleted = sorted({change.name for change in changes if change.after is None})
        problems += self._purge.too_many("topics", deleted)
        if problems:
            raise PlanError(problems)
        written = {(change.name, change.place) for change in changes}
        return [*changes, *_order_changes(state, wanted), *_route_changes(state, _told(state, wanted) - written)]

    def _wanted(self, state: State) -> list[Wanted]:
        default = state.cluster.chosen(self._groups)

        def there(group: str) -> set[str]:
            names = {*state.tables[group].topics, *self._names}
            return {name for name in names if not _topics.is_system(state.cluster, state.tables, name)}

        items = [
            Wanted(item["name"], group, fields) for item, fields in self._topics for group in item["groups"] or default
        ]
        return self._purge.wanted(items, default, there)

    def apply(self, state: State, changes: Sequence[Change]) -> Errors:
        """Lists what is ordered, writes to the leaders, makes the name servers forget what is gone, and has the leaders
        register what they were not told."""
        topics, orders, routes = ([c for c in changes if c.kind == kind] for kind in ("topic", "order", "route"))
        errors = _order.write(state.cluster, orders)
        # A topic waits for its entries: once it is as wanted, nobody could tell any more what they should be.
        held = {name: error for (_kind, name, _server), error in errors.items()}
        errors.update({change.key: held[change.name] for change in topics if change.name in held})
        topics = [change for change in topics if change.name not in held]
        errors.update(_write(state, topics))
        gone = {(change.name, change.place) for change in topics if change.after is None and change.key not in errors}
        names = {name for name, _group in gone}
        errors.update(_forget(state, names, [change for change in routes if None in (change.after or {}).values()]))
        forgotten = names.union(change.name for change in routes)
        told = {(change.name, change.place) for change in topics if change.name not in forgotten}
        _register(state, forgotten.union(change.name for change in orders), gone | told)
        return errors


def _after(current: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """All fields of a topic once it is as wanted."""
    base = DEFAULTS if current is None else current
    attributes = {**base["attributes"], **wanted.get("attributes", {})}
    kept = {key: value for key, value in attributes.items() if value is not None}
    if current is not None and MESSAGE_TYPE not in base["attributes"] and kept.get(MESSAGE_TYPE) == "NORMAL":
        del kept[MESSAGE_TYPE]  # a topic without a type is one of that type
    return {**base, **wanted, "attributes": kept}


def _current(state: State, want: Wanted) -> dict[str, Any] | None:
    topic = state.tables[want.group].topics.get(want.name)
    return None if topic is None else topic.fields


def _refusals(state: State, want: Wanted) -> Iterator[str]:
    where = f"Topic {want.name} in {want.group}"
    if _topics.is_system(state.cluster, state.tables, want.name):
        yield f"{where}: it belongs to RocketMQ itself or to this collection: take it out of the list."
    elif want.fields is not None:
        version = state.tables[want.group].version
        if want.fields.get("attributes") and not at_least(version, _topics.ATTRIBUTES_SINCE):
            needs = f"message_type and attributes need RocketMQ {_topics.ATTRIBUTES_SINCE}"
            yield f"{where}: {needs}, its leader runs {version or 'an unknown one'}."
        current = _current(state, want)
        after = _after(current, want.fields)
        queues = after["read_queues"]
        if current is not None and queues < current["read_queues"]:
            yield (
                f"{where}: it has {current['read_queues']} read queues and would get {queues}: messages in the others "
                "could not be read any more. Lower write_queues alone, or make a new topic."
            )


def _change(state: State, want: Wanted) -> list[Change]:
    current = _current(state, want)
    after = None if want.fields is None else _after(current, want.fields)
    return [] if current == after else [Change("topic", want.name, want.group, current, after)]


def _order_changes(state: State, wanted: Iterable[Wanted]) -> list[Change]:
    """Entries that name servers should have otherwise; what they list for groups that no item is about stays."""
    by_name: dict[str, list[Wanted]] = {}
    for want in wanted:
        by_name.setdefault(want.name, []).append(want)
    return [
        Change("order", name, server, listed.get(name), after or None)
        for name, wants in by_name.items()
        for server, listed in state.orders.items()
        for after in [_entry(state, wants, listed.get(name, {}))]
        if after != listed.get(name, {})
    ]


def _entry(state: State, wants: Iterable[Wanted], listed: _order.Entry) -> _order.Entry:
    """What a name server should list for a topic: nothing when no broker group that anybody knows is left in it."""
    asked = {want.group: _queues(state, want, listed.get(want.group)) for want in wants}
    found = {group: queues for group, queues in {**listed, **asked}.items() if queues is not None}
    return {} if found != listed and state.cluster.known.isdisjoint(found) else found


def _queues(state: State, want: Wanted, listed: str | None) -> str | None:
    """What the entry of a topic should have for a broker group, instead of ``listed``."""
    if want.fields is None:
        return None
    current = _current(state, want)
    queues = str(_after(current, want.fields)["write_queues"])
    order = want.fields.get("order", DEFAULTS["order"] if current is None else None)
    if order is False:
        return None
    if order and not at_least(state.tables[want.group].version, _order.FLAG_SINCE):
        return queues
    # Nobody asked for it: only an entry for all queues follows their number.
    return queues if current is not None and listed == str(current["write_queues"]) else listed


def _told(state: State, wanted: Iterable[Wanted]) -> set[tuple[str, str]]:
    """Topics and groups that name servers should be right about: those wanted, and where else a deleted topic is."""
    found = {(want.name, want.group) for want in wanted}
    deleted = {want.name for want in wanted if want.fields is None}
    return found | {(name, group) for name in deleted for group, own in state.tables.items() if name in own.topics}


def _route_changes(state: State, told_of: Iterable[tuple[str, str]]) -> list[Change]:
    """Where a name server tells clients something else than the leaders say."""
    found: dict[tuple[str, str], tuple[dict[str, Any], dict[str, Any]]] = {}
    for name, group in sorted(told_of):
        should = state.route_of(name, group)
        for server, known in state.routes.items():
            told = known[name].get(group)
            if told != should:
                before, after = found.setdefault((name, server), ({}, {}))
                before[group], after[group] = _topics.route_fields(told), _topics.route_fields(should)
    return [Change("route", name, server, before, after) for (name, server), (before, after) in found.items()]


def _write(state: State, changes: Sequence[Change]) -> Errors:
    def write(broker: Broker, group: str, kept: list[Change]) -> _items.Answers:
        topics = state.tables[group].topics
        return _topics.write(broker, [(c.name, c.after or {}, topics.get(c.name)) for c in kept])

    return _items.tell_leaders(state.cluster, changes, write, _topics.delete)


def _forget(state: State, gone: set[str], stale: Sequence[Change]) -> Errors:
    """Deleted topics at all name servers, and those that one of them knows wrongly there."""
    names = {
        server: sorted(gone | {change.name for change in stale if change.place == server})
        for server in state.cluster.namesrv
    }

    def told(address: str) -> Errors:
        with NameServer(address, state.cluster.timeout) as server:
            answers = _topics.forget(server, state.cluster.name, names[address])
        found = zip(names[address], answers)
        return {("route", name, address): answer for name, answer in found if isinstance(answer, RocketMQError)}

    return merged(_overview.parallel(told, [address for address in names if names[address]]))


def _register(state: State, names: set[str], but: set[tuple[str, str]]) -> None:
    """Before 5.0, leaders tell the name servers of a topic that is written, also where nothing of it changes, and take
    the flags of all their topics from the lists.

    Younger ones do it with their regular registration, every 30 seconds. What goes wrong here shows in the next look at
    the routes. ``but``: topics and groups that need none.
    """

    def told(group: str) -> None:
        entries = state.tables[group].topics
        own = [name for name in sorted(names) if name in entries and (name, group) not in but]
        with Broker(state.cluster.leaders([group])[group], state.cluster.timeout) as broker:
            _topics.write(broker, [(name, entries[name].fields, entries[name]) for name in own])

    if names:
        _overview.parallel(told, state.tables)
