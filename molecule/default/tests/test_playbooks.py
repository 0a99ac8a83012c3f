"""What operators do with playbooks: topics and consumer groups, settings that somebody changed; the modules themselves:
tests/contract."""

import re

import cluster
import pytest
import yaml
from runs import ROOT, playbook

pytestmark = pytest.mark.skipif(cluster.FAILOVER.exists(), reason="once for each cluster is enough")
EXAMPLE = ROOT / "inventories/examples/objects"


def variables(folder):
    files = [folder / "topics.yml", folder / "consumer_groups.yml"]
    return {name: value for file in files for name, value in yaml.safe_load(file.read_text()).items()}


def test_what_is_exported_changes_nothing(tmp_path):
    applied = playbook("playbooks/topics.yml", variables(EXAMPLE))
    assert applied.status == 0, applied.output[-4000:]
    assert "orders" in cluster.host("rmq71").check_output("mqadmin topicList -n %s", cluster.NAMESRV[0]).split()
    exported = playbook("playbooks/export.yml", {"rocketmq_export_dir": str(tmp_path)})
    assert exported.status == 0, exported.output[-4000:]
    found = variables(tmp_path)
    assert {"orders", "orders-archive", "order-events"} <= {item["name"] for item in found["rocketmq_topics"]}
    assert {"billing", "shipping", "screens"} <= {item["name"] for item in found["rocketmq_consumer_groups"]}
    again = playbook("playbooks/topics.yml", found)
    assert again.status == 0, again.output[-4000:]
    assert set(again.changed.values()) == {0}, again.output[-4000:]


def test_verify_names_a_setting_that_somebody_changed():
    changed = f"{cluster.ADDRESSES['rmq76']}:{cluster.PORTS['RaftNode01'][0]}"
    tell = "mqadmin updateBrokerConfig -b %s -k fileReservedTime -v %s"
    host = cluster.host("rmq76")
    host.check_output(tell, changed, "24")
    try:
        found = playbook("playbooks/verify.yml")
    finally:
        host.check_output(tell, changed, "72")
    assert found.status == 2, found.output[-4000:]
    assert "rmq76, rocketmq-broker@n1.service: fileReservedTime is 24, planned is 72." in found.text
    # Ansible may print a failure more than once.
    assert set(re.findall(r"(\w+) is \S+, planned is ", found.text)) == {"fileReservedTime"}
    again = playbook("playbooks/verify.yml")
    assert again.status == 0, again.output[-4000:]
