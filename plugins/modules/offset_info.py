#!/usr/bin/python
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: offset_info
short_description: Tells the committed offsets of a cluster, as the module offsets takes them
version_added: 0.1.0
description:
  - Reads from the leader of each broker group how far consumer groups have committed every queue.
  - Offsets of topics and consumer groups that are not there any more are left out.
extends_documentation_fragment:
  - rocketmq.cluster.connection
  - rocketmq.cluster.selection
  - rocketmq.cluster.read_only
options:
  names:
    description: Consumer groups whose offsets to tell. Without it all but RocketMQ's own.
    type: list
    elements: str
seealso:
  - module: rocketmq.cluster.offsets
  - module: rocketmq.cluster.consumer_group_info
author:
  - RocketMQ Cluster Contributors (@rocketmq-cluster)
"""

EXAMPLES = r"""
- name: Read all offsets
  rocketmq.cluster.offset_info:
    namesrv: [192.168.1.71:9876]
  register: found
"""

RETURN = r"""
offsets:
  description: The offsets, as M(rocketmq.cluster.offsets) takes them.
  returned: success
  type: list
  elements: dict
  sample: [{"consumer_group": "billing", "topic": "orders", "group": "RaftNode00", "queues": {"0": 12, "1": 9}}]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils import _arguments, _cluster, _offsets_wanted
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import RocketMQError


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
        found = _offsets_wanted.told(cluster, cluster.chosen(params["groups"]), params["names"])
    except RocketMQError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, offsets=found)


if __name__ == "__main__":
    main()
