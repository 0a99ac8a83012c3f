#!/usr/bin/env python3
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes docs/versions.md from the data of all releases; a unit test keeps it current."""

from __future__ import annotations

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "versions.md"
sys.path.insert(0, str(ROOT / ".ansible" / "collections"))

from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _versions  # noqa: E402


def render() -> str:
    releases = [_versions.load(version) for version in _versions.known()]
    lines = [
        "# Versions",
        "Written by `tools/versions.py` from `plugins/plugin_utils/versions/<version>.json`; change it there.",
        "",
        "| `rocketmq_version` | `rocketmq_java_major` | `mode` of a group | controllers | known holes |",
        "| --- | --- | --- | --- | --- |",
    ]
    for release in releases:
        holes = [f"{hole} (mended in {mended})" for hole, mended in release.vulnerable.items()]
        columns = [map(str, release.jdks), release.modes, release.controller_types, holes]
        lines.append(f"| {release.version} | {' | '.join(', '.join(column) for column in columns)} |")
    lines += [
        "",
        "Through a known hole anyone who reaches the ports runs code. A version that has one is refused without",
        "`rocketmq_allow_vulnerable_version: true`, and with it every run warns. Versions that have no line here are",
        "refused; 5.0.0 to 5.1.1 have such holes too.",
        "",
        "Tried with a broker that boots, takes messages, deletes and unmaps what has expired and stops: Java 8 with",
        "4.8.0, 17 with 4.7.1, 4.9.7 and 5.5.0, 21 with 5.1.4, 5.3.3 and 5.5.0. Tried with a group of three that",
        "boots, gives back what is sent and stops: 17 with 4.8.0, 4.9.4, 5.1.4 and 5.3.3. Java 11, and the rest, is",
        "what the vendor's scripts allow.",
        "",
        "## What else to know",
        *(f"- **{release.version}**: {note}" for release in releases for note in release.notes),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
