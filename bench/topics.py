"""Topics as code: the module topics in fresh processes, and `mqadmin updateTopic` on some of the same topics."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from lab import _hosts
from lab._shell import ROOT, LabError, run, say

from . import _cluster
from ._benchmark import Benchmark, Measurements, Row

FEW, MANY, SAMPLE, CHECKS = 1_000, 10_000, 5, 5
TARGETS = {"create_s": 10.0, "check_s": 1.0, "check_many_s": 5.0, "check_one_ms": 150.0}
# From the first line that the process runs to its end; what Python needs to start is not the module's.
TIMER = """
import atexit, runpy, sys, time
began = time.perf_counter()
atexit.register(lambda: print(time.perf_counter() - began, file=sys.stderr))
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
MODULE = ROOT / "plugins/modules/topics.py"
# Timed on the host itself: no ssh in it.
MQADMIN = "bash -c '{{ TIMEFORMAT=%R; time mqadmin updateTopic -c {cluster} -t {topic} -r 8 -w 8 >/dev/null; }} 2>&1'"
PLANT = """
import json, sys
first, count, files = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
for path in files:
    with open(path) as file:
        held = json.load(file)
    table, stem = held["topicConfigTable"], first[:-1]
    like = next(entry for name, entry in sorted(table.items()) if name.startswith(stem))
    table.update({f"{stem}{n}": {**like, "topicName": f"{stem}{n}"} for n in range(count)})
    held["dataVersion"]["counter"] = held["dataVersion"].get("counter", 0) + count
    with open(path, "w") as file:
        json.dump(held, file)
"""


def measure(repeats: int) -> Measurements:
    cluster = _cluster.without_console()
    _cluster.fresh_hosts()
    cluster.deploy("topics")
    cluster.wait_until_healthy(steady=5, seconds=60)
    found: dict[str, list[float]] = {name: [] for name in (*TARGETS, "mqadmin_s")}
    for number in range(repeats):
        names = [f"bench-{number}-{index}" for index in range(FEW)]
        found["create_s"].append(timed(cluster, names, changes=FEW * len(cluster.groups)))
        found["check_s"] += [timed(cluster, names) for _ in range(CHECKS)]
        found["check_one_ms"] += [timed(cluster, names[:1]) * 1000 for _ in range(CHECKS)]
        for topic in names[:SAMPLE]:
            command = MQADMIN.format(cluster=cluster.plan["cluster"], topic=topic)
            found["mqadmin_s"].append(float(run(*_hosts.ssh(cluster.addresses[0], command)).splitlines()[-1]))
        timed(cluster, names, changes=FEW * len(cluster.groups), state="absent")
        say(str({name: values[-1] for name, values in found.items() if values}))
    names = [f"bench-many-{index}" for index in range(MANY)]
    plant(cluster, names)
    found["check_many_s"] += [timed(cluster, names) for _ in range(CHECKS)]
    return found


def plant(cluster: _cluster.Cluster, names: list[str]) -> None:
    """Topics like those that a broker makes, while it is stopped: asked for, each costs it all of its file again."""
    timed(cluster, names[:1], changes=len(cluster.groups))
    # Followers copy it every 10 seconds.
    time.sleep(15)
    for host in cluster.plan["hosts"].values():
        units = shlex.join(instance["unit"] for instance in host["brokers"])
        files = shlex.join(f"{instance['store']}/config/topics.json" for instance in host["brokers"])
        run(*_hosts.ssh(host["address"], f"sudo systemctl stop {units}"))
        command = f"sudo python3 -c {shlex.quote(PLANT)} {names[0]} {MANY} {files}"
        run(*_hosts.ssh(host["address"], command))
    for host in cluster.plan["hosts"].values():
        units = shlex.join(instance["unit"] for instance in host["brokers"])
        run(*_hosts.ssh(host["address"], f"sudo systemctl start {units}"))
    cluster.wait_until_healthy(steady=5, seconds=180)


def timed(cluster: _cluster.Cluster, names: list[str], changes: int = 0, state: str = "present") -> float:
    """Seconds inside a module process of its own that has to make that many changes."""
    items: list[dict[str, Any]] = [{"name": name, "state": state} for name in names]
    arguments = {"namesrv": cluster.plan["namesrv"], "topics": items, "max_deletes": len(names), "wait": 900}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"ANSIBLE_MODULE_ARGS": arguments}, file)
        file.flush()
        done = subprocess.run(
            [sys.executable, "-c", TIMER, MODULE, file.name],
            env={**os.environ, "PYTHONPATH": str(Path(ROOT, ".ansible/collections"))},
            capture_output=True,
            text=True,
            check=False,
        )
    result = json.loads(done.stdout.strip().splitlines()[-1])
    if done.returncode or len(result["actions"]) != changes:
        raise LabError(f"{len(result.get('actions', []))} of {changes} changes: {result.get('msg')}")
    return round(float(done.stderr.splitlines()[-1]), 3)


def rows(found: Measurements) -> list[Row]:
    tool, create = median(found["mqadmin_s"]), median(found["create_s"])
    return [
        _row(f"`topics` creates {FEW:,} topics in two groups", found["create_s"], TARGETS["create_s"], "s", ".1f"),
        _row(f"the same once more: unchanged, {FEW:,} topics", found["check_s"], TARGETS["check_s"], "s", ".2f"),
        _row(f"unchanged, {MANY:,} topics", found["check_many_s"], TARGETS["check_many_s"], "s", ".1f"),
        _row("unchanged, one topic", found["check_one_ms"], TARGETS["check_one_ms"], "ms", ".0f"),
        Row(
            f"`mqadmin updateTopic` on {len(found['mqadmin_s'])} of the same topics",
            "",
            f"{tool:.1f} s each: {FEW:,} take {tool * FEW / 60:.0f} minutes, {tool * FEW / create:,.0f} x as long",
        ),
    ]


def _row(what: str, values: list[float], target: float, unit: str, digits: str) -> Row:
    measured = f"{median(values):{digits}} {unit} median, {max(values):{digits}} {unit} worst of {len(values)}"
    return Row(what, f"at most {target:g} {unit}", measured, max(values) <= target)


BENCHMARK = Benchmark("topics", _cluster.VERSION, 3, measure, rows)
