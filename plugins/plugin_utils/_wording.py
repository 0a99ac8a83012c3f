# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How sentences for the user are made."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any


def listed(hosts: Sequence[str]) -> str:
    return ", ".join(hosts)


def either(names: Sequence[str]) -> str:
    """4.9.7, 5.3.3 or 5.5.0."""
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def joined(owners: Sequence[str]) -> str:
    """Group A and group B."""
    return " and ".join([owners[0], *(owner[0].lower() + owner[1:] for owner in owners[1:])])


def shorten(shown: str, width: int = 60) -> str:
    return shown if len(shown) <= width else shown[: width - 3] + "..."


def closest(name: Any, known: Iterable[str], cutoff: float = 0.5) -> str:
    """The known name that is meant, perhaps; what all our names begin with makes none of them alike."""
    ends = {item.removeprefix("rocketmq_"): item for item in known}
    close = difflib.get_close_matches(str(name).removeprefix("rocketmq_"), list(ends), n=1, cutoff=cutoff)
    return ends[close[0]] if close else ""


def did_you_mean(name: str) -> str:
    return f" (did you mean {name}?)" if name else ""
