# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The proxies of 5.x: processes of their own (cluster mode), or part of a broker (local mode)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _versions
from ansible_collections.rocketmq.cluster.plugins.plugin_utils._inventory import Group, Inventory
from ansible_collections.rocketmq.cluster.plugins.plugin_utils._wording import listed

#: Keys that the plan writes itself, and the variable that decides them.
OWNED_KEYS = {
    "rocketMQClusterName": "rocketmq_cluster_name",
    "heartbeatSyncerTopicClusterName": "rocketmq_cluster_name",
    "namesrvAddr": "the group rocketmq_namesrv of the inventory",
    "proxyMode": "the inventory group rocketmq_proxy, or proxy_grpc_port of a broker group",
    "brokerConfigPath": "proxy_grpc_port of a broker group",
    "localServeAddr": "rocketmq_address",
    "grpcServerPort": "rocketmq_proxy_grpc_port, or proxy_grpc_port of a broker group",
    "remotingListenPort": "rocketmq_proxy_remoting_port, or proxy_remoting_port of a broker group",
}
#: What decides the ports of a proxy that is a process of its own.
PORT_VARIABLES = ("rocketmq_proxy_grpc_port", "rocketmq_proxy_remoting_port")


def properties(inventory: Inventory, host: str, mode: str, namesrv: Sequence[str]) -> dict[str, Any]:
    """What the proxy of a host, or of a broker there, reads beside its ports; ``mode``: cluster or local."""
    settings = inventory.settings[host]
    return {
        "proxyName": host,
        # Clients are sent where they came from; to its own port on all the addresses they gave, if this is not said.
        "useEndpointPortFromRequest": True,
        **settings["rocketmq_proxy_properties"],
        "rocketMQClusterName": settings["rocketmq_cluster_name"],
        "namesrvAddr": ";".join(namesrv),
        "proxyMode": mode,
        # Where other proxies and remoting clients find it: any address of the host, if this is not said.
        "localServeAddr": inventory.addresses[host],
    }


def problems(inventory: Inventory, release: _versions.Release) -> Iterator[str]:
    """What is wrong with the proxies, in sentences."""
    if "proxy" not in release.processes:
        having = [version for version in _versions.known() if "proxy" in _versions.load(version).processes]
        fix = f"but RocketMQ {release.version} has no proxy: set rocketmq_version to one of {', '.join(having)}, or"
        if hosts := [host for host in inventory.proxies if host in inventory.settings]:
            yield f"The inventory group rocketmq_proxy has {listed(hosts)}, {fix} leave the group empty."
        yield from (
            f"{group.where} has a proxy_grpc_port, {fix} remove it."
            for group in inventory.groups
            if group.proxy_grpc_port
        )
        return
    ports = {group.where: group.proxy_grpc_port for group in inventory.groups if "proxy_grpc_port" not in group.unread}
    if len(set(ports.values())) > 1:
        shown = ", ".join(f"{where}: {port or 'none'}" for where, port in ports.items())
        yield (
            f"proxy_grpc_port is not the same in all broker groups ({shown}): the proxy in a broker sends clients to "
            "its own port on the hosts of all groups. Give all of them one, or give none, and put the hosts of proxies "
            "into rocketmq_proxy."
        )


def group_problems(group: Group) -> Iterator[str]:
    """What is wrong with the proxies of one group."""
    if group.proxy_remoting_port and not group.proxy_grpc_port and "proxy_grpc_port" not in group.unread:
        yield (
            f"{group.where} has a proxy_remoting_port, but no proxy_grpc_port, which makes its members proxies: give "
            "both, or remove it."
        )
