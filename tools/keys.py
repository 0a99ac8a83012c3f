#!/usr/bin/env python3
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rewrite the catalogue of keys in plugins/plugin_utils/versions/keys/<version>.json.

    tools/keys.py [--check] [VERSION ...]

The jars come through ``mvn`` and must be those of the lock; ``Keys.java`` asks RocketMQ's own parsers in them, on the
JDK of this machine (11 or later). ``--check`` writes nothing and fails where a catalogue would change.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parent.parent
VERSIONS = ROOT / "plugins" / "plugin_utils" / "versions"
sys.path.insert(0, str(ROOT / ".ansible" / "collections"))

from ansible_collections.rocketmq.cluster.plugins.module_utils import _maven  # noqa: E402


class JavaError(Exception):
    """The jars cannot be asked; the text is a sentence."""


def jars(version: str, work: pathlib.Path, maven: str = "mvn") -> pathlib.Path:
    """A folder below ``work`` with the locked jars of a version."""
    data = json.loads((VERSIONS / f"{version}.json").read_text(encoding="utf-8"))
    _maven.check(_maven.resolve(maven, version, data["modules"], work), data["jars"])
    return work / "lib"


def ask(lib: pathlib.Path, java: str, home: pathlib.Path) -> str:
    """What Keys.java prints; ``home`` is where RocketMQ's logging leaves files."""
    command = [java, f"-Duser.home={home}", "-cp", f"{lib}/*", str(ROOT / "tools" / "Keys.java")]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise JavaError(f"{java!r} failed with status {done.returncode}. Its last lines:\n{done.stderr[-2000:]}")
    return done.stdout


def catalogue(lines: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Process -> key -> type, or a list of the names that it can have.

    ``shown`` has the keys that a process shows by another name.
    """
    found: dict[str, dict[str, Any]] = {}
    shown: dict[str, str] = {}
    for line in lines:
        # RocketMQ's logging prints here too.
        if line.startswith("key\t"):
            _key, process, key, type_name, name = line.split("\t")
            found.setdefault(process, {})[key] = type_name.split("|") if "|" in type_name else type_name
            if name != key:
                shown[key] = name
    return {**found, "shown": shown}


def text(found: Mapping[str, Mapping[str, Any]]) -> str:
    ordered = {process: dict(sorted(keys.items())) for process, keys in found.items()}
    return json.dumps(ordered, indent=1) + "\n"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("versions", metavar="VERSION", nargs="*", help="default: all that have a lock")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a catalogue would change")
    parser.add_argument("--maven", default="mvn", help="the command to run")
    parser.add_argument("--java", default="java", help="the command to run")
    options = parser.parse_args(arguments)
    known = sorted(path.stem for path in VERSIONS.glob("*.json"))
    differs = False
    for version in options.versions or known:
        if version not in known:
            parser.error(f"{version} has no lock: write {VERSIONS / version}.json first (tools/lock.py).")
        with tempfile.TemporaryDirectory(prefix="rocketmq-keys-") as folder:
            work = pathlib.Path(folder)
            try:
                found = catalogue(ask(jars(version, work, options.maven), options.java, work).splitlines())
            except (_maven.MavenError, JavaError) as error:
                print(f"{version}: {error}", file=sys.stderr)
                return 1
        path = VERSIONS / "keys" / f"{version}.json"
        same = path.is_file() and text(found) == path.read_text(encoding="utf-8")
        counts = ", ".join(f"{process} {len(keys)}" for process, keys in found.items())
        print(f"{version}: {counts}, {'unchanged' if same else 'changed'}")
        differs = differs or not same
        if not same and not options.check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text(found), encoding="utf-8")
    return 1 if differs and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
