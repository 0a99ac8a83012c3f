# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""topics and topic_info: changed, then unchanged, and there for somebody who does not use our client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.rocketmq.cluster.plugins.modules import namesrv_config, topic_info, topics
from module_runner import Runner
from targets import Target, by_group, each

NAMES = [f"contract-topic-{letter}" for letter in "abc"]
A, B, C = NAMES
QUEUES = ("readQueueNums", "writeQueueNums")


@pytest.fixture(autouse=True)
def clean(target: Target, run: Runner) -> Iterator[None]:
    yield
    result = apply(target, run, *({"name": name, "state": "absent"} for name in NAMES))
    assert not result["failed"], result["msg"]


def apply(target: Target, run: Runner, *items: dict[str, Any], check_mode: bool = False, **options: Any) -> Any:
    return run(topics, check_mode, namesrv=target.namesrv, topics=list(items), **options)


def changed_then_unchanged(target: Target, run: Runner, *items: dict[str, Any], **options: Any) -> Any:
    first = apply(target, run, *items, **options)
    assert (first["failed"], first["changed"]) == (False, True), first
    again = apply(target, run, *items, **options)
    assert (again["failed"], again["changed"], again["actions"]) == (False, False, []), again
    return first


def places(result: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(action["action"], action["name"], action["place"]) for action in result["actions"]]


def test_a_topic_is_created_everywhere(target: Target, run: Runner) -> None:
    result = changed_then_unchanged(target, run, {"name": A, "queues": 5, "permission": 4})
    assert places(result) == [("create", A, group) for group in target.groups]
    told = each(lambda server: target.route(server, A) or {}, target.namesrv).values()
    for group in target.groups:
        for entry in (target.topic(group, A), *(routes[group] for routes in told)):
            assert entry is not None
            assert [entry[key] for key in (*QUEUES, "perm")] == [5, 5, 4]


def test_a_new_topic_gets_defaults_and_what_is_not_said_stays(target: Target, run: Runner) -> None:
    changed_then_unchanged(target, run, {"name": A})
    changed_then_unchanged(target, run, {"name": A, "permission": 2})
    entry = target.topic(target.groups[0], A)
    assert entry is not None
    assert [entry[key] for key in (*QUEUES, "perm", "order")] == [8, 8, 2, False]


def test_every_field_can_be_changed(target: Target, run: Runner) -> None:
    changed_then_unchanged(target, run, {"name": A, "queues": 2})
    result = changed_then_unchanged(target, run, {"name": A, "read_queues": 6, "write_queues": 3, "permission": 6})
    assert places(result) == [("update", A, group) for group in target.groups]
    entry = target.topic(target.groups[1], A)
    assert entry is not None
    assert [entry[key] for key in (*QUEUES, "perm")] == [6, 3, 6]
    changed_then_unchanged(target, run, {"name": A, "write_queues": 1})


def flags(target: Target, name: str) -> list[bool]:
    """Of the leaders."""
    return [(target.topic(group, name) or {}).get("order", False) for group in target.groups]


def entries(target: Target, name: str) -> list[dict[str, int]]:
    """Of the name servers, in the list that brokers before 5.1.0 have the flag from."""
    return list(each(lambda server: target.order(server, name), target.namesrv).values())


def listed(target: Target, **queues: int) -> list[dict[str, int]]:
    """``entries`` after the modules wrote them: what takes the flag from them is not told through the list."""
    return [{} if target.version.startswith("5.") else queues] * len(target.namesrv)


def orders(result: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(a["action"], a["name"], a["place"]) for a in result["actions"] if a["kind"] == "order"]


def test_order(target: Target, run: Runner) -> None:
    changed_then_unchanged(target, run, {"name": A, "order": True})
    assert flags(target, A) == [True, True]
    assert entries(target, A) == listed(target, **dict.fromkeys(target.groups, 8))
    [item] = run(topic_info, namesrv=target.namesrv, names=[A])["topics"]
    assert item["order"] is True
    changed_then_unchanged(target, run, {"name": A, "order": False})
    assert flags(target, A) == [False, False]
    assert entries(target, A) == [{}] * len(target.namesrv)


def test_an_ordered_topic_gets_other_queues(target: Target, run: Runner) -> None:
    changed_then_unchanged(target, run, {"name": A, "order": True, "queues": 4})
    changed_then_unchanged(target, run, {"name": A, "read_queues": 6, "write_queues": 5})
    assert flags(target, A) == [True, True]
    assert entries(target, A) == listed(target, **dict.fromkeys(target.groups, 5))


def test_groups_of_which_one_is_ordered(target: Target, run: Runner) -> None:
    """Brokers before 5.1.0 set the flag in both: to them it stands for the topic."""
    one, other = target.groups
    ordered, plain = {"name": A, "groups": [one], "order": True}, {"name": A, "groups": [other], "order": False}
    changed_then_unchanged(target, run, {"name": A})
    changed_then_unchanged(target, run, ordered, plain)
    assert flags(target, A) == [True, target.version.startswith("4.")]
    assert entries(target, A) == listed(target, **{one: 8})
    found = run(topic_info, namesrv=target.namesrv, names=[A])["topics"]
    assert [(item["groups"], item["order"]) for item in found] == [([one], True), ([other], False)]
    assert not apply(target, run, *found)["changed"]
    changed_then_unchanged(target, run, {"name": A, "order": False})
    assert flags(target, A) == [False, False]


def test_an_ordered_topic_is_deleted(target: Target, run: Runner) -> None:
    one, other = target.groups
    apply(target, run, {"name": A, "order": True})
    changed_then_unchanged(target, run, {"name": A, "groups": [one], "state": "absent"})
    assert entries(target, A) == listed(target, **{other: 8})
    changed_then_unchanged(target, run, {"name": A, "state": "absent"})
    target.list_order(A, f"{one}:8")
    left = changed_then_unchanged(target, run, {"name": A, "state": "absent"})
    assert orders(left) == [("delete", A, server) for server in target.namesrv]
    assert entries(target, A) == [{}] * len(target.namesrv)


def test_what_others_list_stays(target: Target, run: Runner) -> None:
    """A group that is gone keeps its place among the ordered queues, but no entry alone."""
    target.list_order(A, "gone:4")
    target.list_order(C, "gone:4")
    try:
        changed_then_unchanged(target, run, {"name": A, "order": True}, {"name": B})
        theirs = {} if target.version.startswith("5.") else dict.fromkeys(target.groups, 8)
        assert entries(target, A) == [{"gone": 4, **theirs}] * len(target.namesrv)
        changed_then_unchanged(target, run, {"name": A, "state": "absent"}, {"name": B, "state": "absent"})
        assert entries(target, C) == [{"gone": 4}] * len(target.namesrv)
        if target.version.startswith("4."):
            assert entries(target, A) == [{}] * len(target.namesrv)
    finally:
        for name in (A, C):
            target.list_order(name, None)


def test_what_mqadmin_lists_is_ordered(target: Target, run: Runner) -> None:
    apply(target, run, {"name": A}, {"name": B})
    one, other = target.groups
    target.list_order(A, f"{one}:8;{other}:8")
    target.list_order(B, f"{one}:3;{other}:8")
    changed_then_unchanged(target, run, {"name": B, "permission": 4})
    assert entries(target, B) == [{one: 3, other: 8}] * len(target.namesrv)
    found = run(topic_info, namesrv=target.namesrv, names=[B])["topics"]
    if target.version.startswith("4."):
        # Neither true nor false says what the first group has.
        assert {group: item.get("order") for item in found for group in item["groups"]} == {one: None, other: True}
        assert not apply(target, run, *found)["changed"]
    result = apply(target, run, {"name": A, "order": True})
    assert (result["failed"], orders(result)) == (False, [])
    assert flags(target, A) == [True, True]
    changed_then_unchanged(target, run, {"name": A, "order": False}, {"name": B, "order": False})
    assert (flags(target, A), flags(target, B)) == ([False, False], [False, False])
    assert entries(target, A) == entries(target, B) == [{}] * len(target.namesrv)


def test_a_name_server_that_lost_its_list_gets_it_again(target: Target, run: Runner) -> None:
    if target.version.startswith("5."):
        pytest.skip("nothing is listed")
    apply(target, run, {"name": A, "order": True})
    last = target.namesrv[-1]
    target.list_order(A, None, last)
    result = changed_then_unchanged(target, run, {"name": A, "order": True})
    assert orders(result) == [("create", A, last)]
    assert entries(target, A) == listed(target, **dict.fromkeys(target.groups, 8))


def test_clients_are_told_where_name_servers_have_it_enabled(target: Target, run: Runner) -> None:
    apply(target, run, {"name": A, "order": True})
    enabled = {server: target.namesrv_config(server)["orderMessageEnable"] for server in target.namesrv}
    try:
        run(namesrv_config, namesrv=target.namesrv, values={"orderMessageEnable": True})
        told = each(lambda server: target.ordered_route(server, A) or "", target.namesrv)
        assert [by_group(value) for value in told.values()] == listed(target, **dict.fromkeys(target.groups, 8))
    finally:
        for server, value in enabled.items():
            run(namesrv_config, namesrv=[server], values={"orderMessageEnable": value})


def test_a_topic_in_one_group_and_then_in_another(target: Target, run: Runner) -> None:
    one, other = target.groups
    changed_then_unchanged(target, run, {"name": A, "groups": [one]}, {"name": B})
    assert target.topic(other, A) is None
    changed_then_unchanged(target, run, {"name": A, "queues": 4, "groups": [other]})
    assert sorted(target.route(target.namesrv[0], A) or {}) == [one, other]


def test_a_topic_is_deleted_everywhere(target: Target, run: Runner) -> None:
    apply(target, run, {"name": A}, {"name": B})
    result = changed_then_unchanged(target, run, {"name": A, "state": "absent"}, {"name": B})
    assert places(result) == [("delete", A, group) for group in target.groups]
    assert [target.topic(group, A) for group in target.groups] == [None, None]
    assert target.route(target.namesrv[0], A) is None
    assert sorted(target.route(target.namesrv[-1], B) or {}) == target.groups


def test_deleted_in_one_group_it_stays_in_the_other(target: Target, run: Runner) -> None:
    one, other = target.groups
    apply(target, run, {"name": A, "queues": 3})
    changed_then_unchanged(target, run, {"name": A, "groups": [one], "state": "absent"})
    assert target.topic(one, A) is None
    assert target.topic(other, A) is not None
    assert list(target.route(target.namesrv[-1], A) or {}) == [other]


def test_attributes_and_message_type(target: Target, run: Runner) -> None:
    if target.version.startswith("4."):
        result = apply(target, run, {"name": A, "message_type": "FIFO"}, {"name": B})
        assert f"Topic {A} in {target.groups[0]}: message_type and attributes need RocketMQ 5.0.0" in result["msg"]
        assert target.topic(target.groups[0], B) is None, "refused means: nothing is written"
        return
    changed_then_unchanged(target, run, {"name": A, "message_type": "FIFO"})
    entry = target.topic(target.groups[0], A)
    assert entry is not None
    assert entry["attributes"] == {"message.type": "FIFO"}
    changed_then_unchanged(target, run, {"name": A, "message_type": "DELAY"})
    changed_then_unchanged(target, run, {"name": A, "attributes": {"message.type": None}})
    entry = target.topic(target.groups[0], A)
    assert entry is not None
    assert not entry.get("attributes")
    unchanged = apply(target, run, {"name": A, "message_type": "NORMAL"})
    assert not unchanged["changed"], "a topic without a type has that one"


def test_check_mode_says_the_same_and_writes_nothing(target: Target, run: Runner) -> None:
    apply(target, run, {"name": A, "queues": 2}, {"name": B})
    wanted = [{"name": A, "queues": 4, "order": True}, {"name": B, "state": "absent"}, {"name": C}]
    before = target.tables()
    checked = apply(target, run, *wanted, check_mode=True)
    assert target.tables() == before
    real = apply(target, run, *wanted)
    assert (checked["changed"], checked["actions"], checked["diff"]) == (True, real["actions"], real["diff"])
    assert target.tables() != before


def test_fewer_queues_are_refused_before_anything_is_written(target: Target, run: Runner) -> None:
    apply(target, run, {"name": A, "queues": 4})
    before = target.tables()
    result = apply(target, run, {"name": A, "queues": 3}, {"name": B})
    assert f"Topic {A} in {target.groups[0]}: it has 4 read queues and would get 3" in result["msg"]
    assert target.tables() == before


def test_purge_spares_patterns_system_topics_and_stops_at_its_limit(target: Target, run: Runner) -> None:
    foreign = [item["name"] for item in run(topic_info, namesrv=target.namesrv)["topics"]]
    others = {"purge_exclude": [C, *foreign]}
    apply(target, run, {"name": A}, {"name": B}, {"name": C})
    before = target.tables()
    result = apply(target, run, purge=True, max_deletes=1, **others)
    assert result["msg"].startswith(f"2 topics would be deleted, and max_deletes is 1: {A}, {B}.")
    assert target.tables() == before
    result = apply(target, run, {"name": A}, purge=True, **others)
    assert places(result) == [("delete", B, group) for group in target.groups]
    assert not apply(target, run, {"name": A}, purge=True, **others)["changed"]
    assert [target.topic(target.groups[0], name) is None for name in NAMES] == [False, True, False]
    assert target.topic(target.groups[0], "SELF_TEST_TOPIC") is not None


def test_what_topic_info_tells_changes_nothing(target: Target, run: Runner) -> None:
    one, other = target.groups
    apply(
        target,
        run,
        {"name": A, "groups": [one], "queues": 3},
        {"name": A, "groups": [other], "read_queues": 5, "write_queues": 4},
        {"name": B, "permission": 4},
    )
    found = run(topic_info, namesrv=target.namesrv, routes=True)
    assert [item["groups"] for item in found["topics"] if item["name"] == A] == [[one], [other]]
    [item] = [item for item in found["topics"] if item["name"] == B]
    assert (item["groups"], item["permission"]) == ([one, other], 4)
    assert found["routes"][target.namesrv[0]][B][one] == {"permission": 4, "read_queues": 8, "write_queues": 8}
    assert not [item for item in found["topics"] if item["name"] in ("TBW102", "SELF_TEST_TOPIC", target.cluster)]
    before = target.tables()
    assert not apply(target, run, *found["topics"], purge=True)["changed"]
    assert target.tables() == before


def test_a_system_topic_is_refused(target: Target, run: Runner) -> None:
    result = apply(target, run, {"name": "SELF_TEST_TOPIC", "state": "absent"})
    assert "Topic SELF_TEST_TOPIC in" in result["msg"]
    assert "belongs to RocketMQ itself" in result["msg"]
