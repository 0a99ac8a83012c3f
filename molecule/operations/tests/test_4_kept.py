"""What is kept of a cluster and brought back, and what is told of it, as mqadmin, the Java client and files show it."""

from __future__ import annotations

import functools
import json
import re
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cluster
import drills
import ledger
import mqadmin
import pytest
import yaml
from application import Application
from conftest import Operated, locked, permissions, wait_until
from runs import Point, Run, playbook

GROUP, UNIT, STORE = "RaftNode00", "rocketmq-broker@n0.service", "/var/lib/rocketmq/n0/store"
DOOMED = "doomed"
SECRET = "Sesam-4711-open"
CONSOLE = cluster.CACHE / "console-stand-in.jar"
BY_HAND = "/root/rocketmq"
_START = """mkdir -p {folder}/{name}/tmp && cd {folder}/{name} && set -a && . /etc/rocketmq/{name}.env
grep -v Path= /etc/rocketmq/{name}.conf >../{name}.conf
options=$(echo "$JAVA_OPTIONS" | sed "s#/var/[a-z]*/rocketmq/[a-z0-9]*#$PWD#g")
setsid nohup "$JAVA_HOME/bin/java" $options -cp "$ROCKETMQ_HOME/conf:$ROCKETMQ_HOME/lib/*" \\
  org.apache.rocketmq.{main} -c {folder}/{name}.conf >output 2>&1 </dev/null &
echo $! >../{name}.pid"""
#: Topic, broker group, queue, end, committed.
_PROGRESS = re.compile(r"^(\S+)\s+(\S+)\s+(\d+)\s+(\d+)\s+(\d+)\s", re.MULTILINE)


def admin(command: str, host: str = "rmq71") -> str:
    """mqadmin with a name server."""
    return cluster.host(host).check_output(f"mqadmin {command} -n {cluster.NAMESRV[0]}")


def on_all(command: str) -> None:
    """A command on every host."""
    cluster.in_parallel(lambda name: cluster.host(name).check_output(command), list(cluster.ADDRESSES))


def leaders() -> dict[str, str]:
    """Group -> host."""
    found = mqadmin.leaders(cluster.cluster_list(cluster.NAMESRV[0]))
    return {group: cluster.host_of(address) for group, address in found.items()}


def committed(consumer_group: str) -> dict[tuple[str, ...], int]:
    """Topic, broker group and queue -> offset."""
    lines = _PROGRESS.findall(admin(f"consumerProgress -g {consumer_group}"))
    return {(topic, group, queue): int(offset) for topic, group, queue, _end, offset in lines}


@pytest.fixture(scope="module")
def used(operated: Operated) -> Application:
    """Has worked for a while: a topic with messages, a consumer group with offsets."""
    with operated.in_use("kept") as application:
        # Clients commit every 5 s.
        wait_until(lambda: sum(committed(f"{application.topic}-application").values()), 60)
    return application


@pytest.fixture(scope="module")
def backup(operated: Operated, used: Application) -> Path:
    """With the store of a group; killed while it was packed, and made again."""
    admin(f"updateTopic -c {cluster.CLUSTER} -t {DOOMED} -r 5 -w 3 -o true")
    admin(f"updateSubGroup -c {cluster.CLUSTER} -g {DOOMED} -q 2 -r 7")
    folder = cluster.CACHE / "operations" / "backups"
    shutil.rmtree(folder, ignore_errors=True)
    variables = {"rocketmq_backup_dir": str(folder), "rocketmq_backup_store": GROUP}
    before, led = cluster.invocations(), leaders()[GROUP]
    operated.killed("backup", Point("Archive stores, one follower at a time", "Pack the store"), **variables)
    operated.done("backup", **variables)
    after = cluster.invocations()
    cluster.wait_until_whole()
    restarted = {unit for unit in after if after[unit] != before[unit]}
    assert len(restarted) == 1, restarted
    assert restarted < {f"{name} {UNIT}" for name in cluster.ADDRESSES if name != led}
    assert not locked()
    [found] = [path for path in folder.iterdir() if not path.name.endswith(".partial")]
    return found


def test_a_backup_has_the_messages_of_a_store(backup: Path, used: Application) -> None:
    archive = backup / "stores" / f"{GROUP}.tar"
    with tarfile.open(archive) as opened:
        assert "./config/topics.json" in opened.getnames()
    stored = archive.read_bytes()
    ids = [message.id for message in ledger.read_sent(used.ledger) if message.group == GROUP]
    assert len(ids) > 100
    assert [id_ for id_ in ids if id_.encode() not in stored] == []
    assert archive.parent.parent.stat().st_mode & 0o77 == 0


def known(consumer_group: str) -> dict[str, Any]:
    """What test_what_was_destroyed_comes_back destroys."""
    subscriptions = {}
    for group, host in leaders().items():
        instance = cluster.INSTANCES[group]
        file = cluster.host(host).file(f"/var/lib/rocketmq/{instance}/store/config/subscriptionGroup.json")
        subscriptions[group] = mqadmin.loads(file.content_string)["subscriptionGroupTable"].get(DOOMED)
    return {
        "route": mqadmin.route(admin(f"topicRoute -t {DOOMED}")),
        "order": mqadmin.order(admin(f"updateOrderConf -m get -t {DOOMED}")),
        "subscriptions": subscriptions,
        "offsets": committed(consumer_group),
    }


def test_what_was_destroyed_comes_back(operated: Operated, backup: Path, used: Application) -> None:
    topic = used.topic
    before = known(f"{topic}-application")
    assert before["route"]
    assert before["order"]
    admin(f"deleteTopic -c {cluster.CLUSTER} -t {DOOMED}")
    admin(f"updateOrderConf -m delete -t {DOOMED}")
    admin(f"deleteSubGroup -c {cluster.CLUSTER} -g {DOOMED}")
    admin(f"resetOffsetByTime -g {topic}-application -t {topic} -s 0")
    destroyed = known(f"{topic}-application")
    assert [name for name in before if before[name] == destroyed[name]] == []
    operated.done("restore", rocketmq_backup=str(backup))
    assert known(f"{topic}-application") == before
    assert not locked()


def test_the_store_of_a_group_comes_back(operated: Operated, backup: Path, used: Application) -> None:
    """All members lost theirs. As the runbook says: one member gets it, the others start empty, one after the other."""
    [store] = json.loads((backup / "manifest.json").read_text())["stores"]
    first, *others = [store["host"], *(name for name in cluster.ADDRESSES if name != store["host"])]
    cluster.in_parallel(lambda name: cluster.host(name).check_output(f"systemctl stop {UNIT}"), [first, *others])
    for name in others:
        cluster.host(name).check_output(
            f"mv {STORE} {STORE}.old; install -d -o rocketmq -g rocketmq -m 0750 {STORE}; "
            f"cp -p {STORE}.old/.rocketmq-store {STORE}"
        )
    cluster.host(first).check_output(f"rm -r {STORE}/dledger-* {STORE}/consumequeue {STORE}/config")

    def follows(name: str) -> bool:
        address = f"{cluster.ADDRESSES[name]}:{cluster.PORTS[GROUP][0]}"
        seen = cluster.cluster_list(cluster.NAMESRV[0])
        led = mqadmin.leaders(seen).get(GROUP)
        return led is not None and any(one.address == address and one.broker_id > 0 for one in seen)

    def start(_process: object) -> None:
        for name in others:
            cluster.host(name).check_output(f"systemctl start {UNIT}")
            wait_until(functools.partial(follows, name), 90)

    play = "Restore what the brokers and name servers know"
    waits = Point(play, "Wait until every group has a leader and its members")
    variables = {
        "rocketmq_version": operated.version,
        "rocketmq_health_timeout": 300,
        "rocketmq_backup": str(backup),
        "rocketmq_restore_store": [GROUP],
    }
    run = playbook("playbooks/restore.yml", variables, at=waits, then=start)
    assert run.status == 0, run.output[-6000:]
    cluster.wait_until_whole()
    verdict = used.compare()
    assert verdict.acknowledged > 0
    assert verdict.lost == []
    on_all(f"rm -rf {STORE}.old {STORE}.before-*")
    assert permissions() == {"6"}
    assert not locked()


def adopt(folder: Path) -> Path:
    """The inventory that is written of the cluster, which has to have its groups and members."""
    hosts = {
        name: {"ansible_connection": "community.docker.docker", "ansible_host": container}
        for name, container in cluster.CONTAINERS.items()
    }
    (folder / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts}}))
    adopted = folder / "adopted"
    variables = {"rocketmq_namesrv": ",".join(cluster.NAMESRV), "rocketmq_adopt_dir": str(adopted)}
    run = playbook("playbooks/adopt.yml", variables, inventory=[folder / "hosts.yml"])
    assert run.status == 0, run.output[-6000:]
    found = yaml.safe_load((adopted / "group_vars/rocketmq.yml").read_text())
    assert found["rocketmq_cluster_name"] == cluster.CLUSTER
    assert {
        group["name"]: (group["mode"], group["instance"], group["listen_port"], group["dledger_port"], group["members"])
        for group in found["rocketmq_broker_groups"]
    } == {
        group: ("dledger", cluster.INSTANCES[group], listen, dledger, cluster.MEMBER_IDS)
        for group, (listen, dledger) in cluster.PORTS.items()
    }
    return adopted


def checked(adopted: Path, **variables: Any) -> Run:
    """What `site.yml` would do with it."""
    # What no process tells.
    further = {"rocketmq_install_source": "maven", "rocketmq_dashboard_file": str(CONSOLE)}
    check = playbook("site.yml", {**further, **variables}, inventory=[adopted], options=["--check", "--diff"])
    assert check.status == 0, check.output[-6000:]
    return check


def test_the_adopted_inventory_is_what_runs(tmp_path: Path) -> None:
    check = checked(adopt(tmp_path))
    assert check.changed == dict.fromkeys(cluster.ADDRESSES, 0), check.output[-8000:]


@pytest.fixture
def by_hand(operated: Operated) -> Iterator[None]:
    """The same processes with their stores, as root started them in a shell."""
    mains = {"namesrv": "namesrv.NamesrvStartup"}
    mains |= {f"broker-{instance}": "broker.BrokerStartup" for instance in cluster.INSTANCES.values()}
    on_all(f"systemctl stop 'rocketmq-*' && mkdir -p {BY_HAND}")
    try:
        for name, main in mains.items():
            on_all(_START.format(folder=BY_HAND, name=name, main=main))
        cluster.wait_until_whole()
        yield
    finally:
        on_all(f"kill $(cat {BY_HAND}/*.pid); while pgrep -u root java; do sleep 0.5; done")
        # As the runbook has it.
        on_all(f"rm -r {BY_HAND}; chown -R rocketmq: /var/lib/rocketmq")
        for name in cluster.ADDRESSES:
            cluster.host(name).check_output(f"systemctl start {' '.join(cluster.services(name))}")
        cluster.wait_until_whole()


def test_a_cluster_that_was_started_by_hand(by_hand: None, tmp_path: Path) -> None:
    adopted = adopt(tmp_path)
    report = (adopted / "REPORT.md").read_text()
    for group, instance in cluster.INSTANCES.items():
        for name in cluster.ADDRESSES:
            who = rf"process \d+, user root, {BY_HAND}/broker-{instance}.conf"
            assert re.search(rf"{name}: broker {group} was started by hand \({who}", report), report
    check = checked(adopted, rocketmq_take_over=True)
    files = set(re.findall(r"^\+\+\+ after: (\S+)", check.output, re.MULTILINE))
    # Of JVM options, which the report names.
    assert {path for path in files if not path.endswith(".env")} == set()


def test_old_versions_go(operated: Operated) -> None:
    folder, old, other = "/opt/rocketmq", "1.2.3", "1.2.4"
    on_all(f"mkdir -p {folder}/{old}/lib {folder}/{other}/lib")

    def there() -> dict[str, set[str]]:
        return {name: set(cluster.host(name).check_output(f"ls {folder}").split()) for name in cluster.ADDRESSES}

    before = there()
    operated.done("prune", rocketmq_prune_keep=other)
    gone = {name for found in before.values() for name in found if re.fullmatch(r"\d+\.\d+\.\d+", name)}
    gone -= {operated.version, other}
    assert old in gone
    assert there() == {name: found - gone for name, found in before.items()}
    cluster.wait_until_whole()


def test_a_support_bundle_has_no_secret(operated: Operated, tmp_path: Path) -> None:
    """One that a file names, and the same where nothing says what it is."""
    host, file, note = cluster.host("rmq76"), "/etc/rocketmq/broker-n0.conf", "/etc/rocketmq/note.txt"
    host.check_output(f"cp -p {file} /root/kept && echo aclSecretKey={SECRET} >>{file} && echo was {SECRET} >{note}")
    try:
        operated.done("support_bundle", rocketmq_bundle_dir=str(tmp_path))
    finally:
        host.check_output(f"cp -p /root/kept {file} && rm {note}")
    [path] = tmp_path.glob("*.tar.gz")
    with tarfile.open(path) as opened:
        found = {one.name: opened.extractfile(one).read() for one in opened if one.isfile()}  # type: ignore[union-attr]
    [told] = [text for name, text in found.items() if name.endswith(f"/rmq76/files{file}")]
    assert b"brokerName=RaftNode00" in told
    assert b"aclSecretKey=" in told
    assert [name for name, text in found.items() if name.endswith("note.txt") and b"was " in text]
    assert [name for name, text in found.items() if SECRET.encode() in text] == []


def test_a_drill(operated: Operated, tmp_path: Path) -> None:
    before, led = cluster.invocations(), leaders()["RaftNode01"]
    operated.done(
        "failover_drill",
        rocketmq_confirm=cluster.CLUSTER,
        rocketmq_drill_group="RaftNode01",
        rocketmq_drill_dir=str(tmp_path),
    )
    after = cluster.invocations()
    assert {unit for unit in after if after[unit] != before[unit]} == {f"{led} rocketmq-broker@n1.service"}
    cluster.wait_until_whole()
    drill = drills.went_well(tmp_path, led)
    assert cluster.host_of(drill["leader_after"]) == leaders()["RaftNode01"]
    assert permissions() == {"6"}
