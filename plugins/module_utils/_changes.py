# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one path of every module that writes: read, plan, apply, read again until nothing is left to do.

Check mode and diff come from the same plan.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, Protocol, TypeVar

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import NotYet, ResponseError, RocketMQError

_State = TypeVar("_State")

#: A name server shows a moment later what a broker has just been told; only then is it told again.
_SETTLE_SECONDS = 2.0
#: Where all was refused there is nothing to be shown, and it is asked for again soon.
_REFUSED_SECONDS = 0.5
_PAUSES = (0.02, 0.05, 0.1, 0.2)
#: Failures that a message names.
_SHOWN = 10

#: Kind, name and place of a change.
Key = tuple[str, str, str]


class Change(NamedTuple):
    """One object in one place that is not as it should be.

    ``before`` and ``after`` are the compared fields, None where the object is not there.
    """

    kind: str
    name: str
    place: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None

    @property
    def action(self) -> str:
        if self.before is None:
            return "create"
        return "delete" if self.after is None else "update"

    @property
    def key(self) -> Key:
        return self.kind, self.name, self.place

    def __str__(self) -> str:
        return f"{self.kind} {self.name} in {self.place}"


#: Why changes failed, by their ``key``.
Errors = dict[Key, RocketMQError]


class Desired(Protocol[_State]):
    """What a module was asked for, against a cluster.

    ``read`` and ``plan`` may raise RocketMQError, ``apply`` raises none.
    """

    def read(self) -> _State: ...

    def plan(self, state: _State) -> list[Change]: ...

    def apply(self, state: _State, changes: list[Change]) -> Errors: ...


class Outcome(NamedTuple):
    """What was planned; what of it is (in check mode: would be) done; what is not, and why; the last state read."""

    planned: list[Change]
    done: list[Change]
    left: list[tuple[Change, str]]
    state: Any


def differing(current: Mapping[str, Any] | None, desired: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of ``desired`` that ``current`` has otherwise; what the user did not set is not in ``desired``."""
    return {key: value for key, value in desired.items() if current is None or current.get(key) != value}


def converge(desired: Desired[_State], wait: float, check_mode: bool) -> Outcome:
    """Applies what is planned until a new look finds nothing left, for at most ``wait`` seconds.

    A RocketMQError of the first look goes through, before anything is written, unless it passes by itself; later it is
    one more reason to look again.
    """
    deadline = time.monotonic() + wait
    state = _first_look(desired, deadline)
    planned = left = desired.plan(state)
    if check_mode or not planned:
        return Outcome(planned, planned, [], state)
    said: dict[Key, str] = {}
    while True:
        errors = desired.apply(state, left)
        refused = all(change.key in errors for change in left)
        settled = time.monotonic() + (_REFUSED_SECONDS if refused else _SETTLE_SECONDS)
        state, left, unread = _settled(desired, state, left, min(deadline, settled))
        before, said = said, {key: str(error) for key, error in errors.items()}
        hopeless = bool(errors) and said == before and all(_is_final(error) for error in errors.values())
        if not left or hopeless or time.monotonic() > deadline:
            break
    not_yet = unread or "the cluster does not show it; run again"
    open_keys = {change.key for change in left}
    done = [change for change in planned if change.key not in open_keys]
    return Outcome(planned, done, [(change, said.get(change.key) or not_yet) for change in left], state)


def _first_look(desired: Desired[_State], deadline: float) -> _State:
    while True:
        try:
            return desired.read()
        except NotYet:
            if time.monotonic() > deadline:
                raise
        time.sleep(_PAUSES[-1])


def _settled(
    desired: Desired[_State], state: _State, left: list[Change], settled: float
) -> tuple[_State, list[Change], str]:
    """Reads again until ``settled``; returns the state, what is left, and why it could not be read at last."""
    pauses = iter(_PAUSES)
    unread = ""
    while True:
        try:
            state, unread = desired.read(), ""
            left = desired.plan(state)
        except RocketMQError as error:
            unread = str(error)
        if (not left and not unread) or time.monotonic() > settled:
            return state, left, unread
        time.sleep(next(pauses, _PAUSES[-1]))


def _is_final(error: RocketMQError) -> bool:
    """Whether the same request will get the same answer again: not from a broker that is no leader (any more)."""
    return isinstance(error, ResponseError) and "slave" not in error.remark.lower()


def diff(changes: Iterable[Change]) -> dict[str, Any]:
    """Before and after by place, kind and name, as Ansible shows them."""
    sides: dict[str, Any] = {"before": {}, "after": {}}
    for change in changes:
        for side, fields in (("before", change.before), ("after", change.after)):
            if fields is not None:
                sides[side].setdefault(change.place, {}).setdefault(change.kind, {})[change.name] = dict(fields)
    return sides


def actions(changes: Iterable[Change]) -> list[dict[str, Any]]:
    """The changes as modules return them."""
    return [
        {
            "action": change.action,
            "kind": change.kind,
            "name": change.name,
            "place": change.place,
            "before": None if change.before is None else dict(change.before),
            "after": None if change.after is None else dict(change.after),
        }
        for change in changes
    ]


def merged(found: Mapping[str, Errors | RocketMQError]) -> Errors:
    """The errors of all places."""
    return {key: error for errors in found.values() if isinstance(errors, dict) for key, error in errors.items()}


def run(
    module: AnsibleModule, desired: Desired[_State], more: Callable[[Outcome], Mapping[str, Any]] = lambda outcome: {}
) -> None:
    """All that a module does once its options are right; ``more`` is what else it returns."""
    try:
        outcome = converge(desired, module.params["wait"], module.check_mode)
    except RocketMQError as error:
        module.fail_json(msg=str(error))
    _finish(module, outcome, more(outcome))


def _finish(module: AnsibleModule, outcome: Outcome, more: Mapping[str, Any]) -> None:
    """Ends the module with what happened; a failure names every object that is not as asked for."""
    left = [change for change, _reason in outcome.left]
    reasons = [reason for _change, reason in outcome.left]
    result = {
        "changed": bool(outcome.done),
        "actions": actions(outcome.done),
        "diff": diff(outcome.planned),
        "failures": [{**action, "error": reason} for action, reason in zip(actions(left), reasons)],
        **more,
    }
    if not left:
        module.exit_json(**result)
    lines = [f"{change}: {reason}" for change, reason in outcome.left]
    if len(lines) > _SHOWN:
        lines[_SHOWN:] = [f"And {len(lines) - _SHOWN} more, see failures."]
    module.fail_json(msg="\n".join([f"{len(left)} changes could not be made.", *lines]), **result)
