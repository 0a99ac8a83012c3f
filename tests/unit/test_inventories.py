# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The shipped inventories, read by Ansible itself."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.vars.manager import VariableManager
from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _topology

ROOT = pathlib.Path(__file__).parents[2]
CONSOLE = {
    "rocketmq_dashboard_source": "file",
    "rocketmq_dashboard_file": "/srv/console.jar",
    "rocketmq_dashboard_sha256": "ab" * 32,
}


def load(name: str, **extra: Any) -> tuple[dict[str, dict[str, Any]], dict[str, list[str]]]:
    loader = DataLoader()
    inventory = InventoryManager(loader=loader, sources=[str(ROOT / "inventories" / name)])
    manager = VariableManager(loader=loader, inventory=inventory)
    hostvars = {host.name: {**manager.get_vars(host=host), **extra} for host in inventory.get_hosts()}
    return hostvars, inventory.get_groups_dict()


# The two files of the deployment plan that inventories/prod stands for, per host.
PEERS = "n0-192.168.1.71:{port};n1-192.168.1.76:{port};n2-192.168.1.77:{port}"
FILES = [("broker-n0.conf", "RaftNode00", 10911, 20911), ("broker-n1.conf", "RaftNode01", 10921, 20921)]
SELF_IDS = {"rmq71": ("192.168.1.71", "n0"), "rmq76": ("192.168.1.76", "n1"), "rmq77": ("192.168.1.77", "n2")}


@pytest.mark.parametrize("host", SELF_IDS)
@pytest.mark.parametrize(("file", "group", "listen", "dledger"), FILES)
def test_prod_has_every_value_of_the_plan(host: str, file: str, group: str, listen: int, dledger: int) -> None:
    address, self_id = SELF_IDS[host]
    wanted = {
        "listenPort": str(listen),
        "namesrvAddr": "192.168.1.71:9876;192.168.1.76:9876;192.168.1.77:9876",
        "brokerIP1": address,
        "brokerIP2": address,
        "brokerName": group,
        "brokerClusterName": "RaftCluster",
        "deleteWhen": "04",
        "fileReservedTime": "72",
        "brokerRole": "ASYNC_MASTER",
        "flushDiskType": "ASYNC_FLUSH",
        "enableDLegerCommitLog": "true",
        "dLegerGroup": group,
        "dLegerPeers": PEERS.format(port=dledger),
        "dLegerSelfId": self_id,
        "sendMessageThreadPoolNums": "2",
    }
    plan = _topology.plan(*load("prod", **CONSOLE))
    assert plan["problems"] == []
    files = {
        item["path"]: item["content"]
        for broker in plan["hosts"][host]["brokers"]
        for item in broker["service"]["files"]
    }
    lines = files[f"/etc/rocketmq/{file}"].splitlines()
    written = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
    assert {key: written.get(key) for key in wanted} == wanted


def test_prod_asks_for_nothing_but_the_console_jar() -> None:
    found = _topology.plan(*load("prod"))["problems"]
    assert len(found) == 1
    assert "rocketmq_dashboard_sha256" in found[0]


def test_prod_runs_the_console_on_the_first_host_only() -> None:
    hosts = _topology.plan(*load("prod", **CONSOLE))["hosts"]
    assert {host: [instance["ports"]["listen"] for instance in own["dashboard"]] for host, own in hosts.items()} == {
        "rmq71": [19876],
        "rmq76": [],
        "rmq77": [],
    }
    options = hosts["rmq71"]["dashboard"][0]["jvm_options"]
    names = "192.168.1.71:9876;192.168.1.76:9876;192.168.1.77:9876"
    assert {f"-Drocketmq.namesrv.addr={names}", "-Dcom.rocketmq.sendMessageWithVIPChannel=false"} <= set(options)


def test_lab_is_the_same_cluster() -> None:
    prod, lab = (_topology.plan(*load(name, **CONSOLE)) for name in ("prod", "lab"))
    assert lab["problems"] == []
    assert lab["cluster"] == prod["cluster"]
    without_address = [
        [
            (group["name"], member["host"], member["member_id"])
            for group in plan["groups"]
            for member in group["members"]
        ]
        for plan in (prod, lab)
    ]
    assert without_address[0] == without_address[1]
