# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From an inventory to the plan: which process runs where, with which ports, ids, peers, properties and memory.

Pure: no host is asked. What is impossible is refused here, all of it at once, in sentences that name the variable and
the fix. The shape of the result is described in docs/design/shape.md.
"""

from __future__ import annotations

import dataclasses
import os
import socket
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.rocketmq.cluster.plugins.module_utils import _disk
from ansible_collections.rocketmq.cluster.plugins.plugin_utils import (
    _checks,
    _controllers,
    _drift,
    _files,
    _inventory,
    _jvm,
    _modes,
    _os,
    _proxies,
    _versions,
)
from ansible_collections.rocketmq.cluster.plugins.plugin_utils._inventory import Group, Inventory, Settings, store

#: The version stands in the environment file alone.
_CLASSPATH = ("-cp", "${ROCKETMQ_HOME}/conf:${ROCKETMQ_HOME}/lib/*")
_PROXY_COMMAND = (*_CLASSPATH, "org.apache.rocketmq.proxy.ProxyStartup")


def plan(hostvars: Mapping[str, Mapping[str, Any]], groups: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The plan of an inventory; nothing but ``problems`` when it is impossible."""
    problems: list[str] = []
    inventory = _inventory.read(hostvars, groups, problems)
    release = None
    if inventory.settings:
        release = _checks.check_version(inventory, problems)
        _checks.check_addresses(inventory, problems)
        _checks.check_hosts(inventory, groups, problems)
        for group in inventory.groups:
            _checks.check_group(group, inventory, release, problems)
        if release:
            _checks.check_modes(inventory, release, problems)
        _checks.check_collisions(inventory, problems)
        _checks.check_sources(inventory, release, problems)
    if problems or release is None:
        return {"problems": list(dict.fromkeys(problems))}
    return _lay_out(inventory, release)


def _lay_out(inventory: Inventory, release: _versions.Release) -> dict[str, Any]:
    cluster = inventory.cluster
    version = cluster["rocketmq_version"]
    namesrv = [
        _endpoint(inventory, host, inventory.settings[host]["rocketmq_namesrv_port"]) for host in inventory.namesrv
    ]
    hosts: dict[str, Any] = {}
    for host, settings in inventory.settings.items():
        context = _Context(inventory, release, host, settings, namesrv, _memory(inventory, host, settings))
        instances = {
            "namesrv": [_namesrv(context)] if host in inventory.namesrv else [],
            "controller": [_controller(context)] if host in inventory.controllers else [],
            "brokers": [_broker(context, group) for group in inventory.groups if host in group.members],
            "proxy": [_proxy(context)] if host in inventory.proxies else [],
            "dashboard": [_dashboard(context)] if host in inventory.dashboards else [],
        }
        hosts[host] = {
            "address": inventory.addresses[host],
            **instances,
            "ports": sorted(port for own in instances.values() for one in own for port in one["ports"].values()),
            "java": _java(settings),
            "dist": _dist(context),
            "os": _os.settings(settings),
            "folders": _folders(context),
            "lock": f"{settings['rocketmq_data_dir']}/operation.json",
        }
    modes = {group.name: group.mode for group in inventory.groups}
    return {
        "problems": [],
        "warnings": _checks.warnings(release),
        "operator": f"{os.environ.get('USER', 'root')}@{socket.gethostname()}",
        "cluster": cluster["rocketmq_cluster_name"],
        "version": version,
        "namesrv": namesrv,
        "controllers": _controllers.addresses(inventory),
        "groups": [_group_view(inventory, group) for group in inventory.groups],
        "proxies": [
            {"address": one["address"], "grpc_port": one["ports"]["grpc"], "remoting_port": one["ports"][remoting]}
            for own in hosts.values()
            for kind, remoting in (("brokers", "remoting"), ("proxy", "listen"))
            for one in own[kind]
            if "grpc" in one["ports"]
        ],
        "console_jar": _console_jar(cluster),
        **{kind: _objects(cluster, namesrv, kind) for kind in ("topics", "consumer_groups")},
        "settings": [
            _drift.settings(host, instance, modes.get(instance["group"], ""), release)
            for host, own in hosts.items()
            for kind in ("namesrv", "controller", "brokers")
            for instance in own[kind]
        ],
        "drill": {
            key: cluster[f"rocketmq_drill_{key}"]
            for key in ("group", "host", "kill", "away_seconds", "times", "rate", "seconds", "dir")
        },
        "user": cluster["rocketmq_user"],
        "health_timeout": cluster["rocketmq_health_timeout"],
        "clock_tolerance": cluster["rocketmq_clock_tolerance"],
        "hosts": hosts,
    }


def _objects(cluster: Settings, namesrv: list[str], kind: str) -> dict[str, Any]:
    """Arguments of the module ``kind``."""
    name = f"rocketmq_{kind}"
    rules = {key: cluster[f"{name}_{key}"] for key in ("purge", "purge_exclude", "max_deletes")}
    return {"namesrv": namesrv, "cluster": cluster["rocketmq_cluster_name"], kind: cluster[name], **rules}


@dataclasses.dataclass(frozen=True)
class _Context:
    """Where an instance is laid out."""

    inventory: Inventory
    release: _versions.Release
    host: str
    settings: Settings
    namesrv: list[str]
    #: By name of the instance.
    memory: Mapping[str, _jvm.Memory]

    @property
    def address(self) -> str:
        return self.inventory.addresses[self.host]

    @property
    def home(self) -> str:
        return f"{self.settings['rocketmq_install_dir']}/{self.release.version}"


def _namesrv(context: _Context) -> dict[str, Any]:
    settings = context.settings
    data_dir = f"{settings['rocketmq_data_dir']}/namesrv"
    path = f"{settings['rocketmq_config_dir']}/namesrv.conf"
    properties = {**_modes.namesrv(context.inventory.groups, context.release)}
    ports = {"listen": settings["rocketmq_namesrv_port"]}
    if _controllers.embedded(context.inventory, context.host):
        properties |= {"enableControllerInNamesrv": True, **_controller_properties(context, f"{data_dir}/controller")}
        ports |= _controllers.ports(context.inventory, context.host, context.release)
    properties |= {
        **settings["rocketmq_namesrv_properties"],
        "listenPort": settings["rocketmq_namesrv_port"],
        "kvConfigPath": f"{data_dir}/kvConfig.json",
        "configStorePath": path,
    }
    return _instance(
        context,
        kind="namesrv",
        name="namesrv",
        unit="rocketmq-namesrv.service",
        description="RocketMQ name server",
        ports=ports,
        config={"path": path, "properties": properties},
        command=[*_CLASSPATH, "org.apache.rocketmq.namesrv.NamesrvStartup", "-c", path],
    )


def _controller(context: _Context) -> dict[str, Any]:
    settings = context.settings
    path = f"{settings['rocketmq_config_dir']}/controller.conf"
    data_dir = f"{settings['rocketmq_data_dir']}/controller"
    ports = _controllers.ports(context.inventory, context.host, context.release)
    return _instance(
        context,
        kind="controller",
        name="controller",
        unit="rocketmq-controller.service",
        description="RocketMQ controller",
        ports={"listen": ports.pop("controller"), **ports},
        config={"path": path, "properties": _controller_properties(context, f"{data_dir}/store")},
        command=[*_CLASSPATH, "org.apache.rocketmq.controller.ControllerStartup", "-c", path],
    )


def _controller_properties(context: _Context, store_path: str) -> dict[str, Any]:
    return {
        **_modes.CONTROLLER_TIMINGS,
        **context.settings["rocketmq_controller_properties"],
        **_controllers.properties(context.inventory, context.host, context.release),
        "controllerStorePath": store_path,
    }


def _broker(context: _Context, group: Group) -> dict[str, Any]:
    settings = context.settings
    path = f"{settings['rocketmq_config_dir']}/broker-{group.instance}.conf"
    member_id = group.members[context.host]
    network = _modes.Network(
        {host: _endpoint(context.inventory, host, group.dledger_port) for host in group.members},
        _controllers.addresses(context.inventory),
    )
    properties = {
        **_modes.defaults(group, settings["rocketmq_broker_properties"], context.release),
        **_jvm.broker_properties(settings["rocketmq_jvm_profile"], context.release.major),
        "deleteWhen": "04",
        "fileReservedTime": 72,
        "flushDiskType": "ASYNC_FLUSH",
        **settings["rocketmq_broker_properties"],
        **group.properties,
        "listenPort": group.listen_port,
        "namesrvAddr": ";".join(context.namesrv),
        "brokerIP1": context.address,
        "brokerIP2": context.address,
        "brokerName": group.name,
        "brokerClusterName": settings["rocketmq_cluster_name"],
        "storePathRootDir": store(group, settings),
        **_modes.properties(group, context.host, network),
    }
    command = [*_CLASSPATH, "org.apache.rocketmq.broker.BrokerStartup", "-c", path]
    further = []
    if group.proxy_grpc_port:
        ports = (group.proxy_grpc_port, group.proxy_remoting_port)
        proxy = _proxy_config(context, "local", f"proxy-{group.instance}.json", *ports)
        command = [*_PROXY_COMMAND, "-pm", "local", "-pc", proxy["path"], "-bc", path]
        further = [_configuration(context, proxy)]
    if group.mode != "dledger":
        # Before 4.9.4 not derived from the root: all brokers of a host would share one folder.
        properties["storePathCommitLog"] = f"{store(group, settings)}/commitlog"
    instance = _instance(
        context,
        kind="broker",
        name=group.instance,
        unit=f"rocketmq-broker@{group.instance}.service",
        description=f"RocketMQ broker {group.name} ({member_id or context.host})",
        ports=group.ports(),
        config={"path": path, "properties": properties},
        command=command,
        store=store(group, settings),
        group=group,
        further=further,
        service_keys=_modes.service_keys(group, context.release, store(group, settings)),
    )
    # 4 to read, 2 to write. One that is read-only on purpose is given nothing back by an operation.
    return {**instance, "takes_writes": bool(int(properties.get("brokerPermission", 6)) & 2)}


def _proxy(context: _Context) -> dict[str, Any]:
    grpc, remoting = (context.settings[name] for name in _proxies.PORT_VARIABLES)
    config = _proxy_config(context, "cluster", "proxy.json", grpc, remoting)
    return _instance(
        context,
        kind="proxy",
        name="proxy",
        unit="rocketmq-proxy.service",
        description="RocketMQ proxy",
        # The remoting port is opened last.
        ports={"listen": remoting, "grpc": grpc},
        config=config,
        before=["${ROCKETMQ_HOME}/bin/wait-for-brokers", config["path"]],
        command=[*_PROXY_COMMAND, "-pm", "cluster", "-pc", config["path"]],
        further=[
            {
                "path": f"{context.home}/bin/wait-for-brokers",
                "content": _files.wait_for_brokers(context.inventory.pythons[context.host]),
                "mode": "0755",
            }
        ],
    )


def _proxy_config(context: _Context, mode: str, name: str, grpc: int, remoting: int) -> dict[str, Any]:
    return {
        "path": f"{context.settings['rocketmq_config_dir']}/{name}",
        "properties": {
            **_proxies.properties(context.inventory, context.host, mode, context.namesrv),
            "grpcServerPort": grpc,
            "remotingListenPort": remoting,
        },
    }


def _dashboard(context: _Context) -> dict[str, Any]:
    settings = context.settings
    jar = f"{settings['rocketmq_install_dir']}/dashboard/console-{settings['rocketmq_dashboard_sha256'][:12]}.jar"
    instance = _instance(
        context,
        kind="dashboard",
        name="dashboard",
        unit="rocketmq-dashboard.service",
        description="RocketMQ console",
        ports={"listen": settings["rocketmq_dashboard_port"]},
        config=None,
        command=["-jar", jar],
    )
    return {**instance, "jar": jar}


def _instance(
    context: _Context,
    *,
    kind: str,
    name: str,
    unit: str,
    description: str,
    ports: dict[str, int],
    config: dict[str, Any] | None,
    command: list[str],
    before: Sequence[str] = (),
    store: str = "",
    group: Group | None = None,
    further: Sequence[dict[str, Any]] = (),
    service_keys: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What all kinds of process have in common: folders, JVM, environment, unit.

    ``before``: the program that starts java once it may. ``further``: files that it reads beside ``config``.
    ``service_keys``: what else stands in the section Service of its unit.
    """
    settings = context.settings
    user = settings["rocketmq_user"]
    data_dir = f"{settings['rocketmq_data_dir']}/{name}"
    log_dir = f"{settings['rocketmq_log_dir']}/{name}"
    environment = f"{settings['rocketmq_config_dir']}/{kind if group is None else f'{kind}-{name}'}.env"
    java_home = _java_link(settings)
    size = context.memory[name]
    major = settings["rocketmq_java_major"]
    jvm_options = [
        *_jvm.options(size, settings["rocketmq_jvm_profile"], major, data_dir, log_dir),
        *context.release.module_options(major, kind, *(["proxy"] if group and group.proxy_grpc_port else [])),
        *(_console_options(context) if kind == "dashboard" else context.release.log_options(kind, context.home)),
        *settings[f"rocketmq_{kind}_jvm_options"],
        *(group.jvm_options if group else []),
    ]
    store = store or data_dir
    instance: dict[str, Any] = {
        "kind": kind,
        "name": name,
        "group": group.name if group else "",
        "unit": unit,
        "description": description,
        "version": context.release.version if kind != "dashboard" else "",
        "address": context.address,
        "ports": ports,
        "user": user,
        "java_home": java_home,
        "jvm_options": jvm_options,
        "before": list(before),
        "command": command,
        "config": config,
        "environment": environment,
        "data_dir": data_dir,
        "log_dir": log_dir,
        "store": store,
        "markers": [{"path": f"{store}/{_disk.MARKER}", "content": _files.MARKER}] if group else [],
        "folders": [
            {"path": path, "owner": user, "group": user, "mode": "0750"}
            for path in sorted({data_dir, f"{data_dir}/tmp", store, log_dir})
        ],
        "memory_mb": size.total_mb,
        "start_timeout": settings["rocketmq_start_timeout"],
    }
    overrides = settings["rocketmq_unit_overrides"]
    files = [
        *([_configuration(context, config)] if config else []),
        *further,
        {
            "path": environment,
            "content": _files.environment(java_home, context.home, jvm_options),
            **_readable(context),
        },
        {
            "path": f"/etc/systemd/system/{unit}",
            "content": _files.unit(instance, settings["rocketmq_stop_seconds"], service_keys or {}, overrides),
        },
        {"path": _files.TARGET_PATH, "content": _files.TARGET},
    ]
    # What service_state is asked about.
    service = {"unit": unit, "address": context.address, "port": ports["listen"], "files": files}
    if group:
        service["store"] = store
    return {**instance, "service": service}


def _memory(inventory: Inventory, host: str, settings: Settings) -> dict[str, _jvm.Memory]:
    """By name of the instance: what each process of a host gets beside the others."""
    single = {
        "namesrv": inventory.namesrv,
        "controller": inventory.controllers,
        "proxy": inventory.proxies,
        "dashboard": inventory.dashboards,
    }
    processes = {
        kind: _jvm.Process(kind, settings[f"rocketmq_{kind}_heap_mb"], settings.get(f"rocketmq_{kind}_direct_mb", 0))
        for kind, hosts in single.items()
        if host in hosts
    }
    for group in inventory.groups:
        if host in group.members:
            heap_mb = group.heap_mb or settings["rocketmq_broker_heap_mb"]
            direct_mb = group.direct_mb or settings["rocketmq_broker_direct_mb"]
            proxy = bool(group.proxy_grpc_port)
            grpc = proxy or bool(inventory.proxies)
            processes[group.instance] = _jvm.Process("broker", heap_mb, direct_mb, proxy, grpc)
    sizes = _jvm.memory(settings["rocketmq_jvm_profile"], inventory.memory_mb[host], list(processes.values()))
    return dict(zip(processes, sizes))


def _configuration(context: _Context, config: Mapping[str, Any]) -> dict[str, Any]:
    return {"path": config["path"], "content": _files.configuration(**config), **_readable(context)}


def _readable(context: _Context) -> dict[str, str]:
    """Not writable by the service: a live update of a broker would replace its file by a dump of all its keys."""
    return {"group": context.settings["rocketmq_user"], "mode": "0640"}


def _folders(context: _Context) -> list[str]:
    """Where a host keeps messages and logs."""
    settings = context.settings
    stores = [group.store for group in context.inventory.groups if group.store and context.host in group.members]
    return [settings["rocketmq_data_dir"], settings["rocketmq_log_dir"], *stores]


def _endpoint(inventory: Inventory, host: str, port: int) -> str:
    return f"{inventory.addresses.get(host, host)}:{port}"


def _java_link(settings: Settings) -> str:
    return f"{settings['rocketmq_install_dir']}/java-{settings['rocketmq_java_major']}"


def _group_view(inventory: Inventory, group: Group) -> dict[str, Any]:
    """A group as cluster_health wants to find it."""
    members = [
        {
            "host": host,
            "instance": group.instance,
            "member_id": identity,
            "address": _endpoint(inventory, host, group.listen_port),
        }
        for host, identity in group.members_by_id()
    ]
    return {"name": group.name, "mode": group.mode, "members": members}


def _java(settings: Settings) -> dict[str, Any]:
    return {
        "source": settings["rocketmq_java_source"],
        "major": settings["rocketmq_java_major"],
        "package": settings["rocketmq_java_package"],
        "url": settings["rocketmq_java_archive_url"],
        "file": settings["rocketmq_java_archive_file"],
        "sha256": settings["rocketmq_java_archive_sha256"],
        "home": settings["rocketmq_java_home"],
        "link": _java_link(settings),
        "install_dir": settings["rocketmq_install_dir"],
    }


def _dist(context: _Context) -> dict[str, Any]:
    settings = context.settings
    version = context.release.version
    base = settings["rocketmq_archive_base_url"].rstrip("/")
    return {
        "version": version,
        "source": settings["rocketmq_install_source"],
        "home": context.home,
        "config_dir": settings["rocketmq_config_dir"],
        "cache_dir": settings["rocketmq_cache_dir"],
        "url": settings["rocketmq_archive_url"] or f"{base}/{version}/rocketmq-all-{version}-bin-release.zip",
        "sha512": settings["rocketmq_archive_sha512"],
        "file": settings["rocketmq_archive_file"],
        "maven_command": settings["rocketmq_maven_command"],
        "java_home": _java_link(settings),
        "java_options": context.release.module_options(settings["rocketmq_java_major"]),
        "namesrv": context.namesrv,
    }


def _console_jar(cluster: Settings) -> dict[str, Any]:
    return {
        "source": cluster["rocketmq_dashboard_source"],
        "file": cluster["rocketmq_dashboard_file"],
        "url": cluster["rocketmq_dashboard_url"],
        "image": cluster["rocketmq_dashboard_image"],
        "image_jar": cluster["rocketmq_dashboard_image_jar"],
        "container_command": cluster["rocketmq_dashboard_container_command"],
        "sha256": cluster["rocketmq_dashboard_sha256"],
        "cache_dir": cluster["rocketmq_cache_dir"],
    }


def _console_options(context: _Context) -> list[str]:
    """System properties for all releases of the console, old and new names side by side.

    2.x brings a list of its own, namesrvAddrs, which is stronger than the older names. The last user.home wins: a
    console logs below it, and its logs belong to the others.
    """
    names = ";".join(context.namesrv)
    return [
        f"-Dserver.port={context.settings['rocketmq_dashboard_port']}",
        f"-Drocketmq.namesrv.addr={names}",
        f"-Drocketmq.config.namesrvAddr={names}",
        f"-Drocketmq.config.namesrvAddrs[0]={names}",
        "-Drocketmq.config.isVIPChannel=false",
        "-Dcom.rocketmq.sendMessageWithVIPChannel=false",
        "-Drocketmq.client.logUseSlf4j=true",
        f"-Drocketmq.config.dataPath={context.settings['rocketmq_data_dir']}/dashboard/data",
        f"-Duser.home={context.settings['rocketmq_log_dir']}/dashboard",
    ]
