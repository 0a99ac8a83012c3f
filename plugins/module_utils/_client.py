# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""RocketMQ's requests with types: what a name server and a broker can be asked.

Only requests that every release from 4.7.1 on knows. A younger one must be gated by the version of the server before it
is sent: name servers up to 4.9.8 and brokers up to 4.9.0 never answer a code they do not know, which would look like a
process that is down.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from ansible_collections.rocketmq.cluster.plugins.module_utils import _fastjson
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import (
    NoNameServer,
    ProtocolError,
    ResponseError,
    RocketMQError,
)
from ansible_collections.rocketmq.cluster.plugins.module_utils._remoting import Connection, Frame, Request

CLUSTER_INFO = Request(106, "GET_BROKER_CLUSTER_INFO")
RUNTIME_INFO = Request(28, "GET_BROKER_RUNTIME_INFO")
CREATE_TOPIC = Request(17, "UPDATE_AND_CREATE_TOPIC")
SEND = Request(310, "SEND_MESSAGE_V2")
PULL = Request(11, "PULL_MESSAGE")

CONTROLLER_METADATA = Request(1005, "CONTROLLER_GET_METADATA_INFO")

TOPIC_NOT_EXIST = 17
#: Answers of a pull that mean: nothing (yet) at that offset.
_NOTHING_THERE = (19, 20, 21)
#: Broker id of the one that takes writes.
LEADER = 0
#: Permission of a topic or a broker: read 4, write 2.
READ_AND_WRITE = 6
#: A DLedger member that belongs to no leader yet.
UNELECTED = -1

#: Exists on every broker from its start, whatever autoCreateSubscriptionGroup says.
TOOLS_GROUP = "TOOLS_CONSUMER"

_BOOT_SECONDS = 2.0
_BOOT_PAUSE = 0.1
_PULL_SUBSCRIPTION = 4
_MESSAGE_MAGICS = (0xDAA320A7, 0xDAA320AB)
_MESSAGE_START = struct.Struct(">iIiiiqqi")
_BORN_IPV6, _STORE_IPV6 = 0x10, 0x20


class Group(NamedTuple):
    """A broker group (brokerName) as a name server sees it."""

    cluster: str
    brokers: dict[int, str]


class NameServerView(NamedTuple):
    """What one name server knows; ``version`` is its own."""

    version: str
    groups: dict[str, Group]


class RuntimeInfo(NamedTuple):
    """What a broker says of itself; keys and values as the broker spells them."""

    version: str
    table: dict[str, str]

    def number(self, key: str) -> float | None:
        """First number of a value such as ``"10.5 3.2 1.1"``; None when it is missing, empty or none."""
        words = self.table.get(key, "").split()
        try:
            return float(words[0]) if words else None
        except ValueError:
            return None

    def integer(self, key: str) -> int | None:
        """An exact integer: offsets are larger than a float can count."""
        try:
            return int(self.table[key])
        except (KeyError, ValueError):
            return None


class Sent(NamedTuple):
    """Where the broker stored a message."""

    message_id: str
    queue_offset: int


class Message(NamedTuple):
    """A stored message; ``body`` as it was sent (compressed when the sender compressed it).

    ``stored_ms``: when its broker stored it, in milliseconds since the epoch by that broker's clock.
    """

    queue_offset: int
    body: bytes
    stored_ms: int


def release(ordinal: int) -> str:
    """``"4.9.7"`` for the number that response headers carry; empty when it stands for no release from 4.0.0 to 5.9.9.

    RocketMQ counts a snapshot and a release for each of x.y.z with y and z below ten: 4.7.1 = 355, 5.5.0 = 513.
    """
    steps, snapshot = divmod(ordinal - 213, 2)
    if not 0 <= steps < 200 or snapshot:
        return ""
    return f"{4 + steps // 100}.{steps // 10 % 10}.{steps % 10}"


def creation(
    topic: str,
    read_queues: int,
    write_queues: int,
    permission: int,
    order: bool = False,
    filter_type: str = "SINGLE_TAG",
    sys_flag: int = 0,
) -> dict[str, Any]:
    """The fields of CREATE_TOPIC."""
    return {
        "topic": topic,
        "defaultTopic": "TBW102",
        "readQueueNums": read_queues,
        "writeQueueNums": write_queues,
        "perm": permission,
        "topicFilterType": filter_type,
        "topicSysFlag": sys_flag,
        "order": order,
    }


def at_least(version: str, since: str) -> bool:
    """Whether a release is ``since`` or younger; one that is not known (empty) is neither."""
    return bool(version) and _numbers(version) >= _numbers(since)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


class _Server:
    """A server of either kind; a context manager that closes its connection."""

    def __init__(self, address: str, timeout: float) -> None:
        """``address`` is ``host:port``, ``timeout`` seconds per request."""
        self.address = address
        self._timeout = timeout
        self._connection = Connection(address, timeout)

    def __enter__(self: _AnyServer) -> _AnyServer:
        self._connection.__enter__()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._connection.close()

    def call(self, request: Request, ext: Mapping[str, Any] | None = None, body: bytes = b"") -> Frame:
        """The answer to one request. Raises RocketMQError."""
        return self._connection.call(request, ext, body)

    def calls(
        self, request: Request, arguments: Sequence[tuple[Mapping[str, Any], bytes]]
    ) -> list[Frame | RocketMQError]:
        """What became of many requests of one kind, as ``Connection.calls`` says."""
        return self._connection.calls(request, arguments)

    def unexpected(self, request: Request, what: object) -> ProtocolError:
        return ProtocolError(f"an answer without what it should contain ({what})", request.name, self.address)


_AnyServer = TypeVar("_AnyServer", bound=_Server)


class NameServer(_Server):
    """A name server. All methods raise RocketMQError."""

    def cluster_info(self) -> NameServerView:
        """All brokers that this name server knows."""
        answer = self.call(CLUSTER_INFO)
        try:
            brokers = _fastjson.loads(answer.body)["brokerAddrTable"]
            groups = {str(name): _group(data) for name, data in brokers.items()}
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise self.unexpected(CLUSTER_INFO, error) from None
        return NameServerView(release(answer.version), groups)


def _group(data: dict[str, Any]) -> Group:
    return Group(
        str(data["cluster"]), {int(identity): str(address) for identity, address in data["brokerAddrs"].items()}
    )


class Broker(_Server):
    """A broker. All methods raise RocketMQError."""

    def runtime_info(self) -> RuntimeInfo:
        """What the broker says of itself."""
        answer = self._booted_call()
        try:
            table = {str(key): str(value) for key, value in _fastjson.loads(answer.body)["table"].items()}
        except (AttributeError, KeyError, TypeError) as error:
            raise self.unexpected(RUNTIME_INFO, error) from None
        described = table.get("brokerVersionDesc", "").lstrip("V").replace("_", ".")
        return RuntimeInfo(described or release(answer.version), table)

    def _booted_call(self) -> Frame:
        """Waits for a broker's first statistics; until then, about a second, it answers NoSuchElementException."""
        deadline = time.monotonic() + min(_BOOT_SECONDS, self._timeout)
        while True:
            try:
                return self.call(RUNTIME_INFO)
            except ResponseError as error:
                if "NoSuchElement" not in error.remark or time.monotonic() > deadline:
                    raise
            time.sleep(_BOOT_PAUSE)

    def create_topic(self, topic: str, queues: int = 1) -> None:
        """Creates or rewrites a topic that can be read and written.

        Ask the leader only: 4.7.1 and 5.5.0 let a follower do it, and lose it when the follower copies the leader's.
        """
        self.call(CREATE_TOPIC, creation(topic, queues, queues, READ_AND_WRITE))

    def send(self, topic: str, body: bytes, message_key: str, queue: int = 0) -> Sent:
        """Sends one message, which the broker acknowledges as its settings for replication want.

        Raises ResponseError with TOPIC_NOT_EXIST rather than having the topic created by the broker: a topic is its own
        default topic here, so that autoCreateTopicEnable finds none to copy.
        """
        fields = {
            "a": TOOLS_GROUP,
            "b": topic,
            "c": topic,
            "d": 1,
            "e": queue,
            "f": 0,
            "g": int(time.time() * 1000),
            "h": 0,
            "i": f"UNIQ_KEY\x01{message_key}\x02WAIT\x01true\x02",
            "j": 0,
            "k": False,
            "m": False,
        }
        answer = self.call(SEND, fields, body)
        try:
            return Sent(answer.ext["msgId"], int(answer.ext["queueOffset"]))
        except (KeyError, ValueError) as error:
            raise self.unexpected(SEND, error) from None

    def pull(self, topic: str, offset: int, count: int = 1, queue: int = 0) -> list[Message]:
        """Up to ``count`` messages from ``offset`` of a queue on; empty when there is nothing (yet).

        Moves no consumer's offset.
        """
        fields = {
            "consumerGroup": TOOLS_GROUP,
            "topic": topic,
            "queueId": queue,
            "queueOffset": offset,
            "maxMsgNums": count,
            "sysFlag": _PULL_SUBSCRIPTION,
            "commitOffset": 0,
            "suspendTimeoutMillis": 0,
            "subscription": "*",
            "subVersion": 0,
            "expressionType": "TAG",
        }
        try:
            answer = self.call(PULL, fields)
        except ResponseError as error:
            if error.code in _NOTHING_THERE:
                return []
            raise
        try:
            return messages(answer.body)
        except (struct.error, ValueError) as error:
            raise self.unexpected(PULL, error) from None


class Controller(_Server):
    """A controller (5.0.0 and later). All methods raise RocketMQError."""

    def leader(self) -> str:
        """Address of the leader of the controllers; empty while there is none."""
        return self.call(CONTROLLER_METADATA).ext.get("controllerLeaderAddress", "")


def messages(data: bytes) -> list[Message]:
    """The messages that a pull answers with. Raises ValueError or struct.error where ``data`` is damaged."""
    found = []
    at = 0
    while at < len(data):
        size, magic, _crc, _queue, _flag, offset, _physical, flags = _MESSAGE_START.unpack_from(data, at)
        if magic not in _MESSAGE_MAGICS or size <= 0 or at + size > len(data):
            raise ValueError(f"no message at byte {at}")
        # Birth time and host, store time and host, number of retries, offset of a prepared transaction.
        stored_at = at + _MESSAGE_START.size + 8 + (20 if flags & _BORN_IPV6 else 8)
        (stored_ms,) = struct.unpack_from(">q", data, stored_at)
        body_at = stored_at + 8 + (20 if flags & _STORE_IPV6 else 8) + 4 + 8
        (length,) = struct.unpack_from(">i", data, body_at)
        body = data[body_at + 4 : body_at + 4 + length]
        if length < 0 or body_at + 4 + length > at + size:
            raise ValueError(f"a body of {length} bytes in the message at byte {at}")
        found.append(Message(offset, body, stored_ms))
        at += size
    return found


def first_view(
    namesrv: Sequence[str], timeout: float, fits: Callable[[NameServerView], bool] = lambda view: True
) -> NameServerView:
    """What the first name server that answers and ``fits`` knows, tried in order; when none fits, of those that answer
    the one that knows most. Raises NoNameServer, which names them all.
    """
    views: list[NameServerView] = []
    errors: list[RocketMQError] = []
    for address in namesrv:
        try:
            with NameServer(address, timeout) as server:
                views.append(server.cluster_info())
        except RocketMQError as error:
            errors.append(error)
        else:
            if fits(views[-1]):
                return views[-1]
    if not views:
        raise NoNameServer(errors)
    return max(views, key=lambda view: len(view.groups))
