# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A proxy starts when every name server that answers knows a broker that takes writes, and not before."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
import time
from collections.abc import Iterator

import fake_broker
import pytest
from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _files, _wait_for_brokers

CLUSTER, GROUP, TOPIC = "RaftCluster", "RaftNode00", "DefaultHeartBeatSyncerTopic"


@pytest.fixture
def cluster() -> Iterator[fake_broker.FakeCluster]:
    """Brokers register the topic that has the cluster's name when they start; a proxy was here before."""
    with fake_broker.FakeCluster("5.5.0", name_servers=2) as fake:
        for server in fake.name_servers:
            server.learn(GROUP, CLUSTER, 7, 16, 16, 0)
            server.learn(GROUP, TOPIC, 6, 1, 1, 0)
        yield fake


def missing(cluster: fake_broker.FakeCluster) -> str:
    return _wait_for_brokers.what_is_missing({"namesrvAddr": ";".join(cluster.namesrv), "rocketMQClusterName": CLUSTER})


def test_nothing_is_missing(cluster: fake_broker.FakeCluster) -> None:
    assert missing(cluster) == ""
    assert [server.codes() for server in cluster.name_servers] == [[105, 105], [105, 105]]
    assert cluster.leader(GROUP).codes() == []


@pytest.mark.parametrize("identities", [(-1,), (1, 3), ()])
def test_a_name_server_without_a_leader(cluster: fake_broker.FakeCluster, identities: tuple[int, ...]) -> None:
    """Also when another has one: a proxy may ask either."""
    second = cluster.name_servers[1]
    address = cluster.brokers[GROUP][0].address
    cluster.register(GROUP, dict.fromkeys(identities, address), [second])
    assert missing(cluster) == f"{second.address} knows no broker of RaftCluster that takes writes"


def test_a_name_server_that_has_just_started(cluster: fake_broker.FakeCluster) -> None:
    first = cluster.name_servers[0]
    first.groups.clear()
    assert missing(cluster) == f"{first.address} knows no broker of RaftCluster that takes writes"


def test_the_topic_of_the_proxies_is_made_where_there_is_none(cluster: fake_broker.FakeCluster) -> None:
    """A proxy gives a loaded broker three seconds, and ends."""
    for server in cluster.name_servers:
        del server.routes[TOPIC]
    assert missing(cluster) == f"{', '.join(cluster.namesrv)} does not know the topic {TOPIC}"
    assert cluster.leader(GROUP).codes() == [17]
    assert missing(cluster) == ""
    topic = cluster.leader(GROUP).store.topic_table.rows[TOPIC]
    assert (topic["readQueueNums"], topic["writeQueueNums"], topic["perm"]) == (1, 1, 6)


def test_a_broker_that_does_not_answer_is_asked_again(cluster: fake_broker.FakeCluster) -> None:
    for server in cluster.name_servers:
        del server.routes[TOPIC]
    cluster.leader(GROUP).faults[17] = [fake_broker.reset]
    assert "does not know the topic" in missing(cluster)


def test_where_brokers_refuse_the_proxy_tries_itself(cluster: fake_broker.FakeCluster) -> None:
    for server in cluster.name_servers:
        del server.routes[TOPIC]
    cluster.leader(GROUP).faults[17] = [fake_broker.error("5.5.0", "create_topic_bad_name")]
    assert missing(cluster) == ""


def test_a_dead_name_server_is_not_waited_for(cluster: fake_broker.FakeCluster) -> None:
    cluster.name_servers[0].close()
    assert missing(cluster) == ""
    cluster.name_servers[1].close()
    assert missing(cluster).startswith(f"no name server answers: {cluster.namesrv[0]} (")


@pytest.mark.parametrize("fault", [fake_broker.html, fake_broker.half, fake_broker.reset, fake_broker.strange_header])
def test_a_name_server_that_talks_nonsense_is_as_good_as_dead(
    cluster: fake_broker.FakeCluster, fault: fake_broker.Fault
) -> None:
    for server in cluster.name_servers:
        server.faults[105] = [fault]
    assert "no name server answers" in missing(cluster)


def test_the_program_waits_and_then_becomes_the_proxy(cluster: fake_broker.FakeCluster, tmp_path: pathlib.Path) -> None:
    """As a file of its own, as hosts have it."""
    first = cluster.name_servers[0]
    brokers = dict(first.groups)
    first.groups.clear()
    config, script, proof = (tmp_path / name for name in ("proxy.json", "wait-for-brokers", "proof"))
    config.write_text(json.dumps({"namesrvAddr": ";".join(cluster.namesrv), "rocketMQClusterName": CLUSTER}))
    script.write_text(_files.wait_for_brokers(sys.executable))
    script.chmod(0o755)
    command = [str(script), str(config), "/bin/sh", "-c", f"echo $$ > {proof}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"waiting: {first.address} knows no broker of {CLUSTER} that takes writes\n"
        assert not proof.exists()
        first.groups.update(brokers)
        deadline = time.monotonic() + 30
        assert process.wait(deadline - time.monotonic()) == 0
        assert process.stdout.read() == ""
    assert proof.read_text().strip() == str(process.pid)
