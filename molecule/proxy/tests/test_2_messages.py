"""Every kind of message through the proxies, by clients of both protocols at the same time."""

from concurrent.futures import ThreadPoolExecutor

import kinds
import pytest
from proxies import CLUSTER, ENDPOINTS, FOLDER, GROUP, REMOTING_ENDPOINTS, restarts

pytestmark = pytest.mark.usefixtures("cluster_mode")


def remoting():
    return kinds.run(REMOTING_ENDPOINTS, "java", cluster=CLUSTER, groups=[GROUP], folder=FOLDER / "java", create=False)


def grpc():
    return kinds.run_grpc(ENDPOINTS, "grpc", folder=FOLDER / "grpc")


def test_every_kind_of_message_by_both_protocols():
    """They wait most of the time, for brokers that ask what became of a transaction."""
    with ThreadPoolExecutor(2) as pool:
        found = {client.__name__: pool.submit(client) for client in (remoting, grpc)}
    for name, one in found.items():
        print(f"{name}: {one.result()}")
        assert one.result().wrong == [], name
        assert one.result().sent == {"normal": 20, "ordered": 100, "delayed": 40, "transactional": 80}, name
    assert restarts() == {}
