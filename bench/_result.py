"""results/<name>.json: every measurement of one benchmark, with the date and the machine."""

from __future__ import annotations

import json
import os
import platform
import re
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from lab import _hosts
from lab._engine import docker
from lab._shell import run

from ._benchmark import Benchmark, Measurements

FOLDER = Path(__file__).with_name("results")


def write(benchmark: Benchmark, measurements: Measurements) -> None:
    """Whole or not at all: an interrupted run leaves the last one's."""
    result = {
        "benchmark": benchmark.name,
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "machine": machine(),
        "rocketmq": benchmark.version,
        "measurements": measurements,
    }
    FOLDER.mkdir(exist_ok=True)
    fresh = FOLDER / f"{benchmark.name}.json.tmp"
    fresh.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    fresh.replace(FOLDER / f"{benchmark.name}.json")


def read(name: str) -> dict[str, Any] | None:
    """None: never measured."""
    path = FOLDER / f"{name}.json"
    if not path.exists():
        return None
    result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return result


def machine() -> dict[str, Any]:
    [memory] = re.findall(r"MemTotal: +(\d+) kB", Path("/proc/meminfo").read_text())
    models = re.findall(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    address = next(iter(_hosts.inventory().values()))
    java = run(*_hosts.ssh(address, "/opt/rocketmq/java-17/bin/java -version 2>&1"))
    return {
        "cores": os.cpu_count(),
        "cpu": models[0] if models else platform.machine(),
        "memory_gb": round(int(memory) / 1024**2),
        "os": platform.freedesktop_os_release()["PRETTY_NAME"],
        "kernel": platform.release(),
        "docker": docker("version", "--format", "{{.Server.Version}}"),
        "java": re.findall(r'version "(.+?)"', java)[0],
    }
