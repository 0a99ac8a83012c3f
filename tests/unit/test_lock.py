# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tool that regenerates the lock of jars."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import pathlib

import pytest

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools" / "lock.py"


@pytest.fixture
def lock(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("lock", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "VERSIONS", tmp_path)
    return module


@pytest.fixture
def version_file(tmp_path):
    path = tmp_path / "9.9.9.json"
    path.write_text(json.dumps({"version": "9.9.9", "jdks": [17], "modules": ["broker"], "jars": {}}, indent=2) + "\n")
    return path


def maven(tmp_path, body):
    command = tmp_path / "fake-mvn"
    command.write_text(f"#!/bin/sh\n{body}\n")
    command.chmod(0o755)
    return str(command)


GIVES_A_JAR = 'for a; do case $a in -DoutputDirectory=*) printf jar > "${a#*=}/b.jar";; esac; done'


def test_the_lock_is_rewritten_and_the_rest_is_kept(lock, version_file, tmp_path, capsys):
    command = maven(tmp_path, GIVES_A_JAR)
    assert lock.main(["--maven", command]) == 0
    data = json.loads(version_file.read_text())
    assert data["jars"] == {"b.jar": hashlib.sha256(b"jar").hexdigest()}
    assert data["jdks"] == [17]
    assert lock.main(["--maven", command, "--check", "9.9.9"]) == 0
    assert "unchanged" in capsys.readouterr().out


def test_check_writes_nothing_and_fails(lock, version_file, tmp_path):
    before = version_file.read_text()
    assert lock.main(["--maven", maven(tmp_path, GIVES_A_JAR), "--check"]) == 1
    assert version_file.read_text() == before


def test_a_failing_maven_leaves_the_file_alone(lock, version_file, tmp_path, capsys):
    before = version_file.read_text()
    assert lock.main(["--maven", maven(tmp_path, "echo cannot resolve; exit 3")]) == 1
    assert "cannot resolve" in capsys.readouterr().err
    assert version_file.read_text() == before


def test_a_version_without_a_file_is_refused(lock, tmp_path):
    with pytest.raises(SystemExit):
        lock.main(["1.2.3"])
