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


def test_what_is_in_force_already_keeps_its_time(run: Runner, tmp_path: pathlib.Path, wanted: dict[str, Any]) -> None:
    """Or service_state would find a file that is younger than its process."""
    run(files, **wanted)
    path = tmp_path / "etc/rocketmq/b.conf"
    path.write_text("b=2\n", encoding="utf-8")
    os.utime(path, (1000, 1000))
    assert run(files, **wanted, in_force=True)["paths"] == [str(path)]
    assert (path.read_text(encoding="utf-8"), path.stat().st_mtime) == ("b=1\n", 1000)
    path.unlink()
    assert run(files, **wanted, in_force=True)["changed"]


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


def test_what_shall_not_be_there_goes_and_a_folder_begins_empty(run: Runner, tmp_path: pathlib.Path) -> None:
    lib, stray, link, kept = (tmp_path / name for name in ("lib", "stray.conf", "link", "kept"))
    kept.mkdir()
    for path in (lib / "half.jar", stray):
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    link.symlink_to(kept)
    wanted: dict[str, Any] = {
        "absent": [str(one) for one in (lib, stray, link, tmp_path / "never")],
        "folders": [{"path": str(lib), **ME}],
    }
    assert run(files, check_mode=True, **wanted)["paths"] == [str(lib), str(stray), str(link)]
    assert (lib / "half.jar").exists()
    assert run(files, **wanted)["paths"] == [str(lib), str(stray), str(link), str(lib)]
    assert sorted(one.name for one in tmp_path.rglob("*")) == ["kept", "lib"]


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


#: What the kernel lets nobody write, root included.
FIXED = pathlib.Path("/proc/sys/kernel/ostype")


@pytest.fixture
def kernel(tmp_path: pathlib.Path) -> dict[str, Any]:
    """Two settings as the kernel shows them, and what they shall be."""
    contents = {"range": "32768\t60999\n", "enabled": "[always] madvise never\n"}
    for name, content in contents.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    values = {"range": "1024 60999", "enabled": "madvise"}
    return {"kernel": [{"path": str(tmp_path / name), "value": value} for name, value in values.items()]}


def test_a_kernel_setting_is_written_once(run: Runner, tmp_path: pathlib.Path, kernel: dict[str, Any]) -> None:
    result = run(files, **kernel)
    assert result["paths"] == [str(tmp_path / "range"), str(tmp_path / "enabled")]
    shown = [(diff["before"], diff["after"]) for diff in result["diff"]]
    assert shown == [("32768 60999\n", "1024 60999\n"), ("always\n", "madvise\n")]
    assert (tmp_path / "range").read_text(encoding="utf-8") == "1024 60999\n"
    # The kernel's answers.
    (tmp_path / "range").write_text("1024\t60999\n", encoding="utf-8")
    (tmp_path / "enabled").write_text("always [madvise] never\n", encoding="utf-8")
    again = run(files, **kernel)
    assert (again["changed"], again["diff"], again["left"]) == (False, [], {})


def test_check_mode_leaves_the_kernel_alone(run: Runner, tmp_path: pathlib.Path, kernel: dict[str, Any]) -> None:
    result = run(files, check_mode=True, **kernel)
    assert (len(result["paths"]), len(result["diff"])) == (2, 2)
    assert (tmp_path / "enabled").read_text(encoding="utf-8") == "[always] madvise never\n"


@pytest.mark.parametrize("check_mode", [True, False])
def test_what_the_host_may_not_set_is_left(run: Runner, tmp_path: pathlib.Path, check_mode: bool) -> None:
    wanted = [{"path": str(FIXED), "value": "Plan9"}, {"path": str(tmp_path / "none"), "value": "1"}]
    result = run(files, check_mode, kernel=wanted)
    assert (result["failed"], result["changed"], result["diff"]) == (False, False, [])
    assert result["left"] == {str(FIXED): "Linux", str(tmp_path / "none"): ""}
    assert run(files, check_mode, kernel=[{"path": str(FIXED), "value": "Linux"}])["left"] == {}


def test_what_the_kernel_refuses_is_not_written_down(
    run: Runner, tmp_path: pathlib.Path, kernel: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: Any, **options: Any) -> int:
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(pathlib.Path, "write_text", refuse)
    result = run(files, files=[{"path": str(tmp_path / "sysctl.conf"), "content": "x\n", **ME}], **kernel)
    assert result["failed"]
    assert result["msg"].startswith(f"{tmp_path / 'range'} cannot be written: Invalid argument. The kernel does not")
    assert not (tmp_path / "sysctl.conf").exists()
