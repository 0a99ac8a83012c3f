# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Frames against what real servers sent, and one connection against every way a server can misbehave."""

from __future__ import annotations

import contextlib
import random
import struct
import time
from collections.abc import Iterator

import fake_broker
import pytest
from ansible_collections.rocketmq.cluster.plugins.module_utils import _client, _remoting
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import (
    ConnectError,
    ProtocolError,
    RequestTimeout,
    ResponseError,
    RocketMQError,
)

ASK = _client.CLUSTER_INFO
EXCHANGES = [
    (version, name)
    for version, names in fake_broker.INDEX.items()
    for name, entry in names.items()
    if entry["response_code"] is not None
]


@pytest.fixture
def server() -> Iterator[fake_broker.FakeNameServer]:
    fake = fake_broker.FakeNameServer("4.7.1")
    yield fake
    fake.close()


@pytest.mark.parametrize(("version", "name"), EXCHANGES)
def test_captured_answer_decodes(version: str, name: str) -> None:
    raw = fake_broker.captured(version, name)
    frame = _remoting.decode(raw[4:])
    assert struct.unpack_from(">i", raw)[0] == len(raw) - 4
    assert frame.is_response
    assert frame.opaque == 7
    assert frame.code == fake_broker.INDEX[version][name]["response_code"]
    # Controllers do not say what they run.
    assert _client.release(frame.version) == ("" if name == "controller_metadata" else version)


@pytest.mark.parametrize(("version", "name"), [exchange for exchange in EXCHANGES if "binary" not in exchange[1]])
def test_captured_request_encodes_to_the_same_bytes(version: str, name: str) -> None:
    raw = fake_broker.captured(version, name, "request")
    frame = _remoting.decode(raw[4:])
    assert not frame.is_response
    assert _remoting.encode(frame.code, frame.opaque, frame.ext, frame.body) == raw


def test_binary_header_says_the_same_as_json() -> None:
    binary = fake_broker.captured("4.9.7", "cluster_info_binary")
    assert binary[4] == 1
    first, second = (_remoting.decode(raw[4:]) for raw in (binary, fake_broker.captured("4.9.7", "cluster_info")))
    assert first == second


def test_binary_header_with_remark_and_fields() -> None:
    ext = b"\0\x01k\0\0\0\x02v1" + b"\0\x02kk\0\0\0\0"
    header = struct.pack(">hbhii", 17, 0, 393, 5, 1) + b"\0\0\0\x04gone" + struct.pack(">i", len(ext)) + ext
    frame = _remoting.decode(struct.pack(">I", 1 << 24 | len(header)) + header + b"body")
    assert frame == _remoting.Frame(17, 5, 1, 393, "gone", {"k": "v1", "kk": ""}, b"body")


@pytest.mark.parametrize(
    ("value", "written"),
    [(True, "true"), (False, "false"), (0, "0"), ("TAG", "TAG"), ("a\x01b\x02", "a\x01b\x02"), ("größe", "größe")],
)
def test_fields_are_strings(value: object, written: str) -> None:
    assert _remoting.decode(_remoting.encode(1, 1, {"k": value})[4:]).ext == {"k": written}


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\0\0",
        struct.pack(">i", 5) + b"{}",
        struct.pack(">i", 2) + b"{}",
        struct.pack(">i", 2) + b"[]",
        struct.pack(">i", 4) + b"null",
        struct.pack(">i", 2) + b"\xff\xff",
        struct.pack(">i", 32) + b'{"code":"x","opaque":1,"flag":1} ',
        struct.pack(">i", 46) + b'{"code":0,"opaque":1,"flag":1,"extFields":"ab"}'[:46],
        struct.pack(">I", 2 << 24 | 2) + b"{}",
        struct.pack(">I", 1 << 24 | 2) + b"{}",
        struct.pack(">I", 1 << 24 | 17) + struct.pack(">hbhiii", 0, 0, 0, 1, 1, -5),
    ],
)
def test_no_frame_is_a_protocol_error(frame: bytes) -> None:
    with pytest.raises(ProtocolError):
        _remoting.decode(frame)


def test_damaged_frames_are_protocol_errors_or_frames() -> None:
    chance = random.Random(20261121)
    samples = [fake_broker.captured(version, name)[4:] for version, name in EXCHANGES]
    for _ in range(4000):
        data = bytearray(chance.choice(samples))
        for _ in range(chance.randint(1, 8)):
            data[chance.randrange(min(len(data), 200))] = chance.randrange(256)
        with contextlib.suppress(ProtocolError):
            _remoting.decode(bytes(data[: chance.randint(0, len(data))]))


@pytest.mark.parametrize(
    ("address", "parts"),
    [("127.0.0.1:9876", ("127.0.0.1", 9876)), (" rmq71:1 ", ("rmq71", 1)), ("[::1]:65535", ("::1", 65535))],
)
def test_address(address: str, parts: tuple[str, int]) -> None:
    assert _remoting.split_address(address) == parts


@pytest.mark.parametrize(
    "address", ["", "rmq71", "rmq71:", ":9876", "rmq71:0", "rmq71:65536", "rmq71:x", "rmq71:-1", "rmq71:²"]
)
def test_no_address(address: str) -> None:
    with pytest.raises(ValueError, match="host:port"):
        _remoting.split_address(address)


@pytest.mark.parametrize(
    ("fault", "error", "text"),
    [
        (fake_broker.half, ConnectError, "closed after"),
        (fake_broker.reset, ConnectError, "Connection reset"),
        (fake_broker.silent, RequestTimeout, "no answer within 0.3 s"),
        (fake_broker.drip, RequestTimeout, "no answer within 0.3 s"),
        (fake_broker.delay(0.5), RequestTimeout, "no answer within 0.3 s"),
        (fake_broker.oversized, ProtocolError, "a frame of 16777217 bytes"),
        (fake_broker.negative, ProtocolError, "a frame of -1 bytes"),
        (fake_broker.html, ProtocolError, "a frame of 1213486160 bytes"),
        (fake_broker.strange_header, ProtocolError, "no RocketMQ header"),
        (fake_broker.error("4.7.1", "send_follower"), ResponseError, "SERVICE_NOT_AVAILABLE (14)"),
    ],
)
def test_fault(
    server: fake_broker.FakeNameServer, fault: fake_broker.Fault, error: type[RocketMQError], text: str
) -> None:
    server.faults[ASK.code] = [fault]
    # Only where nothing comes may the deadline be short: a loaded machine takes its time for an answer.
    with _remoting.Connection(server.address, 0.3 if error is RequestTimeout else 5) as connection:
        started = time.monotonic()
        with pytest.raises(error) as raised:
            connection.call(ASK)
        assert time.monotonic() - started < 5
        assert f"{ASK.name} to {server.address}: " in str(raised.value)
        assert text in str(raised.value)
        # The same object is good for the next call.
        assert connection.call(ASK).code == 0


def test_answers_to_others_are_skipped(server: fake_broker.FakeNameServer) -> None:
    server.faults[ASK.code] = [fake_broker.others_first]
    with _remoting.Connection(server.address, 1) as connection:
        assert connection.call(ASK).opaque == 1


def test_late_answer_is_not_taken_for_the_next_one(server: fake_broker.FakeNameServer) -> None:
    server.faults[ASK.code] = [fake_broker.delay(1.2)]
    with _remoting.Connection(server.address, 1) as connection:
        with pytest.raises(RequestTimeout):
            connection.call(ASK)
        time.sleep(0.4)
        assert connection.call(ASK).opaque == 2


def test_one_connection_for_many_calls(server: fake_broker.FakeNameServer) -> None:
    with _remoting.Connection(server.address, 1) as connection:
        assert [connection.call(ASK).opaque for _ in range(3)] == [1, 2, 3]
    assert len(server._open) == 1


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("127.0.0.1:1", "Connection refused"),
        ("no-such-host.invalid:9876", "not known"),
        ("rmq71", "'rmq71' is no address: write host:port"),
    ],
)
def test_unreachable(address: str, text: str) -> None:
    with _remoting.Connection(address, 2) as connection, pytest.raises(ConnectError) as raised:
        connection.call(ASK)
    assert text in str(raised.value) or "name resolution" in str(raised.value)
