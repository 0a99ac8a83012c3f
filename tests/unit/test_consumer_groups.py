# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""consumer_groups where something is wrong: with what is asked for, or with the cluster."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import fake_broker
import pytest
from ansible_collections.rocketmq.cluster.plugins.module_utils import _consumers
from ansible_collections.rocketmq.cluster.plugins.modules import consumer_groups
from module_runner import Runner

ONE, OTHER = "RaftNode00", "RaftNode01"
CLIENT = {"clientAddr": "127.0.0.1:1", "clientId": "billing@1", "language": "JAVA", "version": 355}


@pytest.fixture(params=fake_broker.VERSIONS)
def cluster(request: pytest.FixtureRequest) -> Iterator[fake_broker.FakeCluster]:
    with fake_broker.FakeCluster(request.param, groups=2, name_servers=2) as fake:
        yield fake


def apply(cluster: fake_broker.FakeCluster, run: Runner, *items: dict[str, Any], **options: Any) -> dict[str, Any]:
    return run(consumer_groups, namesrv=cluster.namesrv, consumer_groups=list(items), **options)


def rows(cluster: fake_broker.FakeCluster, group: str = ONE) -> dict[str, dict[str, Any]]:
    return cluster.leader(group).store.group_table.rows


def writes(cluster: fake_broker.FakeCluster) -> int:
    brokers = [broker for group in cluster.brokers.values() for broker in group]
    return sum(code in (200, 207) for broker in brokers for code in broker.codes())


@pytest.mark.parametrize(
    ("items", "text"),
    [
        ([{"name": "a b"}], "Consumer group 'a b': write a name of up to 255 letters"),
        ([{"name": "x" * 256}], "write a name of up to 255 letters"),
        ([{"name": "g", "retry_queues": -1}], "Consumer group g: retry_queues is -1: write 0 or more."),
        ([{"name": "g", "retry_max_times": -2}], "retry_max_times is -2: write -1 or more."),
        ([{"name": "g", "consume_timeout_minutes": 0}], "consume_timeout_minutes is 0: write 1 or more."),
        ([{"name": "g"}, {"name": "g"}], "Consumer group g: two items are about it: write one."),
        ([{"name": "g"}, {"name": "g", "groups": [ONE]}], f"Consumer group g: two items are about it in {ONE}"),
        ([{"name": "g", "groups": [ONE]}, {"name": "g"}], "Consumer group g: two items are about it"),
        (
            [{"name": "g", "retry_policy": {"type": "customized", "max_ms": 1}}],
            "retry_policy.max_ms is not for the type customized",
        ),
        (
            [{"name": "g", "retry_policy": {"type": "exponential", "multiplier": 0}}],
            "retry_policy.multiplier is 0: write 1 or more.",
        ),
        (
            [{"name": "g", "retry_policy": {"type": "customized", "delays_ms": []}}],
            "retry_policy.delays_ms is []: write 1 or more.",
        ),
        ([{"name": "g", "retry_policy": {"type": "linear"}}], "retry_policy"),
        ([{"name": "g", "state": "there"}], "state"),
        ([{"name": "g", "groups": ["RaftNode99"]}], "has no broker group RaftNode99; it has RaftNode00, RaftNode01."),
    ],
)
def test_wrong_options_are_refused_before_anything_is_written(
    items: list[dict[str, Any]], text: str, cluster: fake_broker.FakeCluster, run: Runner
) -> None:
    result = apply(cluster, run, *items)
    assert result["failed"]
    assert text in result["msg"]
    assert writes(cluster) == 0


def test_settings_that_this_module_does_not_know_stay(run: Runner) -> None:
    with fake_broker.FakeCluster("5.5.0") as cluster:
        apply(cluster, run, {"name": "billing"})
        rows(cluster)["billing"].update({"groupSysFlag": 2, "subscriptionDataSet": [{"topic": "orders"}]})
        apply(cluster, run, {"name": "billing", "retry_max_times": 2})
        _create, body = [request.body for request in cluster.leader(ONE).log if request.code == 200]
    assert b'"groupSysFlag": 2' in body
    assert b'"subscriptionDataSet": [{"topic": "orders"}]' in body


def test_long_names_are_refused_by_release(cluster: fake_broker.FakeCluster, run: Runner) -> None:
    result = apply(cluster, run, {"name": "x" * 121})
    if cluster.version == "5.5.0":
        assert "from RocketMQ 5.0.0 on a name has up to 120 characters." in result["msg"]
        assert writes(cluster) == 0
    else:
        assert result["changed"]


def test_a_retry_policy_that_nobody_changes_is_not_touched() -> None:
    policy = {"type": "EXPONENTIAL", "customizedRetryPolicy": {"next": [1]}, "exponentialRetryPolicy": {"max": 9}}
    entry = {"groupName": "g", "groupRetryPolicy": policy}
    unchanged = {"retry_max_times": 2, "retry_policy": {"type": "exponential", "max_ms": 9}}
    assert _consumers._config("g", unchanged, entry)["groupRetryPolicy"] == policy
    changed = {"retry_policy": {"type": "exponential", "max_ms": 10}}
    assert _consumers._config("g", changed, entry)["groupRetryPolicy"] == {
        "type": "EXPONENTIAL",
        "exponentialRetryPolicy": {"max": 10},
    }


def test_attributes_are_written_as_changes() -> None:
    entry = {"groupName": "g", "attributes": {"kept": "1", "changed": "1", "gone": "1"}}
    config = _consumers._config("g", {"attributes": {"kept": "1", "changed": "2", "new": "3"}}, entry)
    assert config["attributes"] == {"+changed": "2", "+new": "3", "-gone": ""}
    assert _consumers._config("g", {"retry_queues": 1}, entry)["attributes"] == {}


def test_a_connected_consumer_keeps_its_group(cluster: fake_broker.FakeCluster, run: Runner) -> None:
    apply(cluster, run, {"name": "billing"}, {"name": "idle"})
    cluster.leader(OTHER).store.online["billing"] = {"orders": [CLIENT]}
    before = writes(cluster)
    absent = [{"name": "billing", "state": "absent"}, {"name": "idle", "state": "absent"}]
    for options in ({"purge": True}, {}):
        result = apply(cluster, run, *([] if options else absent), **options)
        assert result["failed"]
        assert "Consumer group billing: it would be deleted, and consumers are connected (billing@1)" in result["msg"]
    assert writes(cluster) == before, "not even the idle one is deleted"
    result = apply(cluster, run, *absent, force=True)
    assert (result["failed"], len(result["actions"])) == (False, 4)
    assert "billing" not in rows(cluster)


def test_purge_spares_names_of_cloud_consoles(cluster: fake_broker.FakeCluster, run: Runner) -> None:
    apply(cluster, run, {"name": "CID_orders"}, {"name": "orders"})
    result = apply(cluster, run, purge=True)
    assert {action["name"] for action in result["actions"]} == {"orders"}
    assert "CID_orders" in rows(cluster)


def test_offsets_go_with_the_group_where_the_release_can(cluster: fake_broker.FakeCluster, run: Runner) -> None:
    apply(cluster, run, {"name": "billing"})
    store = cluster.leader(ONE).store
    store.offsets["orders", "billing"] = {0: 7}
    result = apply(cluster, run, {"name": "billing", "state": "absent"}, remove_offsets=True)
    if cluster.version == "4.7.1":
        assert f"Consumer group billing in {ONE}: remove_offsets needs RocketMQ 4.9.0" in result["msg"]
        assert "billing" in rows(cluster)
        return
    assert result["changed"]
    assert not store.offsets


def test_offsets_stay_without_being_asked(cluster: fake_broker.FakeCluster, run: Runner) -> None:
    apply(cluster, run, {"name": "billing"})
    store = cluster.leader(ONE).store
    store.offsets["orders", "billing"] = {0: 7}
    assert apply(cluster, run, {"name": "billing", "state": "absent"})["changed"]
    assert store.offsets


def test_a_leader_that_moves_in_the_middle(cluster: fake_broker.FakeCluster, run: Runner) -> None:
    old = cluster.leader(ONE)
    old.hooks[200] = [lambda: cluster.lead(ONE, 1)]
    result = apply(cluster, run, {"name": "billing"}, wait=10)
    assert (result["failed"], result["changed"]) == (False, True), result
    assert "billing" in rows(cluster)
    assert 200 in cluster.brokers[ONE][1].codes()


def test_a_broker_that_is_no_leader_any_more_is_not_asked_to_write(
    cluster: fake_broker.FakeCluster, run: Runner
) -> None:
    cluster.leader(ONE).config.values["brokerRole"] = "SLAVE"
    result = apply(cluster, run, {"name": "billing"}, wait=1)
    assert f"{ONE}: no leader is registered right now" in result["msg"]
    assert writes(cluster) == 0


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (201, fake_broker.half),
        (201, fake_broker.reset),
        (201, fake_broker.no_body),
        (26, fake_broker.half),
        (26, fake_broker.reset),
    ],
)
def test_a_table_that_cannot_be_read(
    code: int, fault: fake_broker.Fault, cluster: fake_broker.FakeCluster, run: Runner
) -> None:
    leader = cluster.leader(ONE)
    leader.faults[code] = [fault] * 3
    result = apply(cluster, run, {"name": "billing"})
    assert leader.address in result["msg"]
    assert writes(cluster) == 0


def test_a_write_that_is_not_answered_is_looked_after(cluster: fake_broker.FakeCluster, run: Runner) -> None:
    cluster.leader(ONE).faults[200] = [fake_broker.reset]
    result = apply(cluster, run, {"name": "billing"}, wait=10)
    assert (result["failed"], result["changed"]) == (False, True), result


def test_a_group_that_cannot_be_written_is_named_with_its_reason(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake_broker.FakeCluster("4.9.7", groups=2) as cluster:
        leader = cluster.leader(ONE)
        leader.faults[200] = [fake_broker.silent] * 50
        monkeypatch.setattr(leader.store, "put_group", lambda name, fields: None)
        result = apply(cluster, run, {"name": "billing"}, timeout=1, wait=1)
    assert result["failed"]
    assert f"consumer group billing in {ONE}: " in result["msg"]
    assert "no answer within 1 s" in result["msg"]
    assert [failure["place"] for failure in result["failures"]] == [ONE]
    assert [action["place"] for action in result["actions"]] == [OTHER]
