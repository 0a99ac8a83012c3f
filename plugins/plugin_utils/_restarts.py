# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is to be restarted, group by group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _growth


def changed_brokers(plan: Mapping[str, Any], hostvars: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Groups in the order of the plan, each with its ``name`` and those of its ``members`` that differ from the plan.

    A member is its ``host``, its ``address`` (host:port) and its ``instance``. ``hostvars``: what the role
    rocketmq_service found (rocketmq_service_found) on each host that takes part in the run.
    """
    members: dict[str, list[dict[str, Any]]] = {group["name"]: [] for group in plan["groups"]}
    for host, planned in plan["hosts"].items():
        found = hostvars[host].get("rocketmq_service_found", {"services": {}})["services"]
        for broker in planned["brokers"]:
            if found.get(broker["unit"], {"state": ""})["state"] == "changed":
                address = _growth.endpoint(broker["service"])
                members[broker["group"]].append({"host": host, "address": address, "instance": broker})
    return [{"name": name, "members": changed} for name, changed in members.items() if changed]
