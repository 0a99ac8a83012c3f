"""The cluster is taken away, and inventories/examples/proxy_local deployed on one of its hosts."""

import kinds
import pytest
from cluster import ADDRESSES, CACHE, host
from proxies import GRPC, REMOTING, done, listens, run

pytestmark = pytest.mark.usefixtures("local_mode")
ADDRESS = ADDRESSES["rmq71"]
BROKER = "rocketmq-broker@a.service"


@pytest.mark.parametrize("name", ["rmq76", "rmq77"])
def test_nothing_is_left_of_the_cluster(name):
    places = "/etc/rocketmq /opt/rocketmq /var/lib/rocketmq /etc/systemd/system"
    assert host(name).run(f"find {places} -name '*rocketmq*' -o -name '*proxy*'").stdout == ""


def test_broker_and_proxy_are_one_process():
    assert listens("rmq71", [10911, GRPC, REMOTING])
    pid = host("rmq71").check_output("systemctl show --value --property MainPID %s", BROKER)
    shown = host("rmq71").check_output("ss --no-header --listening --tcp --numeric --processes")
    owners = {line.split()[3].rsplit(":", 1)[1]: line for line in shown.splitlines()}
    assert all(f"pid={pid}," in owners[str(port)] for port in (10911, GRPC, REMOTING))
    assert set(done("site.yml", example="proxy_local").changed.values()) == {0}


def test_every_kind_of_message_over_grpc():
    found = kinds.run_grpc([f"{ADDRESS}:{GRPC}"], "grpc", folder=CACHE / "proxy/local")
    print(f"local, gRPC: {found}")
    assert found.wrong == []
    assert found.sent == {"normal": 20, "ordered": 100, "delayed": 40, "transactional": 80}
    assert host("rmq71").check_output("systemctl show --value --property NRestarts %s", BROKER) == "0"


def test_verify_notices_that_it_is_stopped():
    host("rmq71").check_output("systemctl stop %s", BROKER)
    assert run("playbooks/verify.yml", {"rocketmq_health_timeout": 1}, "proxy_local").status
    done("site.yml", example="proxy_local")
