# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""offset_reset, and what it does to the lag: changed, then unchanged, and there for somebody without our client."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.rocketmq.cluster.plugins.module_utils._client import at_least
from ansible_collections.rocketmq.cluster.plugins.modules import (
    consumer_group_info,
    consumer_groups,
    offset_reset,
    topics,
)
from module_runner import Runner
from targets import Target

pytestmark = pytest.mark.usefixtures("deletable")
TOPIC = "contract-offsets"
QUEUES = 2


class Scene:
    """The topic with five messages in the first broker group, and a consumer group that never was there before.

    Before 4.9.0 brokers keep the offsets of a group that is deleted.
    """

    def __init__(self, target: Target, run: Runner) -> None:
        self.target, self.run = target, run
        self.group = f"contract-offsets-{time.time_ns()}"
        self.objects("present")
        target.send(target.groups[0], TOPIC, 5)

    def objects(self, state: str) -> None:
        servers = self.target.namesrv
        for result in (
            self.run(topics, namesrv=servers, topics=[{"name": TOPIC, "queues": QUEUES, "state": state}]),
            self.run(consumer_groups, namesrv=servers, consumer_groups=[{"name": self.group, "state": state}]),
        ):
            assert not result["failed"], result

    def reset(self, to: str, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        names = {"consumer_group": self.group, "topic": TOPIC}
        return self.run(offset_reset, check_mode, namesrv=self.target.namesrv, to=to, **{**names, **options})

    def changed_then_unchanged(self, to: str) -> dict[str, Any]:
        first = self.reset(to)
        assert (first["failed"], first["changed"]) == (False, True), first
        again = self.reset(to)
        assert (again["failed"], again["changed"], again["actions"]) == (False, False, []), again
        return first

    @property
    def committed(self) -> int:
        return sum(self.target.consumer_offsets(self.target.groups[0], TOPIC, self.group).values())

    def info(self) -> dict[str, Any]:
        found = self.run(consumer_group_info, namesrv=self.target.namesrv, names=[self.group])
        consumer: dict[str, Any] = found["consumers"][self.group]
        return consumer


@pytest.fixture
def scene(target: Target, run: Runner) -> Iterator[Scene]:
    made = Scene(target, run)
    yield made
    made.objects("absent")


def test_to_the_end_and_to_the_beginning(scene: Scene) -> None:
    first_group = scene.target.groups[0]
    result = scene.changed_then_unchanged("latest")
    assert first_group in {action["place"] for action in result["actions"]}
    assert scene.committed == 5
    found = scene.info()
    assert (found["lag"], found["topics"][TOPIC]["lag"]) == (0, 0)
    result = scene.changed_then_unchanged("earliest")
    [action] = [action for action in result["actions"] if action["place"] == first_group]
    assert sum(action["before"].values()) == 5
    assert set(action["after"].values()) == {0}
    assert scene.committed == 0
    found = scene.info()
    assert (found["lag"], found["topics"][TOPIC]["lag"]) == (5, 5)
    queues = [(queue["group"], queue["queue"]) for queue in found["topics"][TOPIC]["queues"]]
    assert queues[:QUEUES] == [(first_group, 0), (first_group, 1)]


def test_to_a_time(scene: Scene) -> None:
    time.sleep(0.2)
    between = int(time.time() * 1000)
    time.sleep(0.2)
    scene.target.send(scene.target.groups[0], TOPIC, 4)
    scene.changed_then_unchanged("latest")
    assert scene.committed == 9
    scene.changed_then_unchanged(str(between))
    # Before 5.x brokers take the message that is nearest, in each queue.
    assert scene.committed in ((5,) if scene.target.version.startswith("5.") else range(5 - QUEUES, 6))
    scene.changed_then_unchanged("2020-01-01T00:00:00Z")
    assert scene.committed == 0


def test_offsets_go_with_the_group_when_asked(scene: Scene) -> None:
    absent = [{"name": scene.group, "state": "absent"}]
    scene.changed_then_unchanged("latest")
    assert scene.committed == 5
    options = {"consumer_groups": absent, "remove_offsets": True}
    result = scene.run(consumer_groups, namesrv=scene.target.namesrv, **options)
    if not at_least(scene.target.version, "4.9.0"):
        assert f"remove_offsets needs RocketMQ 4.9.0, its leader runs {scene.target.version}" in result["msg"]
        assert scene.committed == 5
    else:
        assert result["changed"], result
        assert scene.committed == 0


def test_check_mode_says_the_same_and_writes_nothing(scene: Scene) -> None:
    before = scene.target.tables()
    checked = scene.reset("latest", check_mode=True)
    assert scene.target.tables() == before
    real = scene.reset("latest")
    assert (checked["changed"], checked["actions"], checked["diff"]) == (True, real["actions"], real["diff"])
    assert scene.committed == 5


def test_unknown_names_are_refused_and_make_nothing(scene: Scene) -> None:
    groups = ", ".join(scene.target.groups)
    before = scene.target.tables()
    assert f"there is no contract-nobody in {groups}" in scene.reset("latest", consumer_group="contract-nobody")["msg"]
    assert f"there is no contract-nothing in {groups}" in scene.reset("latest", topic="contract-nothing")["msg"]
    assert scene.target.tables() == before
    assert scene.target.consumer_group(scene.target.groups[0], "contract-nobody") is None


def test_a_topic_that_is_in_one_group_only(scene: Scene) -> None:
    one, other = scene.target.groups
    absent = {"name": TOPIC, "groups": [other], "state": "absent"}
    scene.run(topics, namesrv=scene.target.namesrv, topics=[absent])
    result = scene.changed_then_unchanged("latest")
    assert [action["place"] for action in result["actions"]] == [one]
    result = scene.reset("earliest", groups=[one, other])
    assert f"there is no {TOPIC} in {other}" in result["msg"]
    assert scene.committed == 5
