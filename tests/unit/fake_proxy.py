# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A proxy: its remoting port, which leads to ``groups``, and its gRPC port, which says what a real one said first."""

from __future__ import annotations

import contextlib
import socket
import threading

import fake_frames
from ansible_collections.rocketmq.cluster.plugins.module_utils import _remoting
from fake_server import FakeServer

#: What `capture_frames.py` kept of the gRPC port of a proxy.
GREETING = (fake_frames.FRAMES / "5.5.0" / "proxy_greeting.http2").read_bytes()


class FakeProxy(FakeServer):
    """``greeting``: the first bytes of its gRPC port; None for a port that says nothing."""

    def __init__(self, cluster: str, groups: list[str]) -> None:
        super().__init__("5.5.0")
        self.cluster = cluster
        self.groups = groups
        self.greeting: bytes | None = GREETING
        self._grpc = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._greet, daemon=True).start()

    @property
    def ports(self) -> dict[str, int]:
        return {
            "grpc_port": self._grpc.getsockname()[1],
            "remoting_port": int(self.address.rsplit(":", 1)[1]),
        }

    def answer(self, request: _remoting.Frame) -> bytes | None:
        if request.code != 105:
            return None
        if request.ext["topic"] != self.cluster or not self.groups:
            return self.reply("proxy_route_none", request, names={fake_frames.ABSENT: request.ext["topic"]})
        real = fake_frames.body(self.version, "proxy_route")
        broker, queues = real["brokerDatas"][0], real["queueDatas"][0]
        named = [{**broker, "cluster": self.cluster, "brokerName": group} for group in self.groups]
        body = {**real, "brokerDatas": named, "queueDatas": [{**queues, "brokerName": group} for group in self.groups]}
        return self.reply("proxy_route", request, body=fake_frames.dumps(body))

    def close(self) -> None:
        self._grpc.close()
        super().close()

    def _greet(self) -> None:
        while True:
            try:
                connected, _peer = self._grpc.accept()
            except OSError:
                return
            with contextlib.suppress(OSError):
                connected.recv(1024)
                if self.greeting is None:
                    threading.Event().wait(3)
                else:
                    connected.sendall(self.greeting)
            connected.close()
