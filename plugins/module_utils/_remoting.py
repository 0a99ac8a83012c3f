# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""RocketMQ's remoting protocol: frames, and one connection.

A frame is ``int32 length | int32 (serialisation type << 24 | header length) | header | body``, big endian; the length
counts what follows it. We write JSON headers, which every server answers in JSON; the binary header is read all the
same.
"""

from __future__ import annotations

import itertools
import json
import socket
import struct
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, NamedTuple

from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import (
    ConnectError,
    ProtocolError,
    RequestTimeout,
    ResponseError,
    RocketMQError,
)

#: What a server accepts by default; a longer answer is no RocketMQ.
MAX_FRAME_BYTES = 16 * 1024 * 1024

#: Requests sent ahead of their answers: few enough for the buffers of both sockets.
WINDOW = 128

_JSON, _BINARY = 0, 1
_RESPONSE_FLAG = 1
_WORD = struct.Struct(">i")
_BINARY_FIXED = struct.Struct(">hbhii")


class Request(NamedTuple):
    """Kind of a request: its number, the name for messages, and the code of an answer that is no refusal."""

    code: int
    name: str
    success: int = 0


class Frame(NamedTuple):
    """A decoded frame, of either direction."""

    code: int
    opaque: int
    flag: int
    version: int
    remark: str
    ext: dict[str, str]
    body: bytes

    @property
    def is_response(self) -> bool:
        return bool(self.flag & _RESPONSE_FLAG)


def encode(code: int, opaque: int, ext: Mapping[str, Any] | None = None, body: bytes = b"") -> bytes:
    """The bytes of a request. Values of ``ext`` are written as strings, all that servers read; booleans as in Java."""
    header = {
        "code": code,
        "language": "PYTHON",
        "version": 0,
        "opaque": opaque,
        "flag": 0,
        "extFields": {key: _text(value) for key, value in (ext or {}).items()},
        "serializeTypeCurrentRPC": "JSON",
    }
    raw = json.dumps(header, separators=(",", ":"), sort_keys=True).encode()
    return _WORD.pack(4 + len(raw) + len(body)) + _WORD.pack(len(raw)) + raw + body


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def decode(frame: bytes) -> Frame:
    """A frame without its leading length. Raises ProtocolError."""
    if len(frame) < 4:
        raise ProtocolError(f"a frame of {len(frame)} bytes")
    (word,) = _WORD.unpack_from(frame)
    kind, length = (word >> 24) & 0xFF, word & 0xFFFFFF
    if 4 + length > len(frame):
        raise ProtocolError(f"a header of {length} bytes in a frame of {len(frame)}")
    header, body = frame[4 : 4 + length], frame[4 + length :]
    if kind == _JSON:
        return _from_json(header, body)
    if kind == _BINARY:
        return _from_binary(header, body)
    raise ProtocolError(f"a header of the unknown serialisation type {kind}")


def _from_json(header: bytes, body: bytes) -> Frame:
    try:
        fields = json.loads(header.decode("utf-8"))
        ext = {str(key): str(value) for key, value in (fields.get("extFields") or {}).items()}
        numbers = [int(fields[key]) for key in ("code", "opaque", "flag")]
        version = int(fields.get("version", 0))
        remark = str(fields.get("remark") or "")
    except (ValueError, OverflowError, RecursionError, AttributeError, KeyError, TypeError) as error:
        raise ProtocolError(f"a header that is no RocketMQ header ({type(error).__name__})") from None
    return Frame(numbers[0], numbers[1], numbers[2], version, remark, ext, body)


def _from_binary(header: bytes, body: bytes) -> Frame:
    try:
        code, _language, version, opaque, flag = _BINARY_FIXED.unpack_from(header)
        remark, at = _chunk(header, _BINARY_FIXED.size, ">i")
        packed, _end = _chunk(header, at, ">i")
        ext, at = {}, 0
        while at < len(packed):
            key, at = _chunk(packed, at, ">h")
            value, at = _chunk(packed, at, ">i")
            ext[key.decode("utf-8")] = value.decode("utf-8")
        return Frame(code, opaque, flag, version, remark.decode("utf-8"), ext, body)
    except (struct.error, UnicodeDecodeError) as error:
        raise ProtocolError(f"a binary header that cannot be read ({error})") from None


def _chunk(data: bytes, at: int, size_format: str) -> tuple[bytes, int]:
    """Bytes with their length before them, and where they end. Raises struct.error when ``data`` is too short."""
    (size,) = struct.unpack_from(size_format, data, at)
    start = at + struct.calcsize(size_format)
    if size < 0 or start + size > len(data):
        raise struct.error(f"{size} bytes at {start} of {len(data)}")
    return data[start : start + size], start + size


def split_address(address: str) -> tuple[str, int]:
    """Host and port of ``host:port`` (an IPv6 host may stand in brackets). Raises ValueError."""
    host, separator, port = address.strip().rpartition(":")
    host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not separator or not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"'{address}' is no address: write host:port.")
    return host, int(port)


class Connection:
    """One TCP connection to one server; a context manager.

    It is opened by the first call. After any error but ResponseError it is closed, because nobody knows then where in
    the stream it stands; the next call opens a new one. Not for use by several threads.
    """

    def __init__(self, address: str, timeout: float) -> None:
        """``timeout``: seconds that a call may take in total, connecting included (the resolver has its own limit)."""
        self.address = address
        self._timeout = timeout
        self._socket: socket.socket | None = None
        self._opaques = itertools.count(1)

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def call(self, request: Request, ext: Mapping[str, Any] | None = None, body: bytes = b"") -> Frame:
        """Sends one request and returns its answer (code 0). Raises RocketMQError."""
        (answer,) = self.calls(request, [(ext or {}, body)])
        if isinstance(answer, RocketMQError):
            raise answer
        return answer

    def calls(
        self, request: Request, arguments: Sequence[tuple[Mapping[str, Any], bytes]]
    ) -> list[Frame | RocketMQError]:
        """Sends one request for each ``(ext, body)``, without waiting for the answers of those before.

        Returns what became of each, in their order. When the connection breaks, all that have no answer yet get that
        error: the server may have done them or not. The timeout counts anew from every answer.
        """
        found: list[Frame | RocketMQError] = []
        try:
            for start in range(0, len(arguments), WINDOW):
                self._exchange(request, arguments[start : start + WINDOW], found)
        except RocketMQError as error:
            found += [error] * (len(arguments) - len(found))
        return found

    def _exchange(
        self,
        request: Request,
        arguments: Sequence[tuple[Mapping[str, Any], bytes]],
        found: list[Frame | RocketMQError],
    ) -> None:
        """One window; appends to ``found``, also when it raises RocketMQError in the middle."""
        waiting = {next(self._opaques): number for number in range(len(arguments))}
        answers: dict[int, Frame | RocketMQError] = {}
        try:
            with self._translating_errors(request):
                deadline = time.monotonic() + self._timeout
                connected = self._connected(deadline)
                connected.settimeout(_left(deadline))
                frames = (encode(request.code, opaque, *arguments[number]) for opaque, number in waiting.items())
                connected.sendall(b"".join(frames))
                while waiting:
                    frame = decode(self._read_frame(connected, deadline))
                    # A server may send requests of its own, and answers to calls that we gave up; neither is ours.
                    if frame.is_response and frame.opaque in waiting:
                        answers[waiting.pop(frame.opaque)] = self._judged(request, frame)
                        deadline = time.monotonic() + self._timeout
        except RocketMQError as error:
            found += [answers.get(number, error) for number in range(len(arguments))]
            raise
        found += [answers[number] for number in range(len(arguments))]

    def _judged(self, request: Request, frame: Frame) -> Frame | ResponseError:
        return (
            frame
            if frame.code == request.success
            else ResponseError(frame.code, frame.remark, request.name, self.address)
        )

    @contextmanager
    def _translating_errors(self, request: Request) -> Iterator[None]:
        """Whatever breaks a call becomes one of our errors, and the connection is closed."""
        done = False
        try:
            yield
            done = True
        except socket.timeout:
            raise RequestTimeout(request.name, self.address, self._timeout) from None
        except ProtocolError as error:
            raise ProtocolError(error.problem, request.name, self.address) from None
        except (OSError, ValueError) as error:
            raise ConnectError(request.name, self.address, getattr(error, "strerror", None) or str(error)) from None
        finally:
            if not done:
                self.close()

    def _connected(self, deadline: float) -> socket.socket:
        if self._socket is None:
            self._socket = _connect(*split_address(self.address), deadline)
        return self._socket

    def _read_frame(self, connected: socket.socket, deadline: float) -> bytes:
        (length,) = _WORD.unpack(_read(connected, 4, deadline))
        if not 4 <= length <= MAX_FRAME_BYTES:
            raise ProtocolError(f"a frame of {length} bytes")
        return _read(connected, length, deadline)


def _left(deadline: float) -> float:
    """Seconds until the deadline. Raises socket.timeout when it has passed (0 would mean: do not block)."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise socket.timeout
    return left


def _connect(host: str, port: int, deadline: float) -> socket.socket:
    """Tries every address of the host within the one deadline. Raises OSError."""
    last = OSError("no address")
    for family, kind, protocol, _name, target in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        candidate = socket.socket(family, kind, protocol)
        try:
            candidate.settimeout(_left(deadline))
            candidate.connect(target)
            candidate.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return candidate
        except OSError as error:
            candidate.close()
            last = error
    raise last


def _read(connected: socket.socket, size: int, deadline: float) -> bytes:
    """Exactly ``size`` bytes. Raises OSError."""
    data = bytearray()
    while len(data) < size:
        connected.settimeout(_left(deadline))
        chunk = connected.recv(min(size - len(data), 1 << 16))
        if not chunk:
            raise ConnectionResetError(f"the connection was closed after {len(data)} of {size} bytes")
        data += chunk
    return bytes(data)
