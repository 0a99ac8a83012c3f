"""Every gate made false: nothing is stopped that still runs, and a sentence says why."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path

import cluster
import downloads
import mqadmin
import pytest
from conftest import LOCK, Operated, locked, permissions
from runs import Point

UNIT = "rocketmq-broker@n0.service"
RESTARTS = "Restart changed"
GATE_BEFORE = "Wait until the rest of the cluster is healthy"
GATE_AFTER = "Wait until the cluster is healthy again"


@contextlib.contextmanager
def stopped(*hosts: str) -> Iterator[None]:
    for name in hosts:
        cluster.host(name).check_output(f"systemctl stop {UNIT}")
    try:
        yield
    finally:
        for name in hosts:
            cluster.host(name).check_output(f"systemctl start {UNIT}")
        cluster.wait_until_whole()


def restarted(before: dict[str, str]) -> set[str]:
    """Units that were started since."""
    return {unit for unit, invocation in cluster.invocations().items() if before[unit] != invocation}


@pytest.mark.parametrize("hosts", [["rmq76"], ["rmq76", "rmq77"]], ids=["one member", "two members"])
@pytest.mark.parametrize(("operation", "version"), [("rolling_restart", ""), ("upgrade", "4.9.7")])
def test_members_are_down(operated: Operated, operation: str, version: str, hosts: list[str]) -> None:
    with stopped(*hosts):
        before = cluster.invocations()
        run = operated.run(operation, version)
        assert run.status, run.output[-3000:]
        assert "RaftNode00" in run.text
        assert restarted(before) == set()
        assert not locked(), "what was refused holds the lock"


def test_another_operator(operated: Operated) -> None:
    held = {
        "operation": "upgrade to 4.9.7",
        "holder": "bob@elsewhere",
        "since": time.time(),
        "until": time.time() + 3600,
    }
    cluster.host("rmq71").check_output("printf %%s %s > %s", json.dumps(held), LOCK)
    before = cluster.invocations()
    try:
        run = operated.run("rolling_restart")
    finally:
        cluster.host("rmq71").check_output("rm %s", LOCK)
    assert run.status
    assert "bob@elsewhere" in run.text
    assert "rocketmq_force_lock" in run.text
    assert restarted(before) == set()


def test_a_damaged_jar(operated: Operated, tmp_path: Path) -> None:
    """Of the version that an upgrade would bring."""
    jar = "rocketmq-store-4.9.7.jar"
    before = cluster.invocations()
    run = operated.run(
        "upgrade",
        "4.9.7",
        rocketmq_maven_command=str(downloads.damaging_maven(tmp_path, jar)),
        rocketmq_cache_dir=str(tmp_path / "cache"),
    )
    assert run.status
    assert jar in run.text, run.output[-3000:]
    assert restarted(before) == set()
    # It had begun; whoever goes on begins anew.
    cluster.host("rmq71").check_output(f"rm {LOCK}")


@pytest.mark.parametrize(
    ("gate", "allowed"),
    [
        # The gates of the third name server, which is the last process before brokers.
        (Point(f"{RESTARTS} name servers", GATE_BEFORE, nth=3), 2),
        (Point(f"{RESTARTS} name servers", GATE_AFTER, nth=3), 3),
        # Those of the first follower.
        (Point(f"{RESTARTS} brokers", GATE_BEFORE), 3),
        (Point(f"{RESTARTS} brokers", GATE_AFTER), 4),
    ],
    ids=lambda value: f"{value.play}, {value.task}, {value.nth}" if isinstance(value, Point) else None,
)
def test_a_member_hangs_on_the_way(operated: Operated, gate: Point, allowed: int) -> None:
    """It holds its connections and answers nobody: nothing more is restarted, and the next run goes on."""
    leader = cluster.host_of(mqadmin.leaders(cluster.cluster_list(cluster.NAMESRV[0]))["RaftNode01"])
    unit = "rocketmq-broker@n1.service"
    before = cluster.invocations()
    stop = f"systemctl kill --signal=SIGSTOP {unit}"
    # A gate that waits for longer would say the same.
    run = operated.interrupted("rolling_restart", gate, stop, leader, rocketmq_health_timeout=60)
    try:
        assert run.status, run.output[-3000:]
        assert "RaftNode01" in run.text
        assert len(restarted(before)) == allowed, restarted(before)
    finally:
        cluster.host(leader).check_output(f"systemctl kill --signal=SIGCONT {unit}")
        cluster.wait_until_whole()
    assert permissions() == {"6"}
    cluster.host("rmq71").check_output("rm %s", LOCK)
