# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a plan to the processes that it makes, and from these back to an inventory with the same plan."""

from __future__ import annotations

import copy
import pathlib
import shlex
from typing import Any

import pytest
import test_inventories
from ansible_collections.rocketmq.cluster.plugins.module_utils import _host_files
from ansible_collections.rocketmq.cluster.plugins.modules import process_info
from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _adopt, _live, _os, _settings, _topology
from mode_mistakes import by_dledger

from inventories import Sample

EXAMPLES = sorted(path.name for path in (test_inventories.ROOT / "inventories/examples").iterdir())
INVENTORIES = ["prod", "lab", *(f"examples/{name}" for name in EXAMPLES if name != "objects")]
FACTS = {"memtotal_mb": 15937, "python": {"executable": "/usr/bin/python3"}}
#: What no process tells.
UNSEEN = ("console_jar", "topics", "consumer_groups", "warnings")


class Running:
    """Hosts on which the processes of a plan run."""

    def __init__(self, hostvars: dict[str, Any], groups: dict[str, list[str]], folder: pathlib.Path) -> None:
        self.groups = groups
        self.plan = _topology.plan(hostvars, groups)
        assert self.plan["problems"] == []
        self.folder = folder
        self.settings: dict[str, dict[str, str]] = {}
        self.hosts: dict[str, dict[str, Any]] = {}
        for host, own in self.plan["hosts"].items():
            processes = [
                self.process(host, own, instance, kind)
                for key, kind in zip(_live.KINDS, ("namesrv", "controller", "broker", "proxy", "dashboard"))
                for instance in own[key]
            ]
            texts = {file["path"]: file["content"] for file in own["os"]["files"]}
            kernel = {path: texts.get(path) for path in (_os.SYSCTL_PATH, _os.TMPFILES_PATH)}
            connection = {name: hostvars[host][name] for name in hostvars[host] if name.startswith("ansible_")}
            self.hosts[host] = {**connection, "rocketmq_processes": {"processes": processes, "kernel": kernel}}

    def process(self, host: str, own: dict[str, Any], instance: dict[str, Any], kind: str) -> dict[str, Any]:
        files = {file["path"]: file["content"] for file in instance["service"]["files"]}
        environment = dict(line.split("=", 1) for line in files[instance["environment"]].splitlines() if "=" in line)
        options = shlex.split(environment["JAVA_OPTIONS"])[0].split()
        home = own["dist"]["home"]
        words = ["java", *options, *(word.replace("${ROCKETMQ_HOME}", home) for word in instance["command"])]
        if kind == "dashboard":
            words[-1] = instance["jar"]
        command = process_info.command(words)
        assert command is not None
        assert command.kind == kind
        arguments = command.arguments
        config = process_info.argument(arguments, "-c", "-bc")
        proxy = process_info.argument(arguments, "-pc")
        config, proxy = (proxy, "") if kind == "proxy" else (config, proxy)
        properties = self.properties(config, files)
        self.settings[f"{instance['address']}:{instance['ports']['listen']}"] = dict(properties)
        defined = dict(one[2:].split("=", 1) for one in command.jvm_options if one.startswith("-D") and "=" in one)
        return {
            "pid": 7,
            "kind": kind,
            "user": instance["user"],
            "unit": instance["unit"],
            "instance": instance["name"],
            "unit_text": files[f"/etc/systemd/system/{instance['unit']}"],
            "container": "",
            "home": home,
            "version": instance["version"],
            "java_home": f"/usr/lib/jvm/java-{own['java']['major']}-openjdk-amd64",
            "java_major": own["java"]["major"],
            "jvm_options": command.jvm_options,
            "arguments": arguments,
            "config_path": config,
            "properties": properties,
            "proxy_properties": self.properties(proxy, files),
            "user_home": defined["user.home"],
            "store_on_host": properties.get("storePathRootDir", ""),
            "jar": command.jar,
            "jar_sha256": "ab" * 32 if command.jar else "",
        }

    def properties(self, name: str, files: dict[str, str]) -> dict[str, str]:
        if not name:
            return {}
        path = self.folder / pathlib.PurePath(name).name
        path.write_text(files[name], encoding="utf-8")
        return _host_files.properties(path)

    def view(self) -> dict[str, Any]:
        members = [
            {
                "cluster": self.plan["cluster"],
                "group": group["name"],
                "address": member["address"],
                "version": self.plan["version"],
            }
            for group in self.plan["groups"]
            for member in group["members"]
        ]
        return {"members": members, "settings": self.settings}

    def processes(self, kind: str) -> list[dict[str, Any]]:
        return [
            one for own in self.hosts.values() for one in own["rocketmq_processes"]["processes"] if one["kind"] == kind
        ]

    def adopt(self) -> dict[str, Any]:
        return _adopt.adopt(self.hosts, self.view(), self.plan["namesrv"])

    def by_hand(self) -> None:
        """As the seeds start them: no units, RocketMQ's own options, files of one's own, data below the home folder."""
        for own in self.hosts.values():
            own["rocketmq_processes"]["kernel"] = dict.fromkeys(own["rocketmq_processes"]["kernel"])
            for one in own["rocketmq_processes"]["processes"]:
                number = one["properties"].get("dLegerSelfId", "")
                one.update(unit="", instance="", unit_text="", user="root", home="/opt/rocketmq-4.9.7")
                one.update(jvm_options=["-server", "-Xms1g", "-Xmx1g", "-Xmn512m", "-Duser.timezone=UTC"])
                one.update(user_home="/root", jar="")
                if one["kind"] == "namesrv":
                    one.update(config_path="", properties={})
                if one["kind"] == "broker":
                    group = one["properties"]["brokerName"][-2:]
                    one["config_path"] = f"/root/conf/dledger/broker-n{int(group)}.conf"
                    store = f"/data/store{group}"
                    one["properties"] = {
                        **{
                            key: text
                            for key, text in one["properties"].items()
                            if key not in ("deleteWhen", "brokerIP2")
                        },
                        "storePathRootDir": store,
                        "sendMessageThreadPoolNums": "4",
                        "brokerId": number[-1],
                        "haListenPort": "10912",
                    }
                    one["store_on_host"] = store


def replanned(adopted: dict[str, Any], folder: pathlib.Path, facts: dict[str, Any]) -> dict[str, Any]:
    """The plan of what was adopted, as Ansible reads the files."""
    for name, text in _adopt.files(adopted).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    hostvars, groups = test_inventories.load(str(folder))
    return _topology.plan({host: {**own, "ansible_facts": facts} for host, own in hostvars.items()}, groups)


def comparable(plan: dict[str, Any]) -> dict[str, Any]:
    found = {key: own for key, own in copy.deepcopy(plan).items() if key not in UNSEEN}
    for own in found["hosts"].values():
        # How the programs got there.
        for key in ("source", "url", "cache_dir", "maven_command"):
            own["dist"].pop(key)
    return found


@pytest.mark.parametrize("facts", [FACTS, {}], ids=["facts", "none"])
@pytest.mark.parametrize("name", INVENTORIES)
def test_adopted_examples_have_the_same_plan(name: str, facts: dict[str, Any], tmp_path: pathlib.Path) -> None:
    hostvars, groups = test_inventories.load(name, **test_inventories.CONSOLE)
    hostvars = {host: {**own, "ansible_facts": facts} for host, own in hostvars.items()}
    running = Running(hostvars, groups, tmp_path)
    adopted = running.adopt()
    plan = replanned(adopted, tmp_path / "adopted", facts)
    assert plan["problems"] == []
    assert comparable(plan) == comparable(running.plan)
    known = ("How the programs come", "The console's jar is", "has known holes")
    assert [one for one in adopted["report"] if not any(words in one for words in known)] == []


#: Variables that change what runs; a cluster that has one keeps it.
CHANGES: dict[str, dict[str, Any]] = {
    "heap of all": {"rocketmq_broker_heap_mb": 700, "rocketmq_namesrv_heap_mb": 300, "rocketmq_dashboard_heap_mb": 200},
    "direct memory": {"rocketmq_broker_direct_mb": 333},
    "options": {"rocketmq_broker_jvm_options": ["-Da=b", "-XX:+UseZGC"], "rocketmq_namesrv_jvm_options": ["-Dn=1"]},
    "folders": {
        "rocketmq_data_dir": "/data/mq",
        "rocketmq_log_dir": "/logs/mq",
        "rocketmq_config_dir": "/etc/mq",
        "rocketmq_install_dir": "/opt/mq",
    },
    "user": {"rocketmq_user": "mq"},
    "ports": {"rocketmq_namesrv_port": 9877, "rocketmq_dashboard_port": 8088},
    "broker keys": {
        "rocketmq_broker_properties": {"fileReservedTime": 48, "deleteWhen": "05", "longPollingEnable": False}
    },
    "name server keys": {"rocketmq_namesrv_properties": {"orderMessageEnable": True}},
    "stop": {"rocketmq_stop_seconds": 99},
    "units": {"rocketmq_unit_overrides": {"Service": {"Nice": -5, "LimitNOFILE": 1000000}}},
    "no kernel": {"rocketmq_os_manage": False},
    "kernel": {"rocketmq_os_sysctl": {"vm.swappiness": 10, "net.core.somaxconn": ""}},
    "huge pages": {"rocketmq_os_transparent_hugepage": ""},
    "Java 11": {"rocketmq_java_major": 11},
    "small": {"rocketmq_jvm_profile": "small"},
}


@pytest.mark.parametrize("name", CHANGES)
def test_settings_are_found_again(name: str, tmp_path: pathlib.Path) -> None:
    sample = Sample()
    sample.set(ansible_facts=FACTS, **CHANGES[name])
    running = Running(sample.hostvars, sample.groups, tmp_path)
    plan = replanned(running.adopt(), tmp_path / "adopted", FACTS)
    assert plan["problems"] == []
    if name == "stop":
        assert running.adopt()["variables"]["rocketmq_stop_seconds"] == 99
    assert comparable(plan)["hosts"]["rmq71"] == comparable(running.plan)["hosts"]["rmq71"]
    assert comparable(plan) == comparable(running.plan)


@pytest.mark.parametrize("written", [True, False])
def test_controllers_by_dledger_stay_so(written: bool, tmp_path: pathlib.Path) -> None:
    """Also where the file leaves it to RocketMQ."""
    sample = Sample()
    by_dledger(ansible_facts=FACTS)(sample)
    running = Running(sample.hostvars, sample.groups, tmp_path)
    if not written:
        for one in running.processes("namesrv"):
            del one["properties"]["controllerType"]
    adopted = running.adopt()
    assert adopted["variables"]["rocketmq_controller_type"] == "dledger"
    assert comparable(replanned(adopted, tmp_path / "adopted", FACTS)) == comparable(running.plan)


def test_settings_of_one_group_stay_its_own(tmp_path: pathlib.Path) -> None:
    sample = Sample()
    sample.set(ansible_facts=FACTS)
    sample.group(
        1, properties={"fileReservedTime": 48}, heap_mb=512, direct_mb=300, jvm_options=["-Dx=y"], store="/d/s"
    )
    running = Running(sample.hostvars, sample.groups, tmp_path)
    adopted = running.adopt()
    assert comparable(replanned(adopted, tmp_path / "adopted", FACTS)) == comparable(running.plan)
    assert "properties" not in adopted["variables"]["rocketmq_broker_groups"][0]


def test_a_setting_that_only_the_broker_knows(tmp_path: pathlib.Path) -> None:
    """It was changed while the broker ran, and is not in the file; the plan would change it back."""
    sample = Sample()
    running = Running(sample.hostvars, sample.groups, tmp_path)
    for one in running.processes("broker"):
        del one["properties"]["fileReservedTime"]
    for live in running.settings.values():
        live["fileReservedTime"] = "24"
    variables = running.adopt()["variables"]
    assert variables["rocketmq_broker_properties"] == {"fileReservedTime": 24}


def test_members_that_differ_are_named(tmp_path: pathlib.Path) -> None:
    sample = Sample()
    running = Running(sample.hostvars, sample.groups, tmp_path)
    one = next(one for one in running.processes("broker") if one["properties"]["dLegerSelfId"] == "n1")
    one["properties"].update(maxMessageSize="1048576", nonsense="1", initAuthenticationUser="pw", secretKeyOfMine="x")
    adopted = running.adopt()
    report = "\n".join(adopted["report"])
    assert "Group RaftNode00: maxMessageSize is 1048576 on rmq76 and not the same for all; all get 1048576." in report
    assert "nonsense, which is no setting of brokers of RocketMQ 4.9.7" in report
    assert "secretKeyOfMine, a secret, which is left out" in report
    assert "pw" not in str(adopted["variables"])


def test_a_cluster_that_was_started_by_hand(tmp_path: pathlib.Path) -> None:
    sample = Sample()
    sample.groups["rocketmq_dashboard"] = []
    sample.set(ansible_facts=FACTS)
    running = Running(sample.hostvars, sample.groups, tmp_path)
    running.by_hand()
    adopted = running.adopt()
    plan = replanned(adopted, tmp_path / "adopted", FACTS)
    assert plan["problems"] == []
    groups = adopted["variables"]["rocketmq_broker_groups"]
    assert [(one["name"], one["instance"], one["mode"], one["store"], one["heap_mb"]) for one in groups] == [
        ("RaftNode00", "n0", "dledger", "/data/store00", 1024),
        ("RaftNode01", "n1", "dledger", "/data/store01", 1024),
    ]
    assert adopted["variables"]["rocketmq_broker_properties"] == {"sendMessageThreadPoolNums": 4}
    assert adopted["variables"]["rocketmq_os_manage"] is False
    before = {group["name"]: group["members"] for group in running.plan["groups"]}
    assert [(group["name"], group["mode"]) for group in plan["groups"]] == [(name, "dledger") for name in before]
    assert [[one["address"] for one in group["members"]] for group in plan["groups"]] == [
        [one["address"] for one in members] for members in before.values()
    ]
    for host, own in plan["hosts"].items():
        for broker, was in zip(own["brokers"], running.plan["hosts"][host]["brokers"]):
            kept = ("listenPort", "dLegerPeers", "dLegerSelfId", "namesrvAddr", "brokerIP1", "brokerRole")
            assert {key: broker["config"]["properties"][key] for key in kept} == {
                key: was["config"]["properties"][key] for key in kept
            }
    report = "\n".join(adopted["report"])
    assert (
        "rmq71: broker RaftNode00 was started by hand (process 7, user root, /root/conf/dledger/broker-n0.conf)"
        in report
    )
    assert "its JVM options -server -Xmn512m give way to ours" in report
    assert "rocketmq_os_manage is false" in report
    assert "-Duser.timezone=UTC" in groups[0]["jvm_options"]


def test_what_could_not_be_read_is_named(tmp_path: pathlib.Path) -> None:
    sample = Sample()
    running = Running(sample.hostvars, sample.groups, tmp_path)
    running.hosts["rmq77"]["rocketmq_processes"] = {}
    report = "\n".join(running.adopt()["report"])
    assert "rmq77 could not be read (it does not answer): run again with it." in report
    assert "Group RaftNode00 has the members n2, found on no host" in report
    assert "The name servers know the broker 192.168.1.77:10921 of group RaftNode01, whose process" in report
    assert "The name server 192.168.1.77:9876 was found on no host" in report


def test_nothing_at_all_gives_sentences_and_no_traceback() -> None:
    adopted = _adopt.adopt(
        {"rmq71": {"ansible_host": "192.168.1.71", "rocketmq_processes": {"processes": [], "kernel": {}}}}, {}
    )
    assert adopted["variables"]["rocketmq_broker_groups"] == []
    assert any("No process says which version it is" in one for one in adopted["report"])


def test_a_container_keeps_its_data(tmp_path: pathlib.Path) -> None:
    sample = Sample()
    running = Running(sample.hostvars, sample.groups, tmp_path)
    running.by_hand()
    for one in running.processes("broker"):
        one.update(container="c" * 64, store_on_host="", java_major=8, java_home="/usr/local/jdk")
    report = "\n".join(running.adopt()["report"])
    assert "the messages of group RaftNode00 are in a container alone" in report
    assert "was started in the container cccccccccccc" in report
    assert "rmq71: the Java of a container stays in it" in report


@pytest.mark.parametrize(("text", "expected"), [("04", "04"), ("0", 0), ("72", 72), ("true", True), ("a b", "a b")])
def test_values(text: str, expected: Any) -> None:
    assert _adopt.value(text) == expected


def test_every_variable_that_shapes_a_process_is_known_here() -> None:
    """A new one has to be adopted too, or be among those that no process shows."""
    text = pathlib.Path(_adopt.__file__).read_text(encoding="utf-8")
    unseen = ("archive", "maven", "cache_dir", "install_source", "dashboard_source", "dashboard_url", "dashboard_image")
    unseen += ("dashboard_container", "topics", "consumer_groups", "timeout", "tolerance", "unchecked", "java_package")
    unseen += ("drill",)
    names = [name for name in _settings.SETTINGS if not any(word in name for word in unseen)]
    made = ("_heap_mb", "_direct_mb", "_jvm_options", "_properties")
    assert [name for name in names if name not in text and not name.endswith(made)] == []
