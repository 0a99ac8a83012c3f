# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """The cluster as it should be, for modules that ask whether it is."""

    DOCUMENTATION = r"""
options:
  cluster:
    description: Name of the cluster.
    type: str
    required: true
  groups:
    description: The planned broker groups, as the C(plan) filter returns them.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the group (brokerName).
        type: str
        required: true
      mode:
        description: How the group is replicated, which decides the broker ids of its members.
        type: str
        choices: [dledger, controller, master_slave, master]
        required: true
      members:
        description: Its members.
        type: list
        elements: dict
        required: true
        suboptions:
          host:
            description: Name of its host, for messages.
            type: str
            required: true
          address:
            description: Where it must be registered, C(ip:port).
            type: str
            required: true
          member_id:
            description: Its identity; a letter and a number for C(dledger), a broker id for C(master_slave).
            type: str
          broker_ids:
            description: The broker ids that it may have, instead of those that follow from mode and member_id.
            type: list
            elements: int
          instance:
            description: Name of the instance on its host. Not used.
            type: str
  controllers:
    description: The controllers, as C(host:port).
    type: list
    elements: str
    default: []
  version:
    description: The RocketMQ version that every member must run. Any, when it is not given.
    type: str
"""
