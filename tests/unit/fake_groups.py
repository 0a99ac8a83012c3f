# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a fake broker answers about consumer groups and their offsets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import fake_attributes
import fake_frames
from ansible_collections.rocketmq.cluster.plugins.module_utils import _fastjson, _remoting
from fake_frames import ABSENT, CONSUMER_GROUP

if TYPE_CHECKING:
    from fake_broker import FakeBroker

_ABSENT_GROUP = f"{ABSENT}_group"


def update(broker: FakeBroker, request: _remoting.Frame) -> bytes:
    if not broker.is_leader:  # where it does it all the same, it loses it again
        return broker.reply("update_group_follower", request)
    fields = _fastjson.loads(request.body)
    name = fields["groupName"]
    if broker.is_5x and not fake_frames.NAME.fullmatch(name):
        return broker.reply("update_group_bad_name", request)
    current = broker.store.group_table.rows.get(name)
    if broker.is_5x:
        had = (current or {}).get("attributes") or {}
        try:
            fields["attributes"] = fake_attributes.altered(
                fake_attributes.CONSUMER_GROUP, had, fields.get("attributes") or {}, new=current is None
            )
        except fake_attributes.Refused as refused:
            return broker.reply(f"update_group_{refused}", request)
    broker.store.put_group(name, fields)
    return broker.reply("update_group", request)


def delete(broker: FakeBroker, request: _remoting.Frame) -> bytes:
    if not broker.is_leader:
        return broker.reply("delete_group_follower", request)
    name = request.ext["groupName"]
    entry = broker.store.group_table.rows.get(name)
    broker.store.group_table.remove(name)
    if entry and broker.version == "5.5.0" and broker.config.values["autoCreateSubscriptionGroup"] == "true":
        broker.store.put_group(name, {"groupName": name})
    said = {"4.7.1": "", "4.9.7": "removeOffset"}.get(broker.version, "cleanOffset")
    if request.ext.get(said) == "true":
        broker.store.drop_offsets(consumer_group=name)
    return broker.reply("delete_group", request)


def table(broker: FakeBroker, request: _remoting.Frame) -> bytes:
    held = broker.store.group_table
    body = {**fake_frames.body(broker.version, "all_groups"), "subscriptionGroupTable": held.rows}
    body["dataVersion"] = held.data_version
    ext = {"totalGroupNum": str(len(held.rows))} if broker.is_5x else None
    return broker.reply("all_groups", request, ext, json.dumps(body).encode())


def connections(broker: FakeBroker, request: _remoting.Frame) -> bytes:
    name = request.ext["consumerGroup"]
    online = broker.store.online.get(name)
    if not online:
        return broker.reply("consumer_offline", request, names={_ABSENT_GROUP: name})
    real = fake_frames.body(broker.version, "consumer_connections")
    subscription = next(iter(real["subscriptionTable"].values()))
    clients = {client["clientId"]: client for clients in online.values() for client in clients}
    body = {
        **real,
        "connectionSet": list(clients.values()),
        "subscriptionTable": {topic: {**subscription, "topic": topic} for topic in online},
    }
    return broker.reply("consumer_connections", request, body=json.dumps(body).encode())


def consume_stats(broker: FakeBroker, request: _remoting.Frame) -> bytes:
    """All read queues of the topics of which the group has an offset; an unknown group has none."""
    name = request.ext["consumerGroup"]
    asked = request.ext.get("topic")
    real = fake_frames.body(broker.version, "consume_stats")
    template = next(iter(real["offsetTable"].values()))
    queues: dict[Any, Any] = {}
    for topic in [asked] if asked else [topic for topic, group in broker.store.offsets if group == name]:
        committed = broker.store.offsets.get((topic, name), {})
        for number in range(broker.store.topic_table.rows.get(topic, {}).get("readQueueNums", 0)):
            queues[fake_frames.queue_key(topic, broker.store.group, number)] = {
                **template,
                **_place(broker, topic, number, committed.get(number, 0)),
                **({"pullOffset": committed.get(number, 0)} if "pullOffset" in template else {}),
            }
    body = fake_frames.dumps({**real, "consumeTps": 0.0, "offsetTable": queues})
    return broker.reply("consume_stats", request, body=body)


def _place(broker: FakeBroker, topic: str, queue: int, offset: int) -> dict[str, Any]:
    stored = broker.store.queue(topic, queue)
    last = stored[offset - 1].at if 0 < offset <= len(stored) else 0
    return {"brokerOffset": len(stored), "consumerOffset": offset, "lastTimestamp": last}


def query_offset(broker: FakeBroker, request: _remoting.Frame) -> bytes:
    ext = request.ext
    topic, queue = ext["topic"], int(ext["queueId"])
    offset = broker.store.offsets.get((topic, ext["consumerGroup"]), {}).get(queue)
    if offset is not None:
        return broker.reply("query_offset", request, {"offset": str(offset)})
    if topic not in broker.store.topic_table.rows:
        return broker.reply("query_offset_no_topic", request)
    # A broker that still holds the first message tells a new group to begin there; 5.x can be asked not to.
    exact = ext.get("setZeroIfNotFound") == "false"
    return broker.reply("query_offset_none" if exact else "query_offset_new_group", request)


def all_offsets(broker: FakeBroker, request: _remoting.Frame) -> bytes:
    table = {f"{topic}@{name}": dict(queues) for (topic, name), queues in broker.store.offsets.items()}
    # Captured of 4.9.7 alone; the others' answer differs in nothing but its table.
    name = "all_offsets" if fake_frames.known(broker.version, "all_offsets") else "consume_stats"
    real = fake_frames.body(broker.version, name)
    return broker.reply(name, request, body=fake_frames.dumps({**real, "offsetTable": table}))


def update_offset(broker: FakeBroker, request: _remoting.Frame) -> bytes:
    ext = request.ext
    topic, name = ext["topic"], ext["consumerGroup"]
    if broker.is_5x and name not in broker.store.group_table.rows:
        return broker.reply("update_offset_no_group", request, names={_ABSENT_GROUP: name})
    if broker.is_5x and topic not in broker.store.topic_table.rows:
        return broker.reply("update_offset_no_topic", request, names={ABSENT: topic})
    if broker.is_5x and (topic, name) in broker.store.just_reset:
        return broker.reply("update_offset_after_reset", request)
    broker.store.offsets.setdefault((topic, name), {})[int(ext["queueId"])] = int(ext["commitOffset"])
    return broker.reply("update_offset", request)


def reset_offset(broker: FakeBroker, request: _remoting.Frame) -> bytes:
    """5.x sets the offsets itself; older ones tell the clients, which the fake takes for done."""
    ext = request.ext
    topic, name, timestamp = ext["topic"], ext["group"], int(ext["timestamp"])
    entry = broker.store.topic_table.rows.get(topic)
    if entry is None:
        return broker.reply("reset_offset_no_topic", request, names={ABSENT: topic})
    if broker.is_5x and name not in broker.store.group_table.rows:
        return broker.reply("reset_offset_no_group", request, names={_ABSENT_GROUP: name})
    if not broker.is_5x:
        committed = broker.store.offsets.get((topic, name), {})
        if any(number not in committed for number in range(entry["writeQueueNums"])):
            return broker.reply("reset_offset_no_offset", request, names={CONSUMER_GROUP: name})
        if topic not in broker.store.online.get(name, {}):
            return broker.reply("reset_offset_offline", request, names={CONSUMER_GROUP: name})
    found = {
        number: len(broker.store.queue(topic, number)) if timestamp < 0 else broker.offset_at(topic, number, timestamp)
        for number in range(entry["readQueueNums"])
    }
    broker.store.offsets.setdefault((topic, name), {}).update(found)
    broker.store.just_reset.add((topic, name))
    queues = {fake_frames.queue_key(topic, broker.store.group, number): offset for number, offset in found.items()}
    body = {**fake_frames.body(broker.version, "reset_offset"), "offsetTable": queues}
    return broker.reply("reset_offset", request, body=fake_frames.dumps(body))


HANDLERS = {
    14: query_offset,
    15: update_offset,
    43: all_offsets,
    200: update,
    201: table,
    203: connections,
    207: delete,
    208: consume_stats,
    222: reset_offset,
}
