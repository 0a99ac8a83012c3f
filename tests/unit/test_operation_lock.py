# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""operation_lock: one operator at a time, and a killed run goes on where it was."""

from __future__ import annotations

import json
import multiprocessing
import pathlib
import time
from typing import Any

import pytest
from ansible_collections.rocketmq.cluster.plugins.modules import operation_lock
from module_runner import Runner

ALICE = {"operation": "rolling restart", "holder": "alice@a"}
BOB = {"operation": "upgrade", "holder": "bob@b"}


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "operation.json"


def lock(
    run: Runner, path: pathlib.Path, who: dict[str, str], check_mode: bool = False, **options: Any
) -> dict[str, Any]:
    return run(operation_lock, check_mode, path=str(path), **who, **options)


def test_the_second_operator_is_told_who_is_at_it(path: pathlib.Path, run: Runner) -> None:
    assert lock(run, path, ALICE)["changed"]
    refused = lock(run, path, BOB)
    assert refused["failed"]
    assert refused["msg"].startswith("alice@a has been at it since ")
    assert "(rolling restart)" in refused["msg"]
    assert "at most 240 minutes" in refused["msg"]
    assert lock(run, path, ALICE, state="released")["changed"]
    assert lock(run, path, BOB)["changed"]


def test_the_same_operation_is_resumed_with_its_beginning(path: pathlib.Path, run: Runner) -> None:
    before = time.time()
    first = lock(run, path, ALICE, seconds=10)
    again = lock(run, path, ALICE, seconds=1000)
    assert before <= first["since"] == again["since"] <= time.time()
    assert [(found["resumed"], found["changed"]) for found in (first, again)] == [(False, True), (True, False)]
    assert json.loads(path.read_text())["until"] > before + 900
    # Another operation of the same person is another one.
    assert lock(run, path, {**ALICE, "operation": "upgrade"})["failed"]


def test_one_that_is_over_its_time_holds_nobody_up(path: pathlib.Path, run: Runner) -> None:
    lock(run, path, ALICE, seconds=0)
    found = lock(run, path, BOB)
    assert (found["changed"], found["resumed"]) == (True, False)


def test_one_that_is_over_its_time_begins_anew(path: pathlib.Path, run: Runner) -> None:
    first = lock(run, path, ALICE, seconds=0)
    time.sleep(0.01)
    again = lock(run, path, ALICE)
    assert not again["resumed"]
    assert again["since"] > first["since"]


def test_force_takes_it(path: pathlib.Path, run: Runner) -> None:
    lock(run, path, ALICE)
    assert not lock(run, path, BOB, force=True)["failed"]
    # Whoever lost it does not take it away from the other.
    assert not lock(run, path, ALICE, state="released")["changed"]
    assert json.loads(path.read_text())["holder"] == "bob@b"


def test_check_mode_refuses_and_writes_nothing(path: pathlib.Path, run: Runner) -> None:
    assert lock(run, path, ALICE, check_mode=True)["changed"]
    assert not path.exists()
    lock(run, path, ALICE)
    text = path.read_text()
    assert lock(run, path, BOB, check_mode=True)["failed"]
    assert lock(run, path, ALICE, check_mode=True, state="released")["changed"]
    assert path.read_text() == text


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"operation": "x"}', '{"operation": 1, "holder": 2, "since": "a", "until": 0}']
)
def test_a_spoiled_file_holds_nobody_up(text: str, path: pathlib.Path, run: Runner) -> None:
    path.write_text(text)
    assert lock(run, path, ALICE)["changed"]


def test_a_missing_folder_is_said(tmp_path: pathlib.Path, run: Runner) -> None:
    found = lock(run, tmp_path / "none" / "operation.json", ALICE)
    assert found["failed"]
    assert "No such file or directory" in found["msg"]


def _take(arguments: tuple[str, int]) -> bool:
    path, number = arguments
    params = {"operation": "o", "holder": f"h{number}", "seconds": 100, "force": False}
    with operation_lock.alone(pathlib.Path(path).parent):
        return "msg" not in operation_lock.hold(pathlib.Path(path), params, False)


def test_of_many_at_once_one_gets_it(path: pathlib.Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        assert sum(pool.map(_take, [(str(path), number) for number in range(20)])) == 1
