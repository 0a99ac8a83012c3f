# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documents that are written from the code are current, and every role says what it wants."""

from __future__ import annotations

import importlib.util
import pathlib
import re

import pytest
import yaml
from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _settings

ROOT = pathlib.Path(__file__).parents[2]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())
#: What README.md describes; all other playbooks are operations.
EVERY_DAY = {"destroy", "export", "preflight", "site", "topics", "verify"}
PLAYBOOKS = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "playbooks").glob("*.yml")}
OPERATIONS = sorted({name for name, text in PLAYBOOKS.items() if "# Not run by itself" not in text} - EVERY_DAY)


@pytest.mark.parametrize("name", ["variables", "versions"])
def test_what_a_tool_writes_is_current(name: str) -> None:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert tool.TARGET.read_text(encoding="utf-8") == tool.render(), f"run tools/{name}.py"


@pytest.mark.parametrize("role", ROLES)
def test_every_role_input_is_specified_and_described(role: str) -> None:
    specs = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    options = {name: option for spec in specs["argument_specs"].values() for name, option in spec["options"].items()}
    assert all(name.startswith(role) for name in options)
    assert all(option.get("type") and option.get("description") for option in options.values())
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "roles" / role).glob("*s/*.y*ml"))
    used = set(re.findall(rf"(?<![_\w.]){role}_\w+", text))
    registered = set(re.findall(r"register: (\w+)", text))
    assert used - registered - set(_settings.SETTINGS) == set(options)


@pytest.mark.parametrize("role", ROLES)
def test_every_role_has_a_readme(role: str) -> None:
    assert (ROOT / "roles" / role / "README.md").read_text(encoding="utf-8").startswith(f"# {role}\n")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_has_a_runbook(operation: str) -> None:
    text = (ROOT / "docs/runbooks" / f"{operation}.md").read_text(encoding="utf-8")
    assert f"playbooks/{operation}.yml" in text
    for chapter in ("Do it", "What you see", "When it stops"):
        assert f"\n## {chapter}\n" in text


def test_every_runbook_is_of_an_operation() -> None:
    assert sorted(path.stem for path in (ROOT / "docs/runbooks").glob("*.md")) == OPERATIONS


def test_all_roles_are_for_the_same_platforms() -> None:
    metas = [
        yaml.safe_load((ROOT / "roles" / role / "meta" / "main.yml").read_text(encoding="utf-8")) for role in ROLES
    ]
    platforms = [meta["galaxy_info"]["platforms"] for meta in metas]
    assert {one["name"] for one in platforms[0]} == {"Debian", "Ubuntu", "EL"}
    assert [found for found in platforms if found != platforms[0]] == []
