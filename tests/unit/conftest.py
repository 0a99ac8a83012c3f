"""Makes the checkout importable as the collection that it is: ansible_collections.rocketmq.cluster."""

from __future__ import annotations

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
COLLECTIONS = ROOT / ".ansible" / "collections"
_LINK = COLLECTIONS / "ansible_collections" / "rocketmq" / "cluster"

if not _LINK.exists():
    _LINK.parent.mkdir(parents=True, exist_ok=True)
    _LINK.symlink_to(ROOT)
for _path in (str(COLLECTIONS), str(pathlib.Path(__file__).resolve().parent)):
    if _path not in sys.path:
        sys.path.insert(0, _path)

import pytest  # noqa: E402


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]):
    """Calls a module with options as Ansible does: ``run(module, check_mode=False, **options)`` returns its result."""
    from module_runner import Runner

    return Runner(capsys)
