# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""broker_config and namesrv_config: changed, then unchanged, and in force for somebody who does not use our client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.rocketmq.cluster.plugins.modules import broker_config, namesrv_config
from module_runner import Runner
from targets import Target, each

#: A number, a text and a switch that every release has.
BROKER_KEYS = ("waitTimeMillsInSendQueue", "regionId", "slaveReadEnable")
NAMESRV_KEY = "orderMessageEnable"


@pytest.fixture(autouse=True)
def clean(target: Target, run: Runner) -> Iterator[None]:
    broker = brokers(target, run, {})["live"][target.leader(target.groups[0])]
    namesrv = name_servers(target, run, {})["live"][target.namesrv[0]]
    yield
    for result in (
        brokers(target, run, {key: broker[key] for key in BROKER_KEYS}),
        name_servers(target, run, {NAMESRV_KEY: namesrv[NAMESRV_KEY]}),
    ):
        assert not result["failed"], result["msg"]


def brokers(target: Target, run: Runner, values: dict[str, Any], check_mode: bool = False, **options: Any) -> Any:
    return run(broker_config, check_mode, namesrv=target.namesrv, values=values, **options)


def name_servers(target: Target, run: Runner, values: dict[str, Any], check_mode: bool = False) -> Any:
    return run(namesrv_config, check_mode, namesrv=target.namesrv, values=values)


def members(target: Target, *groups: str) -> list[str]:
    return sorted(address for group in groups or target.groups for address in target.members(group))


def test_every_member_works_with_it(target: Target, run: Runner) -> None:
    wanted = {"waitTimeMillsInSendQueue": 456, "regionId": "contract = a b", "slaveReadEnable": True}
    before = each(target.broker_config, members(target))
    result = brokers(target, run, wanted)
    assert (result["failed"], result["changed"]) == (False, True), result
    assert result["changed_at_once"] == sorted(wanted)
    for address, has in each(target.broker_config, members(target)).items():
        changed = {key: value for key, value in has.items() if value != before[address].get(key)}
        assert changed == {"waitTimeMillsInSendQueue": "456", "regionId": "contract = a b", "slaveReadEnable": "true"}
    again = brokers(target, run, wanted)
    assert (again["failed"], again["changed"], again["actions"]) == (False, False, []), again


def test_only_the_groups_asked_for(target: Target, run: Runner) -> None:
    one, other = target.groups
    result = brokers(target, run, {"waitTimeMillsInSendQueue": 457}, groups=[one])
    assert sorted(action["place"] for action in result["actions"]) == members(target, one)
    has = each(target.broker_config, members(target))
    assert {has[address]["waitTimeMillsInSendQueue"] for address in members(target, one)} == {"457"}
    assert "457" not in {has[address]["waitTimeMillsInSendQueue"] for address in members(target, other)}


def test_it_tells_what_there_is(target: Target, run: Runner) -> None:
    tables = target.tables()
    found = brokers(target, run, {})
    assert not found["changed"]
    assert sorted(found["live"]) == members(target)
    leader = target.leader(target.groups[1])
    assert found["live"][leader]["brokerName"] == target.groups[1]
    told = name_servers(target, run, {})
    assert sorted(told["live"]) == sorted(target.namesrv)
    assert target.tables() == tables


def test_check_mode_changes_nothing(target: Target, run: Runner) -> None:
    tables = target.tables()
    planned = brokers(target, run, {"waitTimeMillsInSendQueue": 458}, check_mode=True)
    also = name_servers(target, run, {NAMESRV_KEY: True}, check_mode=True)
    assert (planned["changed"], also["changed"]) == (True, True)
    assert target.tables() == tables
    done = brokers(target, run, {"waitTimeMillsInSendQueue": 458})
    assert (done["actions"], done["diff"]) == (planned["actions"], planned["diff"])


def test_what_is_refused_is_not_written_in_part(target: Target, run: Runner) -> None:
    tables = target.tables()
    for key in ("waitTimeMilisInSendQueue", "brokerRole", "storePathRootDir", "listenPort"):
        result = brokers(target, run, {"waitTimeMillsInSendQueue": 459, key: "1"})
        assert result["failed"]
        assert f"values: {key} is " in result["msg"]
    assert brokers(target, run, {"slaveReadEnable": "on"})["failed"]
    for key in ("orderMesageEnable", "kvConfigPath", "configStorePath", "listenPort"):
        assert name_servers(target, run, {NAMESRV_KEY: True, key: "/tmp/x"})["failed"]
    assert target.tables() == tables


def test_a_value_that_was_not_taken_is_a_failure(target: Target, run: Runner) -> None:
    group = target.groups[0]
    kept = brokers(target, run, {})["live"][target.leader(group)]["waitTimeMillsInSendQueue"]
    result = brokers(target, run, {"waitTimeMillsInSendQueue": "a minute"}, groups=[group])
    assert result["failed"]
    for address, has in each(target.broker_config, target.members(group)).items():
        assert f"{address} answered 0 and kept waitTimeMillsInSendQueue={kept}" in result["msg"]
        assert has["waitTimeMillsInSendQueue"] == kept


def test_every_name_server_works_with_it(target: Target, run: Runner) -> None:
    result = name_servers(target, run, {NAMESRV_KEY: True})
    assert (result["failed"], result["changed"]) == (False, True), result
    assert {has[NAMESRV_KEY] for has in each(target.namesrv_config, target.namesrv).values()} == {"true"}
    again = name_servers(target, run, {NAMESRV_KEY: True})
    assert (again["failed"], again["changed"], again["actions"]) == (False, False, []), again
