#!/usr/bin/python
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: config_drift
short_description: Do running processes work with the planned settings
version_added: 0.1.0
description:
  - Asks brokers, name servers and controllers for the settings that they work with, all at the same time, and compares
    them with planned ones. Fails with every difference when there are any, and when a process does not answer.
  - RocketMQ starts with a setting that it cannot read, and keeps its default; a value that was changed while it runs
    (M(rocketmq.cluster.broker_config)) is in no file. Both are found here.
extends_documentation_fragment:
  - rocketmq.cluster.read_only
options:
  processes:
    description:
      - The processes to ask; the filter C(plan) has those of an inventory in C(settings).
    type: list
    elements: dict
    required: true
    suboptions:
      host:
        description: Its host, for sentences.
        type: str
        required: true
      unit:
        description: Its systemd unit, for sentences.
        type: str
        required: true
      kind:
        description: What it is.
        type: str
        choices: [broker, controller, namesrv]
        required: true
      address:
        description: Where it listens, as C(host:port).
        type: str
        required: true
      properties:
        description: Planned values by key, as the process shows it. Other keys are not looked at.
        type: dict
        default: {}
      secrets:
        description: Further ones, whose values are shown nowhere.
        type: dict
        default: {}
  timeout:
    description:
      - Seconds that one request to one process may take, connecting included.
    type: float
    default: 3.0
seealso:
  - module: rocketmq.cluster.broker_config
  - module: rocketmq.cluster.namesrv_config
author:
  - RocketMQ Cluster Contributors (@rocketmq-cluster)
"""

EXAMPLES = r"""
- name: Compare what runs with the plan
  rocketmq.cluster.config_drift:
    processes: "{{ (hostvars | rocketmq.cluster.plan(groups)).settings }}"

- name: Is this value in force everywhere
  rocketmq.cluster.config_drift:
    processes:
      - host: rmq71
        unit: rocketmq-broker@n0.service
        kind: broker
        address: 192.168.1.71:10911
        properties: {fileReservedTime: 72}
"""

RETURN = r"""
drift:
  description: Every setting that is not in force.
  returned: always
  type: list
  elements: dict
  contains:
    host:
      description: As in O(processes).
      type: str
    unit:
      description: As in O(processes).
      type: str
    key:
      description: The key.
      type: str
    planned:
      description: The planned value; stars instead of a secret.
      type: str
    live:
      description: What the process works with, null where it does not know the key; stars instead of a secret.
      type: str
"""

from collections.abc import Iterator, Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils import _arguments, _configuration
from ansible_collections.rocketmq.cluster.plugins.module_utils._configuration import Settings
from ansible_collections.rocketmq.cluster.plugins.module_utils._configuration_wanted import same, text
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import RocketMQError

_KINDS = {
    "broker": _configuration.BROKER,
    "controller": _configuration.CONTROLLER,
    "namesrv": _configuration.NAME_SERVER,
}
_HIDDEN = "********"
_PROCESS: dict[str, dict[str, Any]] = {
    "host": {"type": "str", "required": True},
    "unit": {"type": "str", "required": True},
    "kind": {"type": "str", "choices": sorted(_KINDS), "required": True},
    "address": {"type": "str", "required": True},
    "properties": {"type": "dict", "default": {}},
    "secrets": {"type": "dict", "default": {}, "no_log": True},
}


def differences(process: Mapping[str, Any], live: Settings) -> Iterator[dict[str, Any]]:
    """What a process does not work with."""
    for name in ("properties", "secrets"):
        for key, value in process[name].items():
            planned, found = text(value), live.get(key)
            if found is None or not same(found, planned):
                if name == "secrets":
                    planned, found = _HIDDEN, found and _HIDDEN
                where = {"host": process["host"], "unit": process["unit"]}
                yield {**where, "key": key, "planned": planned, "live": found}


def sentence(one: Mapping[str, Any]) -> str:
    has = "is not set" if one["live"] is None else f"is {one['live'] or 'empty'}"
    return f"{one['host']}, {one['unit']}: {one['key']} {has}, planned is {one['planned'] or 'an empty text'}."


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "processes": {"type": "list", "elements": "dict", "options": _PROCESS, "required": True},
            "timeout": _arguments.CONNECTION["timeout"],
        },
        supports_check_mode=True,
    )
    processes, timeout = module.params["processes"], module.params["timeout"]
    _arguments.check(module, _arguments.address_problems("processes", [process["address"] for process in processes]))
    drift: list[dict[str, Any]] = []
    silent: list[str] = []
    for name, kind in _KINDS.items():
        own = [process for process in processes if process["kind"] == name]
        answers = _configuration.live(kind, (process["address"] for process in own), timeout)
        for process in own:
            answer = answers[process["address"]]
            if isinstance(answer, RocketMQError):
                silent.append(f"{process['host']}, {process['unit']}: {answer}")
            else:
                drift += differences(process, answer)
    if drift or silent:
        head = (
            "Not everything runs with the planned settings. To go back to the plan, restart the process, or write the "
            "value with broker_config or namesrv_config; to keep a live value, write it in the inventory:"
            if drift
            else "Not every process tells its settings:"
        )
        module.fail_json(msg="\n- ".join([head, *map(sentence, drift), *silent]), drift=drift)
    module.exit_json(changed=False, drift=[])


if __name__ == "__main__":
    main()
