#!/usr/bin/python
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: message_probe
short_description: Sends messages to broker groups and reads them back
version_added: 0.1.0
description:
  - Proves that a group takes messages and gives them back unchanged, which no status can.
  - Sends to the leader of each group, to a topic of its own that it creates there when it is missing.
  - When the leader changes in between, looks for the new one and goes on; what was acknowledged must be readable there.
  - Reports C(changed=false). Its messages are a heart beat that nobody consumes and that age like all others.
attributes:
  check_mode:
    support: partial
    description: Can run in check mode and tells what it would change.
    details: It sends nothing then and reports that it was skipped, because only a real message proves anything.
  diff_mode:
    support: none
    description: Nothing of the user's is changed.
extends_documentation_fragment:
  - rocketmq.cluster.connection
options:
  groups:
    description: Names of the groups (brokerName). All that the name servers know, when it is not given.
    type: list
    elements: str
  topic:
    description: Name of the topic. Created with one queue.
    type: str
    default: rocketmq_cluster_probe
  count:
    description: How many messages each group gets.
    type: int
    default: 1
  wait:
    description: Seconds that all of it may take for a group, a change of its leader included.
    type: float
    default: 30
seealso:
  - module: rocketmq.cluster.cluster_health
author:
  - RocketMQ Cluster Contributors (@rocketmq-cluster)
"""

EXAMPLES = r"""
- name: Send to and read back from every group
  rocketmq.cluster.message_probe:
    namesrv: "{{ rocketmq_plan.namesrv }}"
    groups: "{{ rocketmq_plan.groups | map(attribute='name') }}"
  run_once: true
"""

RETURN = r"""
groups:
  description: What happened, by group.
  returned: when messages were sent, also on failure
  type: dict
  contains:
    leader:
      description: Address of the broker that gave back the last message; null when none was found.
      type: str
    ids:
      description: Ids of the messages that were acknowledged.
      type: list
      elements: str
    offsets:
      description: Where in queue 0 of the topic they are.
      type: list
      elements: int
    read:
      description: How many of them were read back unchanged.
      type: int
    send_ms:
      description: Milliseconds from the first attempt to send to the last acknowledgement.
      type: float
    read_ms:
      description: Milliseconds from there to the last message read back.
      type: float
    topic_created:
      description: Whether the topic was missing.
      type: bool
    error:
      description: What went wrong; null when nothing did.
      type: str
"""

import re
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils import _arguments, _client, _overview, _topics
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import ResponseError, RocketMQError

_Result = TypeVar("_Result")
#: Answers that waiting does not change: illegal message, no permission, no such group, illegal parameter.
_PERMANENT = (13, 16, 26, 29)
_PAUSE = 0.5
#: The index that readers use follows the commit log by a millisecond or two.
_READ_PAUSE = 0.01


class ProbeError(RocketMQError):
    """The group does not do what it should, though every request was answered."""


class Probe:
    """One group: sends, then reads back. ``result`` is what the module returns of it, filled as it goes."""

    def __init__(self, group: str, namesrv: Sequence[str], topic: str, timeout: float, wait: float) -> None:
        """``timeout``: seconds per request; ``wait``: seconds for all of it."""
        self._group = group
        self._namesrv = list(namesrv)
        self._topic = topic
        self._timeout = timeout
        self._deadline = time.monotonic() + wait
        self._bodies: list[bytes] = []
        self._ids: list[str] = []
        self._offsets: list[int] = []
        self.result: dict[str, Any] = {
            "leader": None,
            "ids": self._ids,
            "offsets": self._offsets,
            "read": 0,
            "send_ms": None,
            "read_ms": None,
            "topic_created": False,
            "error": None,
        }

    def run(self, count: int) -> None:
        """Sends ``count`` messages and reads them back. Raises nothing: an error goes into ``result``."""
        try:
            started = time.monotonic()
            self._insist(lambda broker: self._send(broker, count))
            sent = time.monotonic()
            self.result["send_ms"] = round((sent - started) * 1000, 1)
            self._insist(self._read)
            self.result["read_ms"] = round((time.monotonic() - sent) * 1000, 1)
        except RocketMQError as error:
            self.result["error"] = str(error)

    def _insist(self, step: Callable[[_client.Broker], _Result]) -> _Result:
        """Runs a step against the leader of the moment until it succeeds or the time is over. Raises RocketMQError."""
        while True:
            try:
                with _client.Broker(self._leader(), self._timeout) as broker:
                    return step(broker)
            except RocketMQError as error:
                permanent = isinstance(error, ResponseError) and error.code in _PERMANENT
                if permanent or time.monotonic() + _PAUSE > self._deadline:
                    raise
            # The next name server may know of a change that this one has not heard of.
            self._namesrv.append(self._namesrv.pop(0))
            time.sleep(_PAUSE)

    def _leader(self) -> str:
        group = _client.first_view(self._namesrv, self._timeout).groups.get(self._group)
        if group is None:
            raise ProbeError("the name servers do not know it; check its name and that its brokers run.")
        if _client.LEADER not in group.brokers:
            raise ProbeError("it has no leader; start more of its members.")
        leader = group.brokers[_client.LEADER]
        self.result["leader"] = leader
        return leader

    def _send(self, broker: _client.Broker, count: int) -> None:
        """Sends what is still to send. A message whose acknowledgement got lost is sent again under a new id."""
        while len(self._ids) < count:
            key = uuid.uuid4().hex.upper()
            body = f"rocketmq.cluster message_probe {self._group} {key}".encode()
            sent = self._send_one(broker, body, key)
            self._bodies.append(body)
            self._ids.append(sent.message_id)
            self._offsets.append(sent.queue_offset)

    def _send_one(self, broker: _client.Broker, body: bytes, key: str) -> _client.Sent:
        try:
            return broker.send(self._topic, body, key)
        except ResponseError as error:
            if error.code != _client.TOPIC_NOT_EXIST:
                raise
        broker.create_topic(self._topic)
        self.result["topic_created"] = True
        return broker.send(self._topic, body, key)

    def _read(self, broker: _client.Broker) -> None:
        """Reads back what was acknowledged and not yet read."""
        while self.result["read"] < len(self._offsets):
            number = self.result["read"]
            found = broker.pull(self._topic, self._offsets[number])
            if found:
                self._compare(found[0], number)
                self.result["read"] = number + 1
            elif time.monotonic() > self._deadline:
                raise ProbeError(
                    f"message {self._ids[number]} was acknowledged, but {broker.address} does not have it "
                    f"at offset {self._offsets[number]} of {self._topic}; compare the logs of the group's members."
                )
            else:
                time.sleep(_READ_PAUSE)

    def _compare(self, found: _client.Message, number: int) -> None:
        if found.queue_offset != self._offsets[number] or found.body != self._bodies[number]:
            raise ProbeError(
                f"another message than {self._ids[number]} came back from offset {self._offsets[number]} "
                f"of {self._topic}: {found.body[:80]!r}."
            )


def probe(groups: Sequence[str], namesrv: Sequence[str], params: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """``{group: result}``, all groups at the same time."""

    def one(group: str) -> dict[str, Any]:
        prober = Probe(group, namesrv, params["topic"], params["timeout"], params["wait"])
        prober.run(params["count"])
        return prober.result

    found = _overview.parallel(one, groups)
    return {group: result for group, result in found.items() if not isinstance(result, RocketMQError)}


def _option_problems(params: dict[str, Any]) -> list[str]:
    problems = []
    if not re.fullmatch(r"[%|a-zA-Z0-9_-]{1,127}", params["topic"]):
        problems.append(f"topic is '{params['topic']}': write up to 127 letters, digits, %, |, _ and -.")
    if params["count"] < 1:
        problems.append(f"count is {params['count']}: write 1 or more.")
    if params["wait"] <= 0:
        problems.append(f"wait is {params['wait']:g}: write seconds, above 0.")
    return problems


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **_arguments.CONNECTION,
            "groups": {"type": "list", "elements": "str"},
            "topic": {"type": "str", "default": _topics.PROBE_TOPIC},
            "count": {"type": "int", "default": 1},
            "wait": {"type": "float", "default": 30},
        },
        supports_check_mode=True,
    )
    params = module.params
    _arguments.check(module, _option_problems(params))
    if module.check_mode:
        module.exit_json(changed=False, skipped=True, msg="Nothing was sent: check mode.", groups={})
    try:
        groups = params["groups"] or sorted(_client.first_view(params["namesrv"], params["timeout"]).groups)
    except RocketMQError as error:
        module.fail_json(msg=str(error))
    if not groups:
        module.fail_json(msg="The name servers know no broker; start the brokers or name the groups.", groups={})
    results = probe(groups, params["namesrv"], params)
    failed = {group: result["error"] for group, result in results.items() if result["error"]}
    if failed:
        module.fail_json(msg="\n".join(f"Group {group}: {error}" for group, error in failed.items()), groups=results)
    module.exit_json(changed=False, groups=results)


if __name__ == "__main__":
    main()
