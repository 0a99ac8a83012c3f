# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""message_probe against the fake cluster: messages come back, also through a change of leader, or it says why not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import fake_broker
import pytest
from ansible_collections.rocketmq.cluster.plugins.module_utils import _remoting
from ansible_collections.rocketmq.cluster.plugins.modules import message_probe
from fake_broker import FakeCluster
from module_runner import Runner

GROUP = "RaftNode00"
TOPIC = "rocketmq_cluster_probe"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_probe, "_PAUSE", 0.05)


@pytest.fixture(params=fake_broker.VERSIONS)
def cluster(request: pytest.FixtureRequest) -> Iterator[FakeCluster]:
    with FakeCluster(request.param, groups=2, name_servers=2) as fake:
        yield fake


def probe(run: Runner, cluster: FakeCluster, **changes: Any) -> dict[str, Any]:
    return run(message_probe, **{"namesrv": cluster.namesrv, "timeout": 1.0, "wait": 3, **changes})


def codes(cluster: FakeCluster, number: int = 0, group: str = GROUP) -> list[int]:
    return cluster.brokers[group][number].codes()


def test_all_groups(cluster: FakeCluster, run: Runner) -> None:
    result = probe(run, cluster)
    assert not result["failed"]
    assert not result["changed"]
    assert sorted(result["groups"]) == ["RaftNode00", "RaftNode01"]
    found = result["groups"][GROUP]
    assert found["leader"] == cluster.brokers[GROUP][0].address
    assert (len(found["ids"]), found["offsets"], found["read"], found["error"], found["topic_created"]) == (
        1,
        [0],
        1,
        None,
        True,
    )
    assert found["send_ms"] > 0
    assert found["read_ms"] > 0
    assert codes(cluster) == [310, 17, 310, 11]
    assert codes(cluster, 1) == []


def test_second_run_finds_the_topic(cluster: FakeCluster, run: Runner) -> None:
    probe(run, cluster)
    result = probe(run, cluster, groups=[GROUP], count=3)
    assert result["groups"][GROUP]["topic_created"] is False
    assert result["groups"][GROUP]["offsets"] == [1, 2, 3]
    assert result["groups"][GROUP]["read"] == 3
    assert codes(cluster)[4:] == [310, 310, 310, 11, 11, 11]
    assert len({*cluster.brokers[GROUP][0].store.topics[TOPIC]}) == 4
    assert codes(cluster, 0, "RaftNode01") == [310, 17, 310, 11]


def test_topic_is_created_readable_and_writable_with_one_queue(cluster: FakeCluster, run: Runner) -> None:
    probe(run, cluster, topic="heart_beat")
    created = next(request for request in cluster.brokers[GROUP][0].log if request.code == 17)
    assert [created.ext[key] for key in ("topic", "perm", "readQueueNums", "writeQueueNums")] == [
        "heart_beat",
        "6",
        "1",
        "1",
    ]


def test_check_mode_sends_nothing(cluster: FakeCluster, run: Runner) -> None:
    result = run(message_probe, check_mode=True, namesrv=cluster.namesrv)
    assert (result["failed"], result["changed"], result["skipped"]) == (False, False, True)
    assert cluster.name_servers[0].log == []
    assert all(broker.log == [] for brokers in cluster.brokers.values() for broker in brokers)


def test_leader_changes_before_the_send(cluster: FakeCluster, run: Runner) -> None:
    """The name servers still name the old leader, which refuses."""
    cluster.lead(GROUP, 1)
    cluster.register(GROUP, {0: cluster.brokers[GROUP][0].address}, cluster.name_servers)
    timer = threading.Timer(0.2, lambda: cluster.lead(GROUP, 1))
    timer.start()
    found = probe(run, cluster, groups=[GROUP])["groups"][GROUP]
    assert found["leader"] == cluster.brokers[GROUP][1].address
    assert found["read"] == 1


def test_leader_dies_between_send_and_read(cluster: FakeCluster, run: Runner) -> None:
    old, new = cluster.brokers[GROUP][:2]

    def die(connected: Any, answer: bytes) -> None:
        cluster.lead(GROUP, 1)
        fake_broker.reset(connected, answer)

    old.faults[11] = [die]
    result = probe(run, cluster, groups=[GROUP], count=2)
    assert not result["failed"], result["msg"]
    assert result["groups"][GROUP]["leader"] == new.address
    assert new.codes() == [11, 11]
    assert len(old.store.topics[TOPIC]) == 2


def test_other_name_server_knows_the_new_leader(cluster: FakeCluster, run: Runner) -> None:
    cluster.brokers[GROUP][0].close()
    cluster.lead(GROUP, 2, cluster.name_servers[1:])
    result = probe(run, cluster, groups=[GROUP])
    assert result["groups"][GROUP]["leader"] == cluster.brokers[GROUP][2].address


def test_lost_acknowledgement_is_sent_again(cluster: FakeCluster, run: Runner) -> None:
    cluster.brokers[GROUP][0].faults[310] = [fake_broker.silent, fake_broker.silent]
    found = probe(run, cluster, groups=[GROUP])["groups"][GROUP]
    assert found["read"] == 1
    assert found["error"] is None


def test_message_that_takes_time_to_be_readable(cluster: FakeCluster, run: Runner) -> None:
    broker = cluster.brokers[GROUP][0]
    broker.readable = False
    threading.Timer(0.2, lambda: setattr(broker, "readable", True)).start()
    assert probe(run, cluster, groups=[GROUP])["groups"][GROUP]["read"] == 1


def test_message_that_never_becomes_readable(cluster: FakeCluster, run: Runner) -> None:
    cluster.brokers[GROUP][0].readable = False
    result = probe(run, cluster, groups=[GROUP], wait=0.3)
    assert result["failed"]
    assert f"Group {GROUP}: message 0000" in result["msg"]
    assert "was acknowledged, but" in result["msg"]
    assert result["groups"][GROUP]["read"] == 0


def test_another_body_comes_back(cluster: FakeCluster, run: Runner) -> None:
    broker = cluster.brokers[GROUP][0]
    original = broker.message
    broker.message = lambda offset, body: original(offset, body[:-1] + b"?")  # type: ignore[method-assign]
    result = probe(run, cluster, groups=[GROUP], wait=0.3)
    assert "another message than" in result["msg"]


def test_no_leader_and_unknown_group(cluster: FakeCluster, run: Runner) -> None:
    cluster.register(GROUP, {-1: cluster.brokers[GROUP][0].address})
    result = probe(run, cluster, groups=[GROUP, "RaftNode01", "RaftNode09"], wait=0.2)
    assert result["msg"].splitlines() == [
        f"Group {GROUP}: it has no leader; start more of its members.",
        "Group RaftNode09: the name servers do not know it; check its name and that its brokers run.",
    ]
    assert result["groups"]["RaftNode01"]["read"] == 1
    assert result["groups"][GROUP]["leader"] is None


def test_permanent_refusal_does_not_wait(cluster: FakeCluster, run: Runner) -> None:
    def forbid(connected: Any, answer: bytes) -> None:
        raw = fake_broker.reply(cluster.version, "send_no_topic", _remoting.decode(answer[4:]).opaque)
        connected.sendall(raw.replace(b'"code":17', b'"code":16', 1))

    cluster.brokers[GROUP][0].faults[310] = [forbid]
    result = probe(run, cluster, groups=[GROUP], wait=20)
    assert "NO_PERMISSION (16)" in result["msg"]


def test_no_name_server(cluster: FakeCluster, run: Runner) -> None:
    for server in cluster.name_servers:
        server.close()
    for groups in (None, [GROUP]):
        result = probe(run, cluster, groups=groups, wait=0.2)
        assert result["failed"]
        for address in cluster.namesrv:
            assert address in result["msg"]


def test_no_broker(run: Runner) -> None:
    with FakeCluster("4.7.1", groups=0) as cluster:
        result = probe(run, cluster)
    assert result["failed"]
    assert "know no broker" in result["msg"]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"topic": "a b"}, "topic is 'a b'"),
        ({"topic": "x" * 128}, "topic is"),
        ({"count": 0}, "count is 0"),
        ({"wait": 0}, "wait is 0"),
    ],
)
def test_wrong_options(run: Runner, changes: dict[str, Any], text: str) -> None:
    result = run(message_probe, namesrv=["127.0.0.1:1"], **changes)
    assert result["failed"]
    assert text in result["msg"]
