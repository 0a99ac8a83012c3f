#!/usr/bin/env python3
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rewrite the lock (name -> sha256 of every jar) in plugins/plugin_utils/versions/<version>.json.

    tools/lock.py [--check] [VERSION ...]

The jars come through ``mvn`` with its own settings. Everything else in the files is kept; ``--check`` writes nothing
and fails where a lock would change.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
VERSIONS = ROOT / "plugins" / "plugin_utils" / "versions"
sys.path.insert(0, str(ROOT / "plugins" / "module_utils"))

import _maven  # noqa: E402


def relocked(path: pathlib.Path, command: str) -> str:
    """The text of a version's file with the digests of what Maven resolves now."""
    data = json.loads(path.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix="rocketmq-lock-") as work:
        jars = _maven.resolve(command, data["version"], data["modules"], pathlib.Path(work))
        data["jars"] = {jar.name: _maven.sha256(jar) for jar in jars}
    return json.dumps(data, indent=2) + "\n"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("versions", metavar="VERSION", nargs="*", help="default: all that have a file")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a lock would change")
    parser.add_argument("--maven", default="mvn", help="the command to run")
    options = parser.parse_args(arguments)
    paths = [VERSIONS / f"{version}.json" for version in options.versions] or sorted(VERSIONS.glob("*.json"))
    differs = False
    for path in paths:
        if not path.is_file():
            parser.error(f"{path} is not there: start it with the other keys (see docs/design/shape.md).")
        try:
            text = relocked(path, options.maven)
        except _maven.MavenError as error:
            print(f"{path.stem}: {error}", file=sys.stderr)
            return 1
        same = text == path.read_text(encoding="utf-8")
        print(f"{path.stem}: {len(json.loads(text)['jars'])} jars, {'unchanged' if same else 'changed'}")
        differs = differs or not same
        if not same and not options.check:
            path.write_text(text, encoding="utf-8")
    return 1 if differs and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
