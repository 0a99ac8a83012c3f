# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""consumer_groups and consumer_group_info: changed, then unchanged, and there for somebody without our client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.rocketmq.cluster.plugins.modules import consumer_group_info, consumer_groups
from module_runner import Runner
from targets import Target

pytestmark = pytest.mark.usefixtures("deletable")
NAMES = [f"contract-group-{letter}" for letter in "abc"]
A, B, C = NAMES
EVERY_FIELD = {
    "consume_enable": False,
    "consume_from_min_enable": False,
    "consume_broadcast_enable": False,
    "retry_queues": 2,
    "retry_max_times": 3,
    "notify_consumer_ids_changed": False,
    "broker_id": 1,
    "which_broker_when_slow": 2,
}
EVERY_YOUNG_FIELD = {
    "consume_orderly": True,
    "consume_timeout_minutes": 7,
    "retry_policy": {"type": "exponential", "initial_ms": 1000, "max_ms": 60000, "multiplier": 3},
    "attributes": {"priority.factor": "50"},
}


@pytest.fixture(autouse=True)
def clean(target: Target, run: Runner) -> Iterator[None]:
    yield
    result = apply(target, run, *({"name": name, "state": "absent"} for name in NAMES))
    assert not result["failed"], result["msg"]


def apply(target: Target, run: Runner, *items: dict[str, Any], check_mode: bool = False, **options: Any) -> Any:
    return run(consumer_groups, check_mode, namesrv=target.namesrv, consumer_groups=list(items), **options)


def changed_then_unchanged(target: Target, run: Runner, *items: dict[str, Any], **options: Any) -> Any:
    first = apply(target, run, *items, **options)
    assert (first["failed"], first["changed"]) == (False, True), first
    again = apply(target, run, *items, **options)
    assert (again["failed"], again["changed"], again["actions"]) == (False, False, []), again
    return first


def places(result: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(action["action"], action["name"], action["place"]) for action in result["actions"]]


def entry(target: Target, name: str, place: int = 0) -> dict[str, Any]:
    found = target.consumer_group(target.groups[place], name)
    assert found is not None
    return found


def test_a_group_is_created_everywhere_with_the_brokers_defaults(target: Target, run: Runner) -> None:
    result = changed_then_unchanged(target, run, {"name": A, "retry_max_times": 3})
    assert places(result) == [("create", A, group) for group in target.groups]
    for place in (0, 1):
        found = entry(target, A, place)
        assert (found["retryMaxTimes"], found["retryQueueNums"], found["consumeEnable"]) == (3, 1, True)
        assert (found["brokerId"], found["whichBrokerWhenConsumeSlowly"]) == (0, 1)


def test_what_is_not_said_stays(target: Target, run: Runner) -> None:
    changed_then_unchanged(target, run, {"name": A, "retry_max_times": 3, "consume_broadcast_enable": False})
    result = changed_then_unchanged(target, run, {"name": A, "retry_queues": 4})
    assert places(result) == [("update", A, group) for group in target.groups]
    found = entry(target, A)
    assert (found["retryMaxTimes"], found["retryQueueNums"], found["consumeBroadcastEnable"]) == (3, 4, False)
    assert not apply(target, run, {"name": A})["changed"]


def test_every_field_can_be_changed(target: Target, run: Runner) -> None:
    changed_then_unchanged(target, run, {"name": A})
    changed_then_unchanged(target, run, {"name": A, **EVERY_FIELD})
    found = entry(target, A, 1)
    flags = ("consumeEnable", "consumeFromMinEnable", "consumeBroadcastEnable", "notifyConsumerIdsChangedEnable")
    assert not any(found[flag] for flag in flags)
    numbers = ("retryQueueNums", "retryMaxTimes", "brokerId", "whichBrokerWhenConsumeSlowly")
    assert [found[number] for number in numbers] == [2, 3, 1, 2]


def test_fields_of_5x(target: Target, run: Runner) -> None:
    if target.version.startswith("4."):
        result = apply(target, run, {"name": A, **EVERY_YOUNG_FIELD}, {"name": B})
        assert f"Consumer group {A} in {target.groups[0]}: consume_orderly, " in result["msg"]
        assert f"needs RocketMQ 5.0.0, its leader runs {target.version}" in result["msg"]
        assert target.consumer_group(target.groups[0], B) is None, "refused means: nothing is written"
        return
    changed_then_unchanged(target, run, {"name": A, **EVERY_YOUNG_FIELD})
    found = entry(target, A)
    assert (found["consumeMessageOrderly"], found["consumeTimeoutMinute"]) == (True, 7)
    assert found["attributes"] == {"priority.factor": "50"}
    policy = found["groupRetryPolicy"]
    assert (policy["type"], policy["exponentialRetryPolicy"]["multiplier"]) == ("EXPONENTIAL", 3)
    changed_then_unchanged(target, run, {"name": A, "retry_max_times": 5})
    assert entry(target, A)["attributes"] == {"priority.factor": "50"}, "a change of another field keeps them"
    changed_then_unchanged(target, run, {"name": A, "attributes": {"priority.factor": "60"}})
    assert entry(target, A)["attributes"] == {"priority.factor": "60"}
    changed_then_unchanged(target, run, {"name": A, "attributes": {"priority.factor": None}})
    assert not entry(target, A).get("attributes")
    changed_then_unchanged(target, run, {"name": A, "retry_policy": {"type": "customized", "delays_ms": [1000, 5000]}})
    policy = entry(target, A)["groupRetryPolicy"]
    assert (policy["type"], policy["customizedRetryPolicy"]["next"]) == ("CUSTOMIZED", [1000, 5000])


def test_a_group_in_one_place_and_then_in_another(target: Target, run: Runner) -> None:
    one, other = target.groups
    changed_then_unchanged(target, run, {"name": A, "groups": [one]}, {"name": B}, groups=[one])
    assert [target.consumer_group(other, name) for name in (A, B)] == [None, None]
    changed_then_unchanged(target, run, {"name": A, "groups": [other], "retry_queues": 4})
    assert [entry(target, A, place)["retryQueueNums"] for place in (0, 1)] == [1, 4]


def test_a_group_that_would_come_back_is_not_deleted(target: Target, run: Runner) -> None:
    if target.version != "5.5.0":
        pytest.skip("it deletes for good")
    apply(target, run, {"name": A})
    target.set_brokers("autoCreateSubscriptionGroup", "true")
    try:
        result = apply(target, run, {"name": A, "state": "absent"})
    finally:
        target.set_brokers("autoCreateSubscriptionGroup", "false")
    assert "makes a group that is deleted anew" in result["msg"]
    assert "autoCreateSubscriptionGroup" in result["msg"]
    assert entry(target, A)


def test_a_group_is_deleted_everywhere(target: Target, run: Runner) -> None:
    apply(target, run, {"name": A}, {"name": B})
    result = changed_then_unchanged(target, run, {"name": A, "state": "absent"}, {"name": B})
    assert places(result) == [("delete", A, group) for group in target.groups]
    assert [target.consumer_group(group, A) for group in target.groups] == [None, None]
    assert target.consumer_group(target.groups[1], B) is not None


def test_check_mode_says_the_same_and_writes_nothing(target: Target, run: Runner) -> None:
    apply(target, run, {"name": A, "retry_queues": 2}, {"name": B})
    wanted = [{"name": A, "retry_queues": 4}, {"name": B, "state": "absent"}, {"name": C}]
    before = target.tables()
    checked = apply(target, run, *wanted, check_mode=True)
    assert target.tables() == before
    real = apply(target, run, *wanted)
    assert (checked["changed"], checked["actions"], checked["diff"]) == (True, real["actions"], real["diff"])
    assert target.tables() != before


def test_purge_spares_patterns_system_groups_and_stops_at_its_limit(target: Target, run: Runner) -> None:
    foreign = [item["name"] for item in run(consumer_group_info, namesrv=target.namesrv)["consumer_groups"]]
    others = {"purge_exclude": [C, *foreign]}
    apply(target, run, {"name": A}, {"name": B}, {"name": C})
    before = target.tables()
    result = apply(target, run, purge=True, max_deletes=1, **others)
    assert result["msg"].startswith(f"2 consumer groups would be deleted, and max_deletes is 1: {A}, {B}.")
    assert target.tables() == before
    result = apply(target, run, {"name": A}, purge=True, **others)
    assert places(result) == [("delete", B, group) for group in target.groups]
    assert not apply(target, run, {"name": A}, purge=True, **others)["changed"]
    assert [target.consumer_group(target.groups[0], name) is None for name in NAMES] == [False, True, False]
    assert target.consumer_group(target.groups[0], "TOOLS_CONSUMER") is not None


def test_what_consumer_group_info_tells_changes_nothing(target: Target, run: Runner) -> None:
    one, other = target.groups
    young = {} if target.version.startswith("4.") else EVERY_YOUNG_FIELD
    apply(
        target,
        run,
        {"name": A, "groups": [one], **EVERY_FIELD, **young},
        {"name": A, "groups": [other]},
        {"name": B, "retry_max_times": -1},
    )
    found = run(consumer_group_info, namesrv=target.namesrv)
    assert [item["groups"] for item in found["consumer_groups"] if item["name"] == A] == [[one], [other]]
    [item] = [item for item in found["consumer_groups"] if item["name"] == B]
    assert (item["groups"], item["retry_max_times"]) == ([one, other], -1)
    assert "TOOLS_CONSUMER" not in found["consumers"]
    assert {key: found["consumers"][B][key] for key in ("members", "lag", "topics")} == {
        "members": [],
        "lag": 0,
        "topics": {},
    }
    before = target.tables()
    result = apply(target, run, *found["consumer_groups"], purge=True)
    assert (result["failed"], result["changed"]) == (False, False), result
    assert target.tables() == before


def test_a_system_group_is_refused(target: Target, run: Runner) -> None:
    result = apply(target, run, {"name": "TOOLS_CONSUMER", "state": "absent"})
    assert "Consumer group TOOLS_CONSUMER in" in result["msg"]
    assert "belongs to RocketMQ itself" in result["msg"]
