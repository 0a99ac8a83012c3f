"""What three name servers and six brokers of profile `small` keep resident, with nothing to do; and a real console."""

from __future__ import annotations

import os
import re
import time
from functools import partial
from typing import Any

from lab import _demo, _hosts
from lab._shell import LabError, run, say

from . import _cluster
from ._benchmark import Benchmark, Measurements, Row

#: By version; the measurement alone where there is none.
TARGETS_MB = {"4.7.1": 1400, "5.5.0": 0}
#: What three brokers, two name servers and a console take in the containers of the guide that we started from.
GUIDE_MB = 1677
CONSOLE = "dashboard"
PAUSE = 10
_PROCESS = re.compile(
    r"^ *(\d+) +(\d+) .*?"
    r"(?:org\.apache\.rocketmq\.(?:namesrv|broker)\.\w+ .*?/([\w-]+)\.conf|-jar \S+/(dashboard)/)",
    re.MULTILINE,
)


def processes(listing: str) -> list[dict[str, Any]]:
    """`ps -o rss=,etimes=,args=`: our processes."""
    return [
        {"process": name or console, "rss_mb": round(int(rss) / 1024, 1), "age_s": int(age)}
        for rss, age, name, console in _PROCESS.findall(listing)
    ]


def measure(version: str, repeats: int) -> Measurements:
    # The stand-in for the console is a few lines: what it takes would tell nothing.
    real = _demo.OWN_CONSOLE in os.environ
    if real:
        _demo.console()
    cluster = _cluster.full(version) if real else _cluster.without_console(version)
    _cluster.fresh_hosts()
    cluster.deploy(f"memory-{version}")
    samples = []
    for _ in range(repeats):
        # Memory grows a little after the start, so the samples are spread.
        time.sleep(PAUSE)
        sample = [
            {"host": host, **process}
            for host, own in cluster.plan["hosts"].items()
            for process in processes(run(*_hosts.ssh(own["address"], "ps -C java -ww -o rss=,etimes=,args=")))
        ]
        if len(sample) != 9 + real:
            raise LabError(f"{9 + real} processes should run, not {len(sample)}: {sample}")
        say(f"{_sum(sample):.0f} MB")
        samples.append(sample)
    return {"samples": samples}


def _sum(sample: list[dict[str, Any]]) -> float:
    return float(sum(process["rss_mb"] for process in sample))


def rows(version: str, found: Measurements) -> list[Row]:
    target = TARGETS_MB[version]
    samples = found["samples"]
    most = max(_sum([process for process in sample if process["process"] != CONSOLE]) for sample in samples)
    result = [
        Row(
            f"{version}: three name servers and six brokers, profile `small`: resident memory",
            f"at most {target:,} MB" if target else "",
            f"{most:,.0f} MB, the most of {len(samples)} samples",
            not target or most <= target,
        )
    ]
    if any(process["process"] == CONSOLE for sample in samples for process in sample):
        with_console = max(map(_sum, samples))
        goal = f"less than {GUIDE_MB:,} MB" if target else ""
        result.append(
            Row("the same, with a real console", goal, f"{with_console:,.0f} MB", not target or with_console < GUIDE_MB)
        )
    return result


BENCHMARKS = [
    Benchmark("memory", "4.7.1", 6, partial(measure, "4.7.1"), partial(rows, "4.7.1")),
    Benchmark("memory-5.5.0", "5.5.0", 6, partial(measure, "5.5.0"), partial(rows, "5.5.0")),
]
