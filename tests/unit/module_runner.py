# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs a module's main() as Ansible does and returns what it printed."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args


class Result(dict[str, Any]):
    """What a module returned; a key that it lacks shows all of it, which says why."""

    def __missing__(self, key: str) -> Any:
        pytest.fail(f"no {key} in {dict(self)}")


class Runner:
    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, module: ModuleType, check_mode: bool = False, **options: Any) -> Result:
        """``failed`` is always in the result."""
        self._capsys.readouterr()
        with patch_module_args({**options, "_ansible_check_mode": check_mode}), pytest.raises(SystemExit) as stopped:
            module.main()
        result = json.loads(self._capsys.readouterr().out)
        assert bool(stopped.value.code) == bool(result.get("failed"))
        return Result({"failed": False, **result})
