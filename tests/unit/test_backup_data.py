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


def sample_plan() -> dict[str, Any]:
    sample = Sample()
    return _topology.plan(sample.hostvars, sample.groups)


def seen(plan: dict[str, Any], leader: int, *away: int) -> dict[str, Any]:
    """What cluster_info says of RaftNode00; its members by number."""
    members = plan["groups"][0]["members"]
    return {
        "members": [
            {"group": "RaftNode00", "address": one["address"], "broker_id": 0 if number == leader else number + 1}
            for number, one in enumerate(members)
            if number not in away
        ]
    }


@pytest.mark.parametrize(
    ("leader", "away", "expected"),
    [(0, (), "rmq77"), (2, (), "rmq76"), (2, (0,), "rmq71"), (0, (1,), "rmq76"), (9, (0,), ""), (0, (1, 2), "rmq77")],
)
def test_which_member_is_archived(leader: int, away: tuple[int, ...], expected: str) -> None:
    plan = sample_plan()
    found = _backup_data.store_members(plan, seen(plan, leader, *away), ["RaftNode00"])
    if leader == 9:  # nobody leads, but all follow: without a leader nobody is stopped
        assert found == {}
        assert "no member follows a leader" in _backup_data.store_problems(plan, found, ["RaftNode00"])[0]
        return
    assert found["RaftNode00"]["host"] == expected
    assert _backup_data.store_problems(plan, found, ["RaftNode00"]) == []


def test_a_group_that_is_alone_and_one_that_is_not_there() -> None:
    plan = sample_plan()
    plan["groups"][0]["members"] = plan["groups"][0]["members"][:1]
    found = _backup_data.store_members(plan, seen(plan, 0), ["RaftNode00", "Nothing"])
    problems = _backup_data.store_problems(plan, found, ["RaftNode00", "Nothing"])
    assert problems[0] == "rocketmq_backup_store names Nothing: the cluster has RaftNode00, RaftNode01."
    assert "RaftNode00: no member follows a leader right now" in problems[1]
    assert _backup_data.store_members(plan, seen(plan, 0), []) == {}


STORE = {"group": "RaftNode01", "host": "rmq76", "member_id": "n1", "mode": "dledger", "version": "4.9.7"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, ""),
        ({"version": "4.7.1"}, ""),
        ({"version": "4.9.8"}, "was written by RocketMQ 4.9.8, and 4.9.7 may not read it"),
        ({"member_id": "n2"}, "that of the member rmq76 n2 of a group of mode dledger"),
        ({"host": "rmq99"}, "that of the member rmq99 n1 of a group"),
        ({"mode": "controller"}, "of mode controller, which this inventory does not have"),
        ({"group": "Other"}, "The backup has no store of RaftNode01, only of Other."),
    ],
)
def test_which_store_goes_back(change: dict[str, str], expected: str) -> None:
    found = _backup_data.stores({"stores": [{**STORE, **change}]}, sample_plan(), ["RaftNode01"])
    assert expected in "".join(found["problems"])
    assert [one["instance"]["unit"] for one in found["stores"]] == ([] if expected else ["rocketmq-broker@n1.service"])


def test_no_store_was_asked_for() -> None:
    assert _backup_data.stores({}, sample_plan(), []) == {"problems": [], "stores": []}
