# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Consumer groups as somebody wants them: what is wrong with the wish, how the cluster differs, how to get there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.rocketmq.cluster.plugins.module_utils import _consumers, _items
from ansible_collections.rocketmq.cluster.plugins.module_utils._changes import Change, Errors
from ansible_collections.rocketmq.cluster.plugins.module_utils._client import Broker, at_least
from ansible_collections.rocketmq.cluster.plugins.module_utils._cluster import Cluster
from ansible_collections.rocketmq.cluster.plugins.module_utils._configuration import Settings
from ansible_collections.rocketmq.cluster.plugins.module_utils._consumers import YOUNG_SINCE, Connected, Table
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import PlanError
from ansible_collections.rocketmq.cluster.plugins.module_utils._items import Wanted

#: Option -> its smallest value. Brokers take any number.
LIMITS = {
    "retry_queues": 0,
    "retry_max_times": -1,
    "broker_id": 0,
    "which_broker_when_slow": 0,
    "consume_timeout_minutes": 1,
}
#: From this release on brokers forget offsets when asked; older ones keep them silently.
REMOVE_OFFSETS_SINCE = "4.9.0"

_NAME = re.compile(r"[%|a-zA-Z0-9_-]{1,255}")
_YOUNG_LENGTH = 120
#: Never purged, besides RocketMQ's own: names of that kind are also made by its proxies and by cloud consoles.
_SPARED = "CID_"


class Deletion(NamedTuple):
    """``force``: also groups with connected consumers."""

    purge: _items.Purge
    force: bool
    remove_offsets: bool


class State(NamedTuple):
    """``connected``: of the groups that would be deleted, the client ids of their consumers."""

    cluster: Cluster
    tables: dict[str, Table]
    connected: dict[str, list[str]]


def mistakes(items: Sequence[Mapping[str, Any]], default_groups: Sequence[str]) -> list[str]:
    """Sentences about items that no cluster could make true. ``default_groups``: broker groups of the module."""
    found = [sentence for item in items for sentence in _mistakes(item)]
    return list(dict.fromkeys([*found, *_items.twice("Consumer group", items, default_groups)]))


def _mistakes(item: Mapping[str, Any]) -> Iterator[str]:
    name = item["name"]
    if not _NAME.fullmatch(name):
        yield f"Consumer group '{name}': write a name of up to 255 letters, digits, %, |, _ and -."
    for option, least in LIMITS.items():
        if item[option] is not None and item[option] < least:
            yield f"Consumer group {name}: {option} is {item[option]}: write {least} or more."
    policy = {key: value for key, value in (item["retry_policy"] or {}).items() if value is not None}
    kind = policy.pop("type", "")
    for option, value in policy.items():
        if option not in _consumers.POLICIES[kind][1]:
            yield f"Consumer group {name}: retry_policy.{option} is not for the type {kind}: take it away."
        elif not value or min(value if isinstance(value, list) else [value]) < 1:
            yield f"Consumer group {name}: retry_policy.{option} is {value}: write 1 or more."


def said(item: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that an item sets."""
    names = (*_consumers.FIELDS, *_consumers.YOUNG_FIELDS)
    found = {option: item[option] for option in names if item[option] is not None}
    if "retry_policy" in found:
        found["retry_policy"] = {key: value for key, value in found["retry_policy"].items() if value is not None}
    if "attributes" in found:
        found["attributes"] = {
            str(key): None if value is None else str(value) for key, value in found["attributes"].items()
        }
    return found


class Desired:
    """Items of M(consumer_groups), without ``mistakes``, against a cluster."""

    def __init__(
        self,
        find: Callable[[], Cluster],
        groups: Sequence[str],
        items: Sequence[Mapping[str, Any]],
        deletion: Deletion,
    ) -> None:
        self._find = find
        self._groups = groups
        self._items = [(item, None if item["state"] == "absent" else said(item)) for item in items]
        self._deletion = deletion

    def read(self) -> State:
        """Raises RocketMQError."""
        cluster = self._find()
        named = [place for item, _fields in self._items for place in item["groups"] or ()]
        tables = _consumers.tables(cluster, cluster.chosen([*cluster.chosen(self._groups), *named]))
        state = State(cluster, tables, {})
        going = [want.name for want in self._wanted(state) if want.fields is None]
        there = sorted({name for name in going for table in tables.values() if name in table.groups})
        return state._replace(connected=_connected(state, there)) if there else state

    def plan(self, state: State) -> list[Change]:
        """Everything that is not as wanted. Raises PlanError for what cannot or must not be done."""
        wanted = self._wanted(state)
        changes = [change for want in wanted for change in _change(state, want)]
        problems = [sentence for want in wanted for sentence in _refusals(state, want)]
        deleted = [change for change in changes if change.after is None]
        problems += self._not_deleted(state, deleted)
        problems += self._deletion.purge.too_many("consumer groups", sorted({change.name for change in deleted}))
        if problems:
            raise PlanError(problems)
        return changes

    def apply(self, state: State, changes: Sequence[Change]) -> Errors:
        """Writes to the leaders."""

        def write(broker: Broker, place: str, kept: list[Change]) -> _items.Answers:
            entries = state.tables[place].groups
            return _consumers.write(broker, [(c.name, c.after or {}, entries.get(c.name)) for c in kept])

        def delete(broker: Broker, names: list[str]) -> _items.Answers:
            return _consumers.delete(broker, names, self._deletion.remove_offsets)

        return _items.tell_leaders(state.cluster, changes, write, delete)

    def _wanted(self, state: State) -> list[Wanted]:
        default = state.cluster.chosen(self._groups)

        def there(group: str) -> list[str]:
            names = state.tables[group].groups
            return [name for name in names if not _consumers.is_system(name) and not name.startswith(_SPARED)]

        items = [
            Wanted(item["name"], group, fields) for item, fields in self._items for group in item["groups"] or default
        ]
        return self._deletion.purge.wanted(items, default, there)

    def _not_deleted(self, state: State, changes: Sequence[Change]) -> Iterator[str]:
        for change in changes:
            version = state.tables[change.place].version
            if self._deletion.remove_offsets and not at_least(version, REMOVE_OFFSETS_SINCE):
                yield (
                    f"{_where(change.name, change.place)}: remove_offsets needs RocketMQ "
                    f"{REMOVE_OFFSETS_SINCE}, its leader runs {version or 'an unknown one'}: leave it out there."
                )
            if state.tables[change.place].revives:
                yield (
                    f"{_where(change.name, change.place)}: RocketMQ {version} makes a group that is deleted anew, with "
                    f"defaults, while {_consumers.AUTO_CREATE} is true: set it to false first (broker_config, and "
                    "properties in the inventory)."
                )
        for name in sorted({change.name for change in changes} & set(state.connected)):
            if not self._deletion.force:
                yield (
                    f"Consumer group {name}: it would be deleted, and consumers are connected "
                    f"({_items.some(state.connected[name])}): stop them, keep it, or set force."
                )


def _where(name: str, group: str) -> str:
    return f"Consumer group {name} in {group}"


def _connected(state: State, names: Sequence[str]) -> dict[str, list[str]]:
    """Group -> its clients at any of the leaders; nothing for a group without."""

    def asked(broker: Broker, _settings: Settings) -> dict[str, Connected]:
        return _consumers.connected(broker, names)

    clients: dict[str, set[str]] = {}
    for found in state.cluster.ask_leaders(state.tables, asked).values():
        for name, one in found.items():
            clients.setdefault(name, set()).update(member["client_id"] for member in one.members)
    return {name: sorted(ids) for name, ids in clients.items()}


def _after(current: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of a group once it is as wanted."""
    after = {**current, **wanted}
    if "attributes" in wanted:
        both = {**current.get("attributes", {}), **wanted["attributes"]}
        after["attributes"] = {key: value for key, value in both.items() if value is not None}
    if "retry_policy" in wanted:
        policy = current.get("retry_policy", {})
        same = policy.get("type") == wanted["retry_policy"]["type"]
        after["retry_policy"] = {**(policy if same else {}), **wanted["retry_policy"]}
    return after


def _change(state: State, want: Wanted) -> list[Change]:
    entry = state.tables[want.group].groups.get(want.name)
    current = None if entry is None else _consumers.fields(entry)
    after = None if want.fields is None else _after(current or {}, want.fields)
    return [] if current == after else [Change("consumer group", want.name, want.group, current, after)]


def _refusals(state: State, want: Wanted) -> Iterator[str]:
    if _consumers.is_system(want.name):
        yield f"{_where(want.name, want.group)}: it belongs to RocketMQ itself: take it out of the list."
    version = state.tables[want.group].version
    if len(want.name) > _YOUNG_LENGTH and want.fields is not None and at_least(version, YOUNG_SINCE):
        yield (
            f"{_where(want.name, want.group)}: from RocketMQ {YOUNG_SINCE} on a name has up to {_YOUNG_LENGTH} "
            "characters."
        )
    young = [option for option in want.fields or {} if option in _consumers.YOUNG_FIELDS]
    if young and not at_least(version, YOUNG_SINCE):
        yield (
            f"{_where(want.name, want.group)}: {', '.join(young)}: needs RocketMQ {YOUNG_SINCE}, its leader runs "
            f"{version or 'an unknown one'}."
        )
