# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""namesrv_join against fakes: what a further name server gets, who is told of it, and what is waited for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.rocketmq.cluster.plugins.modules import namesrv_join
from fake_broker import ORDERED, FakeCluster, FakeNameServer
from module_runner import Runner

GROUP = "RaftNode00"


class Joining:
    """A cluster of one group, and a name server that knows nothing yet."""

    def __init__(self, version: str) -> None:
        self.cluster = FakeCluster(version)
        self.fresh = FakeNameServer(version)
        self.namesrv = [*self.cluster.namesrv, self.fresh.address]
        self.brokers = [broker.address for broker in self.cluster.brokers[GROUP]]
        for broker in self.cluster.brokers[GROUP]:
            broker.config.values["namesrvAddr"] = self.cluster.namesrv[0]

    def look_again(self, seconds: float) -> threading.Timer:
        """What brokers do by themselves after some time."""
        known = self.cluster.name_servers[0].groups[GROUP][1]
        timer = threading.Timer(seconds, lambda: self.cluster.register(GROUP, known, [self.fresh]))
        timer.start()
        return timer

    def told(self) -> set[str]:
        return {broker.config.values["namesrvAddr"] for broker in self.cluster.brokers[GROUP]}

    def join(self, run: Runner, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        given = {"namesrv": self.namesrv, "brokers": self.brokers, "timeout": 1.0, "wait": 5}
        return run(namesrv_join, check_mode, **{**given, **options})


@pytest.fixture
def joining() -> Iterator[Joining]:
    found = Joining("4.9.7")
    with found.cluster:
        yield found
    found.fresh.close()


def test_brokers_are_told_and_waited_for(joining: Joining, run: Runner) -> None:
    timer = joining.look_again(0.5)
    result = joining.join(run)
    timer.join()
    assert not result["failed"], result
    assert joining.told() == {";".join(joining.namesrv)}
    assert [action["kind"] for action in result["actions"]] == ["namesrv"] * 3 + ["registration"] * 3
    assert not joining.join(run)["changed"]


def test_a_broker_that_does_not_come(joining: Joining, run: Runner) -> None:
    result = joining.join(run, wait=0.3)
    assert result["failed"]
    assert (
        f"registration {joining.brokers[0]} in {joining.fresh.address}: the cluster does not show it" in result["msg"]
    )


def test_check_mode_tells_nobody(joining: Joining, run: Runner) -> None:
    joining.cluster.name_servers[0].lists[ORDERED] = {"orders": f"{GROUP}:8"}
    result = joining.join(run, check_mode=True)
    assert [action["kind"] for action in result["actions"]] == ["order"] + ["namesrv"] * 3 + ["registration"] * 3
    assert joining.told() == {joining.cluster.namesrv[0]}
    assert joining.fresh.lists == {}


def test_ordered_topics_come_first(joining: Joining, run: Runner) -> None:
    """A broker of 4.x takes their flag from the name server that answers first, be it the one without a list."""
    joining.cluster.name_servers[0].lists[ORDERED] = {"orders": f"{GROUP}:8", "own": f"{GROUP}:1"}
    joining.fresh.lists[ORDERED] = {"own": f"{GROUP}:2"}
    result = joining.join(run, brokers=[])
    assert [(action["kind"], action["name"], action["place"]) for action in result["actions"]] == [
        ("order", "orders", joining.fresh.address)
    ]
    assert joining.fresh.lists[ORDERED] == {"own": f"{GROUP}:2", "orders": f"{GROUP}:8"}


def test_a_name_server_that_is_down(joining: Joining, run: Runner) -> None:
    joining.fresh.close()
    assert joining.fresh.address in joining.join(run)["msg"]
    assert joining.told() == {joining.cluster.namesrv[0]}


def test_old_brokers_are_refused(run: Runner) -> None:
    found = Joining("4.7.1")
    with found.cluster:
        result = found.join(run)
    found.fresh.close()
    assert "run RocketMQ 4.7.1, which reads its name servers only when it starts" in result["msg"]
    assert found.told() == {found.cluster.namesrv[0]}


def test_bad_options(joining: Joining, run: Runner) -> None:
    assert "brokers: " in joining.join(run, brokers=["rmq71"])["msg"]
