# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A cluster in this process: name servers and brokers on 127.0.0.1 that keep state and answer with captured frames.

Every answer starts as a frame that a real server of that version sent (fake_frames.py); only what depends on the state
(opaque, addresses, names, tables, offsets, the message itself) is put into it. So the fake cannot do what the real one
does not.

fake_server.py is the server, fake_faults.py what may go wrong, fake_store.py what a group keeps, fake_topics.py,
fake_groups.py and fake_messages.py the requests of brokers, fake_namesrv.py those of name servers.
"""

from __future__ import annotations

import bisect
import json
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Any

import fake_frames
import fake_groups
import fake_messages
import fake_topics
from ansible_collections.rocketmq.cluster.plugins.module_utils import _remoting
from fake_faults import (
    Fault,
    delay,
    drip,
    error,
    half,
    html,
    negative,
    no_body,
    others_first,
    oversized,
    reset,
    silent,
    strange_header,
)
from fake_frames import FRAMES, INDEX, VERSIONS, captured, reply
from fake_namesrv import ORDERED, FakeNameServer
from fake_properties import Properties
from fake_server import FakeServer
from fake_store import Store

__all__ = [
    "FRAMES",
    "INDEX",
    "VERSIONS",
    "FakeBroker",
    "FakeCluster",
    "FakeNameServer",
    "FakeServer",
    "Fault",
    "Store",
    "captured",
    "delay",
    "drip",
    "error",
    "half",
    "html",
    "negative",
    "no_body",
    "others_first",
    "oversized",
    "reply",
    "reset",
    "silent",
    "strange_header",
]

_HANDLERS = {**fake_topics.HANDLERS, **fake_groups.HANDLERS, **fake_messages.HANDLERS}
_READ_AND_WRITE = 6


class FakeBroker(FakeServer):
    """A broker; ``runtime`` overrides what it says of itself. It tells ``name_servers`` of its topics."""

    unknown_code = "unknown_code_broker"

    def __init__(self, version: str, store: Store | None = None) -> None:
        super().__init__(version)
        self.store = store or Store(version)
        self.name_servers: Sequence[FakeNameServer] = ()
        self.is_leader = True
        self.readable = True
        self.runtime: dict[str, str] = {"commitLogMaxOffset": "1000"}
        self.config = Properties(fake_frames.decoded(version, "broker_config").body)
        self.config.values.update(brokerName=self.store.group, dLegerGroup=self.store.group)

    @property
    def is_5x(self) -> bool:
        return self.version.startswith("5.")

    def answer(self, request: _remoting.Frame) -> bytes | None:
        if request.code in _HANDLERS:
            return _HANDLERS[request.code](self, request)
        own = {25: self._update_config, 26: self._config, 28: self._runtime_info}
        return own[request.code](request) if request.code in own else None

    def lead(self) -> None:
        self.is_leader = True
        self.config.values.update(brokerId="0", brokerRole="SYNC_MASTER")

    def follow(self, number: int) -> None:
        """``number``: that of its id, as in n0."""
        self.is_leader = False
        self.config.values.update(brokerId=str(number + 1), brokerRole="SLAVE")

    def register(self, topics: Iterable[str] | None = None) -> None:
        """Tells the name servers of these topics, or of all; only the leader's words count there."""
        if not self.is_leader:
            return
        rows = self.store.topic_table.rows
        for name in rows if topics is None else topics:
            topic = rows[name]
            told = self._permission(topic["perm"]), topic["readQueueNums"], topic["writeQueueNums"]
            for server in self.name_servers:
                server.learn(self.store.group, name, *told, topic["topicSysFlag"])
        self._take_flags()

    def _take_flags(self) -> None:
        """What a registration brings back of the list of the name server that answers first; 5.x takes no flag away."""
        listed = next((server.lists.get(ORDERED) for server in self.name_servers), None)
        if listed is None:
            return
        rows = self.store.topic_table.rows
        flags = {name: name in listed or (self.is_5x and row["order"]) for name, row in rows.items()}
        changed = {name: {**row, "order": flags[name]} for name, row in rows.items() if row["order"] != flags[name]}
        if changed:
            rows.update(changed)
            self.store.topic_table.touch()

    def _permission(self, of_topic: int) -> int:
        own = int(self.config.values["brokerPermission"])
        if own & _READ_AND_WRITE == _READ_AND_WRITE:
            return of_topic
        return of_topic & own if self.is_5x else own

    def offset_at(self, topic: str, queue: int, timestamp: int) -> int:
        """Where reading from that time (ms) on begins: 4.x takes the message that is nearest, 5.x the next one."""
        times = [message.at for message in self.store.queue(topic, queue)]
        after = bisect.bisect_left(times, timestamp)
        if self.is_5x or after == 0:
            return after
        if after == len(times):
            return after - 1
        return after if timestamp - times[after - 1] > times[after] - timestamp else after - 1

    def message(self, offset: int, body: bytes) -> bytes:
        """A message as a pull answers with it."""
        return fake_messages.message(self.version, offset, body)

    def _config(self, request: _remoting.Frame) -> bytes:
        real = json.loads(fake_frames.decoded(self.version, "broker_config").ext["version"])
        version = {**real, "counter": self.config.counter, "timestamp": self.config.timestamp}
        return self.reply("broker_config", request, {"version": json.dumps(version)}, self.config.text())

    def _update_config(self, request: _remoting.Frame) -> bytes:
        names = self.config.names(request.body)
        blocked = names & {"brokerConfigPath", "rocketmqHome", "configBlackList"}
        if blocked and fake_frames.known(self.version, "broker_config_blocked"):
            return self.reply("broker_config_blocked", request)
        self.config.update(request.body)
        if "brokerPermission" in names and self.is_leader:
            self.store.topic_table.touch()
            self.register()
        return self.reply("broker_config_update", request)

    def _runtime_info(self, request: _remoting.Frame) -> bytes:
        table = {**fake_frames.body(self.version, "runtime_info")["table"], **self.runtime}
        return self.reply("runtime_info", request, body=json.dumps({"table": table}).encode())


class FakeCluster:
    """Name servers and DLedger groups of three, all of them healthy: n0 leads. A context manager."""

    def __init__(self, version: str, groups: int = 1, name_servers: int = 1, cluster: str = "RaftCluster") -> None:
        self.version = version
        self.cluster = cluster
        self.name_servers = [FakeNameServer(version) for _ in range(name_servers)]
        self.brokers: dict[str, list[FakeBroker]] = {}
        for number in range(groups):
            store = Store(version, f"RaftNode{number:02}", cluster)
            self.brokers[store.group] = [FakeBroker(version, store) for _ in range(3)]
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
            broker.name_servers = self.name_servers
            broker.follow(number)
        self.brokers[group][leader].lead()
        identities = {
            0 if number == leader else number + 1: broker.address for number, broker in enumerate(self.brokers[group])
        }
        self.register(group, identities, servers)
        self.brokers[group][leader].register()

    def leader(self, group: str) -> FakeBroker:
        return next(broker for broker in self.brokers[group] if broker.is_leader)

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
