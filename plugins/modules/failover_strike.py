#!/usr/bin/python
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: failover_strike
short_description: Kills a process, or takes its whole host away, so that it comes back by itself
version_added: 0.1.0
description:
  - For M(rocketmq.cluster.failover_watch), which sees what follows, on another host.
options:
  unit:
    description: The systemd unit of the process.
    type: str
    required: true
  kill:
    description:
      - V(process) is SIGKILL of the unit's main process, which systemd starts again.
      - V(host) is as near to a power cut as one should wish for. Nothing of it reaches the network any more, nobody
        closes a connection, and it reboots without stopping anything. Unlike a power cut, its disks are synced first.
      - V(network) is the first half of that, for O(seconds). All processes go on running. It takes a policy rule of
        routing that lets no packet out.
    type: str
    choices: [process, host, network]
    default: process
  seconds:
    description: For how long the network stays away.
    type: int
    default: 60
attributes:
  check_mode:
    support: full
    description: Tells when it would strike, and does not.
  diff_mode:
    support: none
    description: There is nothing to see.
seealso:
  - module: rocketmq.cluster.failover_watch
author:
  - RocketMQ Cluster Contributors (@rocketmq-cluster)
"""

EXAMPLES = r"""
- name: Kill the leader
  rocketmq.cluster.failover_strike:
    unit: rocketmq-broker@n0.service
"""

RETURN = r"""
struck:
  description: When, in seconds since the epoch by this host's clock. For V(host) and V(network) about to come.
  returned: success
  type: float
"""

import os
import pathlib
import re
import signal
import subprocess
import sys
import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils import _systemd

#: Seconds for the answer to get away before nothing does any more.
_NOTICE = 2.0
_CAP_SYS_BOOT = 22
#: Runs on its own: the connection of Ansible ends with the network. A rule of this preference comes right after the
#: local addresses, so that the host still reaches itself. What fails is taken back.
_ACT = """
import subprocess, sys, time
moment, kill, seconds = float(sys.argv[1]), sys.argv[2], float(sys.argv[3])
def rules(action):
    for family in ("-4", "-6"):
        subprocess.run(["ip", family, "rule", action, "pref", "1", "blackhole"])
time.sleep(max(0.0, moment - time.time()))
try:
    rules("add")
    if kill == "host":
        subprocess.run(["systemctl", "reboot", "--force", "--force"])
    else:
        time.sleep(seconds)
finally:
    rules("del")
"""


def kill_process(unit: str) -> float:
    """When it was killed. Raises OSError."""
    pid = int(_systemd.show([unit]).get(unit, {}).get("MainPID") or 0)
    if not pid:
        raise OSError(f"{unit} does not run")
    struck = time.time()
    os.kill(pid, signal.SIGKILL)
    return struck


def take_host_away(kill: str, seconds: int) -> float:
    """When it will be away. Raises OSError."""
    moment = time.time() + _NOTICE
    command = ["systemd-run", "--quiet", "--collect", "--unit=rocketmq-drill", sys.executable, "-c", _ACT]
    done = subprocess.run([*command, str(moment), kill, str(seconds)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"systemd-run failed: {done.stderr.strip()}")
    return moment


def may_reboot(status: str) -> bool:
    """``status``: the text of /proc/self/status. A container has not always the right to."""
    found = re.search(r"^CapEff:\s*([0-9a-f]+)$", status, re.MULTILINE)
    return bool(found and int(found[1], 16) >> _CAP_SYS_BOOT & 1)


def problem(module: AnsibleModule, params: dict[str, Any]) -> str:
    """Why it cannot be done; empty when it can."""
    if params["kill"] == "process":
        return ""
    if not module.get_bin_path("ip"):
        return "There is no command ip on this host, which takes its network away: install iproute2 (iproute)."
    if params["kill"] == "host" and not may_reboot(pathlib.Path("/proc/self/status").read_text(encoding="utf-8")):
        return (
            "This host may not reboot itself (a container without CAP_SYS_BOOT, or not root): set "
            "rocketmq_drill_kill to network or process."
        )
    return "" if params["seconds"] > 0 else f"seconds is {params['seconds']}: write 1 or more."


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "unit": {"type": "str", "required": True},
            "kill": {"type": "str", "choices": ["process", "host", "network"], "default": "process"},
            "seconds": {"type": "int", "default": 60},
        },
        supports_check_mode=True,
    )
    params = module.params
    if sentence := problem(module, params):
        module.fail_json(msg=sentence)
    if module.check_mode:
        module.exit_json(changed=True, struck=time.time())
    try:
        process = params["kill"] == "process"
        struck = kill_process(params["unit"]) if process else take_host_away(params["kill"], params["seconds"])
    except OSError as error:
        module.fail_json(msg=f"Nothing was killed: {error}.")
    module.exit_json(changed=True, struck=struck)


if __name__ == "__main__":
    main()
