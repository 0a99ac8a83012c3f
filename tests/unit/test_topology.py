# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan: what a correct inventory becomes, and what an impossible one is told."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Callable

import mode_mistakes
import pytest
import yaml  # type: ignore[import-untyped]
from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _settings, _topology

from inventories import HOSTS, MEMBERS, Sample

ROOT = pathlib.Path(__file__).parents[2]
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
    "JDK that is too new": (
        lambda s: s.set(rocketmq_java_major=24),
        ["rocketmq_java_major 24", "rmq71, rmq76, rmq77", "17"],
    ),
    "JDK that is too old": (
        lambda s: s.hostvars["rmq76"].update(rocketmq_java_major=7),
        ["rocketmq_java_major is 7 on rmq76:", "from 8 to 99"],
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
        lambda s: s.add_host("rmq78", "rocketmq_broker"),
        ["rmq78 of the inventory group rocketmq_broker is in the members of no broker group"],
    ),
    "no address": (
        lambda s: s.hostvars["rmq76"].update(ansible_host="broker.example"),
        ["There is no address of rmq76:", "rocketmq_address"],
    ),
    "address is a name": (
        lambda s: s.hostvars["rmq76"].update(rocketmq_address="rmq76"),
        ["The address 'rmq76' of rmq76", "rocketmq_address", "literal IPv4"],
    ),
    "IPv6 address": (
        lambda s: s.hostvars["rmq76"].update(rocketmq_address="fd00::1"),
        ["The address 'fd00::1' of rmq76", "rocketmq_address", "literal IPv4"],
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
        lambda s: [own["rocketmq_broker_groups"].append("RaftNode02") for own in s.with_groups()],
        ["rocketmq_broker_groups[2]", "mapping"],
    ),
    "group without a name": (lambda s: s.group(0, name=None), ["rocketmq_broker_groups[0] has no name"]),
    "group name with a dot": (lambda s: s.group(0, name="Raft.00"), ["Raft.00", "letters, digits"]),
    "two groups of one name": (
        lambda s: s.group(1, name="RaftNode00"),
        ["2 entries of rocketmq_broker_groups have the name RaftNode00"],
    ),
    "unknown key": (
        lambda s: s.group(0, listenport=1),
        ["Group RaftNode00", "unknown key 'listenport'", "did you mean listen_port?"],
    ),
    "unknown mode": (lambda s: s.group(0, mode="raft"), ["Group RaftNode00 has mode 'raft'", "dledger"]),
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
    "instance with a slash": (
        lambda s: s.group(0, instance="a/b"),
        ["Group RaftNode00 has instance 'a/b'", "lower-case"],
    ),
    "shared instance": (
        lambda s: s.group(1, instance="n0"),
        ["Group RaftNode00 and group RaftNode01 share the instance n0 on rmq71, rmq76, rmq77: change instance"],
    ),
    "shared store": (
        lambda s: [s.group(0, store="/data/mq"), s.group(1, store="/data/mq")],
        ["Group RaftNode00 and group RaftNode01 share the store /data/mq", "change store"],
    ),
    "shared listen port": (
        lambda s: s.group(1, listen_port=10911),
        ["RaftNode00 and group RaftNode01 share the ports 10911, 10909, 10912", "change listen_port of one of them"],
    ),
    "VIP on HA": (
        lambda s: s.group(1, listen_port=10914),
        ["share the port 10912 on rmq71, rmq76, rmq77: change listen_port"],
    ),
    "shared DLedger port": (
        lambda s: s.group(1, dledger_port=20911),
        ["share the port 20911", "change dledger_port of one of them"],
    ),
    "DLedger on its own HA": (
        lambda s: s.group(0, dledger_port=10912),
        ["Group RaftNode00 uses the port 10912 twice", "listen_port or dledger_port"],
    ),
    "broker on the name server": (
        lambda s: s.group(0, dledger_port=9876),
        ["The name server and group RaftNode00 share the port 9876", "rocketmq_namesrv_port or dledger_port"],
    ),
    "console on a broker": (
        lambda s: s.set(rocketmq_dashboard_port=10921),
        ["The console and group RaftNode01 share the port 10921 on rmq71:", "rocketmq_dashboard_port or listen_port"],
    ),
    "name server on the console": (
        lambda s: s.set(rocketmq_dashboard_port=9876),
        ["The name server and the console share the port 9876 on rmq71:", "rocketmq_dashboard_port"],
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
    # Values of the wrong kind, variable by variable.
    "version is a list": (lambda s: s.set(rocketmq_version=["4.9.7"]), ["rocketmq_version is ['4.9.7']", "a text"]),
    "cluster name is a number": (lambda s: s.set(rocketmq_cluster_name=1), ["rocketmq_cluster_name is 1", "a text of"]),
    "groups are a text": (
        lambda s: s.set(rocketmq_broker_groups="RaftNode00"),
        ["rocketmq_broker_groups is 'RaftNode00' on rmq71, rmq76, rmq77", "a list with one entry per broker group"],
    ),
    "groups are a mapping": (
        lambda s: s.set(rocketmq_broker_groups={"RaftNode00": {"listen_port": 10911}}),
        ["rocketmq_broker_groups is {'RaftNode00'", "a list with one entry per broker group"],
    ),
    "groups on one host are a text": (
        lambda s: s.hostvars["rmq71"].update(rocketmq_broker_groups="RaftNode00"),
        ["rocketmq_broker_groups is 'RaftNode00' on rmq71:"],
    ),
    "vulnerability half accepted": (
        lambda s: s.set(rocketmq_allow_vulnerable_version="maybe"),
        ["rocketmq_allow_vulnerable_version is 'maybe'", "true or false"],
    ),
    "address is a list": (
        lambda s: s.hostvars["rmq76"].update(rocketmq_address=["192.168.1.76"], ansible_host="127.0.0.1"),
        ["rocketmq_address is ['192.168.1.76'] on rmq76:"],
    ),
    "address with a port": (
        lambda s: s.hostvars["rmq76"].update(rocketmq_address="192.168.1.76:10911"),
        ["The address '192.168.1.76:10911' of rmq76", "rocketmq_address", "no port"],
    ),
    "one name for all addresses": (
        lambda s: s.set(rocketmq_address="broker.example"),
        ["The address 'broker.example' of rmq71, rmq76, rmq77", "rocketmq_address"],
    ),
    "preinstalled JDKs without a home": (
        lambda s: s.set(rocketmq_java_source="preinstalled"),
        ["rocketmq_java_source is preinstalled on rmq71, rmq76, rmq77, but rocketmq_java_home is not set"],
    ),
    "address of every interface": (
        lambda s: s.hostvars["rmq76"].update(rocketmq_address="0.0.0.0"),
        ["The address '0.0.0.0' of rmq76", "rocketmq_address"],
    ),
    "console port is a word": (
        lambda s: s.set(rocketmq_dashboard_port="http"),
        ["rocketmq_dashboard_port is 'http'", "from 1 to 65535"],
    ),
    "name server keys are a list": (
        lambda s: s.set(rocketmq_namesrv_properties=["a=1"]),
        ["rocketmq_namesrv_properties is ['a=1']", "mapping"],
    ),
    "broker keys are a text": (
        lambda s: s.set(rocketmq_broker_properties="deleteWhen=04"),
        ["rocketmq_broker_properties is 'deleteWhen=04'", "mapping"],
    ),
    "name server key with a blank": (
        lambda s: s.set(rocketmq_namesrv_properties={"orderMessageEnable": " true"}),
        ["rocketmq_namesrv_properties has orderMessageEnable: ' true'", "blanks"],
    ),
    "programs in a system folder": (
        lambda s: s.set(rocketmq_install_dir="/opt"),
        ["rocketmq_install_dir is '/opt'", "such as /opt/rocketmq"],
    ),
    "configuration in a system folder": (
        lambda s: s.set(rocketmq_config_dir="/etc"),
        ["rocketmq_config_dir is '/etc'", "such as /etc/rocketmq"],
    ),
    "logs in a system folder": (
        lambda s: s.set(rocketmq_log_dir="/var/log"),
        ["rocketmq_log_dir is '/var/log'", "such as /var/log/rocketmq"],
    ),
    "path with a variable": (lambda s: s.set(rocketmq_log_dir="$HOME/mq"), ["rocketmq_log_dir is '$HOME/mq'", "'$'"]),
    "path with a slash at its end": (
        lambda s: s.set(rocketmq_log_dir="/logs/"),
        ["rocketmq_log_dir is '/logs/'", "without '/' at its end"],
    ),
    "user with a blank": (lambda s: s.set(rocketmq_user="rocket mq"), ["rocketmq_user is 'rocket mq'", "system user"]),
    "user is root": (lambda s: s.set(rocketmq_user="root"), ["rocketmq_user is 'root'", "system user of its own"]),
    "heap with a unit": (
        lambda s: s.hostvars["rmq76"].update(rocketmq_broker_heap_mb="2g"),
        ["rocketmq_broker_heap_mb is '2g' on rmq76:", "whole number"],
    ),
    "heap below zero": (
        lambda s: s.set(rocketmq_namesrv_heap_mb=-1),
        ["rocketmq_namesrv_heap_mb is -1", "whole number from 0"],
    ),
    "heap without compressed pointers": (
        lambda s: s.group(0, heap_mb=32768),
        ["Group RaftNode00 has heap_mb 32768", "from 0 to 31744", "compressed pointers"],
    ),
    "direct memory with a fraction": (
        lambda s: s.set(rocketmq_broker_direct_mb=0.5),
        ["rocketmq_broker_direct_mb is 0.5", "whole number"],
    ),
    "console heap is true": (
        lambda s: s.set(rocketmq_dashboard_heap_mb=True),
        ["rocketmq_dashboard_heap_mb is True", "whole number"],
    ),
    "options are a text": (
        lambda s: s.set(rocketmq_namesrv_jvm_options="-Xss256k"),
        ["rocketmq_namesrv_jvm_options is '-Xss256k'", "a list"],
    ),
    "option without a dash": (
        lambda s: s.hostvars["rmq76"].update(rocketmq_broker_jvm_options=["Xss256k"]),
        ["rocketmq_broker_jvm_options has 'Xss256k' on rmq76:", "starting with '-'"],
    ),
    "option with a quote": (
        lambda s: s.hostvars["rmq71"].update(rocketmq_dashboard_jvm_options=['-Da="b"']),
        ["rocketmq_dashboard_jvm_options has '-Da=\"b\"' on rmq71:", "quotes"],
    ),
    "kernel settings are a list": (
        lambda s: s.set(rocketmq_os_sysctl=["vm.swappiness=10"]),
        ["rocketmq_os_sysctl is ['vm.swappiness=10'] on rmq71, rmq76, rmq77", "{vm.swappiness: 10}"],
    ),
    "kernel setting that is a path": (
        lambda s: s.hostvars["rmq76"].update(rocketmq_os_sysctl={"/proc/sys/vm/swappiness": 10}),
        ["rocketmq_os_sysctl is {'/proc/sys/vm/swappiness': 10} on rmq76:", "{vm.swappiness: 10}"],
    ),
    "kernel setting that is true": (
        lambda s: s.set(rocketmq_os_sysctl={"net.ipv4.ip_forward": True}),
        ["rocketmq_os_sysctl is {'net.ipv4.ip_forward': True}", "numbers or texts"],
    ),
    "kernel settings off and on": (
        lambda s: s.set(rocketmq_os_manage="sometimes"),
        ["rocketmq_os_manage is 'sometimes'", "true or false"],
    ),
    "huge pages": (
        lambda s: s.hostvars["rmq76"].update(rocketmq_os_transparent_hugepage="off"),
        ["rocketmq_os_transparent_hugepage is 'off' on rmq76:", "one of always, madvise, never"],
    ),
    "drill of two groups": (
        lambda s: s.set(rocketmq_drill_group=["RaftNode00", "RaftNode01"]),
        ["rocketmq_drill_group is ['RaftNode00', 'RaftNode01']", "a text"],
    ),
    "drill of two hosts": (
        lambda s: s.set(rocketmq_drill_host=["rmq71", "rmq76"]),
        ["rocketmq_drill_host is ['rmq71', 'rmq76']", "a text"],
    ),
    "drill that stops": (
        lambda s: s.set(rocketmq_drill_kill="stop"),
        ["rocketmq_drill_kill is 'stop'", "one of process, host, network"],
    ),
    "drill for ever": (
        lambda s: s.set(rocketmq_drill_away_seconds=0),
        ["rocketmq_drill_away_seconds is 0", "from 1 to 3600"],
    ),
    "drill never": (lambda s: s.set(rocketmq_drill_times=0), ["rocketmq_drill_times is 0", "from 1 to 100"]),
    "drill without messages": (
        lambda s: s.set(rocketmq_drill_rate=0.5),
        ["rocketmq_drill_rate is 0.5", "from 1 to 1000"],
    ),
    "drill in no time": (
        lambda s: s.set(rocketmq_drill_seconds="1m"),
        ["rocketmq_drill_seconds is '1m'", "from 10 to 7200"],
    ),
    "drill without a folder": (lambda s: s.set(rocketmq_drill_dir=""), ["rocketmq_drill_dir is ''", "not empty"]),
    "stops at once": (lambda s: s.set(rocketmq_stop_seconds=5), ["rocketmq_stop_seconds is 5", "from 10 to 3600"]),
    "place of the zips without a scheme": (
        lambda s: s.set(rocketmq_archive_base_url="mirror.example/rocketmq"),
        ["rocketmq_archive_base_url is 'mirror.example/rocketmq'", "https://"],
    ),
    "zip without a scheme": (
        lambda s: s.set(rocketmq_archive_url="mirror.example/a.zip"),
        ["rocketmq_archive_url is 'mirror.example/a.zip'", "https://"],
    ),
    "zip is a list": (
        lambda s: s.set(rocketmq_install_source="file", rocketmq_archive_file=["/a.zip"]),
        ["rocketmq_archive_file is ['/a.zip']", "a text"],
    ),
    "no Maven client": (lambda s: s.set(rocketmq_maven_command=""), ["rocketmq_maven_command is ''", "not empty"]),
    "no cache": (lambda s: s.set(rocketmq_cache_dir=""), ["rocketmq_cache_dir is ''", "not empty"]),
    "no container client": (
        lambda s: s.set(rocketmq_dashboard_container_command=" "),
        ["rocketmq_dashboard_container_command is ' '", "not empty"],
    ),
    "JDK from elsewhere": (
        lambda s: s.hostvars["rmq76"].update(rocketmq_java_source="download"),
        ["rocketmq_java_source is 'download' on rmq76:", "one of package, archive, preinstalled"],
    ),
    "minor version of Java": (
        lambda s: s.set(rocketmq_java_major="17.0.9"),
        ["rocketmq_java_major is '17.0.9'", "whole number"],
    ),
    "package is a list": (
        lambda s: s.set(rocketmq_java_package=["temurin"]),
        ["rocketmq_java_package is ['temurin']", "a text"],
    ),
    "JDK archive without a scheme": (
        lambda s: s.set(rocketmq_java_archive_url="mirror.example/jdk.tgz"),
        ["rocketmq_java_archive_url is 'mirror.example/jdk.tgz'", "https://"],
    ),
    "JDK archive with half a digest": (
        lambda s: s.hostvars["rmq76"].update(
            rocketmq_java_source="archive", rocketmq_java_archive_file="/x.tgz", rocketmq_java_archive_sha256="abc"
        ),
        ["rocketmq_java_archive_sha256 is 'abc' on rmq76:", "64 hexadecimal"],
    ),
    "JDK in a relative folder": (
        lambda s: s.hostvars["rmq76"].update(rocketmq_java_source="preinstalled", rocketmq_java_home="jdk"),
        ["rocketmq_java_home is 'jdk' on rmq76:", "absolute path"],
    ),
    "console from elsewhere": (
        lambda s: s.set(rocketmq_dashboard_source="git", rocketmq_dashboard_file=""),
        ["rocketmq_dashboard_source is 'git'", "one of file, url, image"],
    ),
    "console without an address": (
        lambda s: s.set(rocketmq_dashboard_source="url"),
        ["rocketmq_dashboard_source is url", "rocketmq_dashboard_url is not set"],
    ),
    "console without an image": (
        lambda s: s.set(rocketmq_dashboard_source="image"),
        ["rocketmq_dashboard_source is image", "rocketmq_dashboard_image is not set"],
    ),
    "console's address without a scheme": (
        lambda s: s.set(rocketmq_dashboard_source="url", rocketmq_dashboard_url="console.jar"),
        ["rocketmq_dashboard_url is 'console.jar'", "https://"],
    ),
    "console with an image's digest": (
        lambda s: s.set(rocketmq_dashboard_sha256="sha256:" + "ab" * 32),
        ["rocketmq_dashboard_sha256 is 'sha256:abab", "64 hexadecimal"],
    ),
    "unit override of two lines": (
        lambda s: s.set(rocketmq_unit_overrides={"Service": {"Environment": "A=1\nB=2"}}),
        ["rocketmq_unit_overrides is {'Service'", "values of one line"],
    ),
    "no time to start": (lambda s: s.set(rocketmq_start_timeout=0), ["rocketmq_start_timeout is 0", "from 1 to 3600"]),
    "waits for minutes": (
        lambda s: s.set(rocketmq_health_timeout="3m"),
        ["rocketmq_health_timeout is '3m'", "from 1 to 3600"],
    ),
    "superscript digit": (lambda s: s.set(rocketmq_stop_seconds="18²"), ["rocketmq_stop_seconds is '18²'", "whole"]),
    # Names that nobody would read.
    "mistyped variable": (
        lambda s: s.set(rocketmq_dashbord_port=8080),
        [
            "rocketmq_dashbord_port is set on rmq71, rmq76, rmq77",
            "did you mean rocketmq_dashboard_port?",
            "variables.md",
        ],
    ),
    "mistyped variable of one host": (
        lambda s: s.hostvars["rmq76"].update(rocketmq_adress="10.0.0.1"),
        ["rocketmq_adress is set on rmq76,", "did you mean rocketmq_address?"],
    ),
    "mistyped required variable": (
        lambda s: s.set(rocketmq_version=None, rocketmq_verison="4.9.7"),
        ["rocketmq_verison is set on", "did you mean rocketmq_version?"],
    ),
    "variable in the singular": (
        lambda s: [own.update(rocketmq_broker_group=own.pop("rocketmq_broker_groups")) for own in s.with_groups()],
        ["rocketmq_broker_group is set on", "did you mean rocketmq_broker_groups?"],
    ),
    "variable of nobody": (
        lambda s: s.set(rocketmq_kubernetes=True),
        ["rocketmq_kubernetes is set on rmq71, rmq76, rmq77, but there is no such variable:", "remove"],
    ),
    "mistyped inventory group": (
        lambda s: s.groups.update(rocketmq_nameserver=s.groups["rocketmq_namesrv"], rocketmq_namesrv=[]),
        ["inventory group rocketmq_nameserver (rmq71, rmq76, rmq77)", "did you mean rocketmq_namesrv?"],
    ),
    "mistyped group of brokers": (
        lambda s: s.groups.update(rocketmq_brokers=s.groups["rocketmq_broker"], rocketmq_broker=[]),
        ["inventory group rocketmq_brokers (rmq71, rmq76, rmq77)", "did you mean rocketmq_broker?"],
    ),
    "no broker hosts": (
        lambda s: s.groups.update(rocketmq_broker=[]),
        ["inventory group rocketmq_broker is empty", "put rmq71, rmq76, rmq77 into rocketmq_broker"],
    ),
    "member without a broker's host": (
        lambda s: s.groups.update(rocketmq_broker=["rmq71", "rmq76"]),
        [
            "Group RaftNode00 and group RaftNode01 have the member rmq77",
            "which is not in the inventory group rocketmq_broker",
        ],
    ),
    "broker outside of rocketmq": (
        lambda s: s.groups.update(rocketmq_broker=[*s.groups["rocketmq_broker"], "p1"]),
        ["inventory group rocketmq_broker has p1 outside of the group rocketmq"],
    ),
    # Entries of rocketmq_broker_groups.
    "groups differ between hosts": (
        lambda s: s.hostvars["rmq71"].update(rocketmq_broker_groups=[]),
        ["rocketmq_broker_groups differs between hosts (one value on rmq71; another on rmq76, rmq77)", "group_vars"],
    ),
    "mistyped key": (
        lambda s: s.group(0, dledger_port=None, dleger_port=20911),
        ["Group RaftNode00", "unknown key 'dleger_port' (did you mean dledger_port?)"],
    ),
    "name is a switch": (lambda s: s.group(0, name=True), ["rocketmq_broker_groups[0] has name True", "in quotes"]),
    "name is zero": (lambda s: s.group(0, name=0), ["rocketmq_broker_groups[0] has name 0", "in quotes"]),
    "instance is a switch": (
        lambda s: s.group(0, instance=False),
        ["Group RaftNode00 has instance False", "in quotes"],
    ),
    "instance in capitals": (lambda s: s.group(0, instance="N0"), ["Group RaftNode00 has instance 'N0'", "lower-case"]),
    "no instance": (lambda s: s.group(0, instance=""), ["Group RaftNode00 has no instance"]),
    "name with a blank": (
        lambda s: s.group(0, name="Raft 00"),
        ["Group Raft 00 has name 'Raft 00'", "letters, digits"],
    ),
    "listen port too low": (
        lambda s: s.group(0, listen_port=2),
        ["Group RaftNode00 has listen_port 2", "from 3 to 65534"],
    ),
    "DLedger port too high": (
        lambda s: s.group(0, dledger_port=209110),
        ["Group RaftNode00 has dledger_port 209110", "from 1 to 65535"],
    ),
    "DLedger on another's listen port": (
        lambda s: s.group(1, dledger_port=10911),
        ["Group RaftNode00 and group RaftNode01 share the port 10911", "listen_port or dledger_port"],
    ),
    "DLedger on the default console": (
        lambda s: s.group(1, dledger_port=19876),
        ["The console and group RaftNode01 share the port 19876 on rmq71", "rocketmq_dashboard_port or dledger_port"],
    ),
    "members are a list of pairs": (
        lambda s: s.group(0, members=[{"rmq71": "n0"}, {"rmq76": "n1"}, {"rmq77": "n2"}]),
        ["Group RaftNode00 has members [{'rmq71': 'n0'}", "{rmq71: n0, rmq76: n1, rmq77: n2}"],
    ),
    "id is a number": (
        lambda s: s.group(0, members={**MEMBERS, "rmq77": 2}),
        ["Group RaftNode00 has the id '2' for rmq77", "letter and a number"],
    ),
    "id is missing": (
        lambda s: s.group(0, members={**MEMBERS, "rmq77": None}),
        ["Group RaftNode00 has no id for rmq77", "members", "such as n0"],
    ),
    "four members": (
        lambda s: [s.add_host("rmq78", "rocketmq_broker"), s.group(0, members={**MEMBERS, "rmq78": "n3"})],
        ["Group RaftNode00 has 4 members, which survives no more failures than 3", "odd number"],
    ),
    "relative store": (lambda s: s.group(0, store="data"), ["Group RaftNode00 has store 'data'", "absolute path"]),
    "store in a system folder": (
        lambda s: s.group(0, store="/var/lib"),
        ["Group RaftNode00 has store '/var/lib'", "such as /var/lib/rocketmq"],
    ),
    "group heap with a unit": (
        lambda s: s.group(0, heap_mb="2g"),
        ["Group RaftNode00 has heap_mb '2g'", "whole number"],
    ),
    "group properties are a list": (
        lambda s: s.group(0, properties=["deleteWhen"]),
        ["Group RaftNode00 has properties ['deleteWhen']", "mapping"],
    ),
    "group options are a text": (
        lambda s: s.group(0, jvm_options="-Xss256k"),
        ["Group RaftNode00 has jvm_options '-Xss256k'", "a list"],
    ),
    # Proxies.
    "proxy on 4.x": (
        lambda s: s.groups.update(rocketmq_proxy=["rmq76"]),
        ["The inventory group rocketmq_proxy has rmq76", "4.9.7 has no proxy", "rocketmq_version to one of", "5.5.0"],
    ),
    "broker with a proxy on 4.x": (
        lambda s: s.group(1, proxy_grpc_port=8091, proxy_remoting_port=8090),
        ["Group RaftNode01 has a proxy_grpc_port", "4.9.7 has no proxy", "rocketmq_version to one of", "5.5.0"],
    ),
    "remoting port without a proxy": (
        lambda s: s.group(0, proxy_remoting_port=8080),
        ["Group RaftNode00 has a proxy_remoting_port, but no proxy_grpc_port"],
    ),
    "proxy on the name server": (
        lambda s: [s.on_5(), s.groups.update(rocketmq_proxy=["rmq76"]), s.set(rocketmq_proxy_grpc_port=9876)],
        ["The name server and the proxy share the port 9876 on rmq76:", "rocketmq_proxy_grpc_port"],
    ),
    "proxy in one group alone": (
        lambda s: [s.on_5(), s.group(1, proxy_grpc_port=8091, proxy_remoting_port=8090)],
        ["proxy_grpc_port is not the same in all broker groups (Group RaftNode00: none, Group RaftNode01: 8091)"],
    ),
    "gRPC port is a word": (lambda s: s.set(rocketmq_proxy_grpc_port="grpc"), ["rocketmq_proxy_grpc_port is 'grpc'"]),
    "owned proxy key": (
        lambda s: s.set(rocketmq_proxy_properties={"grpcServerPort": 8082}),
        ["rocketmq_proxy_properties sets grpcServerPort", "use rocketmq_proxy_grpc_port"],
    ),
    "proxy option with a blank": (
        lambda s: s.set(rocketmq_proxy_jvm_options=["-Xss1m -Xms1m"]),
        ["rocketmq_proxy_jvm_options has '-Xss1m -Xms1m'"],
    ),
    "cluster name for one group": (
        lambda s: s.group(0, properties={"brokerClusterName": "Other"}),
        ["Group RaftNode00: properties sets brokerClusterName", "use rocketmq_cluster_name"],
    ),
    **mode_mistakes.MISTAKES,
}

# What RocketMQ would silently ignore, or silently misread; what is said of it depends on the version.
KEY_MISTAKES: dict[str, tuple[Change, list[str]]] = {
    "mistyped broker key": (
        lambda s: s.group(0, properties={"mapedFileSizeCommitLog": 1073741824}),
        ["Group RaftNode00: properties has mapedFileSizeCommitLog", "RocketMQ 4.9.7", "mean mappedFileSizeCommitLog?"],
    ),
    "mistyped key for all": (
        lambda s: s.set(rocketmq_broker_properties={"fileReserveTime": 24}),
        ["rocketmq_broker_properties has fileReserveTime", "did you mean fileReservedTime?"],
    ),
    "folder that no release can move": (
        lambda s: s.group(1, properties={"storePathConsumeQueue": "/data/queues"}),
        ["Group RaftNode01: properties has storePathConsumeQueue", "did you mean storePathRootDir?", "use store."],
    ),
    "mistyped name server key": (
        lambda s: s.set(rocketmq_namesrv_properties={"orderMessageEnabled": True}),
        [
            "rocketmq_namesrv_properties has orderMessageEnabled",
            "name servers of RocketMQ 4.9.7",
            "orderMessageEnable?",
        ],
    ),
    "controller key without controllers": (
        lambda s: s.set(rocketmq_controller_properties={"enableElectUncleanMaster": True}),
        ["rocketmq_controller_properties has enableElectUncleanMaster", "does not have yet", "rocketmq_version to 5."],
    ),
    "key of a later release": (
        lambda s: s.group(0, properties={"timerWheelEnable": False}),
        ["has timerWheelEnable, which RocketMQ 4.9.7 does not have yet", "set rocketmq_version to 5."],
    ),
    "broker key for name servers": (
        lambda s: s.set(rocketmq_namesrv_properties={"fileReservedTime": 72}),
        ["a setting of brokers, not of name servers", "move it to rocketmq_broker_properties"],
    ),
    "number with a unit": (
        lambda s: s.group(0, properties={"fileReservedTime": "3d"}),
        ["Group RaftNode00: properties has fileReservedTime: '3d'", "a whole number from -2147483648", "its default"],
    ),
    "number out of range": (
        lambda s: s.set(rocketmq_broker_properties={"maxMessageSize": 2**31}),
        ["rocketmq_broker_properties has maxMessageSize: '2147483648'", "to 2147483647"],
    ),
    "switch in words": (
        lambda s: s.group(0, properties={"aclEnable": "yes"}),
        ["has aclEnable: 'yes'", "true or false", "take it for false"],
    ),
    "name server switch is a number": (
        lambda s: s.set(rocketmq_namesrv_properties={"orderMessageEnable": 1}),
        ["has orderMessageEnable: '1'", "true or false"],
    ),
    "kind of flush that is none": (
        lambda s: s.group(1, properties={"flushDiskType": "SYNC"}),
        ["has flushDiskType: 'SYNC'", "one of SYNC_FLUSH, ASYNC_FLUSH"],
    ),
}
MISTAKES |= KEY_MISTAKES


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


# What is right in spite of its looks.
RIGHT: list[Change] = [
    lambda s: s.set(rocketmq_namesrv_port="9876", rocketmq_java_major="17", rocketmq_broker_heap_mb="512"),
    lambda s: s.group(0, listen_port="10911", dledger_port="20911", heap_mb="512"),
    lambda s: s.group(0, listen_port=10931),
    lambda s: s.group(0, mode=None),
    lambda s: s.group(0, properties={}, jvm_options=[], store=""),
    lambda s: s.group(0, properties={"aclEnable": True, "fileReservedTime": 48, "deleteWhen": "04"}),
    lambda s: s.group(
        0, properties={"aclEnable": "True", "fileReservedTime": "+48", "osPageCacheBusyTimeOutMills": 2**40}
    ),
    lambda s: s.set(rocketmq_version="5.5.0", rocketmq_broker_properties={"maxErrorRateOfBloomFilter": 20}),
    lambda s: s.set(rocketmq_unchecked_keys=["ourKey"], rocketmq_broker_properties={"ourKey": 0.5}),
    lambda s: s.set(rocketmq_address=None, rocketmq_dashboard_port=None, rocketmq_unit_overrides=None),
    lambda s: s.hostvars["rmq76"].update(rocketmq_java_major=11, rocketmq_namesrv_port=9870, rocketmq_log_dir="/logs"),
    lambda s: s.hostvars["rmq76"].update(ansible_host="bastion.example", rocketmq_address="192.168.1.76"),
    lambda s: s.set(rocketmq_data_dir="/data", rocketmq_archive_url="file:///srv/rocketmq.zip"),
    lambda s: s.groups.update(rocketmq_broker_dc1=["rmq71"], rocketmq_dc2=["rmq76", "rmq77"]),
    lambda s: s.groups.update(rocketmq_dashboard=[]),
    lambda s: s.set(rocketmq_confirm="RaftCluster", rocketmq_destroy_data=True, rocketmq_plan={"problems": []}),
    lambda s: s.hostvars["rmq76"]["rocketmq_broker_groups"][0].update(members=dict(reversed(list(MEMBERS.items())))),
]


@pytest.mark.parametrize("change", RIGHT)
def test_what_is_right_is_not_mentioned(change: Change) -> None:
    assert problems(change) == []


def test_what_a_run_leaves_on_its_hosts_is_no_mistyped_variable() -> None:
    files = [path for folder in ("playbooks", "roles", "molecule") for path in (ROOT / folder).rglob("*.yml")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    left = set(re.findall(r"(?:register: |set_fact:\n +)(rocketmq_\w+)", text))
    assert "rocketmq_plan" in left
    assert left <= set(_settings.OTHER_NAMES)


@pytest.mark.parametrize("version", ["4.7.1", "4.8.0", "4.9.4"])
def test_a_vulnerable_version_is_refused_with_all_that_are_not(version: str) -> None:
    [sentence] = problems(lambda s: s.set(rocketmq_version=version))
    assert sentence == (
        f"rocketmq_version {version} lets anyone who reaches its ports run code (CVE-2023-33246, CVE-2023-37582): set "
        "rocketmq_version to 4.9.7, 5.1.4, 5.3.3 or 5.5.0, or accept it with rocketmq_allow_vulnerable_version: true."
    )


@pytest.mark.parametrize("version", ["4.7.1", "4.8.0", "4.9.4"])
def test_a_vulnerable_version_can_be_accepted_and_is_warned_of(version: str) -> None:
    sample = Sample()
    sample.set(rocketmq_version=version, rocketmq_allow_vulnerable_version="yes")
    plan = _topology.plan(sample.hostvars, sample.groups)
    assert plan["problems"] == []
    [warning] = plan["warnings"]
    assert f"RocketMQ {version} lets anyone who reaches its ports run code (CVE-2023-33246, CVE-2023-37582)" in warning
    assert "4.9.7 is the first release that mends it" in warning


@pytest.mark.parametrize("version", ["4.9.7", "5.1.4", "5.3.3", "5.5.0"])
def test_of_other_versions_nothing_is_said(version: str) -> None:
    sample = Sample()
    sample.set(rocketmq_version=version, rocketmq_allow_vulnerable_version="yes")
    assert _topology.plan(sample.hostvars, sample.groups)["warnings"] == []


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


def test_the_role_takes_every_key_of_an_instance() -> None:
    sample = Sample()
    own = _topology.plan(sample.hostvars, sample.groups)["hosts"]["rmq71"]
    spec = yaml.safe_load((ROOT / "roles/rocketmq_service/meta/argument_specs.yml").read_text(encoding="utf-8"))
    known = spec["argument_specs"]["main"]["options"]["rocketmq_service_instances"]["options"]
    for kind in ("namesrv", "brokers", "dashboard"):
        for instance in own[kind]:
            assert instance.keys() <= known.keys(), kind


def test_a_group_that_is_read_only_on_purpose_is_known() -> None:
    sample = Sample()
    sample.group(1, properties={"brokerPermission": 4})
    brokers = _topology.plan(sample.hostvars, sample.groups)["hosts"]["rmq71"]["brokers"]
    assert [broker["takes_writes"] for broker in brokers] == [True, False]


def test_group_properties_win_over_those_of_all_groups() -> None:
    sample = Sample()
    sample.set(rocketmq_broker_properties={"deleteWhen": "05", "fileReservedTime": 24})
    sample.group(1, properties={"deleteWhen": "06", "autoCreateTopicEnable": False})
    brokers = _topology.plan(sample.hostvars, sample.groups)["hosts"]["rmq71"]["brokers"]
    assert [broker["config"]["properties"]["deleteWhen"] for broker in brokers] == ["05", "06"]
    assert {broker["config"]["properties"]["fileReservedTime"] for broker in brokers} == {24}
    assert "autoCreateTopicEnable=false\n" in brokers[1]["service"]["files"][0]["content"]


@pytest.mark.parametrize(
    ("version", "own", "wanted"),
    [("4.9.7", {}, None), ("5.5.0", {}, True), ("5.5.0", {"recheckReputOffsetFromCq": False}, False)],
)
def test_a_dledger_member_of_5x_resumes_at_the_end_of_its_consume_queues(
    version: str, own: dict[str, bool], wanted: bool | None
) -> None:
    sample = Sample()
    sample.set(rocketmq_version=version, rocketmq_broker_properties=own)
    brokers = _topology.plan(sample.hostvars, sample.groups)["hosts"]["rmq71"]["brokers"]
    assert {broker["config"]["properties"].get("recheckReputOffsetFromCq") for broker in brokers} == {wanted}


@pytest.mark.parametrize(("version", "wanted"), [("4.9.7", set()), ("5.5.0", {"n0", "n1"})])
def test_a_killed_dledger_member_of_5x_starts_as_if_it_had_been_stopped(version: str, wanted: set[str]) -> None:
    sample = Sample()
    sample.set(rocketmq_version=version)
    host = _topology.plan(sample.hostvars, sample.groups)["hosts"]["rmq71"]
    found = set()
    for instance in [*host["brokers"], *host["namesrv"]]:
        (unit,) = (file for file in instance["service"]["files"] if file["path"].endswith(f"/{instance['unit']}"))
        name = instance["name"]
        folder = f"RuntimeDirectory=rocketmq-{name}\nRuntimeDirectoryPreserve=yes\n"
        if (
            f"ExecStartPre=-/usr/bin/find {instance['store']}/abort -newer /run/rocketmq-{name} -delete\n"
            in unit["content"]
        ):
            found.add(name)
            assert folder in unit["content"]
    assert found == wanted


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
    assert "-Xmx2560m" in hosts["rmq71"]["brokers"][0]["jvm_options"]
    assert "-Xmx960m" in hosts["rmq71"]["namesrv"][0]["jvm_options"]
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
    assert "/data/n0" in [folder["path"] for folder in broker["folders"]]
    assert broker["config"]["properties"]["storePathRootDir"] == "/data/n0"
