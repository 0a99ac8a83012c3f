"""The cluster is upgraded and restarted while an application works, and loses and refuses nothing."""

from __future__ import annotations

import cluster
import pytest
from conftest import Operated, broker_settings, permissions
from runs import Point

#: Those between two gates; the console is restarted in the end.
PROCESSES = {unit for unit in cluster.units() if "dashboard" not in unit}
GATE_AFTER = "Wait until the cluster is healthy again"


def versions() -> set[str]:
    return {member.version for found in cluster.wait_until_whole().values() for member in found}


@pytest.mark.parametrize("version", ["4.9.7", "5.3.3", "5.5.0"])
def test_upgrade(operated: Operated, version: str) -> None:
    """Step by step; in between members of two versions are in one group."""
    with operated.in_use(f"upgrade-{version.replace('.', '-')}"):
        operated.done("upgrade", version)
    assert versions() == {f"V{version.replace('.', '_')}"}
    assert permissions() == {"6"}


def test_a_rollback_killed_on_the_way(operated: Operated) -> None:
    """With members of two versions in one group, then with leaders of two versions; each process restarts once."""
    start = cluster.invocations()
    with operated.in_use("rollback"):
        operated.killed("upgrade", Point("Restart changed brokers", GATE_AFTER, nth=2), "4.9.7")
        first = cluster.invocations()
        operated.killed("upgrade", Point("Restart changed brokers", GATE_AFTER), "4.9.7")
        operated.done("upgrade", "4.9.7")
    last = cluster.invocations()
    done = {unit for unit in first if first[unit] != start[unit]}
    assert len(done) == 5, done
    assert {unit for unit in done if last[unit] != first[unit]} == set()
    assert {unit for unit in last if last[unit] != start[unit]} == cluster.units()
    assert versions() == {"V4_9_7"}
    assert permissions() == {"6"}


def test_rolling_restart(operated: Operated) -> None:
    before = cluster.invocations()
    with operated.in_use("restart"):
        operated.done("rolling_restart")
    after = cluster.invocations()
    assert {unit for unit in after if after[unit] != before[unit]} == cluster.units()
    assert permissions() == {"6"}


def test_a_rolling_restart_killed_after_every_process(operated: Operated) -> None:
    """Each run is killed once it has restarted one process, and the next one goes on with another."""
    start = cluster.invocations()
    done: set[str] = set()
    for number in range(len(PROCESSES)):
        before = cluster.invocations()
        operated.killed("rolling_restart", Point("Restart changed", GATE_AFTER, 0.5))
        after = cluster.invocations()
        fresh = {unit for unit in after if after[unit] != before[unit]}
        assert len(fresh) == 1, (number, fresh)
        assert not fresh & done, (number, fresh)
        done |= fresh
        [unit] = fresh
        withheld = {broker["brokerName"] for broker in broker_settings().values() if broker["brokerPermission"] != "6"}
        # Nobody is left to give it back before the next run.
        assert all(f"@{cluster.INSTANCES[group]}." in unit for group in withheld), (number, unit, withheld)
    last = cluster.invocations()
    operated.done("rolling_restart")
    after = cluster.invocations()
    assert [unit for unit in PROCESSES if after[unit] != last[unit]] == [], "the last run had nothing left to restart"
    assert {unit for unit in last if last[unit] != start[unit]} == PROCESSES
    assert after["rmq71 rocketmq-dashboard.service"] != last["rmq71 rocketmq-dashboard.service"]
    assert permissions() == {"6"}


def test_the_processes_of_a_host_are_restarted(operated: Operated) -> None:
    """And nothing elsewhere, although brokers restart group by group from the first host."""
    before = cluster.invocations()
    operated.done("rolling_restart", options=["--limit", "rmq77"])
    after = cluster.invocations()
    assert {unit for unit in after if after[unit] != before[unit]} == cluster.units("rmq77")
    cluster.wait_until_whole()
    assert permissions() == {"6"}
