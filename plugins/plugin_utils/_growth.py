# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What playbooks that change the parts of a cluster work out: names, what brokers take live, where topics go."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.rocketmq.cluster.plugins.module_utils._client import at_least
from ansible_collections.rocketmq.cluster.plugins.module_utils._configuration import NAMESRV_LIVE_SINCE
from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _live

_Items = Iterable[Mapping[str, Any]]


def names(value: Any) -> list[str]:
    """A list of names, also from a text with commas, as the command line gives it."""
    parts = value.split(",") if isinstance(value, str) else value or []
    return list(dict.fromkeys(name for name in (str(part).strip() for part in parts) if name))


def told_live(
    services: Mapping[str, Mapping[str, Any]],
    deployed: list[dict[str, Any]],
    plan: Mapping[str, Any],
    host: str,
) -> list[dict[str, Any]]:
    """The brokers of a host that differ from their plan in nothing but the list of name servers, and look at it again.

    ``services``: the result of service_state, ``deployed``: the instances of host_info.
    """
    carried = {found["unit"]: found for found in deployed}
    return [
        instance
        for instance in plan["hosts"][host]["brokers"]
        if at_least(instance["version"], NAMESRV_LIVE_SINCE)
        and services[instance["unit"]]["state"] == "changed"
        and services[instance["unit"]]["reasons"] == [instance["config"]["path"]]
        and _live.changed_keys(carried.get(instance["unit"], {}), instance) == ["namesrvAddr"]
    ]


def endpoint(service: Mapping[str, Any]) -> str:
    """``host:port`` of what service_state is asked about."""
    return f"{service['address']}:{service['port']}"


def endpoints(own: Mapping[str, Any]) -> list[str]:
    """``host:port`` of all that a host of the plan opens."""
    return [f"{own['address']}:{port}" for port in own["ports"]]


def fixed_masters(plan: Mapping[str, Any], host: str) -> list[str]:
    """Groups whose master is on this host and stays it, whatever happens."""
    return [
        group["name"]
        for group in plan["groups"]
        if group["mode"] in ("master", "master_slave")
        and any(member["host"] == host and member["member_id"] in ("", "0") for member in group["members"])
    ]


def only_in(items: _Items, groups: Sequence[str]) -> list[str]:
    """Names of topics (items of topic_info) that live in these broker groups and in no other."""
    places: dict[str, set[str]] = {}
    for item in items:
        places.setdefault(item["name"], set()).update(item["groups"])
    return sorted(name for name, found in places.items() if found <= set(groups))


def unmatched(items: _Items, patterns: Sequence[str]) -> list[str]:
    """Patterns that no item has a name for."""
    known = {item["name"] for item in items}
    return [pattern for pattern in patterns if not fnmatch.filter(known, pattern)]


def place_also(items: _Items, patterns: Sequence[str], groups: Sequence[str]) -> list[dict[str, Any]]:
    """Items that bring what matches the patterns to further broker groups, as it is where it lives already.

    Where it differs between broker groups, the first one counts; where it is already, it stays as it is.
    """
    found: dict[str, dict[str, Any]] = {}
    missing: dict[str, list[str]] = {}
    for item in items:
        name = item["name"]
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns):
            found.setdefault(name, dict(item))
            missing[name] = [group for group in missing.get(name, groups) if group not in item["groups"]]
    return [{**item, "groups": missing[name]} for name, item in found.items() if missing[name]]
