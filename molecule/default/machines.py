"""The hosts as machines: bare ones, without power, booting."""

from __future__ import annotations

import subprocess
import time

from cluster import ADDRESSES, CONTAINERS, host

from lab._hosts import FLAGS
from lab._shell import LABEL

IMAGE = "rocketmq-cluster-lab:latest"
NETWORK = "rocketmq-cluster-molecule"


def docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], check=True, capture_output=True, text=True).stdout.strip()


def cut_power(*names: str) -> None:
    """Every process dies at once, none is asked."""
    docker("kill", *(CONTAINERS[name] for name in names))


def boot(*names: str) -> None:
    docker("start", *(CONTAINERS[name] for name in names))
    for name in names:
        _wait_for_systemd(name)


def vanish(name: str) -> None:
    """Nobody hears of it any more, and no connection is closed."""
    docker("exec", CONTAINERS[name], "ip", "link", "set", "eth0", "down")


def come_back(name: str) -> None:
    docker("exec", CONTAINERS[name], "ip", "link", "set", "eth0", "up")


def reboot(name: str) -> None:
    """Orderly: systemd stops everything first."""
    docker("stop", "--time=240", CONTAINERS[name])
    boot(name)


def renew(*names: str, address: str = "") -> None:
    """Bare machines in the place of these, or of all three; a single one may get another address."""
    chosen = names or tuple(CONTAINERS)
    docker("rm", "--force", "--volumes", *(CONTAINERS[name] for name in chosen))
    for name in chosen:
        own = address or ADDRESSES[name]
        placed = ["--name", CONTAINERS[name], "--hostname", name, "--network", NETWORK, "--ip", own]
        docker("run", "--detach", "--label", f"{LABEL}=molecule", *placed, *FLAGS, IMAGE)
    for name in chosen:
        _wait_for_systemd(name)


def _wait_for_systemd(name: str) -> None:
    deadline = time.monotonic() + 60
    # A unit that failed makes it "degraded", which may be what a test wants.
    while host(name).run("systemctl is-system-running").stdout.strip() not in ("running", "degraded"):
        assert time.monotonic() < deadline, f"systemd on {name} is not up after a minute"
        time.sleep(0.2)
