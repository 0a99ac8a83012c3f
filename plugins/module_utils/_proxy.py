# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a proxy of 5.x can be asked: a route, as a name server can, and whether its gRPC port speaks HTTP/2."""

from __future__ import annotations

import socket

from ansible_collections.rocketmq.cluster.plugins.module_utils import _topics
from ansible_collections.rocketmq.cluster.plugins.module_utils._client import NameServer
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import ConnectError, ProtocolError
from ansible_collections.rocketmq.cluster.plugins.module_utils._remoting import split_address

#: What a client of HTTP/2 says first: who it is, and its settings (none that differ from the defaults).
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_NO_SETTINGS = bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
_FRAME_HEAD = 9
_SETTINGS = 4
_GRPC = "HTTP/2 preface"


def groups_of(address: str, cluster: str, timeout: float) -> list[str]:
    """The broker groups that a proxy (its remoting port) sends clients to.

    Asked of the topic that each broker has by the cluster's name. Raises RocketMQError.
    """
    with NameServer(address, timeout) as proxy:
        return sorted(_topics.routes(proxy, [cluster])[cluster])


def greet(address: str, timeout: float) -> None:
    """Opens a connection to a gRPC port and reads the server's settings. Raises RocketMQError."""
    try:
        with socket.create_connection(split_address(address), timeout=timeout) as connected:
            connected.sendall(_PREFACE + _NO_SETTINGS)
            with connected.makefile("rb") as stream:
                head = stream.read(_FRAME_HEAD)
    except OSError as error:
        raise ConnectError(_GRPC, address, error.strerror or str(error)) from None
    if len(head) < _FRAME_HEAD or head[3] != _SETTINGS:
        raise ProtocolError(f"{head!r} instead of its settings", _GRPC, address)
