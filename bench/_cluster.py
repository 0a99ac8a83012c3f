"""The cluster of inventories/lab: on fresh hosts, deployed by site.yml, watched by our own client."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]
from ansible_collections.rocketmq.cluster.plugins.module_utils import _health, _overview
from ansible_collections.rocketmq.cluster.plugins.module_utils._client import LEADER
from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _topology

from lab import _hosts, _setup
from lab._shell import ROOT, STATE, VENV, LabError, phase, run, tail
from tests.clients import mqadmin

VERSION = "4.7.1"
LOGS = STATE / "bench"
TIMEOUT = 3.0  # cluster_info's own default


@dataclass(frozen=True)
class Cluster:
    """What one inventory deploys."""

    inventory: Path
    version: str = VERSION

    @cached_property
    def plan(self) -> dict[str, Any]:
        listing = json.loads(run(str(VENV / "bin/ansible-inventory"), "-i", str(self.inventory), "--list"))
        variables = listing.pop("_meta")["hostvars"]
        # The console's digest is a template, which only Ansible renders; nothing here looks at the console.
        given = {"rocketmq_version": self.version, "rocketmq_dashboard_sha256": "0" * 64}
        hostvars = {host: {**own, **given} for host, own in variables.items()}
        plan = _topology.plan(hostvars, {name: group.get("hosts", []) for name, group in listing.items()})
        if plan["problems"]:
            raise LabError("\n".join([f"{self.inventory} cannot be deployed:", *plan["problems"]]))
        return plan

    @property
    def addresses(self) -> list[str]:
        return [host["address"] for host in self.plan["hosts"].values()]

    @property
    def groups(self) -> list[str]:
        return [group["name"] for group in self.plan["groups"]]

    def deploy(self, log: str, **environment: str) -> str:
        """Runs site.yml."""
        return self.play("site.yml", log, None, **environment)

    def play(self, playbook: str, log: str, variables: Mapping[str, Any] | None = None, **environment: str) -> str:
        """Runs a playbook; returns what it printed, which is also kept in .lab/bench/<log>.log."""
        LOGS.mkdir(parents=True, exist_ok=True)
        path = LOGS / f"{log}.log"
        command = [str(VENV / "bin/ansible-playbook"), "-i", str(self.inventory), playbook]
        command += ["-e", json.dumps({"rocketmq_version": self.version, **(variables or {})})]
        with phase(f"{playbook}, log in {path.relative_to(ROOT)}"), path.open("w", encoding="utf-8") as output:
            status = subprocess.run(
                command,
                cwd=ROOT,
                env={**os.environ, "ANSIBLE_NOCOLOR": "1", **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            ).returncode
        text = path.read_text(encoding="utf-8")
        if status:
            words = tail(text.partition("\nPLAY RECAP")[0], 30)
            raise LabError(f"`{shlex.join(command)}` ended with status {status}; the whole of it: {path}\n{words}")
        return text

    def look(self) -> _overview.Overview:
        return _overview.look(self.plan["namesrv"], TIMEOUT)

    def missing(self) -> list[str]:
        """What the cluster table lacks: all members and one leader of each group, on every name server."""
        views = self.look().views()
        found = [f"name server {address} does not answer" for address in self.plan["namesrv"] if address not in views]
        for group in self.plan["groups"]:
            name, members = group["name"], {member["address"] for member in group["members"]}
            known = {server: view.groups[name].brokers if name in view.groups else {} for server, view in views.items()}
            found += [
                f"{server} knows {sorted(brokers.values())} of {name}"
                for server, brokers in known.items()
                if set(brokers.values()) != members
            ]
            leaders = {brokers.get(LEADER, "none") for brokers in known.values()}
            if len(leaders) != 1 or leaders == {"none"}:
                found.append(f"leaders of {name}: {sorted(leaders)}")
        return found

    def wait_until_complete(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while missing := self.missing():
            if time.monotonic() > deadline:
                raise LabError("\n    ".join([f"the cluster is not complete after {seconds:.0f} s:", *missing]))
            time.sleep(0.5)

    def wait_until_healthy(self, steady: float, seconds: float) -> None:
        """Until nothing is wrong, followers caught up included, and was not for `steady` seconds."""
        plan = self.plan
        groups = [
            {**group, "members": [{**member, "broker_ids": []} for member in group["members"]]}
            for group in plan["groups"]
        ]
        wanted = _health.plan_of({**plan, "groups": groups, "without": [], "strict": True})
        before: _health.Marks = {}
        began = healthy_since = time.monotonic()
        while True:
            overview = _overview.look(plan["namesrv"], TIMEOUT, wanted.addresses(), wanted.controllers)
            problems = _health.judge(wanted, overview, before)
            now = time.monotonic()
            if problems:
                healthy_since = now
            elif now - healthy_since >= steady:
                return
            if now - began > seconds:
                sentences = [problem.problem for problem in problems] or ["it is, but not steadily"]
                raise LabError("\n    ".join([f"the cluster is not healthy after {seconds:.0f} s:", *sentences]))
            before = _health.marks(wanted, overview)
            # Each look asks every process: on 5.5.0, three looks a second took a third of a core.
            time.sleep(1)

    def confirm(self) -> None:
        """Asks the vendor's own tool once, started without anything that a role installed beside the jars."""
        host = next(iter(self.plan["hosts"].values()))
        home, options = host["dist"]["home"], host["dist"]["java_options"]
        java = ["env", f"ROCKETMQ_HOME={home}", f"{host['dist']['java_home']}/bin/java", *options]
        tool = ["-cp", f"{home}/lib/*", "org.apache.rocketmq.tools.command.MQAdminStartup", "clusterList"]
        command = shlex.join(["sudo", *java, *tool, "-n", self.plan["namesrv"][0]])
        output = run(*_hosts.ssh(host["address"], command))
        members = mqadmin.members(output)
        wanted = {member["address"] for group in self.plan["groups"] for member in group["members"]}
        if {member.address for member in members} != wanted or set(mqadmin.leaders(members)) != set(self.groups):
            raise LabError(f"mqadmin does not confirm the cluster:\n{tail(output)}")


def full(version: str = VERSION) -> Cluster:
    """As `make demo` deploys it, with the console."""
    return Cluster(_hosts.INVENTORY, version)


def without_console(version: str = VERSION) -> Cluster:
    """The nine processes alone; variables and key are those of inventories/lab."""
    children = _lab()["children"]
    return _written("lab", {**children, "rocketmq_dashboard": {"hosts": {}}}, _hosts.INVENTORY, version)


def example(name: str, version: str) -> Cluster:
    """An inventory of inventories/examples on the lab's hosts, with small heaps and jars through the mvn client."""
    source = ROOT / "inventories/examples" / name
    hosts = yaml.safe_load((source / "hosts.yml").read_text(encoding="utf-8"))
    return _written(name, hosts["rocketmq"]["children"], source, version)


def of(name: str, version: str) -> Cluster:
    """An example, or without a name the lab's own nine processes (DLedger)."""
    return example(name, version) if name else without_console(version)


def mode(name: str) -> str:
    """What the table calls it."""
    return name.replace("_", " ") or "DLedger"


def _lab() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((_hosts.INVENTORY / "hosts.yml").read_text(encoding="utf-8"))
    return dict(found["rocketmq"])


def _written(name: str, children: dict[str, Any], variables: Path, version: str) -> Cluster:
    # As deep as inventories/lab, from where its variables name the key.
    folder = STATE / f"bench-{name}"
    folder.mkdir(parents=True, exist_ok=True)
    lab = _lab()
    own = {**lab["vars"], "rocketmq_jvm_profile": "small", "rocketmq_install_source": "maven"}
    inventory = {"rocketmq": {"children": children, "hosts": lab["hosts"], "vars": own}}
    (folder / "hosts.yml").write_text(yaml.safe_dump(inventory), encoding="utf-8")
    link = folder / "group_vars"
    link.unlink(missing_ok=True)
    link.symlink_to(variables / "group_vars")
    return Cluster(folder, version)


def fresh_hosts() -> None:
    _hosts.down()
    _setup.up()
