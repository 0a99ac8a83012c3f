# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lists of items, each about one object in some broker groups, and what happens to objects that no item names."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

_SHOWN = 10


class Purge(NamedTuple):
    """Whether objects that no item names are deleted, which patterns of names are not, and how many at most."""

    on: bool
    exclude: Sequence[str]
    max_deletes: int

    def spares(self, name: str) -> bool:
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
    return ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")


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
