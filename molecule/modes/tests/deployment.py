"""One example on the scenario's hosts: deployed, watched, killed, destroyed."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cluster
import ledger
import machines
import mqadmin
from layouts import LAYOUTS, Layout
from runs import ROOT, Run, playbook

OVERLAY = ROOT / "molecule/overlay.yml"
#: Slaves and followers copy a new topic every 10 seconds.
COPIED_SECONDS = 60


@dataclass(frozen=True)
class Deployment:
    example: str
    version: str

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
        return cluster.CACHE / "modes" / f"{self.example}-{self.version}"

    def run(self, name: str, **variables: Any) -> Run:
        """A playbook, which has to succeed."""
        given = {"rocketmq_version": self.version, "rocketmq_allow_vulnerable_version": True}
        run = playbook(name, {**given, **variables}, inventory=self.sources)
        assert run.status == 0, run.output[-6000:]
        return run

    def deploy(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.run("site.yml")

    def destroy(self) -> None:
        """With everything that it stored; hosts that refuse are replaced by bare ones."""
        try:
            self.run("playbooks/destroy.yml", rocketmq_confirm=self.layout.cluster, rocketmq_destroy_data=True)
        except AssertionError:
            machines.renew()
            raise

    def wait_until_whole(self) -> dict[str, list[mqadmin.Member]]:
        return cluster.wait_until_whole(180, self.layout.members, self.namesrv)

    def leader(self, group: str) -> str:
        """Address of the member that takes writes."""
        return mqadmin.leaders(cluster.cluster_list(self.namesrv[0]))[group]

    def restarts(self) -> dict[str, dict[str, int]]:
        """How often systemd itself started each unit anew, by host; units that do not run are left out."""
        return {host: _restarts(host) for host in cluster.ADDRESSES}

    def client(self, purpose: str) -> ledger.Client:
        """The vendor's client with a topic that every member knows."""
        topic = f"{purpose}-{int(time.time())}"
        folder = self.folder / purpose
        client = ledger.Client(self.namesrv, topic, groups=list(self.layout.groups), folder=folder)
        client.create_topic(self.layout.cluster)
        deadline = time.monotonic() + COPIED_SECONDS
        while ignorant := self._without_topic(topic):
            assert time.monotonic() < deadline, f"{ignorant} did not copy {topic} in {COPIED_SECONDS} s"
            time.sleep(1)
        return client

    def _without_topic(self, topic: str) -> list[str]:
        """Members that have not written the topic down: the next leader has to know it."""
        return [
            f"{group.instance} on {host}"
            for group in self.layout.groups.values()
            for host in group.ids
            if cluster.host(host).run(f"grep -qs {topic} {self.store(group.instance)}/config/topics.json").rc
        ]

    def store(self, instance: str) -> str:
        data = "/data/rocketmq" if self.example == "data_on_a_mount" else "/var/lib/rocketmq"
        return f"{data}/{instance}/store"


def _restarts(host: str) -> dict[str, int]:
    shown = cluster.host(host).check_output("systemctl show --property=Id,NRestarts,MainPID 'rocketmq-*.service'")
    units = [dict(line.split("=", 1) for line in block.splitlines()) for block in shown.split("\n\n")]
    return {unit["Id"]: int(unit["NRestarts"]) for unit in units if unit and unit["MainPID"] != "0"}
