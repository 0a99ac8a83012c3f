# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""cluster_health against the fake cluster: each way to differ from the plan is a sentence, and no wait is too long."""

from __future__ import annotations

import itertools
import re
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import fake_broker
import pytest
from ansible_collections.rocketmq.cluster.plugins.module_utils import _health
from ansible_collections.rocketmq.cluster.plugins.modules import cluster_health
from fake_broker import FakeCluster
from fake_controller import FakeController
from module_runner import Runner

GROUP = "RaftNode00"


@pytest.fixture
def cluster() -> Iterator[FakeCluster]:
    with FakeCluster("4.7.1", groups=2, name_servers=2) as fake:
        yield fake


def check(run: Runner, cluster: FakeCluster, **changes: Any) -> dict[str, Any]:
    options = {
        "namesrv": cluster.namesrv,
        "cluster": "RaftCluster",
        "groups": cluster.plan(),
        "version": cluster.version,
        "timeout": 1.0,
        "wait": 0,
        "interval": 0.05,
    }
    return run(cluster_health, **{**options, **changes})


def problems(result: dict[str, Any]) -> list[str]:
    """The sentences, without the advice that errors of the client append."""
    assert result["failed"]
    sentences = [item["problem"] for item in result["missing"]]
    lines = result["msg"].splitlines()
    assert lines[1 : 1 + len(sentences)] == sentences
    assert [line[:13] for line in lines[1 + len(sentences) :][:1]] in ([], ["#Cluster Name"])
    return sentences


@pytest.mark.parametrize("version", fake_broker.VERSIONS)
@pytest.mark.parametrize("check_mode", [False, True])
def test_healthy(version: str, run: Runner, check_mode: bool) -> None:
    with FakeCluster(version, groups=2, name_servers=2) as cluster:
        result = run(
            cluster_health,
            check_mode=check_mode,
            namesrv=cluster.namesrv,
            cluster="RaftCluster",
            groups=cluster.plan(),
            version=version,
        )
        assert not result["failed"], result
        assert not result["changed"]
        leader = cluster.brokers[GROUP][0].address
        assert result["leaders"][GROUP] == {"host": "rmq0", "address": leader}
        assert len(result["view"]["members"]) == 6
        assert len(result["view"]["table"]) == 7
        assert result["seconds"] < 10
        # Nothing but reading.
        assert {code for brokers in cluster.brokers.values() for broker in brokers for code in broker.codes()} == {28}


def dead_member(cluster: FakeCluster) -> None:
    cluster.brokers[GROUP][2].close()
    brokers = cluster.brokers[GROUP]
    cluster.register(GROUP, {0: brokers[0].address, 2: brokers[1].address})


def dead_member_still_registered(cluster: FakeCluster) -> None:
    cluster.brokers[GROUP][2].close()


def stuck_member(cluster: FakeCluster) -> None:
    cluster.brokers[GROUP][2].faults[28] = [fake_broker.silent]


def not_registered(cluster: FakeCluster) -> None:
    brokers = cluster.brokers[GROUP]
    cluster.register(GROUP, {0: brokers[0].address, 2: brokers[1].address})


def not_registered_with_one(cluster: FakeCluster) -> None:
    brokers = cluster.brokers[GROUP]
    cluster.register(GROUP, {0: brokers[0].address, 2: brokers[1].address}, cluster.name_servers[1:])


def other_cluster(cluster: FakeCluster) -> None:
    for server in cluster.name_servers:
        server.groups[GROUP] = ("Other", server.groups[GROUP][1])


def dead_name_server(cluster: FakeCluster) -> None:
    cluster.name_servers[1].close()


def unelected(cluster: FakeCluster) -> None:
    cluster.register(GROUP, {-1: cluster.brokers[GROUP][1].address})


def two_leaders(cluster: FakeCluster) -> None:
    cluster.lead(GROUP, 1, cluster.name_servers[1:])


def wrong_id(cluster: FakeCluster) -> None:
    brokers = cluster.brokers[GROUP]
    cluster.register(GROUP, {0: brokers[0].address, 2: brokers[1].address, 5: brokers[2].address})


def other_version(cluster: FakeCluster) -> None:
    cluster.brokers[GROUP][2].runtime["brokerVersionDesc"] = "V4_9_7"


def unplanned_member(cluster: FakeCluster) -> None:
    brokers = [broker.address for broker in cluster.brokers[GROUP]]
    cluster.register(GROUP, {0: brokers[0], 2: brokers[1], 3: brokers[2], 4: cluster.brokers["RaftNode01"][0].address})


def lagging(cluster: FakeCluster) -> None:
    cluster.brokers[GROUP][2].runtime["commitLogMaxOffset"] = "400"


CASES: list[tuple[Callable[[FakeCluster], None], list[str]]] = [
    (
        dead_member,
        ["Group RaftNode00: rmq2 ({m2}) does not answer. GET_BROKER_RUNTIME_INFO to {m2}: Connection refused"],
    ),
    (dead_member_still_registered, ["Group RaftNode00: rmq2 ({m2}) does not answer."]),
    (
        stuck_member,
        ["Group RaftNode00: rmq2 ({m2}) does not answer. GET_BROKER_RUNTIME_INFO to {m2}: no answer within 1 s"],
    ),
    (not_registered, ["Group RaftNode00: rmq2 ({m2}) is not registered in cluster RaftCluster with any name server."]),
    (not_registered_with_one, ["Group RaftNode00: rmq2 ({m2}) is not registered in cluster RaftCluster with {s1}."]),
    (
        other_cluster,
        [
            *(
                f"Group RaftNode00: rmq{n} ({{m{n}}}) is not registered in cluster RaftCluster with any name server."
                for n in range(3)
            ),
            "Group RaftNode00 has no leader (members: rmq0 ({m0}), rmq1 ({m1}), rmq2 ({m2})).",
        ],
    ),
    (
        dead_name_server,
        ["The name server of rmq0 ({s1}) does not answer. GET_BROKER_CLUSTER_INFO to {s1}: Connection refused"],
    ),
    (
        unelected,
        [
            "Group RaftNode00: rmq0 ({m0}) is not registered",
            "Group RaftNode00: rmq1 ({m1}) is registered with id -1: its group has elected no leader.",
            "Group RaftNode00: rmq2 ({m2}) is not registered",
            "Group RaftNode00 has no leader",
        ],
    ),
    (two_leaders, ["Group RaftNode00 has more than one leader: "]),
    (wrong_id, ["Group RaftNode00: rmq2 ({m2}) is registered with id 5; its identity wants 0 or 3."]),
    (other_version, ["Group RaftNode00: rmq2 ({m2}) runs version 4.9.7, not 4.7.1."]),
    (unplanned_member, ["Group RaftNode00: the broker {u} is registered in cluster RaftCluster, but not planned."]),
    (lagging, ["Group RaftNode00: rmq2 ({m2}) has not caught up with the leader rmq0 ({m0}): 600 bytes are missing."]),
]


@pytest.mark.parametrize(("change", "sentences"), CASES, ids=[change.__name__ for change, _ in CASES])
def test_problem(
    cluster: FakeCluster, run: Runner, change: Callable[[FakeCluster], None], sentences: list[str]
) -> None:
    change(cluster)
    names = {f"m{number}": broker.address for number, broker in enumerate(cluster.brokers[GROUP])}
    names.update(
        {f"s{number}": address for number, address in enumerate(cluster.namesrv)},
        u=cluster.brokers["RaftNode01"][0].address,
    )
    result = check(run, cluster)
    found = problems(result)
    assert len(found) == len(sentences), found
    for text, sentence in zip(found, sentences):
        assert text.startswith(sentence.format(**names))
        assert text.endswith(".")
    assert all(item["host"] or not item["address"] or item["address"] == names["u"] for item in result["missing"])
    # The other group is not touched by any of it.
    assert result["leaders"]["RaftNode01"]["host"] == "rmq0"
    assert all(item["group"] in (GROUP, "") for item in result["missing"])


def test_everything_down(cluster: FakeCluster, run: Runner) -> None:
    for server in [*cluster.name_servers, *(broker for group in cluster.brokers.values() for broker in group)]:
        server.close()
    result = check(run, cluster)
    assert len(problems(result)) == 8
    assert result["leaders"] == {}


def test_every_host_and_address_is_named(cluster: FakeCluster, run: Runner) -> None:
    dead_member(cluster)
    item = check(run, cluster)["missing"][0]
    assert (item["host"], item["group"], item["address"]) == ("rmq2", GROUP, cluster.brokers[GROUP][2].address)


def test_unplanned_is_fine_without_strict(cluster: FakeCluster, run: Runner) -> None:
    unplanned_member(cluster)
    assert not check(run, cluster, strict=False)["failed"]


def test_unplanned_group_and_foreign_cluster(cluster: FakeCluster, run: Runner) -> None:
    plan = cluster.plan()[:1]
    result = check(run, cluster, groups=plan)
    assert len(problems(result)) == 3
    for server in cluster.name_servers:
        server.groups["RaftNode01"] = ("Other", server.groups["RaftNode01"][1])
    assert not check(run, cluster, groups=plan)["failed"]


def test_version_is_optional(cluster: FakeCluster, run: Runner) -> None:
    other_version(cluster)
    options = {"namesrv": cluster.namesrv, "cluster": "RaftCluster", "groups": cluster.plan(), "wait": 0}
    assert not run(cluster_health, **options)["failed"]


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize("change", [dead_member_still_registered, stuck_member, other_version, wrong_id, lagging])
def test_without_leaves_out_one_member(
    cluster: FakeCluster, run: Runner, change: Callable[[FakeCluster], None], number: int
) -> None:
    change(cluster)
    result = check(run, cluster, without=[cluster.brokers[GROUP][number].address])
    assert result["failed"] == (number != 2)


def test_without_a_member_that_is_down_needs_a_leader_of_the_others(cluster: FakeCluster, run: Runner) -> None:
    brokers = cluster.brokers[GROUP]
    brokers[0].close()
    cluster.register(GROUP, {2: brokers[1].address, 3: brokers[2].address})
    assert len(problems(check(run, cluster, without=[brokers[0].address]))) == 1
    cluster.register(GROUP, {0: brokers[1].address, 3: brokers[2].address})
    assert not check(run, cluster, without=[brokers[0].address])["failed"]


def test_without_a_name_server(cluster: FakeCluster, run: Runner) -> None:
    dead_name_server(cluster)
    assert check(run, cluster)["failed"]
    assert not check(run, cluster, without=[cluster.namesrv[1]])["failed"]


@pytest.fixture
def controllers() -> Iterator[list[FakeController]]:
    """Three that follow the first of them."""
    found = [FakeController("5.5.0") for _number in range(3)]
    for one in found:
        one.leader = found[0].address
    yield found
    for one in found:
        one.close()


def test_controllers_with_one_leader(cluster: FakeCluster, run: Runner, controllers: list[FakeController]) -> None:
    addresses = [one.address for one in controllers]
    assert not check(run, cluster, controllers=addresses)["failed"]
    controllers[2].close()
    (problem,) = problems(check(run, cluster, controllers=addresses))
    assert problem.startswith(f"The controller of rmq0 ({addresses[2]}) does not answer.")
    assert not check(run, cluster, controllers=addresses, without=addresses[2:])["failed"]


def test_controllers_without_or_with_two_leaders(
    cluster: FakeCluster, run: Runner, controllers: list[FakeController]
) -> None:
    addresses = [one.address for one in controllers]
    controllers[2].leader = addresses[2]
    (problem,) = problems(check(run, cluster, controllers=addresses))
    assert problem == f"The controllers name more than one leader: {' and '.join(sorted(addresses[::2]))}."
    controllers[1].leader = ""
    (problem,) = problems(check(run, cluster, controllers=addresses))
    assert problem == f"The controllers ({', '.join(addresses)}) have no leader."


def test_without_the_only_member_or_name_server(run: Runner) -> None:
    with FakeCluster("4.7.1") as cluster:
        plan = cluster.plan()
        plan[0]["members"] = plan[0]["members"][:1]
        only = plan[0]["members"][0]["address"]
        cluster.register(GROUP, {})
        assert check(run, cluster, groups=plan)["failed"]
        assert not check(run, cluster, groups=plan, without=[only])["failed"]
        assert not check(run, cluster, groups=plan, without=[cluster.namesrv[0]])["failed"]


def test_follower_may_trail_by_one_look(cluster: FakeCluster, run: Runner) -> None:
    """Under traffic a follower never has the leader's last batch; what the leader had at the look before is enough."""
    leader, *followers = cluster.brokers[GROUP]

    def growing(broker: Any, offset: int) -> None:
        """The n-th look finds n kilobytes, more or less ``offset``."""
        original, looks = broker.answer, itertools.count(1)

        def answer(request: Any) -> bytes | None:
            if request.code == 28:
                broker.runtime["commitLogMaxOffset"] = str(next(looks) * 1000 + offset)
            return original(request)

        broker.answer = answer

    growing(leader, 0)
    for follower in followers:
        growing(follower, -1000)
    assert check(run, cluster)["failed"]
    result = check(run, cluster, wait=5)
    assert not result["failed"], result["msg"]


def test_follower_that_stands_still_is_behind(cluster: FakeCluster, run: Runner) -> None:
    lagging(cluster)
    result = check(run, cluster, wait=0.5)
    assert problems(result)[0].endswith("600 bytes are missing.")


def test_waits_until_it_is_healthy(cluster: FakeCluster, run: Runner) -> None:
    unelected(cluster)
    timer = threading.Timer(0.4, lambda: cluster.lead(GROUP, 1))
    timer.start()
    result = check(run, cluster, wait=5)
    assert not result["failed"]
    assert 0.3 < result["seconds"] < 10
    assert result["leaders"][GROUP]["host"] == "rmq1"


@pytest.mark.parametrize(("took", "pause"), [(0.1, 1), (0.3, 1.2), (0.6, 2.4), (6, 3)])
def test_pauses_as_dear_looks_need_it(took: float, pause: float) -> None:
    assert _health.pause(1, took) == pytest.approx(pause)


def test_gives_up_at_the_deadline(cluster: FakeCluster, run: Runner) -> None:
    dead_member(cluster)
    started = time.monotonic()
    result = check(run, cluster, wait=0.5)
    assert 0.3 < time.monotonic() - started < 10
    assert re.match(r"After \d+ s cluster RaftCluster is not as planned:\n", result["msg"])


@pytest.mark.parametrize(
    ("mode", "first", "second", "registered", "healthy"),
    [
        ("master_slave", "0", "1", {0: 0, 1: 1}, True),
        ("master_slave", "0", "1", {0: 1, 1: 0}, False),
        ("master_slave", "0", "1", {1: 1}, False),
        ("controller", None, None, {0: 1, 1: 0}, True),
        ("controller", None, None, {0: 0, 7: 1}, True),
        ("controller", None, None, {1: 0, 2: 1}, False),
        ("dledger", "n0", "n4", {0: 0, 5: 1}, True),
        ("dledger", "n0", "n4", {0: 0, 4: 1}, False),
    ],
)
def test_ids_follow_from_the_mode(
    run: Runner, mode: str, first: str | None, second: str | None, registered: dict[int, int], healthy: bool
) -> None:
    with FakeCluster("4.7.1") as cluster:
        brokers = cluster.brokers[GROUP][:2]
        members = [
            {"host": f"rmq{number}", "member_id": identity, "address": broker.address}
            for number, (identity, broker) in enumerate(zip((first, second), brokers))
        ]
        cluster.register(GROUP, {identity: brokers[number].address for identity, number in registered.items()})
        result = check(run, cluster, groups=[{"name": GROUP, "mode": mode, "members": members}])
        assert result["failed"] != healthy, result


def test_master_needs_no_member_id_and_broker_ids_win(run: Runner) -> None:
    with FakeCluster("4.7.1") as cluster:
        broker = cluster.brokers[GROUP][0]
        member: dict[str, Any] = {"host": "rmq0", "address": broker.address}
        cluster.register(GROUP, {0: broker.address})
        assert not check(run, cluster, groups=[{"name": GROUP, "mode": "master", "members": [member]}])["failed"]
        member["broker_ids"] = [4]
        assert "wants 4" in check(run, cluster, groups=[{"name": GROUP, "mode": "master", "members": [member]}])["msg"]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"wait": -1}, "wait is -1"),
        ({"interval": 0}, "interval is 0"),
        ({"groups": [{"name": "G", "mode": "raft", "members": []}]}, "mode"),
        ({"groups": [{"name": "G", "mode": "dledger"}]}, "members"),
        (
            {
                "groups": [
                    {"name": "G", "mode": "dledger", "members": [{"host": "rmq0", "address": "a:1", "member_id": "0"}]}
                ]
            },
            "write it like n0",
        ),
        (
            {"groups": [{"name": "G", "mode": "master_slave", "members": [{"host": "rmq0", "address": "a:1"}]}]},
            "write it like 0",
        ),
    ],
)
def test_wrong_options(cluster: FakeCluster, run: Runner, changes: dict[str, Any], text: str) -> None:
    result = check(run, cluster, **changes)
    assert result["failed"]
    assert text in result["msg"]
