# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a server may do instead of answering: put into ``faults`` of a fake server, once for each time."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable

from ansible_collections.rocketmq.cluster.plugins.module_utils import _remoting
from fake_frames import reply

Fault = Callable[[socket.socket, bytes], None]


def half(connected: socket.socket, answer: bytes) -> None:
    """Half a frame, then the end of the connection."""
    connected.sendall(answer[: len(answer) // 2])
    connected.shutdown(socket.SHUT_RDWR)


def reset(connected: socket.socket, answer: bytes) -> None:
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise ConnectionAbortedError  # the server closes, which sends the reset


def silent(connected: socket.socket, answer: bytes) -> None:
    """No answer, as old servers treat codes that they do not know."""


def oversized(connected: socket.socket, answer: bytes) -> None:
    connected.sendall(struct.pack(">i", _remoting.MAX_FRAME_BYTES + 1) + answer[4:])


def negative(connected: socket.socket, answer: bytes) -> None:
    connected.sendall(struct.pack(">i", -1) + answer[4:])


def html(connected: socket.socket, answer: bytes) -> None:
    connected.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" + b" " * 64)


def strange_header(connected: socket.socket, answer: bytes) -> None:
    connected.sendall(struct.pack(">ii", 6, 2) + b"[]")


def no_body(connected: socket.socket, answer: bytes) -> None:
    """A correct frame whose body is not the promised one."""
    length = struct.unpack_from(">i", answer, 4)[0]
    connected.sendall(struct.pack(">ii", 4 + length + 2, length) + answer[8 : 8 + length] + b"{}")


def others_first(connected: socket.socket, answer: bytes) -> None:
    """Answers to other calls and a request of the server's own, then the answer."""
    foreign = answer.replace(b'"opaque":', b'"opaque":9', 1)
    foreign = struct.pack(">ii", len(foreign) - 4, struct.unpack_from(">i", foreign, 4)[0] + 1) + foreign[8:]
    connected.sendall(foreign + _remoting.encode(40, 1, {"group": "G"}) + answer)


def drip(connected: socket.socket, answer: bytes) -> None:
    """A byte at a time: each one comes quickly, all of them do not."""
    try:
        for byte in answer:
            connected.sendall(bytes([byte]))
            time.sleep(0.02)
    except OSError:
        pass


def delay(seconds: float) -> Fault:
    def fault(connected: socket.socket, answer: bytes) -> None:
        time.sleep(seconds)
        connected.sendall(answer)

    return fault


def error(version: str, name: str) -> Fault:
    """Another captured answer instead, such as an error."""

    def fault(connected: socket.socket, answer: bytes) -> None:
        connected.sendall(reply(version, name, _remoting.decode(answer[4:]).opaque))

    return fault
