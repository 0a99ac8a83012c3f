# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """Which part of what the name servers know a module is about."""

    DOCUMENTATION = r"""
options:
  cluster:
    description: Name of the cluster. Needed only where the name servers know several.
    type: str
    default: ""
  groups:
    description: Names of its broker groups (brokerName). All of them when it is empty.
    type: list
    elements: str
    default: []
"""
