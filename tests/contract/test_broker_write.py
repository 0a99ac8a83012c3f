# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""broker_write: taken and given back, on every member and in every name server's routes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.rocketmq.cluster.plugins.modules import broker_write, topics
from module_runner import Runner
from targets import Target

TOPIC = "contract-write-topic"


@pytest.fixture(autouse=True)
def clean(target: Target, run: Runner) -> Iterator[None]:
    present = run(topics, namesrv=target.namesrv, topics=[{"name": TOPIC}])
    assert not present["failed"], present["msg"]
    yield
    given_back = call(target, run, "granted", *target.groups)
    absent = run(topics, namesrv=target.namesrv, topics=[{"name": TOPIC, "state": "absent"}])
    for result in (given_back, absent):
        assert not result["failed"], result["msg"]


def call(target: Target, run: Runner, state: str, *groups: str, check_mode: bool = False, **options: Any) -> Any:
    return run(broker_write, check_mode, namesrv=target.namesrv, groups=list(groups), state=state, **options)


def permissions(target: Target, group: str) -> set[str]:
    return {target.broker_config(address)["brokerPermission"] for address in target.members(group)}


def told(target: Target, group: str, topic: str = TOPIC) -> list[int]:
    """What each name server tells clients."""
    return [(target.route(server, topic) or {})[group]["perm"] for server in target.namesrv]


def test_it_is_taken_and_given_back(target: Target, run: Runner) -> None:
    one, other = target.groups
    result = call(target, run, "withdrawn", one)
    assert (result["failed"], result["changed"]) == (False, True), result
    assert (permissions(target, one), permissions(target, other)) == ({"4"}, {"6"})
    for topic in (TOPIC, one):
        assert {permission & 2 for permission in told(target, one, topic)} == {0}
    assert set(told(target, other)) == {6}
    assert result["groups"][one]["leader"] == target.leader(one)
    assert result["groups"][one]["permissions"] == dict.fromkeys(target.members(one), 4)
    assert result["groups"][one]["topics"] >= 1
    again = call(target, run, "withdrawn", one)
    assert (again["failed"], again["changed"], again["actions"]) == (False, False, []), again
    back = call(target, run, "granted", one)
    assert (back["failed"], back["changed"]) == (False, True), back
    assert permissions(target, one) == {"6"}
    assert set(told(target, one)) == {6}
    again = call(target, run, "granted", one)
    assert (again["failed"], again["changed"], again["actions"]) == (False, False, []), again


def test_the_last_group_is_refused_without_force(target: Target, run: Runner) -> None:
    one, other = target.groups
    tables = target.tables()
    assert "nobody can send anything" in call(target, run, "withdrawn", one, other)["msg"]
    assert target.tables() == tables
    result = call(target, run, "withdrawn", one, other, force=True)
    assert not result["failed"], result
    assert (permissions(target, one), permissions(target, other)) == ({"4"}, {"4"})


def test_check_mode_changes_nothing(target: Target, run: Runner) -> None:
    tables = target.tables()
    planned = call(target, run, "withdrawn", target.groups[0], check_mode=True)
    assert planned["changed"]
    assert target.tables() == tables
    assert call(target, run, "withdrawn", target.groups[0])["actions"] == planned["actions"]
