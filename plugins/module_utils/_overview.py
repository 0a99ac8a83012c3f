# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A whole cluster at one moment: every name server's view and every broker's own words, asked in parallel.

A process that does not answer is data here (its RocketMQError stands in the place of the answer), not a failure.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar

from ansible_collections.rocketmq.cluster.plugins.module_utils._client import (
    Broker,
    Controller,
    NameServer,
    NameServerView,
    RuntimeInfo,
)
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import NoNameServer, RocketMQError

_MAX_THREADS = 32
_Answer = TypeVar("_Answer")


class Overview(NamedTuple):
    """Answers by address; of a controller, who leads the controllers."""

    namesrv: dict[str, NameServerView | RocketMQError]
    brokers: dict[str, RuntimeInfo | RocketMQError]
    controllers: Mapping[str, str | RocketMQError] = {}

    def views(self) -> dict[str, NameServerView]:
        """The name servers that answered."""
        return {address: view for address, view in self.namesrv.items() if isinstance(view, NameServerView)}


def parallel(ask: Callable[[str], _Answer], addresses: Iterable[str]) -> dict[str, _Answer | RocketMQError]:
    """``{address: answer or error}``, all asked at the same time."""
    wanted = list(dict.fromkeys(addresses))
    if not wanted:
        return {}

    def caught(address: str) -> _Answer | RocketMQError:
        try:
            return ask(address)
        except RocketMQError as error:
            return error

    with ThreadPoolExecutor(min(_MAX_THREADS, len(wanted))) as pool:
        return dict(zip(wanted, pool.map(caught, wanted)))


def look(
    namesrv: Sequence[str],
    timeout: float,
    addresses: Iterable[str] = (),
    controllers: Iterable[str] = (),
    brokers: bool = True,
) -> Overview:
    """Asks name servers and controllers, then every broker that a name server knows and those at ``addresses``.

    ``timeout`` is seconds per request. Without ``brokers`` none of them is asked.
    """

    def view(address: str) -> NameServerView:
        with NameServer(address, timeout) as server:
            return server.cluster_info()

    def runtime(address: str) -> RuntimeInfo:
        with Broker(address, timeout) as broker:
            return broker.runtime_info()

    def leader(address: str) -> str:
        with Controller(address, timeout) as controller:
            return controller.leader()

    views = parallel(view, namesrv)
    known = {
        address
        for found in views.values()
        if isinstance(found, NameServerView)
        for group in found.groups.values()
        for address in group.brokers.values()
    }
    asked = sorted(known.union(addresses)) if brokers else []
    return Overview(views, parallel(runtime, asked), parallel(leader, controllers))


def require_one(overview: Overview) -> None:
    """Raises NoNameServer unless one of them answered."""
    if not overview.views():
        raise NoNameServer([error for error in overview.namesrv.values() if isinstance(error, RocketMQError)])


def as_data(overview: Overview) -> dict[str, Any]:
    """The overview as modules return it: ``namesrv``, ``clusters``, ``members``."""
    members = _members(overview)
    clusters: dict[str, Any] = {}
    for member in members:
        clusters.setdefault(member["cluster"], {}).setdefault(member["group"], {})[str(member["broker_id"])] = member[
            "address"
        ]
    namesrv = {address: _name_server(found) for address, found in overview.namesrv.items()}
    return {"namesrv": namesrv, "clusters": clusters, "members": members}


def _name_server(found: NameServerView | RocketMQError) -> dict[str, Any]:
    if isinstance(found, RocketMQError):
        return {"error": str(found), "version": None, "groups": {}}
    groups = {
        name: {str(identity): address for identity, address in group.brokers.items()}
        for name, group in sorted(found.groups.items())
    }
    return {"error": None, "version": found.version, "groups": groups}


def _members(overview: Overview) -> list[dict[str, Any]]:
    """Every registration that a name server knows, once, in the order of clusterList."""
    known_by: dict[tuple[str, str, int, str], list[str]] = {}
    for server, view in overview.views().items():
        for name, group in view.groups.items():
            for identity, address in group.brokers.items():
                known_by.setdefault((group.cluster, name, identity, address), []).append(server)
    return [
        {
            "cluster": cluster,
            "group": name,
            "broker_id": identity,
            "address": address,
            "namesrv": servers,
            **_runtime(overview.brokers.get(address)),
        }
        for (cluster, name, identity, address), servers in sorted(known_by.items())
    ]


def _runtime(found: RuntimeInfo | RocketMQError | None) -> dict[str, Any]:
    """The columns of clusterList and what else tells how a broker fares; None where it says nothing."""
    info = found if isinstance(found, RuntimeInfo) else RuntimeInfo("", {})
    oldest = info.integer("earliestMessageTimeStamp") or 0
    ratio = info.number("commitLogDiskRatio")
    # getTransferedTps is how 4.x spells it.
    out_tps = info.number("getTransferredTps") if "getTransferredTps" in info.table else info.number("getTransferedTps")
    return {
        "error": str(found) if isinstance(found, RocketMQError) else None,
        "version": info.version or None,
        "in_tps": info.number("putTps"),
        "out_tps": out_tps,
        "send_queue": info.integer("sendThreadPoolQueueSize"),
        "send_wait_ms": info.integer("sendThreadPoolQueueHeadWaitTimeMills"),
        "pull_queue": info.integer("pullThreadPoolQueueSize"),
        "pull_wait_ms": info.integer("pullThreadPoolQueueHeadWaitTimeMills"),
        "page_cache_wait_ms": info.integer("pageCacheLockTimeMills"),
        "put_latency_99_ms": info.number("putLatency99"),
        "oldest_message_hours": round((time.time() - oldest / 1000) / 3600, 2) if oldest > 0 else None,
        "disk_ratio": ratio if ratio is not None and ratio >= 0 else None,
        "boot_time_ms": info.integer("bootTimestamp"),
        "commitlog_max_offset": info.integer("commitLogMaxOffset"),
        "commitlog_min_offset": info.integer("commitLogMinOffset"),
        "dispatch_behind_bytes": info.integer("dispatchBehindBytes"),
    }


_COLUMNS = "{:<16}  {:<22}  {:<4}  {:<22} {:<16} {:>19} {:>19} {:>10} {:>6} {:>6}"


def table(data: Mapping[str, Any]) -> list[str]:
    """The members in the columns of ``mqadmin clusterList``, a line each, then what did not answer."""
    lines = [
        _COLUMNS.format(
            "#Cluster Name",
            "#Broker Name",
            "#BID",
            "#Addr",
            "#Version",
            "#InTPS(LOAD)",
            "#OutTPS(LOAD)",
            "#PCWait(ms)",
            "#Hour",
            "#SPACE",
        )
    ]
    lines += [_row(member) for member in data["members"]]
    silent = {server: found["error"] for server, found in data["namesrv"].items() if found["error"]}
    silent.update({member["address"]: member["error"] for member in data["members"] if member["error"]})
    return lines + list(silent.values())


def _row(member: Mapping[str, Any]) -> str:
    identity = (member["cluster"], member["group"], member["broker_id"], member["address"])
    if member["version"] is None:
        return _COLUMNS.format(*identity, "no answer" if member["error"] else "-", "-", "-", "-", "-", "-").rstrip()
    return _COLUMNS.format(
        *identity,
        "V" + str(member["version"]).replace(".", "_"),
        f"{member['in_tps'] or 0:.2f}({_shown(member['send_queue'])},{_shown(member['send_wait_ms'])}ms)",
        f"{member['out_tps'] or 0:.2f}({_shown(member['pull_queue'])},{_shown(member['pull_wait_ms'])}ms)",
        _shown(member["page_cache_wait_ms"]),
        "-" if member["oldest_message_hours"] is None else f"{member['oldest_message_hours']:.2f}",
        "-" if member["disk_ratio"] is None else f"{member['disk_ratio']:.4f}",
    )


def _shown(value: object) -> str:
    return "-" if value is None else str(value)
