"""Runs playbooks on the scenario's hosts as an operator would, and steps in at a chosen moment."""

from __future__ import annotations

import contextlib
import copy
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from recap import recap

ROOT = Path(__file__).resolve().parents[2]
_BANNER = re.compile(r"^(PLAY|TASK) \[(.+)\] \**$")


@dataclass(frozen=True)
class Point:
    """A moment of a run: `seconds` after a task began for the `nth` time in the plays whose names begin so."""

    play: str
    task: str
    seconds: float = 0.0
    nth: int = 1


@dataclass(frozen=True)
class Run:
    """A playbook that has ended; `reached` says whether the chosen moment came."""

    status: int
    output: str
    reached: bool

    @property
    def text(self) -> str:
        """The output without its line breaks, which depend on its width."""
        return " ".join(self.output.split())

    @property
    def changed(self) -> dict[str, int]:
        """Changed tasks by host, from the recap."""
        return {host: counts["changed"] for host, counts in recap(self.output).items()}


def playbook(
    name: str,
    variables: dict[str, Any] | None = None,
    *,
    inventory: Sequence[Path] = (),
    options: Sequence[str] = (),
    at: Point | None = None,
    then: Callable[[subprocess.Popen[str]], None] = lambda process: None,
) -> Run:
    """Runs a playbook to its end; at the chosen moment calls `then` with its process."""
    sources = inventory or [Path(os.environ["MOLECULE_INVENTORY_FILE"]).parent]
    command = ["ansible-playbook", str(ROOT / name), "--extra-vars", json.dumps(variables or {})]
    command += [word for source in sources for word in ("--inventory", str(source))]
    command += options
    environment = {**os.environ, "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_NOCOLOR": "1"}
    lines, times, play, reached = [], 0, "", False
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            banner = _BANNER.match(line)
            if banner is None or at is None or reached:
                continue
            if banner[1] == "PLAY":
                play = banner[2]
            elif play.startswith(at.play) and banner[2].endswith(at.task):
                times += 1
                if times == at.nth:
                    reached = True
                    time.sleep(at.seconds)
                    then(process)
    return Run(process.returncode, "".join(lines), reached)


def converge(variables: dict[str, Any] | None = None, *, inventory: Sequence[Path] = ()) -> Run:
    """Runs site.yml, which has to succeed."""
    run = playbook("site.yml", variables, inventory=inventory)
    assert run.status == 0, run.output[-4000:]
    return run


def kill(process: subprocess.Popen[str]) -> None:
    """SIGKILL for the run and everything that it started on this machine."""
    for pid in [process.pid, *_descendants(process.pid)]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _descendants(pid: int) -> list[int]:
    """Each worker of Ansible leads a session of its own, so there is no group that has all."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(child) for child in task.read_text().split()]
    return [*found, *(grandchild for child in found for grandchild in _descendants(child))]


def broker_groups(group: str, **keys: Any) -> list[dict[str, Any]]:
    """The broker groups of the lab with keys of one of them changed."""
    variables = yaml.safe_load((ROOT / "inventories/lab/group_vars/rocketmq.yml").read_text(encoding="utf-8"))
    result: list[dict[str, Any]] = copy.deepcopy(variables["rocketmq_broker_groups"])
    next(entry for entry in result if entry["name"] == group).update(keys)
    return result


def resized(group: str, size: int) -> dict[str, Any]:
    """Variables that change a setting of one group, which restarts its members."""
    properties = {"sendMessageThreadPoolNums": 2, "maxMessageSize": size}
    return {"rocketmq_broker_groups": broker_groups(group, properties=properties)}
