# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The port on which the members of a DLedger group speak with each other: terms, and leadership handed over."""

from __future__ import annotations

import json

import fake_frames
from ansible_collections.rocketmq.cluster.plugins.module_utils import _remoting
from fake_broker import FakeCluster
from fake_server import FakeServer

#: The release whose answers were captured.
VERSION = "4.9.7"


class FakeDLedger(FakeServer):
    """The port of one member; ``term`` is what it thinks the term is."""

    def __init__(self, cluster: FakeCluster, group: str, number: int) -> None:
        super().__init__(VERSION)
        self.term = 7
        self._cluster, self._group, self._number = cluster, group, number

    def answer(self, request: _remoting.Frame) -> bytes | None:
        asked = json.loads(request.body)
        if request.code == 51002:
            return self._told(request, "dledger_heart_beat", term=self.term)
        if request.code != 51005:
            return None
        if asked["term"] != self.term:
            return self._told(request, "dledger_transfer_wrong_term", term=asked["term"])
        if not self._cluster.brokers[self._group][self._number].is_leader:
            return self._told(request, "dledger_transfer_wrong_term", term=asked["term"], code=404)
        self.term += 1
        self._cluster.lead(self._group, int(asked["transfereeId"][1:]))
        return self._told(request, "dledger_transfer", term=self.term)

    def _told(self, request: _remoting.Frame, name: str, **fields: int) -> bytes:
        body = {**fake_frames.body(self.version, name), **fields}
        return self.reply(name, request, body=json.dumps(body).encode())


def attach(cluster: FakeCluster, group: str) -> list[FakeDLedger]:
    """Ports of all members, which their brokers tell in their settings."""
    ports = [FakeDLedger(cluster, group, number) for number in range(3)]
    peers = ";".join(f"n{number}-{port.address}" for number, port in enumerate(ports))
    for number, broker in enumerate(cluster.brokers[group]):
        broker.config.values.update(enableDLegerCommitLog="true", dLegerPeers=peers, dLegerSelfId=f"n{number}")
    return ports
