# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The folder of a backup: written beside its place and renamed, with the digest of every file in its manifest.

A folder whose name ends with PARTIAL, or that has no manifest, is what an interrupted run left, and no backup.
"""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
from collections.abc import Iterable, Mapping
from typing import Any

MANIFEST = "manifest.json"
PARTIAL = ".partial"
#: Of the folder. A later collection that writes something else counts on.
FORMAT = 1
_CHUNK = 1024 * 1024


class Damaged(Exception):
    """The folder is no backup, or not what was written; the text is a sentence."""


def begin(folder: pathlib.Path, files: Mapping[str, bytes]) -> pathlib.Path:
    """Writes the files beside ``folder`` and returns where. Raises OSError, also where either is there already."""
    if folder.exists():
        raise FileExistsError(17, "there is one already", str(folder))
    partial = folder.with_name(folder.name + PARTIAL)
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial.mkdir(mode=0o700)
    for name, content in files.items():
        path = partial / name
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, content)
    return partial


def complete(folder: pathlib.Path, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Makes a backup of what ``begin`` (and whoever added to it) wrote. Returns the manifest. Raises OSError."""
    partial = folder.with_name(folder.name + PARTIAL)
    names = sorted(str(path.relative_to(partial)) for path in partial.rglob("*") if path.is_file())
    files = {name: _entry(partial / name) for name in names if name != MANIFEST}
    manifest = {"format": FORMAT, **facts, "files": files}
    _write(partial / MANIFEST, json.dumps(manifest, indent=2, sort_keys=True).encode() + b"\n")
    partial.rename(folder)
    handle = os.open(folder.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    return manifest


def _write(path: pathlib.Path, content: bytes) -> None:
    """Readable for its owner alone, and on the disk when it returns."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _entry(path: pathlib.Path) -> dict[str, Any]:
    return {"sha256": digest(path), "bytes": path.stat().st_size}


def digest(path: pathlib.Path) -> str:
    """SHA-256. Raises OSError."""
    found = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest()


def check(folder: pathlib.Path) -> dict[str, Any]:
    """The manifest of a backup, all of whose files are as they were written. Raises Damaged."""
    manifest = _manifest(folder)
    problems = list(_differences(folder, manifest["files"]))
    if problems:
        raise Damaged(f"{folder} is not the backup that was written: {', '.join(problems)}. Take another one.")
    return manifest


def _manifest(folder: pathlib.Path) -> dict[str, Any]:
    if folder.name.endswith(PARTIAL):
        raise Damaged(f"{folder} is what an interrupted backup left: take another one, and remove it.")
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        number, files = manifest["format"], manifest["files"]
        if not isinstance(number, int) or not all(isinstance(entry["sha256"], str) for entry in files.values()):
            raise ValueError("values of other types")
    except FileNotFoundError:
        raise Damaged(f"{folder} is no backup: there is no {MANIFEST} in it. Give the folder of one.") from None
    except (OSError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise Damaged(f"{folder / MANIFEST} cannot be read ({error}): take another backup.") from None
    if number > FORMAT:
        raise Damaged(f"{folder} was written by a later collection (format {number}, here {FORMAT}): use that one.")
    return dict(manifest)


def _differences(folder: pathlib.Path, files: Mapping[str, Mapping[str, Any]]) -> Iterable[str]:
    for name, entry in sorted(files.items()):
        path = folder / name
        if pathlib.PurePath(name).is_absolute() or ".." in pathlib.PurePath(name).parts:
            yield f"{name} is outside of it"
        elif not path.is_file():
            yield f"{name} is missing"
        elif digest(path) != entry["sha256"]:
            yield f"{name} has another content"
