"""A rolling restart by the playbook, against the same processes restarted one after the other by hand."""

from __future__ import annotations

import time
from statistics import median
from typing import Any

from ansible_collections.rocketmq.cluster.plugins.module_utils._client import LEADER

from lab import _hosts
from lab._shell import run, say

from . import _accidents, _cluster
from ._benchmark import Benchmark, Measurements, Row

VERSION = "4.9.7"
#: Of the sum of all single restarts.
RATIO = 1.3
STEADY = 3


def measure(repeats: int) -> Measurements:
    cluster = _cluster.without_console(VERSION)
    _cluster.fresh_hosts()
    cluster.deploy("rolling-restart-0")
    runs = []
    for number in range(1, repeats + 1):
        cluster.wait_until_healthy(STEADY, 120)
        single = {}
        for host, address, unit, group, broker in _processes(cluster):
            single[f"{host} {unit}"] = round(_restart(cluster, address, unit, group, broker), 2)
            say(f"{host} {unit}: {single[f'{host} {unit}']} s")
        cluster.wait_until_healthy(STEADY, 120)
        started = time.monotonic()
        cluster.play("playbooks/rolling_restart.yml", f"rolling-restart-{number}")
        runs.append({"seconds": round(time.monotonic() - started, 2), "single": single})
        say(f"run {number}: {runs[-1]['seconds']} s")
    return {"runs": runs}


def _processes(cluster: _cluster.Cluster) -> list[tuple[str, str, str, str, str]]:
    """Host, its address, unit; of a broker its group and its own address."""
    return [
        (name, host["address"], instance["unit"], instance["group"], f"{host['address']}:{instance['ports']['listen']}")
        for kind in ("namesrv", "brokers")
        for name, host in cluster.plan["hosts"].items()
        for instance in host[kind]
    ]


def _restart(cluster: _cluster.Cluster, address: str, unit: str, group: str, broker: str) -> float:
    """Seconds until the cluster is whole again and has caught up; a leader hands its group over first."""
    started = time.monotonic()
    views: dict[str, Any] = cluster.look().views()
    if group and next(iter(views.values())).groups[group].brokers.get(LEADER) == broker:
        _accidents.HAND_OVER.strike(cluster.plan["namesrv"], group, {"address": broker})
    run(*_hosts.ssh(address, f"sudo systemctl restart {unit}"))
    cluster.wait_until_healthy(0, 120)
    return time.monotonic() - started


def rows(found: Measurements) -> list[Row]:
    ratios = [one["seconds"] / sum(one["single"].values()) for one in found["runs"]]
    seconds = median(one["seconds"] for one in found["runs"])
    single = median(sum(one["single"].values()) for one in found["runs"])
    return [
        Row(
            "rolling restart of three name servers and six brokers, against the sum of their single restarts",
            f"at most {RATIO} x",
            f"{median(ratios):.2f} x median of {len(ratios)} ({seconds:.0f} s, the sum {single:.0f} s)",
            max(ratios) <= RATIO,
        )
    ]


BENCHMARK = Benchmark("rolling-restart", VERSION, 3, measure, rows)
