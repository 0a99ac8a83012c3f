# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""broker_forget against fakes: who is forgotten, by whom, and who is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import fake_broker
import pytest
from ansible_collections.rocketmq.cluster.plugins.modules import broker_forget
from fake_broker import ORDERED, FakeCluster
from fake_controller import FakeController
from module_runner import Runner

GONE, OTHER = "RaftNode00", "RaftNode01"


@pytest.fixture(params=fake_broker.VERSIONS)
def cluster(request: pytest.FixtureRequest) -> Iterator[FakeCluster]:
    """All members of GONE are dead, and still registered."""
    with FakeCluster(request.param, groups=2, name_servers=2) as fake:
        for broker in fake.brokers[GONE]:
            broker.close()
        yield fake


def forget(run: Runner, cluster: FakeCluster, check_mode: bool = False, **options: Any) -> dict[str, Any]:
    given = {"namesrv": cluster.namesrv, "timeout": 5.0, "wait": 10, "group": GONE}
    return run(broker_forget, check_mode, **{**given, **options})


def addresses(cluster: FakeCluster, group: str = GONE) -> list[str]:
    return [broker.address for broker in cluster.brokers[group]]


def test_a_group_that_is_gone(cluster: FakeCluster, run: Runner) -> None:
    told = forget(run, cluster, check_mode=True)
    assert len(told["actions"]) == 6
    assert all(GONE in server.groups for server in cluster.name_servers)
    result = forget(run, cluster)
    assert (result["failed"], result["changed"], result["actions"]) == (False, True, told["actions"])
    assert [list(server.groups) for server in cluster.name_servers] == [[OTHER], [OTHER]]
    assert not forget(run, cluster)["changed"]


def test_lists_of_ordered_topics(cluster: FakeCluster, run: Runner) -> None:
    """A producer of an ordered topic would go on to look for the group."""
    for server in cluster.name_servers:
        server.lists[ORDERED] = {"both": f"{GONE}:8;{OTHER}:8", "here": f"{GONE}:4", "other": f"{OTHER}:2"}
    assert not forget(run, cluster, keep=addresses(cluster))["changed"]
    assert forget(run, cluster)["changed"]
    left = {"both": f"{OTHER}:8", "other": f"{OTHER}:2"}
    assert [server.lists[ORDERED] for server in cluster.name_servers] == [left, left]


def test_a_member_that_answers_is_never_forgotten(cluster: FakeCluster, run: Runner) -> None:
    result = forget(run, cluster, group=OTHER)
    assert result["failed"]
    assert addresses(cluster, OTHER)[0] in result["msg"]
    assert "of RaftNode01 still runs: stop it before it is forgotten." in result["msg"]
    assert all(OTHER in server.groups for server in cluster.name_servers)


def test_only_the_member_that_is_not_kept(cluster: FakeCluster, run: Runner) -> None:
    first, second, third = addresses(cluster)
    result = forget(run, cluster, keep=[first, second])
    assert {action["name"] for action in result["actions"]} == {third}
    assert [sorted(server.groups[GONE][1].values()) for server in cluster.name_servers] == [sorted([first, second])] * 2


@pytest.fixture
def controller() -> Iterator[FakeController]:
    fake = FakeController("5.5.0")
    fake.leader = fake.address
    yield fake
    fake.close()


def member(identity: int, address: str, alive: bool) -> dict[str, Any]:
    return {"brokerName": GONE, "brokerId": identity, "brokerAddress": address, "alive": alive}


def test_controllers_forget_the_dead_alone(cluster: FakeCluster, controller: FakeController, run: Runner) -> None:
    first, second, third = addresses(cluster)
    # 2 lost its store and came back as 4; 3 was at an address that nobody has any more; 5 is down and comes back.
    controller.replicas[GONE] = (
        [member(1, first, True), member(4, second, True)],
        [member(2, second, False), member(3, "192.0.2.1:1", False), member(5, third, False)],
    )
    result = forget(run, cluster, keep=[first, second, third], controllers=[controller.address])
    assert [action["name"] for action in result["actions"]] == [f"{second} 2", "192.0.2.1:1 3"]
    assert [one["brokerId"] for members in controller.replicas[GONE] for one in members] == [1, 4, 5]
    (cleaned,) = [request.ext for request in controller.log if request.code == 1011]
    assert cleaned["isCleanLivingBroker"] == "false"
    assert cleaned["brokerControllerIdsToClean"] == "2;3"
    assert not forget(run, cluster, keep=[first, second, third], controllers=[controller.address])["changed"]


def test_a_name_server_that_does_not_answer(cluster: FakeCluster, run: Runner) -> None:
    """It would go on to tell clients of them."""
    cluster.name_servers[1].close()
    assert "GET_BROKER_CLUSTER_INFO to" in forget(run, cluster)["msg"]
    assert GONE in cluster.name_servers[0].groups


@pytest.mark.parametrize(
    ("options", "sentence"),
    [({"keep": ["rmq71"]}, "keep: "), ({"controllers": ["x"]}, "controllers: "), ({"namesrv": []}, "namesrv is empty")],
)
def test_bad_options(options: dict[str, Any], sentence: str, cluster: FakeCluster, run: Runner) -> None:
    assert sentence in forget(run, cluster, **options)["msg"]
