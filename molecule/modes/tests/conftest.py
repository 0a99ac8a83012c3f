"""Which examples are deployed in this run, what is proven with each, and the figures that their tests find."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from typing import Any

import cluster
import ledger
import pytest
from deployment import Deployment, disk

#: What is proven with each deployment beside that it deploys; words are names of tests. A mode that 4.x and 5.x have
#: loses a master on both.
PROOFS = {
    "single-4.9.7": "messages",
    "multi_master-5.5.0": "second_run host_dies",
    "growing-4.9.7": "process_dies grows",
    "master_slave_async-4.9.7": "host_dies restarts migrates",
    # Its master is an ASYNC_MASTER, and its only name server dies with its host.
    "data_on_a_mount-5.5.0": "second_run process_dies mount",
    "master_slave_sync-4.9.7": "second_run kinds process_dies host_dies",
    "master_slave_sync-5.5.0": "host_dies",
    "controller-5.5.0": "second_run process_dies host_dies drill restarts",
    "controller_in_namesrv-5.5.0": "second_run host_dies",
    "developer-4.9.7": "console messages",
}
#: `make test-all`: all of them; otherwise those that stand for the rest, or those that are named here.
CHOICE = os.environ.get("ROCKETMQ_MODES") or "controller-5.5.0 master_slave_sync-4.9.7"
FIGURES = cluster.CACHE / "modes.json"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """All tests for one deployment, then all for the next."""
    names = list(PROOFS) if CHOICE == "all" else CHOICE.split()
    if strange := set(names) - PROOFS.keys():
        raise pytest.UsageError(f"ROCKETMQ_MODES has {', '.join(sorted(strange))}; there are {', '.join(PROOFS)}")
    deployments = [Deployment(*name.rsplit("-", 1)) for name in names]
    metafunc.parametrize("deployment", deployments, ids=names, indirect=True, scope="module")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Function]) -> None:
    """Of each deployment only what is to be proven with it."""

    def wanted(item: pytest.Function) -> bool:
        proof = item.originalname.removeprefix("test_")
        return proof in ["deploys", *PROOFS[item.callspec.params["deployment"].name].split()]

    config.hook.pytest_deselected(items=[item for item in items if not wanted(item)])
    items[:] = [item for item in items if wanted(item)]


@pytest.fixture(scope="module")
def deployment(request: pytest.FixtureRequest) -> Iterator[Deployment]:
    """An example on hosts that carry nothing else."""
    own: Deployment = request.param
    with disk() if own.example == "data_on_a_mount" else contextlib.nullcontext():
        try:
            own.deploy()
            yield own
        finally:
            own.destroy()


@pytest.fixture(scope="module")
def client(deployment: Deployment) -> ledger.Client:
    """The vendor's client with a topic that every member knows, and a ledger that grows over all tests."""
    return deployment.client()


class Figures:
    """What tests found out, for the last lines of the run and for docs/modes.md."""

    def __init__(self) -> None:
        self.found: dict[str, dict[str, Any]] = {}

    def add(self, deployment: Deployment, what: str, values: dict[str, Any]) -> None:
        self.found[f"{deployment.example} {deployment.version}: {what}"] = values
        FIGURES.write_text(json.dumps(self.found, indent=2) + "\n")


_FIGURES = Figures()


@pytest.fixture
def figures() -> Figures:
    return _FIGURES


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _FIGURES.found:
        terminalreporter.section(f"figures ({FIGURES})")
        for name, values in _FIGURES.found.items():
            terminalreporter.write_line(f"{name}: " + ", ".join(f"{key} {value}" for key, value in values.items()))
