# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Consumer groups of a cluster: how the leader of each broker group has them, and who is connected to it.

A consumer group lives in every broker group by itself; name servers know nothing of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.rocketmq.cluster.plugins.module_utils import _fastjson, _items
from ansible_collections.rocketmq.cluster.plugins.module_utils._changes import differing
from ansible_collections.rocketmq.cluster.plugins.module_utils._client import Broker, at_least, release
from ansible_collections.rocketmq.cluster.plugins.module_utils._cluster import Cluster
from ansible_collections.rocketmq.cluster.plugins.module_utils._configuration import Settings
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import ResponseError, RocketMQError
from ansible_collections.rocketmq.cluster.plugins.module_utils._remoting import Frame, Request

WRITE_GROUP = Request(200, "UPDATE_AND_CREATE_SUBSCRIPTIONGROUP")
#: Never 352, which asks for one group: it creates the group that it is asked for.
ALL_GROUPS = Request(201, "GET_ALL_SUBSCRIPTIONGROUP_CONFIG")
DELETE_GROUP = Request(207, "DELETE_SUBSCRIPTIONGROUP")
CONNECTIONS = Request(203, "GET_CONSUMER_CONNECTION_LIST")

CONSUMER_NOT_ONLINE = 206

#: Option of M(consumer_groups) -> the broker's name of it.
FIELDS = {
    "consume_enable": "consumeEnable",
    "consume_from_min_enable": "consumeFromMinEnable",
    "consume_broadcast_enable": "consumeBroadcastEnable",
    "retry_queues": "retryQueueNums",
    "retry_max_times": "retryMaxTimes",
    "notify_consumer_ids_changed": "notifyConsumerIdsChangedEnable",
    "broker_id": "brokerId",
    "which_broker_when_slow": "whichBrokerWhenConsumeSlowly",
}
#: Those that brokers know from YOUNG_SINCE on; older ones ignore them silently.
YOUNG_FIELDS = {
    "consume_orderly": "consumeMessageOrderly",
    "consume_timeout_minutes": "consumeTimeoutMinute",
    "retry_policy": "groupRetryPolicy",
    "attributes": "attributes",
}
YOUNG_SINCE = "5.0.0"
#: From this release on a broker that makes groups for whoever asks for them asks itself while it deletes one.
REVIVES_SINCE = "5.5.0"
AUTO_CREATE = "autoCreateSubscriptionGroup"
#: Kind of a retry policy -> where its numbers are, and option -> the broker's name of them.
POLICIES = {
    "exponential": (
        "exponentialRetryPolicy",
        {"initial_ms": "initial", "max_ms": "max", "multiplier": "multiplier"},
    ),
    "customized": ("customizedRetryPolicy", {"delays_ms": "next"}),
}

_SYSTEM_PREFIXES = ("CID_RMQ_SYS_", "CID_ONS")
_SYSTEM_NAMES = frozenset(
    {
        "TOOLS_CONSUMER",
        "FILTERSRV_CONSUMER",
        "SELF_TEST_C_GROUP",
        "SCHEDULE_CONSUMER",
        "DEFAULT_CONSUMER",
        "__MONITOR_CONSUMER",
        # By which proxies tell each other of their clients.
        "CID_DefaultHeartBeatSyncerTopic",
    }
)


class Table(NamedTuple):
    """What a broker says: its release, its consumer groups as it spells them, whether it makes deleted ones anew."""

    version: str
    groups: dict[str, dict[str, Any]]
    revives: bool = False


class Connected(NamedTuple):
    """The consumers of one group that are connected to one broker; ``subscriptions``: topic -> expression."""

    members: list[dict[str, Any]]
    consume_type: str
    message_model: str
    subscriptions: dict[str, str]


def is_system(name: str) -> bool:
    """Whether RocketMQ made the group for itself."""
    return name.startswith(_SYSTEM_PREFIXES) or name in _SYSTEM_NAMES


def own_names(tables: Mapping[str, Table]) -> list[str]:
    """The names of all groups but RocketMQ's."""
    return sorted({name for table in tables.values() for name in table.groups if not is_system(name)})


def tables(cluster: Cluster, groups: Iterable[str]) -> dict[str, Table]:
    """Broker group -> the consumer groups of its leader. Raises RocketMQError."""

    def asked(broker: Broker, settings: Settings) -> Table:
        found = table(broker)
        revives = at_least(found.version, REVIVES_SINCE) and settings.get(AUTO_CREATE) == "true"
        return found._replace(revives=revives)

    return cluster.ask_leaders(groups, asked)


def table(broker: Broker) -> Table:
    """All consumer groups of one broker. Raises RocketMQError."""
    answer = broker.call(ALL_GROUPS)
    try:
        entries = _fastjson.loads(answer.body)["subscriptionGroupTable"].items()
        groups = {str(name): dict(entry) for name, entry in entries}
        for entry in groups.values():
            fields(entry)  # what it cannot read is no answer
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise broker.unexpected(ALL_GROUPS, repr(error)) from None
    return Table(release(answer.version), groups)


def fields(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A consumer group in the words of the modules; without what its broker does not know."""
    found = {option: entry[key] for option, key in {**FIELDS, **YOUNG_FIELDS}.items() if entry.get(key) is not None}
    if "retry_policy" in found:
        found["retry_policy"] = _policy(found["retry_policy"])
    return found


def _policy(entry: Mapping[str, Any]) -> dict[str, Any]:
    kind = str(entry.get("type", "customized")).lower()
    where, names = POLICIES.get(kind, ("", {}))
    numbers = entry.get(where) or {}
    return {"type": kind, **{option: numbers[key] for option, key in names.items() if numbers.get(key) is not None}}


def items(tables: Mapping[str, Table], names: Iterable[str]) -> list[dict[str, Any]]:
    """The groups as M(consumer_groups) takes them."""

    def shown(place: str, name: str) -> dict[str, Any] | None:
        entry = tables[place].groups.get(name)
        return None if entry is None else fields(entry)

    return _items.told(tables, names, shown)


def write(
    broker: Broker, groups: Sequence[tuple[str, Mapping[str, Any], Mapping[str, Any] | None]]
) -> list[Frame | RocketMQError]:
    """Creates or changes groups, each ``(name, fields, the broker's own entry of now)``. Raises nothing."""
    return broker.calls(WRITE_GROUP, [({}, json.dumps(_config(*group)).encode()) for group in groups])


def _config(name: str, wanted: Mapping[str, Any], entry: Mapping[str, Any] | None) -> dict[str, Any]:
    """The whole group, because the broker replaces the whole: what is not ours stays as it was."""
    names = {**FIELDS, **YOUNG_FIELDS}
    changed = differing(fields(entry or {}), wanted)
    config = {**(entry or {}), "groupName": name, **{names[option]: value for option, value in changed.items()}}
    if "retry_policy" in changed:
        config["groupRetryPolicy"] = _policy_config(changed["retry_policy"])
    if "attributes" in config:
        # Only changes are written; those not named stay.
        had, kept = (entry or {}).get("attributes") or {}, config["attributes"] or {}
        config["attributes"] = {
            **{f"+{key}": value for key, value in kept.items() if had.get(key) != value},
            **{f"-{key}": "" for key in had if key not in kept},
        }
    return config


def _policy_config(policy: Mapping[str, Any]) -> dict[str, Any]:
    where, names = POLICIES.get(policy["type"], ("", {}))
    numbers = {names[option]: value for option, value in policy.items() if option in names}
    return {"type": policy["type"].upper(), **({where: numbers} if numbers else {})}


def delete(broker: Broker, names: Sequence[str], remove_offsets: bool) -> list[Frame | RocketMQError]:
    """Deletes groups, with how far they have read when asked. Raises nothing."""
    # 4.9 says removeOffset, 5.x cleanOffset, and each ignores the other's.
    also = {"removeOffset": remove_offsets, "cleanOffset": remove_offsets}
    return broker.calls(DELETE_GROUP, [({"groupName": name, **also}, b"") for name in names])


def connected(broker: Broker, names: Sequence[str]) -> dict[str, Connected]:
    """Group -> who is connected to this broker; nothing for a group without. Raises RocketMQError."""
    found = {}
    for name, answer in zip(names, broker.calls(CONNECTIONS, [({"consumerGroup": name}, b"") for name in names])):
        if isinstance(answer, Frame):
            found[name] = _connected(broker, answer.body)
        elif not isinstance(answer, ResponseError) or answer.code != CONSUMER_NOT_ONLINE:
            raise answer
    return found


def _connected(broker: Broker, body: bytes) -> Connected:
    try:
        data = _fastjson.loads(body)
        members = [
            {
                "client_id": str(one["clientId"]),
                "address": str(one["clientAddr"]),
                "language": str(one.get("language", "")),
                "version": release(int(one.get("version", 0))),
            }
            for one in data["connectionSet"]
        ]
        subscriptions = {
            str(topic): str(one.get("subString", "")) for topic, one in (data.get("subscriptionTable") or {}).items()
        }
        return Connected(
            sorted(members, key=lambda one: str(one["client_id"])),
            str(data.get("consumeType", "")),
            str(data.get("messageModel", "")),
            subscriptions,
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise broker.unexpected(CONNECTIONS, repr(error)) from None
