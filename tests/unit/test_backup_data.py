# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What goes into a backup, and which cluster may get it."""

from __future__ import annotations

import base64
import json
import pathlib
from typing import Any

import pytest
import yaml
from ansible_collections.rocketmq.cluster.plugins.module_utils import _host_files
from ansible_collections.rocketmq.cluster.plugins.modules import host_files
from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _backup_data, _topology

from inventories import Sample

TOPIC = {"name": "orders", "groups": ["RaftNode00"], "read_queues": 8}


def host(**tables: dict[str, str]) -> dict[str, Any]:
    one = {"path": "/etc/rocketmq/a.conf", "content": base64.b64encode(b"a=1\n").decode(), "mode": "0640"}
    return {"files": [{**one, "owner": 0, "group": 7}], "kv_tables": tables}


def test_files_of_a_backup() -> None:
    found = _backup_data.files({"rmq71": host(), "rmq76": host(T={"k": "v"})}, [TOPIC], [], [{"topic": "orders"}])
    texts = {one["path"]: base64.b64decode(one["content"]).decode() for one in found}
    assert yaml.safe_load(texts["topics.yml"]) == {"rocketmq_topics": [TOPIC]}
    assert yaml.safe_load(texts["consumer_groups.yml"]) == {"rocketmq_consumer_groups": []}
    assert json.loads(texts["offsets.json"]) == [{"topic": "orders"}]
    assert json.loads(texts["kv_tables.json"]) == {"T": {"k": "v"}}
    assert json.loads(texts["hosts/rmq76.json"]) == {"/etc/rocketmq/a.conf": {"mode": "0640", "owner": 0, "group": 7}}
    assert texts["hosts/rmq71/etc/rocketmq/a.conf"] == "a=1\n"
    assert len(texts) == 8


def test_tables_of_several_name_servers_are_one() -> None:
    tables = [{"A": {"x": "1"}}, {"A": {"x": "2", "y": "3"}, "B": {}}, {}]
    assert _backup_data.kv_tables(tables) == {"A": {"x": "1", "y": "3"}, "B": {}}


def test_names() -> None:
    assert _backup_data.name("a%b|c", "20261122T013000Z") == "a_b_c-20261122T013000Z"


@pytest.mark.parametrize(
    ("manifest", "force", "expected"),
    [
        ({}, False, ""),
        ({"version": "4.7.1"}, False, ""),
        ({"version": "4.9.8"}, False, ""),
        ({"version": "5.1.4"}, True, "set rocketmq_version to 5.1.4 or later"),
        ({"cluster": "Other"}, False, "The backup is of the cluster Other, this inventory is RaftCluster"),
        ({"cluster": "Other"}, True, ""),
        ({"groups": ["RaftNode00", "RaftNode07"]}, True, "has the broker groups RaftNode07, which"),
    ],
)
def test_which_cluster_may_get_it(manifest: dict[str, Any], force: bool, expected: str) -> None:
    sample = Sample()
    plan = _topology.plan(sample.hostvars, sample.groups)
    whole = {"cluster": "RaftCluster", "version": "4.9.7", "groups": ["RaftNode00"], **manifest}
    found = _backup_data.problems(whole, plan, force)
    assert len(found) == bool(expected)
    assert expected in "".join(found)


def test_files_of_a_host_are_found_from_its_units(tmp_path: pathlib.Path) -> None:
    units, etc, data = tmp_path / "units", tmp_path / "etc", tmp_path / "data"
    for folder in (units / "rocketmq-broker@n0.service.d", etc / "deeper", data):
        folder.mkdir(parents=True)
    sample = Sample()
    sample.set(rocketmq_config_dir=str(etc), rocketmq_data_dir=str(data))
    plan = _topology.plan(sample.hostvars, sample.groups)
    assert plan["problems"] == []
    for instance in [*plan["hosts"]["rmq71"]["namesrv"], *plan["hosts"]["rmq71"]["brokers"]]:
        for file in instance["service"]["files"]:
            path = units / pathlib.Path(file["path"]).name if "systemd" in file["path"] else pathlib.Path(file["path"])
            path.write_text(file["content"], encoding="utf-8")
    (units / "rocketmq-broker@n0.service.d" / "own.conf").write_text("[Service]\n", encoding="utf-8")
    (units / "rocketmq-not-ours.service").write_text("[Service]\nEnvironmentFile=/etc/passwd\n", encoding="utf-8")
    (etc / "deeper" / "key.pem").write_text("secret\n", encoding="utf-8")
    (etc / "huge.log").write_bytes(b"x" * 5_000_000)
    (data / "namesrv").mkdir()
    (data / "namesrv" / "kvConfig.json").write_text('{"configTable": {"T": {"k": "v"}}}', encoding="utf-8")
    found = _host_files.ours(units, [tmp_path / "none.conf"])
    names = {str(path.relative_to(tmp_path)) for path in found.all()}
    assert names == {
        *(f"units/rocketmq-{name}" for name in ("namesrv.service", "broker@n0.service", "broker@n1.service")),
        *("units/rocketmq.target" for _ in "x"),
        "units/rocketmq-broker@n0.service.d/own.conf",
        *(f"etc/{name}.{kind}" for name in ("namesrv", "broker-n0", "broker-n1") for kind in ("conf", "env")),
        "etc/deeper/key.pem",
        "data/namesrv/kvConfig.json",
    }
    assert host_files.kv_tables(found.kv_tables[0]) == {"T": {"k": "v"}}
    assert host_files.kv_tables(data / "nothing") == {}
