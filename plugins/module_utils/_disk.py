# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Disks of stores: how full they are, what tells a store from an empty mount point, and a drained one from others."""

from __future__ import annotations

import json
import os
import pathlib
from typing import Any

#: From here on a member takes nothing more, neither from clients nor from its leader (DLedger's diskFullRatio).
FULL_PERCENT = 90

#: Put into a store when it is made. Where it is missing, the disk of the store is not mounted.
MARKER = ".rocketmq-store"

#: Put into a store when its broker was stopped with nothing left to consume.
DRAINED = ".rocketmq-drained"


def usage(folder: str) -> dict[str, int]:
    """``free_mb`` and ``used_percent`` of the disk that has, or will have, the folder; as ``df`` counts."""
    path = pathlib.Path(folder)
    while not path.exists():
        path = path.parent
    state = os.statvfs(path)
    written = state.f_blocks - state.f_bfree
    usable = written + state.f_bavail
    return {
        "free_mb": state.f_bavail * state.f_frsize // 1024**2,
        "used_percent": -(-100 * written // usable) if usable else 0,
    }


def drained(store: str) -> dict[str, Any] | None:
    """What was written down when the store was drained; None when it was not, or its broker has run since.

    A broker that starts makes files in its store, which is younger than the mark then.
    """
    mark = pathlib.Path(store, DRAINED)
    try:
        if not store or mark.stat().st_mtime_ns < mark.parent.stat().st_mtime_ns:
            return None
        return dict(json.loads(mark.read_text(encoding="utf-8")))
    except (OSError, TypeError, ValueError):
        return None


def mark_drained(store: str, found: dict[str, Any]) -> None:
    """Raises OSError."""
    mark = pathlib.Path(store, DRAINED)
    mark.write_text(json.dumps(found) + "\n", encoding="utf-8")
    # Making it has changed the folder.
    os.utime(mark)
