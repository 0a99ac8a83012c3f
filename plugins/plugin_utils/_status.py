# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A cluster on one screen: made of what modules returned, whatever of it there is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.rocketmq.cluster.plugins.plugin_utils._wording import shorten

_CONSUMER_GROUPS = 5
_DRIFTS = 3
_ROLES = {0: "leader", -1: "no leader"}
#: Keys of a host in the plan that hold its instances but brokers.
_OTHERS = ("namesrv", "controller", "proxy", "dashboard")
_WIDTH = 118
_BROKERS = ("GROUP", "MEMBER", "BROKER", "ROLE", "BEHIND", "IN/S", "OUT/S", "VERSION", "UP", "RESTARTS")
_HOSTS = ("HOST", "DISK", "FREE", "OTHER PROCESSES")

Row = Sequence[object]


def screen(
    plan: Mapping[str, Any],
    view: Mapping[str, Any],
    hosts: Mapping[str, Mapping[str, Any]],
    consumers: Mapping[str, Any],
    drift: Mapping[str, Any],
    now: float,
) -> list[str]:
    """Lines. The results of cluster_info, host_info by host, consumer_group_info and config_drift may be failed ones.

    ``now``: seconds since the epoch.
    """
    return [
        *_head(plan, view),
        *_table(_BROKERS, *_broker_rows(plan, view, hosts, now)),
        *_table(_HOSTS, *_host_rows(plan, view, hosts)),
        *_consumer_lines(consumers),
        *_drift_lines(drift),
    ]


def _table(*rows: Row) -> list[str]:
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in cells]


def _head(plan: Mapping[str, Any], view: Mapping[str, Any]) -> list[str]:
    members = [member for member in view.get("members") or [] if member["cluster"] == plan["cluster"]]
    planned = sum(len(group["members"]) for group in plan["groups"])
    answering = sum(not found["error"] for found in (view.get("namesrv") or {}).values())
    brokers = sum(not member["error"] for member in members)
    lines = [
        f"{plan['cluster']}, RocketMQ {plan['version']}: {answering} of {len(plan['namesrv'])} name servers and "
        f"{brokers} of {planned} brokers answer."
    ]
    if "members" not in view:
        lines.append(shorten(_reason(view), _WIDTH))
    return lines


def _reason(result: Mapping[str, Any]) -> str:
    return str(result.get("msg") or "nothing was asked").splitlines()[0]


def _broker_rows(
    plan: Mapping[str, Any], view: Mapping[str, Any], hosts: Mapping[str, Mapping[str, Any]], now: float
) -> Iterator[Row]:
    members = view.get("members") or []
    known = {(member["group"], member["address"]): member for member in members}
    for group in plan["groups"]:
        ends = [_end(member) for member in members if member["group"] == group["name"] and member["broker_id"] == 0]
        for planned in group["members"]:
            found = known.pop((group["name"], planned["address"]), None)
            own = _instances(hosts, planned["host"]).get(("broker", planned["instance"]))
            who = f"{planned['host']} {planned['member_id']}".strip()
            restarts = own["restarts"] if own else "-"
            yield group["name"], who, planned["address"], *_state(found, own, ends, now), restarts
    for (name, address), member in sorted(known.items()):
        if member["cluster"] == plan["cluster"]:
            yield name, "not planned", address, *_state(member, None, [], now), "-"


def _end(member: Mapping[str, Any]) -> int | None:
    end: int | None = member["commitlog_max_offset"]
    return end


def _state(
    member: Mapping[str, Any] | None, own: Mapping[str, Any] | None, ends: Sequence[int | None], now: float
) -> Row:
    """Role, how far behind the leader, messages in and out per second, version, time since its start."""
    if member is None:
        stopped = own is not None and not own["running"]
        return "stopped" if stopped else "unknown", "-", "-", "-", own["version"] if own else "-", "-"
    if member["error"]:
        return "no answer", "-", "-", "-", own["version"] if own else "-", "-"
    role = _ROLES.get(member["broker_id"], "follower")
    behind, end = "-", _end(member)
    if role == "follower" and len(ends) == 1 and ends[0] is not None and end is not None:
        behind = _bytes(max(ends[0] - end, 0))
    boot = member["boot_time_ms"]
    up = _duration(now - boot / 1000) if boot else "-"
    return role, behind, _rate(member["in_tps"]), _rate(member["out_tps"]), member["version"] or "-", up


def _rate(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


def _bytes(count: int) -> str:
    size, unit = float(count), "B"
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if size < 1024 or unit == "TB":
            break
        size /= 1024
    return f"{size:.0f} {unit}"


def _duration(seconds: float) -> str:
    whole = int(max(seconds, 0))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if whole >= 2 * size:
            return f"{whole // size} {unit}"
    return f"{whole} s"


def _instances(hosts: Mapping[str, Mapping[str, Any]], host: str) -> dict[tuple[str, str], Mapping[str, Any]]:
    return {(one["kind"], one["name"]): one for one in hosts.get(host, {}).get("instances") or []}


def _host_rows(
    plan: Mapping[str, Any], view: Mapping[str, Any], hosts: Mapping[str, Mapping[str, Any]]
) -> Iterator[Row]:
    silent = {address for address, found in (view.get("namesrv") or {}).items() if found["error"]}
    for host, own in sorted(plan["hosts"].items()):
        if "instances" not in hosts.get(host, {}):
            yield host, "-", "-", "the host does not answer"
            continue
        fullest = max(hosts[host]["disks"].values(), key=lambda disk: disk["used_percent"], default=None)
        used, free = (f"{fullest['used_percent']} %", _bytes(fullest["free_mb"] * 1024**2)) if fullest else ("-", "-")
        found = _instances(hosts, host)
        planned = [one for kind in _OTHERS for one in own[kind]]
        yield host, used, free, ", ".join(_process(one, found, silent) for one in planned) or "-"


def _process(planned: Mapping[str, Any], found: Mapping[Any, Mapping[str, Any]], silent: set[str]) -> str:
    one = found.get((planned["kind"], planned["name"]))
    if one is None:
        return f"{planned['name']} not there"
    state = "running" if one["running"] else "stopped"
    if one["running"] and f"{planned['address']}:{planned['ports']['listen']}" in silent:
        state = "no answer"
    said = f"{planned['name']} {one['version']} {state}".replace("  ", " ")
    return f"{said} ({one['restarts']} restarts)" if one["restarts"] else said


def _consumer_lines(consumers: Mapping[str, Any]) -> list[str]:
    found = consumers.get("consumers")
    if found is None:
        return [shorten(f"Consumer groups: {_reason(consumers)}", _WIDTH)]
    if not found:
        return ["No consumer group."]
    worst = sorted(found.items(), key=lambda item: (-item[1]["lag"], item[0]))
    rows = [(name, one["lag"], len(one["members"])) for name, one in worst[:_CONSUMER_GROUPS]]
    lines = _table(("CONSUMER GROUP", "LAG", "CONSUMERS"), *rows)
    rest = worst[_CONSUMER_GROUPS:]
    if rest:
        lines.append(f"and {len(rest)} more with a lag of {sum(one['lag'] for _name, one in rest)}")
    return lines


def _drift_lines(drift: Mapping[str, Any]) -> list[str]:
    found = drift.get("drift")
    if found is None:
        return [shorten(f"Settings: {_reason(drift)}", _WIDTH)]
    silent = len(str(drift.get("msg") or "").split("\n- ")) - 1 - len(found)
    lines = []
    if found:
        lines.append(f"{len(found)} settings are not as planned:")
        lines += [
            shorten(f"  {one['host']} {one['unit']}: {one['key']} is {one['live']}, planned {one['planned']}", _WIDTH)
            for one in found[:_DRIFTS]
        ]
        if len(found) > _DRIFTS:
            lines.append(f"  and {len(found) - _DRIFTS} more (verify.yml shows all)")
    elif not drift.get("failed"):
        lines.append("All settings are as planned.")
    if silent > 0 and drift.get("failed"):
        lines.append(f"{silent} processes do not tell their settings.")
    return lines
