# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a backup consists of, and whether it can be restored into the cluster of a plan."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml  # type: ignore[import-untyped]

#: Files of a backup. The first two are what topics.yml takes.
TOPICS, CONSUMER_GROUPS, OFFSETS, KV_TABLES = "topics.yml", "consumer_groups.yml", "offsets.json", "kv_tables.json"

_NO_GROUP: Mapping[str, Any] = {"members": [], "mode": ""}
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_-]")


def name(cluster: str, time: str) -> str:
    """The folder of a backup; ``time`` as 20261122T013000Z."""
    return f"{_NOT_PLAIN.sub('_', cluster)}-{time}"


def files(
    hosts: Mapping[str, Mapping[str, Any]],
    topics: Sequence[Mapping[str, Any]],
    consumer_groups: Sequence[Mapping[str, Any]],
    offsets: Sequence[Mapping[str, Any]],
) -> list[dict[str, str]]:
    """The files of backup_folder; ``hosts`` has the result of host_files by host."""
    texts = {
        TOPICS: _yaml({"rocketmq_topics": [dict(item) for item in topics]}),
        CONSUMER_GROUPS: _yaml({"rocketmq_consumer_groups": [dict(item) for item in consumer_groups]}),
        OFFSETS: _json(list(offsets)),
        KV_TABLES: _json(kv_tables([found["kv_tables"] for found in hosts.values()])),
    }
    for host, found in sorted(hosts.items()):
        kept = {one["path"]: {key: one[key] for key in ("mode", "owner", "group")} for one in found["files"]}
        texts[f"hosts/{host}.json"] = _json(kept)
    written = [{"path": path, "content": base64.b64encode(text.encode()).decode()} for path, text in texts.items()]
    return written + [
        {"path": f"hosts/{host}{one['path']}", "content": one["content"]}
        for host, found in sorted(hosts.items())
        for one in found["files"]
    ]


def _yaml(value: Any) -> str:
    return str(yaml.safe_dump(json.loads(json.dumps(value)), sort_keys=False, allow_unicode=True, width=120))


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def kv_tables(found: Sequence[Mapping[str, Mapping[str, str]]]) -> dict[str, dict[str, str]]:
    """The tables of all name servers as one. Each keeps its own; where they differ, the first one's entry counts."""
    merged: dict[str, dict[str, str]] = {}
    for tables in reversed(found):
        for table, entries in tables.items():
            merged.setdefault(table, {}).update(entries)
    return {table: dict(sorted(entries.items())) for table, entries in sorted(merged.items())}


def problems(manifest: Mapping[str, Any], plan: Mapping[str, Any], force: bool) -> list[str]:
    """Why a backup must not be restored into the cluster of a plan, in sentences."""
    return list(_problems(manifest, plan, force))


def _problems(manifest: Mapping[str, Any], plan: Mapping[str, Any], force: bool) -> Iterator[str]:
    taken, version = str(manifest.get("version")), str(plan["version"])
    if _numbers(version)[:1] < _numbers(taken)[:1]:
        yield (
            f"The backup is of RocketMQ {taken}, and {version} cannot read what it knows of topics, groups and "
            f"messages: set rocketmq_version to {taken} or later."
        )
    if manifest.get("cluster") != plan["cluster"] and not force:
        yield (
            f"The backup is of the cluster {manifest.get('cluster')}, this inventory is {plan['cluster']}: take "
            "another one, or accept it with rocketmq_restore_force: true."
        )
    missing = sorted(set(manifest.get("groups") or []) - {group["name"] for group in plan["groups"]})
    if missing:
        yield (
            f"The backup has the broker groups {', '.join(missing)}, which this inventory does not have: what is in "
            "them would be left out. Name the groups of the cluster like those of the backup."
        )


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


def store_members(plan: Mapping[str, Any], view: Mapping[str, Any], wanted: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Group -> its member whose store is archived: one that is stopped already, else the last one that follows.

    ``view``: the result of cluster_info. A group without such a member has none.
    """
    known = {(member["group"], member["address"]): member["broker_id"] for member in view["members"]}
    found = {}
    for group in plan["groups"]:
        members = [(known.get((group["name"], member["address"])), member) for member in group["members"]]
        following = [member for identity, member in members if identity is not None and identity > 0]
        stopped = [member for identity, member in members if identity is None]
        leads = any(identity == 0 for identity, _member in members)
        if group["name"] in wanted and leads and (stopped or following):
            found[group["name"]] = (stopped or following)[-1]
    return found


def store_problems(plan: Mapping[str, Any], members: Mapping[str, Any], wanted: Sequence[str]) -> list[str]:
    """Why the stores of these groups cannot be archived, in sentences."""
    names = [group["name"] for group in plan["groups"]]
    unknown = [name for name in wanted if name not in names]
    without = [name for name in wanted if name in names and name not in members]
    problems = []
    if unknown:
        problems.append(f"rocketmq_backup_store names {', '.join(unknown)}: the cluster has {', '.join(names)}.")
    if without:
        problems.append(
            f"{', '.join(without)}: no member follows a leader right now, and a leader's store is not archived: "
            "it would have to stop: start another member, or leave the group out of rocketmq_backup_store."
        )
    return problems


def stores(manifest: Mapping[str, Any], plan: Mapping[str, Any], wanted: Sequence[str]) -> dict[str, Any]:
    """``problems``, and ``stores``: those of the backup that go back, each with the ``instance`` of its member."""
    kept = {store["group"]: store for store in manifest.get("stores") or []}
    problems, found = [], []
    for name in wanted:
        store = kept.get(name)
        if store is None:
            problems.append(f"The backup has no store of {name}, only of {', '.join(kept) or 'no group'}.")
            continue
        group: Mapping[str, Any] = next((group for group in plan["groups"] if group["name"] == name), _NO_GROUP)
        same = [
            one for one in group["members"] if (one["host"], one["member_id"]) == (store["host"], store["member_id"])
        ]
        if not same or group["mode"] != store["mode"]:
            identity = f"{store['host']} {store['member_id']}".strip()
            problems.append(
                f"The store of {name} is that of the member {identity} of a group of mode {store['mode']}, which this "
                "inventory does not have: a store goes back to the same group and id only."
            )
        elif _numbers(plan["version"]) < _numbers(store["version"]):
            problems.append(
                f"The store of {name} was written by RocketMQ {store['version']}, and {plan['version']} may not read "
                f"it: set rocketmq_version to {store['version']} or later."
            )
        else:
            brokers = plan["hosts"][store["host"]]["brokers"]
            found.append({**store, "instance": next(one for one in brokers if one["group"] == name)})
    return {"problems": problems, "stores": found}
