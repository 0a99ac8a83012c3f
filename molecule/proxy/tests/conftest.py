"""Topics and groups for every kind of message, made as an operator makes them."""

from __future__ import annotations

import pytest
from kinds import MESSAGE_TYPES
from runs import playbook

CLIENTS = ("java", "grpc")


@pytest.fixture(scope="session")
def topics() -> None:
    names = [(f"{client}-{kind}", type_) for client in CLIENTS for kind, type_ in MESSAGE_TYPES.items()]
    names.append(("failover", "NORMAL"))
    variables = {
        "rocketmq_topics": [
            {"name": name, "queues": 4, "attributes": {"message.type": type_}} for name, type_ in names
        ],
        "rocketmq_consumer_groups": [{"name": "grpc-fifo", "consume_orderly": True}],
    }
    run = playbook("playbooks/topics.yml", variables)
    assert run.status == 0, run.output[-4000:]
