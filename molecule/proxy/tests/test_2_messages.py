"""Every kind of message through the proxies, by clients of both protocols."""

from concurrent.futures import ThreadPoolExecutor

import kinds
import pytest
from cluster import CACHE
from proxies import ENDPOINTS, REMOTING_ENDPOINTS


@pytest.mark.parametrize(
    ("client", "send", "endpoints"), [("java", kinds.java, REMOTING_ENDPOINTS), ("grpc", kinds.grpc, ENDPOINTS)]
)
def test_every_kind_of_message(topics, client, send, endpoints):
    folder = CACHE / "proxy"

    def one(kind):
        return send(kind, endpoints, f"{client}-{kind}", f"{client}-{kind}", folder)

    with ThreadPoolExecutor(len(kinds.MESSAGE_TYPES)) as pool:
        verdicts = dict(zip(kinds.MESSAGE_TYPES, pool.map(one, kinds.MESSAGE_TYPES)))
    for kind, verdict in verdicts.items():
        print(f"{client} {kind}: {verdict}")
    assert all(verdict.good and verdict.sent == kinds.LOAD.count for verdict in verdicts.values()), verdicts
