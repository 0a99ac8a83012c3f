# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The catalogues of keys, what is said of a wrong one, and the tool that writes them."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import pathlib
from collections.abc import Callable
from types import ModuleType

import pytest
from ansible_collections.rocketmq.cluster.plugins.plugin_utils import (
    _checks,
    _files,
    _inventory,
    _keys,
    _topology,
    _versions,
)

from inventories import HOSTS, MEMBERS, Sample

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools" / "keys.py"


def broker_problem(version: str, key: str, text: str = "1") -> str:
    return _keys.problem(version, "broker", key, text, _checks.OWNED_BROKER_KEYS)


@pytest.mark.parametrize("version", _versions.known())
def test_every_release_has_a_catalogue_of_its_processes(version: str) -> None:
    release = _versions.load(version)
    # Maven has no proxy of 5.1.4.
    wanted = {kind for kind in release.processes if kind != "proxy" or f"rocketmq-proxy-{version}.jar" in release.jars}
    catalogue = {process: keys for process, keys in _keys.load(version).items() if process != "shown"}
    assert set(catalogue) == wanted
    assert len(catalogue["broker"]) > 160
    kinds = {kind for keys in catalogue.values() for kind in keys.values() if isinstance(kind, str)}
    assert kinds <= {"int", "long", "double", "boolean", "String"}


#: What people write, in guides and by mistake, and what they mean.
WRONG = {
    "mapedFileSizeCommitLog": "mappedFileSizeCommitLog",
    "mapedFileSizeConsumeQueue": "mappedFileSizeConsumeQueue",
    "storePathConsumeQueue": "storePathRootDir",
    "storePathIndex": "storePathRootDir",
    "storeCheckpoint": "storePathRootDir",
    "abortFile": "storePathRootDir",
    "brokerIp1": "brokerIP1",
    "brokerclusterName": "brokerClusterName",
    "namesrvaddr": "namesrvAddr",
    "nameserverAddr": "namesrvAddr",
    "enableDLedgerCommitLog": "enableDLegerCommitLog",
    "dLedgerGroup": "dLegerGroup",
    "dLedgerPeers": "dLegerPeers",
    "dLedgerSelfId": "dLegerSelfId",
    "autoCreateTopic": "autoCreateTopicEnable",
    "autoCreateTopicEnabled": "autoCreateTopicEnable",
    "autoCreateSubscriptionGroupEnable": "autoCreateSubscriptionGroup",
    "aclEnabled": "aclEnable",
    "BrokerRole": "brokerRole",
    "deletewhen": "deleteWhen",
    "fileReserveTime": "fileReservedTime",
    "flushDisk": "flushDiskType",
    "flushConsumerOffsetsInterval": "flushConsumerOffsetInterval",
    "maxMessagesize": "maxMessageSize",
    "messageDelayLevels": "messageDelayLevel",
    "sendMessageThreadPoolNum": "sendMessageThreadPoolNums",
    "defaultTopicQueueNum": "defaultTopicQueueNums",
    "slaveReadEnabled": "slaveReadEnable",
    "diskMaxUsedRatio": "diskMaxUsedSpaceRatio",
    # Where the correct spelling has the mistake.
    "destroyMappedFileIntervalForcibly": "destroyMapedFileIntervalForcibly",
}


@pytest.mark.parametrize("version", _versions.known())
@pytest.mark.parametrize("key", WRONG)
def test_a_wrong_key_is_refused_with_the_right_one(version: str, key: str) -> None:
    found = broker_problem(version, key)
    assert found.startswith(
        f"has {key}, which is no setting of brokers of RocketMQ {version} (did you mean {WRONG[key]}?)"
    )
    assert WRONG[key] in _keys.load(version)["broker"]
    decided = _checks.OWNED_BROKER_KEYS.get(WRONG[key])
    assert found.endswith(f"itself, use {decided}." if decided else ": correct or remove it.")


def test_the_name_that_a_dump_has_is_no_key() -> None:
    assert "did you mean enableBatchPush?" in broker_problem("4.9.7", "isEnableBatchPush", "true")
    assert _keys.load("4.9.7")["shown"] == {"enableBatchPush": "isEnableBatchPush"}


@pytest.mark.parametrize(
    ("version", "key", "sentence"),
    [
        ("4.7.1", "isolateLogEnable", "RocketMQ 4.7.1 does not have yet: remove it, or set rocketmq_version to 4.9."),
        ("4.9.7", "enableControllerMode", "RocketMQ 4.9.7 does not have yet: remove it, or set rocketmq_version to 5."),
        ("5.5.0", "filterServerNums", "RocketMQ 5.5.0 does not have any more (4.9.7 had it): remove it."),
        ("5.5.0", "haSlaveFallbehindMax", "RocketMQ 5.5.0 does not have any more (4.9.7 had it): remove it."),
        ("5.5.0", "scanInactiveMasterInterval", "is a setting of controllers, not of brokers: move it to rocketmq_"),
    ],
)
def test_a_key_of_another_release_or_process_says_so(version: str, key: str, sentence: str) -> None:
    assert f"has {key}, which {sentence}" in broker_problem(version, key)


@pytest.mark.parametrize(
    ("key", "taken", "refused"),
    [
        ("fileReservedTime", ["0", "-1", "+7", "2147483647", "-2147483648"], ["", "1.0", "3d", "0x1", "2147483648"]),
        ("osPageCacheBusyTimeOutMills", ["2147483648", "9223372036854775807"], ["9223372036854775808", "1e3", "1_000"]),
        ("slaveReadEnable", ["true", "false", "TRUE"], ["yes", "on", "1", ""]),
        ("flushDiskType", ["SYNC_FLUSH", "ASYNC_FLUSH"], ["SYNC", "sync_flush", "1"]),
        ("transferMsgByHeap", ["true"], ["2"]),
        ("regionId", ["", "1", "true", "any text"], []),
    ],
)
@pytest.mark.parametrize("version", _versions.known())
def test_values_are_judged_as_rocketmq_parses_them(
    version: str, key: str, taken: list[str], refused: list[str]
) -> None:
    assert [broker_problem(version, key, text) for text in taken] == [""] * len(taken)
    assert all(f"has {key}: {text!r}: give " in broker_problem(version, key, text) for text in refused)


def test_a_fraction_is_a_number() -> None:
    key = next(key for key, kind in _keys.load("5.5.0")["broker"].items() if kind == "double")
    assert [broker_problem("5.5.0", key, text) for text in ("0.5", "1", ".5", "1e-05")] == [""] * 4
    assert all("give a number" in broker_problem("5.5.0", key, text) for text in ("half", "", "1.2.3", "nan"))


def master(sample: Sample) -> None:
    for index, host in enumerate(HOSTS[:2]):
        sample.group(index, mode="master", dledger_port=None, members=[host])
    sample.groups["rocketmq_broker"] = list(HOSTS[:2])


def master_slave(sample: Sample) -> None:
    for index in (0, 1):
        sample.group(index, mode="master_slave", dledger_port=None, members={"rmq71": 0, "rmq76": 1, "rmq77": 2})


def controller(sample: Sample) -> None:
    for index in (0, 1):
        sample.group(index, mode="controller", dledger_port=None, members=list(HOSTS))
    sample.set(rocketmq_controller_members=MEMBERS)
    sample.groups["rocketmq_controller"] = list(HOSTS)


def controller_in_namesrv(sample: Sample) -> None:
    controller(sample)
    sample.groups["rocketmq_controller"] = []


MODES: dict[str, Callable[[Sample], object]] = {
    "dledger": lambda sample: None,
    "master": master,
    "master_slave": master_slave,
    "controller": controller,
    "controller_in_namesrv": controller_in_namesrv,
}
CASES = [
    (version, mode, kind)
    for version in _versions.known()
    for mode in MODES
    if mode.split("_in_")[0] in _versions.load(version).modes
    for kind in (_versions.load(version).controller_types if "controller" in mode else ("dledger",))
]


@pytest.mark.parametrize(("version", "mode", "kind"), CASES)
def test_the_plan_writes_only_what_the_release_reads(version: str, mode: str, kind: str) -> None:
    sample = Sample()
    sample.set(rocketmq_version=version, rocketmq_allow_vulnerable_version=True, rocketmq_controller_type=kind)
    MODES[mode](sample)
    plan = _topology.plan(sample.hostvars, sample.groups)
    assert plan["problems"] == []
    seen = set()
    for host in plan["hosts"].values():
        for instance in (*host["namesrv"], *host["controller"], *host["brokers"]):
            seen.add(instance["kind"])
            for key, value in instance["config"]["properties"].items():
                ways = [instance["kind"], *(["controller"] if "in_namesrv" in mode else [])]
                found = [_keys.problem(version, way, key, _files.property_text(value), {}) for way in ways]
                assert "" in found, found
    assert seen == {"namesrv", "broker", *(["controller"] if mode == "controller" else [])}


def test_every_mode_was_planned() -> None:
    assert {mode.split("_in_")[0] for _version, mode, _kind in CASES} == set(_inventory.MODES)


@pytest.fixture
def keys(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The tool, on versions of its own, a Maven client that gives one jar, and a Java that prints what it is told."""
    spec = importlib.util.spec_from_file_location("keys", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "VERSIONS", tmp_path)
    lock = {"b.jar": hashlib.sha256(b"jar").hexdigest()}
    (tmp_path / "9.9.9.json").write_text(json.dumps({"version": "9.9.9", "modules": ["broker"], "jars": lock}))
    script(tmp_path / "mvn", 'for a; do case $a in -DoutputDirectory=*) printf jar > "${a#*=}/b.jar";; esac; done')
    says(tmp_path, "12:00:00 |-INFO a logger speaks\nkey\tbroker\tb\tint\tb\nkey\tbroker\ta\tX|Y\tisA\n")
    return module


def script(path: pathlib.Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def says(folder: pathlib.Path, text: str, status: int = 0) -> None:
    (folder / "said").write_text(text)
    script(folder / "java", f"cat {folder}/said >&{2 if status else 1}; exit {status}")


def run(keys: ModuleType, folder: pathlib.Path, *arguments: str) -> int:
    return int(keys.main(["--maven", str(folder / "mvn"), "--java", str(folder / "java"), *arguments]))


def test_a_catalogue_is_what_java_said(keys: ModuleType, tmp_path: pathlib.Path) -> None:
    assert run(keys, tmp_path, "--check") == 1
    assert not (tmp_path / "keys").exists()
    assert run(keys, tmp_path) == 0
    written = json.loads((tmp_path / "keys" / "9.9.9.json").read_text())
    assert written == {"broker": {"a": ["X", "Y"], "b": "int"}, "shown": {"a": "isA"}}
    assert run(keys, tmp_path, "--check", "9.9.9") == 0


def test_other_jars_and_a_failing_java_leave_it_alone(
    keys: ModuleType, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(keys, tmp_path) == 0
    before = (tmp_path / "keys" / "9.9.9.json").read_text()
    says(tmp_path, "no such class\n", status=3)
    assert run(keys, tmp_path) == 1
    script(tmp_path / "mvn", 'for a; do case $a in -DoutputDirectory=*) printf JAR > "${a#*=}/b.jar";; esac; done')
    assert run(keys, tmp_path) == 1
    said = capsys.readouterr().err
    assert "no such class" in said
    assert "b.jar has SHA-256" in said
    assert (tmp_path / "keys" / "9.9.9.json").read_text() == before


def test_a_version_without_a_lock_is_refused(keys: ModuleType, tmp_path: pathlib.Path) -> None:
    with pytest.raises(SystemExit):
        run(keys, tmp_path, "1.2.3")


@pytest.mark.parametrize("version", _keys.known())
def test_the_files_are_as_the_tool_writes_them(keys: ModuleType, version: str) -> None:
    text = (_keys.DIRECTORY / f"{version}.json").read_text(encoding="utf-8")
    assert text == keys.text(json.loads(text))
