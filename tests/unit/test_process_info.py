# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Processes of RocketMQ on a host, whoever started them, from a /proc of our own."""

from __future__ import annotations

import hashlib
import os
import pathlib
import pwd
from typing import Any

import pytest
from ansible_collections.rocketmq.cluster.plugins.modules import process_info

BROKER = "org.apache.rocketmq.broker.BrokerStartup"
NAMESRV = "org.apache.rocketmq.namesrv.NamesrvStartup"
PROXY = "org.apache.rocketmq.proxy.ProxyStartup"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        # As runbroker.sh of 4.7.1 and 4.9.7 call it.
        (f"java -server -Xms8g -Djava.ext.dirs=/j/lib/ext -cp .:/mq/conf:/mq/lib/* {BROKER} -c b.conf", "broker"),
        (f"/opt/java/bin/java -Xms8g -cp .:/mq/conf:/mq/lib/*: {NAMESRV}", "namesrv"),
        (f"java -cp x {PROXY} -pm cluster -pc /p.json", "proxy"),
        (f"java -cp x {PROXY} --proxyMode=local -pc /p.json -bc /b.conf", "broker"),
        (f"java -cp x {PROXY}", "proxy"),
        ("java -classpath x org.apache.rocketmq.controller.ControllerStartup -c c", "controller"),
        ("java -Drocketmq.namesrv.addr=a:9876 -jar /rocketmq-console-ng-2.0.0.jar", "dashboard"),
        ("java -Drocketmq.config.namesrvAddr=a:1 -jar /opt/rocketmq/dashboard/console-abab.jar", "dashboard"),
        ("java -cp x org.apache.rocketmq.tools.command.MQAdminStartup clusterList", ""),
        ("java -jar /opt/console.jar", ""),
        ("java -jar", ""),
        ("java -cp", ""),
        ("java -version", ""),
        ("java", ""),
    ],
)
def test_command_lines(line: str, expected: str) -> None:
    found = process_info.command(line.split())
    assert (found.kind if found else "") == expected


def test_options_and_arguments() -> None:
    found = process_info.command(["java", "-Xmx1g", "-cp", "/a", "-Da=b c", BROKER, "-c", "b.conf", "-n", "x:1"])
    assert found == process_info.Command("broker", ["-Xmx1g", "-Da=b c"], ["-c", "b.conf", "-n", "x:1"], "")
    assert process_info.argument(found.arguments, "-c", "--configFile") == "b.conf"
    assert process_info.argument(["--configFile=/a=b"], "-c", "--configFile") == "/a=b"
    assert process_info.argument(["-c"], "-c") == ""
    assert process_info.argument([], "-c") == ""


#: A container of the seeds on its host: the store is a folder of the host, all else is in a layer.
OWN = "1 2 0:55 / / rw - overlay o\n3 1 8:1 /data/mq/store0 /home/rocketmq/store rw - ext4 /dev/sda1\n"
HOST = "20 1 8:1 / / rw - ext4 /dev/sda1\n21 20 8:1 /other /mnt/other rw - ext4 /dev/sda1\n22 20 8:2 / /data2 rw\n"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/home/rocketmq/store", "/data/mq/store0"),
        ("/home/rocketmq/store/commitlog", "/data/mq/store0/commitlog"),
        ("/home/rocketmq/store2", ""),
        ("/home/rocketmq/logs", ""),
    ],
)
def test_paths_of_a_container_on_the_host(path: str, expected: str) -> None:
    assert process_info.on_host(path, process_info.mounts(OWN), process_info.mounts(HOST)) == expected


def test_a_disk_that_is_mounted_elsewhere_on_the_host() -> None:
    own = process_info.mounts("3 1 8:2 /mq/store /store rw - ext4 x\n")
    assert process_info.on_host("/store/a", own, process_info.mounts(HOST)) == "/data2/mq/store/a"
    assert process_info.on_host("/else", own, process_info.mounts(HOST)) == ""


class Proc:
    """A /proc with one process, and the files that it sees."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.path = folder / "proc"
        self.root = folder / "root"
        self.units = folder / "units"
        for path in (self.path / "1", self.root, self.units):
            path.mkdir(parents=True)
        (self.path / "1" / "cmdline").write_text("/sbin/init\0")
        (self.path / "1" / "mountinfo").write_text(HOST)
        (self.path / "self").mkdir()

    def file(self, name: str, text: str) -> None:
        path = self.root / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def process(
        self, pid: int, words: list[str], environment: str = "", cgroup: str = "0::/\n", cwd: str = "/"
    ) -> None:
        path = self.path / str(pid)
        path.mkdir()
        (path / "cmdline").write_text("\0".join(words) + "\0")
        (path / "environ").write_text(environment.replace(" ", "\0"))
        (path / "cgroup").write_text(cgroup)
        (path / "mountinfo").write_text(OWN)
        (path / "root").symlink_to(self.root)
        (path / "cwd").symlink_to(cwd)
        (path / "exe").symlink_to("/usr/lib/jvm/java-8/jre/bin/java")

    def found(self) -> list[dict[str, Any]]:
        return process_info.processes(self.path, self.units)


@pytest.fixture
def proc(tmp_path: pathlib.Path) -> Proc:
    return Proc(tmp_path)


def test_a_broker_that_was_started_by_hand(proc: Proc) -> None:
    proc.file("/usr/lib/jvm/java-8/release", 'JAVA_VERSION="1.8.0_102"\n')
    proc.file("/opt/mq/lib/rocketmq-broker-4.9.7.jar", "")
    proc.file("/opt/mq/conf/dledger/broker-n0.conf", "# n0\nbrokerName = RaftNode00\nlistenPort=10911\n")
    words = ["/usr/lib/jvm/java-8/bin/java", "-Xmx1g", "-cp", "x", BROKER, "-c", "../conf/dledger/broker-n0.conf"]
    proc.process(40, words, "ROCKETMQ_HOME=/opt/mq HOME=/root", cwd="/opt/mq/bin")
    (found,) = proc.found()
    assert found == {
        "pid": 40,
        "kind": "broker",
        "user": pwd.getpwuid(os.getuid()).pw_name,
        "unit": "",
        "instance": "",
        "unit_text": "",
        "container": "",
        "home": "/opt/mq",
        "version": "4.9.7",
        "java_home": "/usr/lib/jvm/java-8",
        "java_major": 8,
        "jvm_options": ["-Xmx1g"],
        "arguments": ["-c", "../conf/dledger/broker-n0.conf"],
        "config_path": "/opt/mq/conf/dledger/broker-n0.conf",
        "properties": {"brokerName": "RaftNode00", "listenPort": "10911"},
        "proxy_properties": {},
        "user_home": "/root",
        "store_on_host": "/root/store",
        "jar": "",
        "jar_sha256": "",
    }


def test_a_broker_in_a_container(proc: Proc) -> None:
    words = ["java", "-cp", "x", BROKER, "-c", "/nothing.conf"]
    identity = "0123456789abcdef" * 4
    proc.process(41, words, "HOME=/home/rocketmq", f"0::/system.slice/docker-{identity}.scope\n")
    (found,) = proc.found()
    assert (found["container"], found["store_on_host"]) == (identity, "/data/mq/store0")
    assert (found["properties"], found["version"], found["java_major"]) == ({}, "", 0)


def test_a_host_that_is_a_container(proc: Proc) -> None:
    """What runs on it runs in no other one."""
    own, inner = "ab" * 32, "cd" * 32
    (proc.path / "1" / "cgroup").write_text(f"1:name=systemd:/docker/{own}/init.scope\n")
    proc.process(41, ["java", "-cp", "x", BROKER], "", f"1:name=systemd:/docker/{own}/system.slice/x.service\n")
    proc.process(42, ["java", "-cp", "x", BROKER], "", f"1:name=systemd:/docker/{own}/docker/{inner}\n")
    assert [found["container"] for found in proc.found()] == ["", inner]


def test_a_host_that_may_not_look_into_its_processes(proc: Proc, tmp_path: pathlib.Path) -> None:
    """Neither into their root folder nor at their program; what is in no container has the files of the host."""
    home = tmp_path / "java-17"
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "java").touch()
    (home / "release").write_text('JAVA_VERSION="17.0.1"\n')
    (tmp_path / "link").symlink_to(home)
    config = tmp_path / "broker.conf"
    config.write_text("brokerName=a\n")
    for pid, cgroup in ((41, "0::/system.slice/x.service\n"), (42, f"0::/docker/{'ab' * 32}\n")):
        proc.process(pid, [f"{tmp_path}/link/bin/java", "-cp", "x", BROKER, "-c", str(config)], "", cgroup)
        for name in ("root", "exe", "cwd"):
            (proc.path / str(pid) / name).unlink()
    one, other = proc.found()
    assert (one["properties"], one["java_home"], one["java_major"]) == ({"brokerName": "a"}, str(home), 17)
    assert (other["properties"], other["java_major"]) == ({}, 0)


def test_a_process_of_ours_and_a_console(proc: Proc) -> None:
    unit = "[Service]\nUser=x\n[X-RocketMQ]\nKind=broker\nInstance=n0\n"
    (proc.units / "rocketmq-broker@n0.service").write_text(unit)
    (proc.units / "other.service").write_text("[Service]\n")
    words = ["java", "-Drocketmq.home.dir=/mq", "-Duser.home=/var/lib/rocketmq/n0", "-cp", "x", BROKER]
    cgroup = "0::/system.slice/system-rocketmq\\x2dbroker.slice/rocketmq-broker@n0.service\n"
    proc.process(42, words, "ROCKETMQ_HOME=/other", cgroup)
    proc.file("/opt/rocketmq-console.jar", "jar")
    proc.process(43, ["java", "-jar", "/opt/rocketmq-console.jar"], "", "0::/system.slice/other.service\n")
    proc.process(44, ["vi", BROKER])
    one, other = proc.found()
    assert (one["unit"], one["instance"], one["unit_text"]) == ("rocketmq-broker@n0.service", "n0", unit)
    assert (one["home"], one["user_home"]) == ("/mq", "/var/lib/rocketmq/n0")
    assert (other["kind"], other["unit"]) == ("dashboard", "")
    assert other["jar_sha256"] == hashlib.sha256(b"jar").hexdigest()


def test_a_proxy_in_a_broker(proc: Proc) -> None:
    proc.file("/p.json", '{"grpcServerPort": 8081, "proxyMode": "local"}')
    proc.file("/b.conf", "brokerName=a\n")
    proc.process(45, ["java", "-cp", "x", PROXY, "-pm", "local", "-pc", "/p.json", "-bc", "/b.conf"])
    proc.process(46, ["java", "-cp", "x", PROXY, "-pc", "/p.json"])
    one, other = proc.found()
    assert (one["kind"], one["properties"], one["config_path"]) == ("broker", {"brokerName": "a"}, "/b.conf")
    assert one["proxy_properties"] == {"grpcServerPort": "8081", "proxyMode": "local"}
    assert (other["kind"], other["config_path"], other["proxy_properties"]) == ("proxy", "/p.json", {})
    assert other["properties"]["proxyMode"] == "local"
