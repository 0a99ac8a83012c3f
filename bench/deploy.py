"""Bare hosts to verified cluster, beside the floor: what a plain shell script takes for the same nine processes."""

from __future__ import annotations

import tempfile
import time
from functools import partial
from pathlib import Path
from statistics import median

from lab._shell import STATE, phase

from . import _cluster, _floor
from ._benchmark import Benchmark, Measurements, Row

TARGET = 2.0  # times the floor
# A log of the slowest tasks first, in .lab/bench.
PROFILE = {"ANSIBLE_CALLBACKS_ENABLED": "ansible.posix.profile_tasks", "PROFILE_TASKS_TASK_OUTPUT_LIMIT": "all"}


def measure(repeats: int) -> Measurements:
    cluster = _cluster.without_console()
    found: dict[str, list[float]] = {"floor_s": [], "product_s": []}
    with tempfile.TemporaryDirectory(dir=STATE) as folder:
        _floor.prepare(cluster.plan, Path(folder))

        def floor() -> None:
            with phase("floor.sh"):
                _floor.run(Path(folder))
                cluster.wait_until_complete(180)

        for number in range(1, repeats + 1):
            product = partial(cluster.deploy, f"deploy-{number}", **PROFILE)
            for name, bring_up in (("floor_s", floor), ("product_s", product)):
                _cluster.fresh_hosts()
                start = time.monotonic()
                bring_up()
                found[name].append(round(time.monotonic() - start, 2))
                cluster.confirm()
    return found


def rows(found: Measurements) -> list[Row]:
    floor, product = median(found["floor_s"]), median(found["product_s"])
    return [
        Row(
            "`site.yml`: bare hosts to a verified cluster of nine processes; floor: a plain parallel shell script",
            f"at most {TARGET:g} x the floor",
            f"{product:.1f} s, floor {floor:.1f} s: {product / floor:.2f} x (medians of {len(found['floor_s'])})",
            product <= TARGET * floor,
        )
    ]


BENCHMARK = Benchmark("deploy", _cluster.VERSION, 3, measure, rows)
