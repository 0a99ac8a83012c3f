"""Every mode on a real cluster: as its example has it, and when a process or a host of it dies.

What is asserted here, docs/modes.md promises; its numbers are the figures of this file.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import checks
import cluster
import kinds
import ledger
import machines
import pytest
from conftest import Figures, chosen
from deployment import Deployment

BOTH = ("4.9.7", "5.5.0")
pytestmark = chosen(
    [
        *(("multi_master", version) for version in BOTH),
        *(("master_slave_async", version) for version in BOTH),
        *(("master_slave_sync", version) for version in BOTH),
        ("controller", "5.5.0"),
        ("controller_in_namesrv", "5.5.0"),
    ]
)
#: Of each group a second.
RATE = 60
#: A loaded machine takes its time; docs/modes.md and `make bench` say how long it takes on a quiet one.
LIMIT = 90.0


def test_deploys_as_the_example_has_it(deployment: Deployment) -> None:
    checks.is_as_planned(deployment)


def test_messages_of_every_kind(deployment: Deployment, figures: Figures) -> None:
    if (deployment.example, deployment.version) not in {("master_slave_sync", "4.9.7"), ("controller", "5.5.0")}:
        pytest.skip("once for each version is enough")
    found = kinds.run(
        deployment.namesrv,
        f"kinds-{int(time.time())}",
        cluster=deployment.layout.cluster,
        groups=list(deployment.layout.groups),
        folder=deployment.folder / "kinds",
    )
    figures.add(deployment, "message kinds", {"found": str(found)})
    assert not found.wrong, found.wrong
    assert set(found.sent) == {"normal", "ordered", "delayed", "transactional"}


def test_a_process_dies(deployment: Deployment, figures: Figures) -> None:
    """The broker that takes the writes of a group, by SIGKILL, while the Java client sends to all groups."""
    layout = deployment.layout
    death = Death(deployment, "a process dies")
    unit = f"rocketmq-broker@{layout.groups[death.group].instance}.service"
    with death.sending():
        command = "date +%%s%%3N && systemctl kill --signal=SIGKILL %s"
        death.since = int(cluster.host(death.host).check_output(command, unit))
        death.wait_until_named(deployment.namesrv)
        deployment.wait_until_whole()
    new = deployment.leader(death.group)
    verdict = death.client.compare()
    death.report(figures, verdict, leader=new)
    assert verdict.good, verdict
    assert (new != death.leader) == layout.takes_over, (death.leader, new)
    assert deployment.restarts() == {
        host: {own: int((host, own) == (death.host, unit)) for own in units} for host, units in layout.units.items()
    }


def test_a_host_dies(deployment: Deployment, figures: Figures) -> None:
    """The host of a group's master. What cannot be read meanwhile would be lost if its disk were gone as well."""
    layout = deployment.layout
    death = Death(deployment, "a host dies")
    others = [server for server in deployment.namesrv if cluster.host_of(server) != death.host]
    with death.sending():
        death.since = now()
        if layout.takes_over:
            # The harder case, and the one that its timings are for: nobody hears that connections are gone.
            machines.vanish(death.host)
            death.wait_until_named(others, death.leader)
        else:
            machines.cut_power(death.host)
        time.sleep(8)
    meanwhile = death.client.compare()
    if layout.takes_over:
        machines.come_back(death.host)
    else:
        machines.boot(death.host)
    deployment.wait_until_whole()
    verdict = death.client.compare()
    death.report(figures, verdict, unreadable_meanwhile=len(meanwhile.lost))
    assert verdict.good, verdict
    if layout.safe:
        assert not meanwhile.lost, meanwhile
    if not any(len(group.ids) > 1 for group in layout.groups.values()):
        assert meanwhile.lost, meanwhile
    if layout.without_slave:
        waiting = [name for name, own in layout.groups.items() if own.ids.get(death.host) == {1}]
        failed = [attempt for attempt in ledger.read_failed(death.client.failed) if attempt.started_ms > death.since]
        outcomes = {attempt.outcome for attempt in failed if attempt.group in waiting}
        assert layout.without_slave[deployment.version[0]] in outcomes, outcomes


def now() -> int:
    return time.time_ns() // 1_000_000


class Death:
    """Of the member that leads the first group, while the Java client sends to all; times in ms since the epoch."""

    def __init__(self, deployment: Deployment, what: str) -> None:
        self.deployment, self.what = deployment, what
        self.group = next(iter(deployment.layout.groups))
        self.client = deployment.client(what.replace(" ", "-"))
        self.leader = deployment.leader(self.group)
        self.host = cluster.host_of(self.leader)
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

    def wait_until_named(self, namesrv: list[str], old: str = "") -> None:
        """Until each of these name servers named a leader, another than `old`; the client asks ten times a second."""
        while not self.named.keys() >= set(namesrv):
            assert now() < self.since + 1000 * LIMIT, f"no leader of {self.group} everywhere: {self.named}"
            time.sleep(0.2)
            self.named = ledger.new_leader_ms(ledger.read_leaders(self.client.leaders), self.group, self.since, old)

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
