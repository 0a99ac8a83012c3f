# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who has a port, how full a disk is, what time a host has; read from this very machine."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import socket
import time

import pytest
from ansible_collections.rocketmq.cluster.plugins.module_utils import _disk, _ports, _systemd
from ansible_collections.rocketmq.cluster.plugins.modules import drain_mark, host_info
from module_runner import Runner


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_a_listener_is_found_with_its_program(run: Runner, family: socket.AddressFamily) -> None:
    with socket.create_server(("", 0), family=family) as server:
        port = server.getsockname()[1]
        result = run(host_info, ports=[port, 1], control_time=time.time())
    (found,) = result["listeners"]
    assert (found["port"], found["pid"]) == (port, os.getpid())
    assert found["program"] == pathlib.Path("/proc/self/comm").read_text().strip()


def test_a_connection_is_no_listener(run: Runner) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert run(host_info, ports=[client.getsockname()[1]], control_time=0)["listeners"] == []


def test_a_port_whose_owner_the_kernel_hides_is_taken_all_the_same(tmp_path: pathlib.Path) -> None:
    (tmp_path / "net").mkdir()
    row = "   0: 0100007F:2694 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0"
    (tmp_path / "net/tcp").write_text(f"  sl  local_address ...\n{row}\n")
    assert _ports.listeners([9876], tmp_path) == [{"port": 9876, "pid": 0, "program": ""}]


def test_the_disk_of_a_folder_that_is_not_there_yet(run: Runner, tmp_path: pathlib.Path) -> None:
    folder = str(tmp_path / "not/there")
    disk = run(host_info, folders=[folder], control_time=0)["disks"][folder]
    assert disk["free_mb"] == pytest.approx(shutil.disk_usage(tmp_path).free / 1024**2, rel=0.1)
    assert 0 < disk["used_percent"] <= 100


def test_a_disk_is_as_full_as_df_says(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    # 1000 blocks of 1 MB, 50 of them kept for root, 100 free.
    state = os.statvfs_result((1048576, 1048576, 1000, 150, 100, 0, 0, 0, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda path: state)
    assert _disk.usage(str(tmp_path)) == {"free_mb": 100, "used_percent": 90}


def test_the_clock_is_told_against_the_control_node(run: Runner) -> None:
    result = run(host_info, control_time=time.time() - 95)
    assert result["ahead_seconds"] == pytest.approx(95, abs=2)
    assert result["utc_offset_seconds"] == time.localtime().tm_gmtoff


def test_paths_that_are_not_there(run: Runner, tmp_path: pathlib.Path) -> None:
    assert run(host_info, paths=["/proc/sys/vm/swappiness", str(tmp_path / "x")])["missing"] == [str(tmp_path / "x")]


@pytest.mark.parametrize(
    ("operator", "seconds", "told"), [("bob@b", 60, True), ("alice@a", 60, False), ("bob@b", -1, False)]
)
def test_whoever_else_is_at_work_is_named(
    run: Runner, tmp_path: pathlib.Path, operator: str, seconds: float, told: bool
) -> None:
    lock = tmp_path / "operation.json"
    assert run(host_info, lock=str(lock), operator=operator)["busy"] == ""
    now = time.time()
    held = {"operation": "upgrade", "holder": "alice@a", "since": now, "until": now + seconds}
    lock.write_text(json.dumps(held))
    busy = run(host_info, lock=str(lock), operator=operator)["busy"]
    assert bool(busy) == told
    assert not told or (busy.startswith("alice@a has been at it") and "rocketmq_force_lock" in busy)


def test_a_store_is_drained_until_its_broker_runs_again(run: Runner, tmp_path: pathlib.Path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    assert _disk.drained(str(store)) is None
    assert run(drain_mark, check_mode=True, stores=[str(store)], topics=["orders"])["changed"]
    assert _disk.drained(str(store)) is None
    assert run(drain_mark, stores=[str(store)], topics=["orders"])["marked"] == [str(store)]
    assert _disk.drained(str(store)) == {"topics": ["orders"]}
    assert not run(drain_mark, stores=[str(store)], topics=["orders"])["changed"]
    assert not host_info.has_data(str(store))
    # As every broker does when it starts.
    time.sleep(0.02)
    (store / "abort").touch()
    (store / "abort").unlink()
    assert _disk.drained(str(store)) is None
    assert run(drain_mark, stores=[str(store)], topics=["orders"])["changed"]
    (store / _disk.DRAINED).write_text("{")
    assert _disk.drained(str(store)) is None
    assert _disk.drained("") is None


def test_a_broker_is_stopped_before_its_store_is_marked(
    run: Runner, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit, state = "rocketmq-broker@n1.service", {"ActiveState": "active", "UnitFileState": "enabled"}

    def stop(_unit: str) -> None:
        state.update(ActiveState="inactive", UnitFileState="disabled")
        time.sleep(0.02)
        (tmp_path / "abort").touch()
        (tmp_path / "abort").unlink()

    monkeypatch.setattr(_systemd, "show", lambda units: {unit: state})
    monkeypatch.setattr(_systemd, "stop_and_disable", stop)
    options = {"unit": unit, "stores": [str(tmp_path)], "topics": ["orders"]}
    assert run(drain_mark, check_mode=True, **options)["stopped"]
    assert state["ActiveState"] == "active"
    # A mark from an earlier time, when it ran again afterwards.
    run(drain_mark, stores=[str(tmp_path)], topics=["orders"])
    assert run(drain_mark, **options)["stopped"]
    assert _disk.drained(str(tmp_path)) == {"topics": ["orders"]}
    again = run(drain_mark, **options)
    assert (again["changed"], again["stopped"]) == (False, False)


def test_a_mark_that_cannot_be_made(run: Runner, tmp_path: pathlib.Path) -> None:
    result = run(drain_mark, stores=[str(tmp_path / "none")])
    assert result["msg"] == f"{tmp_path}/none/.rocketmq-drained cannot be written: No such file or directory."
