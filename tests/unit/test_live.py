# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan against what is there."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _files, _live, _topology
from mode_mistakes import by_dledger, controllers, masters, own_controllers, slaves, with_slaves

from inventories import HOSTS, MEMBERS, Sample


def plan(change: Callable[[Sample], object] = lambda s: None) -> dict[str, Any]:
    sample = Sample()
    change(sample)
    result = _topology.plan(sample.hostvars, sample.groups)
    assert result["problems"] == []
    return result


def carried(
    host: str = "rmq71", deployed: Callable[[Sample], object] = lambda s: None, **state: Any
) -> list[dict[str, Any]]:
    """What host_info finds on a host after the sample, changed by ``deployed``, was deployed."""
    own = plan(deployed)["hosts"][host]
    return [
        {
            "unit": instance["unit"],
            "kind": instance["kind"],
            "name": instance["name"],
            "version": instance["version"],
            "running": True,
            "has_data": True,
            "has_store": True,
            "drained": None,
            "restarts": 0,
            "store": instance["store"],
            "config_path": (instance["config"] or {}).get("path", ""),
            "properties": {
                key: _files.property_text(value)
                for key, value in (instance["config"] or {"properties": {}})["properties"].items()
            },
            **state,
        }
        for kind in _live.KINDS
        for instance in own[kind]
    ]


def test_what_was_deployed_is_no_conflict() -> None:
    assert _live.conflicts(carried(), plan(), "rmq71") == []


OTHER_MEMBERS = {"rmq71": "n5", "rmq76": "n1", "rmq77": "n2"}
IDENTITY: dict[str, tuple[Callable[[Sample], object], int, list[str]]] = {
    "id": (lambda s: s.group(0, members=OTHER_MEMBERS), 2, ["the id n0 and would get n5", "members"]),
    "peers": (lambda s: s.group(0, members={**MEMBERS, "rmq76": "n2", "rmq77": "n1"}), 1, ["the peers", "members"]),
    "address": (
        lambda s: s.hostvars["rmq76"].update(rocketmq_address="192.168.1.86"),
        2,
        ["the peers", "rocketmq_address"],
    ),
    "listen port": (lambda s: s.group(0, listen_port=10931), 1, ["the port 10911 and would get 10931", "listen_port"]),
    "DLedger port": (lambda s: s.group(0, dledger_port=20931), 1, ["the peers", "dledger_port"]),
    "store": (lambda s: s.group(0, store="/data/n0"), 1, ["the store /var/lib/rocketmq/n0/store", "store"]),
    "data folder": (lambda s: s.set(rocketmq_data_dir="/data"), 2, ["the store", "rocketmq_data_dir"]),
    "group name": (lambda s: s.group(0, name="RaftNode09"), 2, ["RaftNode00 and would get RaftNode09"]),
    "cluster name": (
        lambda s: s.set(rocketmq_cluster_name="Other"),
        2,
        ["RaftCluster and would get Other", "rocketmq_cluster_name"],
    ),
    "instance": (lambda s: s.group(0, instance="x0"), 1, ["instance n0", "does not name any more"]),
    "removed group": (
        lambda s: [own["rocketmq_broker_groups"].pop() for own in s.hostvars.values()],
        1,
        ["RaftNode01", "put it back"],
    ),
    "name server port": (
        lambda s: s.set(rocketmq_namesrv_port=9877),
        1,
        ["the port 9876 and would get 9877", "rocketmq_namesrv_port"],
    ),
    "name server taken away": (
        lambda s: s.groups.update(rocketmq_namesrv=["rmq76", "rmq77"]),
        1,
        ["carries a name server", "rocketmq_namesrv"],
    ),
    "version": (
        lambda s: s.set(rocketmq_version="5.5.0"),
        1,
        ["runs RocketMQ 4.9.7 and would get 5.5.0", "set rocketmq_version back to 4.9.7"],
    ),
    "member's host": (
        lambda s: [
            s.groups["rocketmq"].append("rmq78"),
            s.groups["rocketmq_broker"].append("rmq78"),
            s.hostvars.update(rmq78={**copy.deepcopy(s.hostvars["rmq71"]), "ansible_host": "192.168.1.78"}),
            s.hostvars.update(
                {
                    host: {**own, "rocketmq_broker_groups": s.hostvars["rmq78"]["rocketmq_broker_groups"]}
                    for host, own in s.hostvars.items()
                }
            ),
            s.hostvars["rmq78"]["rocketmq_broker_groups"][0].update(
                members={"rmq78": "n0", "rmq76": "n1", "rmq77": "n2"}
            ),
        ],
        1,
        ["rmq71 carries the member n0 of group RaftNode00", "put it back"],
    ),
}


@pytest.mark.parametrize("name", IDENTITY)
def test_a_changed_identity_is_refused(name: str) -> None:
    change, sentences, words = IDENTITY[name]
    found = _live.conflicts(carried(), plan(change), "rmq71")
    assert len(found) >= sentences, found
    assert all("rmq71" in sentence for sentence in found)
    missing = [word for word in words if not any(word in sentence for sentence in found)]
    assert not missing, found


def another_group(sample: Sample, **keys: Any) -> None:
    sample.set(rocketmq_broker_groups=[*sample.hostvars["rmq71"]["rocketmq_broker_groups"], keys])


def lonely_controller(sample: Sample, **variables: Any) -> None:
    """rmq78 is a controller and nothing else."""
    own_controllers(sample, rocketmq_controller_members={"rmq71": "n0", "rmq76": "n1", "rmq78": "n2"})
    sample.groups["rocketmq_controller"] = ["rmq71", "rmq76"]
    sample.add_host("rmq78", "rocketmq_controller")
    sample.hostvars["rmq78"].update(variables)


#: What was deployed, what the inventory says now, on which host, and words of each sentence about that host.
MODES: dict[str, tuple[Callable[[Sample], object], Callable[[Sample], object], str, list[list[str]]]] = {
    "DLedger to slaves": (
        lambda s: None,
        slaves,
        "rmq76",
        [["RaftNode00 (1) runs in mode dledger and would get master_slave or master", "set it back (mode in"]],
    ),
    "slaves to DLedger": (
        slaves,
        lambda s: None,
        "rmq76",
        [["runs in mode master_slave or master and would get dledger"]],
    ),
    "DLedger to controllers": (
        lambda s: s.set(rocketmq_version="5.5.0"),
        controllers,
        "rmq71",
        [["RaftNode01 (rmq71) runs in mode dledger and would get controller"]],
    ),
    "slaves to controllers": (
        lambda s: [slaves(s), s.set(rocketmq_version="5.5.0")],
        lambda s: [controllers(s), s.group(0, mode="controller", dledger_port=None, members=list(HOSTS))],
        "rmq77",
        [["runs in mode master_slave or master and would get controller"], ["runs in mode dledger"]],
    ),
    "another master": (
        slaves,
        with_slaves(members={"rmq71": 1, "rmq76": 0, "rmq77": 2}),
        "rmq76",
        [["has the id 1 and would get 0: set it back (members in rocketmq_broker_groups)"]],
    ),
    "slave to master of a group of its own": (
        slaves,
        lambda s: [
            slaves(s, members={"rmq71": 0, "rmq77": 2}),
            another_group(s, name="own", instance="own", mode="master", listen_port=10931, members=["rmq76"]),
        ],
        "rmq76",
        [["carries the member 1 of group RaftNode00 (instance n0), which the inventory does not name any more"]],
    ),
    "slave taken away": (
        slaves,
        with_slaves(members={"rmq71": 0, "rmq77": 2}),
        "rmq76",
        [["carries the member 1 of group RaftNode00", "put it back into rocketmq_broker_groups"]],
    ),
    "member under controllers taken away": (
        controllers,
        lambda s: [controllers(s), s.group(1, members=["rmq71", "rmq77"])],
        "rmq76",
        [["carries the member rmq76 of group RaftNode01 (instance n1)", "put it back"]],
    ),
    "ids of controllers swapped": (
        by_dledger(),
        by_dledger(rocketmq_controller_members={**MEMBERS, "rmq71": "n1", "rmq76": "n0"}),
        "rmq71",
        [["has the id n0 and would get n1", "rocketmq_controller_members"], ["has the peers n0-192.168.1.71:9878;"]],
    ),
    "type of controllers": (
        own_controllers,
        lambda s: own_controllers(s, rocketmq_controller_type="dledger"),
        "rmq71",
        [
            ["RocketMQ controller has the type jRaft and would get DLedger", "rocketmq_controller_type"],
            ["has the address 192.168.1.71:9880 and would get none"],
            ["has the peers 192.168.1.71:9880,"],
            ["has the ports 192.168.1.71:9878,"],
        ],
    ),
    "ports of controllers": (
        own_controllers,
        lambda s: own_controllers(s, rocketmq_controller_port=9978, rocketmq_controller_raft_port=9980),
        "rmq77",
        [
            ["has the address 192.168.1.77:9880 and would get 192.168.1.77:9980", "rocketmq_controller_raft_port"],
            ["has the peers", "rocketmq_controller_raft_port"],
            ["has the ports 192.168.1.71:9878,", "rocketmq_controller_port"],
        ],
    ),
    "port of controllers by DLedger": (
        by_dledger(),
        by_dledger(rocketmq_controller_port=9978),
        "rmq77",
        [["has the peers n0-192.168.1.71:9878;", "rocketmq_controller_port"]],
    ),
    "data of controllers": (
        lonely_controller,
        lambda s: lonely_controller(s, rocketmq_data_dir="/data"),
        "rmq78",
        [
            [
                "controller has the store /var/lib/rocketmq/controller/store",
                "/data/controller/store",
                "rocketmq_data_dir",
            ]
        ],
    ),
    "controller process taken away": (
        own_controllers,
        lambda s: [
            own_controllers(s, rocketmq_controller_members={"rmq71": "n0"}, rocketmq_allow_any_group_size=True),
            s.groups.update(rocketmq_controller=["rmq71"]),
        ],
        "rmq76",
        [["rmq76 carries a controller, but is not in rocketmq_controller any more: put it back"]],
    ),
    "controllers moved into the name servers": (
        own_controllers,
        controllers,
        "rmq76",
        [["rmq76 carries a controller, but is not in rocketmq_controller any more: put it back"]],
    ),
    "controllers moved out of the name servers": (
        by_dledger(),
        own_controllers,
        "rmq76",
        [
            ["RocketMQ name server has the type DLedger and would get none", "rocketmq_controller_type"],
            ["has the store /var/lib/rocketmq/namesrv/controller and would get none"],
            ["has the id n1 and would get none", "rocketmq_controller_members"],
            ["has the peers", "and would get none"],
        ],
    ),
    "a further controller": (
        by_dledger(rocketmq_controller_members={"rmq71": "n0"}, rocketmq_allow_any_group_size=True),
        by_dledger(rocketmq_allow_any_group_size=True),
        "rmq71",
        [["has the peers n0-192.168.1.71:9878 and would get n0-192.168.1.71:9878;"]],
    ),
    "slaves for a master": (masters, slaves, "rmq71", []),
    "a further slave": (with_slaves(members={"rmq71": 0, "rmq76": 1}), slaves, "rmq71", []),
    "a slave less, seen from another": (slaves, with_slaves(members={"rmq71": 0, "rmq76": 1}), "rmq71", []),
    "double write": (slaves, with_slaves(properties={"brokerRole": "SYNC_MASTER"}), "rmq71", []),
    "controllers for a new group": (
        lambda s: s.set(rocketmq_version="5.5.0"),
        lambda s: [
            s.set(rocketmq_version="5.5.0", rocketmq_controller_members=MEMBERS),
            another_group(s, name="new", instance="new", mode="controller", listen_port=10931, members=list(HOSTS)),
        ],
        "rmq71",
        [],
    ),
    "timings of controllers": (
        own_controllers,
        lambda s: own_controllers(s, rocketmq_controller_properties={"scanNotActiveBrokerInterval": 4000}),
        "rmq71",
        [],
    ),
}


@pytest.mark.parametrize("name", MODES)
def test_a_mode_and_its_identities_are_kept(name: str) -> None:
    before, after, host, sentences = MODES[name]
    found = _live.conflicts(carried(host, before), plan(after), host)
    assert len(found) == len(sentences), found
    for sentence, words in zip(found, sentences):
        assert host in sentence
        assert not [word for word in words if word not in sentence], sentence


def test_a_configuration_that_was_lost_is_written_again() -> None:
    assert _live.conflicts(carried(properties={}), plan(), "rmq71") == []


def test_what_never_ran_may_be_corrected() -> None:
    found = carried(running=False, has_data=False)
    assert _live.conflicts(found, plan(lambda s: s.group(0, listen_port=10931)), "rmq71") == []


@pytest.mark.parametrize("running", [True, False])
def test_a_store_whose_disk_is_not_mounted_is_not_replaced_by_an_empty_one(running: bool) -> None:
    found = [own for own in carried(running=running, has_data=False, has_store=False) if own["kind"] == "broker"]
    sentences = _live.conflicts(found, plan(), "rmq71")
    assert len(sentences) == 2
    for word in ("rmq71", "/var/lib/rocketmq/n0/store is empty", "mount its disk", "rocketmq-broker@n0.service"):
        assert word in sentences[0]


def test_a_store_that_was_put_back_by_hand_is_a_store() -> None:
    assert _live.conflicts(carried(running=False, has_store=False), plan(), "rmq71") == []


def test_what_holds_messages_is_safe_also_while_it_is_stopped() -> None:
    assert _live.conflicts(carried(running=False), plan(lambda s: s.group(0, listen_port=10931)), "rmq71")


def test_settings_that_are_no_identity_may_change() -> None:
    change = plan(lambda s: [s.group(0, properties={"fileReservedTime": 48}), s.set(rocketmq_broker_heap_mb=512)])
    assert _live.conflicts(carried(), change, "rmq71") == []


def test_a_new_group_extends_the_cluster() -> None:
    entry = {"name": "RaftNode02", "instance": "n2", "listen_port": 10931, "dledger_port": 20931, "members": MEMBERS}
    extended = plan(lambda s: [own["rocketmq_broker_groups"].append(entry) for own in s.hostvars.values()])
    assert _live.conflicts(carried(), extended, "rmq71") == []


def member(group: str, address: str, cluster: str = "RaftCluster") -> dict[str, str]:
    return {"cluster": cluster, "group": group, "address": address}


@pytest.mark.parametrize(
    ("members", "count"),
    [
        ([member("RaftNode00", "192.168.1.71:10911")], 0),
        ([member("RaftNode00", "192.168.1.79:10911")], 1),
        ([member("RaftNode07", "192.168.1.71:10911")], 1),
        ([member("RaftNode07", "192.168.1.79:10911", "AnotherCluster")], 0),
        (None, 0),
    ],
)
def test_brokers_that_only_the_name_servers_know(members: list[dict[str, str]] | None, count: int) -> None:
    assert len(_live.unplanned_brokers({"members": members}, plan())) == count


FACTS = {"all_ipv4_addresses": ["10.0.0.5", "192.168.1.71"], "memtotal_mb": 16000, "service_mgr": "systemd"}
LOOK: dict[str, Any] = {"instances": [], "listeners": [], "disks": {}, "missing": []}
JDK = 'IMPLEMENTOR="Debian"\nJAVA_VERSION="17.0.15"\n'


def preinstalled(sample: Sample) -> None:
    sample.set(rocketmq_java_source="preinstalled", rocketmq_java_home="/usr/lib/jvm/x")


def packaged(sample: Sample) -> None:
    sample.set(rocketmq_java_package="java-17-openjdk-headless", rocketmq_java_home="/usr/lib64/jvm/jre-17-openjdk")


def small(sample: Sample) -> None:
    sample.set(rocketmq_jvm_profile="small")


def big(sample: Sample) -> None:
    sample.set(rocketmq_broker_heap_mb=8000)


@pytest.mark.parametrize(
    ("change", "facts", "release", "words"),
    [
        (small, {}, "", []),
        (
            small,
            {"all_ipv4_addresses": ["10.0.0.5"]},
            "",
            ["rmq71 does not have the address 192.168.1.71", "10.0.0.5", "rocketmq_address"],
        ),
        (small, {"memtotal_mb": 600}, "", ["rmq71 has 600 MB", "n0 416", "rocketmq_broker_heap_mb"]),
        (big, {}, "", ["rmq71 has 16000 MB", "n0 10512"]),
        (small, {"service_mgr": "openrc"}, "", ["openrc", "systemd"]),
        (small, {"os_family": "RedHat"}, "", []),
        (small, {"os_family": "Suse"}, "", ["rmq71 is of the family Suse", "rocketmq_java_package", "archive"]),
        (packaged, {"os_family": "Suse"}, "", []),
        (preinstalled, {"os_family": "Suse"}, JDK, []),
        (preinstalled, {}, JDK, []),
        (preinstalled, {}, 'JAVA_VERSION="1.8.0_402"\n', ["JDK 8 at /usr/lib/jvm/x", "rocketmq_java_major is 17"]),
        (preinstalled, {}, "", ["no JDK at /usr/lib/jvm/x", "rocketmq_java_home"]),
    ],
)
def test_facts_against_the_plan(
    change: Callable[[Sample], None], facts: dict[str, Any], release: str, words: list[str]
) -> None:
    found = _live.host_problems({**FACTS, **facts}, plan(change), "rmq71", LOOK, release)
    assert len(found) == (1 if words else 0), found
    assert all(word in found[0] for word in words)


def listener(port: int) -> dict[str, Any]:
    return {"port": port, "program": "python3", "pid": 77}


@pytest.mark.parametrize(
    ("taken", "words"),
    [
        (listener(9876), ["python3 (pid 77) on port 9876 of RocketMQ name server", "rocketmq_namesrv_port"]),
        (listener(10911), ["port 10911 of RocketMQ broker RaftNode00 (n0)", "listen_port"]),
        (listener(10919), ["port 10919", "RaftNode01", "2 less"]),
        (listener(20921), ["port 20921 of RocketMQ broker RaftNode01", "dledger_port"]),
        (listener(19876), ["port 19876 of RocketMQ console", "rocketmq_dashboard_port"]),
        ({**listener(9876), "program": "", "pid": 0}, ["rmq71 has another program on port 9876"]),
        (listener(10912), []),  # HA, which DLedger does not open
    ],
)
def test_ports_that_another_program_has(taken: dict[str, Any], words: list[str]) -> None:
    look = {**LOOK, "listeners": [taken]}
    found = _live.host_problems(FACTS, plan(small), "rmq71", {**look, "instances": carried(running=False)})
    assert len(found) == (1 if words else 0), found
    assert all(word in found[0] for word in ["rmq71", *words] if words)
    assert _live.host_problems(FACTS, plan(small), "rmq71", {**look, "instances": carried()}) == []


@pytest.mark.parametrize(
    ("change", "port", "words"),
    [
        (slaves, 10912, ["port 10912 of RocketMQ broker RaftNode00 (0)", "HA port is the next one"]),
        (own_controllers, 10922, ["port 10922 of RocketMQ broker RaftNode01 (rmq71)", "HA port is the next one"]),
        (own_controllers, 9878, ["port 9878 of RocketMQ controller", "rocketmq_controller_port"]),
        (own_controllers, 9880, ["port 9880 of RocketMQ controller", "rocketmq_controller_raft_port"]),
        (controllers, 9878, ["port 9878 of RocketMQ name server", "rocketmq_controller_port"]),
        (controllers, 9880, ["port 9880 of RocketMQ name server", "rocketmq_controller_raft_port"]),
        (by_dledger(), 9880, []),
    ],
)
def test_ports_of_modes_that_another_program_has(
    change: Callable[[Sample], object], port: int, words: list[str]
) -> None:
    planned = plan(lambda s: [change(s), small(s)])
    found = _live.host_problems(FACTS, planned, "rmq71", {**LOOK, "listeners": [listener(port)]})
    assert len(found) == (1 if words else 0), found
    assert all(word in found[0] for word in words)


@pytest.mark.parametrize(("percent", "full"), [(89, False), (90, True), (100, True)])
def test_a_full_disk_carries_no_broker(percent: int, full: bool) -> None:
    disks = {"/var/lib/rocketmq/n1/store": {"used_percent": percent, "free_mb": 12}}
    found = _live.host_problems(FACTS, plan(small), "rmq71", {**LOOK, "disks": disks})
    assert len(found) == int(full)
    words = ["rmq71", "/var/lib/rocketmq/n1/store", f"{percent} % full (12 MB free)", "RaftNode01", "rocketmq_data_dir"]
    assert all(word in found[0] for word in words if full)


def test_a_mistyped_kernel_setting() -> None:
    (sentence,) = _live.host_problems(FACTS, plan(small), "rmq71", {**LOOK, "missing": ["/proc/sys/vm/swapiness"]})
    assert sentence.startswith("rmq71's kernel has no /proc/sys/vm/swapiness: ")
    assert "rocketmq_os_sysctl" in sentence


def clocks(offsets: dict[str, int], **ahead: float) -> dict[str, dict[str, Any]]:
    return {
        host: {"ahead_seconds": seconds, "utc_offset_seconds": offsets.get(host, 0)} for host, seconds in ahead.items()
    }


def test_clocks_that_are_apart() -> None:
    assert _live.clock_problems(clocks({}, rmq71=95.2, rmq76=95.9, rmq77=104.9), 10) == []
    assert _live.clock_problems({}, 10) == []
    (sentence,) = _live.clock_problems(clocks({}, rmq71=0.2, rmq76=0.9, rmq77=-95.3), 10)
    for word in ("96 s apart", "rmq71 +0 s, rmq76 +1 s, rmq77 -95 s", "chrony", "rocketmq_clock_tolerance"):
        assert word in sentence


def test_different_time_zones_are_mentioned() -> None:
    assert _live.clock_notices(clocks({"rmq71": 3600, "rmq76": 3600}, rmq71=0, rmq76=0)) == []
    (sentence,) = _live.clock_notices(clocks({"rmq71": 28800, "rmq76": -12600}, rmq71=0, rmq76=0, rmq77=0))
    assert "rmq71 UTC+08:00, rmq76 UTC-03:30, rmq77 UTC+00:00" in sentence
    assert "deleteWhen" in sentence


def moved(sample: Sample) -> None:
    sample.hostvars["rmq77"].update(rocketmq_address="192.168.1.87")


def renamed(sample: Sample) -> None:
    """rmq78 in the place of rmq77, with its ids."""
    sample.groups = {name: ["rmq78" if one == "rmq77" else one for one in own] for name, own in sample.groups.items()}
    sample.hostvars["rmq78"] = {**sample.hostvars.pop("rmq77"), "ansible_host": "192.168.1.78"}
    for index in (0, 1):
        sample.group(index, members={"rmq71": "n0", "rmq76": "n1", "rmq78": "n2"})


@pytest.mark.parametrize(("change", "host"), [(moved, "rmq77"), (renamed, "rmq78")])
def test_the_members_of_one_host_may_move_when_it_is_replaced(change: Callable[[Sample], object], host: str) -> None:
    assert len(_live.conflicts(carried(), plan(change), "rmq71")) == 2
    assert _live.conflicts(carried(), plan(change), "rmq71", replaced=host) == []
    assert len(_live.conflicts(carried(), plan(change), "rmq71", replaced="rmq76")) == 2


@pytest.mark.parametrize(
    "also",
    [
        lambda s: s.hostvars["rmq76"].update(rocketmq_address="192.168.1.86"),
        lambda s: s.group(0, members={"rmq71": "n0", "rmq76": "n1", "rmq77": "n5"}),
        lambda s: s.group(0, listen_port=10931),
        lambda s: s.group(0, store="/data/n0"),
        lambda s: s.group(0, dledger_port=20931),
    ],
    ids=["another host too", "another id", "a port", "a store", "the DLedger port of all"],
)
def test_nothing_else_changes_with_them(also: Callable[[Sample], object]) -> None:
    found = _live.conflicts(carried(), plan(lambda s: [moved(s), also(s)]), "rmq71", replaced="rmq77")
    assert found
    assert any("keeps its identity" in sentence for sentence in found)


def test_only_the_group_that_is_taken_away_may_be_missing() -> None:
    without = plan(lambda s: [own["rocketmq_broker_groups"].pop() for own in s.hostvars.values()])
    (sentence,) = _live.conflicts(carried(), without, "rmq71")
    assert "playbooks/remove_group.yml" in sentence
    assert _live.conflicts(carried(), without, "rmq71", removed="RaftNode01") == []
    assert _live.conflicts(carried(), without, "rmq71", removed="RaftNode00") == [sentence]


def test_the_messages_of_a_group_that_is_taken_away_may_be_gone() -> None:
    """As a run that was killed leaves it."""
    gone = {"running": False, "has_data": False, "has_store": False}
    found = [{**one, **gone} if one["properties"].get("brokerName") == "RaftNode01" else one for one in carried()]
    assert _live.conflicts(found, plan(), "rmq71", removed="RaftNode01") == []
    (sentence,) = _live.conflicts(found, plan(), "rmq71")
    assert "is empty: mount its disk" in sentence


def test_the_dead_of_a_replaced_host_may_be_registered() -> None:
    def known(address: str, error: str | None, group: str = "RaftNode00") -> dict[str, Any]:
        return {"members": [{"cluster": "RaftCluster", "group": group, "address": address, "error": error}]}

    dead = known("192.168.1.77:10911", "no answer")
    assert len(_live.unplanned_brokers(dead, plan(moved))) == 1
    assert _live.unplanned_brokers(dead, plan(moved), replaced="rmq77") == []
    assert len(_live.unplanned_brokers(known("192.168.1.77:10911", None), plan(moved), replaced="rmq77")) == 1
    assert len(_live.unplanned_brokers(known("192.168.1.77:1", "no answer", "x"), plan(moved), replaced="rmq77")) == 1
    assert _live.unplanned_brokers(known("192.168.1.77:1", None, "x"), plan(moved), removed="x") == []
