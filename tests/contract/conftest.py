# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tests that hold for the fake cluster of every release and for real ones.

ROCKETMQ_TARGET chooses: nothing for the fakes, ``molecule`` for the cluster that Molecule deployed, or a file
``<version>.json`` that describes a cluster on this machine (``real_targets.Local``).
"""

from __future__ import annotations

import os
import pathlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
for _folder in (".ansible/collections", "tests/clients", "tests/unit", "tests/contract", "molecule/default"):
    if str(ROOT / _folder) not in sys.path:
        sys.path.insert(0, str(ROOT / _folder))

if TYPE_CHECKING:
    from module_runner import Runner
    from targets import Target

CHOICE = os.environ.get("ROCKETMQ_TARGET", "")

if CHOICE == "molecule":
    from cluster import FAILOVER

    # Once for each cluster is enough: not again after its failover.
    collect_ignore_glob = ["test_*.py"] if FAILOVER.exists() else []


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "target" in metafunc.fixturenames:
        from fake_frames import VERSIONS

        metafunc.parametrize("target", [CHOICE] if CHOICE else VERSIONS, indirect=True)


@pytest.fixture
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """The cluster under test. On a real one each test leaves nothing behind."""
    import targets

    if CHOICE:
        yield targets.real(CHOICE)
    else:
        with targets.Fake(request.param) as fake:
            yield fake


@pytest.fixture(scope="module")
def deletable() -> Iterator[None]:
    """For tests that delete consumer groups: from 5.5.0 on brokers that let clients make some make these anew."""
    import targets
    from ansible_collections.rocketmq.cluster.plugins.module_utils._client import at_least

    if not CHOICE or not at_least(targets.real(CHOICE).version, "5.5.0"):
        yield
        return
    targets.real(CHOICE).set_brokers("autoCreateSubscriptionGroup", "false")
    yield
    targets.real(CHOICE).set_brokers("autoCreateSubscriptionGroup", "true")


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fake shows at once what it was told."""
    from ansible_collections.rocketmq.cluster.plugins.module_utils import _changes

    if not CHOICE:
        monkeypatch.setattr(_changes, "_SETTLE_SECONDS", 0.1)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Runner:
    """Calls a module with options as Ansible does: ``run(module, check_mode=False, **options)`` returns its result."""
    from module_runner import Runner

    return Runner(capsys)
