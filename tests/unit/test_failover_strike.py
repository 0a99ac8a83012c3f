# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""failover_strike: it kills a real process; taking a host away is followed up to the commands that would do it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rocketmq.cluster.plugins.module_utils import _systemd
from ansible_collections.rocketmq.cluster.plugins.modules import failover_strike
from module_runner import Runner

UNIT = "rocketmq-broker@n0.service"
ROOT = "CapInh:\t0000000000000000\nCapEff:\t000001ffffffffff\n"
CONTAINER = "CapInh:\t0000000000000000\nCapEff:\t00000000a82c35fb\n"


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"]) as found:
        monkeypatch.setattr(_systemd, "show", lambda units: {units[0]: {"MainPID": str(found.pid)}})
        yield found
        found.kill()


def test_a_process_is_killed_at_once(process: subprocess.Popen[bytes], run: Runner) -> None:
    before = time.time()
    result = run(failover_strike, unit=UNIT)
    assert result["changed"]
    assert before <= result["struck"] <= time.time()
    assert process.wait(5) == -signal.SIGKILL


def test_check_mode_kills_nothing(process: subprocess.Popen[bytes], run: Runner) -> None:
    assert run(failover_strike, check_mode=True, unit=UNIT)["changed"]
    assert process.poll() is None


def test_a_unit_that_does_not_run(monkeypatch: pytest.MonkeyPatch, run: Runner) -> None:
    monkeypatch.setattr(_systemd, "show", lambda units: {units[0]: {"MainPID": "0"}})
    result = run(failover_strike, unit=UNIT)
    assert result["msg"] == f"Nothing was killed: {UNIT} does not run."


def test_who_may_reboot() -> None:
    assert failover_strike.may_reboot(ROOT)
    assert not failover_strike.may_reboot(CONTAINER)
    assert not failover_strike.may_reboot("")


@pytest.mark.parametrize("kill", ["host", "network"])
def test_a_host_is_taken_away_by_a_unit_of_its_own(kill: str, monkeypatch: pytest.MonkeyPatch, run: Runner) -> None:
    commands: list[list[str]] = []

    def fake(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", fake)
    monkeypatch.setattr(failover_strike, "may_reboot", lambda status: True)
    before = time.time()
    result = run(failover_strike, unit=UNIT, kill=kill, seconds=30)
    assert result["struck"] >= before + 2
    (command,) = [command for command in commands if command[0] == "systemd-run"]
    assert command[-3:] == [str(result["struck"]), kill, "30"]


@pytest.mark.parametrize(("kill", "acts"), [("host", ["systemctl reboot --force --force"]), ("network", [])])
def test_what_that_unit_does(kill: str, acts: list[str], tmp_path: Path) -> None:
    """The rules go when the time is over, and also when the reboot is refused."""
    log = tmp_path / "log"
    for name in ("ip", "systemctl"):
        program = tmp_path / name
        program.write_text(f'#!/bin/sh\necho "{name} $*" >> {log}\n')
        program.chmod(0o755)
    moment = time.time() + 0.2
    command = [sys.executable, "-c", failover_strike._ACT, str(moment), kill, "0.3"]
    subprocess.run(command, check=True, env={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    assert time.time() - moment >= (0.3 if kill == "network" else 0)

    def rules(action: str) -> list[str]:
        return [f"ip {family} rule {action} pref 1 blackhole" for family in ("-4", "-6")]

    assert log.read_text().splitlines() == [*rules("add"), *acts, *rules("del")]


def test_a_container_that_may_not_reboot(monkeypatch: pytest.MonkeyPatch, run: Runner) -> None:
    monkeypatch.setattr(failover_strike, "may_reboot", lambda status: False)
    monkeypatch.setattr(failover_strike.AnsibleModule, "get_bin_path", lambda self, name: f"/sbin/{name}")
    result = run(failover_strike, unit=UNIT, kill="host")
    assert "may not reboot itself" in result["msg"]
    assert "set rocketmq_drill_kill to network or process" in result["msg"]


def test_no_command_ip(monkeypatch: pytest.MonkeyPatch, run: Runner) -> None:
    monkeypatch.setattr(failover_strike.AnsibleModule, "get_bin_path", lambda self, name: None)
    assert "install iproute2" in run(failover_strike, unit=UNIT, kill="network")["msg"]


def test_wrong_seconds(monkeypatch: pytest.MonkeyPatch, run: Runner) -> None:
    monkeypatch.setattr(failover_strike.AnsibleModule, "get_bin_path", lambda self, name: f"/sbin/{name}")
    assert run(failover_strike, unit=UNIT, kill="network", seconds=0)["msg"] == "seconds is 0: write 1 or more."
