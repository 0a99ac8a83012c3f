# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The settings that a running broker, name server or controller works with: read, and changed while it runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ansible_collections.rocketmq.cluster.plugins.module_utils import _overview
from ansible_collections.rocketmq.cluster.plugins.module_utils._client import Broker, Controller, NameServer
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import RocketMQError
from ansible_collections.rocketmq.cluster.plugins.module_utils._remoting import Request

#: From this release on a broker looks at its list of name servers while it runs, every two minutes.
NAMESRV_LIVE_SINCE = "4.9.4"
#: What a broker lets clients do; told it, the broker registers with the name servers at once.
PERMISSION = "brokerPermission"
#: Key -> value, as the process spells both.
Settings = dict[str, str]


class Kind(NamedTuple):
    """One of the kinds of processes that tell and take settings; all do it in the same way."""

    noun: str
    server: type[Broker] | type[NameServer] | type[Controller]
    reading: Request
    writing: Request


BROKER = Kind("broker", Broker, Request(26, "GET_BROKER_CONFIG"), Request(25, "UPDATE_BROKER_CONFIG"))
NAME_SERVER = Kind("name server", NameServer, Request(319, "GET_NAMESRV_CONFIG"), Request(318, "UPDATE_NAMESRV_CONFIG"))
CONTROLLER = Kind(
    "controller", Controller, Request(1010, "GET_CONTROLLER_CONFIG"), Request(1009, "UPDATE_CONTROLLER_CONFIG")
)


def of_broker(broker: Broker) -> Settings:
    """Every key that the broker knows, with its value of this moment. Raises RocketMQError."""
    return _read(BROKER, broker)


def of_name_server(server: NameServer) -> Settings:
    """Every key that the name server knows, with its value of this moment. Raises RocketMQError."""
    return _read(NAME_SERVER, server)


def live(kind: Kind, addresses: Iterable[str], timeout: float) -> dict[str, Settings | RocketMQError]:
    """The settings of each process, or why it does not tell them; all asked at the same time."""

    def asked(address: str) -> Settings:
        with kind.server(address, timeout) as server:
            return _read(kind, server)

    return _overview.parallel(asked, addresses)


def write(kind: Kind, address: str, timeout: float, values: Mapping[str, str]) -> Settings:
    """Sends these settings and returns all that the process has then. Raises RocketMQError.

    Servers answer 0 whatever they make of it: unknown keys and values of a wrong type change nothing.
    """
    body = "".join(f"{key}={_escaped(value)}\n" for key, value in values.items())
    with kind.server(address, timeout) as server:
        server.call(kind.writing, None, body.encode("ascii"))
        return _read(kind, server)


def _read(kind: Kind, server: Broker | NameServer | Controller) -> Settings:
    settings = _properties(server.call(kind.reading).body)
    if not settings:
        raise server.unexpected(kind.reading, "no line with key=value")
    return settings


def _properties(body: bytes) -> Settings:
    """``key=value`` lines. Blanks of a value stay: the process has them too, and ``true `` is false."""
    pairs = (line.split("=", 1) for line in body.decode("utf-8", "replace").split("\n") if "=" in line)
    return {key.strip(): value for key, value in pairs}


def _escaped(value: str) -> str:
    """A value as java.util.Properties reads it: Latin-1 with backslashes, all else in UTF-16 units."""
    units = value.replace("\\", "\\\\").encode("utf-16-be", "surrogatepass")
    codes = (int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2))
    return "".join(chr(code) if 0x20 <= code < 0x7F else f"\\u{code:04x}" for code in codes)
