# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""broker_config against the fake cluster: what is refused, what is written, and what goes wrong on the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import fake_broker
import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils import _configuration_wanted
from ansible_collections.rocketmq.cluster.plugins.modules import broker_config
from fake_broker import FakeBroker, FakeCluster
from module_runner import Runner

GROUP, OTHER = "RaftNode00", "RaftNode01"
READ, WRITE = 26, 25


@pytest.fixture(params=fake_broker.VERSIONS)
def cluster(request: pytest.FixtureRequest) -> Iterator[FakeCluster]:
    with FakeCluster(request.param, groups=2) as fake:
        yield fake


@pytest.fixture
def old() -> Iterator[FakeCluster]:
    with FakeCluster("4.7.1") as fake:
        yield fake


@pytest.fixture
def warned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What users are warned of, which ends up in another place when other tests have imported the controller's code."""
    said: list[str] = []
    monkeypatch.setattr(AnsibleModule, "warn", lambda _module, sentence: said.append(sentence))
    return said


def configure(run: Runner, cluster: FakeCluster, check_mode: bool = False, **options: Any) -> dict[str, Any]:
    return run(broker_config, check_mode, **{"namesrv": cluster.namesrv, "timeout": 1.0, "wait": 5, **options})


def members(cluster: FakeCluster) -> list[FakeBroker]:
    return [broker for brokers in cluster.brokers.values() for broker in brokers]


def written(cluster: FakeCluster) -> list[bytes]:
    return [request.body for broker in members(cluster) for request in broker.log if request.code == WRITE]


def values(cluster: FakeCluster, key: str) -> set[str]:
    return {broker.config.values[key] for broker in members(cluster)}


def test_without_values_it_only_looks(run: Runner, cluster: FakeCluster) -> None:
    result = configure(run, cluster)
    assert not result["changed"]
    assert set(result["live"]) == {broker.address for broker in members(cluster)}
    broker = cluster.brokers[OTHER][2]
    assert result["live"][broker.address]["brokerName"] == OTHER
    assert len(result["live"][broker.address]) == len(broker.config.values)
    assert {code for broker in members(cluster) for code in broker.codes()} == {READ}


def test_only_what_differs_is_written_to_every_member_that_differs(run: Runner, cluster: FakeCluster) -> None:
    kept = cluster.brokers[GROUP][0].config.values["deleteWhen"]
    cluster.brokers[GROUP][1].config.values["fileReservedTime"] = "24"
    result = configure(run, cluster, values={"fileReservedTime": 24, "deleteWhen": kept})
    assert result["changed"], result
    assert written(cluster) == [b"fileReservedTime=24\n"] * 5
    assert values(cluster, "fileReservedTime") == {"24"}
    assert {settings["fileReservedTime"] for settings in result["live"].values()} == {"24"}
    assert set(result["live"][cluster.brokers[GROUP][0].address]) == {"fileReservedTime", "deleteWhen"}
    assert result["changed_at_once"] == ["fileReservedTime"]
    assert result["needs_restart"] == []
    again = configure(run, cluster, values={"fileReservedTime": "24"})
    assert (again["changed"], again["actions"], again["changed_at_once"]) == (False, [], [])


def test_only_the_groups_asked_for(run: Runner, cluster: FakeCluster) -> None:
    result = configure(run, cluster, groups=[OTHER], values={"fileReservedTime": 24})
    assert [action["place"] for action in result["actions"]] == [b.address for b in cluster.brokers[OTHER]]
    assert not any(WRITE in broker.codes() for broker in cluster.brokers[GROUP])


def test_check_mode_writes_nothing_and_tells_the_same(run: Runner, cluster: FakeCluster) -> None:
    options = {"values": {"fileReservedTime": 24, "sendMessageThreadPoolNums": 3}}
    planned = configure(run, cluster, check_mode=True, **options)
    assert written(cluster) == []
    done = configure(run, cluster, **options)
    assert [planned[key] for key in ("changed", "diff", "actions")] == [
        done[key] for key in ("changed", "diff", "actions")
    ]
    address = cluster.brokers[GROUP][0].address
    assert done["diff"]["after"][address]["setting"] == {
        "fileReservedTime": {"value": "24", "effect": "at once"},
        "sendMessageThreadPoolNums": {"value": "3", "effect": "at the next start"},
    }


def test_what_needs_a_restart_is_said(run: Runner, cluster: FakeCluster, warned: list[str]) -> None:
    result = configure(run, cluster, values={"sendMessageThreadPoolNums": 3, "waitTimeMillsInSendQueue": 300})
    assert (result["changed_at_once"], result["needs_restart"]) == (
        ["waitTimeMillsInSendQueue"],
        ["sendMessageThreadPoolNums"],
    )
    assert "Read at start only: sendMessageThreadPoolNums" in warned[0]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("brokerPermission", "at once"),
        ("fileReservedTime", "at once"),
        ("waitTimeMillsInSendQueue", "at once"),
        ("autoCreateTopicEnable", "at once"),
        ("slaveReadEnable", "at once"),
        ("serverChannelMaxIdleTimeSeconds", "at once"),
        ("clientCloseSocketIfTimeout", "at once"),
        ("timerRocksDBRollIntervalHours", "at once"),
        ("pullMessageThreadPoolNums", "at the next start"),
        ("sendThreadPoolQueueCapacity", "at the next start"),
        ("serverSelectorThreads", "at the next start"),
        ("mappedFileSizeCommitLog", "at the next start"),
        ("flushDiskType", "at the next start"),
        ("metricsExporterType", "at the next start"),
        ("scanNotActiveBrokerInterval", "at the next start"),
    ],
)
def test_when_a_key_has_its_effect(key: str, expected: str) -> None:
    assert _configuration_wanted.effect(key) == expected


def test_an_unknown_key_is_refused_before_anything_is_written(run: Runner, cluster: FakeCluster) -> None:
    result = configure(run, cluster, values={"fileReservedTime": 24, "slaveReadEnabled": True})
    where = ", ".join(broker.address for broker in members(cluster))
    assert result["msg"] == (
        f"values: slaveReadEnabled is no setting of the broker {where}; the nearest is slaveReadEnable."
    )
    assert written(cluster) == []


IDENTITY = (
    "brokerName brokerId brokerClusterName brokerRole brokerIP1 listenPort haListenPort namesrvAddr storePathRootDir "
    "storePathCommitLog dLegerPeers dLegerSelfId enableDLegerCommitLog rocketmqHome brokerConfigPath controllerAddr"
)


@pytest.mark.parametrize("key", IDENTITY.split())
def test_what_a_broker_is_cannot_change(run: Runner, old: FakeCluster, key: str) -> None:
    result = configure(run, old, values={key: "7"})
    assert result["msg"] == (
        f"values: {key} is part of what that process is and cannot change while it runs: change the inventory."
    )
    assert members(old)[0].codes() == []


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("a\nbrokerName=x", "values: regionId has a line break, or a blank at an end"),
        ("a\r", "values: regionId has a line break, or a blank at an end"),
        ("a ", "values: regionId has a line break, or a blank at an end"),
        ("\ta", "values: regionId has a line break, or a blank at an end"),
        (None, "values: regionId has no value, or a list or a dictionary"),
        (["a"], "values: regionId has no value, or a list or a dictionary"),
        ({"a": 1}, "values: regionId has no value, or a list or a dictionary"),
    ],
)
def test_values_that_would_be_misread_are_refused(run: Runner, old: FakeCluster, value: Any, sentence: str) -> None:
    result = configure(run, old, values={"regionId": value})
    assert result["failed"]
    assert result["msg"].startswith(sentence), result["msg"]
    assert members(old)[0].codes() == []


def test_a_switch_takes_only_true_and_false(run: Runner, old: FakeCluster) -> None:
    result = configure(run, old, values={"slaveReadEnable": "on"})
    assert result["msg"] == "values: slaveReadEnable is on or off, and 'on' is neither: write true or false."
    assert written(old) == []
    for value in (True, "TRUE", "true"):
        result = configure(run, old, values={"slaveReadEnable": value})
        assert not result["failed"], result
    assert written(old) == [b"slaveReadEnable=true\n"] * 3


@pytest.mark.parametrize(
    ("current", "wanted", "expected"),
    [
        ("72", "72", True),
        ("72", "72.0", True),
        ("72", "073", False),
        ("0.70", "0.7", True),
        ("1.0E-4", "0.0001", True),
        ("9007199254740993", "9007199254740992", False),
        ("true", "True", True),
        ("false", "true", False),
        ("02;14", "02;14", True),
        ("a", "A", False),
        ("", "0", False),
        ("true ", "true", False),
    ],
)
def test_values_are_compared_as_rocketmq_means_them(current: str, wanted: str, expected: bool) -> None:
    assert _configuration_wanted.same(current, wanted) is expected


def test_a_value_that_was_not_taken_is_a_failure(run: Runner, old: FakeCluster) -> None:
    result = configure(run, old, values={"fileReservedTime": "two days", "waitTimeMillsInSendQueue": 300})
    assert result["failed"]
    address = old.brokers[GROUP][1].address
    assert f"setting fileReservedTime in {address}: {address} answered 0 and kept fileReservedTime=" in result["msg"]
    assert {action["name"] for action in result["failures"]} == {"fileReservedTime"}
    assert {action["name"] for action in result["actions"]} == {"waitTimeMillsInSendQueue"}
    assert result["changed_at_once"] == ["waitTimeMillsInSendQueue"]


def test_text_is_written_as_properties_want_it(run: Runner, old: FakeCluster) -> None:
    configure(run, old, values={"regionId": "a=\\b ä\U0001f600"}, wait=0)
    assert written(old)[0] == b"regionId=a=\\\\b \\u00e4\\ud83d\\ude00\n"


def test_secrets_are_neither_shown_nor_written(run: Runner, old: FakeCluster) -> None:
    for broker in members(old):
        broker.config.values["innerClientAuthenticationCredentials"] = '{"accessKey":"a","secretKey":"hidden"}'
    assert "hidden" not in str(configure(run, old))
    result = configure(run, old, values={"innerClientAuthenticationCredentials": "x"})
    assert "innerClientAuthenticationCredentials is a secret" in result["msg"]
    assert written(old) == []


def test_everyone_who_does_not_answer_is_named_and_nothing_is_written(run: Runner, old: FakeCluster) -> None:
    leader, one, two = old.brokers[GROUP]
    one.close()
    two.faults[READ] = [fake_broker.silent]
    result = configure(run, old, values={"fileReservedTime": 24})
    assert f"GET_BROKER_CONFIG to {one.address}: Connection refused" in result["msg"]
    assert f"GET_BROKER_CONFIG to {two.address}: no answer within 1 s" in result["msg"]
    assert WRITE not in leader.codes()


@pytest.mark.parametrize("fault", [fake_broker.half, fake_broker.reset, fake_broker.oversized, fake_broker.silent])
def test_an_answer_that_got_lost_is_looked_up(run: Runner, old: FakeCluster, fault: fake_broker.Fault) -> None:
    old.brokers[GROUP][1].faults[WRITE] = [fault]
    result = configure(run, old, values={"fileReservedTime": 24})
    assert (result["failed"], result["changed"], len(result["actions"])) == (False, True, 3), result


def test_a_member_that_dies_in_the_middle_is_a_failure_of_its_own(run: Runner, old: FakeCluster) -> None:
    dying = old.brokers[GROUP][2]
    dying.hooks[WRITE] = [dying.close]
    result = configure(run, old, values={"fileReservedTime": 24}, wait=0.5)
    assert result["failed"]
    assert dying.address in result["msg"]


def test_an_answer_without_settings_is_an_error(run: Runner, old: FakeCluster) -> None:
    old.brokers[GROUP][0].faults[READ] = [fake_broker.no_body]
    result = configure(run, old)
    assert "GET_BROKER_CONFIG" in result["msg"]
    assert "no line with key=value" in result["msg"]
