# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A backup is complete or not there, and damage is seen."""

from __future__ import annotations

import base64
import json
import os
import pathlib
from typing import Any

import pytest
from ansible_collections.rocketmq.cluster.plugins.module_utils import _backup
from ansible_collections.rocketmq.cluster.plugins.modules import backup_folder
from module_runner import Runner

FILES = {"topics.yml": b"rocketmq_topics: []\n", "hosts/rmq71/etc/rocketmq/broker-n0.conf": b"a=\xe4\n"}


@pytest.fixture
def folder(tmp_path: pathlib.Path, run: Runner) -> pathlib.Path:
    """A backup."""
    path = tmp_path / "kept" / "one"
    begin(path, run)
    result = run(backup_folder, path=str(path), state="complete", facts={"cluster": "C", "version": "4.9.7"})
    assert result["changed"]
    return path


def begin(path: pathlib.Path, run: Runner, check_mode: bool = False) -> dict[str, Any]:
    files = [{"path": name, "content": base64.b64encode(content).decode()} for name, content in FILES.items()]
    return run(backup_folder, check_mode, path=str(path), state="begun", files=files)


def checked(path: pathlib.Path, run: Runner) -> dict[str, Any]:
    return run(backup_folder, path=str(path), state="checked")


def test_what_was_written_is_there(folder: pathlib.Path, run: Runner) -> None:
    manifest = checked(folder, run)["manifest"]
    assert (manifest["format"], manifest["cluster"], manifest["version"]) == (1, "C", "4.9.7")
    assert {name: entry["bytes"] for name, entry in manifest["files"].items()} == {
        name: len(content) for name, content in FILES.items()
    }
    assert {name: (folder / name).read_bytes() for name in FILES} == FILES
    assert [path.name for path in folder.parent.iterdir()] == ["one"]


def test_secrets_are_for_their_owner_alone(folder: pathlib.Path) -> None:
    assert folder.stat().st_mode & 0o077 == 0
    assert [path for path in folder.rglob("*") if path.is_file() and path.stat().st_mode & 0o077] == []


def test_what_somebody_else_adds_is_part_of_it(tmp_path: pathlib.Path, run: Runner) -> None:
    path = tmp_path / "one"
    added = pathlib.Path(begin(path, run)["written_to"], "stores", "n0.tar")
    added.parent.mkdir()
    added.write_bytes(b"x" * 3_000_000)
    run(backup_folder, path=str(path), state="complete")
    assert checked(path, run)["manifest"]["files"]["stores/n0.tar"]["bytes"] == 3_000_000


def test_check_mode_writes_nothing(tmp_path: pathlib.Path, run: Runner) -> None:
    path = tmp_path / "kept" / "one"
    assert begin(path, run, check_mode=True)["changed"]
    assert run(backup_folder, True, path=str(path), state="complete")["changed"]
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_one_is_no_backup(tmp_path: pathlib.Path, run: Runner) -> None:
    path = tmp_path / "one"
    left = pathlib.Path(begin(path, run)["written_to"])
    assert "is what an interrupted backup left" in checked(left, run)["msg"]
    assert "there is no manifest.json in it" in checked(path, run)["msg"]
    left.rename(path)
    assert "there is no manifest.json in it" in checked(path, run)["msg"]


def test_a_full_disk_leaves_no_backup(tmp_path: pathlib.Path, run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "one"
    begin(path, run)

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device", "manifest.json")

    monkeypatch.setattr(os, "fsync", full)
    result = run(backup_folder, path=str(path), state="complete")
    assert "No space left on device (manifest.json). There is none." in result["msg"]
    assert not path.exists()
    result = begin(tmp_path / "other", run)
    assert "The backup cannot be written: No space left on device" in result["msg"]


def test_an_older_one_is_never_replaced(folder: pathlib.Path, run: Runner) -> None:
    assert "there is one already" in begin(folder, run)["msg"]
    assert not checked(folder, run)["failed"]


def test_damage_is_named(folder: pathlib.Path, run: Runner) -> None:
    for name in FILES:
        path = folder / name
        path.write_bytes(b"!" + FILES[name][1:])
        assert f"{name} has another content" in checked(folder, run)["msg"]
        path.unlink()
        assert f"{name} is missing" in checked(folder, run)["msg"]
        path.write_bytes(FILES[name])
    assert not checked(folder, run)["failed"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "cannot be read"),
        ("[]", "cannot be read"),
        ("{}", "cannot be read ('format')"),
        ('{"format": 1, "files": [1]}', "cannot be read"),
        ('{"format": 1, "files": {"a": {}}}', "cannot be read"),
        ('{"format": "1", "files": {}}', "cannot be read"),
        ('{"format": 2, "files": {}}', "was written by a later collection (format 2, here 1)"),
        ('{"format": 1, "files": {"../../etc/passwd": {"sha256": "0"}}}', "../../etc/passwd is outside of it"),
        ('{"format": 1, "files": {"/etc/passwd": {"sha256": "0"}}}', "/etc/passwd is outside of it"),
    ],
)
def test_strange_manifests(text: str, expected: str, folder: pathlib.Path, run: Runner) -> None:
    (folder / _backup.MANIFEST).write_text(text, encoding="utf-8")
    assert expected in checked(folder, run)["msg"]


def test_the_manifest_is_json_for_anybody(folder: pathlib.Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert len(manifest["files"]["topics.yml"]["sha256"]) == 64
