"""`failover_drill.yml` twenty times in a row, once for each mode: what its report says."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from ansible_collections.rocketmq.cluster.plugins.plugin_utils._drill import NAMES

from lab._shell import LabError, say

from . import _cluster
from ._benchmark import Benchmark, Measurements, Row

TIMES = 20
STEADY = 3


@dataclass(frozen=True)
class Case:
    """``example``: the inventory below inventories/examples; without one it is the lab's own (DLedger)."""

    version: str
    example: str = ""

    @property
    def name(self) -> str:
        return f"drill-{self.example or 'dledger'}-{self.version}"

    @property
    def subject(self) -> str:
        return f"{_cluster.mode(self.example)} {self.version}"


CASES = [
    Case("4.9.7"),
    Case("5.5.0"),
    Case("5.5.0", "controller"),
    Case("4.9.7", "master_slave_sync"),
    Case("4.9.7", "master_slave_async"),
    Case("4.9.7", "multi_master"),
]


def measure(case: Case, times: int) -> Measurements:
    cluster = _cluster.of(case.example, case.version)
    _cluster.fresh_hosts()
    cluster.deploy(case.name)
    folder = _cluster.LOGS / case.name
    shutil.rmtree(folder, ignore_errors=True)
    drills: list[dict[str, Any]] = []
    while len(drills) < times:
        cluster.wait_until_healthy(STEADY, 120)
        series = folder / str(len(drills))
        drills += _drilled(cluster, case.name, series, times - len(drills))
    return {"drills": [{key: one[key] for key in ("group", "host", "times", "messages", "problems")} for one in drills]}


def _drilled(cluster: _cluster.Cluster, log: str, folder: Path, times: int) -> list[dict[str, Any]]:
    """A series, which ends with the first drill that finds something wrong; that one counts as well."""
    wanted = {"confirm": cluster.plan["cluster"], "drill_times": times, "drill_dir": str(folder)}
    why = ""
    try:
        cluster.play("playbooks/failover_drill.yml", log, {f"rocketmq_{name}": value for name, value in wanted.items()})
    except LabError as error:
        why = str(error)
    reports = list(folder.glob("*.json"))
    if not reports:
        raise LabError(f"no drill was reported: {why}")
    drills: list[dict[str, Any]] = json.loads(reports[0].read_text(encoding="utf-8"))["drills"]
    say(f"{len(drills)} drills; {drills[-1]['problems']}")
    return drills


def rows(case: Case, found: Measurements) -> list[Row]:
    drills = found["drills"]
    times = [[one["times"][name] for one in drills if one["times"][name] is not None] for name in NAMES]
    lost, twice, acknowledged = (
        sum(one["messages"][name] for one in drills) for name in ("lost", "duplicated", "acknowledged")
    )
    return [
        Row(
            f"{case.subject}, failover drill (a leader's process): {' / '.join(NAMES.values())}",
            "",
            f"{_seconds(median, times)} s median, {_seconds(max, times)} s worst of {len(drills)}",
        ),
        Row(
            "the same: acknowledged messages lost, stored twice",
            "0 lost",
            f"{lost:,} lost, {twice:,} twice of {acknowledged:,}",
            not lost and acknowledged > 0,
        ),
    ]


def _seconds(pick: Callable[[list[float]], float], times: Iterable[list[float]]) -> str:
    return " / ".join(f"{pick(values):.1f}" if values else "–" for values in times)


BENCHMARKS = [Benchmark(case.name, case.version, TIMES, partial(measure, case), partial(rows, case)) for case in CASES]
