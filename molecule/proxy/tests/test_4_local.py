"""The cluster is taken away, and inventories/examples/proxy_local deployed on one of its hosts."""

import shutil
from concurrent.futures import ThreadPoolExecutor

import kinds
import pytest
from cluster import ADDRESSES, CACHE, host
from proxies import CLUSTER, GRPC, REMOTING, listens
from runs import ROOT, playbook

ADDRESS = ADDRESSES["rmq71"]
BROKER = "rocketmq-broker@a.service"


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """The example as it is, on Molecule's host."""
    gone = playbook("playbooks/destroy.yml", {"rocketmq_confirm": CLUSTER, "rocketmq_destroy_data": True})
    assert gone.status == 0, gone.output[-4000:]
    folder = tmp_path_factory.mktemp("inventory")
    shutil.copytree(ROOT / "inventories/examples/proxy_local", folder, dirs_exist_ok=True)
    shutil.copytree(ROOT / "molecule/host_vars", folder / "host_vars")
    run = playbook("site.yml", inventory=folder)
    assert run.status == 0, run.output[-4000:]
    return folder


def test_nothing_is_left_of_the_cluster(local):
    for name in ("rmq76", "rmq77"):
        left = host(name).check_output(
            "find /etc/rocketmq /opt/rocketmq /etc/systemd/system/rocketmq* 2>/dev/null || true"
        )
        assert left == ""


def test_broker_and_proxy_are_one_process(local):
    assert listens("rmq71")
    pid = host("rmq71").check_output("systemctl show --value --property MainPID %s", BROKER)
    for port in (10911, GRPC, REMOTING):
        assert f"pid={pid}," in host("rmq71").check_output(
            "ss --no-header --listening --tcp --processes sport = :%s", str(port)
        )
    again = playbook("site.yml", inventory=local)
    assert set(again.changed.values()) == {0}, again.output[-4000:]


def test_every_kind_of_message(local):
    names = [
        {"name": kind, "queues": 4, "attributes": {"message.type": type_}}
        for kind, type_ in kinds.MESSAGE_TYPES.items()
    ]
    groups = [{"name": "grpc-fifo", "consume_orderly": True}]
    made = playbook(
        "playbooks/topics.yml", {"rocketmq_topics": names, "rocketmq_consumer_groups": groups}, inventory=local
    )
    assert made.status == 0, made.output[-4000:]

    def one(kind):
        return kinds.grpc(kind, [f"{ADDRESS}:{GRPC}"], kind, f"grpc-{kind}", CACHE / "proxy/local")

    with ThreadPoolExecutor(len(kinds.MESSAGE_TYPES)) as pool:
        verdicts = dict(zip(kinds.MESSAGE_TYPES, pool.map(one, kinds.MESSAGE_TYPES)))
    for kind, verdict in verdicts.items():
        print(f"local {kind}: {verdict}")
    assert all(verdict.good and verdict.sent == kinds.LOAD.count for verdict in verdicts.values()), verdicts


def test_a_local_proxy_that_is_stopped_fails_verify(local):
    host("rmq71").check_output("systemctl stop %s", BROKER)
    refused = playbook("playbooks/verify.yml", {"rocketmq_health_timeout": 1}, inventory=local)
    assert refused.status
    assert playbook("site.yml", inventory=local).status == 0
