#!/usr/bin/python
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: group_idle
short_description: Waits until nobody writes to broker groups, and everything in them is consumed
version_added: 0.1.0
description:
  - After M(rocketmq.cluster.broker_write) took their write permission, producers go on for up to 30 s. A group is idle
    when the commit log of its leader has not grown for O(quiet) seconds.
  - With O(consumed), every consumer group of the leader must also have read to the end, delayed messages must have
    become due, and prepared transactions must have been decided.
  - Consumers that keep their offsets themselves (broadcasting ones), and messages that 5.x gave to a pop consumer which
    has not acknowledged them yet, cannot be seen.
  - Fails with one sentence for each group that is not idle in time. Changes nothing.
extends_documentation_fragment:
  - rocketmq.cluster.connection
  - rocketmq.cluster.selection
  - rocketmq.cluster.read_only
options:
  quiet:
    description: Seconds without a new message.
    type: float
    default: 5
  consumed:
    description: Whether everything must have been consumed, too.
    type: bool
    default: false
  ignore:
    description: Patterns (C(*), C(?)) of consumer groups that O(consumed) does not wait for, such as those of the dead.
    type: list
    elements: str
    default: []
  wait:
    description: Seconds to wait.
    type: float
    default: 120
seealso:
  - module: rocketmq.cluster.broker_write
author:
  - RocketMQ Cluster Contributors (@rocketmq-cluster)
"""

EXAMPLES = r"""
- name: Wait until all of it is consumed
  rocketmq.cluster.group_idle:
    namesrv: [192.168.1.71:9876, 192.168.1.76:9876]
    groups: [RaftNode00]
    consumed: true
    wait: 600
"""

RETURN = r"""
groups:
  description: The groups by name.
  returned: always
  type: dict
  contains:
    end:
      description: The end of the leader's commit log, in bytes.
      type: int
    quiet:
      description: Seconds since it has grown, as far as this was seen.
      type: float
    behind:
      description: By consumer group, messages that are not consumed; only what is not 0, and only with O(consumed).
      type: dict
    delayed:
      description: Delayed messages that are not due yet; 0 without O(consumed).
      type: int
    prepared:
      description: Prepared transactions that are not decided yet; 0 without O(consumed).
      type: int
"""

import fnmatch
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils import _arguments, _cluster, _consumers, _offsets
from ansible_collections.rocketmq.cluster.plugins.module_utils._client import Broker, RuntimeInfo
from ansible_collections.rocketmq.cluster.plugins.module_utils._configuration import Settings
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import PlanError, RocketMQError

_PAUSE = 0.5

#: One per delay level: how far messages were delivered, and where they end.
_DELAYED = "scheduleMessageOffset_"
#: Of messages for a moment (5.x): those still to be put into the timer, and those in it.
_TIMED = ("timerOffsetBehind", "timerCongestNum")
_TRANSACTIONS = "CID_RMQ_SYS_TRANS"
_PREPARED = "RMQ_SYS_TRANS_HALF_TOPIC"


class Left(NamedTuple):
    """What a group has still to give: messages by consumer group, delayed messages, prepared transactions."""

    behind: dict[str, int]
    delayed: int
    prepared: int


class Look(NamedTuple):
    """One group at one moment; ``since``: when its commit log was first seen to end where it ends."""

    end: int
    since: float
    left: Left


def look(
    find: Callable[[], _cluster.Cluster],
    groups: Sequence[str],
    consumed: bool,
    ignore: Sequence[str],
    before: Mapping[str, Look],
) -> dict[str, Look]:
    """Raises RocketMQError."""

    def asked(broker: Broker, _settings: Settings) -> tuple[int, Left]:
        info = broker.runtime_info()
        end = info.integer("commitLogMaxOffset")
        if end is None:
            raise PlanError([f"{broker.address} does not tell the end of its commit log."])
        return end, Left(_behind(broker, ignore), delayed(info), _prepared(broker)) if consumed else Left({}, 0, 0)

    cluster = find()
    found = cluster.ask_leaders(cluster.chosen(groups), asked)
    now = time.monotonic()
    return {
        group: Look(end, before[group].since if group in before and before[group].end == end else now, left)
        for group, (end, left) in found.items()
    }


def _behind(broker: Broker, ignore: Sequence[str]) -> dict[str, int]:
    names = [
        name
        for name in _consumers.table(broker).groups
        if not _consumers.is_system(name) and not any(fnmatch.fnmatchcase(name, pattern) for pattern in ignore)
    ]
    lags = _offsets.lags(broker, names)
    totals = {name: sum(queue["lag"] for queue in queues) for name, queues in lags.items()}
    return {name: total for name, total in totals.items() if total}


def delayed(info: RuntimeInfo) -> int:
    """Messages that no consumer can have seen yet, because they are for later."""
    levels = [value.split(",") for key, value in info.table.items() if key.startswith(_DELAYED)]
    return sum(int(end) - int(at) for at, end in levels) + sum(info.integer(key) or 0 for key in _TIMED)


def _prepared(broker: Broker) -> int:
    queues = _offsets.lags(broker, [_TRANSACTIONS])[_TRANSACTIONS]
    return sum(queue["lag"] for queue in queues if queue["topic"] == _PREPARED)


def sentences(looks: Mapping[str, Look], quiet: float, now: float) -> list[str]:
    """Why groups are not idle."""
    busy = [
        f"Group {group} is still written to: its commit log grew {now - found.since:.0f} s ago, at most."
        for group, found in looks.items()
        if now - found.since < quiet
    ]
    behind = [
        f"Group {group} has {count} messages that {name} has not consumed."
        for group, found in looks.items()
        for name, count in sorted(found.left.behind.items())
    ]
    later = [
        f"Group {group} has {count} {what}."
        for group, found in looks.items()
        for count, what in (
            (found.left.delayed, "delayed messages that are not due yet"),
            (found.left.prepared, "prepared transactions that are not decided yet"),
        )
        if count
    ]
    return busy + behind + later


def _option_problems(params: Mapping[str, Any]) -> list[str]:
    return [
        f"{name} is {params[name]:g}: write seconds, above 0." for name in ("quiet", "wait") if not params[name] > 0
    ]


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **_arguments.CONNECTION,
            **_arguments.SELECTION,
            "quiet": {"type": "float", "default": 5},
            "consumed": {"type": "bool", "default": False},
            "ignore": {"type": "list", "elements": "str", "default": []},
            "wait": {"type": "float", "default": 120},
        },
        supports_check_mode=True,
    )
    params = module.params
    _arguments.check(module, _option_problems(params))
    find, deadline = _cluster.finder(params), time.monotonic() + params["wait"]
    looks: dict[str, Look] = {}
    while True:
        try:
            looks = look(find, params["groups"], params["consumed"], params["ignore"], looks)
            problems = sentences(looks, params["quiet"], time.monotonic())
        except PlanError as error:
            module.fail_json(msg=str(error))
        except RocketMQError as error:
            problems = [str(error)]
        now = time.monotonic()
        shown = {
            group: {"end": found.end, "quiet": round(now - found.since, 1), **found.left._asdict()}
            for group, found in looks.items()
        }
        if not problems:
            module.exit_json(changed=False, groups=shown)
        if now > deadline:
            module.fail_json(msg="\n".join([f"After {params['wait']:g} s:", *problems]), groups=shown)
        time.sleep(_PAUSE)


if __name__ == "__main__":
    main()
