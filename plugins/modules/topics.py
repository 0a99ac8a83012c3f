#!/usr/bin/python
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: topics
short_description: Brings the topics of a cluster to their planned state
version_added: 0.1.0
description:
  - Creates, changes and deletes topics. A topic lives in each broker group by itself, and the name servers tell clients
    of it; it is as asked for only when the leader of every group asked for and every name server agree.
  - What an item does not say is left as it is; a new topic gets 8 queues and permission 6, as C(mqadmin updateTopic)
    gives it.
  - Refuses before it writes anything what brokers would take and should not (no queues, permission 8, system topics),
    and what they cannot do (fewer read queues).
extends_documentation_fragment:
  - rocketmq.cluster.connection
  - rocketmq.cluster.selection
  - rocketmq.cluster.changes
options:
  topics:
    description: The topics. One that differs between broker groups has several items with O(topics[].groups).
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name, up to 127 letters, digits, C(%), C(|), C(_) and C(-).
        type: str
        required: true
      state:
        description: Whether it is there. An absent topic loses its messages.
        type: str
        choices: [present, absent]
        default: present
      groups:
        description: Broker groups that this item is about. Those of O(groups) when it is not given.
        type: list
        elements: str
      queues:
        description: How many queues it has in each broker group, for both reading and writing.
        type: int
      read_queues:
        description: Queues that consumers read. They cannot become fewer. O(topics[].queues) when it is not given.
        type: int
      write_queues:
        description:
          - Queues that producers write. Fewer of them than read queues let the others run empty.
          - O(topics[].queues) when it is not given.
        type: int
      permission:
        description: 2 to write, 4 to read, 6 for both.
        type: int
      order:
        description:
          - Whether it is ordered. A broker without write permission refuses messages of an ordered topic even from
            producers that still have an old route.
          - Before RocketMQ 5.1 every name server lists the broker groups in which the topic is ordered, with
            their write queues, as C(mqadmin updateTopic -o true) has them do. See the notes.
        type: bool
      message_type:
        description:
          - Kind of its messages, RocketMQ 5.0 and later. A topic without one takes NORMAL messages.
          - Short for the attribute C(message.type).
        type: str
        choices: [UNSPECIFIED, NORMAL, FIFO, DELAY, TRANSACTION, MIXED, LITE, PRIORITY]
      attributes:
        description: Attributes by name, RocketMQ 5.0 and later. Null takes one away; those not named stay.
        type: dict
  purge:
    description: Deletes the topics of the broker groups in O(groups) that no item names. System topics always stay.
    type: bool
    default: false
  purge_exclude:
    description: Patterns (C(*), C(?)) of names that O(purge) leaves alone.
    type: list
    elements: str
    default: []
  max_deletes:
    description: Does nothing at all if more topics than this would be deleted, for whatever reason.
    type: int
    default: 10
seealso:
  - module: rocketmq.cluster.topic_info
notes:
  - Brokers copy topics to the other members of their group every ten seconds. A leader that dies right after it got a
    topic may take it along; the next run creates it again.
  - Name servers forget a topic only in all groups at once. One that is deleted in some groups is missing in the routes
    of the others until they register it again, at once before RocketMQ 5 and within 30 seconds from then on. Clients
    that run keep their routes meanwhile.
  - Name servers with the setting C(orderMessageEnable) tell clients what they list of an ordered topic. Producers then
    use the listed queues and no others, also while one of the groups has no leader. Where a topic is ordered in some of
    its groups, they send to those alone.
  - Brokers before RocketMQ 5.1 set the flag of a listed topic in all its groups, whichever are listed. To this module
    a topic is ordered in those that are.
  - A listed group that no name server knows stays listed while another one is, so that a group which is down does not
    change where producers send.
author:
  - RocketMQ Cluster Contributors (@rocketmq-cluster)
"""

EXAMPLES = r"""
- name: The topics of the shop, and no others
  rocketmq.cluster.topics:
    namesrv: [192.168.1.71:9876, 192.168.1.76:9876]
    topics:
      - name: orders
        queues: 16
      - name: payments
        message_type: FIFO
        groups: [RaftNode00]
      - name: old-orders
        state: absent
    purge: true
    purge_exclude: ["test-*"]
"""

RETURN = r"""
actions:
  description: What was done, or would be in check mode.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: C(create), C(update) or C(delete).
      type: str
    kind:
      description:
        - C(topic), or C(route) where a name server told clients something else than the leaders.
        - C(order) where a name server lists a topic as ordered. Its RV(actions[].before) and RV(actions[].after) are
          the queues by broker group.
      type: str
    name:
      description: Name of the topic.
      type: str
    place:
      description: The broker group, or the address of the name server.
      type: str
    before:
      description: How it was; null when it was not there.
      type: dict
    after:
      description: How it is; null when it is not there any more.
      type: dict
failures:
  description: What could not be done, like RV(actions) with C(error).
  returned: always
  type: list
  elements: dict
topics:
  description: The topics of the items that are there, as O(topics) takes them.
  returned: always
  type: list
  elements: dict
versions:
  description: RocketMQ version of the leader of each broker group.
  returned: always
  type: dict
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils import (
    _arguments,
    _changes,
    _cluster,
    _items,
    _topics,
    _topics_wanted,
)

_ITEM = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "groups": {"type": "list", "elements": "str"},
    "queues": {"type": "int"},
    "read_queues": {"type": "int"},
    "write_queues": {"type": "int"},
    "permission": {"type": "int"},
    "order": {"type": "bool"},
    "message_type": {"type": "str", "choices": list(_topics_wanted.MESSAGE_TYPES)},
    "attributes": {"type": "dict"},
}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **_arguments.CONNECTION,
            **_arguments.SELECTION,
            **_arguments.CHANGES,
            **_arguments.PURGE,
            "topics": {"type": "list", "elements": "dict", "default": [], "options": _ITEM},
        },
        supports_check_mode=True,
    )
    params = module.params
    _arguments.check(module, _topics_wanted.mistakes(params["topics"], params["groups"]))
    purge = _items.Purge(params["purge"], params["purge_exclude"], params["max_deletes"])
    desired = _topics_wanted.Desired(_cluster.finder(params), params["groups"], params["topics"], purge)

    def more(outcome: _changes.Outcome) -> dict[str, Any]:
        tables = outcome.state.tables
        return {
            "topics": _topics.items(tables, [item["name"] for item in params["topics"]]),
            "versions": {group: table.version for group, table in tables.items()},
        }

    _changes.run(module, desired, more)


if __name__ == "__main__":
    main()
