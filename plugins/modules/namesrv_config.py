#!/usr/bin/python
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: namesrv_config
short_description: Tells and changes the settings that running name servers work with
version_added: 0.1.0
description:
  - Changes settings of every name server in O(namesrv), all of which must answer, and reads them again. Name servers do
    not talk to each other, so name all of them.
  - B(Temporary.) A name server forgets these values when it stops; the inventory owns lasting ones. Those of this
    collection cannot write their configuration file, which belongs to root.
  - A key that a name server does not tell is refused before anything is written, and a value that it did not take is a
    failure; the name server itself says nothing of either.
  - What a running name server is (ports, addresses, paths of its files) is refused.
extends_documentation_fragment:
  - rocketmq.cluster.connection
  - rocketmq.cluster.changes
options:
  values:
    description:
      - Settings by key, as name servers spell it. Those that are not named stay.
      - Without any, the module only tells what there is.
    type: dict
    default: {}
seealso:
  - module: rocketmq.cluster.broker_config
notes:
  - Which keys are only read when a name server starts was read from the bytecode of 4.7.1, 4.9.7 and 5.5.0. Keys that
    these releases do not have are assumed to work at once.
author:
  - RocketMQ Cluster Contributors (@rocketmq-cluster)
"""

EXAMPLES = r"""
- name: Let the name servers tell clients of ordered topics
  rocketmq.cluster.namesrv_config:
    namesrv: [192.168.1.71:9876, 192.168.1.76:9876]
    values:
      orderMessageEnable: true
"""

RETURN = r"""
live:
  description: By address, the settings of O(values) as they are now; all of them without any. Secrets are masked.
  returned: always
  type: dict
  sample: {"192.168.1.71:9876": {"orderMessageEnable": "true"}}
changed_at_once:
  description: Keys that were changed and with which the name servers work from now on.
  returned: always
  type: list
  elements: str
needs_restart:
  description:
    - Keys that were changed and that name servers read, at least in part, only when they start.
    - The change has no lasting effect then, because the process forgets it when it stops. Write it in the inventory.
  returned: always
  type: list
  elements: str
actions:
  description: What was done, or would be in check mode, as M(rocketmq.cluster.broker_config) tells it.
  returned: always
  type: list
  elements: dict
failures:
  description: What could not be done, like RV(actions) with C(error).
  returned: always
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils import _arguments, _configuration, _configuration_wanted


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **_arguments.CONNECTION,
            **_arguments.CHANGES,
            "values": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    _configuration_wanted.run(module, _configuration.NAME_SERVER, lambda: module.params["namesrv"])


if __name__ == "__main__":
    main()
