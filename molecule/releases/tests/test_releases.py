"""The releases that no other scenario deploys, one after the other on the same hosts."""

import subprocess
import sys

import cluster
import pytest
import yaml
from runs import ROOT, converge, playbook

ELSEWHERE = {cluster.VERSION} | {
    str(yaml.safe_load(path.read_text())["provisioner"]["env"]["ROCKETMQ_VERSION"])
    for path in ROOT.glob("molecule/release-*/molecule.yml")
}
RELEASES = sorted({path.stem for path in ROOT.glob("plugins/plugin_utils/versions/*.json")} - ELSEWHERE)
PLACES = "/etc/rocketmq /opt/rocketmq /var/lib/rocketmq /var/log/rocketmq /usr/local/bin /etc/systemd/system"


@pytest.fixture(params=RELEASES)
def release(request, monkeypatch):
    """Deployed on hosts that carry nothing; in the end they carry nothing again."""
    monkeypatch.setenv("ROCKETMQ_VERSION", request.param)
    try:
        converge()
        yield request.param
    finally:
        run = playbook("playbooks/destroy.yml", {"rocketmq_confirm": cluster.CLUSTER, "rocketmq_destroy_data": True})
        assert run.status == 0, run.output[-4000:]
        for name in cluster.ADDRESSES:
            left = cluster.host(name).run(
                f"find {PLACES} -name '*rocketmq*' -o -name mqadmin; pgrep --list-full java; getent passwd rocketmq"
            )
            assert left.stdout == ""


def test_the_default_tests_hold_for(release):
    """In a process of their own, which is told the release as a scenario of its own would be."""
    subprocess.run([sys.executable, "-m", "pytest", ROOT / "molecule/default/tests"], cwd=ROOT, check=True)
