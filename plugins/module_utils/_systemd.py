# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What systemd says of units, and what our unit files say of themselves."""

from __future__ import annotations

import configparser
import pathlib
import subprocess
import time

UNIT_DIR = pathlib.Path("/etc/systemd/system")
_PROPERTIES = (
    "Id",
    "LoadState",
    "UnitFileState",
    "ActiveState",
    "SubState",
    "MainPID",
    "NRestarts",
    "ExecMainStartTimestampMonotonic",
    "Result",
)


def show(units: list[str]) -> dict[str, dict[str, str]]:
    """``{unit: {property: value}}``; a unit that does not exist is ``inactive``. Raises OSError without systemd."""
    if not units:
        return {}
    command = ["systemctl", "show", "--no-pager", "--property", ",".join(_PROPERTIES), *units]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    except subprocess.TimeoutExpired as error:
        raise OSError(f"{' '.join(command[:2])} did not answer within {error.timeout:g} s") from None
    if done.returncode:
        raise OSError(f"{' '.join(command[:2])} failed: {done.stderr.strip() or done.stdout.strip()}")
    result: dict[str, dict[str, str]] = {}
    for block in done.stdout.split("\n\n"):
        pairs = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        if "Id" in pairs:
            result[pairs["Id"]] = pairs
    return result


def rests(unit: str) -> bool:
    """Whether the unit does not run, and no boot starts it. Raises OSError."""
    shown = show([unit]).get(unit, {})
    return shown.get("ActiveState", "inactive") in ("inactive", "failed") and shown.get("UnitFileState") != "enabled"


def stop_and_disable(unit: str) -> None:
    """Returns once it has stopped. Raises OSError."""
    _tell("disable", "--quiet", "--now", unit)


def start_anew(units: list[str]) -> None:
    """With unit files as they are now, and at each boot. Raises OSError, also for a unit that cannot be started."""
    _tell("daemon-reload")
    _tell("enable", "--quiet", *units)
    _tell("restart", *units)


def _tell(*words: str) -> None:
    done = subprocess.run(["systemctl", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"systemctl {' '.join(words)} failed: {done.stderr.strip() or done.stdout.strip()}")


def started_at(shown: dict[str, str]) -> float:
    """Seconds since the epoch, by today's clock, at which the main process was started; 0 when it was not."""
    micros = int(shown.get("ExecMainStartTimestampMonotonic") or 0)
    return time.time() - time.clock_gettime(time.CLOCK_MONOTONIC) + micros / 1e6 if micros else 0.0


def journal(unit: str, lines: int) -> list[str]:
    """The last lines about the unit, without the frames of stack traces; empty where the journal cannot be read."""
    command = ["journalctl", "--no-pager", "--quiet", "--output=cat", f"--lines={lines * 20}", f"--unit={unit}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [line for line in done.stdout.splitlines() if not line.lstrip().startswith("at ")][-lines:]


def describe(path: pathlib.Path) -> dict[str, str]:
    """The X-RocketMQ section of a unit file, keys in lower case; empty when the file is not one of ours."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(path.read_text(encoding="utf-8", errors="replace"))
    except (OSError, configparser.Error):
        return {}
    return dict(parser["X-RocketMQ"]) if parser.has_section("X-RocketMQ") else {}
