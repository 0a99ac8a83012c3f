# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""broker_write against the fake cluster: guards, warnings, and what goes wrong on the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import fake_broker
import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.modules import broker_write
from fake_broker import FakeCluster
from module_runner import Runner

GROUP, OTHER = "RaftNode00", "RaftNode01"
READ, WRITE = 26, 25


@pytest.fixture(params=fake_broker.VERSIONS)
def cluster(request: pytest.FixtureRequest) -> Iterator[FakeCluster]:
    with FakeCluster(request.param, groups=2, name_servers=2) as fake:
        for brokers in fake.brokers.values():
            for broker in brokers:
                broker.config.values["dLegerPeers"] = "n0-127.0.0.1:1;n1-127.0.0.1:2;n2-127.0.0.1:3"
        yield fake


@pytest.fixture
def warned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What users are warned of, which ends up in another place when other tests have imported the controller's code."""
    said: list[str] = []
    monkeypatch.setattr(AnsibleModule, "warn", lambda _module, sentence: said.append(sentence))
    return said


def call(run: Runner, cluster: FakeCluster, state: str, *groups: str, check_mode: bool = False, **options: Any) -> Any:
    given = {"namesrv": cluster.namesrv, "groups": list(groups), "state": state, "timeout": 1.0, "wait": 5}
    return run(broker_write, check_mode, **{**given, **options})


def permissions(cluster: FakeCluster, group: str) -> list[str]:
    return [broker.config.values["brokerPermission"] for broker in cluster.brokers[group]]


def told(cluster: FakeCluster, group: str) -> list[int]:
    """What each name server tells clients of the group's own topic."""
    return [server.routes[group][group]["perm"] for server in cluster.name_servers]


def test_it_is_taken_from_every_member_and_given_back(run: Runner, cluster: FakeCluster, warned: list[str]) -> None:
    store = cluster.brokers[GROUP][0].store
    store.put_topic("orders", perm=6)
    store.put_topic("archive", perm=4)
    result = call(run, cluster, "withdrawn", GROUP)
    assert result["changed"], result
    assert permissions(cluster, GROUP) == ["4", "4", "4"]
    assert permissions(cluster, OTHER) == ["6", "6", "6"]
    assert told(cluster, GROUP) == [4, 4]
    addresses = [broker.address for broker in cluster.brokers[GROUP]]
    assert result["groups"] == {
        GROUP: {"leader": addresses[0], "permissions": dict.fromkeys(addresses, 4), "topics": 1}
    }
    assert [(action["kind"], action["place"]) for action in result["actions"]] == [("permission", a) for a in addresses]
    assert not call(run, cluster, "withdrawn", GROUP)["changed"]
    assert call(run, cluster, "granted", GROUP)["changed"]
    assert permissions(cluster, GROUP) == ["6", "6", "6"]
    assert told(cluster, GROUP)[0] & 2
    assert not call(run, cluster, "granted", GROUP)["changed"]
    assert warned == []


def test_check_mode_writes_nothing(run: Runner, cluster: FakeCluster) -> None:
    result = call(run, cluster, "withdrawn", GROUP, check_mode=True)
    assert result["changed"]
    assert permissions(cluster, GROUP) == ["6", "6", "6"]
    assert not any(WRITE in broker.codes() for broker in cluster.brokers[GROUP])


def test_the_permission_to_read_stays_as_it_is(run: Runner, cluster: FakeCluster) -> None:
    for broker in cluster.brokers[GROUP]:
        broker.config.values["brokerPermission"] = "2"
    call(run, cluster, "withdrawn", GROUP)
    assert permissions(cluster, GROUP) == ["0", "0", "0"]


def test_the_last_group_is_refused_without_force(run: Runner, cluster: FakeCluster) -> None:
    both = call(run, cluster, "withdrawn", GROUP, OTHER)
    assert both["msg"] == (
        f"groups: no other group of the cluster RaftCluster takes writes: without {GROUP}, {OTHER} nobody can send "
        "anything. Leave one out, or set force."
    )
    assert permissions(cluster, GROUP) == ["6", "6", "6"]
    call(run, cluster, "withdrawn", GROUP)
    last = call(run, cluster, "withdrawn", OTHER)
    assert f"without {OTHER} nobody" in last["msg"]
    assert call(run, cluster, "withdrawn", OTHER, force=True)["changed"]
    assert permissions(cluster, OTHER) == ["4", "4", "4"]
    unchanged = call(run, cluster, "withdrawn", GROUP, OTHER)
    assert (unchanged["failed"], unchanged["changed"]) == (False, False)


def test_the_last_group_can_be_left_as_it_is(run: Runner, cluster: FakeCluster) -> None:
    taken = call(run, cluster, "withdrawn", GROUP, keep_last=True)
    assert (taken["changed"], taken["kept"]) == (True, [])
    last = call(run, cluster, "withdrawn", OTHER, keep_last=True)
    assert (last["failed"], last["changed"], last["kept"]) == (False, False, [OTHER])
    assert permissions(cluster, OTHER) == ["6", "6", "6"]
    again = call(run, cluster, "withdrawn", GROUP, keep_last=True)
    assert (again["failed"], again["changed"], again["kept"]) == (False, False, [])
    assert "mutually exclusive" in call(run, cluster, "withdrawn", OTHER, keep_last=True, force=True)["msg"]


def test_a_group_without_a_leader_is_nobody_to_rely_on(run: Runner, cluster: FakeCluster) -> None:
    cluster.register(OTHER, {-1: cluster.brokers[OTHER][1].address})
    assert "no other group" in call(run, cluster, "withdrawn", GROUP)["msg"]
    cluster.lead(OTHER, 0)
    for broker in cluster.brokers[OTHER]:
        broker.close()
    assert "no other group" in call(run, cluster, "withdrawn", GROUP)["msg"]


def test_members_that_miss_it_are_a_warning(run: Runner, cluster: FakeCluster, warned: list[str]) -> None:
    leader, silent, gone = cluster.brokers[GROUP]
    cluster.register(GROUP, {0: leader.address, 2: silent.address})
    silent.close()
    result = call(run, cluster, "withdrawn", GROUP)
    assert not result["failed"], result
    assert result["groups"][GROUP]["permissions"] == {leader.address: 4, silent.address: None}
    silence, absence = warned
    assert silence.startswith(f"Group {GROUP}: {silent.address} keeps the permission that it has. GET_BROKER_CONFIG")
    assert absence.startswith(f"Group {GROUP}: 1 of its 3 members are not registered")
    assert gone.codes() == []


def test_a_member_that_restarted_gets_it_again(run: Runner, cluster: FakeCluster) -> None:
    call(run, cluster, "withdrawn", GROUP)
    cluster.brokers[GROUP][2].config.values["brokerPermission"] = "6"
    result = call(run, cluster, "withdrawn", GROUP)
    assert [action["place"] for action in result["actions"]] == [cluster.brokers[GROUP][2].address]


def test_a_name_server_that_missed_it_is_told_again(run: Runner, cluster: FakeCluster) -> None:
    call(run, cluster, "withdrawn", GROUP)
    missed = cluster.name_servers[1]
    missed.routes[GROUP][GROUP]["perm"] = 7
    result = call(run, cluster, "withdrawn", GROUP)
    (action,) = result["actions"]
    assert (action["kind"], action["name"], action["place"]) == ("route", GROUP, missed.address)
    assert (action["before"], action["after"]) == ({"permission": 7}, {"permission": 5})
    assert told(cluster, GROUP) == [4, 4]


def test_a_new_leader_in_the_middle_has_it_too(run: Runner, cluster: FakeCluster) -> None:
    leader = cluster.brokers[GROUP][0]
    leader.hooks[WRITE] = [lambda: cluster.lead(GROUP, 1)]
    result = call(run, cluster, "withdrawn", GROUP)
    assert not result["failed"], result
    assert permissions(cluster, GROUP) == ["4", "4", "4"]
    assert result["groups"][GROUP]["leader"] == cluster.brokers[GROUP][1].address
    assert told(cluster, GROUP) == [4, 4]


def test_a_member_that_refuses_is_named(run: Runner, cluster: FakeCluster) -> None:
    refusing = cluster.brokers[GROUP][1]
    refusing.faults[WRITE] = [fake_broker.error(cluster.version, "send_follower")] * 99
    refusing.config.update = lambda text: None  # type: ignore[method-assign]
    result = call(run, cluster, "withdrawn", GROUP, wait=0.1)
    assert f"permission {GROUP} in {refusing.address}: UPDATE_BROKER_CONFIG to {refusing.address}" in result["msg"]
    assert len(result["failures"]) == 1
    assert len(result["actions"]) == 2


def test_a_member_that_dies_in_the_middle_is_not_done(run: Runner, cluster: FakeCluster, warned: list[str]) -> None:
    dying = cluster.brokers[GROUP][2]
    dying.hooks[WRITE] = [dying.close]
    dying.config.update = lambda text: None  # type: ignore[method-assign]
    result = call(run, cluster, "withdrawn", GROUP, wait=0.1)
    assert [failure["place"] for failure in result["failures"]] == [dying.address]
    assert f"{dying.address} keeps the permission that it has" in str(warned)


def test_a_leader_that_does_not_answer_is_an_error(run: Runner, cluster: FakeCluster) -> None:
    cluster.brokers[GROUP][0].close()
    result = call(run, cluster, "withdrawn", GROUP)
    assert cluster.brokers[GROUP][0].address in result["msg"]
    assert permissions(cluster, GROUP) == ["6", "6", "6"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"groups": []}, "groups is empty: write at least one broker group."),
        ({"groups": ["Nobody"]}, "groups: the cluster RaftCluster has no broker group Nobody"),
        ({"state": "gone"}, "value of state must be one of: withdrawn, granted"),
    ],
)
def test_wrong_options(run: Runner, cluster: FakeCluster, options: dict[str, Any], sentence: str) -> None:
    result = call(run, cluster, options.get("state", "withdrawn"), *options.get("groups", [GROUP]))
    assert result["failed"]
    assert sentence in result["msg"]
