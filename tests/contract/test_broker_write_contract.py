# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""broker_write: taken and given back, on every member and in every name server's routes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.rocketmq.cluster.plugins.modules import broker_write, topics
from module_runner import Runner
from targets import Target, each

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


def permissions(target: Target) -> list[set[str]]:
    """By group, what its members have."""
    found = each(target.broker_config, [address for group in target.groups for address in target.members(group)])
    return [{found[address]["brokerPermission"] for address in target.members(group)} for group in target.groups]


def told(target: Target, topic: str = TOPIC) -> list[set[int]]:
    """By group, what name servers tell clients."""
    found = each(lambda server: target.route(server, topic) or {}, target.namesrv).values()
    return [{routes[group]["perm"] for routes in found if group in routes} for group in target.groups]


def test_it_is_taken_and_given_back(target: Target, run: Runner) -> None:
    one = target.groups[0]
    result = call(target, run, "withdrawn", one)
    assert (result["failed"], result["changed"]) == (False, True), result
    assert permissions(target) == [{"4"}, {"6"}]
    assert told(target) == [{4}, {6}]
    assert result["groups"][one]["leader"] == target.leader(one)
    assert result["groups"][one]["permissions"] == dict.fromkeys(target.members(one), 4)
    assert result["groups"][one]["topics"] >= 1
    again = call(target, run, "withdrawn", one)
    assert (again["failed"], again["changed"], again["actions"]) == (False, False, []), again
    back = call(target, run, "granted", one)
    assert (back["failed"], back["changed"]) == (False, True), back
    assert permissions(target) == [{"6"}, {"6"}]
    again = call(target, run, "granted", one)
    assert (again["failed"], again["changed"], again["actions"]) == (False, False, []), again


def test_the_last_group_is_refused_without_force(target: Target, run: Runner) -> None:
    one, other = target.groups
    tables = target.tables()
    assert "nobody can send anything" in call(target, run, "withdrawn", one, other)["msg"]
    assert target.tables() == tables
    result = call(target, run, "withdrawn", one, other, force=True)
    assert not result["failed"], result
    assert permissions(target) == [{"4"}, {"4"}]


def test_check_mode_changes_nothing(target: Target, run: Runner) -> None:
    tables = target.tables()
    planned = call(target, run, "withdrawn", target.groups[0], check_mode=True)
    assert planned["changed"]
    assert target.tables() == tables
    assert call(target, run, "withdrawn", target.groups[0])["actions"] == planned["actions"]
