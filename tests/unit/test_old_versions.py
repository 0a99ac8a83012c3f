# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which versions go: none that a unit names, that a process runs from, that is kept, or that is no version at all."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
from collections.abc import Iterator

import pytest
from ansible_collections.rocketmq.cluster.plugins.module_utils import _systemd
from ansible_collections.rocketmq.cluster.plugins.modules import old_versions
from module_runner import Runner


@pytest.fixture
def install_dir(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    units = tmp_path / "units"
    units.mkdir()
    monkeypatch.setattr(_systemd, "UNIT_DIR", units)
    (units / "rocketmq-broker@n0.service").write_text("[X-RocketMQ]\nVersion=4.9.7\n", encoding="utf-8")
    folder = tmp_path / "opt"
    for version in ("4.7.1", "4.8.0", "4.9.7", "dashboard", "5.5.0-mine"):
        (folder / version / "lib").mkdir(parents=True)
        (folder / version / "lib/a.jar").write_bytes(bytes(1024**2))
    (folder / "5.1.4").symlink_to(folder / "4.9.7")
    return folder


@pytest.fixture
def running(install_dir: pathlib.Path) -> Iterator[None]:
    """A process that was started from 4.8.0."""
    environment = {**os.environ, "ROCKETMQ_HOME": str(install_dir / "4.8.0")}
    program = [sys.executable, "-c", "print(flush=True); input()"]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield
        process.kill()


def test_only_what_nothing_uses(run: Runner, install_dir: pathlib.Path, running: None) -> None:
    there = sorted(path.name for path in install_dir.iterdir())
    told = run(old_versions, check_mode=True, install_dir=str(install_dir))
    assert (told["changed"], told["removed"], told["freed_mb"]) == (True, ["4.7.1"], 1)
    assert {"4.8.0", "4.9.7"} <= {*told["used"]}
    assert sorted(path.name for path in install_dir.iterdir()) == there
    assert not run(old_versions, install_dir=str(install_dir), keep=["4.7.1"])["changed"]
    assert run(old_versions, install_dir=str(install_dir))["removed"] == ["4.7.1"]
    assert sorted(path.name for path in install_dir.iterdir()) == [name for name in there if name != "4.7.1"]
    assert not run(old_versions, install_dir=str(install_dir))["changed"]


def test_a_host_without_anything(run: Runner, install_dir: pathlib.Path) -> None:
    result = run(old_versions, install_dir=str(install_dir / "none"))
    assert (result["changed"], result["removed"], result["freed_mb"]) == (False, [], 0)


def test_a_process_whose_environment_is_hidden(tmp_path: pathlib.Path) -> None:
    """Its class path tells."""
    folder = tmp_path / "opt"
    for pid, words in ((7, f"java\0-cp\0{folder}/4.8.0/conf:{folder}/4.8.0/lib/*\0"), (8, "java\0-cp\0/opt/4.7.1/x\0")):
        (tmp_path / "proc" / str(pid)).mkdir(parents=True)
        (tmp_path / "proc" / str(pid) / "cmdline").write_text(words)
    assert old_versions.of_processes(tmp_path / "proc", folder) == {"4.8.0"}
