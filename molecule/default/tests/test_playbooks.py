"""Topics and consumer groups through playbooks, as an operator keeps them; the modules themselves: tests/contract."""

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
