"""site.yml once more, with nothing to do: three hosts over SSH, the console too."""

from __future__ import annotations

import time
from statistics import median

from lab import _demo
from lab._shell import LabError, say
from tests.clients.recap import recap

from . import _cluster
from ._benchmark import Benchmark, Measurements, Row

SECONDS = 40
TASKS = 40


def measure(repeats: int) -> Measurements:
    cluster = _cluster.full()
    _demo.console()
    _cluster.fresh_hosts()
    cluster.deploy("second-run-0")
    runs = []
    for number in range(1, repeats + 1):
        start = time.monotonic()
        output = cluster.deploy(f"second-run-{number}")
        seconds = round(time.monotonic() - start, 2)
        hosts = recap(output)
        changed = [host for host, counts in hosts.items() if counts["changed"]]
        if changed or not hosts:
            log = _cluster.LOGS / f"second-run-{number}.log"
            raise LabError(
                f"a run with nothing to do changed something on {', '.join(changed) or 'no host'}; see {log}"
            )
        say(f"run {number}: {seconds} s")
        runs.append({"seconds": seconds, "tasks": {host: counts["ok"] for host, counts in hosts.items()}})
    return {"runs": runs}


def rows(found: Measurements) -> list[Row]:
    seconds = [run["seconds"] for run in found["runs"]]
    tasks = {host: max(run["tasks"][host] for run in found["runs"]) for host in found["runs"][0]["tasks"]}
    what = "second run, nothing to do, three hosts over SSH"
    return [
        Row(
            what,
            f"at most {SECONDS} s",
            f"{median(seconds):.1f} s median, {max(seconds):.1f} s worst of {len(seconds)}",
            max(seconds) <= SECONDS,
        ),
        Row(
            "the same: executed tasks on each host, 0 changed",
            f"at most {TASKS}",
            ", ".join(f"{count} on {host}" for host, count in sorted(tasks.items())),
            max(tasks.values()) <= TASKS,
        ),
    ]


BENCHMARK = Benchmark("second-run", _cluster.VERSION, 5, measure, rows)
