# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which program listens on a TCP port of this host."""

from __future__ import annotations

import pathlib
from collections.abc import Iterable
from typing import Any

_PROC = pathlib.Path("/proc")
_LISTEN = "0A"


def _sockets(proc: pathlib.Path, ports: set[int]) -> dict[str, int]:
    """``{inode: port}`` of the listening TCP sockets on the ports."""
    found = {}
    for table in ("net/tcp", "net/tcp6"):
        path = proc / table
        for line in path.read_text(encoding="ascii").splitlines()[1:] if path.exists() else []:
            fields = line.split()
            port = int(fields[1].rpartition(":")[2], 16)
            if fields[3] == _LISTEN and port in ports:
                found[fields[9]] = port
    return found


def listeners(ports: Iterable[int], proc: pathlib.Path = _PROC) -> list[dict[str, Any]]:
    """``port``, ``pid`` and ``program`` of who listens on the ports; pid 0 where the kernel does not show it."""
    unclaimed = _sockets(proc, set(ports))
    found: dict[tuple[int, int], dict[str, Any]] = {}
    claimed = set()
    for process in proc.glob("[0-9]*") if unclaimed else ():
        for inode in _socket_inodes(process) & unclaimed.keys():
            claimed.add(inode)
            port, pid = unclaimed[inode], int(process.name)
            found[port, pid] = {"port": port, "pid": pid, "program": _program(process)}
    for inode in unclaimed.keys() - claimed:
        port = unclaimed[inode]
        found[port, 0] = {"port": port, "pid": 0, "program": ""}
    return [found[key] for key in sorted(found)]


def _socket_inodes(process: pathlib.Path) -> set[str]:
    inodes = set()
    try:
        for descriptor in (process / "fd").iterdir():
            target = str(descriptor.readlink())
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
    except OSError:
        pass  # It has just ended, or we are root in a container and may not look at another user's process.
    return inodes


def _program(process: pathlib.Path) -> str:
    try:
        return (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
