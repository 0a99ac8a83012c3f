# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What can be wrong with modes and controllers, each with words that the one sentence about it must have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from inventories import HOSTS, MEMBERS, Sample

Change = Callable[[Sample], object]


def masters(s: Sample, host: str = "rmq71", **keys: Any) -> None:
    """RaftNode00 as one master."""
    s.group(0, **{"mode": "master", "dledger_port": None, "members": [host], **keys})


def slaves(s: Sample, **keys: Any) -> None:
    """RaftNode00 as a master and two slaves."""
    members = {"rmq71": 0, "rmq76": 1, "rmq77": 2}
    s.group(0, **{"mode": "master_slave", "dledger_port": None, "members": members, **keys})


def controllers(s: Sample, **variables: Any) -> None:
    """RaftNode01 under controllers that are a part of the name servers."""
    s.set(**{"rocketmq_version": "5.5.0", "rocketmq_controller_members": MEMBERS, **variables})
    s.group(1, mode="controller", dledger_port=None, members=list(HOSTS))


def own_controllers(s: Sample, **variables: Any) -> None:
    """RaftNode01 under controllers that are processes of their own."""
    controllers(s, **variables)
    s.groups["rocketmq_controller"] = list(HOSTS)


def with_controllers(**variables: Any) -> Change:
    return lambda s: controllers(s, **variables)


def by_dledger(**variables: Any) -> Change:
    return with_controllers(rocketmq_controller_type="dledger", **variables)


def with_slaves(**keys: Any) -> Change:
    return lambda s: slaves(s, **keys)


MISTAKES: dict[str, tuple[Change, list[str]]] = {
    "mode of later versions": (
        lambda s: s.group(0, mode="controller", dledger_port=None, members=list(HOSTS)),
        ["Group RaftNode00 has mode controller", "RocketMQ 4.9.7 does not have", "master_slave", "5.5.0"],
    ),
    "mode of later versions, with controllers": (
        with_controllers(rocketmq_version="4.9.7"),
        ["Group RaftNode01 has mode controller", "RocketMQ 4.9.7 does not have"],
    ),
    "controller key in a DLedger group": (
        lambda s: s.group(0, properties={"enableControllerMode": True}),
        ["Group RaftNode00: properties sets enableControllerMode", "use mode"],
    ),
    "DLedger key in a controller's group": (
        lambda s: [controllers(s), s.group(1, properties={"enableDLegerCommitLog": True})],
        ["Group RaftNode01: properties sets enableDLegerCommitLog", "use mode"],
    ),
    "both modes for all": (
        lambda s: s.set(rocketmq_broker_properties={"enableControllerMode": True}),
        ["rocketmq_broker_properties sets enableControllerMode", "use mode"],
    ),
    "addresses of controllers by hand": (
        with_controllers(rocketmq_broker_properties={"controllerAddr": "192.168.1.71:9878"}),
        ["rocketmq_broker_properties sets controllerAddr", "use rocketmq_controller_members"],
    ),
    "brokerId by hand": (
        with_slaves(properties={"brokerId": 0}),
        ["Group RaftNode00: properties sets brokerId", "use members"],
    ),
    "role of a slave for a group": (
        with_slaves(properties={"brokerRole": "SLAVE"}),
        ["Group RaftNode00: properties has brokerRole: SLAVE", "stands in members", "SYNC_MASTER"],
    ),
    "role of a slave for all": (
        lambda s: s.set(rocketmq_broker_properties={"brokerRole": "SLAVE"}),
        ["rocketmq_broker_properties has brokerRole: SLAVE", "stands in members"],
    ),
    "double write of a master": (
        lambda s: masters(s, properties={"brokerRole": "SYNC_MASTER"}),
        ["Group RaftNode00 has brokerRole: SYNC_MASTER, but no slave to wait for", "master_slave", "ASYNC_MASTER"],
    ),
    "double write without a slave": (
        with_slaves(members={"rmq71": 0}, properties={"brokerRole": "SYNC_MASTER"}),
        ["Group RaftNode00 has brokerRole: SYNC_MASTER, but no slave to wait for"],
    ),
    "double write of masters": (
        lambda s: [masters(s), s.set(rocketmq_broker_properties={"brokerRole": "SYNC_MASTER"})],
        ["Group RaftNode00 has brokerRole: SYNC_MASTER, but no slave to wait for"],
    ),
    "slave without a master": (
        with_slaves(members={"rmq71": 1, "rmq76": 2}),
        ["Group RaftNode00 has slaves without a master (rmq71: 1, rmq76: 2)", "the id 0"],
    ),
    "one slave without a master": (
        with_slaves(members={"rmq71": 1}),
        ["Group RaftNode00 has slaves without a master (rmq71: 1)", "the id 0"],
    ),
    "two masters in a group": (
        with_slaves(members={"rmq71": 0, "rmq76": 0, "rmq77": 1}),
        ["Group RaftNode00 has several masters (rmq71: 0, rmq76: 0)", "the id 0", "a group of its own"],
    ),
    "two masters of one name": (
        lambda s: [masters(s), s.group(1, name="RaftNode00")],
        ["2 entries of rocketmq_broker_groups have the name RaftNode00", "its own name"],
    ),
    "DLedger ids of slaves": (
        with_slaves(members={"rmq71": 0, "rmq76": "n1"}),
        ["Group RaftNode00 has the id 'n1' for rmq76", "a number, 0 for the master"],
    ),
    "id below zero": (
        with_slaves(members={"rmq71": 0, "rmq76": -1}),
        ["Group RaftNode00 has the id '-1' for rmq76", "a number"],
    ),
    "slave without an id": (
        with_slaves(members={"rmq71": 0, "rmq76": None}),
        ["Group RaftNode00 has no id for rmq76", "another for each slave"],
    ),
    "slaves with one id": (
        with_slaves(members={"rmq71": 0, "rmq76": 1, "rmq77": "01"}),
        ["Group RaftNode00 gives one id to several members (rmq76: 1, rmq77: 01)"],
    ),
    "slaves are a list": (
        with_slaves(members=["rmq71", "rmq76"]),
        ["Group RaftNode00 has members ['rmq71', 'rmq76']", "host to pinned id", "rmq71: 0"],
    ),
    "DLedger port of slaves": (
        with_slaves(dledger_port=20911),
        ["Group RaftNode00 has a dledger_port", "the mode master_slave does not use", "remove it"],
    ),
    "DLedger port of a master": (
        lambda s: masters(s, dledger_port=20911),
        ["Group RaftNode00 has a dledger_port", "the mode master does not use"],
    ),
    "DLedger port under controllers": (
        lambda s: [controllers(s), s.group(1, dledger_port=20911)],
        ["Group RaftNode01 has a dledger_port", "the mode controller does not use"],
    ),
    "master with a second member": (
        lambda s: masters(s, members=["rmq71", "rmq76"]),
        ["Group RaftNode00 has 2 members", "mode master is one broker", "mode: master_slave"],
    ),
    "master with an id": (
        lambda s: masters(s, members={"rmq71": "n0"}),
        ["Group RaftNode00 pins an id (rmq71: n0)", "its only member is the master", "members: [rmq71]"],
    ),
    "members are numbers": (lambda s: masters(s, members=[71]), ["Group RaftNode00 has members [71]", "list of hosts"]),
    "ids under controllers": (
        lambda s: [controllers(s), s.group(1, members=MEMBERS)],
        ["Group RaftNode01 pins an id (rmq71: n0, rmq76: n1, rmq77: n2)", "the controller gives the ids"],
    ),
    "one member under controllers": (
        lambda s: [controllers(s), s.group(1, members=["rmq71"])],
        ["Group RaftNode01 has 1 member", "at least 2 hosts", "rocketmq_allow_any_group_size"],
    ),
    "no controllers": (
        with_controllers(rocketmq_controller_members={}),
        ["Group RaftNode01 has mode controller, but rocketmq_controller_members is empty", "{rmq71: n0"],
    ),
    "controllers for nobody": (
        lambda s: s.set(rocketmq_version="5.5.0", rocketmq_controller_members=MEMBERS),
        ["rocketmq_controller_members names hosts", "no broker group has mode: controller"],
    ),
    "controllers of an old version": (
        lambda s: s.set(rocketmq_controller_members=MEMBERS),
        ["There are hosts in rocketmq_controller_members, but RocketMQ 4.9.7 has no controllers"],
    ),
    "controller processes of an old version": (
        lambda s: s.groups.update(rocketmq_controller=list(HOSTS)),
        ["There are hosts in the inventory group rocketmq_controller, but RocketMQ 4.9.7 has no controllers"],
    ),
    "controller processes for nobody": (
        lambda s: [s.set(rocketmq_version="5.5.0"), s.groups.update(rocketmq_controller=list(HOSTS))],
        [
            "rmq71, rmq76, rmq77 of the inventory group rocketmq_controller is not in rocketmq_controller_members",
            "take it out",
        ],
    ),
    "two controllers": (
        with_controllers(rocketmq_controller_members={"rmq71": "n0", "rmq76": "n1"}),
        ["rocketmq_controller_members has 2 hosts", "odd number", "rocketmq_allow_any_group_size"],
    ),
    "one controller": (
        with_controllers(rocketmq_controller_members={"rmq71": "n0"}),
        ["rocketmq_controller_members has 1 host,", "survives no failure", "at least 3"],
    ),
    "controllers are a list": (
        with_controllers(rocketmq_controller_members=list(HOSTS)),
        ["rocketmq_controller_members is ['rmq71', 'rmq76', 'rmq77']", "{rmq71: n0, rmq76: n1, rmq77: n2}"],
    ),
    "id of a controller is a number": (
        with_controllers(rocketmq_controller_members={**MEMBERS, "rmq77": 2}),
        ["rocketmq_controller_members has the ids rmq77: 2", "letter and a number"],
    ),
    "controller without an id": (
        with_controllers(rocketmq_controller_members={**MEMBERS, "rmq77": None}),
        ["rocketmq_controller_members has the ids rmq77: none", "letter and a number"],
    ),
    "controllers with one id": (
        with_controllers(rocketmq_controller_members={**MEMBERS, "rmq77": "m1"}),
        ["rocketmq_controller_members gives one id to several hosts", "rmq76: n1, rmq77: m1"],
    ),
    "controller on an unknown host": (
        with_controllers(rocketmq_controller_members={"rmq71": "n0", "rmq76": "n1", "rmq78": "n2"}),
        ["rocketmq_controller_members names rmq78", "rocketmq_namesrv, and rocketmq_controller is empty"],
    ),
    "controller process on an unknown host": (
        lambda s: own_controllers(s, rocketmq_controller_members={"rmq71": "n0", "rmq76": "n1", "rmq78": "n2"}),
        ["rocketmq_controller_members names rmq78", "rocketmq_controller has rmq77 instead", "the same hosts"],
    ),
    "controller on a host without a name server": (
        lambda s: [controllers(s), s.groups.update(rocketmq_namesrv=["rmq71", "rmq76"])],
        ["rocketmq_controller_members names rmq77", "rocketmq_namesrv, and rocketmq_controller is empty"],
    ),
    "controller process that is no member": (
        lambda s: [
            s.add_host("rmq78", "rocketmq_namesrv"),
            own_controllers(s),
            s.groups["rocketmq_controller"].append("rmq78"),
        ],
        ["rmq78 of the inventory group rocketmq_controller is not in rocketmq_controller_members", "give it an id"],
    ),
    "unknown type of controllers": (
        with_controllers(rocketmq_controller_type="raft"),
        ["rocketmq_controller_type is 'raft'", "one of jraft, dledger"],
    ),
    "controllers on the name server's port": (
        with_controllers(rocketmq_controller_port=9876),
        ["The name server and the controller share the port 9876", "rocketmq_controller_port"],
    ),
    "raft on the controller's port": (
        lambda s: own_controllers(s, rocketmq_controller_raft_port=9878),
        ["The controller uses the port 9878 twice", "rocketmq_controller_port or rocketmq_controller_raft_port"],
    ),
    "raft on a broker": (
        lambda s: own_controllers(s, rocketmq_controller_raft_port=10919),
        ["The controller and group RaftNode01 share the port 10919", "rocketmq_controller_raft_port or listen_port"],
    ),
    "broker on a controller": (
        lambda s: [controllers(s), s.group(1, listen_port=9877)],
        ["The controller and group RaftNode01 share the port 9878", "listen_port"],
    ),
    "owned key of controllers": (
        lambda s: own_controllers(s, rocketmq_controller_properties={"controllerStorePath": "/data"}),
        ["rocketmq_controller_properties sets controllerStorePath", "use rocketmq_data_dir"],
    ),
    "controllers through the name server's keys": (
        lambda s: s.set(rocketmq_namesrv_properties={"enableControllerInNamesrv": True}),
        ["rocketmq_namesrv_properties sets enableControllerInNamesrv", "use rocketmq_controller_members"],
    ),
    "keys of controllers are a text": (
        lambda s: own_controllers(s, rocketmq_controller_properties="a=1"),
        ["rocketmq_controller_properties is 'a=1'", "mapping"],
    ),
    "option of controllers without a dash": (
        lambda s: s.hostvars["rmq76"].update(rocketmq_controller_jvm_options=["Xss256k"]),
        ["rocketmq_controller_jvm_options has 'Xss256k' on rmq76:", "starting with '-'"],
    ),
    "mistyped group of controllers": (
        lambda s: [controllers(s), s.groups.update(rocketmq_controllers=list(HOSTS))],
        ["inventory group rocketmq_controllers", "did you mean rocketmq_controller?"],
    ),
}
