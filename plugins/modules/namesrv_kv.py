#!/usr/bin/python
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: namesrv_kv
short_description: Writes entries of the key-value tables of name servers
version_added: 0.1.0
description:
  - Every name server has tables of its own, such as the list of ordered topics (C(ORDER_TOPIC_CONFIG)), and keeps them
    in its C(kvConfig.json). This module brings entries to all of them. Entries that are not named stay.
extends_documentation_fragment:
  - rocketmq.cluster.connection
  - rocketmq.cluster.changes
options:
  tables:
    description: Table (namespace) -> key -> value.
    type: dict
    required: true
author:
  - RocketMQ Cluster Contributors (@rocketmq-cluster)
"""

EXAMPLES = r"""
- name: List a topic as ordered
  rocketmq.cluster.namesrv_kv:
    namesrv: [192.168.1.71:9876, 192.168.1.76:9876]
    tables:
      ORDER_TOPIC_CONFIG:
        orders: RaftNode00:8;RaftNode01:8
"""

RETURN = r"""
actions:
  description: What was done, or would be in check mode.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: One of C(create), C(update).
      type: str
    kind:
      description: The table.
      type: str
    name:
      description: The key.
      type: str
    place:
      description: Address of the name server.
      type: str
    before:
      description: The C(value) that was there; null without one.
      type: dict
    after:
      description: The new C(value).
      type: dict
failures:
  description: What could not be done, like RV(actions) with C(error).
  returned: always
  type: list
  elements: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils import (
    _arguments,
    _changes,
    _cluster,
    _order,
    _overview,
)
from ansible_collections.rocketmq.cluster.plugins.module_utils._changes import Change, Errors
from ansible_collections.rocketmq.cluster.plugins.module_utils._client import NameServer

#: Table -> key -> value.
Tables = dict[str, dict[str, str]]


class Desired:
    """Entries that all name servers should have."""

    def __init__(self, namesrv: Sequence[str], timeout: float, tables: Mapping[str, Mapping[str, Any]]) -> None:
        self._namesrv = namesrv
        self._timeout = timeout
        self._tables = {name: {key: str(value) for key, value in table.items()} for name, table in tables.items()}

    def read(self) -> dict[str, Tables]:
        """Name server -> its tables. Raises RocketMQError unless every name server answers."""

        def asked(address: str) -> Tables:
            with NameServer(address, self._timeout) as server:
                return {name: _order.table(server, name) for name in self._tables}

        return _cluster.required(_overview.parallel(asked, self._namesrv))

    def plan(self, state: Mapping[str, Tables]) -> list[Change]:
        return [
            Change(table, key, address, None if had is None else {"value": had}, {"value": value})
            for address, found in state.items()
            for table, entries in self._tables.items()
            for key, value in entries.items()
            if (had := found[table].get(key)) != value
        ]

    def apply(self, _state: Mapping[str, Tables], changes: Sequence[Change]) -> Errors:
        return _cluster.tell_name_servers(changes, self._timeout, _put)


def _put(server: NameServer, change: Change) -> None:
    server.call(_order.PUT, {"namespace": change.kind, "key": change.name, "value": (change.after or {})["value"]})


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **_arguments.CONNECTION,
            **_arguments.CHANGES,
            "tables": {"type": "dict", "required": True, "no_log": False},
        },
        supports_check_mode=True,
    )
    params = module.params
    wrong = [name for name, table in params["tables"].items() if not isinstance(table, dict)]
    _arguments.check(module, [f"tables: {name} is no mapping of key: value." for name in wrong])
    _changes.run(module, Desired(params["namesrv"], params["timeout"], params["tables"]))


if __name__ == "__main__":
    main()
