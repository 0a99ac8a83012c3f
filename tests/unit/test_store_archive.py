# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The store of a stopped broker, packed and unpacked."""

from __future__ import annotations

import os
import pathlib
from typing import Any

import pytest
from ansible_collections.rocketmq.cluster.plugins.module_utils import _disk, _systemd
from ansible_collections.rocketmq.cluster.plugins.modules import store_archive
from module_runner import Runner

UNIT = "rocketmq-broker@n0.service"


class Host:
    """A broker with a store and an archive beside."""

    def __init__(self, folder: pathlib.Path, run: Runner) -> None:
        self._run = run
        self.active = "inactive"
        self.store = folder / "n0" / "store"
        self.archive = folder / "backup" / "n0.tar"
        self.aside = folder / "n0" / "store.before"
        (self.store / "commitlog").mkdir(parents=True)
        (self.store / "commitlog" / "0").write_bytes(b"messages")
        with (self.store / "commitlog" / "0").open("r+b") as stream:
            stream.truncate(500_000_000)
        (self.store / "lock").write_bytes(b"")
        (self.store / _disk.MARKER).write_text("marker")

    def show(self, units: list[str]) -> dict[str, dict[str, str]]:
        return {unit: {"ActiveState": self.active} for unit in units}

    def run(self, state: str, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        if state == "unpacked":
            options = {"aside": str(self.aside), **options}
        paths = {"store": str(self.store), "archive": str(self.archive), "unit": UNIT}
        return self._run(store_archive, check_mode, state=state, **{**paths, **options})

    def names(self) -> set[str]:
        return {str(path.relative_to(self.store)) for path in self.store.rglob("*")}


@pytest.fixture
def host(tmp_path: pathlib.Path, run: Runner, monkeypatch: pytest.MonkeyPatch) -> Host:
    made = Host(tmp_path, run)
    monkeypatch.setattr(_systemd, "show", made.show)
    return made


def test_packed_and_unpacked_is_the_same(host: Host) -> None:
    packed = host.run("packed", reader=os.getuid())
    assert packed["changed"], packed
    assert host.archive.stat().st_size < 1_000_000, "holes stay holes"
    assert host.archive.stat().st_mode & 0o777 == 0o400
    (host.store / "commitlog" / "0").write_bytes(b"others")
    result = host.run("unpacked", sha256=packed["sha256"])
    assert (result["changed"], result["kept"]) == (True, str(host.aside))
    assert host.names() == {"commitlog", "commitlog/0", _disk.MARKER}
    with (host.store / "commitlog" / "0").open("rb") as stream:
        assert stream.read(10) == b"messages\0\0"
    assert (host.store / "commitlog" / "0").stat().st_size == 500_000_000
    assert (host.store / "commitlog" / "0").stat().st_blocks < 2000
    assert (host.aside / "commitlog" / "0").read_bytes() == b"others"


@pytest.mark.skipif(os.getuid() != 0, reason="gives folders to another user")
def test_the_reader_comes_to_the_archive(host: Host) -> None:
    """The folder of data is the broker's alone; what is in it stays so."""
    data = host.store.parent.parent
    for path in (data, host.store.parent, host.store):
        os.chown(path, 1234, 1234)
        path.chmod(0o750)
    assert host.run("packed", reader=4321)["changed"]
    modes = [path.stat().st_mode & 0o777 for path in (data, host.archive.parent, host.store.parent, host.store)]
    assert modes == [0o751, 0o711, 0o750, 0o750]
    assert (host.archive.stat().st_uid, host.archive.stat().st_mode & 0o777) == (4321, 0o400)


def test_a_file_that_goes_while_it_is_counted(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker that runs writes some of its files beside their place and renames them."""
    listed = list(pathlib.Path.rglob(host.store, "*"))
    monkeypatch.setattr(pathlib.Path, "rglob", lambda self, pattern: [*listed, host.store / "offset.json.tmp"])
    assert host.run("possible")["size"] > 0


def test_an_empty_store_is_not_kept(host: Host) -> None:
    digest = host.run("packed")["sha256"]
    for path in (host.store / "commitlog" / "0", host.store / "lock"):
        path.unlink()
    (host.store / "commitlog").rmdir()
    assert host.run("unpacked", sha256=digest)["kept"] == ""
    assert not host.aside.exists()
    assert "commitlog/0" in host.names()


@pytest.mark.parametrize("active", ["active", "activating", "deactivating", "reloading"])
def test_a_running_broker_is_refused(host: Host, active: str) -> None:
    digest = host.run("packed")["sha256"]
    host.active = active
    before = host.names()
    for result in (host.run("packed"), host.run("unpacked", sha256=digest)):
        assert result["msg"] == f"{UNIT} runs: stop it first (systemctl stop {UNIT})."
    assert host.names() == before
    assert host.run("possible")["size"] > 0, "asks only"


def test_no_room_is_said_before_anything_is_written(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = host.run("packed")["sha256"]
    monkeypatch.setattr(_disk, "usage", lambda folder: {"free_mb": 10, "used_percent": 99})
    for result in (host.run("possible"), host.run("packed"), host.run("unpacked", sha256=digest)):
        assert "has 10 MB free, and " in result["msg"]
        assert result["msg"].endswith("MB are needed: make room.")


def test_a_damaged_archive_is_refused(host: Host) -> None:
    host.run("packed")
    before = host.names()
    assert "is not what was packed" in host.run("unpacked", sha256="0" * 64)["msg"]
    assert host.names() == before


def test_a_failed_tar_leaves_nothing(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = host.run("packed")["sha256"]

    def failed(*words: str) -> None:
        raise store_archive.Refused("tar failed: no space left.")

    monkeypatch.setattr(store_archive, "tar", failed)
    before = host.names()
    assert host.run("packed")["failed"]
    assert host.run("unpacked", sha256=digest)["msg"] == "tar failed: no space left."
    assert host.names() == before
    assert [path.name for path in host.archive.parent.iterdir()] == ["n0.tar"]
    assert [path.name for path in host.store.parent.iterdir()] == ["store"]


def test_check_mode_writes_nothing(host: Host) -> None:
    host.active = "active"
    assert host.run("packed", check_mode=True)["changed"]
    assert not host.archive.exists()
    host.active = "inactive"
    digest = host.run("packed")["sha256"]
    before = host.names()
    assert host.run("unpacked", check_mode=True, sha256=digest)["changed"]
    assert host.names() == before
