"""Leaders taken away, one after the other, while the vendor's Java client sends."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

from ansible_collections.rocketmq.cluster.plugins.module_utils._client import LEADER

from lab._shell import LabError, say, wait_until
from tests.clients import ledger

from . import _accidents, _cluster
from ._accidents import Accident
from ._benchmark import Benchmark, Measurements, Row

TIMES = 20
RATE = 100
# Followers copy a new topic every 10 seconds; the next leader has to know it.
TOPIC_COPIED = 12
STEADY = 3

#: What is measured from the accident on, in the words of the table.
NAMED = "until every name server names the next"
ACCEPTS = "until the group takes a message again"
SILENT = "longest time without an acknowledgement for the Java client"


@dataclass(frozen=True)
class Case:
    """``example``: the inventory below inventories/examples; without one it is the lab's own (DLedger)."""

    name: str
    version: str
    accident: Accident
    #: Seconds that what is ``judged`` may take.
    target: float
    judged: str
    example: str = ""

    @property
    def subject(self) -> str:
        return f"{_cluster.mode(self.example)} {self.version}"


CASES = [
    Case("failover-4.7.1", "4.7.1", _accidents.SIGKILL, 8, NAMED),
    Case("failover-4.9.7", "4.9.7", _accidents.SIGKILL, 8, NAMED),
    Case("failover-5.5.0", "5.5.0", _accidents.SIGKILL, 10, NAMED),
    Case("failover-controller-5.5.0", "5.5.0", _accidents.SIGKILL, 1, ACCEPTS, "controller"),
    Case("failover-vanished-5.5.0", "5.5.0", _accidents.HOST_VANISHES, 4, ACCEPTS, "controller"),
    Case("handover-4.9.7", "4.9.7", _accidents.HAND_OVER, 2, ACCEPTS),
    Case("handover-5.5.0", "5.5.0", _accidents.HAND_OVER, 2, ACCEPTS),
]


def measure(case: Case, times: int) -> Measurements:
    cluster = _cluster.of(case.example, case.version)
    _cluster.fresh_hosts()
    cluster.deploy(case.name)
    cluster.wait_until_healthy(STEADY, 120)
    folder = _cluster.LOGS / case.name
    shutil.rmtree(folder, ignore_errors=True)
    topic = f"{case.name.replace('.', '-')}-{int(time.time())}"
    client = ledger.Client(cluster.plan["namesrv"], topic, groups=cluster.groups, folder=folder)
    found = []
    try:
        client.create_topic(cluster.plan["cluster"])
        created = time.monotonic()
        with client.sending(rate=RATE):
            cluster.wait_until_healthy(steady=TOPIC_COPIED - (time.monotonic() - created), seconds=120)
            for number in range(times):
                found.append(
                    strike(case.accident, cluster, client, cluster.plan["groups"][number % len(cluster.groups)])
                )
                say(f"{number + 1}: {found[-1]}")
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


def strike(
    accident: Accident, cluster: _cluster.Cluster, client: ledger.Client, group: dict[str, Any]
) -> dict[str, Any]:
    """One accident of a group's leader, until the cluster is whole again."""
    name, servers = group["name"], cluster.plan["namesrv"]
    leader = next(iter(cluster.look().views().values())).groups[name].brokers[LEADER]
    [member] = [member for member in group["members"] if member["address"] == leader]
    probed = [other["address"] for other in group["members"] if other is not member]
    host = leader.split(":")[0]
    asked = [server for server in servers if accident.leaves_host or not server.startswith(f"{host}:")]

    with ThreadPoolExecutor(1) as pool:
        taken = pool.submit(_accidents.accepts, probed, 60)
        struck_ms = accident.strike(servers, name, member)
        if accident.may_lead_again:
            probed.append(leader)
        accepted_ms = taken.result() - struck_ms

    def named() -> dict[str, int]:
        # Old: nobody. A killed member may be elected again; each name server forgets it first.
        old = leader if accident is _accidents.HAND_OVER else ""
        found = ledger.new_leader_ms(ledger.read_leaders(client.leaders), name, struck_ms, old)
        return {server: found[server] for server in asked if server in found}

    wait_until(
        lambda: len(named()) == len(asked),
        60,
        lambda: f"{name} lost its leader on {member['host']}; a minute later only {named()} name another",
    )
    accident.mend(member)
    cluster.wait_until_healthy(STEADY, 120)
    return {
        "group": name,
        "host": member["host"],
        "killed_ms": struck_ms,
        "accepts_after_ms": accepted_ms,
        "leader_after_ms": named(),
        "silent_ms": client.gaps(struck_ms, time.time_ns() // 1_000_000)[name].milliseconds,
    }


def rows(case: Case, found: Measurements) -> list[Row]:
    kills, messages = found["kills"], found["messages"]
    seconds = {
        NAMED: [max(kill["leader_after_ms"].values()) / 1000 for kill in kills],
        # Measured since the modes came; older results have none.
        ACCEPTS: [kill["accepts_after_ms"] / 1000 for kill in kills if "accepts_after_ms" in kill],
        SILENT: [kill["silent_ms"] / 1000 for kill in kills],
    }
    lost, twice = len(messages["lost"]), len(messages["stored_twice"])
    return [
        _row(f"{case.subject}, {case.accident.words}: {case.judged}", seconds[case.judged], case.target),
        # A client needs its route first, so this has a target only where that is no part of what counts.
        _row(f"the same: {SILENT}", seconds[SILENT], case.target if case.judged == NAMED else None),
        Row(
            f"the same: acknowledged messages lost, stored twice, over {len(kills)} times",
            "0 lost, 0 twice",
            f"{lost} lost, {twice} twice of {messages['acknowledged']:,}",
            not lost and not twice and messages["acknowledged"] > 0,
        ),
    ]


def _row(what: str, seconds: Sequence[float], target: float | None = None) -> Row:
    worst = round(max(seconds), 2 if max(seconds) < 2 else 1)
    measured = f"{median(seconds):.{2 if worst < 2 else 1}f} s median, {worst} s worst of {len(seconds)}"
    return Row(what, f"at most {target:g} s" if target else "", measured, target is None or worst <= target)


BENCHMARKS = [Benchmark(case.name, case.version, TIMES, partial(measure, case), partial(rows, case)) for case in CASES]
