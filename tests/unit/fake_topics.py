# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a fake broker answers about topics."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import fake_attributes
import fake_frames
from ansible_collections.rocketmq.cluster.plugins.module_utils import _remoting
from fake_attributes import Refused
from fake_frames import ABSENT, NAME

if TYPE_CHECKING:
    from fake_broker import FakeBroker


def create(broker: FakeBroker, request: _remoting.Frame) -> bytes:
    ext = request.ext
    name = ext["topic"]
    refusal = _refusal(broker, name, "create_topic")
    if refusal:
        return broker.reply(refusal, request)
    current = broker.store.topic_table.rows.get(name)
    fields: dict[str, Any] = {
        "order": broker.is_5x and ext["order"] == "true",  # 4.x does not read it
        "perm": int(ext["perm"]),
        "readQueueNums": int(ext["readQueueNums"]),
        "topicFilterType": ext["topicFilterType"],
        "topicSysFlag": int(ext.get("topicSysFlag", 0)),
        "writeQueueNums": int(ext["writeQueueNums"]),
    }
    if broker.is_5x:
        had = (current or {}).get("attributes", {})
        said = ext.get("attributes", "")
        if not had and not said and current == {**(current or {}), **fields}:
            return broker.reply("create_topic", request)  # 5.x: no new data version, and nobody is told
        try:
            fields["attributes"] = _attributes(had, said, new=current is None)
        except Refused as refused:
            return broker.reply(f"create_topic_{refused}", request)
    broker.store.put_topic(name, **fields)
    broker.register([name])
    return broker.reply("create_topic", request)


def _attributes(had: dict[str, str], said: str, new: bool) -> dict[str, str]:
    """``said``: ``+key=value,-key``. Raises Refused."""
    words = (word.partition("=") for word in said.split(",") if word)
    changes = {signed: value for signed, _separator, value in words}
    if changes.get("+message.type") == "MIXED":
        raise Refused("mixed")
    return fake_attributes.altered(fake_attributes.TOPIC, had, changes, new)


def _refusal(broker: FakeBroker, name: str, prefix: str) -> str:
    """The name of the captured answer of a broker that does nothing; empty otherwise.

    Followers of 4.7.1 and 5.5.0 do it, and lose it when they look at their leader's topics: here at once.
    """
    if not broker.is_leader:
        return f"{prefix}_follower"
    if prefix == "create_topic" and not NAME.fullmatch(name):
        return f"{prefix}_bad_name"
    return f"{prefix}_system" if name in broker.store.system_topics() else ""


def delete(broker: FakeBroker, request: _remoting.Frame) -> bytes:
    name = request.ext["topic"]
    refusal = _refusal(broker, name, "delete_topic")
    if not refusal:
        broker.store.drop_topic(name)
        if broker.is_5x:
            broker.store.drop_offsets(topic=name)
    return broker.reply(refusal or "delete_topic", request)


def table(broker: FakeBroker, request: _remoting.Frame) -> bytes:
    held = broker.store.topic_table
    body = {**fake_frames.body(broker.version, "all_topics"), "topicConfigTable": held.rows}
    body["dataVersion"] = held.data_version
    ext = {"totalTopicNum": str(len(held.rows))} if broker.is_5x else None
    return broker.reply("all_topics", request, ext, json.dumps(body).encode())


def system(broker: FakeBroker, request: _remoting.Frame) -> bytes:
    real = fake_frames.body(broker.version, "system_topics")
    body = json.dumps({**real, "topicList": broker.store.system_topics()}).encode()
    return broker.reply("system_topics", request, body=body)


def stats(broker: FakeBroker, request: _remoting.Frame) -> bytes:
    name = request.ext["topic"]
    topic = broker.store.topic_table.rows.get(name)
    if topic is None:
        return broker.reply("topic_stats_none", request, names={ABSENT: name})
    queues: dict[Any, Any] = {}
    for number in range(max(topic["readQueueNums"], topic["writeQueueNums"])):
        stored = broker.store.queue(name, number)
        queues[fake_frames.queue_key(name, broker.store.group, number)] = {
            "lastUpdateTimestamp": stored[-1].at if stored else 0,
            "maxOffset": len(stored),
            "minOffset": 0,
        }
    body = {**fake_frames.body(broker.version, "topic_stats"), "offsetTable": queues}
    return broker.reply("topic_stats", request, body=fake_frames.dumps(body))


HANDLERS = {17: create, 21: table, 202: stats, 215: delete, 305: system}
