"""The first run, killed at ten moments. The same command again ends in a healthy cluster."""

from __future__ import annotations

import pytest
from conftest import EACH, Proof
from machines import renew
from runs import Point, converge, kill, playbook

INSTALL, NAMESRV, BROKERS = "Install", "Run the name servers", "Run the brokers"
POINTS = [
    Point("Check the hosts", "Gathering Facts", 0.5),
    Point(INSTALL, "package | Install the package of a Debian", 4),
    Point(INSTALL, "Link the JDK"),
    Point(INSTALL, "jars | Unpack the distribution", 0.8),
    Point(INSTALL, "Write logging configuration and tools", 0.2),
    Point(NAMESRV, "apply | Create the folders and write the files of each process", 0.3),
    Point(NAMESRV, "apply | Start each process and wait until it listens", 0.3),
    Point(BROKERS, "apply | Create the folders and write the files of each process", 0.5),
    Point(BROKERS, "apply | Start each process and wait until it listens", 0.5),
    Point("Verify the cluster", "Send to and read back from every group", 0.5),
]


@pytest.mark.parametrize("point", POINTS, ids=lambda point: f"{point.play}: {point.task}")
def test_a_killed_first_run(point: Point) -> None:
    if EACH:
        renew()
    run = playbook("site.yml", at=point, then=kill)
    assert run.reached, f"the run ended before {point}:\n{run.output[-4000:]}"
    assert run.status == -9
    if EACH:
        converge()
        Proof().check()


def test_the_same_command_again(survived: Proof) -> None:
    """The run that the fixture made has ended in a healthy cluster; one more changes nothing."""
    run = converge()
    assert run.changed == {"rmq71": 0, "rmq76": 0, "rmq77": 0}, run.output[-4000:]
