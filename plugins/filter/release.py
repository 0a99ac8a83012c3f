# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The door from roles to what the collection knows about a release of RocketMQ."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _versions

DOCUMENTATION = r"""
name: release
short_description: What this collection knows about a release of RocketMQ
version_added: 0.1.0
author: rocketmq.cluster contributors
description:
  - Gives the data of a release as a dictionary. Its keys are C(version), C(jdks), C(vulnerable), C(fixed_in),
    C(log_config), C(modules) and C(jars).
positional: _input
options:
  _input:
    description: The version, such as V(4.7.1).
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show the jars that a release has to have
  ansible.builtin.debug:
    msg: "{{ ('4.7.1' | rocketmq.cluster.release).jars.keys() | sort }}"
"""

RETURN = r"""
_value:
  description: The data of the release.
  type: dict
"""


def release(version: str) -> dict[str, Any]:
    try:
        return _versions.load(str(version)).as_dict()
    except _versions.UnknownVersion as error:
        raise AnsibleFilterError(str(error)) from error


def log_options(version: str, kind: str, home: str) -> list[str]:
    """JVM properties by which a process of ``kind`` logs as the files below ``home``/conf say."""
    try:
        return _versions.load(str(version)).log_options(kind, home)
    except _versions.UnknownVersion as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"log_options": log_options, "release": release}
