"""Groups, a name server and a host go and come while an application works; runs that are killed go on."""

from __future__ import annotations

import functools
import json
from pathlib import Path

import cluster
import ledger
import machines
import mqadmin
import pytest
import yaml
from conftest import LOCK, Operated, broker_settings, ended, locked, permissions, wait_until
from runs import Point, broker_groups

GROUP, UNIT = "RaftNode01", "rocketmq-broker@n1.service"
HOST = "rmq77"
#: Where HOST moves to.
ELSEWHERE = "198.18.72.78"
NEW = "RaftNode02"
GROWN = {
    "rocketmq_broker_groups": [
        *broker_groups(GROUP),
        {"name": NEW, "instance": "n2", "mode": "dledger", "listen_port": 10931, "dledger_port": 20931}
        | {"members": cluster.MEMBER_IDS, "properties": {"sendMessageThreadPoolNums": 2}},
    ]
}
#: What a removed group must not leave.
LEFT = (
    "ls -d /etc/systemd/system/rocketmq-broker@n2.service /etc/rocketmq/broker-n2.conf /etc/rocketmq/broker-n2.env "
    "/var/lib/rocketmq/n2 /var/log/rocketmq/n2 2>/dev/null || :"
)
STOPS = "Stop the brokers of the drained groups"


def states(unit: str) -> set[tuple[str, ...]]:
    """What systemd says of a unit on all hosts: whether it runs, and whether a boot would start it."""
    asked = f"systemctl is-active {unit}; systemctl is-enabled {unit}"
    return {tuple(cluster.host(name).run(asked).stdout.split()) for name in cluster.ADDRESSES}


def test_a_drained_group_comes_back(operated: Operated) -> None:
    """Killed while it waits, while it stops brokers, when it has stopped them, and when it has started them again."""
    drain = {"rocketmq_drain_groups": GROUP, "rocketmq_drain_ignore": ended("drain"), "rocketmq_drain_wait": 180}
    granted = {**drain, "rocketmq_drain_state": "granted"}
    other = {"RaftNode00": cluster.MEMBERS["RaftNode00"]}
    with operated.in_use("drain"):
        waiting = Point("Let the groups run empty", "Wait until nobody writes and all is consumed", 1)
        operated.killed("drain", waiting, **drain)
        assert states(UNIT) == {("active", "enabled")}
        operated.killed("drain", Point(STOPS, "and remember that it was drained", 2), **drain)
        operated.killed("drain", Point(STOPS, "Wait until the cluster is healthy"), **drain)
        assert states(UNIT) == {("inactive", "disabled")}
        operated.done("drain", **drain)
        cluster.wait_until_whole(members=other)
        for name in cluster.ADDRESSES:
            assert cluster.host(name).file("/var/lib/rocketmq/n1/store/.rocketmq-drained").exists, name
        assert not locked()
        operated.killed("drain", Point("Start the brokers that come back", "Wait until each listens"), **granted)
        operated.done("drain", **granted)
    cluster.wait_until_whole()
    assert states(UNIT) == {("active", "enabled")}
    assert permissions() == {"6"}
    assert not locked()


def test_a_group_comes_and_goes(operated: Operated) -> None:
    """With the application's topic. Killed while its brokers start, and when its messages are gone."""
    before = cluster.invocations()
    members = {
        **cluster.MEMBERS,
        NEW: {f"{cluster.ADDRESSES[name]}:10931": (0, int(id_[1:]) + 1) for name, id_ in cluster.MEMBER_IDS.items()},
    }
    with operated.in_use("growth") as application:

        def used() -> bool:
            return any(message.group == NEW for message in ledger.read_sent(application.ledger))

        add = {"rocketmq_add_group": NEW, "rocketmq_add_group_topics": "growth-*", **GROWN}
        starts = Point("Start the new groups", "apply | Start each process and wait until it listens", 1)
        operated.killed("add_group", starts, **add)
        operated.done("add_group", **add)
        cluster.wait_until_whole(members=members)
        # Producers ask for routes every 30 s.
        wait_until(used, 60)
        drain = {"rocketmq_drain_groups": NEW, "rocketmq_drain_ignore": ended("growth"), "rocketmq_drain_wait": 180}
        operated.done("drain", **drain, **GROWN)
        remove = {"rocketmq_remove_group": NEW, "rocketmq_confirm": NEW, "rocketmq_destroy_data": True, **GROWN}
        operated.killed("remove_group", Point("Remove the group", "Stop the processes of this kind"), **remove)
        operated.done("remove_group", **remove)
    cluster.wait_until_whole()
    assert {name: cluster.host(name).check_output(LEFT) for name in cluster.ADDRESSES} == dict.fromkeys(
        cluster.ADDRESSES, ""
    )
    assert cluster.invocations() == before, "no other process was restarted"
    assert permissions() == {"6"}
    assert not locked()


@pytest.fixture
def two_name_servers() -> list[str]:
    """By hand, as if they had been deployed: a host has none, brokers and their files know those of the others."""
    left = [f"{address}:9876" for name, address in cluster.ADDRESSES.items() if name != HOST]
    listed = ";".join(left)
    files = f"sed -i 's/^namesrvAddr=.*/namesrvAddr={listed}/' $file; touch -r /root/kept $file"
    for name in cluster.ADDRESSES:
        cluster.host(name).check_output(
            f"for file in /etc/rocketmq/broker-n?.conf; do cp -p $file /root/kept; {files}; done"
        )

    def tell(address: str) -> str:
        told = f"mqadmin updateBrokerConfig -b {address} -k namesrvAddr -v '{listed}'"
        return cluster.host(cluster.host_of(address)).check_output(told)

    cluster.in_parallel(tell, [address for group in cluster.PORTS for address in cluster.broker_addresses(group)])
    assert {settings["namesrvAddr"] for settings in broker_settings().values()} == {listed}
    cluster.host(HOST).check_output(
        "systemctl disable --now rocketmq-namesrv.service && rm -r /etc/systemd/system/rocketmq-namesrv.service "
        "/etc/rocketmq/namesrv.* /var/lib/rocketmq/namesrv && systemctl daemon-reload"
    )
    return left


def test_a_name_server_joins(operated: Operated, two_name_servers: list[str]) -> None:
    """Brokers learn of it while they run; killed when they have."""
    before = cluster.invocations("rmq71", "rmq76")
    with operated.in_use("namesrv", two_name_servers):
        operated.killed(
            "add_namesrv", Point("Tell the brokers", "Bring their files to the plan"), rocketmq_add_namesrv=HOST
        )
        operated.done("add_namesrv", rocketmq_add_namesrv=HOST)
    cluster.wait_until_whole()
    assert {settings["namesrvAddr"] for settings in broker_settings().values()} == {";".join(cluster.NAMESRV)}
    assert cluster.invocations("rmq71", "rmq76") == before, "no broker was restarted"
    assert not locked()


def ends(group: str) -> set[str]:
    """Where the commit logs of the members of a group end, as mqadmin shows it."""

    def end(address: str) -> str:
        return cluster.host(cluster.host_of(address)).check_output(
            "mqadmin brokerStatus -b %s | awk '$1 == \"commitLogMaxOffset\" {print $3}'", address
        )

    return {*cluster.in_parallel(end, sorted(cluster.broker_addresses(group))).values()}


def alike(group: str) -> bool:
    found = ends(group)
    return len(found) == 1 and int(found.pop()) > 0


def led_by_others() -> bool:
    """Whether each group is led, by a member that is not on HOST."""
    found = mqadmin.leaders(cluster.cluster_list(cluster.NAMESRV[0]))
    left = [address for name, address in cluster.ADDRESSES.items() if name != HOST]
    return {*found} == {*cluster.PORTS} and all(leader.split(":")[0] in left for leader in found.values())


def test_a_reinstalled_host_is_filled(operated: Operated) -> None:
    """Same name, same address, empty disk. Killed while its first broker starts."""
    before = cluster.invocations("rmq71", "rmq76")
    machines.renew(HOST)
    wait_until(led_by_others, 150)
    with operated.in_use("replace", cluster.NAMESRV[:2]):
        starts = Point("Start its brokers, one at a time", "apply | Start each process and wait until it listens", 1)
        operated.killed("replace_node", starts, rocketmq_confirm=HOST)
        held = json.loads(cluster.host("rmq71").check_output("cat %s", LOCK))
        assert held["operation"] == f"replacement of {HOST}"
        operated.done("replace_node", rocketmq_confirm=HOST)
    cluster.wait_until_whole()
    for group in cluster.PORTS:
        wait_until(functools.partial(alike, group), 60)
    assert states(UNIT) == {("active", "enabled")}
    assert cluster.invocations("rmq71", "rmq76") == before, "no other host's processes were restarted"
    assert permissions() == {"6"}
    assert not locked()


def test_a_host_moves(operated: Operated, tmp_path: Path) -> None:
    """To another address with an empty disk, killed once a follower of either group has learned it; and back."""
    overlay = tmp_path / "hosts.yml"
    overlay.write_text(yaml.safe_dump({"all": {"hosts": {HOST: {"rocketmq_address": ELSEWHERE}}}}), encoding="utf-8")
    moved = ["--inventory", str(overlay)]
    members = {
        group: {address.replace(cluster.ADDRESSES[HOST], ELSEWHERE): ids for address, ids in own.items()}
        for group, own in cluster.MEMBERS.items()
    }
    namesrv = [*cluster.NAMESRV[:2], f"{ELSEWHERE}:9876"]
    machines.renew(HOST, address=ELSEWHERE)
    wait_until(led_by_others, 150)
    with operated.in_use("move", cluster.NAMESRV[:2]):
        told = Point("Let a member lead that knows the address", "whether another member can take over")
        operated.killed("replace_node", told, options=moved, rocketmq_confirm=HOST)
        operated.done("replace_node", options=moved, rocketmq_confirm=HOST)
    cluster.wait_until_whole(members=members, namesrv=namesrv)
    machines.renew(HOST)
    wait_until(led_by_others, 150)
    operated.done("replace_node", rocketmq_confirm=HOST)
    cluster.wait_until_whole()
    for group in cluster.PORTS:
        wait_until(functools.partial(alike, group), 60)
    assert {settings["namesrvAddr"] for settings in broker_settings().values()} == {";".join(cluster.NAMESRV)}
    assert permissions() == {"6"}
    assert not locked()
