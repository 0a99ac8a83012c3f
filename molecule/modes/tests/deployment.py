"""One example on the scenario's hosts: deployed, watched, killed, destroyed."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cluster
import ledger
import machines
import mqadmin
import yaml
from application import Application
from layouts import LAYOUTS, Layout
from runs import ROOT, Run, playbook

OVERLAY = ROOT / "molecule/overlay.yml"
#: What is below /data/rocketmq, as the example data_on_a_mount has it.
DISK = "/srv/disk"
UNIT = "data-rocketmq.mount"
MOUNT = f"""[Mount]
What={DISK}
Where=/data/rocketmq
Type=none
Options=bind
[Install]
WantedBy=local-fs.target
"""


@dataclass(frozen=True)
class Deployment:
    example: str
    version: str

    @property
    def name(self) -> str:
        return f"{self.example}-{self.version}"

    @property
    def layout(self) -> Layout:
        return LAYOUTS[self.example]

    @property
    def namesrv(self) -> list[str]:
        return [f"{cluster.ADDRESSES[host]}:9876" for host in self.layout.namesrv]

    @property
    def sources(self) -> list[Path]:
        return [ROOT / "inventories/examples" / self.example, OVERLAY]

    @property
    def folder(self) -> Path:
        """Where what is found about it is kept."""
        return cluster.CACHE / "modes" / self.name

    def run(self, name: str, **variables: Any) -> Run:
        """A playbook, which has to succeed."""
        given = {"rocketmq_version": self.version, "rocketmq_allow_vulnerable_version": True}
        run = playbook(name, {**given, **variables}, inventory=self.sources)
        assert run.status == 0, run.output[-6000:]
        return run

    def variables(self) -> dict[str, Any]:
        """What the example says of its cluster."""
        found: dict[str, Any] = yaml.safe_load((self.sources[0] / "group_vars/rocketmq.yml").read_text())
        return found

    def deploy(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.run("site.yml")

    def destroy(self) -> None:
        """With everything that it stored; hosts that refuse are replaced by bare ones."""
        for host in cluster.ADDRESSES:
            # An orderly stop of each broker of 5.x takes 20 seconds, and nobody needs its messages any more.
            for command in ("kill --signal=SIGKILL", "stop", "reset-failed"):
                cluster.host(host).run(f"systemctl {command} 'rocketmq-*.service'")
        try:
            self.run("playbooks/destroy.yml", rocketmq_confirm=self.layout.cluster, rocketmq_destroy_data=True)
        except AssertionError:
            machines.renew()
            raise

    def wait_until_whole(self) -> dict[str, list[mqadmin.Member]]:
        return cluster.wait_until_whole(180, self.layout.members, self.namesrv)

    def leaders(self) -> dict[str, str]:
        """Group -> address of the member that takes writes."""
        return mqadmin.leaders(cluster.cluster_list(self.namesrv[0]))

    def restarts(self) -> dict[str, dict[str, int]]:
        """How often systemd itself started each unit anew, by host; units that do not run are left out."""
        return {host: _restarts(host) for host in cluster.ADDRESSES}

    def invocations(self) -> dict[str, str]:
        """What changes whenever systemd starts a unit of the example."""
        show = "systemctl show --value --property=InvocationID %s"
        return {
            f"{host} {unit}": cluster.host(host).check_output(show, unit)
            for host, units in self.layout.units.items()
            for unit in sorted(units)
        }

    def client(self) -> ledger.Client:
        """The vendor's client with a topic that every member knows."""
        groups, wait = list(self.layout.groups), self.layout.timeout_ms
        client = ledger.Client(self.namesrv, self._topic("modes"), groups=groups, folder=self.folder, timeout_ms=wait)
        self._create(client)
        return client

    def application(self) -> Application:
        """Of the vendor's client too, with a topic that every member knows."""
        folder = self.folder / "application"
        application = Application(self.namesrv, self._topic("used"), groups=list(self.layout.groups), folder=folder)
        self._create(application)
        return application

    def _topic(self, purpose: str) -> str:
        return f"{purpose}-{int(time.time())}"

    def _create(self, client: ledger.Client) -> None:
        client.create_topic(self.layout.cluster)
        stores = [(host, self.store(one.instance)) for one in self.layout.groups.values() for host in one.ids]
        cluster.wait_until_copied(client.topic, stores)

    def store(self, instance: str) -> str:
        data = "/data/rocketmq" if self.example == "data_on_a_mount" else "/var/lib/rocketmq"
        return f"{data}/{instance}/store"


def _restarts(host: str) -> dict[str, int]:
    shown = cluster.host(host).check_output("systemctl show --property=Id,NRestarts,MainPID 'rocketmq-*.service'")
    units = [dict(line.split("=", 1) for line in block.splitlines()) for block in shown.split("\n\n")]
    return {unit["Id"]: int(unit["NRestarts"]) for unit in units if unit and unit["MainPID"] != "0"}


@contextlib.contextmanager
def disk() -> Iterator[None]:
    """What is below /data/rocketmq is on a disk of its own."""
    hosts = [cluster.host(host) for host in ("rmq71", "rmq76")]
    for host in hosts:
        host.check_output(
            f"mkdir -p {DISK} && printf %s > /etc/systemd/system/{UNIT} && systemctl daemon-reload && "
            f"systemctl enable --now {UNIT}",
            MOUNT,
        )
    try:
        yield
    finally:
        for host in hosts:
            # Not there any more where the host was replaced by a bare one.
            host.run(f"systemctl disable --now {UNIT}; rm -rf /etc/systemd/system/{UNIT} /data {DISK}")
            host.run("systemctl daemon-reload")
