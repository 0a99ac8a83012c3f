# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a fake broker answers about messages and their places."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import fake_frames
from ansible_collections.rocketmq.cluster.plugins.module_utils import _remoting
from fake_frames import ABSENT

if TYPE_CHECKING:
    from fake_broker import FakeBroker


def send(broker: FakeBroker, request: _remoting.Frame) -> bytes:
    if not broker.is_leader:
        return broker.reply("send_follower", request)
    topic, queue = request.ext["b"], request.ext["e"]
    if topic not in broker.store.topic_table.rows:
        return broker.reply("send_no_topic", request, names={ABSENT: topic})
    offset = broker.store.append(topic, int(queue), request.body)
    return broker.reply("send", request, {"queueId": queue, "queueOffset": str(offset), "msgId": f"{offset:032X}"})


def pull(broker: FakeBroker, request: _remoting.Frame) -> bytes:
    topic, queue, offset = request.ext["topic"], int(request.ext["queueId"]), int(request.ext["queueOffset"])
    if topic not in broker.store.topic_table.rows:
        return broker.reply("pull_no_topic", request, names={ABSENT: topic})
    stored = broker.store.queue(topic, queue)
    if not broker.readable or offset >= len(stored):
        name = "pull_offset_moved" if offset > len(stored) else "pull_not_found"
        return broker.reply(name, request)
    found = stored[offset : offset + int(request.ext["maxMsgNums"])]
    body = b"".join(stamped(broker.message(offset + number, data.body), data.at) for number, data in enumerate(found))
    return broker.reply("pull", request, body=body)


def message(version: str, offset: int, body: bytes) -> bytes:
    """The captured message with another body and place."""
    real = fake_frames.decoded(version, "pull").body
    old = struct.unpack_from(">i", real, 84)[0]
    data = bytearray(real[:84] + struct.pack(">i", len(body)) + body + real[88 + old :])
    struct.pack_into(">i", data, 0, len(data))
    struct.pack_into(">q", data, 20, offset)
    return bytes(data)


def stamped(message: bytes, at: int) -> bytes:
    """The message as one that a broker stored then (ms)."""
    data = bytearray(message)
    struct.pack_into(">q", data, 56, at)
    return bytes(data)


def search_offset(broker: FakeBroker, request: _remoting.Frame) -> bytes:
    ext = request.ext
    offset = broker.offset_at(ext["topic"], int(ext["queueId"]), int(ext["timestamp"]))
    return broker.reply("search_offset", request, {"offset": str(offset)})


def max_offset(broker: FakeBroker, request: _remoting.Frame) -> bytes:
    stored = broker.store.queue(request.ext["topic"], int(request.ext["queueId"]))
    return broker.reply("max_offset", request, {"offset": str(len(stored))})


def min_offset(broker: FakeBroker, request: _remoting.Frame) -> bytes:
    return broker.reply("min_offset", request, {"offset": "0"})


HANDLERS = {11: pull, 29: search_offset, 30: max_offset, 31: min_offset, 310: send}
