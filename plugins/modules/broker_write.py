#!/usr/bin/python
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: broker_write
short_description: Takes the write permission from broker groups, and gives it back
version_added: 0.1.0
description:
  - Producers stop sending to a group without it once they have asked a name server for routes again, as they do every
    30 s. Until then it goes on taking their messages, but for those of ordered topics. Consumers go on reading.
  - Sets brokerPermission on every member of the groups, so that a new leader has it too, and looks whether every member
    has it and every name server tells it.
  - Every member keeps it until its next start, and then has what its configuration file says. Nothing gives it back by
    itself before, so give it back explicitly.
extends_documentation_fragment:
  - rocketmq.cluster.connection
  - rocketmq.cluster.changes
options:
  cluster:
    description: Name of the cluster. Needed only where the name servers know several.
    type: str
    default: ""
  groups:
    description: Names of the broker groups (brokerName), at least one.
    type: list
    elements: str
    required: true
  state:
    description: Whether the groups take no messages, or do (again). The permission to read stays as it is.
    type: str
    choices: [withdrawn, granted]
    required: true
  force:
    description: Takes it also from the last groups of the cluster that have it, after which nobody can send anything.
    type: bool
    default: false
  keep_last:
    description:
      - Does nothing where O(force) would be needed. RV(kept) says so.
    type: bool
    default: false
seealso:
  - module: rocketmq.cluster.broker_config
notes:
  - Members that do not answer or are not registered are a warning. One of them takes writes again when it starts and
    becomes the leader.
author:
  - RocketMQ Cluster Contributors (@rocketmq-cluster)
"""

EXAMPLES = r"""
- name: Let one group run empty before maintenance
  rocketmq.cluster.broker_write:
    namesrv: [192.168.1.71:9876, 192.168.1.76:9876]
    groups: [RaftNode00]
    state: withdrawn

- name: Let it take messages again
  rocketmq.cluster.broker_write:
    namesrv: [192.168.1.71:9876, 192.168.1.76:9876]
    groups: [RaftNode00]
    state: granted
"""

RETURN = r"""
groups:
  description: The groups as they are now, by name.
  returned: always
  type: dict
  contains:
    leader:
      description: Address of the leader.
      type: str
    permissions:
      description: By address, brokerPermission of each member, 4 to read, 2 to write, 6 for both; null without answer.
      type: dict
    topics:
      description: How many topics producers cannot (or can again) write to in this group. System topics do not count.
      type: int
kept:
  description: Groups that keep it, because no other group of the cluster has it (O(keep_last)).
  returned: always
  type: list
  elements: str
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
      description: C(permission) of a member, or C(route) where a name server told something else than the leader.
      type: str
    name:
      description: The group, or the topic whose route was looked at.
      type: str
    place:
      description: Address of the broker or the name server.
      type: str
    before:
      description: Its C(permission).
      type: dict
    after:
      description: Its C(permission).
      type: dict
failures:
  description: What could not be done, like RV(actions) with C(error).
  returned: always
  type: list
  elements: dict
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils import _arguments, _changes, _cluster, _write_permission


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **_arguments.CONNECTION,
            **_arguments.SELECTION,
            **_arguments.CHANGES,
            "groups": {"type": "list", "elements": "str", "required": True},
            "state": {"type": "str", "choices": ["withdrawn", "granted"], "required": True},
            "force": {"type": "bool", "default": False},
            "keep_last": {"type": "bool", "default": False},
        },
        mutually_exclusive=[("force", "keep_last")],
        supports_check_mode=True,
    )
    params = module.params
    _arguments.check(module, [] if params["groups"] else ["groups is empty: write at least one broker group."])
    desired = _write_permission.Desired(
        _cluster.finder(params),
        params["groups"],
        granted=params["state"] == "granted",
        force=params["force"],
        keep_last=params["keep_last"],
    )

    def more(outcome: _changes.Outcome) -> dict[str, Any]:
        for sentence in _write_permission.warnings(outcome.state):
            module.warn(sentence)
        groups = {group: _write_permission.shown(outcome.state, group) for group in outcome.state.tables}
        return {"groups": groups, "kept": desired.last(outcome.state) if params["keep_last"] else []}

    _changes.run(module, desired, more)


if __name__ == "__main__":
    main()
