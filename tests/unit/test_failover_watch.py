# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""failover_watch against the fake cluster, whose leader dies, comes back and has lost messages or stored some twice."""

from __future__ import annotations

import itertools
import json
import pathlib
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import fake_broker
import pytest
from ansible_collections.rocketmq.cluster.plugins.module_utils import _failover, _health, _topics
from ansible_collections.rocketmq.cluster.plugins.modules import failover_watch
from fake_broker import FakeCluster
from module_runner import Runner

GROUP = "RaftNode00"
TOPIC = _topics.DRILL_TOPIC


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failover_watch, "_STEADY", 0.3)
    monkeypatch.setattr(failover_watch, "_READ_SECONDS", 1.0)
    monkeypatch.setattr(_failover, "_ASK_TIMEOUT", 5.0)
    monkeypatch.setattr(_failover, "_SEND_TIMEOUT", 5.0)
    monkeypatch.setattr(_failover, "_READ_GRACE", 0.2)
    monkeypatch.setattr(_failover, "_ASK_PAUSE", 0.02)
    monkeypatch.setattr(_failover, "_HEALTH_PAUSE", 0.1)


@pytest.fixture(params=fake_broker.VERSIONS)
def cluster(request: pytest.FixtureRequest) -> Iterator[FakeCluster]:
    with FakeCluster(request.param, groups=2, name_servers=2) as fake:
        yield fake


def kill(cluster: FakeCluster) -> tuple[float, float]:
    """The leader is gone, the name servers notice, another one leads, the dead one comes back.

    Returns between which moments nobody led.
    """
    victim = cluster.brokers[GROUP][0]
    victim.close()
    dead = time.time()
    time.sleep(0.1)
    cluster.register(GROUP, {2: cluster.brokers[GROUP][1].address, 3: cluster.brokers[GROUP][2].address})
    time.sleep(0.3)
    led = time.time()
    cluster.lead(GROUP, 1)
    time.sleep(0.3)
    victim.reopen()
    return dead, led


class Striker:
    """Does ``act`` once the watch is ready, and says when, by a clock that may be ahead (seconds)."""

    def __init__(self, folder: pathlib.Path, act: Callable[[], Any], ahead: float = 0.0) -> None:
        self.struck = 0.0
        self.result: Any = None
        self._folder = folder
        self._act = act
        self._ahead = ahead
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while not (self._folder / "ready").exists():
            time.sleep(0.01)
        self.struck = time.time()
        fresh = self._folder / "struck.new"
        fresh.write_text(json.dumps({"struck": self.struck + self._ahead}))
        fresh.rename(self._folder / "struck")
        self.result = self._act()


def watch(run: Runner, cluster: FakeCluster, place: pathlib.Path, **changes: Any) -> dict[str, Any]:
    options = {
        "namesrv": cluster.namesrv,
        "cluster": cluster.cluster,
        "groups": cluster.plan(),
        "group": GROUP,
        "victim": cluster.brokers[GROUP][0].address,
        "folder": str(place),
        "rate": 100,
        "timeout": 5.0,
        "wait": 10,
        "patience": 5,
    }
    return run(failover_watch, **{**options, **changes})


def test_a_leader_that_dies(cluster: FakeCluster, run: Runner, tmp_path: pathlib.Path) -> None:
    striker = Striker(tmp_path, lambda: kill(cluster))
    result = watch(run, cluster, tmp_path)
    assert not result["failed"], result
    assert (result["led"], result["problems"]) == (True, [])
    assert abs(result["struck_ms"] - (striker.struck - result["began"]) * 1000) < result["within_ms"] + 5
    counts = result["messages"]
    assert counts["lost"] == []
    assert counts["acknowledged"] == len(result["acknowledged"]) > 30
    assert counts["sent"] == counts["acknowledged"] + counts["given_up"]
    store = cluster.brokers[GROUP][0].store
    assert len(store.topics[TOPIC]) >= counts["acknowledged"]
    assert {len(found) > 0 for found in store.messages[TOPIC].values()} == {True}
    assert sorted(store.messages[TOPIC]) == [0, 1, 2, 3]
    # No attempt that began between the death and the next leader was acknowledged.
    dead, led = ((moment - result["began"]) * 1000 for moment in striker.result)
    assert [ended for begun, ended in result["acknowledged"] if dead + 1 < begun < led - 1] == []
    assert result["failed_attempts"]
    named = [(one["namesrv"], one["leader"]) for one in result["named"]]
    for server in cluster.namesrv:
        old, new = (cluster.brokers[GROUP][number].address for number in (0, 1))
        assert [leader for address, leader in named if address == server] in ([old, "", new], [old, new])
    assert led < result["whole_ms"] < result["ended_ms"]


def test_the_clock_of_the_other_host(
    cluster: FakeCluster, run: Runner, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ahead by a minute: messages are stamped so, and so is the strike."""
    real = fake_broker.Store.append
    later = 60_000
    monkeypatch.setattr(
        fake_broker.Store,
        "append",
        lambda self, topic, queue, body: real(self, topic, queue, body, int(time.time() * 1000) + later),
    )
    striker = Striker(tmp_path, lambda: kill(cluster), ahead=later / 1000)
    result = watch(run, cluster, tmp_path)
    assert abs(result["clock_ahead_ms"] - later) <= result["within_ms"] + 2
    assert abs(result["struck_ms"] - (striker.struck - result["began"]) * 1000) < result["within_ms"] + 5


def test_what_is_lost_and_what_is_there_twice(cluster: FakeCluster, run: Runner, tmp_path: pathlib.Path) -> None:
    """The next leader lacks a message of one queue, and has one of another queue twice."""
    numbers = []

    def act() -> None:
        store = cluster.brokers[GROUP][0].store
        cluster.brokers[GROUP][0].close()
        time.sleep(0.1)
        numbers.append(store.messages[TOPIC][1].pop(2))
        numbers.append(store.messages[TOPIC][2][2])
        store.messages[TOPIC][2].append(numbers[-1])
        cluster.lead(GROUP, 1)
        time.sleep(0.2)
        cluster.brokers[GROUP][0].reopen()

    Striker(tmp_path, act)
    counts = watch(run, cluster, tmp_path)["messages"]
    lost, twice = (int(message.body.split()[1]) for message in numbers)
    assert counts["lost"] == [lost]
    # Beside those whose acknowledgement died with the leader.
    assert twice in counts["duplicated"]


def test_a_gap_in_a_queue_is_stepped_over(cluster: FakeCluster, run: Runner, tmp_path: pathlib.Path) -> None:
    broker = cluster.brokers[GROUP][1]
    answer = broker.answer
    hidden = {1, 2, 3}  # Sent before the strike, however slow the machine is.

    def with_gap(request: Any) -> bytes | None:
        if request.code == 11 and request.ext["queueId"] == "3":
            offset = int(request.ext["queueOffset"])
            if offset in hidden:
                return broker.reply("pull_not_found", request)
            if offset < min(hidden):
                request.ext["maxMsgNums"] = str(min(hidden) - offset)
        return answer(request)

    broker.answer = with_gap  # type: ignore[method-assign]
    Striker(tmp_path, lambda: kill(cluster))
    counts = watch(run, cluster, tmp_path)["messages"]
    assert len(counts["lost"]) == 3
    assert {number % 4 for number in counts["lost"]} == {3}


def test_a_follower_that_dies(cluster: FakeCluster, run: Runner, tmp_path: pathlib.Path) -> None:
    follower = cluster.brokers[GROUP][2]

    def act() -> None:
        follower.close()
        time.sleep(0.4)
        follower.reopen()

    Striker(tmp_path, act)
    result = watch(run, cluster, tmp_path, victim=follower.address)
    assert (result["led"], result["failed_attempts"], result["clock_ahead_ms"]) == (False, [], None)
    assert result["messages"]["given_up"] == 0
    assert result["whole_ms"] is not None


def test_a_member_that_stays_away(cluster: FakeCluster, run: Runner, tmp_path: pathlib.Path) -> None:
    def act() -> None:
        cluster.brokers[GROUP][0].close()
        cluster.lead(GROUP, 1)

    Striker(tmp_path, act)
    result = watch(run, cluster, tmp_path, wait=1)
    assert not result["failed"]
    assert result["whole_ms"] is None
    assert any("does not answer" in problem for problem in result["problems"])
    assert result["messages"]["lost"] == []


def test_a_strike_that_misses(
    cluster: FakeCluster, run: Runner, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failover_watch, "_MISSED_MS", 300)
    Striker(tmp_path, lambda: None)
    result = watch(run, cluster, tmp_path)
    assert (result["whole_ms"], result["problems"], result["failed_attempts"]) == (None, [], [])


def test_nobody_strikes(cluster: FakeCluster, run: Runner, tmp_path: pathlib.Path) -> None:
    result = watch(run, cluster, tmp_path, patience=0.2)
    assert result["msg"] == "Nothing was killed within 0.2 s: there is nothing to tell."


def test_sends_that_fail_before_the_strike(cluster: FakeCluster, run: Runner, tmp_path: pathlib.Path) -> None:
    """A leader that refuses: nothing is to be killed, so the file is not there."""
    cluster.brokers[GROUP][0].is_leader = False
    cluster.brokers[GROUP][0].store.put_topic(TOPIC)
    result = watch(run, cluster, tmp_path)
    assert result["failed"]
    assert f"Sends to group {GROUP} did not go well" in result["msg"]
    assert "the last one: refused with code" in result["msg"]
    assert not (tmp_path / "ready").exists()


def test_followers_without_the_topic(
    cluster: FakeCluster, run: Runner, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failover_watch, "_COPY_SECONDS", 0.2)
    cluster.brokers[GROUP][2].close()
    result = watch(run, cluster, tmp_path)
    assert f"Not every member of {GROUP} has the topic {TOPIC} after 0 s" in result["msg"]
    assert cluster.brokers[GROUP][2].address in result["msg"]
    assert result["msg"].endswith("Nothing was killed.")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"rate": 0}, "rate is 0: write 1 to 1000 messages per second."),
        ({"wait": 0}, "wait is 0: write seconds, above 0."),
        ({"patience": -1}, "patience is -1: write seconds, above 0."),
        ({"folder": "/nowhere"}, "folder is /nowhere: there is no such folder."),
        ({"victim": "rmq71"}, "victim: 'rmq71' is no address: write host:port."),
        ({"group": "RaftNode09"}, "group is RaftNode09: write one of RaftNode00, RaftNode01."),
    ],
)
def test_wrong_options(run: Runner, tmp_path: pathlib.Path, changes: dict[str, Any], sentence: str) -> None:
    with FakeCluster("4.9.7", groups=2) as cluster:
        assert watch(run, cluster, tmp_path, **changes)["msg"] == sentence


def test_comparison() -> None:
    assert _failover.compare([1, 2, 3], [1, 2, 3]) == ([], [], [])
    assert _failover.compare([1, 2, 3], [1, 3]).lost == [2]
    assert _failover.compare([1, 2, 3], [1, 2, 2, 3, 2]).duplicated == [2]
    assert _failover.compare([1, 2, 3], [1, 2, 3, 4]) == ([], [], [4])
    assert _failover.compare([], []) == ([], [], [])


@pytest.mark.parametrize("ahead", [-3_600_000, -7, 0, 90_000])
def test_how_far_a_clock_is_ahead(ahead: int) -> None:
    clock = _failover.Clock()
    zero = clock.start * 1000
    acknowledged, stored = [], {}
    for number, (slow, quick) in enumerate(itertools.product((3, 8), (2, 9))):
        begun, at = number * 20.0, number * 20.0 + slow
        acknowledged.append(_failover.Acknowledged(number, 0, number, "a:1", begun, at + quick))
        stored[number] = int(zero + at + ahead)
    found = _failover.ahead(clock, acknowledged, stored)
    assert found is not None
    assert abs(found.milliseconds - ahead) <= found.within + 0.001
    assert found.within <= 4
    assert _failover.ahead(clock, acknowledged, {}) is None


def test_messages_of_other_runs_are_not_ours() -> None:
    assert _failover.number_of("AB12", _failover.body("AB12", 17)) == 17
    assert _failover.number_of("AB12", _failover.body("AB13", 17)) is None
    assert _failover.number_of("AB12", b"AB12 x") is None
    assert _failover.number_of("AB12", b"") is None


def test_a_cluster_that_was_whole_for_long_enough_is_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look that was on its way when the time was up had the last word."""
    looks: list[float] = []

    class Problem:
        problem = "a member is not registered"

    def judge(*_arguments: Any) -> list[Problem]:
        looks.append(time.monotonic())
        return [Problem()] if len(looks) == 1 or looks[-1] - looks[1] > 0.35 else []

    monkeypatch.setattr(_failover, "_overview", SimpleNamespace(look=lambda *_arguments: None))
    monkeypatch.setattr(_health, "judge", judge)
    monkeypatch.setattr(_health, "marks", lambda *_arguments: {})
    plan: Any = SimpleNamespace(namesrv=[], controllers=[], addresses=list)
    health = _failover.Health(_failover.Clock(), plan, 1.0, 0.2)
    health.start()
    assert _failover.until(lambda: health.is_steady, 5)
    time.sleep(0.5)
    health.stop()
    assert health.is_steady
    assert health.whole is not None
    assert health.problems == []
