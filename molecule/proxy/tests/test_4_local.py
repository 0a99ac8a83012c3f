"""The cluster is taken away, and inventories/examples/proxy_local deployed on one of its hosts."""

import kinds
import pytest
from cluster import ADDRESSES, host
from proxies import FOLDER, GRPC, REMOTING, done, listens, show

pytestmark = pytest.mark.usefixtures("local_mode")
BROKER = "rocketmq-broker@a.service"


@pytest.mark.parametrize("name", ["rmq76", "rmq77"])
def test_nothing_is_left_of_the_cluster(name):
    places = "/etc/rocketmq /opt/rocketmq /var/lib/rocketmq /etc/systemd/system"
    assert host(name).run(f"find {places} -name '*rocketmq*' -o -name '*proxy*'").stdout == ""


def test_broker_and_proxy_are_one_process():
    assert listens("rmq71", [10911, GRPC, REMOTING])
    # Root in a container may not see who listens.
    running = set(host("rmq71").check_output("pgrep --exact java").split())
    assert running == {show("rmq71", unit, "MainPID") for unit in (BROKER, "rocketmq-namesrv.service")}
    assert set(done("site.yml", example="proxy_local").changed.values()) == {0}


def test_messages_over_grpc():
    """Transactions, which take a minute, go the same way as through the proxies of the cluster."""
    sent = {"delayed": 40, "ordered": 100, "normal": 20}
    found = kinds.run_grpc([f"{ADDRESSES['rmq71']}:{GRPC}"], "grpc", folder=FOLDER / "local", kinds=list(sent))
    print(f"local, gRPC: {found}")
    assert found.wrong == []
    assert found.sent == sent
    assert show("rmq71", BROKER, "NRestarts") == "0"
