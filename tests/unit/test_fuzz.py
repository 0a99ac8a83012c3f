# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whatever a server sends, a call returns or raises RocketMQError: damaged answers through the connection into every
parser, from a fixed seed.

ROCKETMQ_FUZZ=1000000 pytest -s tests/unit/test_fuzz.py    tries so many, on all processors, and prints what it took
"""

from __future__ import annotations

import functools
import itertools
import os
import random
import resource
import signal
import struct
import time
import tracemalloc
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any, NamedTuple

import fake_frames
import pytest
from ansible_collections.rocketmq.cluster.plugins.module_utils import (
    _client,
    _cluster,
    _configuration,
    _consumers,
    _offsets,
    _order,
    _overview,
    _remoting,
    _topics,
)
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import RocketMQError

SEED = 20261121
#: What `make unit` tries.
FEW = 20_000
COUNT = int(os.environ.get("ROCKETMQ_FUZZ", FEW))
_BATCH = 2_000
#: A batch takes some seconds; one that takes this long hangs.
_BATCH_SECONDS = 120
#: Nothing that a server sends is larger than a frame, and parsed it takes some times that.
_MEMORY_KB = 64 * 1024

_TOKENS = (
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b'"',
    b"\\",
    b"\\u",
    b"-",
    b"0",
    b"-1",
    b"1e999",
    b"null",
    b"true",
    b"NaN",
)
_NUMBERS = (-(2**31), -1, 0, 1, 3, 4, 2**16, 2**24 - 1, 2**24, 2**24 + 1, 2**31 - 1)


class Answers:
    """A socket of which these bytes are read, then its end."""

    def __init__(self, frames: Sequence[bytes]) -> None:
        self._left = b"".join(frames)

    def recv(self, size: int) -> bytes:
        found, self._left = self._left[:size], self._left[size:]
        return found

    def sendall(self, data: bytes) -> None: ...
    def settimeout(self, seconds: float) -> None: ...
    def close(self) -> None: ...


class Parser(NamedTuple):
    """What is asked of a server, and the captured answers to that."""

    answers: tuple[str, ...]
    ask: Callable[[Any], Any]
    server: type[_client.Broker] | type[_client.NameServer] = _client.Broker


def _overviewed(server: _client.NameServer) -> None:
    view = server.cluster_info()
    known = {address for group in view.groups.values() for address in group.brokers.values()}
    found = _overview.Overview({"n": view}, {address: _client.RuntimeInfo("", {}) for address in known})
    _overview.table(_overview.as_data(found))


def _runtime(server: _client.Broker) -> None:
    group = _client.Group("c", {0: "a"})
    view = _client.NameServerView("5.5.0", {"g": group})
    _overview.table(_overview.as_data(_overview.Overview({"n": view}, {"a": server.runtime_info()})))


def _topic_items(server: _client.Broker) -> None:
    table = _topics.table(server, _configuration.of_broker(server))
    _topics.items({"g": table}, table.topics)


def _consumer_items(server: _client.Broker) -> None:
    table = _consumers.table(server)
    _consumers.items({"g": table}, table.groups)


def _target(server: _client.Broker) -> None:
    answer = server.calls(_offsets.BY_TIME, [({}, b"")])[0]
    _offsets._offset(server, _offsets.BY_TIME, answer)


def _told(server: _client.Broker) -> None:
    reset = _offsets.Reset(lambda: _cluster.Cluster("c", (), {}, 1), [], "g", fake_frames.TOPIC, 0, False)
    reset._tell(server, {0: 1})


PARSERS = (
    Parser(("cluster_info",), _overviewed, _client.NameServer),
    Parser(("cluster_info_binary",), _overviewed, _client.NameServer),
    Parser(("runtime_info",), _runtime),
    Parser(("pull",), lambda broker: broker.pull("t", 0)),
    Parser(("send",), lambda broker: broker.send("t", b"", "k")),
    Parser(("broker_config", "all_topics", "system_topics"), _topic_items),
    Parser(("route",), lambda server: _topics.routes(server, ["t"]), _client.NameServer),
    Parser(("order_list",), _order.listed, _client.NameServer),
    Parser(("all_groups", "broker_config"), _consumer_items),
    Parser(("consumer_connections",), lambda broker: _consumers.connected(broker, ["g"])),
    Parser(("consume_stats",), lambda broker: _offsets.lags(broker, ["g"])),
    Parser(("search_offset",), _target),
    Parser(("reset_offset",), _told),
    Parser(("broker_config",), _configuration.of_broker),
    Parser(("namesrv_config",), _configuration.of_name_server, _client.NameServer),
)


class Input(NamedTuple):
    """An input by its number: what is asked and the bytes that come back."""

    parser: Parser
    frames: list[bytes]


@functools.cache
def _sample(version: str, name: str, opaque: int) -> bytes:
    if name.endswith("_binary"):
        return fake_frames.captured(version, name)
    return fake_frames.reply(version, name, opaque)


def made(number: int) -> Input:
    chance = random.Random(f"{SEED} {number}")
    version = chance.choice(fake_frames.VERSIONS)
    parser = chance.choice(PARSERS)
    frames = [_sample(version, name, 7 + place) for place, name in enumerate(parser.answers)]
    victim = chance.randrange(len(frames))
    if chance.random() < 0.3:
        frames[victim] = _rebuilt(chance, version, parser.answers[victim], 7 + victim)
    else:
        frames[victim] = _damaged(chance, frames[victim])
    return Input(parser, frames)


def _rebuilt(chance: random.Random, version: str, name: str, opaque: int) -> bytes:
    """A good frame whose body is one of another structure."""
    try:
        body = fake_frames.body(version, name)
    except RocketMQError:  # a text
        return _damaged(chance, _sample(version, name, opaque))
    for _ in range(chance.choice((1, 1, 2, 5))):
        body = _replaced(chance, body)
    return fake_frames.reply(version, name.replace("_binary", ""), opaque, body=fake_frames.dumps(body))


def _replaced(chance: random.Random, value: Any) -> Any:
    """Another value in the place of one that is somewhere inside, or without it."""
    if not value or not isinstance(value, (dict, list)) or chance.random() < 0.1:
        return chance.choice((None, True, -1, 7, 1e999, 10**25, "", "x", "7", [], {}, [1], {"a": 1}, {"type": "x"}))
    if isinstance(value, list):
        at = chance.randrange(len(value))
        return [*value[:at], _replaced(chance, value[at]), *value[at + chance.randrange(2) :]]
    key = chance.choice(list(value))
    rest = {other: item for other, item in value.items() if other != key}
    kind = chance.random()
    if kind < 0.1:
        return rest
    if kind < 0.2:
        return {**rest, chance.choice(("", "x", -1, (), (("a", 1),))): value[key]}
    return {**rest, key: _replaced(chance, value[key])}


def _damaged(chance: random.Random, frame: bytes) -> bytes:
    """Half of the inputs keep a good header, so that they come as far as the parser of the body."""
    if chance.random() < 0.2:
        return _mutated(chance, frame)
    length = struct.unpack_from(">i", frame, 4)[0] & 0xFFFFFF
    header, body = frame[4 : 8 + length], frame[8 + length :]
    if chance.random() < 0.2 or not body:
        header = header[:4] + _mutated(chance, header[4:])
        header = struct.pack(">I", (header[0] if header else 0) << 24 | len(header) - 4) + header[4:]
    else:
        body = _mutated(chance, body)
    return struct.pack(">i", len(header) + len(body)) + header + body


def _mutated(chance: random.Random, data: bytes) -> bytes:
    found = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        chance.choice(_MUTATIONS)(chance, found)
    return bytes(found)


def _place(chance: random.Random, data: bytearray) -> int:
    return chance.randrange(len(data) + 1)


def _flip(chance: random.Random, data: bytearray) -> None:
    if data:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _cut(chance: random.Random, data: bytearray) -> None:
    del data[_place(chance, data) :]


def _remove(chance: random.Random, data: bytearray) -> None:
    at = _place(chance, data)
    del data[at : at + chance.randint(1, 12)]


def _insert(chance: random.Random, data: bytearray) -> None:
    at = _place(chance, data)
    data[at:at] = chance.randbytes(chance.randint(1, 12))


def _token(chance: random.Random, data: bytearray) -> None:
    at = _place(chance, data)
    data[at : at + chance.randrange(2)] = chance.choice(_TOKENS)


def _number(chance: random.Random, data: bytearray) -> None:
    """A length or a code of four bytes that is another."""
    at = chance.choice((0, 4, chance.randrange(max(len(data) - 3, 1))))
    data[at : at + 4] = struct.pack(">i", chance.choice(_NUMBERS))


def _repeat(chance: random.Random, data: bytearray) -> None:
    at = _place(chance, data)
    data[at:at] = data[at : at + chance.randint(1, 64)] * chance.randint(1, 3)


def _deep(chance: random.Random, data: bytearray) -> None:
    at = _place(chance, data)
    data[at:at] = chance.choice((b"[", b'{"a":', b"{0:", b"{{", b'{{"a":')) * chance.choice((1, 10, 70, 2000))


def _digits(chance: random.Random, data: bytearray) -> None:
    """Where a number is, a longer one, or something else."""
    places = [at for at, byte in enumerate(data) if 0x30 <= byte <= 0x39]
    if places:
        at = chance.choice(places)
        data[at : at + 1] = chance.choice(
            (b"9" * 25, b"9" * 400, b"9" * 5000, b"-7", b"1.5", b"null", b'"x"', b"[]", b"{}")
        )


def _value(chance: random.Random, data: bytearray) -> None:
    """Where a value begins, one of another kind before it."""
    places = [at for at, byte in enumerate(data) if byte == 0x3A]
    if places:
        at = chance.choice(places) + 1
        data[at:at] = chance.choice((b"null,", b'"x",', b"7,", b"[],", b"{},", b"null", b"-"))
        if chance.random() < 0.5:
            end = next((place for place in range(at, len(data)) if data[place] in b",}]"), len(data))
            data[at:end] = chance.choice((b"null", b'"x"', b"7", b"[]", b"{}", b"1e400", b"true"))


_MUTATIONS = (_flip, _cut, _remove, _insert, _token, _number, _repeat, _deep, _digits, _value, _value)


def tried(parser: Parser, frames: Sequence[bytes]) -> bool:
    """Whether it returned; raises what is no RocketMQError."""
    server = parser.server("127.0.0.1:1", 60)
    server._connection._opaques = itertools.count(7)
    server._connection._socket = Answers(frames)  # type: ignore[assignment]
    try:
        parser.ask(server)
    except RocketMQError:
        return False
    return True


def batch(numbers: range) -> tuple[int, float, int, int]:
    """How many returned, the slowest (s), the memory it started with and needed at most (KB)."""
    _remoting._connect = _refuse
    signal.signal(signal.SIGALRM, _hangs)
    signal.alarm(_BATCH_SECONDS)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    returned, slowest = 0, 0.0
    for number in numbers:
        parser, frames = made(number)
        started = time.process_time()
        try:
            returned += tried(parser, frames)
        except BaseException as error:
            shown = [frame if len(frame) < 2000 else frame[:2000] + b"..." for frame in frames]
            raise AssertionError(f"input {number} of {SEED}, {parser.answers}: {error!r}\n{shown}") from error
        slowest = max(slowest, time.process_time() - started)
    signal.alarm(0)
    return returned, slowest, before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _refuse(host: str, port: int, deadline: float) -> Any:
    raise ConnectionRefusedError(111, "Connection refused")


def _hangs(signum: int, frame: object) -> None:
    raise TimeoutError("hangs")


def test_any_answer_is_a_result_or_an_error_of_ours() -> None:
    started = time.monotonic()
    ranges = [range(start, min(start + _BATCH, COUNT)) for start in range(0, COUNT, _BATCH)]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(batch, ranges))
    returned = sum(one[0] for one in found)
    slowest, before, most = max(one[1] for one in found), min(one[2] for one in found), max(one[3] for one in found)
    print(
        f"{COUNT} inputs in {time.monotonic() - started:.0f} s: {returned} returned, {COUNT - returned} raised; "
        f"slowest {slowest * 1000:.0f} ms; memory of a process {before / 1024:.0f} MB, {most / 1024:.0f} MB at most"
    )
    assert 0 < returned < COUNT
    assert slowest < 1
    assert most - before < _MEMORY_KB


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.answers[0])
@pytest.mark.parametrize("version", fake_frames.VERSIONS)
def test_undamaged_answers_return(version: str, parser: Parser) -> None:
    assert tried(parser, [_sample(version, name, 7 + place) for place, name in enumerate(parser.answers)])


@pytest.mark.parametrize("length", [_remoting.MAX_FRAME_BYTES, _remoting.MAX_FRAME_BYTES + 1, 2**31 - 1, -1, 0, 3])
def test_a_claimed_length_allocates_nothing(length: int) -> None:
    tracemalloc.start()
    try:
        assert not tried(PARSERS[0], [struct.pack(">i", length) + b"{}"])
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
