# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lists of items, each about one object in some broker groups, and what happens to objects that no item names."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.rocketmq.cluster.plugins.module_utils import _overview
from ansible_collections.rocketmq.cluster.plugins.module_utils._changes import Change, Errors, merged
from ansible_collections.rocketmq.cluster.plugins.module_utils._client import Broker
from ansible_collections.rocketmq.cluster.plugins.module_utils._cluster import Cluster
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import RocketMQError

#: Names or sentences of one kind that a message has.
SHOWN = 10

#: What became of the requests of one kind.
Answers = Sequence[object]


class Wanted(NamedTuple):
    """One object in one broker group as it should be; ``fields`` has what was said, and is None for: not there."""

    name: str
    group: str
    fields: dict[str, Any] | None


class Purge(NamedTuple):
    """Whether objects that no item names are deleted, which patterns of names are not, and how many at most."""

    on: bool
    exclude: Sequence[str]
    max_deletes: int

    def wanted(
        self, items: Sequence[Wanted], groups: Iterable[str], there: Callable[[str], Iterable[str]]
    ) -> list[Wanted]:
        """The items, and what goes because no item is about it.

        ``groups``: the broker groups that may lose something; ``there``: the names in one, without what stays anyway.
        """
        if not self.on:
            return [*items]
        named = {(want.name, want.group) for want in items}
        return [
            *items,
            *(
                Wanted(name, group, None)
                for group in groups
                for name in sorted(there(group))
                if (name, group) not in named and not self._spares(name)
            ),
        ]

    def _spares(self, name: str) -> bool:
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in self.exclude)

    def too_many(self, noun: str, names: Sequence[str]) -> list[str]:
        """A sentence where more objects than allowed would be deleted, for whatever reason."""
        if len(names) <= self.max_deletes:
            return []
        return [
            f"{len(names)} {noun} would be deleted, and max_deletes is {self.max_deletes}: {some(names)}. "
            "Keep them with purge_exclude, or raise max_deletes."
        ]


def some(names: Sequence[str]) -> str:
    """The first of the names."""
    return ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")


def twice(noun: str, items: Sequence[Mapping[str, Any]], default_groups: Sequence[str]) -> Iterator[str]:
    """A sentence for each object that two items are about. ``default_groups``: the broker groups of the module."""
    seen: set[tuple[str, str]] = set()
    names: set[str] = set()
    for item in items:
        # An item without broker groups stands for all that the module works on.
        for group in dict.fromkeys(item["groups"] or default_groups or [""]):
            name = item["name"]
            if (name, group) in seen or ((name, "") in seen if group else name in names):
                yield f"{noun} {name}: two items are about it{f' in {group}' if group else ''}: write one."
            seen.add((name, group))
            names.add(name)


def told(
    groups: Iterable[str], names: Iterable[str], shown: Callable[[str, str], dict[str, Any] | None]
) -> list[dict[str, Any]]:
    """Objects as items: broker groups in which one is the same share an item.

    ``shown``: the fields of an object in a broker group, None where it is not.
    """
    found = []
    for name in sorted(set(names)):
        alike: list[tuple[dict[str, Any], list[str]]] = []
        for group in sorted(groups):
            own = shown(group, name)
            if own is None:
                continue
            same = next((others for fields, others in alike if fields == own), None)
            if same is None:
                alike.append((own, [group]))
            else:
                same.append(group)
        found += [{"name": name, "groups": same, **own} for own, same in alike]
    return found


def tell_leaders(
    cluster: Cluster,
    changes: Sequence[Change],
    write: Callable[[Broker, str, list[Change]], Answers],
    delete: Callable[[Broker, list[str]], Answers],
) -> Errors:
    """Has the leader of each change's place do it. ``write`` and ``delete`` return an answer or error for each."""

    def at(group: str) -> Errors:
        own = [change for change in changes if change.place == group]
        kept = [change for change in own if change.after is not None]
        gone = [change for change in own if change.after is None]
        with Broker(cluster.leaders([group])[group], cluster.timeout) as broker:
            answers = [*write(broker, group, kept), *delete(broker, [change.name for change in gone])]
        found = zip(kept + gone, answers)
        return {change.key: answer for change, answer in found if isinstance(answer, RocketMQError)}

    return merged(_overview.parallel(at, (change.place for change in changes)))
