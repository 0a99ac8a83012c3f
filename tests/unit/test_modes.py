# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each mode writes on each host."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _topology
from mode_mistakes import controllers, masters, own_controllers, slaves

from inventories import HOSTS, Sample

Change = Callable[[Sample], object]
#: Keys by which any mode says what a broker is.
TELLING = (
    "broker",
    "enable",
    "dLeger",
    "controller",
    "storePathCommitLog",
    "allAck",
    "register",
    "sync",
    "haSend",
    "haHousekeeping",
    "minInSync",
)
DLEDGER = ("enableDLegerCommitLog", "dLegerGroup", "dLegerPeers", "dLegerSelfId")


def plan(*changes: Change) -> dict[str, Any]:
    sample = Sample()
    for change in changes:
        change(sample)
    result = _topology.plan(sample.hostvars, sample.groups)
    assert result["problems"] == []
    return result


def properties(instance: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = instance["config"]["properties"]
    return found


def broker(found: dict[str, Any], host: str, group: str = "RaftNode00") -> dict[str, Any]:
    return next(properties(own) for own in found["hosts"][host]["brokers"] if own["group"] == group)


@pytest.mark.parametrize(("role", "shown"), [(None, "ASYNC_MASTER"), ("SYNC_MASTER", "SYNC_MASTER")])
def test_a_master_and_its_slaves(role: str | None, shown: str) -> None:
    found = plan(slaves, lambda s: s.set(rocketmq_broker_properties={"brokerRole": role} if role else {}))
    own = {host: broker(found, host) for host in HOSTS}
    assert {host: keys["brokerId"] for host, keys in own.items()} == {"rmq71": 0, "rmq76": 1, "rmq77": 2}
    assert {host: keys["brokerRole"] for host, keys in own.items()} == {
        "rmq71": shown,
        "rmq76": "SLAVE",
        "rmq77": "SLAVE",
    }
    assert {keys["brokerName"] for keys in own.values()} == {"RaftNode00"}
    # A slave finds its master by the address that this one registers for HA.
    assert {host: keys["brokerIP2"] for host, keys in own.items()} == {h: f"192.168.1.{h[3:]}" for h in HOSTS}
    for keys in own.values():
        assert keys["storePathCommitLog"] == "/var/lib/rocketmq/n0/store/commitlog"
        assert not set(keys) & {*DLEDGER, "enableControllerMode", "controllerAddr"}


def test_double_write_is_one_on_every_version() -> None:
    """5.x counts the master among the replicas that it waits for, and asks for one."""

    def keys(version: str, **group: Any) -> dict[str, Any]:
        found = broker(plan(lambda s: [slaves(s, **group), s.set(rocketmq_version=version)]), "rmq71")
        return {key: found.get(key) for key in ("inSyncReplicas", "totalReplicas")}

    sync = {"brokerRole": "SYNC_MASTER"}
    assert keys("5.5.0", properties=sync) == {"inSyncReplicas": 2, "totalReplicas": 3}
    assert keys("5.5.0", properties={**sync, "inSyncReplicas": 3})["inSyncReplicas"] == 3
    assert keys("5.5.0") == keys("4.9.7", properties=sync) == {"inSyncReplicas": None, "totalReplicas": None}


def test_slaves_answer_consumers() -> None:
    assert broker(plan(slaves), "rmq76")["slaveReadEnable"] is True
    assert broker(plan(lambda s: slaves(s, properties={"slaveReadEnable": False})), "rmq76")["slaveReadEnable"] is False
    assert "slaveReadEnable" not in broker(plan(masters), "rmq71")


def test_members_of_a_group_may_have_any_numbers() -> None:
    found = plan(lambda s: slaves(s, members={"rmq71": 7, "rmq76": 0, "rmq77": "3"}))
    assert {host: broker(found, host)["brokerId"] for host in HOSTS} == {"rmq71": 7, "rmq76": 0, "rmq77": 3}
    assert [member["host"] for member in found["groups"][0]["members"]] == ["rmq76", "rmq77", "rmq71"]


@pytest.mark.parametrize("members", [["rmq76"], {"rmq76": 0}, {"rmq76": None}])
def test_a_master_alone(members: Any) -> None:
    found = plan(lambda s: masters(s, members=members))
    keys = broker(found, "rmq76")
    assert (keys["brokerId"], keys["brokerRole"]) == (0, "ASYNC_MASTER")
    assert keys["storePathCommitLog"] == "/var/lib/rocketmq/n0/store/commitlog"
    assert not set(keys) & {*DLEDGER, "enableControllerMode", "controllerAddr"}
    assert [[own["group"] for own in found["hosts"][host]["brokers"]] for host in HOSTS] == [
        ["RaftNode01"],
        ["RaftNode00", "RaftNode01"],
        ["RaftNode01"],
    ]


def test_a_store_of_its_own_holds_the_commit_log_too() -> None:
    keys = broker(plan(lambda s: slaves(s, store="/data/n0")), "rmq76")
    assert (keys["storePathRootDir"], keys["storePathCommitLog"]) == ("/data/n0", "/data/n0/commitlog")


@pytest.mark.parametrize("host", HOSTS)
def test_dledger_decides_role_and_id_itself(host: str) -> None:
    keys = broker(plan(), host)
    assert set(DLEDGER) <= set(keys)
    assert not set(keys) & {"brokerId", "storePathCommitLog", "enableControllerMode", "controllerAddr"}


@pytest.mark.parametrize("change", [controllers, own_controllers])
@pytest.mark.parametrize("host", HOSTS)
def test_brokers_know_all_controllers_and_choose_no_id(change: Change, host: str) -> None:
    found = plan(change)
    keys = broker(found, host, "RaftNode01")
    telling = {key: value for key, value in keys.items() if key.startswith(TELLING)}
    assert telling == {
        "brokerName": "RaftNode01",
        "brokerClusterName": "RaftCluster",
        "brokerIP1": f"192.168.1.{host[3:]}",
        "brokerIP2": f"192.168.1.{host[3:]}",
        "brokerHeartbeatInterval": 500,
        "enableControllerMode": True,
        "controllerAddr": "192.168.1.71:9878;192.168.1.76:9878;192.168.1.77:9878",
        "controllerHeartBeatTimeoutMills": 5000,
        "registerNameServerPeriod": 10000,
        "registerBrokerTimeoutMills": 1000,
        "syncControllerMetadataPeriod": 1000,
        "haSendHeartbeatInterval": 1,
        "minInSyncReplicas": 2,
        "enableSlaveActingMaster": True,
        "brokerNotActiveTimeoutMillis": 4000,
        "haHousekeepingInterval": 5500,
        "allAckInSyncStateSet": True,
        "storePathCommitLog": "/var/lib/rocketmq/n1/store/commitlog",
    }
    assert found["controllers"] == ["192.168.1.71:9878", "192.168.1.76:9878", "192.168.1.77:9878"]
    assert [member["member_id"] for member in found["groups"][1]["members"]] == ["", "", ""]


@pytest.mark.parametrize(
    ("version", "hosts", "wanted"), [("5.5.0", HOSTS, 2), ("5.5.0", HOSTS[:2], None), ("5.3.3", HOSTS, None)]
)
def test_no_master_of_5_5_0_acknowledges_alone(version: str, hosts: list[str], wanted: int | None) -> None:
    """Earlier ones do not, and of two members one has to be enough."""
    found = plan(lambda s: controllers(s, rocketmq_version=version), lambda s: s.group(1, members=list(hosts)))
    assert broker(found, "rmq71", "RaftNode01").get("minInSyncReplicas") == wanted
    # Its followers have to find the next master at once then.
    assert ("enableSlaveActingMaster" in broker(found, "rmq71", "RaftNode01")) == bool(wanted)
    assert ("notifyMinBrokerIdChanged" in properties(found["hosts"]["rmq71"]["namesrv"][0])) == bool(wanted)


def test_timings_of_controllers_are_defaults_only() -> None:
    mine = {"brokerHeartbeatInterval": 1000, "allAckInSyncStateSet": False}
    keys = broker(plan(controllers, lambda s: s.set(rocketmq_broker_properties=mine)), "rmq71", "RaftNode01")
    assert {key: keys[key] for key in mine} == mine
    found = plan(
        lambda s: own_controllers(
            s, rocketmq_controller_properties={"scanNotActiveBrokerInterval": 5000, "enableElectUncleanMaster": True}
        )
    )
    keys = properties(found["hosts"]["rmq71"]["controller"][0])
    assert (keys["scanNotActiveBrokerInterval"], keys["scanInactiveMasterInterval"]) == (5000, 500)
    assert keys["enableElectUncleanMaster"] is True


RAFT = "192.168.1.71:9880,192.168.1.76:9880,192.168.1.77:9880"
RPC = "192.168.1.71:9878,192.168.1.76:9878,192.168.1.77:9878"


def agreeing(kind: str, host: str) -> dict[str, Any]:
    """The keys of a controller that depend on its type."""
    if kind == "dledger":
        return {
            "controllerType": "DLedger",
            "controllerDLegerGroup": "RaftCluster-controller",
            "controllerDLegerPeers": "n0-192.168.1.71:9878;n1-192.168.1.76:9878;n2-192.168.1.77:9878",
            "controllerDLegerSelfId": {"rmq71": "n0", "rmq76": "n1", "rmq77": "n2"}[host],
        }
    return {
        "controllerType": "jRaft",
        "jRaftGroupId": "RaftCluster-controller",
        "jRaftServerId": f"192.168.1.{host[3:]}:9880",
        "jRaftInitConf": RAFT,
        "jRaftControllerRPCAddr": RPC,
    }


@pytest.mark.parametrize(("given", "kind"), [({}, "jraft"), ({"rocketmq_controller_type": "dledger"}, "dledger")])
@pytest.mark.parametrize("host", HOSTS)
def test_a_controller_of_its_own(given: dict[str, str], kind: str, host: str) -> None:
    found = plan(lambda s: own_controllers(s, **given))["hosts"][host]
    (instance,) = found["controller"]
    assert properties(instance) == {
        "scanNotActiveBrokerInterval": 500,
        "scanInactiveMasterInterval": 500,
        "controllerStorePath": "/var/lib/rocketmq/controller/store",
        **agreeing(kind, host),
    }
    assert instance["ports"] == {"listen": 9878, **({"raft": 9880} if kind == "jraft" else {})}
    assert instance["unit"] == "rocketmq-controller.service"
    assert instance["command"][-3:] == [
        "org.apache.rocketmq.controller.ControllerStartup",
        "-c",
        "/etc/rocketmq/controller.conf",
    ]
    (namesrv,) = found["namesrv"]
    assert not [key for key in properties(namesrv) if "ontroller" in key or key.startswith("jRaft")]
    assert namesrv["ports"] == {"listen": 9876}


@pytest.mark.parametrize("kind", ["jraft", "dledger"])
@pytest.mark.parametrize("host", HOSTS)
def test_a_controller_in_a_name_server(kind: str, host: str) -> None:
    found = plan(lambda s: controllers(s, rocketmq_controller_type=kind))["hosts"][host]
    assert found["controller"] == []
    (namesrv,) = found["namesrv"]
    assert properties(namesrv) == {
        "listenPort": 9876,
        "kvConfigPath": "/var/lib/rocketmq/namesrv/kvConfig.json",
        "configStorePath": "/etc/rocketmq/namesrv.conf",
        "enableControllerInNamesrv": True,
        "notifyMinBrokerIdChanged": True,
        "scanNotActiveBrokerInterval": 500,
        "scanInactiveMasterInterval": 500,
        "controllerStorePath": "/var/lib/rocketmq/namesrv/controller",
        **agreeing(kind, host),
    }
    assert namesrv["ports"] == {"listen": 9876, "controller": 9878, **({"raft": 9880} if kind == "jraft" else {})}


def test_keys_of_the_name_server_win_over_those_of_its_controller() -> None:
    found = plan(controllers, lambda s: s.set(rocketmq_namesrv_properties={"scanNotActiveBrokerInterval": 4000}))
    assert properties(found["hosts"]["rmq71"]["namesrv"][0])["scanNotActiveBrokerInterval"] == 4000


def test_controllers_keep_their_ids_whatever_the_order() -> None:
    members = {"rmq77": "n10", "rmq71": "n2", "rmq76": "n0"}
    found = plan(lambda s: controllers(s, rocketmq_controller_type="dledger", rocketmq_controller_members=members))
    own = {host: properties(found["hosts"][host]["namesrv"][0]) for host in HOSTS}
    peers = "n0-192.168.1.76:9878;n2-192.168.1.71:9878;n10-192.168.1.77:9878"
    assert {keys["controllerDLegerPeers"] for keys in own.values()} == {peers}
    assert {host: keys["controllerDLegerSelfId"] for host, keys in own.items()} == members


def test_fewer_controllers_than_name_servers() -> None:
    found = plan(
        lambda s: controllers(s, rocketmq_controller_members={"rmq76": "n0"}, rocketmq_allow_any_group_size=True)
    )
    enabled = {host: properties(found["hosts"][host]["namesrv"][0]).get("enableControllerInNamesrv") for host in HOSTS}
    assert enabled == {"rmq71": None, "rmq76": True, "rmq77": None}
    assert broker(found, "rmq71", "RaftNode01")["controllerAddr"] == "192.168.1.76:9878"


def test_modes_live_beside_each_other() -> None:
    found = plan(slaves, own_controllers)
    assert [group["mode"] for group in found["groups"]] == ["master_slave", "controller"]
    assert "controllerAddr" not in broker(found, "rmq71")
    assert "brokerId" not in broker(found, "rmq71", "RaftNode01")


@pytest.mark.parametrize("members", [["rmq71"], ["rmq71", "rmq76"]])
def test_any_number_of_members_under_controllers_can_be_accepted(members: list[str]) -> None:
    found = plan(controllers, lambda s: [s.group(1, members=members), s.set(rocketmq_allow_any_group_size=True)])
    assert [member["host"] for member in found["groups"][1]["members"]] == members


@pytest.mark.parametrize("change", [slaves, masters, own_controllers])
def test_the_order_in_the_inventory_changes_nothing(change: Change) -> None:
    one, other = Sample(), Sample()
    change(one)
    change(other)
    other.groups = {name: list(reversed(hosts)) for name, hosts in other.groups.items()}
    for own in other.hostvars.values():
        for entry in own["rocketmq_broker_groups"]:
            members = entry["members"]
            entry["members"] = (
                dict(reversed(list(members.items()))) if isinstance(members, dict) else list(reversed(members))
            )
        own["rocketmq_controller_members"] = dict(reversed(list(own.get("rocketmq_controller_members", {}).items())))
    assert _topology.plan(one.hostvars, one.groups) == _topology.plan(other.hostvars, other.groups)


@pytest.mark.parametrize("kind", ["namesrv", "controller", "broker"])
def test_jvm_options_of_each_kind_reach_its_processes_only(kind: str) -> None:
    found = plan(own_controllers, lambda s: s.set(**{f"rocketmq_{kind}_jvm_options": ["-Dmine=1"]}))
    kinds = {
        own["kind"]
        for host in found["hosts"].values()
        for instances in (host["namesrv"], host["controller"], host["brokers"])
        for own in instances
        if "-Dmine=1" in own["jvm_options"]
    }
    assert kinds == {kind}
