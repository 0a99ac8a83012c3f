"""The clusters of inventories/examples/proxy and proxy_local on the scenario's hosts, as tests see them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cluster import ADDRESSES, CACHE, host
from runs import ROOT, Run, playbook

#: What clients write down.
FOLDER = CACHE / "proxy"
CLUSTER, GROUP = "ProxyCluster", "broker-dledger"
GRPC, REMOTING = 8081, 8080
ENDPOINTS = [f"{address}:{GRPC}" for address in ADDRESSES.values()]
REMOTING_ENDPOINTS = [f"{address}:{REMOTING}" for address in ADDRESSES.values()]
PROXY = "rocketmq-proxy.service"
UNITS = ("rocketmq-dashboard.service", PROXY, "rocketmq-broker@n0.service", "rocketmq-namesrv.service")


def sources(example: str) -> list[Path]:
    """An example, and what makes its hosts those of Molecule."""
    return [ROOT / "inventories/examples" / example, ROOT / "molecule/overlay.yml"]


def run(name: str, variables: dict[str, Any] | None = None, example: str = "proxy") -> Run:
    return playbook(name, variables, inventory=sources(example))


def done(name: str, variables: dict[str, Any] | None = None, example: str = "proxy") -> Run:
    """A playbook, which has to succeed."""
    ended = run(name, variables, example)
    assert ended.status == 0, ended.output[-6000:]
    return ended


def show(name: str, unit: str, key: str) -> str:
    return host(name).check_output("systemctl show --value --property %s %s", key, unit)


def restarts(*names: str) -> dict[str, str]:
    """What systemd had to start again, and how often; prints how each of them ended."""
    found = {}
    for name in names or ADDRESSES:
        for unit in UNITS:
            if (count := show(name, unit, "NRestarts")) != "0":
                found[f"{name} {unit}"] = count
                print(host(name).check_output("journalctl --unit=%s --output=short-precise --lines=150", unit))
    return found


def program(name: str) -> str:
    """What the main process of the proxy's unit is: it waits as wait-for-brokers, and serves as java."""
    pid = show(name, PROXY, "MainPID")
    return host(name).check_output("ps --no-headers -o comm= -p %s", pid) if pid != "0" else ""


def listens(name: str, ports: Sequence[int] = (GRPC, REMOTING)) -> bool:
    found = host(name).check_output("ss --no-header --listening --tcp --numeric")
    return set(ports) <= {int(line.split()[3].rsplit(":", 1)[1]) for line in found.splitlines()}


def until(condition: Callable[[], bool], what: str, seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not after {seconds:.0f} s: {what}"
        time.sleep(0.5)
