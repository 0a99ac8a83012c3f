# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which processes are stopped, current or changed, and waiting for them."""

from __future__ import annotations

import os
import pathlib
import socket
import time
from collections.abc import Iterator

import pytest
from ansible_collections.rocketmq.cluster.plugins.module_utils import _disk, _ports, _systemd
from ansible_collections.rocketmq.cluster.plugins.modules import host_info, service_state
from module_runner import Runner

UNIT = "rocketmq-broker@n0.service"


def shown(**changes: str) -> dict[str, str]:
    """What systemd shows of a unit that was started a minute ago."""
    started = int((time.clock_gettime(time.CLOCK_MONOTONIC) - 60) * 1e6)
    return {
        "Id": UNIT,
        "ActiveState": "active",
        "MainPID": str(os.getpid()),
        "NRestarts": "0",
        "ExecMainStartTimestampMonotonic": str(max(started, 1)),
        **changes,
    }


def file(path: pathlib.Path, content: str, age_seconds: float) -> dict[str, str]:
    path.write_text(content, encoding="utf-8")
    then = time.time() - age_seconds
    os.utime(path, (then, then))
    return {"path": str(path), "content": content}


@pytest.fixture
def old_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has been up for days, whatever this one is."""
    real = time.clock_gettime
    monkeypatch.setattr(time, "clock_gettime", lambda clock: real(clock) + 1e6)


@pytest.mark.usefixtures("old_clock")
@pytest.mark.parametrize(
    ("age", "planned", "systemd", "state", "reasons"),
    [
        (3600, "a=1\n", {}, "current", []),
        (3600, "a=2\n", {}, "changed", ["path"]),
        (5, "a=1\n", {}, "changed", ["interrupted run"]),
        (3600, "a=2\n", {"NRestarts": "3"}, "changed", ["path"]),
        (3600, "a=2\n", {"ActiveState": "inactive", "MainPID": "0"}, "stopped", []),
        (3600, "a=1\n", {"ActiveState": "activating", "MainPID": "0"}, "stopped", []),
        (3600, "a=1\n", {"ActiveState": "failed", "MainPID": "0"}, "stopped", []),
    ],
)
def test_examine(
    tmp_path: pathlib.Path, age: float, planned: str, systemd: dict[str, str], state: str, reasons: list[str]
) -> None:
    own = {**file(tmp_path / "broker.conf", "a=1\n", age), "content": planned}
    found = service_state.examine({"files": [own]}, shown(**systemd))
    assert found["state"] == state
    assert found["reasons"] == [own["path"] if reason == "path" else reason for reason in reasons]


@pytest.mark.usefixtures("old_clock")
def test_a_wanted_restart_is_of_what_was_started_before(tmp_path: pathlib.Path) -> None:
    service = {"files": [file(tmp_path / "broker.conf", "a=1\n", 3600)]}
    started = _systemd.started_at(shown())
    later = service_state.examine(service, shown(), started + 1)
    assert (later["state"], later["reasons"]) == ("changed", ["restart wanted"])
    assert service_state.examine(service, shown(), started - 1)["state"] == "current"
    stopped = shown(ActiveState="inactive", MainPID="0")
    assert service_state.examine(service, stopped, started + 1)["state"] == "stopped"


@pytest.mark.usefixtures("old_clock")
def test_a_process_that_dies_again_and_again_counts_as_stopped(tmp_path: pathlib.Path) -> None:
    own = {**file(tmp_path / "broker.conf", "a=1\n", 3600), "content": "a=2\n"}
    seconds_ago = str(int((time.clock_gettime(time.CLOCK_MONOTONIC) - 5) * 1e6))
    systemd = shown(NRestarts="3", ExecMainStartTimestampMonotonic=seconds_ago)
    assert service_state.examine({"files": [own]}, systemd)["state"] == "stopped"


def test_a_missing_file_differs(tmp_path: pathlib.Path) -> None:
    missing = {"path": str(tmp_path / "none.conf"), "content": ""}
    assert service_state.differing([missing]) == [missing["path"]]


@pytest.fixture
def listener() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def service(port: int) -> dict[str, object]:
    return {"unit": UNIT, "address": "127.0.0.1", "port": port, "store": "", "files": []}


def test_wait_ends_as_soon_as_the_port_listens(listener: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_systemd, "show", lambda units: {UNIT: shown()})
    begin = time.monotonic()
    assert service_state.wait([service(listener)], 30) == {}
    assert time.monotonic() - begin < 5


def test_wait_gives_up_at_its_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_systemd, "show", lambda units: {UNIT: shown()})
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    faults = service_state.wait([service(port)], 0.3)
    assert f"does not listen on port {port}" in faults[UNIT]


def test_wait_fails_at_once_when_the_process_stopped_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        _systemd,
        "show",
        lambda units: {UNIT: shown(ActiveState="activating", SubState="auto-restart", Result="exit-code")},
    )
    begin = time.monotonic()
    faults = service_state.wait([service(1)], 30)
    assert "stopped by itself (exit-code" in faults[UNIT]
    assert time.monotonic() - begin < 5


def test_wait_is_not_deceived_by_another_program_on_the_port(listener: int, monkeypatch: pytest.MonkeyPatch) -> None:
    state = [shown(), shown(), shown(NRestarts="1", Result="exit-code", MainPID="0")]
    monkeypatch.setattr(_systemd, "show", lambda units: {UNIT: state.pop(0) if len(state) > 1 else state[0]})
    stranger = {"port": listener, "pid": 4711, "program": "python3"}
    monkeypatch.setattr(_ports, "listeners", lambda ports: [stranger])
    faults = service_state.wait([service(listener)], 30)
    assert "stopped by itself (exit-code" in faults[UNIT]
    assert faults[UNIT].endswith(f"; python3 (pid 4711) has its port {listener}")


@pytest.fixture
def systemctl(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A stand-in that knows one unit, which runs; the file has what it was told."""
    told = tmp_path / "told"
    program = tmp_path / "systemctl"
    properties = "\n".join(f"{key}={value}" for key, value in shown().items())
    program.write_text(
        f'#!/bin/sh\ncase $1 in show) printf "%s\\n" "{properties}";; *) echo "$@" >> {told};; esac\n'
        '[ "$1 $2" != "restart bad.service" ] || { echo "Job failed." >&2; exit 1; }\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    return told


def test_what_is_started_runs_with_the_unit_files_of_now(run: Runner, systemctl: pathlib.Path, listener: int) -> None:
    result = run(service_state, services=[service(listener)], start=True, wait=30)
    assert (result["failed"], result["changed"]) == (False, True), result
    assert systemctl.read_text().splitlines() == ["daemon-reload", f"enable --quiet {UNIT}", f"restart {UNIT}"]
    again = run(service_state, services=[service(listener)], wait=30)
    assert (again["changed"], len(systemctl.read_text().splitlines())) == (False, 3)


@pytest.mark.parametrize(("user", "exists"), [("root", True), ("nobody-of-this-name", False)])
def test_a_missing_user_is_told(run: Runner, systemctl: pathlib.Path, user: str, exists: bool) -> None:
    assert run(service_state, services=[service(1)], user=user)["user_exists"] is exists


def test_check_mode_starts_nothing(run: Runner, systemctl: pathlib.Path) -> None:
    result = run(service_state, True, services=[service(1)], start=True, wait=30)
    assert (result["failed"], result["changed"]) == (False, True), result
    assert not systemctl.exists()


def test_what_cannot_be_started_is_told(run: Runner, systemctl: pathlib.Path) -> None:
    result = run(service_state, services=[{**service(1), "unit": "bad.service"}], start=True, wait=30)
    assert result["msg"] == "systemd of this host: systemctl restart bad.service failed: Job failed."


def test_wait_names_the_full_disk_under_a_broker_that_listens(
    listener: int, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_systemd, "show", lambda units: {UNIT: shown()})
    monkeypatch.setattr(_disk, "usage", lambda folder: {"used_percent": 100, "free_mb": 0})
    faults = service_state.wait([{**service(listener), "store": str(tmp_path)}], 30)
    assert faults == {UNIT: f"takes no message: the disk of {tmp_path} is 100 % full (0 MB free)"}


def test_wait_forgives_what_was_before_the_start(listener: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_systemd, "show", lambda units: {UNIT: shown(NRestarts="4")})
    assert service_state.wait([service(listener)], 30) == {}


UNIT_FILE = """# Ansible managed
[Unit]
Description=x
[Service]
ExecStart=/usr/bin/env ${JAVA_HOME}/bin/java $JAVA_OPTIONS -cp a:b/* Main
[X-RocketMQ]
Kind=broker
Instance=n0
Version=4.7.1
Config=%s
Store=%s
"""


def test_deployed_reads_units_configuration_and_store(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = tmp_path / "store"
    store.mkdir()
    (store / _disk.MARKER).write_text("")
    assert not host_info.has_data(str(store))
    (store / "lock").write_text("")
    (tmp_path / "broker-n0.conf").write_text("# c\nlistenPort=10911\ndLegerPeers=n0-1.2.3.4:20911;n1-1.2.3.5:20911\n")
    (tmp_path / UNIT).write_text(UNIT_FILE % (tmp_path / "broker-n0.conf", store))
    (tmp_path / "rocketmq-mine.service").write_text("[Service]\nExecStart=/bin/true\n")
    monkeypatch.setattr(_systemd, "show", lambda units: {UNIT: shown(NRestarts="2")})
    (found,) = host_info.deployed(tmp_path)
    assert found["unit"] == UNIT
    assert (found["kind"], found["name"], found["version"]) == ("broker", "n0", "4.7.1")
    assert (found["running"], found["has_data"], found["has_store"], found["restarts"]) == (True, True, True, 2)
    assert found["properties"] == {"listenPort": "10911", "dLegerPeers": "n0-1.2.3.4:20911;n1-1.2.3.5:20911"}


def test_a_host_without_rocketmq_carries_nothing(tmp_path: pathlib.Path) -> None:
    assert host_info.deployed(tmp_path) == []
