#!/usr/bin/python
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: broker_config
short_description: Tells and changes the settings that running brokers work with
version_added: 0.1.0
description:
  - Changes settings of every member of the chosen broker groups, followers included, and reads all of them again.
  - B(Temporary.) A broker forgets these values when it stops; the inventory owns lasting ones. Brokers of this
    collection cannot write their configuration file, which belongs to root.
  - Brokers say nothing of keys that they do not know and of values with a wrong type, so a key that a broker does not
    tell is refused before anything is written, and a value that a broker did not take is a failure.
  - What a running broker is (name, role, addresses, ports, peers, folders, name servers) is refused.
extends_documentation_fragment:
  - rocketmq.cluster.connection
  - rocketmq.cluster.selection
  - rocketmq.cluster.changes
options:
  values:
    description:
      - Settings by key, as brokers spell it. Those that are not named stay.
      - Without any, the module only tells what there is.
    type: dict
    default: {}
seealso:
  - module: rocketmq.cluster.namesrv_config
  - module: rocketmq.cluster.broker_write
    description: For brokerPermission, which has consequences.
notes:
  - Which keys are only read when a broker starts was read from the bytecode of 4.7.1, 4.9.7 and 5.5.0. Keys that these
    releases do not have are assumed to work at once.
  - A broker that may write its configuration file, unlike those of this collection, puts all of its settings into it.
author:
  - RocketMQ Cluster Contributors (@rocketmq-cluster)
"""

EXAMPLES = r"""
- name: Keep messages shorter until there is room again
  rocketmq.cluster.broker_config:
    namesrv: [192.168.1.71:9876, 192.168.1.76:9876]
    groups: [RaftNode00]
    values:
      fileReservedTime: 24
      deleteWhen: "02;14"

- name: Look at the settings of all brokers
  rocketmq.cluster.broker_config:
    namesrv: [192.168.1.71:9876]
  register: found
"""

RETURN = r"""
live:
  description: By address, the settings of O(values) as they are now; all of them without any. Secrets are masked.
  returned: always
  type: dict
  sample: {"192.168.1.71:10911": {"fileReservedTime": "24"}}
changed_at_once:
  description: Keys that were changed and with which the brokers work from now on.
  returned: always
  type: list
  elements: str
needs_restart:
  description:
    - Keys that were changed and that brokers read, at least in part, only when they start.
    - The change has no lasting effect then, because the broker forgets it when it stops. Write it in the inventory.
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
      description: C(setting).
      type: str
    name:
      description: The key.
      type: str
    place:
      description: Address of the broker.
      type: str
    before:
      description: Its C(value).
      type: dict
    after:
      description: Its C(value), and whether that has its C(effect) C(at once) or C(at the next start).
      type: dict
failures:
  description: What could not be done, like RV(actions) with C(error).
  returned: always
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils import (
    _arguments,
    _cluster,
    _configuration,
    _configuration_wanted,
)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **_arguments.CONNECTION,
            **_arguments.SELECTION,
            **_arguments.CHANGES,
            "values": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    params = module.params
    find = _cluster.finder(params)

    def members() -> list[str]:
        cluster = find()
        return [
            address
            for group in cluster.chosen(params["groups"])
            for _identity, address in sorted(cluster.groups[group].brokers.items())
        ]

    _configuration_wanted.run(module, _configuration.BROKER, members)


if __name__ == "__main__":
    main()
