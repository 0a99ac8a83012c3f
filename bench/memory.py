"""What three name servers and six brokers of profile `small` keep resident, with nothing to do."""

from __future__ import annotations

import re
import time
from typing import Any

from lab import _hosts
from lab._shell import LabError, run, say

from . import _cluster
from ._benchmark import Benchmark, Measurements, Row

TARGET_MB = 1400
PAUSE = 10
_PROCESS = re.compile(
    r"^ *(\d+) +(\d+) .*org\.apache\.rocketmq\.(namesrv|broker)\.\w+ .*?/([\w-]+)\.conf", re.MULTILINE
)


def processes(listing: str) -> list[dict[str, Any]]:
    """`ps -o rss=,etimes=,args=`: our processes, the console left out."""
    return [
        {"process": name, "rss_mb": round(int(rss) / 1024, 1), "age_s": int(age)}
        for rss, age, _, name in _PROCESS.findall(listing)
    ]


def measure(repeats: int) -> Measurements:
    cluster = _cluster.without_console()
    _cluster.fresh_hosts()
    cluster.deploy("memory")
    samples = []
    for _ in range(repeats):
        # Memory grows a little after the start, so the samples are spread.
        time.sleep(PAUSE)
        sample = [
            {"host": host, **process}
            for host, own in cluster.plan["hosts"].items()
            for process in processes(run(*_hosts.ssh(own["address"], "ps -C java -ww -o rss=,etimes=,args=")))
        ]
        if len(sample) != 9:
            raise LabError(f"nine processes should run, not {len(sample)}: {sample}")
        say(f"{sum(process['rss_mb'] for process in sample):.0f} MB")
        samples.append(sample)
    return {"samples": samples}


def rows(found: Measurements) -> list[Row]:
    most = max(sum(process["rss_mb"] for process in sample) for sample in found["samples"])
    return [
        Row(
            "three name servers and six brokers, profile `small`: resident memory",
            f"at most {TARGET_MB:,} MB",
            f"{most:,.0f} MB, the most of {len(found['samples'])} samples",
            most <= TARGET_MB,
        )
    ]


BENCHMARK = Benchmark("memory", _cluster.VERSION, 6, measure, rows)
