"""What every fault ends with: an independent clusterList, and every message that was ever acknowledged is readable."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import cluster
import ledger
import pytest
from runs import converge

CHOICE = os.environ.get("ROCKETMQ_FAULTS", "")
#: Every kill gets bare hosts and a run to the end of its own, instead of one kill after the other, and every refusal a
#: proof of its own.
EACH = CHOICE == "each"
#: What `make test` has no time for: for `make test-faults`.
long = pytest.mark.skipif(not CHOICE, reason="for make test-faults")


class Proof:
    """The vendor's client with a ledger that grows over all tests."""

    def __init__(self) -> None:
        folder = cluster.CACHE / "faults"
        shutil.rmtree(folder, ignore_errors=True)
        topic = f"faults-{int(time.time())}"
        self.client = ledger.Client(cluster.NAMESRV, topic, groups=list(cluster.INSTANCES), folder=folder)
        cluster.create_topic(self.client)
        self.client.send(500)

    def check(self) -> None:
        with ThreadPoolExecutor(1) as pool:
            whole = pool.submit(cluster.wait_until_whole)
            verdict = self.client.compare()
            whole.result()
        assert verdict.good, verdict


@pytest.fixture(scope="session")
def proof() -> Proof:
    """A cluster that serves; deployed if nobody did it before."""
    converge()
    return Proof()


@pytest.fixture(scope="module")
def checked(proof: Proof) -> Iterator[Proof]:
    """Once for all tests of a file."""
    yield proof
    proof.check()


@pytest.fixture
def unharmed(checked: Proof) -> Iterator[Proof]:
    """For what is refused: nothing may have been started anew."""
    before = cluster.invocations()
    yield checked
    assert cluster.invocations() == before, "a refused run started something anew"
    if EACH:
        checked.check()


@pytest.fixture
def survived(proof: Proof) -> Iterator[Proof]:
    """For what was mended: the cluster is whole again and has everything."""
    yield proof
    proof.check()
