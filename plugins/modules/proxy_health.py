#!/usr/bin/python
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: proxy_health
short_description: Asks proxies of 5.x whether they serve, and waits until they do
version_added: 0.1.0
description:
  - Asks the remoting port of each proxy for a route, which has to lead to every broker group of the cluster, and opens
    a connection of HTTP/2 to its gRPC port.
  - Sends no message; M(rocketmq.cluster.message_probe) does, to the brokers.
extends_documentation_fragment:
  - rocketmq.cluster.read_only
options:
  proxies:
    description: The proxies.
    type: list
    elements: dict
    required: true
    suboptions:
      address:
        description: IPv4 address or name of the host.
        type: str
        required: true
      grpc_port:
        description: Port of gRPC clients.
        type: int
        required: true
      remoting_port:
        description: Port of clients of the older protocol.
        type: int
        required: true
  cluster:
    description: Name of the cluster.
    type: str
    required: true
  groups:
    description: Names of its groups (brokerName).
    type: list
    elements: str
    required: true
  timeout:
    description: Seconds that a single request may take, connecting included.
    type: float
    default: 3
  wait:
    description: Seconds until all of them have to serve; 0 asks once. A proxy knows a new group after 20 seconds.
    type: float
    default: 30
seealso:
  - module: rocketmq.cluster.cluster_health
author:
  - RocketMQ Cluster Contributors (@rocketmq-cluster)
"""

EXAMPLES = r"""
- name: Wait until every proxy serves
  rocketmq.cluster.proxy_health:
    proxies: "{{ rocketmq_plan.proxies }}"
    cluster: "{{ rocketmq_plan.cluster }}"
    groups: "{{ rocketmq_plan.groups | map(attribute='name') }}"
  run_once: true
"""

RETURN = r"""
proxies:
  description: What is wrong with each, by its address and remoting port; null where nothing is.
  returned: always
  type: dict
  sample: {"192.168.1.71:8080": null}
"""

import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils import _overview, _proxy

_PAUSE = 0.5


def fault(proxy: dict[str, Any], params: dict[str, Any]) -> str | None:
    """What is wrong with what a proxy answers; None when nothing is. Raises RocketMQError."""
    remoting, grpc = (f"{proxy['address']}:{proxy[port]}" for port in ("remoting_port", "grpc_port"))
    found = _proxy.groups_of(remoting, params["cluster"], params["timeout"])
    _proxy.greet(grpc, params["timeout"])
    missing = sorted(set(params["groups"]) - set(found))
    return (
        f"it leads clients to {', '.join(found) or 'no group'}, but not to {', '.join(missing)}." if missing else None
    )


def wait(params: dict[str, Any]) -> dict[str, str | None]:
    """``{address:port: what is wrong}``, when all serve or the time is over."""
    proxies = {f"{proxy['address']}:{proxy['remoting_port']}": proxy for proxy in params["proxies"]}
    deadline = time.monotonic() + params["wait"]
    while True:
        asked = _overview.parallel(lambda name: fault(proxies[name], params), proxies)
        found = {name: str(problem) if problem else None for name, problem in asked.items()}
        if not any(found.values()) or time.monotonic() + _PAUSE > deadline:
            return found
        time.sleep(_PAUSE)


def main() -> None:
    proxy_spec = {
        "address": {"type": "str", "required": True},
        "grpc_port": {"type": "int", "required": True},
        "remoting_port": {"type": "int", "required": True},
    }
    module = AnsibleModule(
        argument_spec={
            "proxies": {"type": "list", "elements": "dict", "required": True, "options": proxy_spec},
            "cluster": {"type": "str", "required": True},
            "groups": {"type": "list", "elements": "str", "required": True},
            "timeout": {"type": "float", "default": 3},
            "wait": {"type": "float", "default": 30},
        },
        supports_check_mode=True,
    )
    found = wait(module.params)
    sentences = [f"Proxy {name}: {problem}" for name, problem in found.items() if problem]
    if sentences:
        module.fail_json(msg="\n".join(sentences), proxies=found)
    module.exit_json(changed=False, proxies=found)


if __name__ == "__main__":
    main()
