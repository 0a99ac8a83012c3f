"""What fails in the middle of a run: the play stops and says where and why, the other members serve, and the corrected
run ends in a healthy cluster."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator

import cluster
import machines
import pytest
from conftest import Proof, long
from runs import Point, Run, broker_groups, converge, playbook, resized

GROUP = "RaftNode01"
UNIT = "rocketmq-broker@n1.service"
STORE = "/var/lib/rocketmq/n1/store"
PORT = cluster.PORTS[GROUP][0]
ROLLING = "Restart changed brokers"


def failed(run: Run, host: str, *words: str) -> None:
    assert run.status, "the run did not fail"
    # A broker is restarted from the first host: [rmq71 -> rmq76(198.18.71.76)].
    assert re.search(rf"fatal: \[(\S+ -> )?{host}(\(\S+\))?\]: ", run.text), run.output[-4000:]
    missing = [word for word in words if word not in run.text]
    assert not missing, f"{missing} not in\n{run.output[-6000:]}"


def test_a_broker_that_does_not_come_up(survived: Proof) -> None:
    before, first = cluster.invocations(), cluster.followers(GROUP)[0]
    run = playbook("site.yml", {"rocketmq_broker_groups": broker_groups(GROUP, jvm_options=["-XX:+NoSuchOption"])})
    failed(run, first, f"{UNIT} stopped by itself", "Unrecognized VM option 'NoSuchOption'")
    started = {unit for unit, invocation in cluster.invocations().items() if invocation != before[unit]}
    assert started == {f"{first} {UNIT}"}
    survived.client.send(200)
    converge()


def listen(name: str) -> str:
    """Another program takes the port; its process id."""
    machines.docker("exec", "--detach", cluster.CONTAINERS[name], "python3", "-m", "http.server", str(PORT))
    find = f"ss --no-header --listening --tcp --numeric 'sport = {PORT}' | grep -q . && pgrep --full 'http.serve[r]'"
    deadline = time.monotonic() + 20
    while (found := cluster.host(name).run(find)).rc:
        assert time.monotonic() < deadline, "the other program does not listen"
        time.sleep(0.2)
    return found.stdout.split()[0]


def test_a_port_that_another_program_has(survived: Proof) -> None:
    host = cluster.host("rmq77")
    host.check_output("systemctl stop %s", UNIT)
    pid = listen("rmq77")
    run = playbook("site.yml")
    failed(run, "rmq77", f"rmq77 has python3 (pid {pid}) on port {PORT} of RocketMQ broker {GROUP} (n2)", "listen_port")
    survived.client.send(200)
    host.check_output("kill %s", pid)
    converge()


@long
def test_a_port_that_another_program_takes_in_the_middle(survived: Proof) -> None:
    host = cluster.host("rmq77")
    host.check_output("systemctl stop %s", UNIT)
    pids = []
    moment = Point("Run the brokers", "Create the folders and write the files of each process")
    run = playbook("site.yml", at=moment, then=lambda process: pids.append(listen("rmq77")))
    failed(run, "rmq77", f"{UNIT} stopped by itself", f"{pids[0]}) has its port {PORT}", "Address already in use")
    survived.client.send(200)
    host.check_output("kill %s", pids[0])
    converge()


@pytest.fixture
def small_disk(proof: Proof) -> Iterator[None]:
    """One member's store on a disk of its own of 128 MB, as long as a test runs."""
    host = cluster.host("rmq77")

    def move(*steps: str) -> None:
        host.check_output(" && ".join([f"systemctl stop {UNIT}", *steps, f"systemctl start {UNIT}"]))
        cluster.wait_until_whole()

    owned = "mode=0750,uid=$(id -u rocketmq),gid=$(id -g rocketmq)"
    move(
        f"cp -a --sparse=always {STORE} {STORE}.old",
        f"mount -t tmpfs -o size=128m,{owned} tmpfs {STORE}",
        f"cp -a --sparse=always {STORE}.old/. {STORE}",
    )
    yield
    move(
        f"rm -rf {STORE}.old",
        f"cp -a --sparse=always {STORE} {STORE}.old",
        f"umount {STORE}",
        f"rm -rf {STORE}",
        f"mv {STORE}.old {STORE}",
    )


def fill(process: subprocess.Popen[str] | None = None) -> None:
    cluster.host("rmq77").run(f"dd if=/dev/zero of={STORE}/filler bs=1M")


def make_room() -> None:
    cluster.host("rmq77").check_output(f"rm {STORE}/filler")


@long
def test_a_full_disk(survived: Proof, small_disk: None) -> None:
    fill()
    failed(playbook("site.yml"), "rmq77", f"rmq77: the disk of {STORE} is 100 % full (0 MB free)", "make room")
    survived.client.send(200)
    make_room()
    converge()


@long
def test_a_disk_that_fills_in_the_middle(survived: Proof, small_disk: None) -> None:
    run = playbook("site.yml", resized(GROUP, 3000000), at=Point(ROLLING, "Apply and restart"), then=fill)
    failed(run, "rmq77", f"{UNIT} takes no message: the disk of {STORE} is 100 % full", "The last lines of its journal")
    survived.client.send(200)
    make_room()
    converge(resized(GROUP, 3000000))


@long
def test_a_host_that_dies_before_anything_was_changed(survived: Proof) -> None:
    before = cluster.invocations()
    moment = Point("Run the name servers", "Compare the processes with their plan")
    run = playbook("site.yml", at=moment, then=lambda process: machines.cut_power("rmq77"))
    failed(run, "rmq77")
    survived.client.send(200)
    after = cluster.invocations("rmq71", "rmq76")
    assert after == {unit: before[unit] for unit in after}, "others were restarted although a host was missing"
    machines.boot("rmq77")
    cluster.wait_until_whole()


@long
def test_a_host_that_dies_in_the_middle_of_a_change(survived: Proof) -> None:
    before, first = cluster.invocations(), cluster.followers(GROUP)[0]
    other, dead = (name for name in cluster.ADDRESSES if name != first)
    run = playbook(
        "site.yml",
        {**resized(GROUP, 4000000), "rocketmq_health_timeout": 30},
        at=Point(ROLLING, "Apply and restart"),
        then=lambda process: machines.cut_power(dead),
    )
    failed(run, first, f"Group {GROUP}: {dead} ({cluster.ADDRESSES[dead]}:{PORT})")
    survived.client.send(200)
    after = cluster.invocations(other)
    assert after == {unit: before[unit] for unit in after}, "the next member was touched although one was missing"
    machines.boot(dead)
    converge()
