"""The releases that no other scenario of `make test-all` deploys in DLedger mode, one after the other."""

import shutil
import time

import cluster
import ledger
import machines
import messages
import pytest
from runs import ROOT, converge, playbook

#: By the examples developer (modes) and proxy.
ELSEWHERE = {"4.9.7", "5.5.0"}
RELEASES = sorted({path.stem for path in ROOT.glob("plugins/plugin_utils/versions/*.json")} - ELSEWHERE)
PLACES = "/etc/rocketmq /opt/rocketmq /var/lib/rocketmq /var/log/rocketmq /usr/local/bin /etc/systemd/system"


def destroy():
    """Hosts that refuse are replaced by bare ones, for the next release."""
    run = playbook("playbooks/destroy.yml", {"rocketmq_confirm": cluster.CLUSTER, "rocketmq_destroy_data": True})
    if run.status:
        machines.renew()
    assert run.status == 0, run.output[-4000:]


@pytest.fixture(params=RELEASES)
def release(request, monkeypatch):
    """Deployed on hosts that carry nothing; in the end they carry nothing again."""
    monkeypatch.setenv("ROCKETMQ_VERSION", request.param)
    try:
        converge()
        yield request.param
    finally:
        destroy()
    for name in cluster.ADDRESSES:
        left = cluster.host(name).run(
            f"find {PLACES} -name '*rocketmq*' -o -name mqadmin; pgrep --list-full java; getent passwd rocketmq"
        )
        assert left.stdout == ""


def test_the_cluster_is_as_planned_and_gives_back_what_it_acknowledged(release):
    version = f"V{release.replace('.', '_')}"
    for name_server, members in cluster.wait_until_whole().items():
        assert {(member.cluster, member.version) for member in members} == {(cluster.CLUSTER, version)}, name_server
    folder = cluster.CACHE / "releases" / release
    shutil.rmtree(folder, ignore_errors=True)
    topic = f"release-{int(time.time())}"
    client = ledger.Client(cluster.NAMESRV, topic, groups=list(cluster.INSTANCES), folder=folder)
    client.create_topic(cluster.CLUSTER)
    messages.are_given_back(client, cluster.INSTANCES)
