"""The hosts of inventories/lab as containers that run systemd and sshd, each with its fixed address."""

from __future__ import annotations

import json
import shutil
from functools import cache
from ipaddress import IPv4Network, ip_network
from pathlib import Path
from typing import Any

from . import _image, _packages
from ._engine import docker
from ._shell import LABEL, ROOT, STATE, VENV, LabError, run, say, wait_until, works

INVENTORY = ROOT / "inventories/lab"
NETWORK = "rocketmq-cluster-lab"
KEY = STATE / "id_ed25519"
KNOWN_HOSTS = STATE / "known_hosts"

# Enough for systemd, without --privileged (which asks for more than some machines can give). The same on cgroup v1
# and v2: a private cgroup namespace would be mounted read-only. AppArmor's default profile forbids systemd's mounts.
FLAGS = [
    "--cap-add=SYS_ADMIN",
    "--cap-add=NET_ADMIN",
    # A host may reboot itself: the kernel ends all of the container, and the engine starts it again.
    "--cap-add=SYS_BOOT",
    "--restart=on-failure",
    "--security-opt=seccomp=unconfined",
    "--security-opt=apparmor=unconfined",
    "--cgroupns=host",
    "--volume=/sys/fs/cgroup:/sys/fs/cgroup:rw",
    "--tmpfs=/run",
    "--tmpfs=/run/lock",
    "--tmpfs=/tmp",  # noexec, as on a hardened server
    "--stop-signal=SIGRTMIN+3",
]


def up() -> None:
    """Every host of the inventory runs, is reachable with our key, and is known by its host key."""
    image = _image.ensure()
    hosts = inventory()
    _network(next(iter(hosts.values())))
    for host, address in hosts.items():
        _create(host, address, image)
    _key()
    lines = []
    for host, address in hosts.items():
        _wait_for_systemd(host)
        lines.append(f"{address} {_trust(host)}")
    KNOWN_HOSTS.write_text("".join(f"{line}\n" for line in lines))
    for host, address in hosts.items():
        _wait_for_ssh(host, address)
        say(f"{host} is up: {address}")


def down() -> None:
    _remove(f"{LABEL}=lab")


def clean() -> None:
    """Everything with our label: the lab's hosts, Molecule's, networks, volumes and images."""
    _remove(LABEL)
    for volume in docker("volume", "ls", "--quiet", "--filter", f"label={LABEL}").split():
        docker("volume", "rm", volume)
    images = docker("images", "--quiet", "--filter", f"label={LABEL}").split()
    if images:
        say("removing the image of the local hosts")
        docker("rmi", "--force", *sorted(set(images)))


def status() -> str:
    table = "table {{.Names}}\t{{.Status}}\t{{.Networks}}\t{{.Image}}"
    return docker("ps", "--all", "--filter", f"label={LABEL}", "--format", table)


def inventory() -> dict[str, str]:
    """Host name -> address, as Ansible itself reads it: the inventory is the only place that says so."""
    variables = _listing()["_meta"]["hostvars"]
    return {host: variables[host]["ansible_host"] for host in sorted(variables)}


def group(name: str) -> list[str]:
    """The addresses of the hosts in one group of the inventory."""
    return [address for host, address in inventory().items() if host in _listing()[name]["hosts"]]


@cache
def _listing() -> dict[str, Any]:
    listing: dict[str, Any] = json.loads(run(str(VENV / "bin/ansible-inventory"), "-i", str(INVENTORY), "--list"))
    return listing


def ssh(address: str, *command: str) -> list[str]:
    options = ["BatchMode=yes", "StrictHostKeyChecking=yes", f"UserKnownHostsFile={KNOWN_HOSTS}", "ConnectTimeout=2"]
    return ["ssh", "-i", str(KEY), *(f"-o{option}" for option in options), f"{_image.USER}@{address}", *command]


def _network(address: str) -> None:
    subnet = ip_network(f"{address}/24", strict=False)
    labelled = docker("network", "ls", "--quiet", "--filter", f"name=^{NETWORK}$", "--filter", f"label={LABEL}")
    if labelled:
        return
    for network, taken in _subnets():
        if network == NETWORK or taken.overlaps(subnet):
            raise LabError(
                f"the docker network {network} ({taken}), not the lab's own, is in the way of {NETWORK} ({subnet}).\n"
                f"    Remove it with `docker network rm {network}` if nothing needs it, or give the hosts in\n"
                f"    {(INVENTORY / 'hosts.yml').relative_to(ROOT)} addresses of another /24."
            )
    docker("network", "create", "--label", f"{LABEL}=lab", "--subnet", str(subnet), NETWORK)


def _subnets() -> list[tuple[str, IPv4Network]]:
    networks = json.loads(docker("network", "inspect", *docker("network", "ls", "--quiet").split()))
    pools = [(network["Name"], pool["Subnet"]) for network in networks for pool in network["IPAM"]["Config"] or []]
    return [(name, IPv4Network(subnet)) for name, subnet in pools if ":" not in subnet]


def _create(host: str, address: str, image: str) -> None:
    """Keeps a host that runs from this image; anything else of ours under its name is made anew."""
    shown = f'{{{{.Label "{LABEL}"}}}} {{{{.State}}}} {{{{.Image}}}}'
    found = docker("ps", "--all", "--filter", f"name=^/{host}$", "--format", shown)
    if found == f"lab running {image}":
        return
    if found and not found.startswith("lab "):
        raise LabError(f"a container named {host} exists that is not the lab's; rename or remove it, then try again")
    if found:
        say(f"{host} is {found.split()[1]} or of an older image: making it anew")
        docker("rm", "--force", "--volumes", host)
    placed = ["--name", host, "--hostname", host, "--network", NETWORK, "--ip", address]
    docker("run", "--detach", "--label", f"{LABEL}=lab", *placed, *FLAGS, image)


def _remove(label: str) -> None:
    containers = docker("ps", "--all", "--quiet", "--filter", f"label={label}").split()
    if containers:
        say(f"removing {len(containers)} hosts")
        docker("rm", "--force", "--volumes", *containers)
    for network in docker("network", "ls", "--quiet", "--filter", f"label={label}").split():
        docker("network", "rm", network)


def _wait_for_systemd(host: str) -> None:
    wait_until(
        lambda: works("docker", "exec", host, "systemctl", "is-system-running", "--quiet"),
        60,
        lambda: (
            f"systemd on {host} is not up after a minute;\n"
            f"    `docker logs {host}` and `docker exec {host} systemctl --failed` say why"
        ),
    )


def _key() -> None:
    if not shutil.which("ssh-keygen"):
        _packages.need("openssh-client", "Ansible reaches the local hosts through ssh, like any server")
    if not KEY.exists():
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", NETWORK, "-f", str(KEY))


def _trust(host: str) -> str:
    """Lets our key in and returns the host's own; through the engine, so nothing is trusted on first sight."""
    folder = f"/home/{_image.USER}/.ssh"
    docker("exec", host, "install", "-d", "-o", _image.USER, "-m", "700", folder)
    docker("exec", "-i", host, "tee", f"{folder}/authorized_keys", stdin=Path(f"{KEY}.pub").read_text())
    kind, key, *_ = docker("exec", host, "cat", "/etc/ssh/ssh_host_ed25519_key.pub").split()
    return f"{kind} {key}"


def _wait_for_ssh(host: str, address: str) -> None:
    wait_until(
        lambda: works(*ssh(address, "true")),
        30,
        lambda: (
            f"{host} runs but {address} does not let us in; `{' '.join(ssh(address, 'true'))}` says why\n"
            "    (a remote engine or Docker Desktop gives its containers no address this machine can reach)"
        ),
    )
