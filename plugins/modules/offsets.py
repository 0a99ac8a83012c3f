#!/usr/bin/python
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: offsets
short_description: Commits offsets of consumer groups, such as those of a backup
version_added: 0.1.0
description:
  - Commits, on the leader of each broker group, how far consumer groups have read queues. What is there already is not
    written again, and what is not named stays.
  - Refuses before it writes anything offsets that would go back, unless O(force) is set, and those of consumers that
    are connected, who would commit their own.
  - Offsets of a retry topic that is not there are left out. RocketMQ makes the topic when there is something to retry.
extends_documentation_fragment:
  - rocketmq.cluster.connection
  - rocketmq.cluster.changes
options:
  cluster:
    description: Name of the cluster. Needed only where the name servers know several.
    type: str
    default: ""
  offsets:
    description: The offsets.
    type: list
    elements: dict
    required: true
    suboptions:
      consumer_group:
        description: Name of the consumer group, which must be there.
        type: str
        required: true
      topic:
        description: Name of the topic, which must be there.
        type: str
        required: true
      group:
        description: The broker group (brokerName).
        type: str
        required: true
      queues:
        description: Queue -> the offset of the message that is read next.
        type: dict
        required: true
  force:
    description: Also moves offsets back, so that messages are consumed again.
    type: bool
    default: false
seealso:
  - module: rocketmq.cluster.offset_info
  - module: rocketmq.cluster.offset_reset
notes:
  - In check mode, topics and consumer groups that are not there are taken for such as will be.
  - Brokers copy offsets to the other members of their group every ten seconds. A leader that dies right after it got
    them may take them along.
author:
  - RocketMQ Cluster Contributors (@rocketmq-cluster)
"""

EXAMPLES = r"""
- name: Have billing read on where it was
  rocketmq.cluster.offsets:
    namesrv: [192.168.1.71:9876]
    offsets:
      - consumer_group: billing
        topic: orders
        group: RaftNode00
        queues: {0: 12, 1: 9}
"""

RETURN = r"""
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
      description: C(offsets).
      type: str
    name:
      description: Consumer group and topic.
      type: str
    place:
      description: The broker group.
      type: str
    before:
      description: Queue -> offset, of the queues that are moved; null where nothing was committed.
      type: dict
    after:
      description: Queue -> new offset.
      type: dict
failures:
  description: What could not be done, like RV(actions) with C(error).
  returned: always
  type: list
  elements: dict
skipped_offsets:
  description: Consumer group and topic of those that were left out.
  returned: always
  type: list
  elements: str
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils import _arguments, _changes, _cluster, _offsets_wanted

_ITEM = {
    "consumer_group": {"type": "str", "required": True},
    "topic": {"type": "str", "required": True},
    "group": {"type": "str", "required": True},
    "queues": {"type": "dict", "required": True},
}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **_arguments.CONNECTION,
            **_arguments.CHANGES,
            "cluster": _arguments.SELECTION["cluster"],
            "offsets": {"type": "list", "elements": "dict", "required": True, "options": _ITEM},
            "force": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    params = module.params
    _arguments.check(module, _offsets_wanted.mistakes(params["offsets"]))
    desired = _offsets_wanted.Desired(
        _cluster.finder(params), params["offsets"], params["force"], to_come=module.check_mode
    )

    def more(outcome: _changes.Outcome) -> dict[str, Any]:
        return {"skipped_offsets": desired.skipped(outcome.state)}

    _changes.run(module, desired, more)


if __name__ == "__main__":
    main()
