# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The failover drill: whom it kills, and what M(failover_watch) saw as a report. Seconds count from the strike on."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

#: Modes in which another member takes over.
_ELECTING = ("dledger", "controller")
#: The four times of a drill, in their order.
NAMES = {"detected": "detected", "leader": "new leader", "accepted": "first accepted send", "whole": "whole again"}
TIMES = tuple(NAMES)
_BEFORE_MS, _AFTER_MS = 3000, 2000
_BINS_MS = (100, 200, 500, 1000, 2000, 5000, 10000)
_MOST_BINS = 900


def target(plan: Mapping[str, Any], leaders: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Who is killed, and which host watches; ``leaders`` as M(cluster_health) returns them.

    Only ``problems`` when that is impossible.
    """
    wanted = plan["drill"]
    problems = _problems(plan, wanted)
    if problems:
        return {"problems": problems}
    group = _group(plan, wanted)
    led_by = leaders.get(group["name"], {}).get("host", "")
    host = wanted["host"] or led_by
    if not host:
        return {"problems": [f"Group {group['name']} has no leader: bring one up first (playbooks/status.yml)."]}
    [member] = [one for one in group["members"] if one["host"] == host]
    [broker] = [one for one in plan["hosts"][host]["brokers"] if one["group"] == group["name"]]
    others = [one for one in plan["hosts"] if one != host]
    return {
        "problems": [],
        "group": group["name"],
        "mode": group["mode"],
        "host": host,
        "address": member["address"],
        "unit": broker["unit"],
        "leads": host == led_by,
        # A host that vanishes sees nothing of it; a process leaves its host behind.
        "watcher": (others or [host])[0],
    }


def _problems(plan: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    names = [group["name"] for group in plan["groups"]]
    if wanted["group"] and wanted["group"] not in names:
        return [f"rocketmq_drill_group is {wanted['group']}: choose one of {', '.join(names)}."]
    if wanted["host"]:
        groups = [group for group in plan["groups"] if not wanted["group"] or group["name"] == wanted["group"]]
        hosts = sorted({member["host"] for group in groups for member in group["members"]})
        if wanted["host"] not in hosts:
            of_group = f" of group {wanted['group']}" if wanted["group"] else ""
            return [f"rocketmq_drill_host is {wanted['host']}: choose a member{of_group}, one of {', '.join(hosts)}."]
    if wanted["kill"] != "process" and len(plan["hosts"]) == 1:
        return [
            f"rocketmq_drill_kill is {wanted['kill']}, but there is no other host that could watch: use process, or a "
            "cluster of several hosts."
        ]
    return []


def _group(plan: Mapping[str, Any], wanted: Mapping[str, Any]) -> Mapping[str, Any]:
    fitting = [
        group
        for group in plan["groups"]
        if wanted["group"] in ("", group["name"])
        and (not wanted["host"] or wanted["host"] in [member["host"] for member in group["members"]])
    ]
    electing = [group for group in fitting if group["mode"] in _ELECTING]
    found: Mapping[str, Any] = (electing or fitting)[0]
    return found


def drill(watched: Mapping[str, Any], plan: Mapping[str, Any], target: Mapping[str, Any]) -> dict[str, Any]:
    """One drill as the report has it: times, counts, a picture's numbers, and what went wrong."""
    wanted = plan["drill"]
    struck = watched["struck_ms"]
    named = _named(watched, struck, _left(plan["namesrv"], target, wanted["kill"]))
    sends = _sends(watched, struck)
    whole = None if watched["whole_ms"] is None else watched["whole_ms"] - struck
    detected = [moment for moment in (named["forgotten"], sends["first_failure"]) if moment is not None]
    times = {
        "detected": min(detected, default=None),
        "leader": named["leader"] if watched["led"] else None,
        "accepted": sends["accepted"],
        "whole": whole,
    }
    counts = watched["messages"]
    found = {
        "at": _iso(watched["began"] + struck / 1000),
        "cluster": plan["cluster"],
        "version": plan["version"],
        "kill": wanted["kill"],
        "rate": wanted["rate"],
        **{key: target[key] for key in ("group", "mode", "host", "address", "watcher")},
        "led": watched["led"],
        "times": {name: _seconds(times[name]) for name in TIMES},
        "first_failure": _seconds(sends["first_failure"]),
        "forgotten": {server: _seconds(moment) for server, moment in named["forgotten_by"].items()},
        "new_leader": {server: _seconds(moment) for server, moment in named["leader_by"].items()},
        "leader_after": named["leader_after"],
        "pause": _seconds(sends["pause"]),
        "messages": {
            **{name: counts[name] for name in ("sent", "acknowledged", "given_up")},
            **{name: len(counts[name]) for name in ("lost", "duplicated", "unacknowledged")},
        },
        "lost": counts["lost"],
        "duplicated": counts["duplicated"],
        "failed_attempts": dict(Counter(why for _begun, _ended, why in watched["failed_attempts"]).most_common()),
        "clock_ahead_ms": watched["clock_ahead_ms"],
        "within_ms": watched["within_ms"],
        "timeline": _timeline(watched, struck),
    }
    found["problems"] = _found_wrong(found, watched, wanted)
    found["verdict"] = _verdict(found)
    return found


def _left(namesrv: Sequence[str], target: Mapping[str, Any], kill: str) -> list[str]:
    """The name servers that the strike leaves."""
    gone = f"{target['address'].rpartition(':')[0]}:"
    return [address for address in namesrv if kill == "process" or not address.startswith(gone)]


def _named(watched: Mapping[str, Any], struck: float, servers: Sequence[str]) -> dict[str, Any]:
    """When the name servers stopped naming the member, and named a leader again: each, and the last of them (ms)."""
    forgotten: dict[str, float] = {}
    again: dict[str, float] = {}
    after = ""
    old = _old_leader(watched, struck)
    for change in watched["named"]:
        server, at, leader = change["namesrv"], change["at_ms"] - struck, change["leader"]
        if server not in servers or at < 0 or leader is None:
            continue
        if leader != old if watched["led"] else not change["has_victim"]:
            forgotten.setdefault(server, at)
        # The member itself may be elected again: each name server forgets it first.
        if leader and (leader != old or server in forgotten):
            again.setdefault(server, at)
            after = leader
    return {
        "forgotten_by": forgotten,
        "leader_by": again,
        "forgotten": max(forgotten.values()) if servers and len(forgotten) == len(servers) else None,
        "leader": max(again.values()) if servers and len(again) == len(servers) else None,
        "leader_after": after or old,
    }


def _old_leader(watched: Mapping[str, Any], struck: float) -> str:
    before = [change["leader"] for change in watched["named"] if change["at_ms"] <= struck and change["leader"]]
    return str(before[-1]) if before else ""


def _sends(watched: Mapping[str, Any], struck: float) -> dict[str, float | None]:
    """The first attempt that failed, the first that was accepted after it, the longest time without any (ms)."""
    failed = [(begun, ended) for begun, ended, _why in watched["failed_attempts"] if ended >= struck]
    acknowledged = watched["acknowledged"]
    accepted: float | None = None
    if failed:
        begun, ended = failed[0]
        # Nothing that begins after a failure can have been taken by what is dead.
        first = min((end for start, end in acknowledged if start > max(begun, struck) and end > ended), default=None)
        accepted = None if first is None else first - struck
    moments = [end for _start, end in acknowledged]
    if not moments or moments[-1] < struck:
        moments.append(watched["ended_ms"])
    gaps = [later - earlier for earlier, later in zip(moments, moments[1:]) if later > struck]
    return {
        "first_failure": failed[0][1] - struck if failed else None,
        "accepted": accepted,
        "pause": max(gaps, default=None),
    }


def _timeline(watched: Mapping[str, Any], struck: float) -> dict[str, Any]:
    """How many attempts succeeded and failed in each stretch of ``bin_ms``, from ``from_ms`` on."""
    end = (
        watched["ended_ms"]
        if watched["whole_ms"] is None
        else min(watched["whole_ms"] + _AFTER_MS, watched["ended_ms"])
    )
    span = end - struck + _BEFORE_MS
    width = next((width for width in _BINS_MS if span / width <= _MOST_BINS), _BINS_MS[-1])
    bins = max(1, int(span // width))

    def counted(moments: Iterable[float]) -> list[int]:
        found = Counter(int((moment - struck + _BEFORE_MS) // width) for moment in moments)
        return [found[number] for number in range(bins)]

    return {
        "from_ms": -_BEFORE_MS,
        "bin_ms": width,
        "acknowledged": counted(end for _begun, end in watched["acknowledged"]),
        "failed": counted(end for _begun, end, _why in watched["failed_attempts"]),
    }


def _found_wrong(found: Mapping[str, Any], watched: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    sentences = []
    lost = found["messages"]["lost"]
    if lost:
        sentences.append(f"{_count(lost, 'acknowledged message')} {'is' if lost == 1 else 'are'} lost.")
    if found["times"]["whole"] is None and not watched["problems"]:
        sentences.append(f"Nothing was ever wrong with the cluster: {found['host']} was not killed.")
    elif found["times"]["whole"] is None:
        sentences.append(f"The cluster was not whole again after {wanted['seconds']} s. {watched['problems'][0]}")
    if found["first_failure"] is not None and found["times"]["accepted"] is None:
        sentences.append("No send was accepted any more.")
    return sentences


def _verdict(found: Mapping[str, Any]) -> str:
    """The headline, without full stop."""
    if found["problems"]:
        return f"{found['group']}: {found['problems'][0].rstrip('.')}"
    what = {
        "process": f"{found['host']} was killed",
        "host": f"its host {found['host']} was gone",
        "network": f"its host {found['host']} was cut off",
    }[found["kill"]]
    if found["first_failure"] is None:
        return f"{found['group']} went on taking messages when {what}, and lost none"
    member = "its leader " if found["led"] and found["kill"] == "process" else ""
    after = duration(found["times"]["accepted"])
    return f"{found['group']} took messages again {after} after {member}{what}, and lost none"


def lines(one: Mapping[str, Any]) -> list[str]:
    """What a terminal shows of a drill."""
    counts = one["messages"]
    return [
        f"{one['verdict']}.",
        ", ".join(f"{words} {duration(one['times'][name])}" for name, words in NAMES.items()),
        ", ".join(f"{counts[name]:,} {name.replace('_', ' ')}" for name in counts),
    ]


def report(drills: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """All drills of one run; ``name``: of its files. The summary has median and worst of each time."""
    first = drills[0]
    stamp = first["at"][:19].replace("-", "").replace(":", "").replace("T", "-")
    return {
        "name": f"{stamp}-{first['group']}",
        "good": not any(one["problems"] for one in drills),
        "summary": {name: _summary([one["times"][name] for one in drills]) for name in TIMES},
        "messages": {key: sum(one["messages"][key] for one in drills) for key in first["messages"]},
        "drills": list(drills),
    }


def _summary(values: Sequence[float | None]) -> dict[str, Any]:
    known = [value for value in values if value is not None]
    return {
        "median": round(median(known), 3) if known else None,
        "worst": max(known, default=None),
        "of": len(known),
    }


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(max(0.0, milliseconds) / 1000, 3)


def _iso(moment: float) -> str:
    return datetime.datetime.fromtimestamp(moment, datetime.timezone.utc).isoformat(timespec="milliseconds")


def duration(seconds: float | None) -> str:
    """Such as 12 ms, 0.25 s, 6.4 s and 75 s."""
    if seconds is None:
        return "–"
    if seconds < 0.1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s" if seconds < 60 else f"{seconds:.0f} s"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
