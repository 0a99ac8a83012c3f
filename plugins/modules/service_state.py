#!/usr/bin/python
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: service_state
short_description: Compares the processes of a host with their plan, starts them, and waits for them
version_added: 0.1.0
description:
  - Says of each planned process whether it is stopped, current, or changed (it runs, but its files differ from the plan
    or are newer than the process, as an interrupted run leaves them).
  - With O(restart_before), one that was started earlier is changed too.
  - A process that differs and that systemd started again less than a minute ago counts as stopped.
  - With O(start), starts each of them anew.
  - With O(wait), waits until each process listens; fails at once when systemd had to start one again, and then
    quotes its journal.
attributes:
  check_mode:
    support: full
    description: Starts nothing, and then does not wait.
  diff_mode:
    support: none
    description: Has no before and after.
options:
  services:
    description: The processes.
    type: list
    elements: dict
    required: true
    suboptions:
      unit:
        description: Name of the systemd unit.
        type: str
        required: true
      address:
        description: Address at which it listens. RocketMQ binds all addresses of the host.
        type: str
        required: true
      port:
        description: Port at which it listens.
        type: int
        required: true
      store:
        description: Folder of its messages. While O(wait) waits, a full disk under it is a failure.
        type: str
        default: ""
      files:
        description: The files that it reads at its start.
        type: list
        elements: dict
        default: []
        suboptions:
          path:
            description: Path of the file.
            type: path
            required: true
          content:
            description: What the plan wants in it.
            type: str
            required: true
          owner:
            description: Not looked at; here, as the next two, for M(rocketmq.cluster.files).
            type: str
            default: root
          group:
            description: Not looked at.
            type: str
            default: root
          mode:
            description: Not looked at.
            type: str
            default: "0644"
  user:
    description: Name of the system user that the processes run as, to be told whether the host knows it.
    type: str
    default: ""
  restart_before:
    description: A moment of the host's clock, in seconds since the epoch.
    type: float
    default: 0
  start:
    description: Whether to enable and start each process anew, with unit files that systemd reads again.
    type: bool
    default: false
  wait:
    description: Seconds to wait until each process listens; 0 does not wait.
    type: int
    default: 0
  journal_lines:
    description: How many of the last lines of the journal a failure quotes.
    type: int
    default: 15
author:
  - RocketMQ Cluster Contributors (@rocketmq-cluster)
"""

EXAMPLES = r"""
- name: Start the name server
  rocketmq.cluster.service_state:
    services:
      - unit: rocketmq-namesrv.service
        address: 192.168.1.71
        port: 9876
    start: true
    wait: 60
"""

RETURN = r"""
user_exists:
  description: Whether the host knows O(user).
  returned: success
  type: bool
services:
  description: The processes by unit.
  returned: success
  type: dict
  contains:
    state:
      description: One of C(stopped), C(current), C(changed).
      type: str
    reasons:
      description: Why it is C(changed), a path or C(interrupted run) each.
      type: list
      elements: str
    installed:
      description: Whether systemd knows the unit.
      type: bool
    restarts:
      description: How often systemd had to start it again.
      type: int
"""

import pathlib
import pwd
import socket
import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils import _arguments, _disk, _ports, _systemd

_POLL_SECONDS = 0.25
_STABLE_SECONDS = 60


def differing(files: list[dict[str, str]]) -> list[str]:
    """Paths whose content is not the planned one."""
    result = []
    for file in files:
        try:
            same = pathlib.Path(file["path"]).read_text(encoding="utf-8") == file["content"]
        except (OSError, UnicodeDecodeError):
            same = False
        if not same:
            result.append(file["path"])
    return result


def newest(files: list[dict[str, str]]) -> float:
    """When the youngest of the files was written, in seconds since the epoch."""
    return max((pathlib.Path(file["path"]).stat().st_mtime for file in files), default=0.0)


def examine(service: dict[str, Any], shown: dict[str, str], restart_before: float = 0) -> dict[str, Any]:
    """State of one process as systemd shows it, against its planned files and the moment of a wanted restart."""
    reasons = differing(service["files"])
    running = shown.get("ActiveState") == "active" and shown.get("MainPID", "0") != "0"
    if running and not reasons and newest(service["files"]) > _systemd.started_at(shown):
        reasons = ["interrupted run"]
    if running and not reasons and _systemd.started_at(shown) < restart_before:
        reasons = ["restart wanted"]
    state = ("changed" if reasons else "current") if running else "stopped"
    if state == "changed" and _dies_again_and_again(shown):
        state = "stopped"
    return {
        "state": state,
        "reasons": reasons if running else [],
        "installed": shown.get("LoadState") == "loaded",
        "restarts": _restarts(shown),
    }


def _dies_again_and_again(shown: dict[str, str]) -> bool:
    """A broker with settings that end it looks alive for seconds at a time; no gate could ever pass around it."""
    age = time.time() - _systemd.started_at(shown)
    return _restarts(shown) > 0 and age < _STABLE_SECONDS


def known(user: str) -> bool:
    """Whether the host has the user, from whatever source."""
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def listens(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), timeout=1):
            return True
    except OSError:
        return False


def wait(services: list[dict[str, Any]], seconds: float) -> dict[str, str]:
    """Waits until all listen; returns ``{unit: what is wrong}``, empty when all is well."""
    deadline = time.monotonic() + seconds
    waiting = {service["unit"]: service for service in services}
    # Not from zero: a restart on purpose between two of systemd's own does not always reset the counter.
    shown = _systemd.show(list(waiting))
    before = {unit: _restarts(state) for unit, state in shown.items()}
    while True:
        broken = {
            unit: fault
            for unit, service in waiting.items()
            if (
                fault := _fault(service["port"], shown.get(unit, {}), before.get(unit, 0))
                or _full_disk(service["store"])
            )
        }
        if broken:
            return broken
        waiting = {unit: service for unit, service in waiting.items() if not _up(service, shown.get(unit, {}))}
        if not waiting:
            return {}
        if time.monotonic() > deadline:
            return {
                unit: f"does not listen on port {service['port']} after {seconds:.0f} s"
                for unit, service in waiting.items()
            }
        time.sleep(_POLL_SECONDS)
        shown = _systemd.show(list(waiting))


def _up(service: dict[str, Any], shown: dict[str, str]) -> bool:
    running = shown.get("ActiveState") == "active" and listens(service["address"], service["port"])
    return running and not _strangers(service["port"], shown)


def _strangers(port: int, shown: dict[str, str]) -> list[str]:
    """Other programs than the process itself on its port."""
    own = (0, int(shown.get("MainPID") or 0))
    return [f"{other['program']} (pid {other['pid']})" for other in _ports.listeners([port]) if other["pid"] not in own]


def _restarts(shown: dict[str, str]) -> int:
    return int(shown.get("NRestarts") or 0)


def _fault(port: int, shown: dict[str, str], before: int) -> str:
    ended = shown.get("ActiveState") == "failed" or shown.get("SubState") == "auto-restart"
    if ended or _restarts(shown) > before:
        result, restarts = shown.get("Result", "unknown result"), _restarts(shown)
        taken = "".join(f"; {stranger} has its port {port}" for stranger in _strangers(port, shown))
        return f"stopped by itself ({result}, started again {restarts} times){taken}"
    return ""


def _full_disk(store: str) -> str:
    """A broker starts on a full disk, and then takes no message."""
    disk = _disk.usage(store) if store else {"used_percent": 0}
    if disk["used_percent"] < _disk.FULL_PERCENT:
        return ""
    return f"takes no message: the disk of {store} is {disk['used_percent']} % full ({disk['free_mb']} MB free)"


def main() -> None:
    service_spec = {
        "unit": {"type": "str", "required": True},
        "address": {"type": "str", "required": True},
        "port": {"type": "int", "required": True},
        "store": {"type": "str", "default": ""},
        "files": {"type": "list", "elements": "dict", "default": [], "options": _arguments.FILE},
    }
    module = AnsibleModule(
        argument_spec={
            "services": {"type": "list", "elements": "dict", "required": True, "options": service_spec},
            "user": {"type": "str", "default": ""},
            "restart_before": {"type": "float", "default": 0},
            "start": {"type": "bool", "default": False},
            "wait": {"type": "int", "default": 0},
            "journal_lines": {"type": "int", "default": 15},
        },
        supports_check_mode=True,
    )
    services = module.params["services"]
    units = [service["unit"] for service in services]
    starts = module.params["start"]
    seconds = 0 if starts and module.check_mode else module.params["wait"]
    try:
        if starts and not module.check_mode:
            _systemd.start_anew(units)
        faults = wait(services, seconds) if seconds else {}
        shown = _systemd.show(units)
    except OSError as error:
        module.fail_json(msg=f"systemd of this host: {str(error).rstrip('.')}.")
    if faults:
        logs = {unit: _systemd.journal(unit, module.params["journal_lines"]) for unit in faults}
        said = (
            f"{unit} {fault}. The last lines of its journal:\n" + "\n".join(logs[unit])
            for unit, fault in faults.items()
        )
        module.fail_json(msg="\n".join(said), faults=faults)
    before = module.params["restart_before"]
    result = {service["unit"]: examine(service, shown.get(service["unit"], {}), before) for service in services}
    module.exit_json(changed=starts, services=result, user_exists=known(module.params["user"]))


if __name__ == "__main__":
    main()
