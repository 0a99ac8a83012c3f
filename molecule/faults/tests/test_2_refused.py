"""What a run refuses while the cluster serves: nothing is restarted, and the sentence says what to do."""

from __future__ import annotations

import copy
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import cluster
import downloads
import pytest
import yaml
from conftest import Proof
from machines import docker
from runs import broker_groups, converge, playbook

GROUP = "RaftNode01"
MEMBERS = {"rmq71": "n0", "rmq76": "n1", "rmq77": "n2"}


def group(**keys: Any) -> dict[str, Any]:
    return {"rocketmq_broker_groups": broker_groups(GROUP, **keys)}


IDENTITIES: dict[str, tuple[dict[str, Any], str]] = {
    "id": (group(members={**MEMBERS, "rmq71": "n5"}), "has the id n0 and would get n5"),
    "ids swapped": (group(members={"rmq71": "n1", "rmq76": "n0", "rmq77": "n2"}), "has the id n1 and would get n0"),
    "listen port": (group(listen_port=10931), "has the port 10921 and would get 10931"),
    "DLedger port": (group(dledger_port=20931), "has the peers n0-198.18.72.71:20921"),
    "address": (
        {"rocketmq_address": "{{ '198.18.72.86' if inventory_hostname == 'rmq76' else own[inventory_hostname] }}"},
        "rmq76 does not have the address 198.18.72.86",
    ),
    "store": (group(store="/data/n1"), "has the store /var/lib/rocketmq/n1/store and would get /data/n1"),
    "data folder": ({"rocketmq_data_dir": "/data"}, "has the store /var/lib/rocketmq/n0/store and would get /data/n0"),
    "instance": (group(instance="n9"), "carries the member n0 of group RaftNode01 (instance n1)"),
    "group name": (group(name="RaftNode09"), "has the group name RaftNode01 and would get RaftNode09"),
    "group taken away": ({"rocketmq_broker_groups": broker_groups(GROUP)[:1]}, "of group RaftNode01 (instance n1)"),
    "cluster name": ({"rocketmq_cluster_name": "Other"}, "has the cluster name RaftCluster and would get Other"),
    "name server port": ({"rocketmq_namesrv_port": 9877}, "has the port 9876 and would get 9877"),
    "version": ({"rocketmq_version": "5.5.0"}, f"runs RocketMQ {cluster.VERSION} and would get 5.5.0"),
}


@pytest.mark.parametrize("name", IDENTITIES)
def test_a_changed_identity(name: str, unharmed: Proof) -> None:
    variables, words = IDENTITIES[name]
    run = playbook("site.yml", {**variables, "own": cluster.ADDRESSES})
    assert run.status, "not refused"
    assert words in run.text, run.output[-4000:]


@pytest.mark.parametrize(
    ("role", "words"),
    [
        ("rocketmq_namesrv", "rmq77 carries a name server, but is not in rocketmq_namesrv any more"),
        ("rocketmq_broker", "have the member rmq77, which is not in the inventory group rocketmq_broker"),
    ],
)
def test_a_host_taken_out_of_the_inventory(role: str, words: str, unharmed: Proof, tmp_path: Path) -> None:
    run = playbook("site.yml", inventory=[inventory_without(role, "rmq77", tmp_path)])
    assert run.status, "not refused"
    assert words in run.text, run.output[-4000:]


def inventory_without(role: str, name: str, folder: Path) -> Path:
    """The scenario's inventory with one host less in one group."""
    own = Path(os.environ["MOLECULE_INVENTORY_FILE"]).parent
    inventory = yaml.safe_load((own / "hosts").read_text())
    children = inventory["rocketmq"]["children"]
    children[role] = copy.deepcopy(children[role])
    del children[role]["hosts"][name]
    (folder / "hosts.yml").write_text(yaml.safe_dump(inventory))
    (folder / "group_vars").symlink_to((own / "group_vars").resolve())
    return folder


class Files(NamedTuple):
    """Good files, and the address that serves them well and badly."""

    folder: Path
    release: Path
    jdk: Path
    console: Path
    url: str


@pytest.fixture(scope="module")
def files(proof: Proof, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Files]:
    folder = tmp_path_factory.mktemp("files")
    console = folder / "console.jar"
    console.write_bytes((cluster.CACHE / "console-stand-in.jar").read_bytes())
    with downloads.mirror(folder) as url:
        yield Files(folder, downloads.release(folder), downloads.jdk(folder), console, url)


def archive(files: Files, kind: str) -> dict[str, Any]:
    url = f"{files.url}/{kind}/{files.release.name}"
    sha512 = downloads.digest(files.release, "sha512")
    return {"rocketmq_install_source": "archive", "rocketmq_archive_url": url, "rocketmq_archive_sha512": sha512}


def flipped_archive(files: Files) -> dict[str, Any]:
    path = downloads.flip(files.release, files.folder / "flipped.zip")
    (files.folder / "flipped.zip.sha512").write_text(downloads.digest(files.release, "sha512"))
    return {"rocketmq_install_source": "file", "rocketmq_archive_file": str(path)}


def flipped_jar(files: Files) -> dict[str, Any]:
    command = downloads.damaging_maven(files.folder, f"rocketmq-store-{cluster.VERSION}.jar")
    return {"rocketmq_install_source": "maven", "rocketmq_maven_command": str(command)}


def jdk(files: Files, **place: str) -> dict[str, Any]:
    return {"rocketmq_java_source": "archive", "rocketmq_java_archive_sha256": downloads.digest(files.jdk), **place}


def flipped_jdk(files: Files) -> dict[str, Any]:
    path = downloads.flip(files.jdk, files.folder / "flipped.tar.gz")
    return jdk(files, rocketmq_java_archive_file=str(path))


def console(files: Files, kind: str) -> dict[str, Any]:
    return {
        "rocketmq_dashboard_source": "url",
        "rocketmq_dashboard_url": f"{files.url}/{kind}/{files.console.name}",
        "rocketmq_dashboard_sha256": downloads.digest(files.console),
    }


def flipped_console(files: Files) -> dict[str, Any]:
    path = downloads.flip(files.console, files.folder / "flipped.jar")
    return {"rocketmq_dashboard_file": str(path), "rocketmq_dashboard_sha256": downloads.digest(files.console)}


DAMAGED = {
    "archive, one byte flipped": (flipped_archive, ["flipped.zip has SHA-512", "rocketmq_archive_sha512"]),
    "archive, truncated": (lambda files: archive(files, "half"), ["bin-release.zip", "broke off after"]),
    "archive, an error page": (
        lambda files: archive(files, "error"),
        ["is not a zip archive", "503", "rocketmq_archive"],
    ),
    "jar, one byte flipped": (flipped_jar, [f"rocketmq-store-{cluster.VERSION}.jar", "SHA-256"]),
    "JDK, one byte flipped": (flipped_jdk, ["flipped.tar.gz has SHA-256", "rocketmq_java_archive_sha256"]),
    "JDK, truncated": (
        lambda files: jdk(files, rocketmq_java_archive_url=f"{files.url}/half/jre.tar.gz"),
        ["Incomplete read", "/half/jre.tar.gz", "rocketmq_java_archive_url"],
    ),
    "JDK, an error page": (
        lambda files: jdk(files, rocketmq_java_archive_url=f"{files.url}/error/jre.tar.gz"),
        ["jre.tar.gz has SHA-256", "rocketmq_java_archive_sha256"],
    ),
    "console, one byte flipped": (flipped_console, ["flipped.jar has SHA-256", "rocketmq_dashboard_sha256"]),
    "console, truncated": (lambda files: console(files, "half"), ["console.jar", "broke off after"]),
    "console, an error page": (
        lambda files: console(files, "error"),
        ["console.jar has SHA-256", "rocketmq_dashboard"],
    ),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file(name: str, unharmed: Proof, files: Files, tmp_path: Path) -> None:
    variables, words = DAMAGED[name]
    # A cache of its own: the good file from before must not stand in.
    run = playbook("site.yml", {**variables(files), "rocketmq_cache_dir": str(tmp_path)})
    assert run.status, "not refused"
    missing = [word for word in words if word not in run.text]
    assert not missing, run.output[-4000:]


def test_the_right_files_from_the_same_mirror(unharmed: Proof, files: Files, tmp_path: Path) -> None:
    """The control of the tests above: what they refuse is the damage and not the way."""
    converge({**archive(files, "whole"), "rocketmq_cache_dir": str(tmp_path)})


def test_clocks_that_are_apart(unharmed: Proof, tmp_path: Path) -> None:
    """One host's Python is 95 seconds ahead: a container has no clock of its own."""
    ahead = "import time\n_time = time.time\ntime.time = lambda: _time() + 95\n"
    (tmp_path / "sitecustomize.py").write_text(ahead)
    (tmp_path / "python3").write_text('#!/bin/sh\nPYTHONPATH=/opt/ahead exec /usr/bin/python3 "$@"\n')
    (tmp_path / "python3").chmod(0o755)
    docker("cp", str(tmp_path), f"{cluster.CONTAINERS['rmq77']}:/opt/ahead")
    interpreter = "{{ '/opt/ahead/python3' if inventory_hostname == 'rmq77' else '/usr/bin/python3' }}"
    run = playbook("site.yml", {"ansible_python_interpreter": interpreter})
    assert run.status, "not refused"
    assert "rocketmq_clock_tolerance" in run.text, run.output[-4000:]
    assert "rmq77 +9" in run.text, run.output[-4000:]
    accepted = playbook(
        "playbooks/preflight.yml", {"ansible_python_interpreter": interpreter, "rocketmq_clock_tolerance": 100}
    )
    assert accepted.status == 0, accepted.output[-4000:]


def test_different_time_zones_are_mentioned(unharmed: Proof, tmp_path: Path) -> None:
    # A time zone file with one entry: no rule, 8 hours ahead.
    zone = b"TZif" + bytes(16) + struct.pack(">6l", 0, 0, 0, 0, 1, 4) + struct.pack(">lBB", 8 * 3600, 0, 0) + b"CST\0"
    (tmp_path / "localtime").write_bytes(zone)
    docker("cp", str(tmp_path / "localtime"), f"{cluster.CONTAINERS['rmq76']}:/etc/localtime")
    run = playbook("playbooks/preflight.yml")
    assert run.status == 0, run.output[-4000:]
    assert "rmq71 UTC+00:00, rmq76 UTC+08:00, rmq77 UTC+00:00" in run.text, run.output[-4000:]
