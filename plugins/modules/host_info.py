#!/usr/bin/python
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: host_info
short_description: Tells which RocketMQ processes a host carries, and what else matters to them
version_added: 0.1.0
description:
  - Reads the units, configuration files and folders that an earlier run of this collection left on the host. It
    needs no inventory, so that it also finds what an inventory no longer names.
  - On demand, reads who listens on the ports that a deployment wants, how full the disks of its folders are, which
    paths are there, the host's clock, and whether somebody works on the cluster.
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
  paths:
    description: Paths to look for.
    type: list
    elements: path
    default: []
  lock:
    description: The file of M(rocketmq.cluster.operation_lock), which one host of the cluster has.
    type: path
  operator:
    description: Who asks, such as C(user@host).
    type: str
    default: ""
  control_time:
    description: The control node's clock when the task began, in seconds since the epoch.
    type: float
author:
  - RocketMQ Cluster Contributors (@rocketmq-cluster)
"""

EXAMPLES = r"""
- name: See what this host carries
  rocketmq.cluster.host_info:
  register: host

- name: See also whether it can carry more
  rocketmq.cluster.host_info:
    ports: [9876, 10911]
    folders: [/var/lib/rocketmq/n0/store]
    control_time: "{{ now().timestamp() }}"
  register: host
"""

RETURN = r"""
instances:
  description: One entry per process, in the order of their units.
  returned: success
  type: list
  elements: dict
  contains:
    unit:
      description: Its systemd unit.
      type: str
    kind:
      description: One of C(namesrv), C(controller), C(broker), C(proxy), C(dashboard).
      type: str
    name:
      description: Name of the instance.
      type: str
    version:
      description: RocketMQ version that the unit runs.
      type: str
    running:
      description: Whether systemd has a process for it.
      type: bool
    has_data:
      description: Whether its store holds anything.
      type: bool
    has_store:
      description: Whether its store is the folder that was made for it. False where its disk is not mounted.
      type: bool
    drained:
      description:
        - What M(rocketmq.cluster.drain_mark) wrote down, C(topics) among it. Null where a broker was not drained before
          it was stopped, or has run since.
      type: dict
    restarts:
      description: How often systemd had to start it again since it was last started on purpose.
      type: int
    store:
      description: Folder of its messages.
      type: str
    config_path:
      description: Path of its configuration file; empty when it has none.
      type: str
    properties:
      description: Content of its configuration file.
      type: dict
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
missing:
  description: Those of O(paths) that are not there.
  returned: success
  type: list
  elements: str
busy:
  description: A sentence on who else than O(operator) works on the cluster by O(lock); empty where nobody does.
  returned: success
  type: str
ahead_seconds:
  description: How far the host's clock is ahead of O(control_time), the time of the call itself included.
  returned: when O(control_time) is given
  type: float
utc_offset_seconds:
  description: How far the host's local time is ahead of UTC.
  returned: success
  type: int
"""

import pathlib
import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils import _disk, _host_files, _operation, _ports, _systemd


def has_data(store: str) -> bool:
    folder = pathlib.Path(store)
    return (
        bool(store)
        and folder.is_dir()
        and any(entry.name not in (_disk.MARKER, _disk.DRAINED) for entry in folder.iterdir())
    )


def deployed(unit_dir: pathlib.Path) -> list[dict[str, Any]]:
    """Every process that a unit file of ours stands for."""
    described = {path.name: _systemd.describe(path) for path in sorted(unit_dir.glob("rocketmq-*.service"))}
    ours = {unit: description for unit, description in described.items() if description}
    shown = _systemd.show(list(ours))
    result = []
    for unit, description in ours.items():
        state = shown.get(unit, {})
        config, store = description.get("config", ""), description.get("store", "")
        result.append(
            {
                "unit": unit,
                "kind": description.get("kind", ""),
                "name": description.get("instance", ""),
                "version": description.get("version", ""),
                "running": state.get("MainPID", "0") != "0",
                "has_data": has_data(store),
                "has_store": pathlib.Path(store, _disk.MARKER).exists(),
                "drained": _disk.drained(store),
                "restarts": int(state.get("NRestarts") or 0),
                "store": store,
                "config_path": config,
                "properties": _host_files.properties(pathlib.Path(config)) if config else {},
            }
        )
    return result


def busy(lock: str | None, operator: str) -> str:
    """Why somebody else has to wait; empty where nobody has."""
    held, now = _operation.read(pathlib.Path(lock)) if lock else None, time.time()
    return _operation.refusal(held, now) if held and held.holder != operator and now < held.until else ""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "ports": {"type": "list", "elements": "int", "default": []},
            "folders": {"type": "list", "elements": "path", "default": []},
            "paths": {"type": "list", "elements": "path", "default": []},
            "lock": {"type": "path"},
            "operator": {"type": "str", "default": ""},
            "control_time": {"type": "float"},
        },
        supports_check_mode=True,
    )
    control_time = module.params["control_time"]
    clock = {} if control_time is None else {"ahead_seconds": round(time.time() - control_time, 3)}
    try:
        instances = deployed(_systemd.UNIT_DIR)
        found = _ports.listeners(set(module.params["ports"]))
        disks = {folder: _disk.usage(folder) for folder in module.params["folders"]}
    except OSError as error:
        module.fail_json(msg=f"Cannot look at this host: {error}. It must run systemd.")
    module.exit_json(
        changed=False,
        instances=instances,
        listeners=found,
        disks=disks,
        missing=[path for path in module.params["paths"] if not pathlib.Path(path).exists()],
        busy=busy(module.params["lock"], module.params["operator"]),
        utc_offset_seconds=time.localtime().tm_gmtoff,
        **clock,
    )


if __name__ == "__main__":
    main()
