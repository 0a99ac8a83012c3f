"""Every kind of message through the proxies, by clients of both protocols."""

import kinds
import pytest
from cluster import CACHE
from proxies import CLUSTER, ENDPOINTS, GROUP, REMOTING_ENDPOINTS, restarts

pytestmark = pytest.mark.usefixtures("cluster_mode")
FOLDER = CACHE / "proxy"


def test_every_kind_of_message_through_the_remoting_port():
    found = kinds.run(REMOTING_ENDPOINTS, "java", cluster=CLUSTER, groups=[GROUP], folder=FOLDER / "java", create=False)
    print(f"remoting: {found}")
    assert found.wrong == []
    assert set(found.sent) == set(kinds.MESSAGE_TYPES)
    assert restarts() == {}


def test_every_kind_of_message_over_grpc():
    found = kinds.run_grpc(ENDPOINTS, "grpc", folder=FOLDER / "grpc")
    print(f"gRPC: {found}")
    assert found.wrong == []
    assert found.sent == {"normal": 20, "ordered": 100, "delayed": 40, "transactional": 80}
    assert restarts() == {}
