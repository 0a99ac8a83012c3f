# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan: what a correct inventory becomes, and what an impossible one is told."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _topology

from inventories import HOSTS, MEMBERS, Sample

Change = Callable[[Sample], object]


def problems(*changes: Change) -> list[str]:
    sample = Sample()
    for change in changes:
        change(sample)
    return _topology.plan(sample.hostvars, sample.groups)["problems"]


def test_a_correct_inventory_has_no_problem() -> None:
    assert problems() == []


# What is wrong with the sample inventory, and words that the one sentence about it must have.
MISTAKES: dict[str, tuple[Change, list[str]]] = {
    "no version": (lambda s: s.set(rocketmq_version=None), ["rocketmq_version is not set", "4.7.1"]),
    "unknown version": (lambda s: s.set(rocketmq_version="4.7.2"), ["rocketmq_version 4.7.2 is not known", "4.9.7"]),
    "vulnerable version": (
        lambda s: s.set(rocketmq_version="4.7.1"),
        ["CVE-2023-33246", "CVE-2023-37582", "4.9.7", "rocketmq_allow_vulnerable_version"],
    ),
    "JDK that does not fit": (
        lambda s: s.set(rocketmq_java_major=24),
        ["rocketmq_java_major 24", "rmq71, rmq76, rmq77", "17"],
    ),
    "version differs": (
        lambda s: s.hostvars["rmq76"].update(rocketmq_version="5.5.0"),
        ["rocketmq_version differs between hosts", "'5.5.0' on rmq76", "group_vars"],
    ),
    "cluster name with a blank": (
        lambda s: s.set(rocketmq_cluster_name="a b"),
        ["rocketmq_cluster_name is 'a b' on rmq71, rmq76, rmq77", "letters"],
    ),
    "port out of range": (
        lambda s: s.hostvars["rmq76"].update(rocketmq_namesrv_port=70000),
        ["rocketmq_namesrv_port is 70000 on rmq76:", "from 1 to 65535"],
    ),
    "relative path": (lambda s: s.set(rocketmq_data_dir="data"), ["rocketmq_data_dir", "absolute path"]),
    "no name server": (lambda s: s.groups.update(rocketmq_namesrv=[]), ["rocketmq_namesrv is empty"]),
    "group outside of rocketmq": (
        lambda s: s.groups.update(rocketmq_proxy=["p1"]),
        ["rocketmq_proxy", "p1", "child of rocketmq"],
    ),
    "host without a group": (
        lambda s: [
            s.groups["rocketmq"].append("rmq78"),
            s.groups["rocketmq_broker"].append("rmq78"),
            s.hostvars.update(rmq78={**s.hostvars["rmq71"], "ansible_host": "192.168.1.78"}),
        ],
        ["rmq78 of rocketmq_broker is in the members of no group"],
    ),
    "no address": (
        lambda s: s.hostvars["rmq76"].update(ansible_host="broker.example"),
        ["Host rmq76 has no address", "rocketmq_address"],
    ),
    "address is a name": (
        lambda s: s.hostvars["rmq76"].update(rocketmq_address="rmq76"),
        ["rmq76", "rocketmq_address 'rmq76'", "literal IPv4"],
    ),
    "IPv6 address": (
        lambda s: s.hostvars["rmq76"].update(rocketmq_address="fd00::1"),
        ["rmq76", "fd00::1", "literal IPv4"],
    ),
    "loopback address": (
        lambda s: s.hostvars["rmq76"].update(rocketmq_address="127.0.0.1"),
        ["rmq76", "loopback", "rocketmq_address"],
    ),
    "address used twice": (
        lambda s: s.hostvars["rmq76"].update(rocketmq_address="192.168.1.71"),
        ["192.168.1.71 belongs to rmq71, rmq76", "rocketmq_address"],
    ),
    "no groups": (lambda s: s.set(rocketmq_broker_groups=[]), ["rocketmq_broker_groups is empty"]),
    "group is a text": (
        lambda s: [own["rocketmq_broker_groups"].append("RaftNode02") for own in s.hostvars.values()],
        ["rocketmq_broker_groups[2]", "mapping"],
    ),
    "group without a name": (lambda s: s.group(0, name=None), ["rocketmq_broker_groups[0] has no name"]),
    "group name with a dot": (lambda s: s.group(0, name="Raft.00"), ["Raft.00", "letters, digits"]),
    "two groups of one name": (lambda s: s.group(1, name="RaftNode00"), ["2 groups have the name RaftNode00"]),
    "unknown key": (
        lambda s: s.group(0, listenport=1),
        ["Group RaftNode00", "unknown key 'listenport'", "did you mean listen_port?"],
    ),
    "unknown mode": (lambda s: s.group(0, mode="raft"), ["Group RaftNode00", "unknown mode 'raft'", "dledger"]),
    "no listen port": (lambda s: s.group(0, listen_port=None), ["Group RaftNode00 has no listen_port"]),
    "no DLedger port": (lambda s: s.group(0, dledger_port=None), ["Group RaftNode00 has no dledger_port"]),
    "port is a word": (
        lambda s: s.group(0, listen_port="high"),
        ["Group RaftNode00", "listen_port 'high'", "whole number"],
    ),
    "members is a list": (lambda s: s.group(0, members=["rmq71"]), ["Group RaftNode00", "members", "mapping"]),
    "no members": (lambda s: s.group(0, members=None), ["Group RaftNode00 has no members"]),
    "member without host": (
        lambda s: s.group(0, members={"rmq71": "n0", "rmq76": "n1", "rmq78": "n2"}),
        ["Group RaftNode00 has the member rmq78", "rocketmq_broker", "did you mean rmq77?"],
    ),
    "even group": (
        lambda s: s.group(0, members={"rmq71": "n0", "rmq76": "n1"}),
        ["Group RaftNode00 has 2 members", "odd number", "rocketmq_allow_any_group_size"],
    ),
    "one member": (lambda s: s.group(0, members={"rmq71": "n0"}), ["Group RaftNode00 has 1 member,", "at least 3"]),
    "malformed id": (
        lambda s: s.group(0, members={**MEMBERS, "rmq77": "node2"}),
        ["Group RaftNode00", "'node2' for rmq77", "letter and a number"],
    ),
    "id with a dash": (lambda s: s.group(0, members={**MEMBERS, "rmq77": "n-2"}), ["'n-2' for rmq77"]),
    "duplicate id": (
        lambda s: s.group(0, members={**MEMBERS, "rmq77": "n1"}),
        ["Group RaftNode00 gives one id", "rmq76: n1, rmq77: n1"],
    ),
    "ids with one number": (lambda s: s.group(0, members={**MEMBERS, "rmq77": "m1"}), ["rmq76: n1, rmq77: m1"]),
    "instance of another service": (
        lambda s: s.group(0, instance="namesrv"),
        ["Group RaftNode00 has the instance 'namesrv'"],
    ),
    "instance with a slash": (lambda s: s.group(0, instance="a/b"), ["Group RaftNode00 has the instance 'a/b'"]),
    "shared instance": (
        lambda s: s.group(1, instance="n0"),
        ["group RaftNode00 and group RaftNode01 share the instance n0", "rmq71, rmq76, rmq77"],
    ),
    "shared store": (
        lambda s: [s.group(0, store="/data/mq"), s.group(1, store="/data/mq")],
        ["share the store /data/mq"],
    ),
    "shared listen port": (
        lambda s: s.group(1, listen_port=10911),
        ["RaftNode00 and group RaftNode01 share the ports 10911, 10909, 10912"],
    ),
    "VIP on HA": (lambda s: s.group(1, listen_port=10914), ["share the port 10912 on rmq71, rmq76, rmq77"]),
    "shared DLedger port": (lambda s: s.group(1, dledger_port=20911), ["share the port 20911"]),
    "DLedger on its own HA": (lambda s: s.group(0, dledger_port=10912), ["group RaftNode00 uses the port 10912 twice"]),
    "broker on the name server": (
        lambda s: s.group(0, dledger_port=9876),
        ["the name server and group RaftNode00 share the port 9876"],
    ),
    "console on a broker": (
        lambda s: s.set(rocketmq_dashboard_port=10921),
        ["the console and group RaftNode01 share the port 10921 on rmq71:"],
    ),
    "name server on the console": (
        lambda s: s.set(rocketmq_dashboard_port=9876),
        ["the name server and the console share the port 9876 on rmq71:"],
    ),
    "owned broker key": (
        lambda s: s.group(0, properties={"listenPort": 1}),
        ["Group RaftNode00: properties sets listenPort", "use listen_port"],
    ),
    "owned key for all": (
        lambda s: s.set(rocketmq_broker_properties={"brokerIP1": "1.2.3.4"}),
        ["rocketmq_broker_properties sets brokerIP1", "use rocketmq_address"],
    ),
    "owned name server key": (
        lambda s: s.set(rocketmq_namesrv_properties={"listenPort": 1}),
        ["rocketmq_namesrv_properties sets listenPort"],
    ),
    "value with a blank at its end": (
        lambda s: s.group(0, properties={"aclEnable": "true "}),
        ["Group RaftNode00: properties has aclEnable", "blanks"],
    ),
    "value that is a list": (lambda s: s.group(0, properties={"deleteWhen": [4]}), ["deleteWhen", "plain value"]),
    "key with a dot": (lambda s: s.group(0, properties={"a.b": 1}), ["'a.b'", "no RocketMQ setting"]),
    "option with a blank": (
        lambda s: s.group(0, jvm_options=["-Xmx1g -Xms1g"]),
        ["Group RaftNode00: jvm_options", "one JVM option per entry"],
    ),
    "profile": (lambda s: s.set(rocketmq_jvm_profile="tiny"), ["rocketmq_jvm_profile is 'tiny'", "one of auto, small"]),
    "install source": (
        lambda s: s.set(rocketmq_install_source="apt"),
        ["rocketmq_install_source is 'apt'", "archive, file, maven"],
    ),
    "file without a path": (lambda s: s.set(rocketmq_install_source="file"), ["rocketmq_archive_file is not set"]),
    "sha512 too short": (
        lambda s: s.set(rocketmq_archive_sha512="abc"),
        ["rocketmq_archive_sha512", "128 hexadecimal"],
    ),
    "preinstalled JDK without a home": (
        lambda s: s.hostvars["rmq76"].update(rocketmq_java_source="preinstalled"),
        ["rocketmq_java_home is not set", "rmq76"],
    ),
    "JDK archive without digest": (
        lambda s: s.hostvars["rmq76"].update(rocketmq_java_source="archive", rocketmq_java_archive_file="/x.tgz"),
        ["rocketmq_java_archive_sha256 is not set", "rmq76"],
    ),
    "JDK archive without place": (
        lambda s: s.hostvars["rmq76"].update(rocketmq_java_source="archive", rocketmq_java_archive_sha256="ab" * 32),
        ["neither rocketmq_java_archive_url nor rocketmq_java_archive_file", "rmq76"],
    ),
    "console without a jar": (lambda s: s.set(rocketmq_dashboard_file=""), ["rocketmq_dashboard_file is not set"]),
    "console without a digest": (
        lambda s: s.set(rocketmq_dashboard_sha256=""),
        ["rocketmq_dashboard_sha256 is not set"],
    ),
    "unit overrides without a section": (
        lambda s: s.set(rocketmq_unit_overrides={"LimitNOFILE": 1000}),
        ["rocketmq_unit_overrides is {'LimitNOFILE': 1000}", "{Section: {Key: value}}"],
    ),
    "flag": (
        lambda s: s.set(rocketmq_allow_any_group_size="perhaps"),
        ["rocketmq_allow_any_group_size is 'perhaps'", "true or false"],
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_one_mistake_gets_one_sentence(name: str) -> None:
    change, words = MISTAKES[name]
    found = problems(change)
    assert len(found) == 1, found
    missing = [word for word in words if word not in found[0]]
    assert not missing, found[0]


def test_three_mistakes_are_listed_and_nothing_else() -> None:
    names = ("duplicate id", "address used twice", "shared DLedger port")
    single = [problems(MISTAKES[name][0])[0] for name in names]
    assert sorted(problems(*(MISTAKES[name][0] for name in names))) == sorted(single)


@pytest.mark.parametrize("members", [{"rmq71": "n0"}, {"rmq71": "n0", "rmq76": "n1"}])
def test_any_group_size_can_be_accepted(members: dict[str, str]) -> None:
    assert problems(lambda s: s.group(0, members=members), lambda s: s.set(rocketmq_allow_any_group_size=True)) == []


def test_a_vulnerable_version_can_be_accepted() -> None:
    assert problems(lambda s: s.set(rocketmq_version="4.7.1", rocketmq_allow_vulnerable_version="yes")) == []


def test_an_inventory_without_hosts_is_refused() -> None:
    assert "no host in the group rocketmq" in _topology.plan({}, {})["problems"][0]


def test_order_of_hosts_and_members_changes_nothing() -> None:
    one, other = Sample(), Sample()
    other.groups = {name: list(reversed(hosts)) for name, hosts in other.groups.items()}
    for index in (0, 1):
        other.group(index, members=dict(reversed(list(MEMBERS.items()))))
    assert _topology.plan(one.hostvars, one.groups) == _topology.plan(other.hostvars, other.groups)


def test_ids_are_pinned_to_hosts() -> None:
    sample = Sample()
    sample.group(0, members={"rmq71": "n2", "rmq76": "n10", "rmq77": "n0"})
    plan = _topology.plan(sample.hostvars, sample.groups)
    own = {host: plan["hosts"][host]["brokers"][0]["config"]["properties"] for host in HOSTS}
    assert {host: keys["dLegerSelfId"] for host, keys in own.items()} == {"rmq71": "n2", "rmq76": "n10", "rmq77": "n0"}
    peers = "n0-192.168.1.77:20911;n2-192.168.1.71:20911;n10-192.168.1.76:20911"
    assert {keys["dLegerPeers"] for keys in own.values()} == {peers}


def test_group_properties_win_over_those_of_all_groups() -> None:
    sample = Sample()
    sample.set(rocketmq_broker_properties={"deleteWhen": "05", "fileReservedTime": 24})
    sample.group(1, properties={"deleteWhen": "06", "autoCreateTopicEnable": False})
    brokers = _topology.plan(sample.hostvars, sample.groups)["hosts"]["rmq71"]["brokers"]
    assert [broker["config"]["properties"]["deleteWhen"] for broker in brokers] == ["05", "06"]
    assert {broker["config"]["properties"]["fileReservedTime"] for broker in brokers} == {24}
    assert "autoCreateTopicEnable=false\n" in brokers[1]["service"]["files"][0]["content"]


def test_hosts_carry_only_their_part() -> None:
    sample = Sample()
    sample.groups["rocketmq_namesrv"] = ["rmq76"]
    hosts = _topology.plan(sample.hostvars, sample.groups)["hosts"]
    assert [len(hosts[host]["namesrv"]) for host in HOSTS] == [0, 1, 0]
    assert [len(hosts[host]["dashboard"]) for host in HOSTS] == [1, 0, 0]
    assert hosts["rmq77"]["brokers"][0]["config"]["properties"]["namesrvAddr"] == "192.168.1.76:9876"


def test_memory_follows_the_host_once_it_is_known() -> None:
    sample = Sample()
    sample.hostvars["rmq71"]["ansible_facts"] = {"memtotal_mb": 16000}
    hosts = _topology.plan(sample.hostvars, sample.groups)["hosts"]
    assert "-Xmx3072m" in hosts["rmq71"]["brokers"][0]["jvm_options"]
    assert not [option for option in hosts["rmq76"]["brokers"][0]["jvm_options"] if option.startswith("-Xmx")]


def test_memory_that_is_set_by_hand_wins() -> None:
    sample = Sample()
    sample.set(rocketmq_jvm_profile="small", rocketmq_broker_heap_mb=700)
    sample.group(1, heap_mb=900, direct_mb=111)
    first, second = _topology.plan(sample.hostvars, sample.groups)["hosts"]["rmq71"]["brokers"]
    assert "-Xmx700m" in first["jvm_options"]
    assert {"-Xmx900m", "-XX:MaxDirectMemorySize=111m"} <= set(second["jvm_options"])


def test_unit_overrides_are_laid_over_ours() -> None:
    sample = Sample()
    sample.set(
        rocketmq_unit_overrides={"Service": {"LimitNOFILE": 1000, "Nice": -5}, "Unit": {"After": "chronyd.service"}}
    )
    plan = _topology.plan(sample.hostvars, sample.groups)
    unit = next(
        file["content"]
        for file in plan["hosts"]["rmq71"]["namesrv"][0]["service"]["files"]
        if file["path"].endswith(".service")
    )
    assert "\nLimitNOFILE=1000\n" in unit
    assert "\nNice=-5\n" in unit
    assert "\nAfter=chronyd.service\n" in unit
    assert unit.count("LimitNOFILE") == 1


def test_a_store_of_its_own_is_writable_and_waited_for() -> None:
    sample = Sample()
    sample.group(0, store="/data/n0")
    broker = _topology.plan(sample.hostvars, sample.groups)["hosts"]["rmq71"]["brokers"][0]
    unit = next(file["content"] for file in broker["service"]["files"] if file["path"].endswith(".service"))
    assert "RequiresMountsFor=/var/lib/rocketmq/n0 /data/n0\n" in unit
    assert "/data/n0" in broker["directories"]
    assert broker["config"]["properties"]["storePathRootDir"] == "/data/n0"
