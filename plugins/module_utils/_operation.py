# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The note of an operation that is under way, on one host of the cluster."""

from __future__ import annotations

import json
import pathlib
import time
from typing import NamedTuple


class Held(NamedTuple):
    """What the file says; times in seconds since the epoch."""

    operation: str
    holder: str
    since: float
    until: float


def read(path: pathlib.Path) -> Held | None:
    """None where nobody holds it; a file that an interrupted write or an editor spoiled holds nobody up."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Held(str(found["operation"]), str(found["holder"]), float(found["since"]), float(found["until"]))
    except (OSError, KeyError, TypeError, ValueError):
        return None


def refusal(held: Held, now: float) -> str:
    def clock(moment: float) -> str:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))

    return (
        f"{held.holder} has been at it since {clock(held.since)} ({held.operation}): wait until that is done (at most "
        f"{(held.until - now) / 60:.0f} minutes, until {clock(held.until)} on this host), or, if you know that nobody "
        "works on the cluster, set rocketmq_force_lock: true."
    )
