#!/usr/bin/python
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: files
short_description: Brings several folders, files, links and kernel settings of a host to their planned state
version_added: 0.1.0
description:
  - Applies kernel settings, removes what shall not be there, creates folders, then writes files, each with its owner
    and permissions, then makes links, in the order given. What the kernel refuses is therefore not written down either.
  - Asks the host once for all of them, where M(ansible.builtin.file) and M(ansible.builtin.copy) ask for each.
  - A file appears with its whole content or not at all; a link points to the old or to the new target at any moment.
options:
  absent:
    description: Files and whole folders that are removed. One that O(folders) has too is an empty folder afterwards.
    type: list
    elements: path
    default: []
  folders:
    description: The folders. Parents that are missing are made with the same owner and permissions.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: Path of the folder.
        type: path
        required: true
      owner:
        description: Its user.
        type: str
        default: root
      group:
        description: Its group.
        type: str
        default: root
      mode:
        description: Its permissions.
        type: str
        default: "0755"
  files:
    description: The files.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: Path of the file.
        type: path
        required: true
      content:
        description: What is in it.
        type: str
        required: true
      owner:
        description: Its user.
        type: str
        default: root
      group:
        description: Its group.
        type: str
        default: root
      mode:
        description: Its permissions.
        type: str
        default: "0644"
  links:
    description: The symbolic links. What is at the path and is not a link is left alone, and is a failure.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: Path of the link.
        type: path
        required: true
      target:
        description: What it points to, whether that is there yet or not.
        type: str
        required: true
  kernel:
    description:
      - Settings of the running kernel.
      - What the host has no right to set, as most containers, and what its kernel does not have, stays as it is and is
        returned in RV(left).
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: Path of the setting, below C(/proc/sys) or C(/sys).
        type: path
        required: true
      value:
        description: Its value. Of a choice that the kernel shows as V(always [madvise] never), the word in brackets.
        type: str
        required: true
  in_force:
    description:
      - The processes that read O(files) already work with what is written, as after a live change. A file that was
        there keeps its time, so that M(rocketmq.cluster.service_state) sees nothing that a process has not read.
    type: bool
    default: false
attributes:
  check_mode:
    description: Changes nothing, and says whether it would.
    support: full
  diff_mode:
    description: Shows the files and kernel settings that differ.
    support: full
author:
  - RocketMQ Cluster Contributors (@rocketmq-cluster)
"""

EXAMPLES = r"""
- name: Write the configuration
  rocketmq.cluster.files:
    folders:
      - path: /etc/rocketmq
    files:
      - path: /etc/rocketmq/namesrv.conf
        content: "listenPort=9876\n"
        group: rocketmq
        mode: "0640"
    links:
      - path: /usr/local/bin/mqadmin
        target: /opt/rocketmq/4.9.7/bin/mqadmin

- name: Keep memory of processes from being swapped out, now and after a reboot
  rocketmq.cluster.files:
    files:
      - path: /etc/sysctl.d/swappiness.conf
        content: "vm.swappiness = 1\n"
    kernel:
      - path: /proc/sys/vm/swappiness
        value: "1"
"""

RETURN = r"""
paths:
  description: What was changed, or would be.
  returned: success
  type: list
  elements: str
left:
  description: Kernel settings that this host cannot set, with the values in force; an empty one where there is none.
  returned: success
  type: dict
  sample: {"/proc/sys/vm/swappiness": "60"}
"""

import errno
import os
import pathlib
import re
import shutil
import tempfile
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils import _arguments

_FIXES = {
    errno.ENOSPC: " Make room on that disk and run again.",
    errno.EDQUOT: " Make room on that disk and run again.",
    errno.EINVAL: " The kernel does not take this value: give one that it does.",
}


def remove(module: AnsibleModule, path: pathlib.Path) -> bool:
    """Whether there was anything to remove. What a link points to stays."""
    if not os.path.lexists(path):
        return False
    if module.check_mode:
        return True
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
    return True


def folder(module: AnsibleModule, wanted: dict[str, Any]) -> bool:
    """Whether the folder, or a parent, was missing or had other permissions."""
    path = pathlib.Path(wanted["path"])
    missing = [one for one in (path, *path.parents) if not one.exists()]
    if missing and module.check_mode:
        return True
    for one in reversed(missing):
        one.mkdir()
        attributes(module, wanted, one)
    return attributes(module, wanted, path) or bool(missing)


def file(module: AnsibleModule, wanted: dict[str, Any], diff: list[dict[str, str]]) -> bool:
    """Whether the file had another content or other permissions."""
    path = pathlib.Path(wanted["path"])
    before = path.read_text(encoding="utf-8", errors="replace") if path.exists() else None
    changed = before != wanted["content"]
    if changed:
        diff.append(difference(path, before or "", wanted["content"]))
        if module.check_mode:
            return True
        kept = path.stat() if module.params["in_force"] and path.exists() else None
        write(module, path, wanted["content"])
        if kept:
            os.utime(path, ns=(kept.st_atime_ns, kept.st_mtime_ns))
    return attributes(module, wanted, path) or changed


def write(module: AnsibleModule, path: pathlib.Path, content: str) -> None:
    """Beside the target first: a full disk is noticed before anything is lost."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        module.atomic_move(name, str(path))
    finally:
        pathlib.Path(name).unlink(missing_ok=True)


def link(module: AnsibleModule, wanted: dict[str, str]) -> bool:
    """Whether the link was missing or pointed elsewhere. Raises FileExistsError where something else is."""
    path = pathlib.Path(wanted["path"])
    if path.is_symlink() and str(path.readlink()) == wanted["target"]:
        return False
    if path.exists() and not path.is_symlink():
        raise FileExistsError(errno.EEXIST, "it is not a link; take it away, or name another path", str(path))
    if not module.check_mode:
        with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as beside:
            fresh = pathlib.Path(beside, path.name)
            fresh.symlink_to(wanted["target"])
            fresh.replace(path)
    return True


def in_force(path: pathlib.Path) -> str:
    """The value of a kernel setting; empty where the kernel has none of this name."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    chosen = re.search(r"\[(.+)\]", text)
    return chosen[1] if chosen else " ".join(text.split())


def kernel(module: AnsibleModule, wanted: dict[str, str], diff: list[dict[str, str]], left: dict[str, str]) -> bool:
    """Whether the setting had another value that could be changed."""
    path, value = pathlib.Path(wanted["path"]), " ".join(wanted["value"].split())
    before = in_force(path)
    if before == value:
        return False
    # A read-only mount and another user namespace refuse here, in check mode too; a bad value does below.
    if not os.access(path, os.W_OK):
        left[str(path)] = before
        return False
    if not module.check_mode:
        path.write_text(f"{value}\n", encoding="utf-8")
    diff.append(difference(path, f"{before}\n", f"{value}\n"))
    return True


def difference(path: pathlib.Path, before: str, after: str) -> dict[str, str]:
    return {"before": before, "after": after, "before_header": str(path), "after_header": str(path)}


def attributes(module: AnsibleModule, wanted: dict[str, Any], path: pathlib.Path) -> bool:
    own = {"path": str(path), "owner": wanted["owner"], "group": wanted["group"], "mode": wanted["mode"]}
    return bool(module.set_fs_attributes_if_different(module.load_file_common_arguments(own), changed=False))


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "absent": {"type": "list", "elements": "path", "default": []},
            "folders": {"type": "list", "elements": "dict", "default": [], "options": _arguments.FOLDER},
            "files": {"type": "list", "elements": "dict", "default": [], "options": _arguments.FILE},
            "links": {"type": "list", "elements": "dict", "default": [], "options": _arguments.LINK},
            "kernel": {"type": "list", "elements": "dict", "default": [], "options": _arguments.KERNEL},
            "in_force": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    changed: list[str] = []
    diff: list[dict[str, str]] = []
    left: dict[str, str] = {}
    path = ""
    try:
        for wanted in module.params["kernel"]:
            path = wanted["path"]
            changed += [path] if kernel(module, wanted, diff, left) else []
        for path in module.params["absent"]:
            changed += [path] if remove(module, pathlib.Path(path)) else []
        for wanted in module.params["folders"]:
            path = wanted["path"]
            changed += [path] if folder(module, wanted) else []
        for wanted in module.params["files"]:
            path = wanted["path"]
            changed += [path] if file(module, wanted, diff) else []
        for wanted in module.params["links"]:
            path = wanted["path"]
            changed += [path] if link(module, wanted) else []
    except OSError as error:
        fix = _FIXES.get(error.errno or 0, "")
        module.fail_json(msg=f"{path} cannot be written: {error.strerror or error}.{fix}", paths=changed)
    module.exit_json(changed=bool(changed), paths=changed, diff=diff, left=left)


if __name__ == "__main__":
    main()
