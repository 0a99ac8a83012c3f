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
from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _topology, _versions

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


EXAMPLES = sorted(path.parent.name for path in (ROOT / "inventories/examples").glob("*/hosts.yml"))
SLAVES = {
    "broker-a": {"rmq71": "0", "rmq76": "1"},
    "broker-b": {"rmq76": "0", "rmq77": "1"},
    "broker-c": {"rmq77": "0", "rmq71": "1"},
}
CONTROLLED = {group: dict.fromkeys(SELF_IDS, "") for group in ("broker-a", "broker-b")}
#: Example -> group -> its members and their ids; those without ids get theirs from a controller.
GROUPS: dict[str, dict[str, dict[str, str]]] = {
    "single": {"broker-a": {"rmq71": ""}},
    "multi_master": {"broker-a": {"rmq71": ""}, "broker-b": {"rmq76": ""}, "broker-c": {"rmq77": ""}},
    "master_slave_async": SLAVES,
    "master_slave_sync": SLAVES,
    "controller": CONTROLLED,
    "controller_in_namesrv": CONTROLLED,
    "proxy": {"broker-dledger": {"rmq71": "n0", "rmq76": "n1", "rmq77": "n2"}},
    "proxy_local": {"broker-a": {"rmq71": ""}},
    "developer": {
        "RaftNode00": {"rmq71": "n0", "rmq76": "n1", "rmq77": "n2"},
        "RaftNode01": {"rmq71": "n0", "rmq76": "n1", "rmq77": "n2"},
    },
    "growing": {"broker-0": {"rmq71": ""}, "broker-1": {"rmq76": ""}},
    "data_on_a_mount": {"broker-a": {"rmq71": "0", "rmq76": "1"}},
}


def example(name: str, **extra: Any) -> dict[str, Any]:
    return _topology.plan(*load(f"examples/{name}", **CONSOLE, **extra))


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_what_its_name_says(name: str) -> None:
    plan = example(name)
    assert plan["problems"] == []
    found = {
        group["name"]: {member["host"]: member["member_id"] for member in group["members"]} for group in plan["groups"]
    }
    assert found == GROUPS[name]


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_deployable_on_every_version_that_has_its_mode(name: str) -> None:
    plan = example(name)
    mode, processes = plan["groups"][0]["mode"], {"proxy"} if plan["proxies"] else set()
    releases = map(_versions.load, _versions.known())
    versions = [one.version for one in releases if mode in one.modes and processes <= set(one.processes)]
    assert versions
    for version in versions:
        assert example(name, rocketmq_version=version, rocketmq_allow_vulnerable_version=True)["problems"] == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_is_in_the_page_about_modes_or_proxies(name: str) -> None:
    pages = [(ROOT / "docs" / page).read_text(encoding="utf-8") for page in ("modes.md", "proxy.md")]
    assert any(f"inventories/examples/{name})" in page for page in pages)


@pytest.mark.parametrize(
    ("name", "role"), [("master_slave_async", "ASYNC_MASTER"), ("master_slave_sync", "SYNC_MASTER")]
)
def test_the_examples_of_slaves_differ_in_the_role_of_their_masters(name: str, role: str) -> None:
    roles = {
        (own["config"]["properties"]["brokerId"], own["config"]["properties"]["brokerRole"])
        for host in example(name)["hosts"].values()
        for own in host["brokers"]
    }
    assert roles == {(0, role), (1, "SLAVE")}


def test_the_examples_of_controllers_differ_in_where_they_are() -> None:
    apart, embedded = (example(name)["hosts"] for name in ("controller", "controller_in_namesrv"))
    assert [len(host["controller"]) for host in apart.values()] == [1, 1, 1]
    assert [len(host["controller"]) for host in embedded.values()] == [0, 0, 0]
    processes = [host["namesrv"][0] for host in embedded.values()] + [host["controller"][0] for host in apart.values()]
    assert {own["config"]["properties"]["controllerType"] for own in processes} == {"jRaft"}


def test_the_developers_machine_is_the_lab() -> None:
    lab, developer = (load(name)[0] for name in ("lab", "examples/developer"))
    for host, own in developer.items():
        assert {key: own[key] for key in ("ansible_host", "ansible_user")} == {
            key: lab[host][key] for key in ("ansible_host", "ansible_user")
        }
    plan = example("developer")
    assert plan["namesrv"] == ["198.18.71.71:9876", "198.18.71.76:9876"]
    for host in plan["hosts"].values():
        assert host["java"]["major"] == 17
        for broker in host["brokers"]:
            assert broker["config"]["properties"]["autoCreateTopicEnable"] is False
            assert broker["config"]["properties"]["sendMessageThreadPoolNums"] == 4
            assert "-Xmx192m" in broker["jvm_options"]


def test_data_on_a_mount_is_nowhere_else() -> None:
    for host in example("data_on_a_mount")["hosts"].values():
        for own in host["namesrv"] + host["brokers"]:
            unit = next(item["content"] for item in own["service"]["files"] if item["path"].endswith(".service"))
            assert own["store"].startswith("/data/rocketmq/")
            assert f"RequiresMountsFor={own['data_dir']} {own['store']}\n" in unit
            assert "/var/lib/rocketmq" not in str(own)


def test_the_example_of_proxies_has_three_of_everything() -> None:
    plan = _topology.plan(*load("examples/proxy", **CONSOLE))
    kinds = {kind: [len(own[kind]) for own in plan["hosts"].values()] for kind in ("namesrv", "proxy", "dashboard")}
    assert kinds == {kind: [1, 1, 1] for kind in kinds}
    assert [len(group["members"]) for group in plan["groups"]] == [3]
    assert [proxy["grpc_port"] for proxy in plan["proxies"]] == [8081, 8081, 8081]
