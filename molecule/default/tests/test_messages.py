"""Messages through the vendor's client: everything acknowledged can be read."""

import json
import shutil
import time

import ledger
import messages
import pytest
from cluster import CACHE, CLUSTER, FAILOVER, INSTANCES, NAMESRV


def test_every_acknowledged_message_is_read_back_from_both_groups():
    folder = CACHE / "messages"
    shutil.rmtree(folder, ignore_errors=True)
    client = ledger.Client(NAMESRV, f"proof-{int(time.time())}", groups=list(INSTANCES), folder=folder)
    client.create_topic(CLUSTER)
    messages.are_given_back(client, INSTANCES, 1000)


@pytest.mark.skipif(not FAILOVER.exists(), reason="no leader was killed yet")
def test_the_killed_leader_cost_no_acknowledged_message():
    figures = json.loads(FAILOVER.read_text())
    assert figures["lost"] == 0
    assert figures["stored_twice"] == 0
    assert figures["acknowledged"] > 0
    assert len(figures["new_leader_ms"]) == len(NAMESRV)
