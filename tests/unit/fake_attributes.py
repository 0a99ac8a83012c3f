# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Attributes of topics and consumer groups, which 5.x changes by signed keys: ``+key`` sets, ``-key`` removes."""

from __future__ import annotations

from collections.abc import Mapping

_TYPES = ("UNSPECIFIED", "NORMAL", "FIFO", "DELAY", "TRANSACTION", "LITE", "PRIORITY")
#: Key -> the values that it takes, none for any.
TOPIC: dict[str, tuple[str, ...]] = {
    "message.type": _TYPES,
    "reserve.time": (),
    "queue.type": ("BatchCQ", "SimpleCQ"),
    "cleanup.policy": ("DELETE", "COMPACTION"),
    "lite.topic.expiration": (),
}
CONSUMER_GROUP: dict[str, tuple[str, ...]] = {
    "priority.factor": (),
    "lite.bind.topic": (),
    "lite.sub.model": ("Shared", "Exclusive"),
    "lite.sub.client.quota": (),
}
_FIXED = ("queue.type", "cleanup.policy")


class Refused(Exception):
    """What is wrong, as the captured refusals are named."""


def altered(
    known: Mapping[str, tuple[str, ...]], current: Mapping[str, str], changes: Mapping[str, str], new: bool
) -> dict[str, str]:
    """Attributes after the changes. Raises Refused."""
    found = dict(current)
    for signed, value in changes.items():
        sign, key = signed[:1], signed[1:]
        if sign not in ("+", "-"):
            raise Refused("unsigned_attribute")
        if sign == "-" and (new or key not in current):
            raise Refused("minus_absent")
        if key not in known:
            raise Refused("unknown_attribute")
        if key in _FIXED and not new:
            raise Refused("immutable")
        if sign == "+" and known[key] and value not in known[key]:
            raise Refused("bad_value")
        if sign == "+":
            found[key] = value
        else:
            del found[key]
    return found
