# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""group_leader against fakes: who is asked what, what is refused, and what a refusal of the leader leads to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import fake_dledger
import pytest
from ansible_collections.rocketmq.cluster.plugins.module_utils import _changes
from ansible_collections.rocketmq.cluster.plugins.modules import group_leader
from fake_broker import FakeCluster
from fake_controller import FakeController
from fake_dledger import FakeDLedger
from module_runner import Runner

GROUP = "RaftNode00"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_changes, "_SETTLE_SECONDS", 0.05)


@pytest.fixture
def cluster() -> Iterator[FakeCluster]:
    with FakeCluster("4.9.7", groups=2, name_servers=2) as fake:
        yield fake


@pytest.fixture
def ports(cluster: FakeCluster) -> Iterator[list[FakeDLedger]]:
    found = fake_dledger.attach(cluster, GROUP)
    yield found
    for port in found:
        port.close()


def hand_over(run: Runner, cluster: FakeCluster, check_mode: bool = False, **options: Any) -> dict[str, Any]:
    given = {"namesrv": cluster.namesrv, "timeout": 1.0, "wait": 2, "group": GROUP}
    return run(group_leader, check_mode, **{**given, **options})


def addresses(cluster: FakeCluster) -> list[str]:
    return [broker.address for broker in cluster.brokers[GROUP]]


def test_to_a_member(cluster: FakeCluster, ports: list[FakeDLedger], run: Runner) -> None:
    first, _second, third = addresses(cluster)
    result = hand_over(run, cluster, to=third)
    assert (result["changed"], result["leader"]) == (True, third)
    assert result["actions"][0]["before"] == {"leader": first}
    assert cluster.brokers[GROUP][2].is_leader
    again = hand_over(run, cluster, to=third)
    assert (again["changed"], again["leader"]) == (False, third)
    assert [port.codes() for port in ports] == [[51002, 51005], [], []]


def test_away_from_a_member_to_the_one_with_most(cluster: FakeCluster, ports: list[FakeDLedger], run: Runner) -> None:
    first, second, third = addresses(cluster)
    cluster.brokers[GROUP][2].runtime["commitLogMaxOffset"] = "2000"
    assert not hand_over(run, cluster, away_from=second)["changed"]
    result = hand_over(run, cluster, away_from=first)
    assert (result["changed"], result["leader"]) == (True, third)
    assert not hand_over(run, cluster, away_from=first)["changed"]


def test_check_mode_asks_nobody_to_do_anything(cluster: FakeCluster, ports: list[FakeDLedger], run: Runner) -> None:
    first, second, _third = addresses(cluster)
    result = hand_over(run, cluster, check_mode=True, to=second)
    assert (result["changed"], result["leader"]) == (True, first)
    assert result["diff"]["after"] == {GROUP: {"leader": {GROUP: {"leader": second}}}}
    assert [port.codes() for port in ports] == [[], [], []]


def test_a_leader_that_refuses_is_asked_again_until_the_time_is_over(
    cluster: FakeCluster, ports: list[FakeDLedger], run: Runner
) -> None:
    def another_term() -> None:
        ports[0].term += 1

    ports[0].hooks[51005] = [another_term]
    assert hand_over(run, cluster, to=addresses(cluster)[1])["changed"]
    ports[1].hooks[51005] = [lambda: setattr(ports[1], "term", ports[1].term + 1) for _attempt in range(1000)]
    result = hand_over(run, cluster, to=addresses(cluster)[0], wait=0.3)
    assert result["failed"]
    assert "DLEDGER_LEADERSHIP_TRANSFER" in result["msg"]
    assert "its term is another by now (407)" in result["msg"]


def test_a_leader_that_the_name_servers_forgot_registers_again(
    cluster: FakeCluster, ports: list[FakeDLedger], run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = addresses(cluster)

    def lead(group: str, leader: int) -> None:
        """The registration of the new leader is followed by an old one of its predecessor."""
        FakeCluster.lead(cluster, group, leader)
        cluster.register(group, {1: first, 3: third})
        others = {0: second, 1: first, 3: third}
        monkeypatch.setattr(cluster.brokers[group][leader], "register", lambda: cluster.register(group, others))

    monkeypatch.setattr(cluster, "lead", lead)
    result = hand_over(run, cluster, to=second)
    assert (result["changed"], result["leader"]) == (True, second)
    assert [broker.codes().count(25) for broker in cluster.brokers[GROUP]] == [0, 1, 0]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"group": "RaftNode07", "to": "127.0.0.1:1"},
            "groups: the cluster RaftCluster has no broker group RaftNode07",
        ),
        ({"to": "127.0.0.1:1"}, "to: 127.0.0.1:1 is no registered member of RaftNode00"),
        ({"group": "RaftNode01", "to": "127.0.0.1:1"}, "the master of RaftNode01 is fixed"),
        ({}, "one of the following is required: to, away_from"),
        ({"to": "a", "away_from": "b"}, "mutually exclusive: to|away_from"),
    ],
)
def test_refused(
    options: dict[str, Any], sentence: str, cluster: FakeCluster, ports: list[FakeDLedger], run: Runner
) -> None:
    for broker in cluster.brokers["RaftNode01"]:
        broker.config.values.update(enableDLegerCommitLog="false")
    result = hand_over(run, cluster, **options)
    assert result["failed"]
    assert sentence in result["msg"]
    assert [port.codes() for port in ports] == [[], [], []]


def test_not_before_4_8_0(run: Runner) -> None:
    with FakeCluster("4.7.1") as cluster:
        ports = fake_dledger.attach(cluster, GROUP)
        result = hand_over(run, cluster, to=addresses(cluster)[1])
        assert "runs RocketMQ 4.7.1, and DLedger hands leadership over from 4.8.0 on" in result["msg"]
        assert [port.codes() for port in ports] == [[], [], []]


def test_one_that_is_fixed_may_be_left_as_it_is(run: Runner) -> None:
    with FakeCluster("4.7.1") as cluster:
        first, second, _third = addresses(cluster)
        cluster.brokers[GROUP][0].config.values.update(enableDLegerCommitLog="false")
        found = hand_over(run, cluster, away_from=first, require=False)
        assert (found["failed"], found["changed"], found["fixed"], found["leader"]) == (False, False, True, first)
        assert found["drain"]
        other = hand_over(run, cluster, away_from=second, require=False)
        assert (other["fixed"], other["drain"]) == (False, False)


@pytest.mark.parametrize(("version", "drain"), [("4.9.7", False), ("5.5.0", True)])
def test_writers_go_first_where_a_former_leader_is_busy(version: str, drain: bool, run: Runner) -> None:
    with FakeCluster(version) as cluster:
        fake_dledger.attach(cluster, GROUP)
        first, second, _third = addresses(cluster)
        found = hand_over(run, cluster, check_mode=True, away_from=first)
        assert (found["changed"], found["fixed"], found["drain"], found["leader"]) == (True, False, drain, first)
        assert not hand_over(run, cluster, check_mode=True, away_from=second)["drain"]
        upgraded = hand_over(run, cluster, check_mode=True, away_from=first, next_version="5.3.3")
        assert upgraded["drain"], "it is busy when it comes back"


def test_without_another_member(cluster: FakeCluster, ports: list[FakeDLedger], run: Runner) -> None:
    first = addresses(cluster)[0]
    cluster.register(GROUP, {0: first})
    assert "RaftNode00 has no other registered member" in hand_over(run, cluster, away_from=first)["msg"]


def test_through_controllers(run: Runner) -> None:
    with FakeCluster("5.5.0") as cluster:
        controllers = [FakeController("5.5.0"), FakeController("5.5.0")]
        known = ";".join(controller.address for controller in controllers)
        for broker in cluster.brokers[GROUP]:
            values = {"enableDLegerCommitLog": "false", "enableControllerMode": "true", "controllerAddr": known}
            broker.config.values.update(values)
        for controller in controllers:
            controller.leader = controllers[1].address
            controller.elects = lambda fields: cluster.lead(fields["brokerName"], int(fields["brokerId"]) - 1)
        third = addresses(cluster)[2]
        controllers[1].refusals = 2
        result = hand_over(run, cluster, to=third)
        assert (result["changed"], result["leader"]) == (True, third)
        asked = [request.ext for request in controllers[1].log if request.code == 1002]
        wanted = {"clusterName": "RaftCluster", "brokerName": GROUP, "brokerId": "3", "designateElect": "true"}
        assert asked == [wanted] * 3
        assert 1002 not in controllers[0].codes()
        for controller in controllers:
            controller.leader = ""
        failed = hand_over(run, cluster, to=addresses(cluster)[0], wait=0.2)
        assert f"The controllers ({known.replace(';', ', ')}) have no leader." in failed["msg"]
        for controller in controllers:
            controller.close()
