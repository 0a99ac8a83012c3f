# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A cluster in this process: name servers and brokers on 127.0.0.1 that keep state and answer with captured frames.

Every answer starts as a frame that a real server of that version sent (``frames/``, recorded by capture_frames.py);
only what depends on the state (opaque, addresses, offsets, the message itself) is put into it. So the fake cannot do
what the real one does not. ``faults`` replace the sending of the next answers to a request.
"""

from __future__ import annotations

import contextlib
import json
import pathlib
import socket
import struct
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

from ansible_collections.rocketmq.cluster.plugins.module_utils import _fastjson, _remoting

FRAMES = pathlib.Path(__file__).resolve().parent / "frames"
INDEX: dict[str, dict[str, dict[str, Any]]] = json.loads((FRAMES / "index.json").read_text(encoding="utf-8"))
VERSIONS = sorted(INDEX)

Fault = Callable[[socket.socket, bytes], None]


def captured(version: str, name: str, direction: str = "response") -> bytes:
    """A frame with its leading length."""
    return (FRAMES / version / f"{name}.{direction}").read_bytes()


def reply(version: str, name: str, opaque: int, ext: dict[str, str] | None = None, body: bytes | None = None) -> bytes:
    """A captured answer with another opaque, and where given other fields and another body."""
    raw = captured(version, name)
    length = struct.unpack_from(">i", raw, 4)[0]
    header = json.loads(raw[8 : 8 + length])
    header["opaque"] = opaque
    if ext:
        header["extFields"] = {**header.get("extFields", {}), **ext}
    content = raw[8 + length :] if body is None else body
    packed = json.dumps(header, separators=(",", ":")).encode()
    return struct.pack(">ii", 4 + len(packed) + len(content), len(packed)) + packed + content


# --- faults ---


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


# --- servers ---


class FakeServer:
    """A TCP server on 127.0.0.1; ``log`` holds every request that it got."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.log: list[_remoting.Frame] = []
        self.faults: dict[int, list[Fault]] = {}
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def answer(self, request: _remoting.Frame) -> bytes | None:
        """The whole answer; None for none."""
        raise NotImplementedError

    def codes(self) -> list[int]:
        return [request.code for request in self.log]

    def close(self) -> None:
        """Stops listening and drops all connections, as a killed process does."""
        for connected in [self._listener, *self._open]:
            with contextlib.suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)
            connected.close()

    def _accept(self) -> None:
        while True:
            try:
                connected, _peer = self._listener.accept()
            except OSError:
                return
            self._open.append(connected)
            threading.Thread(target=self._serve, args=(connected,), daemon=True).start()

    def _serve(self, connected: socket.socket) -> None:
        stream = connected.makefile("rb")
        try:
            while head := stream.read(4):
                request = _remoting.decode(stream.read(struct.unpack(">i", head)[0]))
                self.log.append(request)
                answer = self.answer(request) or self._unknown(request)
                faults = self.faults.get(request.code)
                if faults:
                    faults.pop(0)(connected, answer or b"")
                elif answer:
                    connected.sendall(answer)
        except (OSError, ValueError, struct.error):
            pass
        finally:
            stream.close()
            connected.close()

    def _unknown(self, request: _remoting.Frame) -> bytes | None:
        kind = "unknown_code_broker" if isinstance(self, FakeBroker) else "unknown_code_namesrv"
        known = INDEX[self.version][kind]["response_code"] is not None
        return reply(self.version, kind, request.opaque) if known else None


class FakeNameServer(FakeServer):
    """Knows ``groups``: name -> (cluster, broker id -> address)."""

    def __init__(self, version: str) -> None:
        super().__init__(version)
        self.groups: dict[str, tuple[str, dict[int, str]]] = {}

    def answer(self, request: _remoting.Frame) -> bytes | None:
        if request.code == 106:
            return reply(self.version, "cluster_info", request.opaque, body=self._cluster_info())
        return None

    def _cluster_info(self) -> bytes:
        """As fastjson writes it: integer keys without quotes."""
        tables = []
        clusters: dict[str, list[str]] = {}
        for name, (cluster, brokers) in self.groups.items():
            addresses = ",".join(f'{identity}:"{address}"' for identity, address in brokers.items())
            tables.append(f'"{name}":{{"brokerAddrs":{{{addresses}}},"brokerName":"{name}","cluster":"{cluster}"}}')
            clusters.setdefault(cluster, []).append(name)
        return f'{{"brokerAddrTable":{{{",".join(tables)}}},"clusterAddrTable":{json.dumps(clusters)}}}'.encode()


class Store:
    """What the members of a group have in common: topics and their messages, all in queue 0."""

    def __init__(self) -> None:
        self.topics: dict[str, list[bytes]] = {}


class FakeBroker(FakeServer):
    """A broker; ``runtime`` overrides what it says of itself."""

    def __init__(self, version: str, store: Store | None = None) -> None:
        super().__init__(version)
        self.store = store or Store()
        self.is_leader = True
        self.readable = True
        self.runtime: dict[str, str] = {"commitLogMaxOffset": "1000"}

    def answer(self, request: _remoting.Frame) -> bytes | None:
        answers = {28: self._runtime_info, 17: self._create_topic, 310: self._send, 11: self._pull}
        found = answers.get(request.code)
        return found(request) if found else None

    def _runtime_info(self, request: _remoting.Frame) -> bytes:
        table = dict(_fastjson.loads(_remoting.decode(captured(self.version, "runtime_info")[4:]).body)["table"])
        table.update(self.runtime)
        return reply(self.version, "runtime_info", request.opaque, body=json.dumps({"table": table}).encode())

    def _create_topic(self, request: _remoting.Frame) -> bytes:
        self.store.topics.setdefault(request.ext["topic"], [])
        return reply(self.version, "create_topic", request.opaque)

    def _send(self, request: _remoting.Frame) -> bytes:
        if not self.is_leader:
            return reply(self.version, "send_follower", request.opaque)
        stored = self.store.topics.get(request.ext["b"])
        if stored is None:
            return reply(self.version, "send_no_topic", request.opaque)
        stored.append(request.body)
        offset = len(stored) - 1
        return reply(self.version, "send", request.opaque, {"queueOffset": str(offset), "msgId": f"{offset:032X}"})

    def _pull(self, request: _remoting.Frame) -> bytes:
        stored = self.store.topics.get(request.ext["topic"])
        offset = int(request.ext["queueOffset"])
        if stored is None:
            return reply(self.version, "pull_no_topic", request.opaque)
        if not self.readable or offset >= len(stored):
            name = "pull_offset_moved" if offset > len(stored) else "pull_not_found"
            return reply(self.version, name, request.opaque)
        count = int(request.ext["maxMsgNums"])
        body = b"".join(
            self.message(offset + number, data) for number, data in enumerate(stored[offset : offset + count])
        )
        return reply(self.version, "pull", request.opaque, body=body)

    def message(self, offset: int, body: bytes) -> bytes:
        """The captured message with another body and place."""
        real = _remoting.decode(captured(self.version, "pull")[4:]).body
        old = struct.unpack_from(">i", real, 84)[0]
        data = bytearray(real[:84] + struct.pack(">i", len(body)) + body + real[88 + old :])
        struct.pack_into(">i", data, 0, len(data))
        struct.pack_into(">q", data, 20, offset)
        return bytes(data)


class FakeCluster:
    """Name servers and DLedger groups of three, all of them healthy: n0 leads. A context manager."""

    def __init__(self, version: str, groups: int = 1, name_servers: int = 1, cluster: str = "RaftCluster") -> None:
        self.version = version
        self.cluster = cluster
        self.name_servers = [FakeNameServer(version) for _ in range(name_servers)]
        self.brokers: dict[str, list[FakeBroker]] = {}
        for number in range(groups):
            store = Store()
            self.brokers[f"RaftNode{number:02}"] = [FakeBroker(version, store) for _ in range(3)]
        for name in self.brokers:
            self.lead(name, 0)

    def __enter__(self) -> FakeCluster:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in [*self.name_servers, *(broker for group in self.brokers.values() for broker in group)]:
            server.close()

    @property
    def namesrv(self) -> list[str]:
        return [server.address for server in self.name_servers]

    def lead(self, group: str, leader: int, servers: list[FakeNameServer] | None = None) -> None:
        """Makes a member (0 to 2) the leader of its group, as ``servers`` (default: all) see it."""
        for number, broker in enumerate(self.brokers[group]):
            broker.is_leader = number == leader
        identities = {
            0 if number == leader else number + 1: broker.address for number, broker in enumerate(self.brokers[group])
        }
        self.register(group, identities, servers)

    def register(self, group: str, identities: dict[int, str], servers: list[FakeNameServer] | None = None) -> None:
        for server in self.name_servers if servers is None else servers:
            server.groups[group] = (self.cluster, dict(identities))

    def plan(self) -> list[dict[str, Any]]:
        """The groups as the plan filter returns them."""
        return [
            {
                "name": name,
                "mode": "dledger",
                "members": [
                    {"host": f"rmq{number}", "instance": "n0", "member_id": f"n{number}", "address": broker.address}
                    for number, broker in enumerate(brokers)
                ],
            }
            for name, brokers in self.brokers.items()
        ]
