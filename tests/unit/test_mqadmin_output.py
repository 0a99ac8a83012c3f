"""The tests' own reader of mqadmin against what mqadmin of three releases printed (see mqadmin_output/)."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/clients"))

import mqadmin  # noqa: E402

OUTPUT = Path(__file__).resolve().parent / "mqadmin_output"


def output(name: str) -> str:
    return (OUTPUT / f"{name}.txt").read_text()


@pytest.mark.parametrize(
    ("release", "version", "ids", "leaders"),
    [
        ("4.7.1", "V4_7_1", [0, 2, 3, 0, 2, 3], {"RaftNode00": "127.0.0.1:21100", "RaftNode01": "127.0.0.1:21200"}),
        ("4.9.7", "V4_9_7", [0, 2, 3, 0, 1, 3], {"RaftNode00": "127.0.0.1:23100", "RaftNode01": "127.0.0.1:23210"}),
        ("5.5.0", "V5_5_0", [0, 1, 3, 0, 2, 3], {"RaftNode00": "127.0.0.1:25110", "RaftNode01": "127.0.0.1:25200"}),
    ],
)
def test_a_full_cluster(release: str, version: str, ids: list[int], leaders: dict[str, str]) -> None:
    members = mqadmin.members(output(f"clusterList-{release}"))
    assert [member.broker_id for member in members] == ids
    assert {member.version for member in members} == {version}
    assert {member.cluster for member in members} == {"RaftCluster"}
    assert mqadmin.leaders(members) == leaders


def test_a_group_that_has_just_lost_its_leader() -> None:
    members = mqadmin.members(output("clusterList-4.7.1-leaderless"))
    assert [member.broker_id for member in members if member.group == "RaftNode01"] == [2, 3]
    assert mqadmin.leaders(members) == {"RaftNode00": "127.0.0.1:21100"}


def test_a_member_that_does_not_answer_and_one_that_is_not_elected() -> None:
    row = "C1                B1                      -1    10.0.0.1:10911                                 0.00(,0ms)  "
    assert mqadmin.members(row) == [mqadmin.Member("C1", "B1", -1, "10.0.0.1:10911", "")]


def test_nothing_to_see() -> None:
    assert mqadmin.members("#Cluster Name     #Broker Name            #BID  #Addr\n") == []


def test_the_configuration_of_a_broker() -> None:
    found = mqadmin.properties(output("getBrokerConfig-4.7.1"))
    assert list(found) == ["127.0.0.1:21100"]
    properties = found["127.0.0.1:21100"]
    assert properties["dLegerSelfId"] == "n0"
    assert properties["dLegerPeers"] == "n0-127.0.0.1:21500;n1-127.0.0.1:21510;n2-127.0.0.1:21520"
    assert properties["sendMessageThreadPoolNums"] == "2"
    assert properties["messageDelayLevel"].startswith("1s 5s")
    assert len(properties) > 150


@pytest.mark.parametrize(("release", "port"), [("4.7.1", "21000"), ("5.5.0", "25000")])
def test_the_configuration_of_a_name_server(release: str, port: str) -> None:
    found = mqadmin.properties(output(f"getNamesrvConfig-{release}"))
    assert found[f"127.0.0.1:{port}"]["listenPort"] == port


def test_an_ordered_topic() -> None:
    assert mqadmin.order(output("updateOrderConf-get-4.7.1")) == "RaftNode01:8;RaftNode00:8"
    assert mqadmin.order(output("updateOrderConf-none-4.7.1")) is None
    routed = output("topicRoute-order-4.7.1")
    assert mqadmin.ordered_route(routed) == "RaftNode01:8;RaftNode00:8"
    assert {group: queues["perm"] for group, queues in (mqadmin.route(routed) or {}).items()} == {
        "RaftNode00": 6,
        "RaftNode01": 6,
    }
    assert mqadmin.ordered_route("") is None
