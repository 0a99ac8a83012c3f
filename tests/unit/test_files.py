# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Folders and files in one call: what is written, what is left alone, what check mode says."""

from __future__ import annotations

import getpass
import grp
import os
import pathlib
from typing import Any

import pytest
from ansible_collections.rocketmq.cluster.plugins.modules import files
from module_runner import Runner

ME = {"owner": getpass.getuser(), "group": grp.getgrgid(os.getgid()).gr_name}


def state(path: pathlib.Path) -> tuple[str, int]:
    return path.read_text(encoding="utf-8"), path.stat().st_mode & 0o777


@pytest.fixture
def wanted(tmp_path: pathlib.Path) -> dict[str, Any]:
    return {
        "folders": [{"path": str(tmp_path / "etc/rocketmq"), "mode": "0750", **ME}],
        "files": [
            {"path": str(tmp_path / "etc/rocketmq/a.conf"), "content": "ä=1\n", "mode": "0640", **ME},
            {"path": str(tmp_path / "etc/rocketmq/b.conf"), "content": "b=1\n", **ME},
        ],
    }


def test_everything_is_made_once(run: Runner, tmp_path: pathlib.Path, wanted: dict[str, Any]) -> None:
    result = run(files, **wanted)
    folder = tmp_path / "etc/rocketmq"
    assert result["paths"] == [str(folder), str(folder / "a.conf"), str(folder / "b.conf")]
    assert [one.stat().st_mode & 0o777 for one in (folder.parent, folder)] == [0o750, 0o750]
    assert [state(folder / name) for name in ("a.conf", "b.conf")] == [("ä=1\n", 0o640), ("b=1\n", 0o644)]
    written = (folder / "a.conf").stat().st_mtime_ns
    again = run(files, **wanted)
    assert (again["changed"], again["paths"], again["diff"]) == (False, [], [])
    assert (folder / "a.conf").stat().st_mtime_ns == written
    assert sorted(path.name for path in folder.iterdir()) == ["a.conf", "b.conf"]


def test_only_what_differs_is_written(run: Runner, tmp_path: pathlib.Path, wanted: dict[str, Any]) -> None:
    run(files, **wanted)
    changed = tmp_path / "etc/rocketmq/b.conf"
    changed.write_text("b=2\n", encoding="utf-8")
    result = run(files, **wanted)
    assert result["paths"] == [str(changed)]
    (diff,) = result["diff"]
    assert (diff["before"], diff["after"], diff["after_header"]) == ("b=2\n", "b=1\n", str(changed))


def test_permissions_alone_are_mended(run: Runner, tmp_path: pathlib.Path, wanted: dict[str, Any]) -> None:
    run(files, **wanted)
    (tmp_path / "etc/rocketmq/a.conf").chmod(0o666)
    result = run(files, **wanted)
    assert (result["paths"], result["diff"]) == ([str(tmp_path / "etc/rocketmq/a.conf")], [])
    assert state(tmp_path / "etc/rocketmq/a.conf") == ("ä=1\n", 0o640)


def test_check_mode_says_all_and_does_nothing(run: Runner, tmp_path: pathlib.Path, wanted: dict[str, Any]) -> None:
    # As on a bare host: not even the user is there yet.
    for one in [*wanted["folders"], *wanted["files"]]:
        one.update(owner="nobody-of-this-name", group="nobody-of-this-name")
    result = run(files, check_mode=True, **wanted)
    assert len(result["paths"]) == 3
    assert [diff["after"] for diff in result["diff"]] == ["ä=1\n", "b=1\n"]
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_the_old_file_and_names_it(
    run: Runner, tmp_path: pathlib.Path, wanted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(files, **wanted)
    path = tmp_path / "etc/rocketmq/b.conf"

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    wanted["files"][1]["content"] = "b=3\n"
    result = run(files, **wanted)
    assert result["failed"]
    assert result["msg"] == f"{path} cannot be written: No space left on device. Make room on that disk and run again."
    assert path.read_text(encoding="utf-8") == "b=1\n"
    assert sorted(one.name for one in path.parent.iterdir()) == ["a.conf", "b.conf"]


def test_a_link_is_made_moved_and_left_alone(run: Runner, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "java"
    wanted = {"links": [{"path": str(path), "target": "/nowhere/17"}]}
    assert run(files, check_mode=True, **wanted)["paths"] == [str(path)]
    assert not path.is_symlink()
    assert run(files, **wanted)["paths"] == [str(path)]
    assert run(files, **wanted)["changed"] is False
    moved = {"links": [{"path": str(path), "target": "/nowhere/21"}]}
    assert run(files, **moved)["changed"] is True
    assert str(path.readlink()) == "/nowhere/21"
    assert [one.name for one in tmp_path.iterdir()] == ["java"]


def test_a_link_takes_the_place_of_nothing_else(run: Runner, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "java"
    path.mkdir()
    result = run(files, links=[{"path": str(path), "target": "/nowhere"}])
    assert result["failed"]
    assert result["msg"].startswith(f"{path} cannot be written: it is not a link")
    assert path.is_dir()
