#!/usr/bin/python
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: host_info
short_description: Tells what of a host RocketMQ will need
version_added: 0.1.0
description:
  - Reads who listens on the ports that a deployment wants, how full the disks of its folders are, and the host's clock.
  - Changes nothing.
extends_documentation_fragment:
  - rocketmq.cluster.read_only
options:
  ports:
    description: TCP ports to look at.
    type: list
    elements: int
    default: []
  folders:
    description: Folders whose disks to look at. For one that does not exist yet, the nearest that does counts.
    type: list
    elements: path
    default: []
  control_time:
    description: The control node's clock when the task began, in seconds since the epoch.
    type: float
    required: true
author:
  - RocketMQ Cluster Contributors (@rocketmq-cluster)
"""

EXAMPLES = r"""
- name: Look at the host
  rocketmq.cluster.host_info:
    ports: [9876, 10911]
    folders: [/var/lib/rocketmq/n0/store]
    control_time: "{{ now().timestamp() }}"
  register: host
"""

RETURN = r"""
listeners:
  description: Who listens on O(ports); one entry per port and process.
  returned: success
  type: list
  elements: dict
  contains:
    port:
      description: The port.
      type: int
    program:
      description: Name of the program; empty where the kernel does not show it.
      type: str
    pid:
      description: Its process id; 0 when it is not known.
      type: int
disks:
  description: The disks of O(folders), by folder.
  returned: success
  type: dict
  contains:
    free_mb:
      description: What an unprivileged program may still write, in MB.
      type: int
    used_percent:
      description: How full the disk is.
      type: int
ahead_seconds:
  description: How far the host's clock is ahead of O(control_time), the time of the call itself included.
  returned: success
  type: float
utc_offset_seconds:
  description: How far the host's local time is ahead of UTC.
  returned: success
  type: int
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils import _disk, _ports


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "ports": {"type": "list", "elements": "int", "default": []},
            "folders": {"type": "list", "elements": "path", "default": []},
            "control_time": {"type": "float", "required": True},
        },
        supports_check_mode=True,
    )
    ahead = time.time() - module.params["control_time"]
    try:
        found = _ports.listeners(set(module.params["ports"]))
        disks = {folder: _disk.usage(folder) for folder in module.params["folders"]}
    except OSError as error:
        module.fail_json(msg=f"Cannot look at this host: {error}.")
    module.exit_json(
        changed=False,
        listeners=found,
        disks=disks,
        ahead_seconds=round(ahead, 3),
        utc_offset_seconds=time.localtime().tm_gmtoff,
    )


if __name__ == "__main__":
    main()
