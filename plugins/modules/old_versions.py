#!/usr/bin/python
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: old_versions
short_description: Removes RocketMQ versions that nothing on the host uses
version_added: 0.1.0
description:
  - Removes the folders below O(install_dir) whose name is a version, but for those that a unit of this collection
    names, those that a process still runs from, and those of O(keep).
options:
  install_dir:
    description: Where the versions are.
    type: path
    required: true
  keep:
    description: Versions that stay.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    support: full
    description: Says what would go, and removes nothing.
  diff_mode:
    support: none
    description: There is nothing to see.
author:
  - RocketMQ Cluster Contributors (@rocketmq-cluster)
"""

EXAMPLES = r"""
- name: Remove what an upgrade left, but for the version before
  rocketmq.cluster.old_versions:
    install_dir: /opt/rocketmq
    keep: [4.9.7]
"""

RETURN = r"""
removed:
  description: The versions that went, or would in check mode.
  returned: success
  type: list
  elements: str
used:
  description: The versions that something uses.
  returned: success
  type: list
  elements: str
freed_mb:
  description: What they took, in MB.
  returned: success
  type: int
"""

import os
import pathlib
import re
import shutil

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils import _systemd

_VERSION = re.compile(r"\d+\.\d+\.\d+")
_HOME = re.compile(rb"(?:^|\0)ROCKETMQ_HOME=([^\0]*)")


def of_units(unit_dir: pathlib.Path) -> set[str]:
    """Versions that our units name."""
    found = (_systemd.describe(path).get("version", "") for path in unit_dir.glob("rocketmq-*.service"))
    return {version for version in found if version}


def of_processes(proc: pathlib.Path, install_dir: pathlib.Path) -> set[str]:
    """Versions below a folder that processes were started from: a unit may name another one by now."""
    found = set()
    below = re.compile(re.escape(os.fsencode(install_dir)) + rb"/(\d+\.\d+\.\d+)/")
    for path in proc.glob("[0-9]*"):
        match = _HOME.search(_read(path / "environ"))
        home = pathlib.Path(os.fsdecode(match[1])) if match else pathlib.Path()
        if home.parent == install_dir:
            found.add(home.name)
        # Its environment is not for everybody: a host that is a container hides it from root.
        found |= {version.decode() for version in below.findall(_read(path / "cmdline"))}
    return found


def _read(path: pathlib.Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it has ended
        return b""


def size(folder: pathlib.Path) -> int:
    """Bytes of the files in a folder."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "install_dir": {"type": "path", "required": True},
            "keep": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    folder = pathlib.Path(module.params["install_dir"])
    used = of_units(_systemd.UNIT_DIR) | of_processes(pathlib.Path("/proc"), folder)
    there = folder.iterdir() if folder.is_dir() else ()
    old = sorted(
        path
        for path in there
        if path.is_dir()
        and not path.is_symlink()
        and _VERSION.fullmatch(path.name)
        and path.name not in used.union(module.params["keep"])
    )
    freed = sum(size(path) for path in old)
    try:
        for path in [] if module.check_mode else old:
            shutil.rmtree(path)
    except OSError as error:
        module.fail_json(msg=f"{error.filename} cannot be removed: {error.strerror}.")
    module.exit_json(
        changed=bool(old), removed=[path.name for path in old], used=sorted(used), freed_mb=freed // 1024**2
    )


if __name__ == "__main__":
    main()
