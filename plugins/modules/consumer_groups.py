#!/usr/bin/python
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: consumer_groups
short_description: Brings the consumer groups of a cluster to their planned state
version_added: 0.1.0
description:
  - Creates, changes and deletes consumer groups (subscription groups). One lives in each broker group by itself; it
    is as asked for only when the leader of every broker group asked for says so.
  - What an item does not say is left as it is, also settings that this module does not know; a new group gets the
    broker's defaults.
  - Refuses before it writes anything what brokers would take and should not (names that no client can use, numbers out
    of range, settings that the release ignores).
extends_documentation_fragment:
  - rocketmq.cluster.connection
  - rocketmq.cluster.selection
  - rocketmq.cluster.changes
options:
  consumer_groups:
    description:
      - The groups. One that differs between broker groups has several items with O(consumer_groups[].groups).
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name, up to 255 letters, digits, C(%), C(|), C(_) and C(-); from RocketMQ 5 on up to 120.
        type: str
        required: true
      state:
        description: Whether it is there.
        type: str
        choices: [present, absent]
        default: present
      groups:
        description: Broker groups (brokerName) that this item is about. Those of O(groups) when it is not given.
        type: list
        elements: str
      consume_enable:
        description: Whether its consumers get messages. Brokers' default is true.
        type: bool
      consume_from_min_enable:
        description: Whether they may begin with the oldest message. Brokers' default is true.
        type: bool
      consume_broadcast_enable:
        description: Whether they may consume in broadcasting. Brokers' default is true.
        type: bool
      retry_queues:
        description: Queues of its retry topic; with 0 a message that fails is dropped. Brokers' default is 1.
        type: int
      retry_max_times:
        description: How often a message that fails is delivered again, from -1 on. Brokers' default is 16.
        type: int
      notify_consumer_ids_changed:
        description: Whether its consumers are told when one comes or goes. Brokers' default is true.
        type: bool
      broker_id:
        description: The broker id that its consumers are to read from. Brokers' default is 0, the leader.
        type: int
      which_broker_when_slow:
        description: The broker id to read from when the leader has messages no longer in memory. Brokers' default is 1.
        type: int
      consume_orderly:
        description: Whether messages are consumed in order by clients of RocketMQ 5. Since RocketMQ 5.0.
        type: bool
      consume_timeout_minutes:
        description: Minutes after which an ordered message has failed. Brokers' default is 15. Since RocketMQ 5.0.
        type: int
      retry_policy:
        description: How long to wait before a failed message is delivered again. Since RocketMQ 5.0.
        type: dict
        suboptions:
          type:
            description: V(exponential) multiplies the time, V(customized) has a list of times.
            type: str
            choices: [exponential, customized]
            required: true
          initial_ms:
            description: First wait in milliseconds, for V(exponential).
            type: int
          max_ms:
            description: Longest wait in milliseconds, for V(exponential).
            type: int
          multiplier:
            description: Each wait is this many times the one before, for V(exponential).
            type: int
          delays_ms:
            description: The waits in milliseconds, for V(customized).
            type: list
            elements: int
      attributes:
        description: Attributes by name, RocketMQ 5.0 and later. Null takes one away; those not named stay.
        type: dict
  purge:
    description:
      - Deletes the consumer groups of the broker groups in O(groups) that no item names.
      - RocketMQ's own always stay, and whatever begins with C(CID_).
    type: bool
    default: false
  purge_exclude:
    description: Patterns (C(*), C(?)) of names that O(purge) leaves alone.
    type: list
    elements: str
    default: []
  max_deletes:
    description: Does nothing at all if more consumer groups than this would be deleted, for whatever reason.
    type: int
    default: 10
  force:
    description:
      - Deletes also groups with connected consumers; without it nothing at all is done if there is such a one.
      - Where brokers create groups by themselves (C(autoCreateSubscriptionGroup)), connected consumers bring it back.
    type: bool
    default: false
  remove_offsets:
    description:
      - With a group, also deletes how far it has read. Since RocketMQ 4.9.
      - Before RocketMQ 5 the other members keep it, so it is back when one of them becomes the leader.
      - Without it, a group of that name that is made later goes on where the old one was.
    type: bool
    default: false
seealso:
  - module: rocketmq.cluster.consumer_group_info
  - module: rocketmq.cluster.offset_reset
notes:
  - The topics C(%RETRY%) and C(%DLQ%) of a deleted group stay.
  - Brokers copy consumer groups to the other members of their group every ten seconds. A leader that dies right after
    it got one may take it along; the next run creates it again.
author:
  - RocketMQ Cluster Contributors (@rocketmq-cluster)
"""

EXAMPLES = r"""
- name: The consumer groups of the shop
  rocketmq.cluster.consumer_groups:
    namesrv: [192.168.1.71:9876, 192.168.1.76:9876]
    consumer_groups:
      - name: billing
        retry_max_times: 5
      - name: screens
        consume_broadcast_enable: true
        groups: [RaftNode00]
      - name: last-years-report
        state: absent

- name: Nobody else's, with at most two deletions
  rocketmq.cluster.consumer_groups:
    namesrv: [192.168.1.71:9876]
    consumer_groups: "{{ rocketmq_consumer_groups }}"
    purge: true
    purge_exclude: ["test-*"]
    max_deletes: 2
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
      description: C(consumer group).
      type: str
    name:
      description: Name of the consumer group.
      type: str
    place:
      description: The broker group.
      type: str
    before:
      description: How it was; null when it was not there.
      type: dict
    after:
      description: How it is, for a new one what was asked for; null when it is not there any more.
      type: dict
failures:
  description: What could not be done, like RV(actions) with C(error).
  returned: always
  type: list
  elements: dict
consumer_groups:
  description: The groups of the items that are there, as O(consumer_groups) takes them.
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
    _consumers,
    _consumers_wanted,
    _items,
)

_POLICY = {
    "type": {"type": "str", "choices": list(_consumers.POLICIES), "required": True},
    "initial_ms": {"type": "int"},
    "max_ms": {"type": "int"},
    "multiplier": {"type": "int"},
    "delays_ms": {"type": "list", "elements": "int"},
}
_ITEM = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "groups": {"type": "list", "elements": "str"},
    "consume_enable": {"type": "bool"},
    "consume_from_min_enable": {"type": "bool"},
    "consume_broadcast_enable": {"type": "bool"},
    "retry_queues": {"type": "int"},
    "retry_max_times": {"type": "int"},
    "notify_consumer_ids_changed": {"type": "bool"},
    "broker_id": {"type": "int"},
    "which_broker_when_slow": {"type": "int"},
    "consume_orderly": {"type": "bool"},
    "consume_timeout_minutes": {"type": "int"},
    "retry_policy": {"type": "dict", "options": _POLICY},
    "attributes": {"type": "dict"},
}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **_arguments.CONNECTION,
            **_arguments.SELECTION,
            **_arguments.CHANGES,
            **_arguments.PURGE,
            "consumer_groups": {"type": "list", "elements": "dict", "default": [], "options": _ITEM},
            "force": {"type": "bool", "default": False},
            "remove_offsets": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    params = module.params
    _arguments.check(module, _consumers_wanted.mistakes(params["consumer_groups"], params["groups"]))
    purge = _items.Purge(params["purge"], params["purge_exclude"], params["max_deletes"])
    deletion = _consumers_wanted.Deletion(purge, params["force"], params["remove_offsets"])
    items = params["consumer_groups"]
    desired = _consumers_wanted.Desired(_cluster.finder(params), params["groups"], items, deletion)

    def more(outcome: _changes.Outcome) -> dict[str, Any]:
        tables = outcome.state.tables
        return {
            "consumer_groups": _consumers.items(tables, [item["name"] for item in items]),
            "versions": {group: table.version for group, table in tables.items()},
        }

    _changes.run(module, desired, more)


if __name__ == "__main__":
    main()
