# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is in a support bundle, without the secrets of the plan and of the hosts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.rocketmq.cluster.plugins.module_utils import _secrets
from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _live, _status


def secrets(plan: Mapping[str, Any]) -> list[str]:
    """Everything secret that the plan writes to a host."""
    found = {str(value) for process in plan["settings"] for value in process["secrets"].values()}
    for own in plan["hosts"].values():
        for kind in _live.KINDS:
            for instance in own[kind]:
                for file in instance["service"]["files"]:
                    found |= _secrets.values(file["content"])
    return sorted(found)


def texts(
    plan: Mapping[str, Any],
    view: Mapping[str, Any],
    hosts: Mapping[str, Mapping[str, Any]],
    consumers: Mapping[str, Any],
    drift: Mapping[str, Any],
    now: float,
) -> dict[str, str]:
    """Path -> text. ``hosts`` has by host what was registered there: facts, host_info, host_report."""
    deployed = {host: own.get("rocketmq_deployed") or {} for host, own in hosts.items()}
    found = {
        "status.txt": "\n".join(_status.screen(plan, view, deployed, consumers, drift, now)) + "\n",
        "cluster/clusterList.txt": "\n".join(view.get("table") or [str(view.get("msg"))]) + "\n",
        "cluster/members.json": _json(view.get("members")),
        "cluster/name-servers.json": _json(view.get("namesrv")),
        "cluster/consumers.json": _json(consumers.get("consumers") or consumers.get("msg")),
        "cluster/drift.txt": f"{drift.get('msg') or 'All settings are as planned.'}\n",
        "cluster/plan.json": _json({key: value for key, value in plan.items() if key != "settings"}),
    }
    for address, table in (view.get("runtime") or {}).items():
        lines = (f"{key}={value}\n" for key, value in sorted(table.items()))
        found[f"cluster/brokers/{address.replace(':', '-')}.txt"] = "".join(lines)
    for host, own in hosts.items():
        report = own.get("rocketmq_report") or {}
        collected = report.get("texts") or {"unread.txt": f"{report.get('msg') or 'The host does not answer.'}\n"}
        found |= {f"hosts/{host}/{name}": text for name, text in collected.items()}
        found[f"hosts/{host}/preflight.txt"] = "\n".join(_preflight(plan, host, own)) + "\n"
    known = secrets(plan)
    return {name: _secrets.mask(text, known) for name, text in found.items()}


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, default=str) + "\n"


def _preflight(plan: Mapping[str, Any], host: str, own: Mapping[str, Any]) -> list[str]:
    look = own.get("rocketmq_deployed") or {}
    if "instances" not in look:
        return ["The host does not answer."]
    found = _live.conflicts(look["instances"], plan, host)
    found += _live.host_problems(own.get("ansible_facts") or {}, plan, host, look)
    return found or ["Nothing stands against the plan."]
