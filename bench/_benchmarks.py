"""All benchmarks, in the order of the table."""

from __future__ import annotations

from collections.abc import Sequence

from lab._shell import LabError

from . import client_call, deploy, drill, failover, memory, rolling_restart, second_run, steady, topics
from ._benchmark import Benchmark

ALL: list[Benchmark] = [
    deploy.BENCHMARK,
    second_run.BENCHMARK,
    *memory.BENCHMARKS,
    client_call.BENCHMARK,
    topics.BENCHMARK,
    *failover.BENCHMARKS,
    *drill.BENCHMARKS,
    steady.BENCHMARK,
    rolling_restart.BENCHMARK,
]


def chosen(names: Sequence[str]) -> list[Benchmark]:
    """By name; `failover` stands for every failover-<version>, no name for all."""
    found = {name: [b for b in ALL if b.name == name or b.name.startswith(f"{name}-")] for name in names}
    unknown = [name for name, benchmarks in found.items() if not benchmarks]
    if unknown:
        raise LabError(
            f"no benchmark is called {', '.join(unknown)}; there are {', '.join(b.name for b in ALL)}, and report"
        )
    return [benchmark for benchmarks in found.values() for benchmark in benchmarks] if names else ALL
