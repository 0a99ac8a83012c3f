# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""offset_reset where consumers are connected, leaders move, or what is asked for is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import fake_broker
import fake_frames
import pytest
from ansible_collections.rocketmq.cluster.plugins.module_utils import _offsets, _remoting
from ansible_collections.rocketmq.cluster.plugins.modules import offset_reset
from module_runner import Runner

ONE, OTHER = "RaftNode00", "RaftNode01"
CLIENT = {"clientAddr": "127.0.0.1:1", "clientId": "billing@1", "language": "JAVA", "version": 355}


@pytest.fixture(params=fake_broker.VERSIONS)
def cluster(request: pytest.FixtureRequest) -> Iterator[fake_broker.FakeCluster]:
    """billing has read two of three orders, in both broker groups."""
    with fake_broker.FakeCluster(request.param, groups=2) as fake:
        for group in (ONE, OTHER):
            store = fake.leader(group).store
            store.put_group("billing", {})
            store.put_topic("orders", readQueueNums=2, writeQueueNums=1)
            for _ in range(3):
                store.append("orders", 0, b"")
            store.offsets["orders", "billing"] = {0: 2, 1: 0}
        yield fake


def reset(cluster: fake_broker.FakeCluster, run: Runner, to: str, **options: Any) -> dict[str, Any]:
    names = {"consumer_group": "billing", "topic": "orders"}
    return run(offset_reset, namesrv=cluster.namesrv, to=to, **{**names, **options})


def offsets(cluster: fake_broker.FakeCluster, group: str = ONE) -> dict[int, int]:
    return cluster.leader(group).store.offsets["orders", "billing"]


def connect(cluster: fake_broker.FakeCluster, topic: str = "orders") -> None:
    for group in (ONE, OTHER):
        cluster.leader(group).store.online["billing"] = {topic: [CLIENT]}


def written(cluster: fake_broker.FakeCluster) -> list[int]:
    brokers = [broker for group in cluster.brokers.values() for broker in group]
    return sorted(code for broker in brokers for code in broker.codes() if code in (15, 222))


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("earliest", 0),
        ("latest", -1),
        ("1700000000000", 1700000000000),
        ("2023-11-14T22:13:20Z", 1700000000000),
        ("2023-11-14 23:13:20.250+01:00", 1700000000250),
    ],
)
def test_moments(to: str, expected: int) -> None:
    assert _offsets.moment(to) == expected


@pytest.mark.parametrize(
    ("to", "text"),
    [
        ("yesterday", "to is 'yesterday': write earliest, latest, a time such as"),
        ("1700000000", "to is '1700000000': write earliest, latest, a time such as"),
        ("2023-11-14T22:13:20", "to is '2023-11-14T22:13:20', without a zone"),
        ("", "to is ''"),
        ("٣" * 13, "to is"),
        ("9" * 30, "to is"),
        ("1969-12-31T23:59:59.999Z", "write earliest."),
    ],
)
def test_wrong_moments(to: str, text: str, run: Runner) -> None:
    result = run(offset_reset, namesrv=["127.0.0.1:1"], consumer_group="billing", topic="orders", to=to)
    assert result["failed"]
    assert text in result["msg"]


def test_offline_offsets_are_written_by_queue(cluster: fake_broker.FakeCluster, run: Runner) -> None:
    result = reset(cluster, run, "earliest")
    assert result["changed"]
    assert result["diff"]["before"] == {group: {"offsets": {"billing on orders": {"0": 2}}} for group in (ONE, OTHER)}
    assert offsets(cluster) == offsets(cluster, OTHER) == {0: 0, 1: 0}
    assert set(written(cluster)) == {15}
    assert not reset(cluster, run, "earliest")["changed"]


def test_connected_consumers_need_force(cluster: fake_broker.FakeCluster, run: Runner) -> None:
    connect(cluster)
    for check_mode in (False, True):
        result = run(
            offset_reset, check_mode, namesrv=cluster.namesrv, consumer_group="billing", topic="orders", to="latest"
        )
        assert f"offsets billing on orders in {ONE}: consumers are connected (billing@1): stop them" in result["msg"]
        assert "may be consumed twice" in result["msg"]
    assert written(cluster) == []
    result = reset(cluster, run, "latest", force=True)
    assert (result["failed"], result["changed"]) == (False, True)
    assert written(cluster) == [222, 222]
    assert offsets(cluster)[0] == 3
    assert not reset(cluster, run, "latest")["changed"], "nothing to do needs no force"


def test_what_consumers_commit_after_it_is_theirs(cluster: fake_broker.FakeCluster, run: Runner) -> None:
    connect(cluster)
    leader = cluster.leader(ONE)

    def consumed(connected: Any, answer: bytes) -> None:
        offsets(cluster)[0] = 1
        connected.sendall(answer)

    leader.faults[222] = [consumed]
    result = reset(cluster, run, "earliest", force=True)
    assert (result["failed"], written(cluster)) == (False, [222, 222])


def test_consumers_of_another_topic_do_not_count(cluster: fake_broker.FakeCluster, run: Runner) -> None:
    connect(cluster, "payments")
    assert reset(cluster, run, "latest")["changed"]
    assert set(written(cluster)) == {15}


def test_broadcast_consumers_are_refused(
    cluster: fake_broker.FakeCluster, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(cluster)
    real = fake_frames.body(cluster.version, "consumer_connections")
    monkeypatch.setitem(real, "messageModel", "BROADCASTING")
    result = reset(cluster, run, "latest", force=True)
    assert "are broadcast to and keep their own offsets" in result["msg"]
    assert written(cluster) == []


def test_producers_that_go_on_do_not_move_the_target(cluster: fake_broker.FakeCluster, run: Runner) -> None:
    leader = cluster.leader(ONE)
    leader.hooks[15] = [lambda: leader.store.append("orders", 0, b"") and None]
    result = reset(cluster, run, "latest")
    assert (result["failed"], offsets(cluster)[0]) == (False, 3)


def test_a_leader_that_moves_in_the_middle(cluster: fake_broker.FakeCluster, run: Runner) -> None:
    old, new = cluster.brokers[ONE][:2]

    def moves(connected: Any, answer: bytes) -> None:
        cluster.lead(ONE, 1)
        old.config.values["brokerRole"] = "SLAVE"
        offsets(cluster)[0] = 2  # it had not been copied
        connected.sendall(answer)

    old.faults[15] = [moves]
    result = reset(cluster, run, "latest", wait=10)
    assert (result["failed"], result["changed"]) == (False, True), result
    assert 15 in new.codes()
    assert offsets(cluster)[0] == 3


def test_told_by_a_leader_that_is_none_any_more_is_told_again(cluster: fake_broker.FakeCluster, run: Runner) -> None:
    connect(cluster)
    old, new = cluster.brokers[ONE][:2]

    def moves(connected: Any, answer: bytes) -> None:
        cluster.lead(ONE, 1)
        offsets(cluster)[0] = 2
        connected.sendall(answer)

    old.faults[222] = [moves]
    result = reset(cluster, run, "latest", force=True, wait=10)
    assert (result["failed"], result["changed"]) == (False, True), result
    assert 222 in new.codes()


def test_a_follower_is_not_written_to(cluster: fake_broker.FakeCluster, run: Runner) -> None:
    cluster.leader(ONE).config.values["brokerRole"] = "SLAVE"
    result = reset(cluster, run, "latest", wait=1)
    assert f"{ONE}: no leader is registered right now" in result["msg"]
    assert written(cluster) == []


def test_a_reset_without_an_answer_is_not_done(cluster: fake_broker.FakeCluster, run: Runner) -> None:
    connect(cluster)

    def unanswered(connected: Any, answer: bytes) -> None:
        offsets(cluster)[0] = 2

    cluster.leader(ONE).faults[222] = [unanswered] * 50
    result = reset(cluster, run, "earliest", force=True, timeout=1, wait=1)
    assert [action["place"] for action in result["actions"]] == [OTHER]
    assert f"offsets billing on orders in {ONE}: INVOKE_BROKER_TO_RESET_OFFSET to " in result["msg"]
    assert "no answer within 1 s" in result["msg"]


@pytest.mark.parametrize("body", [b"{}", b'{"offsetTable":{}}', b'{"offsetTable":{"a":1}}', b"[1]"])
def test_the_answer_must_be_about_every_queue(
    body: bytes, cluster: fake_broker.FakeCluster, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(cluster)
    leader = cluster.leader(ONE)

    def strange(connected: Any, answer: bytes) -> None:
        offsets(cluster)[0] = 2
        opaque = _remoting.decode(answer[4:]).opaque
        connected.sendall(fake_broker.reply(cluster.version, "reset_offset", opaque, body=body))

    leader.faults[222] = [strange] * 50
    result = reset(cluster, run, "earliest", force=True, wait=1)
    assert result["failed"]
    assert "an answer without what it should contain" in result["msg"]
    assert [failure["place"] for failure in result["failures"]] == [ONE]


def test_an_earlier_reset_that_nobody_has_seen_yet(run: Runner) -> None:
    """5.x ignores, with code 0, what is committed before consumers have learnt of it; it takes another reset."""
    with fake_broker.FakeCluster("5.5.0") as cluster:
        leader = cluster.leader(ONE)
        leader.store.put_group("billing", {})
        leader.store.put_topic("orders")
        leader.store.append("orders", 0, b"")
        leader.store.offsets["orders", "billing"] = {0: 0}

        def ignored(connected: Any, answer: bytes) -> None:
            offsets(cluster)[0] = 0
            opaque = _remoting.decode(answer[4:]).opaque
            names = {"": "Offset has been previously reset"}
            connected.sendall(fake_frames.reply("5.5.0", "update_offset", opaque, names=names))

        leader.faults[15] = [ignored]
        result = reset(cluster, run, "latest")
        assert (result["failed"], written(cluster)) == (False, [15, 222]), result


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"consumer_group": "nobody"}, f"there is no nobody in {ONE}, {OTHER}: check its name, or create it"),
        ({"topic": "nothing"}, f"topic: there is no nothing in {ONE}, {OTHER}: check its name and groups."),
        ({"consumer_group": "TOOLS_CONSUMER"}, "TOOLS_CONSUMER belongs to RocketMQ itself"),
        ({"consumer_group": "CID_DefaultHeartBeatSyncerTopic"}, "SyncerTopic belongs to RocketMQ itself"),
        ({"groups": ["RaftNode99"]}, "has no broker group RaftNode99"),
    ],
)
def test_unknown_names(options: dict[str, Any], text: str, cluster: fake_broker.FakeCluster, run: Runner) -> None:
    result = reset(cluster, run, "latest", **options)
    assert result["failed"]
    assert text in result["msg"]
    assert written(cluster) == []


@pytest.mark.parametrize("code", [14, 21, 30, 201, 203])
@pytest.mark.parametrize("fault", [fake_broker.half, fake_broker.silent])
def test_what_cannot_be_read_is_said(
    code: int, fault: fake_broker.Fault, cluster: fake_broker.FakeCluster, run: Runner
) -> None:
    leader = cluster.leader(ONE)
    leader.faults[code] = [fault] * 5
    result = reset(cluster, run, "latest", timeout=0.5)
    assert leader.address in result["msg"]
    assert written(cluster) == []
