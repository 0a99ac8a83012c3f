# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Makes the checkout importable as the collection that it is: ansible_collections.rocketmq.cluster."""

from __future__ import annotations

import pathlib
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from module_runner import Runner

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
COLLECTIONS = ROOT / ".ansible" / "collections"
_LINK = COLLECTIONS / "ansible_collections" / "rocketmq" / "cluster"

if not _LINK.exists():
    _LINK.parent.mkdir(parents=True, exist_ok=True)
    _LINK.unlink(missing_ok=True)
    _LINK.symlink_to(ROOT)
for _path in (str(COLLECTIONS), str(HERE)):
    if _path not in sys.path:
        sys.path.insert(0, _path)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Runner:
    """Calls a module with options as Ansible does: ``run(module, check_mode=False, **options)`` returns its result."""
    from module_runner import Runner

    return Runner(capsys)


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fake shows at once what it was told."""
    from ansible_collections.rocketmq.cluster.plugins.module_utils import _changes

    monkeypatch.setattr(_changes, "_SETTLE_SECONDS", 0.1)
