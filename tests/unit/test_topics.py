# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""topics against a cluster that misbehaves; what a healthy one does with it stands in tests/contract."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import fake_broker
import pytest
from ansible_collections.rocketmq.cluster.plugins.module_utils import _remoting
from ansible_collections.rocketmq.cluster.plugins.modules import topic_info, topics
from fake_broker import FakeCluster
from fake_frames import TOPIC
from fake_namesrv import ORDERED
from module_runner import Runner

ONE, OTHER = "RaftNode00", "RaftNode01"
CREATE, ALL_TOPICS, ROUTE, DELETE_IN_NAMESRV = 17, 21, 105, 216
PUT_ENTRY, DELETE_ENTRY, LIST = 100, 102, 219
WRITES = (CREATE, 215, DELETE_IN_NAMESRV, PUT_ENTRY, DELETE_ENTRY)
#: Releases whose brokers have the flag of an ordered topic from the name servers.
LISTED = [version for version in fake_broker.VERSIONS if version.startswith("4.")]


@pytest.fixture(params=fake_broker.VERSIONS)
def cluster(request: pytest.FixtureRequest) -> Iterator[FakeCluster]:
    with FakeCluster(request.param, groups=2, name_servers=2) as fake:
        yield fake


def apply(run: Runner, fake: FakeCluster, *items: dict[str, Any], **options: Any) -> dict[str, Any]:
    return run(topics, **{"namesrv": fake.namesrv, "timeout": 3, "wait": 5, "topics": list(items), **options})


def writes(cluster: FakeCluster) -> list[int]:
    servers = [*cluster.name_servers, *(broker for group in cluster.brokers.values() for broker in group)]
    return [code for server in servers for code in server.codes() if code in WRITES]


MISTAKES: dict[str, tuple[list[dict[str, Any]], str]] = {
    "name": ([{"name": "or ders"}], "Topic 'or ders': write a name of up to 127 letters"),
    "long name": ([{"name": "x" * 128}], "write a name of up to 127 letters"),
    "no queues": ([{"name": "a", "queues": 0}], "Topic a: queues is 0: write 1 to 65536."),
    "negative queues": ([{"name": "a", "read_queues": -1}], "Topic a: read_queues is -1"),
    "too many queues": ([{"name": "a", "write_queues": 65537}], "Topic a: write_queues is 65537"),
    "permission 8": (
        [{"name": "a", "permission": 8}],
        "Topic a: permission is 8: write 2 (write), 4 (read) or 6 (both).",
    ),
    "twice": ([{"name": "a"}, {"name": "a"}], "Topic a: two items are about it: write one."),
    "twice in a group": ([{"name": "a"}, {"name": "a", "groups": [ONE]}], f"Topic a: two items are about it in {ONE}"),
    "type twice": (
        [{"name": "a", "message_type": "FIFO", "attributes": {"message.type": "FIFO"}}],
        "Topic a: message_type and the attribute message.type are the same",
    ),
    "unknown type": ([{"name": "a", "message_type": "SLOW"}], "value of message_type must be one of"),
    "unknown group": ([{"name": "a", "groups": ["X"]}], f"has no broker group X; it has {ONE}, {OTHER}."),
    "system topic": ([{"name": "TBW102"}], "Topic TBW102 in RaftNode00: it belongs to RocketMQ itself"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_and_nothing_written(cluster: FakeCluster, run: Runner, mistake: str) -> None:
    items, words = MISTAKES[mistake]
    result = apply(run, cluster, {"name": "good"}, *items)
    assert result["failed"]
    assert words in result["msg"]
    assert "good" not in result["msg"]
    assert writes(cluster) == []


def test_all_mistakes_at_once(cluster: FakeCluster, run: Runner) -> None:
    result = apply(run, cluster, {"name": "a", "queues": 0}, {"name": "b", "permission": 9})
    assert "Topic a: queues is 0" in result["msg"]
    assert "Topic b: permission is 9" in result["msg"]


def test_every_name_server_that_was_tried_is_named(cluster: FakeCluster, run: Runner) -> None:
    for server in cluster.name_servers:
        server.close()
    result = apply(run, cluster, {"name": "a"})
    assert result["msg"].startswith("No name server answers.")
    assert all(f"GET_BROKER_CLUSTER_INFO to {address}" in result["msg"] for address in cluster.namesrv)


def test_a_dead_name_server_is_no_silent_ok(cluster: FakeCluster, run: Runner) -> None:
    apply(run, cluster, {"name": "a"})
    cluster.name_servers[1].close()
    result = apply(run, cluster, {"name": "a"})
    assert result["msg"].startswith(f"GET_KVLIST_BY_NAMESPACE to {cluster.namesrv[1]}: ")


def test_no_answer_is_not_absent(cluster: FakeCluster, run: Runner) -> None:
    apply(run, cluster, {"name": "a"})
    before = len(writes(cluster))
    cluster.brokers[ONE][0].faults[ALL_TOPICS] = [fake_broker.silent]
    result = apply(run, cluster, {"name": "a"}, timeout=1)
    assert f"GET_ALL_TOPIC_CONFIG to {cluster.brokers[ONE][0].address}: no answer within 1 s" in result["msg"]
    assert len(writes(cluster)) == before


@pytest.mark.parametrize("fault", [fake_broker.half, fake_broker.no_body, fake_broker.oversized, fake_broker.reset])
@pytest.mark.parametrize("code", [ALL_TOPICS, ROUTE, LIST])
def test_damage_is_one_sentence(cluster: FakeCluster, run: Runner, fault: fake_broker.Fault, code: int) -> None:
    apply(run, cluster, {"name": "a"})
    cluster.name_servers[0].lists[ORDERED] = {}
    before = writes(cluster)
    server, name = {
        ALL_TOPICS: (cluster.brokers[ONE][0], "GET_ALL_TOPIC_CONFIG"),
        ROUTE: (cluster.name_servers[0], "GET_ROUTEINFO_BY_TOPIC"),
        LIST: (cluster.name_servers[0], "GET_KVLIST_BY_NAMESPACE"),
    }[code]
    server.faults[code] = [fault]
    result = apply(run, cluster, {"name": "a", "queues": 9}, timeout=1)
    assert result["msg"].startswith(f"{name} to {server.address}: ")
    assert "Traceback" not in result["msg"]
    assert writes(cluster) == before


def test_a_connection_that_breaks_in_the_middle_of_many_writes(cluster: FakeCluster, run: Runner) -> None:
    """What was done stays done, and the rest follows: nothing is asked for twice that is there."""
    leader = cluster.brokers[ONE][0]

    def answered(connected: Any, answer: bytes) -> None:
        connected.sendall(answer)

    leader.faults[CREATE] = [answered, answered, fake_broker.reset]
    items = [{"name": f"topic-{number}"} for number in range(5)]
    result = apply(run, cluster, *items)
    assert not result["failed"], result["msg"]
    assert len(result["actions"]) == 10


def test_a_leader_that_moves_in_the_middle(cluster: FakeCluster, run: Runner) -> None:
    old = cluster.brokers[ONE][0]

    def move(connected: Any, answer: bytes) -> None:
        cluster.lead(ONE, 1)
        fake_broker.reset(connected, answer)

    old.faults[CREATE] = [move]
    result = apply(run, cluster, {"name": "a"})
    assert not result["failed"], result["msg"]
    assert {action["place"] for action in result["actions"]} == {ONE, OTHER}
    assert not apply(run, cluster, {"name": "a"})["changed"]


def test_a_name_server_that_was_just_started_is_not_believed(cluster: FakeCluster, run: Runner) -> None:
    """It knows nobody until brokers register again."""
    first, second = cluster.name_servers
    first.groups.clear()
    result = apply(run, cluster, {"name": "a"})
    assert {action["place"] for action in result["actions"]} == {ONE, OTHER}
    first.groups[ONE] = second.groups[ONE]
    result = apply(run, cluster, {"name": "b"}, groups=[ONE, OTHER])
    assert {action["place"] for action in result["actions"]} == {ONE, OTHER}
    first.groups.clear()
    second.groups.clear()
    result = apply(run, cluster, {"name": "a"}, wait=0.5)
    assert result["msg"] == "cluster: the name servers know no broker (yet): start the brokers."


def test_a_group_without_leader_is_waited_for_and_then_named(cluster: FakeCluster, run: Runner) -> None:
    cluster.register(ONE, {-1: cluster.brokers[ONE][0].address})
    result = apply(run, cluster, {"name": "a"}, wait=1)
    assert result["msg"].startswith(f"{ONE}: no leader is registered right now")
    assert writes(cluster) == []


def test_an_answer_that_is_lost_is_no_failure(cluster: FakeCluster, run: Runner) -> None:
    cluster.brokers[OTHER][0].faults[CREATE] = [fake_broker.silent]
    result = apply(run, cluster, {"name": "a"}, timeout=1)
    assert not result["failed"], result["msg"]
    assert len(result["actions"]) == 2


def test_what_one_group_does_not_take_is_listed_and_the_rest_is_done(cluster: FakeCluster, run: Runner) -> None:
    """The name servers name a broker that does not lead any more; 4.7.1 and 5.5.0 answer it as if all were well."""
    cluster.brokers[OTHER][0].is_leader = False
    result = apply(run, cluster, {"name": "a"}, {"name": "b"})
    assert (result["failed"], result["changed"]) == (True, True)
    assert [(action["name"], action["place"]) for action in result["actions"]] == [("a", ONE), ("b", ONE)]
    assert [(failure["name"], failure["place"]) for failure in result["failures"]] == [("a", OTHER), ("b", OTHER)]
    assert result["msg"].startswith("2 changes could not be made.")
    address = cluster.brokers[OTHER][0].address
    why = (
        f"UPDATE_AND_CREATE_TOPIC to {address}: SYSTEM_ERROR (1)" if cluster.version == "4.9.7" else "does not show it"
    )
    assert result["msg"].count(why) == 2


def test_a_route_that_a_name_server_lost_is_registered_again(cluster: FakeCluster, run: Runner) -> None:
    """5.x does not register what did not change; there the next of its regular registrations is waited for."""
    apply(run, cluster, {"name": "a"})
    server = cluster.name_servers[1]
    del server.routes["a"]
    timers = [threading.Timer(0.3, cluster.leader(group).register) for group in (ONE, OTHER)]
    for timer in timers if cluster.version == "5.5.0" else []:
        timer.start()
    result = apply(run, cluster, {"name": "a"}, wait=10)
    assert [(action["kind"], action["place"]) for action in result["actions"]] == [("route", server.address)]
    assert not apply(run, cluster, {"name": "a"})["changed"]


def test_a_route_that_a_name_server_kept_is_forgotten(cluster: FakeCluster, run: Runner) -> None:
    apply(run, cluster, {"name": "a"})
    kept = {group: dict(queues) for group, queues in cluster.name_servers[0].routes["a"].items()}
    apply(run, cluster, {"name": "a", "state": "absent"})
    cluster.name_servers[0].routes["a"] = kept
    result = apply(run, cluster, {"name": "a", "state": "absent"})
    assert [(action["kind"], action["place"]) for action in result["actions"]] == [("route", cluster.namesrv[0])]
    assert "a" not in cluster.name_servers[0].routes


def test_a_group_without_write_permission_is_no_difference(cluster: FakeCluster, run: Runner) -> None:
    apply(run, cluster, {"name": "a"})
    for broker in cluster.brokers[ONE]:
        broker.config.values["brokerPermission"] = "4"
    cluster.leader(ONE).register()
    assert cluster.name_servers[0].routes["a"][ONE]["perm"] == 4
    assert not apply(run, cluster, {"name": "a"})["changed"]


@pytest.mark.parametrize("cluster", LISTED, indirect=True)
def test_a_topic_waits_for_the_entry_that_a_name_server_does_not_take(
    cluster: FakeCluster, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise nobody could tell in the next look that the entry is about other queues."""
    apply(run, cluster, {"name": "a", "order": True, "queues": 4})
    second = cluster.name_servers[1]
    with monkeypatch.context() as patched:
        patched.setattr(second, "_put", lambda request: second.reply("route_none", request))
        result = apply(run, cluster, {"name": "a", "queues": 6}, {"name": "b"}, wait=1)
    assert result["msg"].startswith("3 changes could not be made.")
    assert result["msg"].count(f"PUT_KV_CONFIG to {second.address}: TOPIC_NOT_EXIST (17)") == 3
    assert [cluster.leader(group).store.topic_table.rows["a"]["writeQueueNums"] for group in (ONE, OTHER)] == [4, 4]
    assert {action["name"] for action in result["actions"] if action["kind"] == "topic"} == {"b"}
    second.faults[PUT_ENTRY] = [fake_broker.reset]
    result = apply(run, cluster, {"name": "a", "queues": 6})
    assert not result["failed"], result["msg"]
    assert [server.lists[ORDERED]["a"] for server in cluster.name_servers] == [f"{ONE}:6;{OTHER}:6"] * 2


@pytest.mark.parametrize("cluster", LISTED, indirect=True)
def test_a_name_server_that_says_nothing_is_waited_for_once_in_each_round(cluster: FakeCluster, run: Runner) -> None:
    second = cluster.name_servers[1]
    second.faults[PUT_ENTRY] = [fake_broker.silent] * 99
    items = [{"name": f"topic-{number}", "order": True} for number in range(20)]
    result = apply(run, cluster, *items, timeout=1, wait=1)
    assert f"PUT_KV_CONFIG to {second.address}: no answer within 1 s" in result["msg"]
    assert second.codes().count(PUT_ENTRY) < 10


@pytest.mark.parametrize("cluster", LISTED, indirect=True)
def test_the_order_of_another_cluster_is_not_ours(cluster: FakeCluster, run: Runner) -> None:
    for server in cluster.name_servers:
        server.groups[OTHER] = ("Second", server.groups[OTHER][1])
    for name in ("RaftCluster", "Second"):
        assert not apply(run, cluster, {"name": "a", "order": True}, cluster=name)["failed"]
    found = [apply(run, cluster, {"name": "a", "state": "absent"}, cluster=name) for name in ("RaftCluster", "Second")]
    entries = [(a["before"], a["after"]) for result in found for a in result["actions"] if a["kind"] == "order"]
    assert entries == [({ONE: "8", OTHER: "8"}, {OTHER: "8"})] * 2 + [({OTHER: "8"}, None)] * 2


@pytest.mark.parametrize("cluster", LISTED, indirect=True)
def test_an_entry_is_asked_for_and_written_as_the_real_name_server_was(cluster: FakeCluster, run: Runner) -> None:
    for state in ("present", "absent"):
        apply(run, cluster, {"name": TOPIC, "groups": [ONE], "queues": 1, "order": True, "state": state})
    log = cluster.name_servers[0].log
    for name, code in (("order_list", LIST), ("order_put", PUT_ENTRY), ("order_delete", DELETE_ENTRY)):
        captured = _remoting.decode(fake_broker.captured(cluster.version, name, "request")[4:])
        assert [request.ext for request in log if request.code == code][-1] == captured.ext


def test_several_clusters_have_to_be_told_apart(cluster: FakeCluster, run: Runner) -> None:
    for server in cluster.name_servers:
        server.groups[OTHER] = ("Second", server.groups[OTHER][1])
    result = run(topic_info, namesrv=cluster.namesrv)
    assert result["msg"] == "cluster: the name servers know the clusters RaftCluster, Second: write which one."
    result = run(topic_info, namesrv=cluster.namesrv, cluster="Third")
    assert result["msg"] == "cluster: the name servers know no cluster Third, only RaftCluster, Second."
    assert list(run(topic_info, namesrv=cluster.namesrv, cluster="Second")["versions"]) == [OTHER]


def test_many_topics_need_few_connections(cluster: FakeCluster, run: Runner) -> None:
    items = [{"name": f"topic-{number}"} for number in range(300)]
    result = apply(run, cluster, *items, timeout=5, wait=30)
    assert len(result["actions"]) == 600
    again = apply(run, cluster, *items, timeout=5)
    assert (again["failed"], again["changed"]) == (False, False)
