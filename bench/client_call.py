"""The whole cluster asked by our client, as cluster_info does, and by mqadmin, in turns on the same cluster."""

from __future__ import annotations

import time
from statistics import median

from lab import _hosts
from lab._shell import LabError, run
from tests.clients import mqadmin

from . import _cluster
from ._benchmark import Benchmark, Measurements, Row

TARGET_MS = 100
TIMES = 50
CALLS_PER_TURN = 10
# Timed on the host itself: no ssh in it.
MQADMIN = "bash -c '{ TIMEFORMAT=%R; time mqadmin clusterList; } 2>&1'"


def measure(repeats: int) -> Measurements:
    cluster = _cluster.without_console()
    _cluster.fresh_hosts()
    cluster.deploy("client-call")
    cluster.wait_until_healthy(steady=5, seconds=60)
    found: dict[str, list[float]] = {"call_ms": [], "mqadmin_s": []}
    for _ in range(repeats):
        for _ in range(CALLS_PER_TURN):
            start = time.perf_counter()
            overview = cluster.look()
            found["call_ms"].append(round((time.perf_counter() - start) * 1000, 2))
            if len(overview.brokers) != 6 or len(overview.views()) != 3:
                raise LabError(f"our client does not see three name servers and six brokers: {overview}")
        *table, seconds = run(*_hosts.ssh(cluster.addresses[0], MQADMIN)).splitlines()
        if len(mqadmin.members("\n".join(table))) != 6:
            raise LabError("\n".join(["mqadmin does not see six brokers:", *table]))
        found["mqadmin_s"].append(float(seconds))
    return found


def rows(found: Measurements) -> list[Row]:
    call, tool = median(found["call_ms"]), median(found["mqadmin_s"]) * 1000
    return [
        Row(
            "the client call behind `cluster_info`, six brokers",
            f"at most {TARGET_MS} ms",
            f"{call:.0f} ms median, {max(found['call_ms']):.0f} ms worst of {len(found['call_ms'])}",
            call <= TARGET_MS,
        ),
        Row(
            "the same, against `mqadmin clusterList` on the same cluster",
            f"at least {TIMES} x faster",
            f"{tool / call:.0f} x: `mqadmin` takes {tool / 1000:.1f} s (median of {len(found['mqadmin_s'])})",
            tool >= TIMES * call,
        ),
    ]


BENCHMARK = Benchmark("client-call", _cluster.VERSION, 5, measure, rows)
