# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A cluster as contract tests see it: fake or real, read without the collection's own client."""

from __future__ import annotations

import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from types import TracebackType
from typing import Any, TypeVar

from fake_broker import FakeBroker, FakeCluster
from fake_namesrv import ORDERED

_Answer = TypeVar("_Answer")


def each(ask: Callable[[str], _Answer], arguments: Sequence[str]) -> dict[str, _Answer]:
    """All asked at the same time: a call of mqadmin takes five seconds, most of them asleep."""
    with ThreadPoolExecutor(max(len(arguments), 1)) as pool:
        return dict(zip(arguments, pool.map(ask, arguments)))


def by_group(value: str | None) -> dict[str, int]:
    """``RaftNode00:8;RaftNode01:8`` as data."""
    parts = (part.split(":") for part in (value or "").split(";") if part)
    return {group: int(queues) for group, queues in parts}


_HEARTBEAT = 0.3


class Target(ABC):
    """Two broker groups with a leader each; entries are as RocketMQ spells them."""

    version: str
    namesrv: list[str]
    cluster: str
    groups: list[str]

    @abstractmethod
    def leader(self, group: str) -> str:
        """Its address."""

    @abstractmethod
    def members(self, group: str) -> list[str]:
        """All addresses of the group."""

    @abstractmethod
    def topic(self, group: str, name: str) -> dict[str, Any] | None:
        """The leader's own entry."""

    @abstractmethod
    def route(self, namesrv: str, name: str) -> dict[str, dict[str, int]] | None:
        """What a name server tells clients: group -> perm, readQueueNums, writeQueueNums."""

    @abstractmethod
    def ordered_route(self, namesrv: str, name: str) -> str | None:
        """What a name server tells clients of an ordered topic."""

    @abstractmethod
    def order(self, namesrv: str, name: str) -> dict[str, int]:
        """A name server's entry in the list of ordered topics: group -> queues."""

    @abstractmethod
    def list_order(self, name: str, value: str | None, *namesrv: str) -> None:
        """Writes such an entry, or without value deletes it, in all name servers or these."""

    @abstractmethod
    def consumer_group(self, group: str, name: str) -> dict[str, Any] | None:
        """The leader's own SubscriptionGroupConfig."""

    @abstractmethod
    def broker_config(self, address: str) -> dict[str, str]: ...

    @abstractmethod
    def set_brokers(self, key: str, value: str) -> None:
        """On all members, as long as they run."""

    @abstractmethod
    def namesrv_config(self, address: str) -> dict[str, str]: ...

    @abstractmethod
    def consumer_offsets(self, group: str, topic: str, consumer_group: str) -> dict[int, int]:
        """Queue -> committed offset."""

    @abstractmethod
    def send(self, group: str, topic: str, count: int) -> None:
        """Messages, one after the other over the queues of the group."""

    @abstractmethod
    def tables(self) -> dict[str, bytes]:
        """What is byte-equal when nothing was written: topics and consumer groups with their data versions, settings of
        brokers and name servers, consumer offsets, routes of all topics."""


class Fake(Target):
    """A fake cluster, whose state is read directly. A context manager."""

    def __init__(self, version: str) -> None:
        self.fake = FakeCluster(version, groups=2, name_servers=2)
        self.version = version
        self.namesrv = self.fake.namesrv
        self.cluster = self.fake.cluster
        self.groups = list(self.fake.brokers)
        self._closed = threading.Event()

    def __enter__(self) -> Fake:
        self.fake.__enter__()
        threading.Thread(target=self._register, daemon=True).start()
        return self

    def _register(self) -> None:
        """Leaders tell the name servers of all their topics regularly; real ones every 30 seconds."""
        while not self._closed.wait(_HEARTBEAT):
            for group in self.groups:
                leader = self.fake.leader(group)
                leader.register(list(leader.store.topic_table.rows))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed.set()
        self.fake.__exit__(kind, error, trace)

    def leader(self, group: str) -> str:
        return self.fake.leader(group).address

    def members(self, group: str) -> list[str]:
        return [broker.address for broker in self.fake.brokers[group]]

    def topic(self, group: str, name: str) -> dict[str, Any] | None:
        return self.fake.leader(group).store.topic_table.rows.get(name)

    def route(self, namesrv: str, name: str) -> dict[str, dict[str, int]] | None:
        server = self.fake.name_servers[self.namesrv.index(namesrv)]
        keys = ("perm", "readQueueNums", "writeQueueNums")
        return {group: {key: data[key] for key in keys} for group, data in server.routes.get(name, {}).items()} or None

    def ordered_route(self, namesrv: str, name: str) -> str | None:
        return self.fake.name_servers[self.namesrv.index(namesrv)].ordered_route(name)

    def order(self, namesrv: str, name: str) -> dict[str, int]:
        return by_group(self.fake.name_servers[self.namesrv.index(namesrv)].lists.get(ORDERED, {}).get(name))

    def list_order(self, name: str, value: str | None, *namesrv: str) -> None:
        for server in namesrv or self.namesrv:
            entries = self.fake.name_servers[self.namesrv.index(server)].lists.setdefault(ORDERED, {})
            if value is None:
                entries.pop(name, None)
            else:
                entries[name] = value

    def consumer_group(self, group: str, name: str) -> dict[str, Any] | None:
        return self.fake.leader(group).store.group_table.rows.get(name)

    def broker_config(self, address: str) -> dict[str, str]:
        return dict(self._broker(address).config.values)

    def set_brokers(self, key: str, value: str) -> None:
        for brokers in self.fake.brokers.values():
            for broker in brokers:
                broker.config.values[key] = value

    def namesrv_config(self, address: str) -> dict[str, str]:
        return dict(self.fake.name_servers[self.namesrv.index(address)].config.values)

    def consumer_offsets(self, group: str, topic: str, consumer_group: str) -> dict[int, int]:
        return dict(self.fake.leader(group).store.offsets.get((topic, consumer_group), {}))

    def send(self, group: str, topic: str, count: int) -> None:
        store = self.fake.leader(group).store
        queues = store.topic_table.rows[topic]["writeQueueNums"]
        for number in range(count):
            store.append(topic, number % queues, b"%d" % number)

    def tables(self) -> dict[str, bytes]:
        found: dict[str, Any] = {}
        for group, members in self.fake.brokers.items():
            store = members[0].store
            for kind, table in (("topics", store.topic_table), ("consumer groups", store.group_table)):
                found[f"{kind} {group}"] = [table.data_version, table.rows]
            found[f"offsets {group}"] = [[*key, queues] for key, queues in store.offsets.items()]
            found.update({f"settings {broker.address}": [vars(broker.config)] for broker in members})
        for server in self.fake.name_servers:
            found[f"settings {server.address}"] = [vars(server.config)]
            found[f"routes {server.address}"] = server.routes
            found[f"lists {server.address}"] = server.lists
        return {name: json.dumps(table).encode() for name, table in found.items()}

    def _broker(self, address: str) -> FakeBroker:
        return next(broker for brokers in self.fake.brokers.values() for broker in brokers if broker.address == address)


@cache
def real(choice: str) -> Target:
    """``molecule``, or the path of a file that describes a cluster on this machine."""
    import real_targets

    return real_targets.Molecule() if choice == "molecule" else real_targets.Local(choice)
