# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""offset_info and offsets: what one tells the other takes, and what must not be committed."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import fake_broker
import pytest
from ansible_collections.rocketmq.cluster.plugins.module_utils import _offsets, _remoting
from ansible_collections.rocketmq.cluster.plugins.module_utils._client import Broker
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import ProtocolError
from ansible_collections.rocketmq.cluster.plugins.modules import offset_info, offsets
from module_runner import Runner

ONE, OTHER = "RaftNode00", "RaftNode01"
RETRY = "%RETRY%billing"
CLIENT = {"clientAddr": "127.0.0.1:1", "clientId": "billing@1", "language": "JAVA", "version": 355}


@pytest.fixture(params=fake_broker.VERSIONS)
def cluster(request: pytest.FixtureRequest) -> Iterator[fake_broker.FakeCluster]:
    """billing has read orders in both broker groups, and retried in the first one."""
    with fake_broker.FakeCluster(request.param, groups=2) as fake:
        for group, done in ((ONE, {0: 2, 1: 0}), (OTHER, {0: 7})):
            store = fake.leader(group).store
            store.put_group("billing", {})
            store.put_topic("orders", readQueueNums=2, writeQueueNums=2)
            store.offsets["orders", "billing"] = done
        store = fake.leader(ONE).store
        store.put_topic(RETRY, readQueueNums=1, writeQueueNums=1)
        store.offsets[RETRY, "billing"] = {0: 3}
        yield fake


def told(cluster: fake_broker.FakeCluster, run: Runner, **options: Any) -> list[dict[str, Any]]:
    result = run(offset_info, namesrv=cluster.namesrv, **options)
    assert not result["failed"], result
    found: list[dict[str, Any]] = result["offsets"]
    return found


def committed(cluster: fake_broker.FakeCluster, group: str = ONE) -> dict[Any, Any]:
    return cluster.leader(group).store.offsets


def item(queues: dict[str, int], **names: str) -> dict[str, Any]:
    return {"consumer_group": "billing", "topic": "orders", "group": ONE, **names, "queues": queues}


def test_all_offsets_are_told_exactly(cluster: fake_broker.FakeCluster, run: Runner) -> None:
    assert told(cluster, run) == [
        item({"0": 3}, topic=RETRY),
        item({"0": 2, "1": 0}),
        item({"0": 7}, group=OTHER),
    ]
    assert told(cluster, run, groups=[OTHER]) == [item({"0": 7}, group=OTHER)]
    assert told(cluster, run, names=["nobody"]) == []


def test_what_is_gone_or_rocketmqs_own_is_not_told(cluster: fake_broker.FakeCluster, run: Runner) -> None:
    before = told(cluster, run)
    committed(cluster)["no-such-topic", "billing"] = {0: 1}
    committed(cluster)["orders", "no-such-group"] = {0: 1}
    committed(cluster)["orders", "TOOLS_CONSUMER"] = {0: 1}
    assert told(cluster, run) == before


def test_told_offsets_come_back_where_they_were_lost(cluster: fake_broker.FakeCluster, run: Runner) -> None:
    wanted = told(cluster, run)
    kept = copy.deepcopy([committed(cluster), committed(cluster, OTHER)])
    for group in (ONE, OTHER):
        committed(cluster, group).clear()
    checked = run(offsets, True, namesrv=cluster.namesrv, offsets=wanted)
    assert committed(cluster) == {}
    result = run(offsets, namesrv=cluster.namesrv, offsets=wanted)
    assert result["changed"]
    assert (checked["actions"], checked["diff"]) == (result["actions"], result["diff"])
    assert [committed(cluster), committed(cluster, OTHER)] == kept
    again = run(offsets, namesrv=cluster.namesrv, offsets=wanted)
    assert (again["changed"], again["actions"], again["skipped_offsets"]) == (False, [], [])


def test_newer_offsets_go_back_by_force_only(cluster: fake_broker.FakeCluster, run: Runner) -> None:
    wanted = [item({"0": 1, "1": 5})]
    for check_mode in (False, True):
        result = run(offsets, check_mode, namesrv=cluster.namesrv, offsets=wanted)
        assert (
            f"offsets billing on orders in {ONE}: what is committed is newer in the queues 0 (2 > 1)" in result["msg"]
        )
    assert committed(cluster)["orders", "billing"] == {0: 2, 1: 0}, "nothing is written, not even what could be"
    assert run(offsets, namesrv=cluster.namesrv, offsets=wanted, force=True)["changed"]
    assert committed(cluster)["orders", "billing"] == {0: 1, 1: 5}


def test_connected_consumers_are_refused_even_by_force(cluster: fake_broker.FakeCluster, run: Runner) -> None:
    cluster.leader(ONE).store.online["billing"] = {"orders": [CLIENT]}
    result = run(offsets, namesrv=cluster.namesrv, offsets=[item({"0": 9})], force=True)
    assert "consumers are connected (billing@1), who would commit their own offsets: stop them" in result["msg"]
    assert not run(offsets, namesrv=cluster.namesrv, offsets=[item({"0": 2})])["failed"], "nothing to do"
    cluster.leader(ONE).store.online["billing"] = {"news": [CLIENT]}
    assert run(offsets, namesrv=cluster.namesrv, offsets=[item({"0": 9})])["changed"], "they read something else"


def test_missing_names_are_refused_but_in_check_mode(cluster: fake_broker.FakeCluster, run: Runner) -> None:
    wanted = [item({"0": 1}, consumer_group="nobody"), item({"0": 1}, topic="nothing")]
    result = run(offsets, namesrv=cluster.namesrv, offsets=wanted)
    assert f"There is no consumer group nobody in {ONE}: create it first." in result["msg"]
    assert f"There is no topic nothing in {ONE}: create it first." in result["msg"]
    assert len(run(offsets, True, namesrv=cluster.namesrv, offsets=wanted)["actions"]) == 2
    elsewhere = run(offsets, namesrv=cluster.namesrv, offsets=[item({}, group="Elsewhere")])
    assert "has no broker group Elsewhere" in elsewhere["msg"]


def test_many_refusals_stay_readable(cluster: fake_broker.FakeCluster, run: Runner) -> None:
    wanted = [item({"0": 1}, topic=f"nothing-{number}") for number in range(30)]
    message = run(offsets, namesrv=cluster.namesrv, offsets=wanted)["msg"]
    assert message.count("There is no topic") == 10
    assert message.endswith("And 20 more of these.")


def test_a_retry_topic_that_is_not_there_yet(cluster: fake_broker.FakeCluster, run: Runner) -> None:
    wanted = [item({"0": 3}, topic=RETRY, group=OTHER), item({"0": 8}, group=OTHER)]
    result = run(offsets, namesrv=cluster.namesrv, offsets=wanted)
    assert result["skipped_offsets"] == [f"billing on {RETRY}"]
    assert list(committed(cluster, OTHER)) == [("orders", "billing")]
    assert committed(cluster, OTHER)["orders", "billing"] == {0: 8}


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ([item({"x": 1})], "has x: 1: write a queue and its offset"),
        ([item({"0": -1})], "has 0: -1: write a queue and its offset"),
        ([item({}), item({})], f"two items are about billing on orders in {ONE}: write one."),
    ],
)
def test_wrong_items(wrong: list[dict[str, Any]], text: str, run: Runner) -> None:
    assert text in run(offsets, namesrv=["127.0.0.1:1"], offsets=wrong)["msg"]


def test_damaged_answer(cluster: fake_broker.FakeCluster) -> None:
    def damaged(_broker: Any, request: _remoting.Frame) -> bytes:
        return bytes(cluster.leader(ONE).reply("all_groups", request))

    with Broker(cluster.leader(ONE).address, 1) as broker, pytest.MonkeyPatch.context() as patch:
        patch.setitem(fake_broker._HANDLERS, 43, damaged)
        with pytest.raises(ProtocolError, match="GET_ALL_CONSUMER_OFFSET"):
            _offsets.committed(broker)
