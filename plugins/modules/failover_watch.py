#!/usr/bin/python
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: failover_watch
short_description: Sends to a broker group while one of its members is killed, and tells what happened
version_added: 0.1.0
description:
  - Runs on another host than the member that M(rocketmq.cluster.failover_strike) kills, as a task with C(async).
  - Sends numbered messages to the group as a client does, to a topic of its own that it creates there, and asks all
    name servers several times a second. Writes the file C(ready) into O(folder) once sends have gone well for a while.
  - When the file C(struck) appears there, waits until the cluster is as planned again, then reads all messages back
    and compares them with what was acknowledged.
  - The clocks of both hosts may differ. How much, it learns from the messages, which brokers stamp with their own.
  - It returns what it saw and does not judge. It fails only when there was nothing to see.
extends_documentation_fragment:
  - rocketmq.cluster.connection
  - rocketmq.cluster.planned
attributes:
  check_mode:
    support: none
    description: Nothing can be learnt without messages.
  diff_mode:
    support: none
    description: Nothing of the user's is changed.
options:
  group:
    description: Name of the group, one of O(groups).
    type: str
    required: true
  victim:
    description: Address (C(ip:port)) of the member that will be killed.
    type: str
    required: true
  folder:
    description: A folder of its own on this host, for the files by which this and the other tasks talk.
    type: path
    required: true
  rate:
    description: Messages per second.
    type: int
    default: 50
  wait:
    description: Seconds after the strike within which the cluster has to be whole again.
    type: float
    default: 600
  patience:
    description: Seconds to wait for the strike.
    type: float
    default: 120
seealso:
  - module: rocketmq.cluster.failover_strike
author:
  - RocketMQ Cluster Contributors (@rocketmq-cluster)
"""

EXAMPLES = r"""
- name: Watch the group
  rocketmq.cluster.failover_watch:
    namesrv: "{{ rocketmq_plan.namesrv }}"
    cluster: "{{ rocketmq_plan.cluster }}"
    groups: "{{ rocketmq_plan.groups }}"
    group: RaftNode00
    victim: 192.168.1.71:10911
    folder: /tmp/drill
  async: 1200
  poll: 0
"""

RETURN = r"""
began:
  description: When it began, in seconds since the epoch. All other moments are milliseconds from there.
  returned: success
  type: float
struck_ms:
  description: When the member was killed, by this host's clock.
  returned: success
  type: float
within_ms:
  description: By how much RV(struck_ms) may be wrong. Null where no message told how the clocks differ.
  returned: success
  type: float
clock_ahead_ms:
  description: By how much the clock of the member's host is ahead of this one's; null as above.
  returned: success
  type: float
led:
  description: Whether the member led its group when it was killed.
  returned: success
  type: bool
whole_ms:
  description: When nothing was wrong with the cluster any more; null when that did not come in time.
  returned: success
  type: float
ended_ms:
  description: When it stopped sending.
  returned: success
  type: float
problems:
  description: What was still wrong with the cluster at the end.
  returned: success
  type: list
  elements: str
named:
  description: What each name server said, one entry for each change.
  returned: success
  type: list
  elements: dict
  contains:
    at_ms:
      description: From when on.
      type: float
    namesrv:
      description: Its address.
      type: str
    leader:
      description: The leader that it names; empty for none, null when it did not answer.
      type: str
    has_victim:
      description: Whether it lists O(victim) at all.
      type: bool
acknowledged:
  description: Of each message that was acknowledged, when the attempt began and ended (ms).
  returned: success
  type: list
  elements: list
failed_attempts:
  description: Of each attempt that failed, when it began and ended (ms), and why.
  returned: success
  type: list
  elements: list
messages:
  description: Counts; C(lost), C(duplicated) and C(unacknowledged) are lists of numbers of messages.
  returned: success
  type: dict
  contains:
    sent:
      description: All that were tried.
      type: int
    acknowledged:
      description: Those that a broker has promised to keep.
      type: int
    given_up:
      description: Those that failed at every attempt.
      type: int
    lost:
      description: Acknowledged, and not there any more.
      type: list
      elements: int
    duplicated:
      description: There more than once.
      type: list
      elements: int
    unacknowledged:
      description: There, and never acknowledged.
      type: list
      elements: int
"""

import json
import pathlib
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils import (
    _arguments,
    _client,
    _cluster,
    _failover,
    _health,
    _topics,
)
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import PlanError, RocketMQError

#: Seconds for which all has to go well: before the strike, and after the cluster is whole again.
_STEADY = 3.0
#: Seconds for followers to copy a new topic, which they do every ten.
_COPY_SECONDS = 60.0
_READ_SECONDS = 60.0
_PAUSE = 0.5
#: A strike may be announced so long before it comes. One that seems to be elsewhere was told by a clock that is wrong.
_NOTICE_MS = 5000
#: What has broken nothing by then, will not.
_MISSED_MS = 30_000


class Watch:
    """One drill, from the first message to the last one that is read back."""

    def __init__(self, params: Mapping[str, Any], plan: _health.Plan) -> None:
        self._params = params
        self._namesrv: list[str] = params["namesrv"]
        self._group: str = params["group"]
        self._folder = pathlib.Path(params["folder"])
        self._run = uuid.uuid4().hex[:8].upper()
        self._clock = _failover.Clock()
        self._names = _failover.NameServers(self._clock, self._namesrv, self._group)
        self._senders = _failover.Senders(self._clock, self._names, _topics.DRILL_TOPIC, self._run, params["rate"])
        self._health = _failover.Health(self._clock, plan, params["timeout"], _STEADY)
        #: When it was ready for the strike, when it was told of it, and when it stopped sending. The member's clock may
        #: be another one after the strike.
        self._ready = self._told = self._ended = 0.0

    def run(self, members: Sequence[str]) -> dict[str, Any]:
        """``members``: the addresses of all members of the group. Raises RocketMQError."""
        starts = self._prepare(members)
        self._names.start()
        _failover.until(lambda: bool(self._names.leader()), _STEADY)
        self._senders.start()
        try:
            self._warm_up()
            strike = self._struck()
            self._health.start()
            _failover.until(lambda: self._health.is_steady or self._missed(), self._params["wait"])
            self._health.stop()
        finally:
            self._senders.stop()
            self._names.stop()
            self._ended = self._clock.now()
        return self._result(strike, self._read_back(starts))

    def _prepare(self, members: Sequence[str]) -> list[int]:
        """Every member has the topic; returns where its queues end."""
        with self._leader() as broker:
            if _topics.DRILL_TOPIC not in _topics.table(broker, {}).topics:
                broker.create_topic(_topics.DRILL_TOPIC, _failover.QUEUES)
            starts = _failover.ends(broker, _topics.DRILL_TOPIC)
        lacking: list[str] = []

        def copied() -> bool:
            lacking[:] = [why for why in map(self._lacks_topic, members) if why]
            return not lacking

        if not _failover.until(copied, _COPY_SECONDS, _PAUSE):
            raise PlanError(
                [
                    f"Not every member of {self._group} has the topic {_topics.DRILL_TOPIC} after "
                    f"{_COPY_SECONDS:.0f} s. {' '.join(lacking)} Nothing was killed."
                ]
            )
        return starts

    def _lacks_topic(self, address: str) -> str:
        """A sentence; empty where it has it."""
        try:
            with _client.Broker(address, self._params["timeout"]) as broker:
                there = _topics.DRILL_TOPIC in _topics.table(broker, {}).topics
        except RocketMQError as error:
            return str(error)
        return "" if there else f"{address} did not copy it from the leader: look into its log."

    def _leader(self) -> _client.Broker:
        leaders = _cluster.find(self._namesrv, self._params["timeout"], self._params["cluster"]).leaders([self._group])
        return _client.Broker(leaders[self._group], self._params["timeout"])

    def _warm_up(self) -> None:
        """Until sends have gone well for a while."""

        def is_steady() -> bool:
            since = self._clock.now() - _STEADY * 1000
            sent, failed = self._senders.acknowledged, self._senders.failed
            return bool(sent) and sent[0].ended < since and not (failed and failed[-1].ended > since)

        if not _failover.until(is_steady, 10 * _STEADY):
            failed = self._senders.failed
            words = f" (the last one: {failed[-1].reason})" if failed else ""
            raise PlanError(
                [
                    f"Sends to group {self._group} did not go well for {_STEADY:g} s on end within {10 * _STEADY:g} s"
                    f"{words}: see what is wrong with it first. Nothing was killed."
                ]
            )
        self._ready = self._clock.now()
        (self._folder / "ready").touch()

    def _struck(self) -> float:
        """When the member was or will be killed, in seconds since the epoch by the clock of its host."""
        mark = self._folder / "struck"
        if not _failover.until(mark.exists, self._params["patience"]):
            raise PlanError([f"Nothing was killed within {self._params['patience']:g} s: there is nothing to tell."])
        self._told = self._clock.now()
        return float(json.loads(mark.read_text(encoding="utf-8"))["struck"])

    def _missed(self) -> bool:
        """Whether everything goes on as if nothing had been killed."""
        unharmed = self._health.looked and self._health.broken is None
        return unharmed and self._clock.now() - self._told > _MISSED_MS

    def _read_back(self, starts: Sequence[int]) -> list[_client.Message]:
        """Raises the last RocketMQError when no leader gives all of it in time."""
        least: dict[int, int] = {}
        for sent in self._senders.acknowledged:
            least[sent.queue] = max(least.get(sent.queue, 0), sent.offset + 1)
        deadline = time.monotonic() + _READ_SECONDS
        while True:
            try:
                with self._leader() as broker:
                    return _failover.read_back(broker, _topics.DRILL_TOPIC, starts, least)
            except RocketMQError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(_PAUSE)

    def _result(self, strike: float, stored: Sequence[_client.Message]) -> dict[str, Any]:
        numbers = [(_failover.number_of(self._run, message.body), message) for message in stored]
        own = [(number, message) for number, message in numbers if number is not None]
        victim, sent = self._params["victim"], sorted(self._senders.acknowledged)
        by_victim = [one for one in sent if one.broker == victim and one.ended < self._told]
        stamps = {number: message.stored_ms for number, message in own}
        ahead = _failover.ahead(self._clock, by_victim, stamps)
        struck = (strike - self._clock.start) * 1000 - (ahead.milliseconds if ahead else 0)
        within = ahead.within if ahead else 0
        if not self._ready - within < struck < self._told + _NOTICE_MS:
            struck = self._told
        verdict = _failover.compare((one.number for one in sent), (number for number, _message in own))
        before = [one.brokers for one in self._names.log if one.at <= struck and one.brokers]
        return {
            "began": self._clock.start,
            "struck_ms": round(struck, 1),
            "within_ms": round(ahead.within, 1) if ahead else None,
            "clock_ahead_ms": round(ahead.milliseconds, 1) if ahead else None,
            "led": bool(before) and before[-1].get(_client.LEADER) == victim,
            "whole_ms": None if self._health.whole is None else round(self._health.whole, 1),
            "ended_ms": round(self._ended, 1),
            "problems": self._health.problems,
            "named": [
                {
                    "at_ms": round(one.at, 1),
                    "namesrv": one.namesrv,
                    "leader": None if one.brokers is None else one.brokers.get(_client.LEADER, ""),
                    "has_victim": victim in (one.brokers or {}).values(),
                }
                for one in sorted(self._names.log, key=lambda one: one.at)
            ],
            "acknowledged": [[round(one.begun), round(one.ended)] for one in sorted(sent, key=lambda one: one.ended)],
            "failed_attempts": [
                [round(one.begun), round(one.ended), one.reason]
                for one in sorted(self._senders.failed, key=lambda one: one.ended)
            ],
            "messages": {
                "sent": len(sent) + len(self._senders.given_up),
                "acknowledged": len(sent),
                "given_up": len(self._senders.given_up),
                **verdict._asdict(),
            },
        }


def _option_problems(params: Mapping[str, Any]) -> list[str]:
    problems = _arguments.address_problems("victim", [params["victim"]])
    if not 0 < params["rate"] <= 1000:
        problems.append(f"rate is {params['rate']}: write 1 to 1000 messages per second.")
    if not pathlib.Path(params["folder"]).is_dir():
        problems.append(f"folder is {params['folder']}: there is no such folder.")
    return problems + [
        f"{name} is {params[name]:g}: write seconds, above 0." for name in ("wait", "patience") if not params[name] > 0
    ]


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **_arguments.CONNECTION,
            **_health.OPTIONS,
            "group": {"type": "str", "required": True},
            "victim": {"type": "str", "required": True},
            "folder": {"type": "path", "required": True},
            "rate": {"type": "int", "default": 50},
            "wait": {"type": "float", "default": 600},
            "patience": {"type": "float", "default": 120},
        },
    )
    params = module.params
    _arguments.check(module, _option_problems(params))
    try:
        plan = _health.plan_of({**params, "without": [], "strict": True})
    except ValueError as error:
        module.fail_json(msg=f"groups: {error}")
    members = [member.address for group in plan.groups if group.name == params["group"] for member in group.members]
    if not members:
        names = ", ".join(sorted(group.name for group in plan.groups))
        module.fail_json(msg=f"group is {params['group']}: write one of {names}.")
    try:
        result = Watch(params, plan).run(members)
    except RocketMQError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
