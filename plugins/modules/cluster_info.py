#!/usr/bin/python
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cluster_info
short_description: Reads what name servers and brokers know of their cluster
version_added: 0.1.0
description:
  - Returns as data what C(mqadmin clusterList) prints, and each name server's own view.
  - A broker or name server that does not answer is part of the result (RV(members[].error), RV(namesrv)).
    The module fails only when no name server answers.
extends_documentation_fragment:
  - rocketmq.cluster.connection
  - rocketmq.cluster.read_only
options:
  brokers:
    description:
      - Whether to ask the brokers too, which costs each of 5.x a tenth of a second of its processor.
      - Without, a member tells where it is registered and nothing else.
    type: bool
    default: true
  runtime:
    description: Also tells everything that each broker says of itself.
    type: bool
    default: false
  settings:
    description: Also tells the settings that each broker and each name server of O(namesrv) works with.
    type: bool
    default: false
seealso:
  - module: rocketmq.cluster.cluster_health
author:
  - RocketMQ Cluster Contributors (@rocketmq-cluster)
"""

EXAMPLES = r"""
- name: Read the cluster
  rocketmq.cluster.cluster_info:
    namesrv:
      - 192.168.1.71:9876
      - 192.168.1.76:9876
  register: view

- name: Show it as clusterList does
  ansible.builtin.debug:
    msg: "{{ view.table }}"
"""

RETURN = r"""
members:
  description: Every broker that a name server knows, in the order of clusterList. What a broker does not say is null.
  returned: success
  type: list
  elements: dict
  contains:
    cluster:
      description: Name of its cluster.
      type: str
    group:
      description: Name of its group (brokerName).
      type: str
    broker_id:
      description: 0 is the leader, -1 a DLedger member without a leader.
      type: int
    address:
      description: Where it is registered, C(host:port).
      type: str
    namesrv:
      description: The name servers that know it with this id.
      type: list
      elements: str
    error:
      description: Why it did not answer; null when it did.
      type: str
    version:
      description: The RocketMQ version it runs.
      type: str
    in_tps:
      description: Messages per second put in the last ten seconds.
      type: float
    out_tps:
      description: Messages per second read in the last ten seconds.
      type: float
    send_queue:
      description: Requests that wait to be stored.
      type: int
    send_wait_ms:
      description: Milliseconds that the first of them has waited.
      type: int
    pull_queue:
      description: Requests that wait to read.
      type: int
    pull_wait_ms:
      description: Milliseconds that the first of them has waited.
      type: int
    page_cache_wait_ms:
      description: Milliseconds that the current write holds the lock of the page cache (PCWait).
      type: int
    put_latency_99_ms:
      description: Milliseconds that 99 of 100 writes stay below. From 4.9 on.
      type: float
    oldest_message_hours:
      description: Age of the oldest message.
      type: float
    disk_ratio:
      description: Used part of the disk of the commit log, 0 to 1. DLedger 4.7.1 does not tell.
      type: float
    boot_time_ms:
      description: When it was started, milliseconds since the epoch.
      type: int
    commitlog_max_offset:
      description: End of its commit log in bytes; equal on all members of an idle group.
      type: int
    commitlog_min_offset:
      description: Start of its commit log in bytes.
      type: int
    dispatch_behind_bytes:
      description: Bytes of the commit log that consumers cannot see yet.
      type: int
clusters:
  description: The same by name, cluster -> group -> broker id -> address.
  returned: success
  type: dict
  sample: {"RaftCluster": {"RaftNode00": {"0": "192.168.1.71:10911", "2": "192.168.1.76:10911"}}}
namesrv:
  description: Each asked name server's own view, by its address.
  returned: success
  type: dict
  contains:
    error:
      description: Why it did not answer; null when it did.
      type: str
    version:
      description: The RocketMQ version it runs.
      type: str
    groups:
      description: Group -> broker id -> address.
      type: dict
runtime:
  description: By address of a broker that answers, what it says of itself, key by key.
  returned: when O(runtime)
  type: dict
settings:
  description: By address of a broker or name server that answers, key -> value; stars instead of a secret.
  returned: when O(settings)
  type: dict
table:
  description: The members in the columns of clusterList, a line each, and a line for each process that does not answer.
  returned: success
  type: list
  elements: str
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils import (
    _arguments,
    _configuration,
    _configuration_wanted,
    _overview,
)
from ansible_collections.rocketmq.cluster.plugins.module_utils._client import RuntimeInfo
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import RocketMQError

_FURTHER = {name: {"type": "bool", "default": False} for name in ("runtime", "settings")}
_ASKED = {"brokers": {"type": "bool", "default": True}, **_FURTHER}


def settings(kind: _configuration.Kind, addresses: Iterable[str], timeout: float) -> dict[str, dict[str, str]]:
    """By address of a process that tells them."""
    return {
        address: {key: _configuration_wanted.shown(key, value) for key, value in found.items()}
        for address, found in _configuration.live(kind, addresses, timeout).items()
        if not isinstance(found, RocketMQError)
    }


def _option_problems(params: Mapping[str, Any]) -> list[str]:
    wanted = [name for name in _FURTHER if params[name] and not params["brokers"]]
    return [f"{name} is for brokers to tell: leave brokers on." for name in wanted]


def main() -> None:
    module = AnsibleModule(
        argument_spec={**_arguments.CONNECTION, **_ASKED},
        supports_check_mode=True,
    )
    namesrv, timeout = module.params["namesrv"], module.params["timeout"]
    _arguments.check(module, _option_problems(module.params))
    overview = _overview.look(namesrv, timeout, brokers=module.params["brokers"])
    try:
        _overview.require_one(overview)
    except RocketMQError as error:
        module.fail_json(msg=str(error))
    data = _overview.as_data(overview)
    tables = {address: found.table for address, found in overview.brokers.items() if isinstance(found, RuntimeInfo)}
    further: dict[str, Any] = {"runtime": tables} if module.params["runtime"] else {}
    if module.params["settings"]:
        further["settings"] = {
            **settings(_configuration.NAME_SERVER, overview.views(), timeout),
            **settings(_configuration.BROKER, tables, timeout),
        }
    module.exit_json(changed=False, table=_overview.table(data), **data, **further)


if __name__ == "__main__":
    main()
