#!/usr/bin/python
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: host_files
short_description: Reads the files that make a host what it is to RocketMQ
version_added: 0.1.0
description:
  - Reads the units of this collection on a host and their drop-ins, everything in the folders of their configuration
    and environment files, the key-value tables of its name server, and our kernel settings. It needs no inventory.
  - Secrets are in these files, so keep the result out of logs (C(no_log)).
extends_documentation_fragment:
  - rocketmq.cluster.read_only
author:
  - RocketMQ Cluster Contributors (@rocketmq-cluster)
"""

EXAMPLES = r"""
- name: Read the files of this host
  rocketmq.cluster.host_files:
  register: found
  no_log: true
"""

RETURN = r"""
files:
  description: The files, in the order of their paths.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: Where it is.
      type: str
    content:
      description: What is in it, in base64.
      type: str
    mode:
      description: Its permissions, such as C(0640).
      type: str
    owner:
      description: Number of its user.
      type: int
    group:
      description: Number of its group.
      type: int
kv_tables:
  description: Table -> key -> value, of the name server of this host; empty without one.
  returned: success
  type: dict
"""

import base64
import json
import pathlib
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils import _host_files


def _file(path: pathlib.Path) -> dict[str, Any]:
    state = path.stat()
    return {
        "path": str(path),
        "content": base64.b64encode(path.read_bytes()).decode("ascii"),
        "mode": f"{state.st_mode & 0o7777:04o}",
        "owner": state.st_uid,
        "group": state.st_gid,
    }


def kv_tables(path: pathlib.Path) -> dict[str, dict[str, str]]:
    """What a name server keeps in its kvConfig.json; empty where it never kept anything."""
    try:
        tables = json.loads(path.read_text(encoding="utf-8"))["configTable"]
        return {str(name): {str(key): str(value) for key, value in table.items()} for name, table in tables.items()}
    except FileNotFoundError:
        return {}


def main() -> None:
    module = AnsibleModule(argument_spec={}, supports_check_mode=True)
    tables: dict[str, dict[str, str]] = {}
    try:
        found = _host_files.ours()
        for path in found.kv_tables:
            tables.update(kv_tables(path))
        files = [_file(path) for path in found.all()]
    except (OSError, ValueError, KeyError, AttributeError) as error:
        module.fail_json(msg=f"Cannot read the files of this host: {error!r}.")
    module.exit_json(changed=False, files=files, kv_tables=tables)


if __name__ == "__main__":
    main()
