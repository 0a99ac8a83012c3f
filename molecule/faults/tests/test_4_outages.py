"""What happens to a cluster without any run: power cuts, reboots, name servers gone, a disk that is not there."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import cluster
import machines
import mqadmin
import pytest
from conftest import Proof, long
from runs import Point, converge, playbook

UNIT = "rocketmq-broker@n1.service"
FOLDER = "/var/lib/rocketmq/n1"
DISK = "/srv/disk"
MOUNT = f"""[Mount]
What={DISK}
Where={FOLDER}
Type=none
Options=bind
[Install]
WantedBy=local-fs.target
"""
MOUNT_UNIT = "var-lib-rocketmq-n1.mount"
MOUNT_PATH = f"/etc/systemd/system/{MOUNT_UNIT}"


def test_a_power_cut_of_all_hosts(survived: Proof) -> None:
    with survived.client.sending(rate=100):
        machines.cut_power(*cluster.ADDRESSES)
    # Nobody sends while the groups come back: 4.7.1 gives the first messages of a new leader the queue offsets of those
    # that were on their way when the power went, and then hides them.
    machines.boot(*cluster.ADDRESSES)
    cluster.wait_until_whole()
    survived.client.send(200)


@long
def test_a_rolling_reboot(survived: Proof) -> None:
    with survived.client.sending(rate=100):
        for name in cluster.ADDRESSES:
            machines.reboot(name)
            cluster.wait_until_whole()


@long
def test_a_leader_killed_while_topics_are_written(survived: Proof) -> None:
    """What the dead leader took along is written again, in the same run."""
    group, names = "RaftNode00", [f"moving-{number:03}" for number in range(300)]
    leader = cluster.host(cluster.host_of(mqadmin.leaders(cluster.cluster_list(cluster.NAMESRV[0]))[group]))
    instance = cluster.INSTANCES[group]
    table = f"/var/lib/rocketmq/{instance}/store/config/topics.json"
    kill = f"systemctl kill --signal=SIGKILL rocketmq-broker@{instance}.service"

    def kill_half_way(process: subprocess.Popen[str]) -> None:
        script = f"until grep -q {names[100]} {table}; do sleep 0.01; done; {kill}; grep -c {names[-1]} {table}"
        assert leader.run("timeout 30 sh -c %s", script).stdout == "0\n", "the leader died too late or not at all"

    topics = {"rocketmq_topics": [{"name": name, "groups": [group], "queues": 2} for name in names]}
    begin = Point("Bring topics and consumer groups to their planned state", "Bring the topics to their planned state")
    run = playbook("playbooks/topics.yml", topics, at=begin, then=kill_half_way)
    assert (run.status, run.reached) == (0, True), run.output[-4000:]
    cluster.wait_until_whole()
    known = cluster.in_parallel(topic_list, cluster.NAMESRV)
    assert all(set(names) <= found for found in known.values())
    again = playbook("playbooks/topics.yml", topics)
    assert (again.status, set(again.changed.values())) == (0, {0}), again.output[-4000:]


def topic_list(name_server: str) -> set[str]:
    return set(cluster.host("rmq71").check_output("mqadmin topicList -n %s", name_server).split())


def test_two_of_three_name_servers_gone(survived: Proof) -> None:
    for name in ("rmq71", "rmq76"):
        cluster.host(name).check_output("systemctl stop rocketmq-namesrv.service")
    survived.client.send(500)
    seen = cluster.cluster_list(cluster.NAMESRV[2])
    assert {member.group for member in seen if member.broker_id == 0} == set(cluster.INSTANCES)
    refused = playbook("playbooks/verify.yml", {"rocketmq_health_timeout": 1})
    assert refused.status
    assert cluster.NAMESRV[0] in refused.text, refused.output[-4000:]
    converge()


@pytest.fixture
def own_disk(proof: Proof) -> Iterator[None]:
    """One member's folder on a disk of its own, which systemd mounts at boot, as long as a test runs."""
    host = cluster.host("rmq77")
    host.check_output(
        f"systemctl stop {UNIT} && rm -rf {DISK} && cp -a --sparse=always {FOLDER} {DISK} && rm -rf {FOLDER}/* && "
        f"printf %s > {MOUNT_PATH} && systemctl daemon-reload && "
        f"systemctl enable --now {MOUNT_UNIT} && systemctl start {UNIT}",
        MOUNT,
    )
    cluster.wait_until_whole()
    yield
    host.check_output(
        f"systemctl stop {UNIT} && systemctl disable --now {MOUNT_UNIT} && rm {MOUNT_PATH} && "
        f"systemctl daemon-reload && rm -rf {FOLDER} && mv {DISK} {FOLDER} && systemctl start {UNIT}"
    )
    cluster.wait_until_whole()


@long
@pytest.mark.parametrize(
    ("lose", "find"),
    [
        (f"sed -i 's/=bind/=ro/; s/=none/=ext4/' {MOUNT_PATH}", f"sed -i 's/=ro$/=bind/; s/=ext4/=none/' {MOUNT_PATH}"),
        # Forgotten altogether: the unit's RequiresMountsFor would mount what systemd knows of.
        (f"mv {MOUNT_PATH} {MOUNT_PATH}.away", f"mv {MOUNT_PATH}.away {MOUNT_PATH}"),
    ],
    ids=["the disk is broken", "nobody mounts it"],
)
def test_the_disk_of_a_store_absent_at_boot(lose: str, find: str, survived: Proof, own_disk: None) -> None:
    host = cluster.host("rmq77")
    host.check_output(lose)
    machines.reboot("rmq77")
    assert host.check_output("systemctl show --value --property=MainPID %s", UNIT) == "0"
    assert host.check_output(f"ls -A {FOLDER}") == "", "something was written to an empty folder of the root disk"
    survived.client.send(200)
    run = playbook("site.yml")
    assert run.status, "a run took the empty folder for the store"
    assert f"its store {FOLDER}/store is empty: mount its disk" in run.text, run.output[-4000:]
    assert host.check_output(f"ls -A {FOLDER}") == ""
    host.check_output(f"{find} && systemctl daemon-reload && systemctl start {MOUNT_UNIT}")
    converge()
