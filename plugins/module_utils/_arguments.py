# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options that modules share: those of the doc fragments of the same names; folders, files, links, kernel settings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils._remoting import split_address

CONNECTION: dict[str, dict[str, Any]] = {
    "namesrv": {"type": "list", "elements": "str", "required": True},
    "timeout": {"type": "float", "default": 3.0},
}
SELECTION: dict[str, dict[str, Any]] = {
    "cluster": {"type": "str", "default": ""},
    "groups": {"type": "list", "elements": "str", "default": []},
}
CHANGES: dict[str, dict[str, Any]] = {
    "wait": {"type": "float", "default": 60},
}
PURGE: dict[str, dict[str, Any]] = {
    "purge": {"type": "bool", "default": False},
    "purge_exclude": {"type": "list", "elements": "str", "default": []},
    "max_deletes": {"type": "int", "default": 10},
}

FOLDER: dict[str, dict[str, Any]] = {
    "path": {"type": "path", "required": True},
    "owner": {"type": "str", "default": "root"},
    "group": {"type": "str", "default": "root"},
    "mode": {"type": "str", "default": "0755"},
}
FILE: dict[str, dict[str, Any]] = {
    **FOLDER,
    "content": {"type": "str", "required": True},
    "mode": {"type": "str", "default": "0644"},
}
LINK: dict[str, dict[str, Any]] = {
    "path": {"type": "path", "required": True},
    "target": {"type": "str", "required": True},
}
KERNEL: dict[str, dict[str, Any]] = {
    "path": {"type": "path", "required": True},
    "value": {"type": "str", "required": True},
}


def check(module: AnsibleModule, further: Iterable[str] = ()) -> None:
    """Ends the module with all sentences about values that no argument spec can refuse; ``further``: its own ones."""
    namesrv, timeout = module.params.get("namesrv"), module.params["timeout"]
    problems = [] if namesrv or namesrv is None else ["namesrv is empty: write at least one host:port."]
    problems += address_problems("namesrv", namesrv or [])
    if not 0 < timeout <= 600:
        problems.append(f"timeout is {timeout:g}: write seconds, above 0 and up to 600.")
    problems += further
    if problems:
        module.fail_json(msg=" ".join(problems))


def address_problems(option: str, addresses: Iterable[str]) -> list[str]:
    """Sentences about what is no address."""
    found = []
    for address in addresses:
        try:
            split_address(address)
        except ValueError as error:
            found.append(f"{option}: {error}")
    return found
