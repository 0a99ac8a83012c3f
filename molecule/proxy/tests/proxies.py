"""The cluster of inventories/examples/proxy as tests see it. Its hosts are those of molecule/default/cluster.py."""

from __future__ import annotations

import time
from collections.abc import Callable

from cluster import ADDRESSES, host

CLUSTER = "ProxyCluster"
GROUP = "broker-dledger"
GRPC, REMOTING = 8081, 8080
ENDPOINTS = [f"{address}:{GRPC}" for address in ADDRESSES.values()]
REMOTING_ENDPOINTS = [f"{address}:{REMOTING}" for address in ADDRESSES.values()]
UNITS = (
    "rocketmq-dashboard.service",
    "rocketmq-proxy.service",
    "rocketmq-broker@n0.service",
    "rocketmq-namesrv.service",
)
PROXY = "rocketmq-proxy.service"


def show(name: str, unit: str, key: str) -> str:
    return host(name).check_output("systemctl show --value --property %s %s", key, unit)


def restarts() -> dict[str, str]:
    """What systemd had to start again, and how often."""
    found = {f"{name} {unit}": show(name, unit, "NRestarts") for name in ADDRESSES for unit in UNITS}
    return {unit: count for unit, count in found.items() if count != "0"}


def program(name: str) -> str:
    """What the main process of the proxy's unit is: it waits as python, and serves as java."""
    pid = show(name, PROXY, "MainPID")
    return host(name).check_output("ps --no-headers -o comm= -p %s", pid) if pid != "0" else ""


def listens(name: str) -> bool:
    found = host(name).check_output("ss --no-header --listening --tcp --numeric")
    return {GRPC, REMOTING} <= {int(line.split()[3].rsplit(":", 1)[1]) for line in found.splitlines()}


def until(condition: Callable[[], bool], what: str, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not after {seconds:.0f} s: {what}"
        time.sleep(0.5)
