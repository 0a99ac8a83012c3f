"""A change of settings, killed at five moments. The same command again ends with the change on every member."""

from __future__ import annotations

import cluster
import pytest
from conftest import EACH, Proof, long
from runs import Point, converge, kill, playbook, resized

pytestmark = long
GROUP = "RaftNode01"
PORT = cluster.PORTS[GROUP][0]
ROLLING = "Restart changed brokers"
POINTS = [
    Point(ROLLING, "Wait until the rest of the cluster is healthy"),
    Point(ROLLING, "apply | Create the folders and write the files of each process", 0.5),
    Point(ROLLING, "apply | Start each process and wait until it listens", 1),
    Point(ROLLING, "apply | Start each process and wait until it listens", 3, nth=2 if EACH else 1),
    Point(ROLLING, "Wait until the cluster is healthy again", 0.5, nth=3 if EACH else 1),
]


def finish(size: int) -> None:
    converge(resized(GROUP, size))
    for name, address in cluster.ADDRESSES.items():
        assert cluster.broker_config(f"{address}:{PORT}")["maxMessageSize"] == str(size), name


@pytest.mark.parametrize("point", POINTS, ids=lambda point: f"{POINTS.index(point)}: {point.task}")
def test_a_killed_change(point: Point, proof: Proof) -> None:
    size = 5000000 + POINTS.index(point) if EACH else 5000000
    run = playbook("site.yml", resized(GROUP, size), at=point, then=kill)
    assert run.reached, f"the run ended before {point}:\n{run.output[-4000:]}"
    assert run.status == -9
    proof.client.send(100)
    if EACH:
        finish(size)
        proof.check()


def test_the_same_command_again(survived: Proof) -> None:
    finish(5000004 if EACH else 5000000)
