# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a backup consists of, and whether it can be restored into the cluster of a plan."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

#: Files of a backup. The first two are what topics.yml takes.
TOPICS, CONSUMER_GROUPS, OFFSETS, KV_TABLES = "topics.yml", "consumer_groups.yml", "offsets.json", "kv_tables.json"

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
