# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whatever stands in an inventory, the plan answers with sentences and never with a traceback."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _inventory, _settings, _topology

from inventories import Sample

GARBAGE: list[Any] = [
    None, "", " ", "x", "a b", "-1", "0", "70000", "1e9", "ünï", "a\nb", 0, -1, 3.5, 2**70, True, False,
    [], [None], ["x"], [[]], [{}], {}, {"a": None}, {"rmq71": 1}, {1: 2}, {"rmq71": None}, {"rmq71": []}, object(),
]  # fmt: skip


def plan(sample: Sample) -> dict[str, Any]:
    result = _topology.plan(sample.hostvars, sample.groups)
    assert all(isinstance(problem, str) and problem.endswith((".", ".)")) for problem in result["problems"]), result
    return result


@pytest.mark.parametrize("name", _settings.SETTINGS)
def test_any_value_of_a_variable(name: str) -> None:
    """And one wrong value makes one sentence."""
    for value in GARBAGE:
        sample = Sample()
        for own in sample.hostvars.values():
            own[name] = value
        found = plan(sample)["problems"]
        assert len(found) <= 1 or value == [{}], found


@pytest.mark.parametrize("key", _inventory.GROUP_KEYS)
def test_any_value_of_a_key_of_a_group(key: str) -> None:
    for value in GARBAGE:
        sample = Sample()
        for own in sample.hostvars.values():
            own["rocketmq_broker_groups"][0][key] = value
        found = plan(sample)["problems"]
        assert len(found) <= 1 or key == "members", found


def test_a_value_that_holds_itself() -> None:
    sample = Sample()
    endless: list[Any] = []
    endless.append(endless)
    sample.set(rocketmq_broker_groups=endless)
    assert len(plan(sample)["problems"]) == 1


def test_many_wrong_things_at_once() -> None:
    chance = random.Random(20261121)
    for _ in range(3000):
        sample = Sample()
        for own in sample.hostvars.values():
            for name in chance.sample(list(_settings.SETTINGS), 2):
                own[name] = copy.deepcopy(chance.choice(GARBAGE))
            entries = own["rocketmq_broker_groups"]
            if isinstance(entries, list) and entries and isinstance(entries[0], dict):
                entries[0][chance.choice(list(_inventory.GROUP_KEYS))] = copy.deepcopy(chance.choice(GARBAGE))
        if chance.random() < 0.3:
            sample.groups[chance.choice(list(sample.groups))] = chance.choice([[], ["rmq71"], ["rmq79"]])
        sample.hostvars.setdefault("rmq79", {})
        plan(sample)
