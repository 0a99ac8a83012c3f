"""The member that takes the writes of a group dies while the Java client sends to all groups."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import cluster
import ledger
import machines
from conftest import Figures
from deployment import Deployment

#: Of each group a second.
RATE = 60
#: A loaded machine takes its time; docs/modes.md and `make bench` say how long it takes on a quiet one.
LIMIT = 90.0


def now() -> int:
    return time.time_ns() // 1_000_000


@contextlib.contextmanager
def gone(host: str, vanishes: bool) -> Iterator[None]:
    """A host without power, or one that vanished: then nobody hears that its connections are gone."""
    (machines.vanish if vanishes else machines.cut_power)(host)
    try:
        yield
    finally:
        (machines.come_back if vanishes else machines.boot)(host)


class Death:
    """Of the member that leads the first group; times in ms since the epoch."""

    def __init__(self, deployment: Deployment, client: ledger.Client, what: str) -> None:
        self.deployment, self.client, self.what = deployment, client, what
        self.group = next(iter(deployment.layout.groups))
        leaders = deployment.leaders()
        self.leader = leaders[self.group]
        self.host = cluster.host_of(self.leader)
        #: What its host leads: group -> address.
        self.led = {name: address for name, address in leaders.items() if cluster.host_of(address) == self.host}
        self.since = self.until = 0
        #: Milliseconds until each name server named a leader.
        self.named: dict[str, int] = {}

    @contextlib.contextmanager
    def sending(self) -> Iterator[None]:
        """For some seconds before the block, and as long as it takes."""
        with self.client.sending(rate=RATE * len(self.deployment.layout.groups)):
            time.sleep(5)
            yield
            self.until = now()

    def wait_until_named(self) -> None:
        """Until each name server named a leader again, which may be the same; the client asks ten times a second."""
        self._wait_until_named(self.deployment.namesrv, {self.group: ""})

    def wait_until_others_are_named(self) -> None:
        """Until each name server elsewhere named another leader of everything that the host led."""
        namesrv = [server for server in self.deployment.namesrv if cluster.host_of(server) != self.host]
        self._wait_until_named(namesrv, self.led)

    def _wait_until_named(self, namesrv: list[str], old: dict[str, str]) -> None:
        while True:
            changes = ledger.read_leaders(self.client.leaders)
            found = {name: ledger.new_leader_ms(changes, name, self.since, address) for name, address in old.items()}
            self.named = found[self.group]
            if all(set(namesrv) <= named.keys() for named in found.values()):
                return
            assert now() < self.since + 1000 * LIMIT, f"not every name server names new leaders: {found}"
            time.sleep(0.2)

    def report(self, figures: Figures, verdict: ledger.Verdict, **found: Any) -> None:
        silent = {name: gap.milliseconds for name, gap in self.client.gaps(self.since, self.until).items()}
        values = {
            "group": self.group,
            "died": self.leader,
            "named_after_ms": self.named,
            "silent_ms": silent,
            "acknowledged": verdict.acknowledged,
            "lost": len(verdict.lost),
            "stored_twice": len(verdict.duplicated),
            "failed_sends": verdict.failed,
            **found,
        }
        figures.add(self.deployment, self.what, values)
