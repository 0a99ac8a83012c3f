"""Leaders killed with SIGKILL, one after the other, while the vendor's Java client sends."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from functools import partial
from statistics import median
from typing import Any

from ansible_collections.rocketmq.cluster.plugins.module_utils._client import LEADER

from lab import _hosts
from lab._shell import LabError, run, say, wait_until
from tests.clients import ledger

from . import _cluster
from ._benchmark import Benchmark, Measurements, Row

#: Version -> seconds without a leader.
TARGETS = {"4.7.1": 8, "4.9.7": 8, "5.5.0": 10}
KILLS = 20
RATE = 100
# Followers copy a new topic every 10 seconds; the next leader has to know it.
TOPIC_COPIED = 12
STEADY = 3


def measure(version: str, kills: int) -> Measurements:
    cluster = _cluster.without_console(version)
    _cluster.fresh_hosts()
    cluster.deploy(f"failover-{version}")
    cluster.wait_until_healthy(STEADY, 120)
    folder = _cluster.LOGS / f"failover-{version}"
    shutil.rmtree(folder, ignore_errors=True)
    client = ledger.Client(
        cluster.plan["namesrv"], f"failover-{int(time.time())}", groups=cluster.groups, folder=folder
    )
    found = []
    try:
        client.create_topic(cluster.plan["cluster"])
        created = time.monotonic()
        with client.sending(rate=RATE):
            cluster.wait_until_healthy(steady=TOPIC_COPIED - (time.monotonic() - created), seconds=120)
            for number in range(kills):
                found.append(kill(cluster, client, cluster.plan["groups"][number % len(cluster.groups)]))
                say(f"kill {number + 1}: {found[-1]}")
        verdict = client.compare()
    except ledger.ClientError as error:
        raise LabError(f"the Java client (its files are in {folder}): {error}") from error
    say(str(verdict))
    return {
        "kills": found,
        "messages": {
            "acknowledged": verdict.acknowledged,
            "consumed": verdict.consumed,
            "lost": verdict.lost,
            "stored_twice": verdict.duplicated,
            "stored_without_acknowledgement": verdict.unacknowledged,
            "failed_sends": verdict.failed,
        },
    }


def kill(cluster: _cluster.Cluster, client: ledger.Client, group: dict[str, Any]) -> dict[str, Any]:
    """One kill of a group's leader, until the cluster is whole again."""
    name = group["name"]
    leader = next(iter(cluster.look().views().values())).groups[name].brokers[LEADER]
    [member] = [member for member in group["members"] if member["address"] == leader]
    # The hosts share this machine's clock; taken there, the time has no ssh in it.
    command = f"date +%s%3N && sudo systemctl kill --signal=SIGKILL rocketmq-broker@{member['instance']}.service"
    killed_ms = int(run(*_hosts.ssh(leader.split(":")[0], command)))

    def named() -> dict[str, int]:
        # Old: nobody. The killed member may be elected again; each name server forgets it first.
        return ledger.new_leader_ms(ledger.read_leaders(client.leaders), name, killed_ms, "")

    wait_until(
        lambda: len(named()) == len(cluster.plan["namesrv"]),
        60,
        lambda: (
            f"{name} on {member['host']} was killed; a minute later not every name server names a leader: {named()}"
        ),
    )
    cluster.wait_until_healthy(STEADY, 120)
    return {
        "group": name,
        "host": member["host"],
        "killed_ms": killed_ms,
        "leader_after_ms": named(),
        "silent_ms": client.gaps(killed_ms, time.time_ns() // 1_000_000)[name].milliseconds,
    }


def rows(version: str, found: Measurements) -> list[Row]:
    kills, messages = found["kills"], found["messages"]
    leaderless = [max(kill["leader_after_ms"].values()) / 1000 for kill in kills]
    silent = [kill["silent_ms"] / 1000 for kill in kills]
    lost, twice = len(messages["lost"]), len(messages["stored_twice"])
    return [
        _row(f"{version}: SIGKILL of a leader until every name server names the next", version, leaderless),
        _row("the same: longest time without an acknowledgement for the Java client", version, silent),
        Row(
            f"the same: acknowledged messages lost, stored twice, over {len(kills)} kills",
            "0 lost, 0 twice",
            f"{lost} lost, {twice} twice of {messages['acknowledged']:,}",
            not lost and not twice and messages["acknowledged"] > 0,
        ),
    ]


def _row(what: str, version: str, seconds: Sequence[float]) -> Row:
    target, worst = TARGETS[version], round(max(seconds), 1)  # the client asks ten times a second
    measured = f"{median(seconds):.1f} s median, {worst:.1f} s worst of {len(seconds)}"
    return Row(what, f"at most {target} s", measured, worst <= target)


BENCHMARKS = [
    Benchmark(f"failover-{version}", version, KILLS, partial(measure, version), partial(rows, version))
    for version in TARGETS
]
