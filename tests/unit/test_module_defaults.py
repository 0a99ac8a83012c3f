# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a play gives to a group of modules, those that it runs take: Ansible says so only when it runs one of them."""

from __future__ import annotations

import importlib
import pathlib
import re
from typing import Any

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
GROUPS = yaml.safe_load((ROOT / "meta/runtime.yml").read_text(encoding="utf-8"))["action_groups"]
PLAYS = [
    (path.name, play)
    for path in sorted((ROOT / "playbooks").glob("*.yml"))
    for play in yaml.safe_load(path.read_text(encoding="utf-8"))
    if play.get("module_defaults")
]


def modules(text: str) -> set[str]:
    """Those of a play or file of tasks, with those of the files that it includes."""
    found = set(re.findall(r"\brocketmq\.cluster\.(\w+)['\"]?:", text))
    for name in re.findall(r"\b(?:tasks/)?(\w+\.yml)\b", text):
        path = ROOT / "playbooks/tasks" / name
        found |= modules(path.read_text(encoding="utf-8")) if path.is_file() else set()
    return found


class Asked(Exception):
    """The options of a module."""


def options(name: str, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    module = importlib.import_module(f"ansible_collections.rocketmq.cluster.plugins.modules.{name}")

    def asked(argument_spec: dict[str, Any], **_more: Any) -> None:
        raise Asked(*argument_spec)

    monkeypatch.setattr(module, "AnsibleModule", asked)
    with pytest.raises(Asked) as found:
        module.main()
    return {str(option) for option in found.value.args}


@pytest.mark.parametrize(("name", "play"), PLAYS, ids=[f"{name}: {play['name']}" for name, play in PLAYS])
def test_every_module_that_it_runs_takes_them(name: str, play: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for group, given in play["module_defaults"].items():
        used = modules(yaml.safe_dump(play)) & {*GROUPS[group.rpartition(".")[2]]}
        assert used
        for module in used:
            assert set(given) <= options(module, monkeypatch), f"{name}: {module}"
