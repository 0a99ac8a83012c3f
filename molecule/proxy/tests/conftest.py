"""Deployments, and topics and groups for every kind of message, made as an operator makes them."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest
from kinds import MESSAGE_TYPES
from proxies import CLUSTER, FOLDER, done

#: Who sends each kind: clients of the older protocol, of gRPC, and those who see a proxy die.
PURPOSES = ("java", "grpc", "java-failover", "grpc-failover")


def make_topics(example: str) -> None:
    topics = [
        {"name": f"{purpose}-{kind}", "queues": 4, "attributes": {"message.type": type_}}
        for purpose in PURPOSES
        for kind, type_ in MESSAGE_TYPES.items()
    ]
    # A proxy in cluster mode has its brokers make groups that it does not know, one in local mode refuses them.
    groups = [{"name": f"grpc-{kind}-consumer", "consume_orderly": kind == "ordered"} for kind in MESSAGE_TYPES]
    done("playbooks/topics.yml", {"rocketmq_topics": topics, "rocketmq_consumer_groups": groups}, example)


@pytest.fixture(scope="session")
def cluster_mode() -> Callable[[], None]:
    """The cluster of three proxies; returns what takes it away."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    done("site.yml")
    make_topics("proxy")
    return lambda: done("playbooks/destroy.yml", {"rocketmq_confirm": CLUSTER, "rocketmq_destroy_data": True}) and None


@pytest.fixture(scope="session")
def local_mode(cluster_mode: Callable[[], None]) -> None:
    """One broker that is a proxy too, in the place of that cluster."""
    cluster_mode()
    done("site.yml", example="proxy_local")
    make_topics("proxy_local")
