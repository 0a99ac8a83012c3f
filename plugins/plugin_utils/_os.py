# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings of a host's kernel: in force at once, and written down for its next boot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _files

#: Read last at boot, so that a reboot does not undo what a run has set.
SYSCTL_PATH = "/etc/sysctl.d/zz-rocketmq.conf"
TMPFILES_PATH = "/etc/tmpfiles.d/rocketmq.conf"
_HUGEPAGE = "/sys/kernel/mm/transparent_hugepage/enabled"


def settings(host: Mapping[str, Any]) -> dict[str, Any]:
    """What the module ``files`` gets (``files``, ``kernel``), and those of our files that a host shall not have.

    ``paths`` are all files of ours, ``sysctl`` what preflight looks for: a setting that is not there is mistyped.
    """
    managed = host["rocketmq_os_manage"]
    sysctl = host["rocketmq_os_sysctl"] if managed else {}
    hugepage = host["rocketmq_os_transparent_hugepage"] if managed else ""
    values = {f"/proc/sys/{name.replace('.', '/')}": str(value) for name, value in sysctl.items()}
    contents = {
        SYSCTL_PATH: "".join(f"{name} = {value}\n" for name, value in sysctl.items()),
        TMPFILES_PATH: f"w {_HUGEPAGE} - - - - {hugepage}\n" if hugepage else "",
    }
    chosen = {_HUGEPAGE: hugepage} if hugepage else {}
    return {
        "kernel": [{"path": path, "value": value} for path, value in {**values, **chosen}.items()],
        "files": [{"path": path, "content": _files.HEADER + text} for path, text in contents.items() if text],
        "absent": [path for path, text in contents.items() if not text],
        "paths": list(contents),
        "sysctl": list(values),
    }
