# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""consumer_group_info against the fake cluster: who consumes, and how far behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import fake_broker
import pytest
from ansible_collections.rocketmq.cluster.plugins.module_utils import _consumers, _remoting
from ansible_collections.rocketmq.cluster.plugins.modules import consumer_group_info
from module_runner import Runner

ONE, OTHER = "RaftNode00", "RaftNode01"


def client(name: str, version: int = 355) -> dict[str, Any]:
    return {"clientAddr": "127.0.0.1:50000", "clientId": name, "language": "JAVA", "version": version}


@pytest.fixture(params=fake_broker.VERSIONS)
def cluster(request: pytest.FixtureRequest) -> Iterator[fake_broker.FakeCluster]:
    """billing has read two of three orders in ONE and nothing of one in OTHER; idle is only there."""
    with fake_broker.FakeCluster(request.param, groups=2, name_servers=2) as fake:
        for group, count in ((ONE, 3), (OTHER, 1)):
            store = fake.leader(group).store
            store.put_group("billing", {})
            store.put_topic("orders", readQueueNums=2, writeQueueNums=2)
            for number in range(count):
                store.append("orders", 1, b"", at=1000 + number)
            store.offsets["orders", "billing"] = {1: 2 if group == ONE else 0}
        fake.leader(ONE).store.put_group("idle", {"retryMaxTimes": 1})
        yield fake


def test_members_and_lag(cluster: fake_broker.FakeCluster, run: Runner) -> None:
    cluster.leader(ONE).store.online["billing"] = {"orders": [client("billing@2", 513), client("billing@1", 0)]}
    cluster.leader(OTHER).store.online["billing"] = {"orders": [client("billing@1", 0)]}
    result = run(consumer_group_info, namesrv=cluster.namesrv)
    assert list(result["consumers"]) == ["billing", "idle"]
    found = result["consumers"]["billing"]
    assert found["members"] == [
        {"client_id": "billing@1", "address": "127.0.0.1:50000", "language": "JAVA", "version": ""},
        {"client_id": "billing@2", "address": "127.0.0.1:50000", "language": "JAVA", "version": "5.5.0"},
    ]
    assert (found["consume_type"], found["message_model"]) == ("CONSUME_PASSIVELY", "CLUSTERING")
    assert list(found["subscriptions"]) == ["orders"]
    assert (found["lag"], found["topics"]["orders"]["lag"]) == (2, 2)
    assert [tuple(queue.values()) for queue in found["topics"]["orders"]["queues"]] == [
        (ONE, 0, 0, 0, 0, 0),
        (ONE, 1, 3, 2, 1, 1001),
        (OTHER, 0, 0, 0, 0, 0),
        (OTHER, 1, 1, 0, 1, 0),
    ]
    assert result["versions"] == {ONE: cluster.version, OTHER: cluster.version}
    assert result["consumers"]["idle"] == {
        "members": [],
        "consume_type": "",
        "message_model": "",
        "subscriptions": {},
        "lag": 0,
        "topics": {},
    }


def test_items_have_what_the_release_knows(cluster: fake_broker.FakeCluster, run: Runner) -> None:
    result = run(consumer_group_info, namesrv=cluster.namesrv)
    billing, idle = result["consumer_groups"]
    assert (billing["name"], billing["groups"], billing["retry_max_times"]) == ("billing", [ONE, OTHER], 16)
    assert (idle["name"], idle["groups"], idle["retry_max_times"]) == ("idle", [ONE], 1)
    young = [option for option in _consumers.YOUNG_FIELDS if option in billing]
    assert young == (list(_consumers.YOUNG_FIELDS) if cluster.version == "5.5.0" else [])


def test_chosen_names_and_broker_groups(cluster: fake_broker.FakeCluster, run: Runner) -> None:
    result = run(consumer_group_info, namesrv=cluster.namesrv, names=["idle", "nobody", "TOOLS_CONSUMER"])
    assert list(result["consumers"]) == ["idle", "TOOLS_CONSUMER"]
    assert {item["name"] for item in result["consumer_groups"]} == {"idle", "TOOLS_CONSUMER"}
    result = run(consumer_group_info, namesrv=cluster.namesrv, groups=[OTHER])
    assert list(result["consumers"]) == ["billing"]
    assert 352 not in [code for group in cluster.brokers.values() for broker in group for code in broker.codes()]


@pytest.mark.parametrize("code", [201, 203, 208])
@pytest.mark.parametrize("fault", [fake_broker.half, fake_broker.silent, fake_broker.html])
def test_what_cannot_be_read_is_said(
    code: int, fault: fake_broker.Fault, cluster: fake_broker.FakeCluster, run: Runner
) -> None:
    leader = cluster.leader(OTHER)
    leader.faults[code] = [fault] * 3
    result = run(consumer_group_info, namesrv=cluster.namesrv, timeout=0.5)
    assert result["failed"]
    assert leader.address in result["msg"]


@pytest.mark.parametrize("code", [203, 208])
@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"connectionSet":[1],"offsetTable":{"a":1}}', b"null"])
def test_a_body_of_another_shape(code: int, body: bytes, cluster: fake_broker.FakeCluster, run: Runner) -> None:
    leader = cluster.leader(ONE)
    leader.store.online["billing"] = {"orders": [client("billing@1")]}
    name = {203: "consumer_connections", 208: "consume_stats"}[code]

    def strange(connected: Any, answer: bytes) -> None:
        opaque = _remoting.decode(answer[4:]).opaque
        connected.sendall(fake_broker.reply(cluster.version, name, opaque, body=body))

    leader.faults[code] = [strange] * 3
    result = run(consumer_group_info, namesrv=cluster.namesrv)
    assert result["failed"]
    assert "an answer without what it should contain" in result["msg"]
    assert leader.address in result["msg"]
