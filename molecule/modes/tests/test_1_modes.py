"""Every mode on a real cluster: as its example has it, and when a process or a host of it dies.

What is asserted here, docs/modes.md promises; its numbers are the figures of this file.
"""

from __future__ import annotations

import time
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
    figures.add(deployment, "message kinds", str(found))
    assert not found.wrong, found.wrong
    assert set(found.sent) == {"normal", "ordered", "delayed", "transactional"}


def test_a_process_dies(deployment: Deployment, figures: Figures) -> None:
    """The broker that takes the writes of a group, by SIGKILL, while the Java client sends to all groups."""
    layout = deployment.layout
    group = next(iter(layout.groups))
    client = deployment.client("process")
    old = deployment.leader(group)
    host, unit = cluster.host_of(old), f"rocketmq-broker@{layout.groups[group].instance}.service"
    with client.sending(rate=RATE * len(layout.groups)):
        time.sleep(5)
        killed = int(cluster.host(host).check_output("date +%%s%%3N && systemctl kill --signal=SIGKILL %s", unit))
        named = wait_until_named(client, group, killed, deployment.namesrv)
        deployment.wait_until_whole()
        ended = now()
    verdict = client.compare()
    new = deployment.leader(group)
    report(figures, deployment, "a process dies", client, group, (killed, ended), named, verdict, new=new)
    assert verdict.good, verdict
    assert (new != old) == layout.takes_over, (old, new)
    others = {name: gap for name, gap in client.gaps(killed, ended).items() if name != group}
    assert all(gap.milliseconds < 1000 * LIMIT for gap in others.values()), others
    assert deployment.restarts() == {
        name: {own: int((name, own) == (host, unit)) for own in units} for name, units in layout.units.items()
    }


def test_a_host_dies(deployment: Deployment, figures: Figures) -> None:
    """The host of a group's master. What cannot be read meanwhile would be lost if its disk were gone as well."""
    layout = deployment.layout
    group = next(iter(layout.groups))
    client = deployment.client("host")
    old = deployment.leader(group)
    host = cluster.host_of(old)
    others = [server for server in deployment.namesrv if cluster.host_of(server) != host]
    named: dict[str, int] = {}
    with client.sending(rate=RATE * len(layout.groups)):
        time.sleep(5)
        died = now()
        if layout.takes_over:
            # The harder case, and the one that its timings are for: nobody is told that connections are gone.
            machines.vanish(host)
            named = wait_until_named(client, group, died, others, old)
        else:
            machines.cut_power(host)
        time.sleep(8)
        ended = now()
    meanwhile = client.compare()
    if layout.takes_over:
        machines.come_back(host)
    else:
        machines.boot(host)
    deployment.wait_until_whole()
    verdict = client.compare()
    report(figures, deployment, "a host dies", client, group, (died, ended), named, verdict, meanwhile)
    assert verdict.good, verdict
    replicated = any(len(own.ids) > 1 for own in layout.groups.values())
    if layout.safe:
        assert not meanwhile.lost, meanwhile
    elif not replicated:
        assert meanwhile.lost, meanwhile
    if layout.without_slave:
        waiting = [name for name, own in layout.groups.items() if own.ids.get(host) == {1}]
        failed = [attempt for attempt in ledger.read_failed(client.failed) if attempt.started_ms > died]
        outcomes = {attempt.outcome for attempt in failed if attempt.group in waiting}
        assert layout.without_slave[deployment.version[0]] in outcomes, outcomes


def now() -> int:
    return time.time_ns() // 1_000_000


def wait_until_named(
    client: ledger.Client, group: str, since: int, namesrv: list[str], old: str = ""
) -> dict[str, int]:
    """Milliseconds until each of these name servers named a leader of the group (another than `old`).

    The client asks each ten times a second.
    """
    while True:
        found = ledger.new_leader_ms(ledger.read_leaders(client.leaders), group, since, old)
        if found.keys() >= set(namesrv):
            return found
        assert now() < since + 1000 * LIMIT, f"no leader of {group} everywhere: {found}"
        time.sleep(0.2)


def report(
    figures: Figures,
    deployment: Deployment,
    what: str,
    client: ledger.Client,
    group: str,
    window: tuple[int, int],
    named: dict[str, int],
    verdict: ledger.Verdict,
    meanwhile: ledger.Verdict | None = None,
    new: str = "",
) -> None:
    silent = {name: gap.milliseconds for name, gap in client.gaps(*window).items()}
    values: dict[str, Any] = {
        "group": group,
        "named_ms": named,
        "silent_ms": silent,
        "acknowledged": verdict.acknowledged,
        "lost": len(verdict.lost),
        "stored_twice": len(verdict.duplicated),
        "failed_sends": verdict.failed,
    }
    words = []
    if new:
        values["leader"] = new
        words.append(f"{new} leads {group}")
    if named:
        words.append(f"named by every name server after {max(named.values()) / 1000:.1f} s")
    rest = ", ".join(f"{name} {milliseconds / 1000:.1f} s" for name, milliseconds in silent.items() if name != group)
    words.append(f"{group} acknowledged nothing for {silent.get(group, 0) / 1000:.1f} s (the others: {rest})")
    if meanwhile:
        values["unreadable_meanwhile"] = len(meanwhile.lost)
        words.append(f"{len(meanwhile.lost)} of {meanwhile.acknowledged} acknowledged could not be read meanwhile")
    words.append(str(verdict))
    figures.add(deployment, what, "; ".join(words), **values)
