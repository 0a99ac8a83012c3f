#!/usr/bin/python
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: consumer_group_info
short_description: Tells the consumer groups of a cluster, who consumes, and how far behind they are
version_added: 0.1.0
description:
  - Reads the consumer groups from the leader of each broker group, as the module consumer_groups takes them. Broker
    groups in which one is the same share an item.
  - Reads, of each, the consumers that are connected and how far it has read every queue.
extends_documentation_fragment:
  - rocketmq.cluster.connection
  - rocketmq.cluster.selection
  - rocketmq.cluster.read_only
options:
  names:
    description: Consumer groups to tell. Without it all but RocketMQ's own.
    type: list
    elements: str
seealso:
  - module: rocketmq.cluster.consumer_groups
author:
  - RocketMQ Cluster Contributors (@rocketmq-cluster)
"""

EXAMPLES = r"""
- name: Read all consumer groups
  rocketmq.cluster.consumer_group_info:
    namesrv: [192.168.1.71:9876]
  register: found

- name: Have the same in another cluster
  rocketmq.cluster.consumer_groups:
    namesrv: [192.168.2.71:9876]
    consumer_groups: "{{ found.consumer_groups }}"

- name: Wait until billing has read everything
  rocketmq.cluster.consumer_group_info:
    namesrv: [192.168.1.71:9876]
    names: [billing]
  register: billing
  until: billing.consumers.billing.lag == 0
  retries: 60
  delay: 1
"""

RETURN = r"""
consumer_groups:
  description:
    - The consumer groups, as M(rocketmq.cluster.consumer_groups) takes them.
    - A name of O(names) that is not there has no item.
  returned: success
  type: list
  elements: dict
consumers:
  description: By consumer group, what it does at this moment, all leaders of O(groups) together.
  returned: success
  type: dict
  contains:
    members:
      description: The consumers that are connected; empty when none is.
      type: list
      elements: dict
      contains:
        client_id:
          description: The name it has given itself.
          type: str
        address:
          description: Where it connects from.
          type: str
        language:
          description: Of the client's library.
          type: str
        version:
          description: RocketMQ version of the client's library; empty when it is not a release.
          type: str
    consume_type:
      description: C(CONSUME_PASSIVELY) for push, C(CONSUME_ACTIVELY) for pull, C(CONSUME_POP); empty without a member.
      type: str
    message_model:
      description: C(CLUSTERING) or C(BROADCASTING); empty without a member.
      type: str
    subscriptions:
      description: Topic -> expression, as a member subscribes to it.
      type: dict
    lag:
      description:
        - Messages that it has still to read, its retry topic included. In broadcasting brokers do not know.
      type: int
    topics:
      description: The same by topic.
      type: dict
      contains:
        lag:
          description: Messages of the topic that it has still to read.
          type: int
        queues:
          description: The queues.
          type: list
          elements: dict
          contains:
            group:
              description: The broker group.
              type: str
            queue:
              description: Number of the queue in that broker group.
              type: int
            broker_offset:
              description: Where the next message will be.
              type: int
            consumer_offset:
              description: What it will read next; 0 also where it has read nothing yet.
              type: int
            lag:
              description: The difference of the two.
              type: int
            last_timestamp_ms:
              description: When the last message that it has read was stored, milliseconds since 1970; 0 without one.
              type: int
versions:
  description: RocketMQ version of the leader of each broker group.
  returned: success
  type: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils import _arguments, _cluster, _consumers, _offsets
from ansible_collections.rocketmq.cluster.plugins.module_utils._client import Broker
from ansible_collections.rocketmq.cluster.plugins.module_utils._configuration import Settings
from ansible_collections.rocketmq.cluster.plugins.module_utils._consumers import Connected
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import RocketMQError

#: By consumer group: who is connected to one broker, and its queues there.
_Live = tuple[dict[str, Connected], dict[str, list[dict[str, Any]]]]


def _consumer(name: str, live: Mapping[str, _Live]) -> dict[str, Any]:
    """What one consumer group does, with what every broker group says of it put together."""
    connected = [found[name] for found, _queues in live.values() if name in found]
    members = {member["client_id"]: member for one in connected for member in one.members}
    topics: dict[str, dict[str, Any]] = {}
    for group, (_found, queues) in sorted(live.items()):
        for queue in sorted(queues[name], key=lambda one: (one["topic"], one["queue"])):
            topic = topics.setdefault(queue["topic"], {"lag": 0, "queues": []})
            topic["lag"] += queue["lag"]
            topic["queues"].append({"group": group, **{key: queue[key] for key in queue if key != "topic"}})
    return {
        "members": [members[client] for client in sorted(members)],
        "consume_type": connected[0].consume_type if connected else "",
        "message_model": connected[0].message_model if connected else "",
        "subscriptions": {topic: text for one in connected for topic, text in one.subscriptions.items()},
        "lag": sum(topic["lag"] for topic in topics.values()),
        "topics": topics,
    }


def _consumers_now(cluster: _cluster.Cluster, groups: Sequence[str], names: Sequence[str]) -> dict[str, Any]:
    """By consumer group. Raises RocketMQError."""

    def asked(broker: Broker, _settings: Settings) -> _Live:
        return _consumers.connected(broker, names), _offsets.lags(broker, names)

    live = cluster.ask_leaders(groups, asked)
    return {name: _consumer(name, live) for name in names}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **_arguments.CONNECTION,
            **_arguments.SELECTION,
            "names": {"type": "list", "elements": "str"},
        },
        supports_check_mode=True,
    )
    params = module.params
    _arguments.check(module)
    try:
        cluster = _cluster.finder(params)()
        tables = _consumers.tables(cluster, cluster.chosen(params["groups"]))
        names = params["names"] if params["names"] is not None else _consumers.own_names(tables)
        there = [name for name in dict.fromkeys(names) if any(name in table.groups for table in tables.values())]
        consumers = _consumers_now(cluster, list(tables), there)
    except RocketMQError as error:
        module.fail_json(msg=str(error))
    module.exit_json(
        changed=False,
        consumer_groups=_consumers.items(tables, there),
        consumers=consumers,
        versions={group: table.version for group, table in tables.items()},
    )


if __name__ == "__main__":
    main()
