#!/usr/bin/python
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: topic_info
short_description: Tells the topics of a cluster, as the module topics takes them
version_added: 0.1.0
description:
  - Reads the topics from the leader of each broker group. Groups in which a topic is the same share an item.
  - Before RocketMQ 5.1 it also reads which topics every name server lists as ordered. An item has no C(order) where
    leader and name servers differ, or where fewer queues are listed than producers write.
extends_documentation_fragment:
  - rocketmq.cluster.connection
  - rocketmq.cluster.selection
  - rocketmq.cluster.read_only
options:
  names:
    description: Topics to tell. Without it all but system topics.
    type: list
    elements: str
  routes:
    description: Also tells what each name server tells clients.
    type: bool
    default: false
seealso:
  - module: rocketmq.cluster.topics
author:
  - RocketMQ Cluster Contributors (@rocketmq-cluster)
"""

EXAMPLES = r"""
- name: Read all topics
  rocketmq.cluster.topic_info:
    namesrv: [192.168.1.71:9876]
  register: found

- name: Have the same in another cluster
  rocketmq.cluster.topics:
    namesrv: [192.168.2.71:9876]
    topics: "{{ found.topics }}"
"""

RETURN = r"""
topics:
  description: The topics, as M(rocketmq.cluster.topics) takes them. A name of O(names) that is not there has no item.
  returned: success
  type: list
  elements: dict
routes:
  description: By name server, topic and broker group, the permission, read and write queues that clients are told.
  returned: when O(routes)
  type: dict
versions:
  description: RocketMQ version of the leader of each broker group.
  returned: success
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils import _arguments, _cluster, _order, _topics
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import RocketMQError


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **_arguments.CONNECTION,
            **_arguments.SELECTION,
            "names": {"type": "list", "elements": "str"},
            "routes": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    params = module.params
    _arguments.check(module)
    try:
        cluster = _cluster.finder(params)()
        tables = _topics.tables(cluster, cluster.chosen(params["groups"]))
        tables = _order.agreed(tables, _order.lists(cluster) if _order.needed(tables) else {})
        names = params["names"] if params["names"] is not None else _topics.own_names(cluster, tables)
        routes = _topics.all_routes(cluster, names) if params["routes"] else {}
    except RocketMQError as error:
        module.fail_json(msg=str(error))
    shown = {
        server: {
            name: {group: _topics.route_fields(route) for group, route in found.items()}
            for name, found in topics.items()
        }
        for server, topics in routes.items()
    }
    module.exit_json(
        changed=False,
        topics=_topics.items(tables, names),
        versions={group: table.version for group, table in tables.items()},
        **({"routes": shown} if params["routes"] else {}),
    )


if __name__ == "__main__":
    main()
