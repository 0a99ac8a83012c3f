"""Which examples are deployed in this run, and the figures that their tests find."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from typing import Any

import cluster
import pytest
from deployment import Deployment

#: `make test-all`: every example and version; otherwise those that stand for the rest, or those that are named here.
CHOICE = os.environ.get("ROCKETMQ_MODES") or "controller-5.5.0 master_slave_sync-4.9.7"
FIGURES = cluster.CACHE / "modes.json"


def chosen(deployments: Iterable[tuple[str, str]]) -> pytest.MarkDecorator:
    """The tests of a module, once for each of these examples and versions that this run is about."""
    names = {f"{example}-{version}": Deployment(example, version) for example, version in deployments}
    wanted = {name: own for name, own in names.items() if CHOICE == "all" or name in CHOICE.split()}
    return pytest.mark.parametrize("deployment", wanted.values(), ids=wanted, indirect=True, scope="module")


@pytest.fixture(scope="module")
def deployment(request: pytest.FixtureRequest) -> Iterator[Deployment]:
    """An example on hosts that carry nothing else."""
    own: Deployment = request.param
    try:
        own.deploy()
        yield own
    finally:
        own.destroy()


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
