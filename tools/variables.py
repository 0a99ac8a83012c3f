#!/usr/bin/env python3
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes docs/variables.md from the plan's own table of settings; a unit test keeps it current."""

from __future__ import annotations

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "variables.md"
sys.path.insert(0, str(ROOT / ".ansible" / "collections"))

from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _inventory, _settings  # noqa: E402


def render() -> str:
    lines = [
        "# Variables",
        "Written by `tools/variables.py` from `plugins/plugin_utils/_settings.py`; change it there. Set them for the",
        "inventory group `rocketmq`. Those marked *host* may differ between hosts; the others are the cluster's.",
        "",
    ]
    for chapter, settings in _settings.chapters().items():
        lines += [f"## {chapter}", "| variable | default | |", "| --- | --- | --- |"]
        for setting in settings:
            default = f"`{json.dumps(setting.default)}`" if setting.default not in ("", None) else ""
            scope = " *host*" if setting.scope == "host" else ""
            lines.append(f"| `{setting.name}`{scope} | {default} | {setting.about} |")
        lines.append("")
    lines += [
        "## A broker group",
        "An entry of `rocketmq_broker_groups`.",
        "",
        "| key | required | |",
        "| --- | --- | --- |",
    ]
    for key, (about, required) in _inventory.GROUP_KEYS.items():
        lines.append(f"| `{key}` | {'yes' if required else ''} | {about} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
