#!/usr/bin/python
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: store_archive
short_description: Packs the store of a stopped broker into an archive, and unpacks it
version_added: 0.1.0
description:
  - Refuses to touch the store of a broker that runs, and to begin with what the disk has no room for.
  - The archive is a C(tar) with holes where files have them. It is written beside its place and renamed.
options:
  store:
    description: Folder of the store.
    type: path
    required: true
  unit:
    description: Systemd unit of its broker, which must not run, unless O(state) is V(possible).
    type: str
    required: true
  archive:
    description: The archive.
    type: path
    required: true
  state:
    description:
      - V(possible) tells how big the archive would be, and fails where there is no room for it.
      - V(packed) makes the archive.
      - V(unpacked) makes the store out of it. A store that holds data is kept beside, under O(aside).
    type: str
    choices: [possible, packed, unpacked]
    required: true
  aside:
    description: Where a store that holds data goes for V(unpacked).
    type: path
  sha256:
    description: Digest that the archive must have for V(unpacked).
    type: str
  reader:
    description: Number of the user who may read the archive for V(packed).
    type: int
    default: 0
attributes:
  check_mode:
    support: full
    description: Looks for room and writes nothing.
  diff_mode:
    support: none
    description: There is nothing to see.
author:
  - RocketMQ Cluster Contributors (@rocketmq-cluster)
"""

EXAMPLES = r"""
- name: Pack the store of a stopped broker
  rocketmq.cluster.store_archive:
    store: /var/lib/rocketmq/n0/store
    unit: rocketmq-broker@n0.service
    archive: /var/lib/rocketmq/backup/n0.tar
    state: packed
"""

RETURN = r"""
size:
  description: Bytes on the disk, of the store for V(possible), of the archive for V(packed).
  returned: success
  type: int
sha256:
  description: Digest of the archive.
  returned: when O(state) is V(packed), but in check mode
  type: str
kept:
  description: Where the store that was there is now; empty when it held nothing.
  returned: when O(state) is V(unpacked)
  type: str
"""

import contextlib
import os
import pathlib
import shutil
import subprocess

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils import _backup, _disk, _systemd

#: What a store must not bring along: the lock of a running broker, and our own marker.
_NOT_DATA = ("lock", _disk.MARKER)
#: Left free on a disk.
_SPARE = 64 * 1024 * 1024
_BLOCK = 512


class Refused(Exception):
    """A sentence."""


def size(folder: pathlib.Path) -> int:
    """Bytes that the files below it take on the disk. Raises OSError."""
    total = 0
    for path in folder.rglob("*"):
        # A broker that runs renames some all the time.
        with contextlib.suppress(FileNotFoundError):
            total += path.lstat().st_blocks * _BLOCK
    return total


def has_data(store: pathlib.Path) -> bool:
    return store.is_dir() and any(path.name not in _NOT_DATA for path in store.iterdir())


def require_room(folder: pathlib.Path, needed: int) -> None:
    """Raises Refused."""
    free = _disk.usage(str(folder))["free_mb"] * 1024**2
    if free < needed + _SPARE:
        raise Refused(
            f"{folder} has {free // 1024**2} MB free, and {(needed + _SPARE) // 1024**2 + 1} MB are needed: make room."
        )


def require_stopped(unit: str) -> None:
    """Raises Refused, OSError."""
    state = _systemd.show([unit]).get(unit, {})
    if state.get("ActiveState", "inactive") not in ("inactive", "failed"):
        raise Refused(f"{unit} runs: stop it first (systemctl stop {unit}).")


def tar(*words: str) -> None:
    """Raises Refused."""
    done = subprocess.run(
        ["tar", *words], capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"}
    )
    if done.returncode:
        raise Refused(f"tar failed: {done.stderr.strip() or f'status {done.returncode}'}.")


def let_through(folder: pathlib.Path, owner: int) -> None:
    """Whoever may read the archive comes to it, also through folders of the broker's own user. Raises OSError."""
    folder.chmod(0o711)
    for parent in folder.parents:
        state = parent.stat()
        if state.st_uid == owner != 0:
            parent.chmod(state.st_mode & 0o7777 | 0o001)


def pack(store: pathlib.Path, archive: pathlib.Path, reader: int) -> None:
    """Raises Refused, OSError."""
    partial = archive.with_name(archive.name + _backup.PARTIAL)
    archive.parent.mkdir(parents=True, exist_ok=True)
    let_through(archive.parent, store.stat().st_uid)
    try:
        excluded = [f"--exclude=./{name}" for name in _NOT_DATA]
        tar("--create", "--sparse", f"--file={partial}", f"--directory={store}", *excluded, ".")
        partial.chmod(0o400)
        os.chown(partial, reader, -1)
        partial.rename(archive)
    finally:
        partial.unlink(missing_ok=True)


def unpack(store: pathlib.Path, archive: pathlib.Path, aside: pathlib.Path) -> str:
    """Returns where the store that was there is kept. Raises Refused, OSError."""
    state = store.stat()
    fresh = store.with_name(f"{store.name}{_backup.PARTIAL}")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    try:
        tar("--extract", "--sparse", "--no-same-owner", f"--file={archive}", f"--directory={fresh}")
        for path in [fresh, *fresh.rglob("*")]:
            os.chown(path, state.st_uid, state.st_gid)
        fresh.chmod(state.st_mode & 0o7777)
        marker = store / _disk.MARKER
        if marker.exists():
            shutil.copy2(marker, fresh / _disk.MARKER)
        kept = ""
        if has_data(store):
            store.rename(aside)
            kept = str(aside)
        else:
            shutil.rmtree(store)
        fresh.rename(store)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return kept


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "store": {"type": "path", "required": True},
            "unit": {"type": "str", "required": True},
            "archive": {"type": "path", "required": True},
            "state": {"type": "str", "choices": ["possible", "packed", "unpacked"], "required": True},
            "aside": {"type": "path"},
            "sha256": {"type": "str"},
            "reader": {"type": "int", "default": 0},
        },
        required_if=[("state", "unpacked", ("aside", "sha256"))],
        supports_check_mode=True,
    )
    params = module.params
    store, archive = pathlib.Path(params["store"]), pathlib.Path(params["archive"])
    try:
        if params["state"] == "possible":
            needed = size(store)
            require_room(archive.parent, needed)
            module.exit_json(changed=False, size=needed)
        if not module.check_mode:
            require_stopped(params["unit"])
        if params["state"] == "packed":
            require_room(archive.parent, size(store))
            if module.check_mode:
                module.exit_json(changed=True, size=size(store))
            pack(store, archive, params["reader"])
            module.exit_json(changed=True, size=archive.stat().st_blocks * _BLOCK, sha256=_backup.digest(archive))
        if _backup.digest(archive) != params["sha256"]:
            raise Refused(f"{archive} is not what was packed (its SHA-256 is another one): bring it here again.")
        needed = archive.stat().st_size
        require_room(store.parent, needed)
        kept = "" if module.check_mode else unpack(store, archive, pathlib.Path(params["aside"]))
        module.exit_json(changed=True, size=needed, kept=kept)
    except Refused as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"{error.strerror} ({error.filename}).")


if __name__ == "__main__":
    main()
