# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What capture_frames.py asks a cluster that is up: requests in their order, because each leaves something behind."""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import conftest  # noqa: F401  (puts the collection on the import path)
from ansible_collections.rocketmq.cluster.plugins.module_utils import _remoting
from fake_frames import ABSENT, TOPIC
from fake_frames import CONSUMER_GROUP as GROUP

OTHER = f"{TOPIC}_2"
ABSENT_GROUP = f"{ABSENT}_group"
#: Exists on every broker from its start.
TOOLS = "TOOLS_CONSUMER"
SYSTEM_TOPIC = "SELF_TEST_TOPIC"
BAD_NAME = "rocketmq.cluster"
#: Exists in no release.
UNKNOWN_CODE = 9999

_DAY_MS = 86_400_000
#: Ordinal of 4.7.1.
_YOUNG = 355


class Ask(NamedTuple):
    """``to``: namesrv, leader or follower. ``code``: the wanted one of the answer, where waiting for it may help."""

    name: str
    to: str
    request: int
    ext: Mapping[str, Any] = MappingProxyType({})
    body: bytes = b""
    code: int | None = None


def requests(version: str) -> Iterator[Ask]:
    yield from _fresh()
    yield from _messages()
    yield from _topics(version)
    yield from _consumer_groups()
    yield from _offsets()
    yield from _settings(version)
    yield from _orders()
    yield from _deletions()
    yield Ask("unknown_code_broker", "leader", UNKNOWN_CODE)
    yield Ask("unknown_code_namesrv", "namesrv", UNKNOWN_CODE)


def _fresh() -> Iterator[Ask]:
    """Before anything is written."""
    yield Ask("all_topics_fresh", "leader", 21)
    yield Ask("all_groups_fresh", "leader", 201)
    yield Ask("system_topics", "leader", 305)
    yield Ask("broker_config", "leader", 26)
    yield Ask("broker_config_follower", "follower", 26)
    yield Ask("namesrv_config", "namesrv", 319)
    yield Ask("route_none", "namesrv", 105, {"topic": ABSENT})


def _messages() -> Iterator[Ask]:
    yield Ask("send_no_topic", "leader", 310, send_fields(ABSENT), b"capture")
    yield Ask("pull_no_topic", "leader", 11, pull_fields(0, ABSENT))
    yield Ask("create_topic", "leader", 17, topic_fields(TOPIC))
    yield Ask("send", "leader", 310, send_fields(TOPIC), b"capture", 0)
    yield Ask("pull", "leader", 11, pull_fields(0), code=0)
    yield Ask("pull_not_found", "leader", 11, pull_fields(1))
    yield Ask("pull_offset_moved", "leader", 11, pull_fields(999))


def send_fields(topic: str) -> dict[str, Any]:
    properties = "UNIQ_KEY\x01capture\x02WAIT\x01true\x02"
    named = {"a": TOOLS, "b": topic, "c": topic, "d": 1, "e": 0, "f": 0, "g": int(time.time() * 1000), "h": 0}
    return {**named, "i": properties, "j": 0, "k": False, "m": False}


def pull_fields(offset: int, topic: str = TOPIC) -> dict[str, Any]:
    return {
        "consumerGroup": TOOLS,
        "topic": topic,
        "queueId": 0,
        "queueOffset": offset,
        "maxMsgNums": 32,
        "sysFlag": 4,
        "commitOffset": 0,
        "suspendTimeoutMillis": 0,
        "subscription": "*",
        "subVersion": 0,
        "expressionType": "TAG",
    }


def topic_fields(topic: str, **more: Any) -> dict[str, Any]:
    queues = {"readQueueNums": 1, "writeQueueNums": 1, "perm": 6}
    fixed = {"defaultTopic": "TBW102", "topicFilterType": "SINGLE_TAG", "topicSysFlag": 0, "order": False}
    return {"topic": topic, **fixed, **queues, **more}


def _topics(version: str) -> Iterator[Ask]:
    typed = {"attributes": "+message.type=FIFO,+cleanup.policy=DELETE"}
    yield Ask("all_topics", "leader", 21)
    yield Ask("create_topic_again", "leader", 17, topic_fields(TOPIC))
    yield Ask("all_topics_after_again", "leader", 21)
    yield Ask("create_topic_attributes", "leader", 17, topic_fields(OTHER, **typed))
    yield Ask("all_topics_attributes", "leader", 21)
    yield Ask("create_topic_unknown_attribute", "leader", 17, topic_fields(OTHER, attributes="+nonsense=1"))
    yield Ask("create_topic_bad_value", "leader", 17, topic_fields(OTHER, attributes="+message.type=NONSENSE"))
    yield Ask("create_topic_immutable", "leader", 17, topic_fields(OTHER, attributes="+cleanup.policy=COMPACTION"))
    yield Ask("create_topic_minus_absent", "leader", 17, topic_fields(OTHER, attributes="-reserve.time"))
    yield Ask("create_topic_unsigned_attribute", "leader", 17, topic_fields(OTHER, attributes="message.type=FIFO"))
    yield Ask("create_topic_mixed", "leader", 17, topic_fields(OTHER, attributes="+message.type=MIXED"))
    yield Ask("create_topic_bad_name", "leader", 17, topic_fields(BAD_NAME))
    yield Ask("create_topic_system", "leader", 17, topic_fields(SYSTEM_TOPIC))
    yield Ask("create_topic_follower", "follower", 17, topic_fields(OTHER))
    yield Ask("topic_list", "namesrv", 206)
    yield Ask("route", "namesrv", 105, {"topic": TOPIC})
    yield Ask("topic_stats", "leader", 202, {"topic": TOPIC})
    yield Ask("topic_stats_none", "leader", 202, {"topic": ABSENT})


def _consumer_groups() -> Iterator[Ask]:
    named = _group(GROUP)
    yield Ask("update_group", "leader", 200, body=named)
    yield Ask("all_groups", "leader", 201)
    yield Ask("update_group_again", "leader", 200, body=named)
    yield Ask("all_groups_after_again", "leader", 201)
    yield Ask("update_group_follower", "follower", 200, body=named)
    yield Ask("update_group_bad_name", "leader", 200, body=_group(BAD_NAME))
    yield Ask("update_group_unsigned_attribute", "leader", 200, body=_group(GROUP, {"priority.factor": "50"}))
    yield Ask("update_group_unknown_attribute", "leader", 200, body=_group(GROUP, {"+nonsense": "1"}))
    yield Ask("update_group_minus_absent", "leader", 200, body=_group(GROUP, {"-priority.factor": ""}))
    yield Ask("update_group_bad_value", "leader", 200, body=_group(GROUP, {"+lite.sub.model": "nonsense"}))
    yield Ask("all_groups_after_refusals", "leader", 201)
    yield Ask("consumer_offline", "leader", 203, {"consumerGroup": ABSENT_GROUP})


def _group(name: str, attributes: dict[str, str] | None = None) -> bytes:
    return json.dumps({"groupName": name, **({"attributes": attributes} if attributes else {})}).encode()


def _offsets() -> Iterator[Ask]:
    place = {"topic": TOPIC, "queueId": 0}
    known = {"consumerGroup": TOOLS, **place, "commitOffset": 1}
    yield Ask("query_offset_new_group", "leader", 14, {"consumerGroup": GROUP, **place})
    exact = {"consumerGroup": GROUP, **place, "setZeroIfNotFound": False}
    yield Ask("query_offset_none", "leader", 14, exact)
    yield Ask("query_offset_no_topic", "leader", 14, {"consumerGroup": GROUP, "topic": ABSENT, "queueId": 0})
    yield Ask("update_offset", "leader", 15, known)
    yield Ask("update_offset_no_group", "leader", 15, {**known, "consumerGroup": ABSENT_GROUP})
    yield Ask("update_offset_no_topic", "leader", 15, {**known, "topic": ABSENT})
    yield Ask("query_offset", "leader", 14, {"consumerGroup": TOOLS, **place})
    yield Ask("all_offsets", "leader", 43)
    yield Ask("consume_stats", "leader", 208, {"consumerGroup": TOOLS, "topic": TOPIC})
    yield Ask("consume_stats_no_group", "leader", 208, {"consumerGroup": f"{ABSENT_GROUP}_2"})
    yield Ask("max_offset", "leader", 30, place)
    yield Ask("min_offset", "leader", 31, place)
    yield Ask("max_offset_no_topic", "leader", 30, {"topic": ABSENT, "queueId": 0})
    yield Ask("search_offset", "leader", 29, {**place, "timestamp": 0})
    yield Ask("search_offset_late", "leader", 29, {**place, "timestamp": int(time.time() * 1000) + _DAY_MS})
    yield Ask("search_offset_no_topic", "leader", 29, {"topic": ABSENT, "queueId": 0, "timestamp": 0})
    reset = {"topic": TOPIC, "group": GROUP, "timestamp": 0, "isForce": True}
    yield Ask("reset_offset_no_offset", "leader", 222, reset)
    yield Ask("update_offset_of_group", "leader", 15, {**known, "consumerGroup": GROUP})
    yield Ask("reset_offset_offline", "leader", 222, reset)
    yield Ask("reset_offset_no_topic", "leader", 222, {**reset, "topic": ABSENT})
    yield Ask("reset_offset_no_group", "leader", 222, {**reset, "group": ABSENT_GROUP})


def _settings(version: str) -> Iterator[Ask]:
    yield Ask(
        "broker_config_update", "leader", 25, body=b"fileReservedTime=71\nnonsense=1\nsendMessageThreadPoolNums=x\n"
    )
    yield Ask("broker_config_after", "leader", 26)
    yield Ask("namesrv_config_update", "namesrv", 318, body=b"orderMessageEnable=true\nnonsense=1\n")
    yield Ask("namesrv_config_after", "namesrv", 319)
    if version >= "4.9.7":  # 4.7.1 would do it
        yield Ask("namesrv_config_blocked", "namesrv", 318, body=b"configStorePath=/nowhere\n")
    if version >= "5":
        yield Ask("broker_config_blocked", "leader", 25, body=b"brokerConfigPath=/nowhere\n")


def _orders() -> Iterator[Ask]:
    """The list of ordered topics, once orderMessageEnable is true and the topic is there."""
    listed = {"namespace": "ORDER_TOPIC_CONFIG"}
    yield Ask("order_list_none", "namesrv", 219, listed)
    yield Ask("order_put", "namesrv", 100, {**listed, "key": TOPIC, "value": "RaftNode00:1"})
    yield Ask("order_list", "namesrv", 219, listed)
    yield Ask("order_route", "namesrv", 105, {"topic": TOPIC})
    yield Ask("order_delete", "namesrv", 102, {**listed, "key": TOPIC})
    yield Ask("order_delete_absent", "namesrv", 102, {**listed, "key": ABSENT})
    yield Ask("order_list_empty", "namesrv", 219, listed)


def _deletions() -> Iterator[Ask]:
    yield Ask("delete_topic_follower", "follower", 215, {"topic": OTHER})
    yield Ask("delete_topic", "leader", 215, {"topic": OTHER})
    yield Ask("delete_topic_absent", "leader", 215, {"topic": ABSENT})
    yield Ask("delete_topic_system", "leader", 215, {"topic": SYSTEM_TOPIC})
    yield Ask("route_after_delete", "namesrv", 105, {"topic": OTHER})
    yield Ask("forget_topic", "namesrv", 216, {"topic": OTHER, "clusterName": "RaftCluster"})
    gone = {"removeOffset": True, "cleanOffset": True}
    yield Ask("delete_group_follower", "follower", 207, {"groupName": BAD_NAME, **gone})
    yield Ask("delete_group", "leader", 207, {"groupName": BAD_NAME, **gone})
    yield Ask("delete_group_absent", "leader", 207, {"groupName": ABSENT_GROUP, **gone})


def online_requests() -> Iterator[Ask]:
    """While a consumer of GROUP is connected."""
    yield Ask("consumer_connections", "leader", 203, {"consumerGroup": GROUP}, code=0)
    yield Ask("reset_offset", "leader", 222, {"topic": TOPIC, "group": GROUP, "timestamp": 0, "isForce": True}, code=0)
    place = {"consumerGroup": GROUP, "topic": TOPIC, "queueId": 0}
    yield Ask("update_offset_after_reset", "leader", 15, {**place, "commitOffset": 1})
    yield Ask("query_offset_after_reset", "leader", 14, place)


def heartbeat(address: str) -> socket.socket:
    """A connection that the broker takes for a consumer of GROUP that reads TOPIC, while it is open."""
    subscription = {
        "classFilterMode": False,
        "codeSet": [],
        "expressionType": "TAG",
        "subString": "*",
        "subVersion": 1,
        "tagsSet": [],
        "topic": TOPIC,
    }
    consumer = {
        "consumeFromWhere": "CONSUME_FROM_FIRST_OFFSET",
        "consumeType": "CONSUME_PASSIVELY",
        "groupName": GROUP,
        "messageModel": "CLUSTERING",
        "subscriptionDataSet": [subscription],
        "unitMode": False,
    }
    body = {"clientID": "127.0.0.1@capture", "consumerDataSet": [consumer], "producerDataSet": []}
    connected = socket.create_connection(_remoting.split_address(address), timeout=2)
    connected.sendall(_as_young_client(_remoting.encode(34, 7, {}, json.dumps(body).encode())))
    connected.recv(4096)
    return connected


def _as_young_client(frame: bytes) -> bytes:
    """Brokers do not tell a client of our version, 0, to reset offsets."""
    length = struct.unpack_from(">i", frame, 4)[0]
    header = json.dumps({**json.loads(frame[8 : 8 + length]), "version": _YOUNG}).encode()
    rest = frame[8 + length :]
    return struct.pack(">ii", 4 + len(header) + len(rest), len(header)) + header + rest
