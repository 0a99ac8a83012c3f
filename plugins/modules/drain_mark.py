#!/usr/bin/python
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: drain_mark
short_description: Writes down that a stopped broker has nothing left to consume
version_added: 0.1.0
description:
  - Puts a mark into the store of a broker that M(rocketmq.cluster.group_idle) found empty and that was stopped then.
    It is worth nothing any more once the broker has run again. M(rocketmq.cluster.host_info) tells it.
options:
  stores:
    description: Folders of messages.
    type: list
    elements: path
    required: true
  unit:
    description:
      - The broker's systemd unit. It is stopped and disabled first, in the same step, so that a run that is killed
        leaves no broker that stopped without a mark.
    type: str
  topics:
    description: Names of the topics that the broker group had, for whoever takes the group away.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    support: full
    description: Stops nothing and writes nothing.
  diff_mode:
    support: none
    description: There is nothing to see.
author:
  - RocketMQ Cluster Contributors (@rocketmq-cluster)
"""

EXAMPLES = r"""
- name: Stop a drained broker
  rocketmq.cluster.drain_mark:
    unit: rocketmq-broker@n1.service
    stores: [/var/lib/rocketmq/n1/store]
    topics: [orders, payments]
"""

RETURN = r"""
marked:
  description: The stores that had no such mark.
  returned: success
  type: list
  elements: str
stopped:
  description: Whether O(unit) ran, or would have been started by a boot.
  returned: success
  type: bool
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils import _disk, _systemd


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "stores": {"type": "list", "elements": "path", "required": True},
            "unit": {"type": "str"},
            "topics": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    unit, stores = module.params["unit"], module.params["stores"]
    found = {"topics": sorted(module.params["topics"])}
    unmarked = [store for store in stores if _disk.drained(store) != found]
    stopped = False
    try:
        if unit:
            stopped = not _systemd.rests(unit)
            if stopped and not module.check_mode:
                _systemd.stop_and_disable(unit)
                # What it has written in the end is younger than a mark from before.
                unmarked = stores
        for store in [] if module.check_mode else unmarked:
            _disk.mark_drained(store, found)
    except OSError as error:
        wrong = f"{error.filename} cannot be written: {error.strerror}." if error.filename else f"{error}."
        module.fail_json(msg=wrong)
    module.exit_json(changed=bool(unmarked) or stopped, marked=unmarked, stopped=stopped)


if __name__ == "__main__":
    main()
