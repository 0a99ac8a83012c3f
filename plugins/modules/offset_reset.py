#!/usr/bin/python
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: offset_reset
short_description: Makes a consumer group read a topic again, or skip it
version_added: 0.1.0
description:
  - Sets how far a consumer group has read every queue of a topic, on the leader of each broker group.
  - Without a consumer that reads the topic at this moment, the offsets are written and read again.
  - With one it needs O(force). The leader tells the consumers, who take up to a quarter of a minute; from then on what
    is committed is their own work, so that nothing but the leader's list of the new offsets shows that it is done.
  - What is there already is not written again, so a consumer group that has not read a message since is left alone.
extends_documentation_fragment:
  - rocketmq.cluster.connection
  - rocketmq.cluster.selection
  - rocketmq.cluster.changes
options:
  consumer_group:
    description: Name of the consumer group. It must be there; a wrong name does not create one.
    type: str
    required: true
  topic:
    description: Name of the topic. Broker groups without it are left alone unless they are in O(groups).
    type: str
    required: true
  to:
    description:
      - V(earliest) for the oldest message that is still there, V(latest) to skip everything, or a time, from whose
        first message on is read.
      - A time is milliseconds since 1970, or text with a zone such as V(2026-11-21T10:00:00Z).
      - Before RocketMQ 5, a queue begins at the message nearest to the time, which may be the last one before it.
    type: str
    required: true
  force:
    description:
      - Does it although consumers are connected. What they hold at that moment may be consumed twice.
    type: bool
    default: false
seealso:
  - module: rocketmq.cluster.consumer_group_info
notes:
  - Consumers in broadcasting keep their offsets themselves and are refused.
  - Brokers copy offsets to the other members of their group every ten seconds. A leader that dies right after it got
    them may take them along.
author:
  - RocketMQ Cluster Contributors (@rocketmq-cluster)
"""

EXAMPLES = r"""
- name: Have billing read all orders again that came since ten o'clock
  rocketmq.cluster.offset_reset:
    namesrv: [192.168.1.71:9876]
    consumer_group: billing
    topic: orders
    to: "2026-11-21T10:00:00+01:00"

- name: Skip what the screens have not shown yet, while they run
  rocketmq.cluster.offset_reset:
    namesrv: [192.168.1.71:9876]
    consumer_group: screens
    topic: news
    to: latest
    force: true
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
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils import _arguments, _changes, _cluster, _offsets


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **_arguments.CONNECTION,
            **_arguments.SELECTION,
            **_arguments.CHANGES,
            "consumer_group": {"type": "str", "required": True},
            "topic": {"type": "str", "required": True},
            "to": {"type": "str", "required": True},
            "force": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    params = module.params
    problems = []
    try:
        to = _offsets.moment(params["to"])
    except ValueError as error:
        problems.append(str(error))
    _arguments.check(module, problems)
    names = params["consumer_group"], params["topic"]
    _changes.run(module, _offsets.Reset(_cluster.finder(params), params["groups"], *names, to, params["force"]))


if __name__ == "__main__":
    main()
