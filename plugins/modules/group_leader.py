#!/usr/bin/python
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: group_leader
short_description: Hands the leadership of a broker group to another member
version_added: 0.1.0
description:
  - Before a leader is stopped, so that its group is without one for a second rather than for the 11 to 17 s that an
    orderly stop of a DLedger leader costs.
  - DLedger does it from RocketMQ 4.8.0 on, a controller always. Groups of other modes have a fixed master.
  - Waits until the name servers name the new leader.
extends_documentation_fragment:
  - rocketmq.cluster.connection
  - rocketmq.cluster.changes
options:
  cluster:
    description: Name of the cluster. Needed only where the name servers know several.
    type: str
    default: ""
  group:
    description: Name of the broker group (brokerName).
    type: str
    required: true
  to:
    description: Address (C(ip:port)) of the member that shall lead.
    type: str
  away_from:
    description:
      - Address (C(ip:port)) of the member that shall not lead. Of the others, the one with the longest commit log is
        taken. Nothing is done where another one leads already.
    type: str
  require:
    description: Whether a group that cannot be handed over at all is a failure. If not, RV(fixed) says that it is one.
    type: bool
    default: true
  next_version:
    description: The RocketMQ version that O(away_from) has when it comes back, if that is another one. For RV(drain).
    type: str
    default: ""
seealso:
  - module: rocketmq.cluster.broker_write
    description: For groups that nobody can take over.
author:
  - RocketMQ Cluster Contributors (@rocketmq-cluster)
"""

EXAMPLES = r"""
- name: Let another member lead before this one is stopped
  rocketmq.cluster.group_leader:
    namesrv: [192.168.1.71:9876, 192.168.1.76:9876]
    group: RaftNode00
    away_from: 192.168.1.71:10911
"""

RETURN = r"""
leader:
  description: Address of the leader now.
  returned: always
  type: str
  sample: 192.168.1.76:10911
fixed:
  description: Whether O(away_from) leads, and nobody can take over. Only without O(require).
  returned: always
  type: bool
drain:
  description:
    - Whether O(away_from) leads, and its writers should be sent elsewhere with M(rocketmq.cluster.broker_write) before
      it is stopped or hands over. It should where nobody can take over, and where it runs RocketMQ 5.0.0 or later, or
      does when it comes back. There a member that leads no longer calls itself busy, which clients of 4.x report to the
      application for up to 30 s.
  returned: always
  type: bool
  sample: false
actions:
  description: What was done, or would be in check mode.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: C(update).
      type: str
    kind:
      description: C(leader).
      type: str
    name:
      description: The broker group.
      type: str
    place:
      description: The broker group.
      type: str
    before:
      description: The address of the C(leader).
      type: dict
    after:
      description: The address of the C(leader).
      type: dict
failures:
  description: What could not be done, like RV(actions) with C(error).
  returned: always
  type: list
  elements: dict
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils import _arguments, _changes, _cluster, _leadership


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **_arguments.CONNECTION,
            **_arguments.CHANGES,
            "cluster": _arguments.SELECTION["cluster"],
            "group": {"type": "str", "required": True},
            "to": {"type": "str"},
            "away_from": {"type": "str"},
            "require": {"type": "bool", "default": True},
            "next_version": {"type": "str", "default": ""},
        },
        mutually_exclusive=[("to", "away_from")],
        required_one_of=[("to", "away_from")],
        supports_check_mode=True,
    )
    params = module.params
    _arguments.check(module)
    names = params["group"], params["to"] or "", params["away_from"] or ""
    desired = _leadership.Desired(_cluster.finder(params), *names, params["require"])

    def more(outcome: _changes.Outcome) -> dict[str, Any]:
        state = outcome.state
        drain = desired.harms_writers(state, params["next_version"])
        return {"leader": state.leader, "fixed": desired.is_fixed(state), "drain": drain}

    _changes.run(module, desired, more)


if __name__ == "__main__":
    main()
