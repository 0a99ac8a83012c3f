"""Every mode and layout on a real cluster: as its example has it, and when a process or a host of it dies.

What is asserted here, docs/modes.md promises; its numbers are the figures of these tests. Which of them each deployment
gets stands in conftest.py.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path

import cluster
import drills
import kinds
import ledger
import messages
from conftest import Figures
from deaths import Death, gone, now
from deployment import DISK, Deployment
from layouts import Group


def test_deploys(deployment: Deployment) -> None:
    """Exactly the processes and members of the example, by the vendor's own tool."""
    layout = deployment.layout
    version = f"V{deployment.version.replace('.', '_')}"
    for name_server, members in deployment.wait_until_whole().items():
        assert {(member.cluster, member.version) for member in members} == {(layout.cluster, version)}, name_server
    assert deployment.restarts() == layout.restarts()


def test_second_run(deployment: Deployment) -> None:
    again = deployment.run("site.yml")
    assert set(again.changed.values()) == {0}, again.output[-4000:]
    assert deployment.restarts() == deployment.layout.restarts()


def test_messages(deployment: Deployment, client: ledger.Client) -> None:
    messages.are_given_back(client, deployment.layout.groups)


def test_kinds(deployment: Deployment, figures: Figures) -> None:
    found = kinds.run(
        deployment.namesrv,
        f"kinds-{int(time.time())}",
        cluster=deployment.layout.cluster,
        groups=list(deployment.layout.groups),
        folder=deployment.folder / "kinds",
    )
    figures.add(deployment, "message kinds", {"found": str(found)})
    assert not found.wrong, found.wrong
    assert set(found.sent) == {"normal", "ordered", "delayed", "transactional"}


def test_process_dies(deployment: Deployment, client: ledger.Client, figures: Figures) -> None:
    """The broker that takes the writes of a group, by SIGKILL."""
    layout = deployment.layout
    death = Death(deployment, client, "a process dies")
    unit = f"rocketmq-broker@{layout.groups[death.group].instance}.service"
    with death.sending():
        command = "date +%%s%%3N && systemctl kill --signal=SIGKILL %s"
        death.since = int(cluster.host(death.host).check_output(command, unit))
        death.wait_until_named()
        deployment.wait_until_whole()
    new = deployment.leaders()[death.group]
    verdict = client.compare()
    death.report(figures, verdict, leader=new)
    assert verdict.good, verdict
    assert (new != death.leader) == layout.takes_over, (death.leader, new)
    assert deployment.restarts() == layout.restarts((death.host, unit))


def test_host_dies(deployment: Deployment, client: ledger.Client, figures: Figures) -> None:
    """The host of a group's master. What cannot be read meanwhile would be lost if its disk were gone as well."""
    layout = deployment.layout
    death = Death(deployment, client, "a host dies")
    with ExitStack() as mended:
        with death.sending():
            death.since = now()
            # Where another member takes over it vanishes: the harder case, and the one that its timings are for.
            mended.enter_context(gone(death.host, vanishes=layout.takes_over))
            if layout.takes_over:
                death.wait_until_others_are_named()
            time.sleep(8)
        meanwhile = client.compare()
    deployment.wait_until_whole()
    verdict = client.compare()
    death.report(figures, verdict, unreadable_meanwhile=len(meanwhile.lost))
    assert verdict.good, verdict
    if layout.safe:
        assert not meanwhile.lost, meanwhile
    if not any(len(group.ids) > 1 for group in layout.groups.values()):
        assert meanwhile.lost, meanwhile
    if layout.without_slave:
        waiting = [name for name, own in layout.groups.items() if own.ids.get(death.host) == {1}]
        failed = [attempt for attempt in ledger.read_failed(client.failed) if attempt.started_ms > death.since]
        outcomes = {attempt.outcome for attempt in failed if attempt.group in waiting}
        assert layout.without_slave[deployment.version[0]] in outcomes, outcomes


def test_mount(deployment: Deployment, client: ledger.Client) -> None:
    """Messages are on the mount alone, which comes before its broker when the host boots."""
    for host in ("rmq71", "rmq76"):
        assert cluster.host(host).check_output(f"ls {DISK}/a/store/commitlog")
        elsewhere = "find / -xdev -name commitlog -not -path '/srv/*' -not -path '/data/*'"
        assert cluster.host(host).check_output(elsewhere) == ""
    client.send(100, rate=100)
    with gone("rmq71", vanishes=False):
        pass
    deployment.wait_until_whole()
    assert client.compare().good


def test_drill(deployment: Deployment, tmp_path: Path) -> None:
    """The playbook kills who leads the first group, brings it back and tells what that cost."""
    layout, group = deployment.layout, next(iter(deployment.layout.groups))
    led = deployment.leaders()[group]
    deployment.run(
        "playbooks/failover_drill.yml",
        rocketmq_confirm=layout.cluster,
        rocketmq_drill_group=group,
        rocketmq_drill_dir=str(tmp_path),
    )
    deployment.wait_until_whole()
    drill = drills.went_well(tmp_path, cluster.host_of(led))
    assert drill["leader_after"] == deployment.leaders()[group] != led


def test_restarts(deployment: Deployment) -> None:
    """One process after the other while an application works, which notices nothing."""
    before = deployment.invocations()
    with deployment.application().unharmed():
        deployment.run("playbooks/rolling_restart.yml")
    after = deployment.invocations()
    assert [unit for unit in before if after[unit] == before[unit]] == []
    deployment.wait_until_whole()


def test_migrates(deployment: Deployment) -> None:
    """A group of master and slave becomes one of DLedger while an application works, which notices nothing."""
    layout, old, new = deployment.layout, "broker-a", "RaftNode00"
    members = {host: f"n{number}" for number, host in enumerate(cluster.ADDRESSES)}
    entry = {"name": new, "instance": "n0", "mode": "dledger", "listen_port": 10941, "dledger_port": 20941}
    groups = deployment.variables()["rocketmq_broker_groups"]
    with deployment.application().unharmed():
        deployment.run(
            "playbooks/migrate.yml",
            rocketmq_broker_groups=[*groups, {**entry, "members": members}],
            rocketmq_migrate_group=old,
            rocketmq_add_group=new,
            rocketmq_confirm=old,
            rocketmq_drain_wait=180,
        )
    left = {name: found for name, found in layout.members.items() if name != old}
    added = {f"{cluster.ADDRESSES[host]}:10941": {0, number} for number, host in enumerate(cluster.ADDRESSES, 1)}
    cluster.wait_until_whole(members={**left, new: added}, namesrv=deployment.namesrv)


def test_console(deployment: Deployment) -> None:
    """And the settings of a developer's machine."""
    page = cluster.host("rmq71").check_output(
        "python3 -c %s", "import urllib.request as r; print(r.urlopen('http://198.18.72.71:8080/').read().decode())"
    )
    assert "<li>198.18.72.71:9876</li>" in page
    assert "198.18.72.77:9876" not in page
    config = cluster.broker_config("198.18.72.77:10921")
    assert (config["autoCreateTopicEnable"], config["sendMessageThreadPoolNums"]) == ("false", "4")


def test_grows(deployment: Deployment) -> None:
    """A third group is one more entry, and leaves the others alone."""
    before = deployment.invocations()
    entries = [
        *(
            {"name": f"broker-{n}", "instance": f"b{n}", "mode": "master", "listen_port": 10911, "members": [host]}
            for n, host in enumerate(("rmq71", "rmq76"))
        ),
        {"name": "broker-2", "instance": "b2", "mode": "master", "listen_port": 10921, "members": ["rmq71"]},
    ]
    deployment.run("site.yml", rocketmq_broker_groups=entries)
    groups = {**deployment.layout.groups, "broker-2": Group("b2", 10921, {"rmq71": {0}})}
    members = {
        name: {f"{cluster.ADDRESSES[host]}:{own.port}": ids for host, ids in own.ids.items()}
        for name, own in groups.items()
    }
    cluster.wait_until_whole(members=members, namesrv=deployment.namesrv)
    assert deployment.invocations() == before, "what was there before has been started anew"
    client = ledger.Client(deployment.namesrv, "grown", groups=list(groups), folder=deployment.folder / "grown")
    client.create_topic(deployment.layout.cluster)
    messages.are_given_back(client, groups)
