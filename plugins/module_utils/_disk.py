# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Disks of stores: how full they are, and how an empty mount point is told from a store."""

from __future__ import annotations

import os
import pathlib

#: From here on a member takes nothing more, neither from clients nor from its leader (DLedger's diskFullRatio).
FULL_PERCENT = 90

#: Put into a store when it is made. Where it is missing, the disk of the store is not mounted.
MARKER = ".rocketmq-store"


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
