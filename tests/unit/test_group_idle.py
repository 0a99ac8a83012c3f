# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""group_idle against the fake cluster: a growing commit log, consumers that are behind, and neither."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import fake_broker
import pytest
from ansible_collections.rocketmq.cluster.plugins.modules import group_idle
from fake_broker import FakeCluster
from module_runner import Runner

ONE, OTHER = "RaftNode00", "RaftNode01"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_idle, "_PAUSE", 0.02)


@pytest.fixture(params=fake_broker.VERSIONS)
def cluster(request: pytest.FixtureRequest) -> Iterator[FakeCluster]:
    """billing has read two of three orders in ONE."""
    with FakeCluster(request.param, groups=2, name_servers=2) as fake:
        store = fake.leader(ONE).store
        store.put_group("billing", {})
        store.put_topic("orders", readQueueNums=1, writeQueueNums=1)
        for number in range(3):
            store.append("orders", 0, b"", at=1000 + number)
        store.offsets["orders", "billing"] = {0: 2}
        yield fake


def idle(run: Runner, cluster: FakeCluster, **options: Any) -> dict[str, Any]:
    return run(group_idle, **{"namesrv": cluster.namesrv, "quiet": 0.1, "wait": 0.5, "timeout": 1.0, **options})


def growing(cluster: FakeCluster, group: str, looks: int) -> None:
    """The leader's commit log has grown at each of so many looks."""
    leader = cluster.leader(group)
    original, seen = leader.answer, itertools.count(1)

    def answer(request: Any) -> bytes | None:
        if request.code == 28:
            leader.runtime["commitLogMaxOffset"] = str(1000 + min(next(seen), looks))
        return original(request)

    leader.answer = answer  # type: ignore[method-assign]


def test_quiet_groups(cluster: FakeCluster, run: Runner) -> None:
    result = idle(run, cluster)
    assert not result["failed"], result
    assert not result["changed"]
    assert {group: (found["end"], found["behind"]) for group, found in result["groups"].items()} == {
        ONE: (1000, {}),
        OTHER: (1000, {}),
    }
    assert min(found["quiet"] for found in result["groups"].values()) >= 0.1


def test_a_group_that_is_written_to(cluster: FakeCluster, run: Runner) -> None:
    growing(cluster, OTHER, 10_000)
    result = idle(run, cluster)
    assert result["failed"]
    assert result["msg"].startswith("After 0.5 s:\nGroup RaftNode01 is still written to: its commit log grew 0 s ago")
    assert not idle(run, cluster, groups=[ONE])["failed"]


def test_writers_that_stop_in_time(cluster: FakeCluster, run: Runner) -> None:
    growing(cluster, ONE, 3)
    result = idle(run, cluster, groups=[ONE], wait=5)
    assert (result["failed"], result["groups"][ONE]["end"]) == (False, 1003)


def test_what_is_not_consumed(cluster: FakeCluster, run: Runner) -> None:
    result = idle(run, cluster, consumed=True)
    assert "Group RaftNode00 has 1 messages that billing has not consumed." in result["msg"]
    assert result["groups"][ONE]["behind"] == {"billing": 1}
    assert not idle(run, cluster, consumed=True, ignore=["bill*"])["failed"]
    cluster.leader(ONE).store.offsets["orders", "billing"] = {0: 3}
    assert not idle(run, cluster, consumed=True)["failed"]


def test_messages_for_later_and_undecided_transactions(cluster: FakeCluster, run: Runner) -> None:
    """How brokers tell of them was seen on real ones: a level per key, ``delivered,end``; the half topic's offsets."""
    leader = cluster.leader(OTHER)
    leader.runtime |= {"scheduleMessageOffset_3": "5,7", "scheduleMessageOffset_18": "1,1"}
    result = idle(run, cluster, consumed=True, groups=[OTHER])
    assert result["msg"].endswith("Group RaftNode01 has 2 delayed messages that are not due yet.")
    assert result["groups"][OTHER]["delayed"] == 2
    assert not idle(run, cluster, groups=[OTHER])["failed"]
    leader.runtime |= {"scheduleMessageOffset_3": "7,7"}
    leader.store.put_topic("RMQ_SYS_TRANS_HALF_TOPIC", readQueueNums=1, writeQueueNums=1)
    leader.store.append("RMQ_SYS_TRANS_HALF_TOPIC", 0, b"", at=1000)
    leader.store.offsets["RMQ_SYS_TRANS_HALF_TOPIC", "CID_RMQ_SYS_TRANS"] = {0: 0}
    assert "has 1 prepared transactions" in idle(run, cluster, consumed=True, groups=[OTHER])["msg"]
    leader.store.offsets["RMQ_SYS_TRANS_HALF_TOPIC", "CID_RMQ_SYS_TRANS"] = {0: 1}
    assert not idle(run, cluster, consumed=True, groups=[OTHER])["failed"]


def test_a_leader_that_moves_is_found_again(cluster: FakeCluster, run: Runner) -> None:
    cluster.register(ONE, {1: cluster.brokers[ONE][0].address})
    assert "RaftNode00: no leader is registered right now" in idle(run, cluster)["msg"]
    cluster.lead(ONE, 1)
    assert not idle(run, cluster)["failed"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"quiet": 0}, "quiet is 0: write seconds, above 0."),
        ({"wait": -1}, "wait is -1: write seconds, above 0."),
        ({"groups": ["RaftNode07"]}, "groups: the cluster RaftCluster has no broker group RaftNode07"),
    ],
)
def test_bad_options(options: dict[str, Any], sentence: str, cluster: FakeCluster, run: Runner) -> None:
    assert sentence in idle(run, cluster, **options)["msg"]
