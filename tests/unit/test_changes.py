# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The path of every module that writes: what is applied, when it looks again, what it says of what is left."""

from __future__ import annotations

import pytest
from ansible_collections.rocketmq.cluster.plugins.module_utils import _changes
from ansible_collections.rocketmq.cluster.plugins.module_utils._changes import Change, Errors, Outcome
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import (
    NotYet,
    PlanError,
    RequestTimeout,
    ResponseError,
)

A = Change("topic", "a", "G", None, {"queues": 1})
B = Change("topic", "b", "G", {"queues": 1}, None)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_changes, "_SETTLE_SECONDS", 0.02)
    monkeypatch.setattr(_changes, "_PAUSES", (0.001,))


class World:
    """What is to do, and what becomes of each attempt to do it: an error, or None for done."""

    def __init__(self, *changes: Change, **attempts: list[Exception | None]) -> None:
        self.left = list(changes)
        self.attempts = attempts
        self.applied: list[list[str]] = []
        self.reads: list[Exception | None] = []

    def read(self) -> list[Change]:
        error = self.reads.pop(0) if self.reads else None
        if error:
            raise error
        return list(self.left)

    def plan(self, state: list[Change]) -> list[Change]:
        return state

    def apply(self, state: list[Change], changes: list[Change]) -> Errors:
        self.applied.append([change.name for change in changes])
        errors: Errors = {}
        for change in changes:
            attempts = self.attempts.get(change.name, [])
            error = attempts.pop(0) if attempts else None
            if isinstance(error, (ResponseError, RequestTimeout)):
                errors[change.key] = error
            elif error is None:
                self.left.remove(change)
        return errors

    def converge(self, wait: float = 1, check_mode: bool = False) -> Outcome:
        return _changes.converge(self, wait, check_mode)


def refused(remark: str = "no") -> ResponseError:
    return ResponseError(1, remark, "UPDATE", "1.2.3.4:1")


def test_nothing_to_do_is_nothing_done() -> None:
    world = World()
    assert world.converge() == Outcome([], [], [], [])
    assert world.applied == []


def test_check_mode_plans_and_applies_nothing() -> None:
    world = World(A, B)
    assert world.converge(check_mode=True)[:3] == ([A, B], [A, B], [])
    assert world.applied == []


def test_what_fails_once_is_tried_again_alone() -> None:
    world = World(A, B, b=[RequestTimeout("UPDATE", "1.2.3.4:1", 3)])
    assert world.converge()[:3] == ([A, B], [A, B], [])
    assert world.applied == [["a", "b"], ["b"]]


def test_the_same_answer_twice_ends_it() -> None:
    world = World(A, B, b=[refused(), refused(), refused()])
    outcome = world.converge(wait=60)
    assert outcome.done == [A]
    assert outcome.left == [(B, str(refused()))]
    assert world.applied == [["a", "b"], ["b"]]


def test_a_broker_that_leads_no_more_is_asked_until_the_time_is_over() -> None:
    slave = refused("Can't modify topic from slave broker")
    world = World(A, a=[slave] * 4)
    assert world.converge(wait=60)[:3] == ([A], [A], [])
    assert len(world.applied) == 5


def test_a_look_that_fails_is_repeated() -> None:
    world = World(A)
    world.reads = [None, RequestTimeout("READ", "1.2.3.4:1", 3), PlanError(["Not yet."])]
    assert world.converge()[:3] == ([A], [A], [])
    assert world.applied == [["a"]]


def test_a_first_look_that_fails_goes_through() -> None:
    world = World(A)
    world.reads = [PlanError(["No."])]
    with pytest.raises(PlanError):
        world.converge()
    assert world.applied == []


def test_a_first_look_waits_for_what_passes_by_itself() -> None:
    world = World(A)
    world.reads = [NotYet("An election."), NotYet("An election.")]
    assert world.converge()[:3] == ([A], [A], [])
    world.reads = [NotYet("An election.")] * 1000
    with pytest.raises(NotYet):
        world.converge(wait=0.01)


def test_what_is_done_and_does_not_show_is_told() -> None:
    world = World(A, a=[ValueError()] * 1000)  # taken and not done
    outcome = world.converge(wait=0.05)
    assert outcome.left == [(A, "the cluster does not show it; run again")]
    assert outcome.done == []


def test_diff_and_actions_are_of_the_same_plan() -> None:
    assert _changes.diff([A, B]) == {
        "before": {"G": {"topic": {"b": {"queues": 1}}}},
        "after": {"G": {"topic": {"a": {"queues": 1}}}},
    }
    assert [(action["action"], action["name"]) for action in _changes.actions([A, B])] == [
        ("create", "a"),
        ("delete", "b"),
    ]
