# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Proxies in the plan, in cluster mode and in local mode."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.rocketmq.cluster.plugins.module_utils import _host_files
from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _files, _live, _topology
from test_live import LOOK

from inventories import Sample

NAMESRV = "192.168.1.71:9876;192.168.1.76:9876;192.168.1.77:9876"


def plan(*changes: Callable[[Sample], object]) -> dict[str, Any]:
    sample = Sample()
    sample.on_5()
    for change in changes:
        change(sample)
    return _topology.plan(sample.hostvars, sample.groups)


def beside(sample: Sample) -> None:
    """A process of its own on one host."""
    sample.groups["rocketmq_proxy"] = ["rmq76"]


def inside(sample: Sample) -> None:
    """A part of each broker of one group, the only one."""
    for own in sample.with_groups():
        own["rocketmq_broker_groups"].pop()
    sample.group(0, proxy_grpc_port=8081)


def files(instance: dict[str, Any]) -> dict[str, str]:
    return {item["path"]: item["content"] for item in instance["service"]["files"]}


def test_a_proxy_beside_the_brokers() -> None:
    result = plan(beside, lambda s: s.set(rocketmq_proxy_properties={"traceOn": True, "proxyName": "edge"}))
    hosts = result["hosts"]
    assert [len(hosts[host]["proxy"]) for host in ("rmq71", "rmq76", "rmq77")] == [0, 1, 0]
    assert result["proxies"] == [{"address": "192.168.1.76", "grpc_port": 8081, "remoting_port": 8080}]
    written = files(hosts["rmq76"]["proxy"][0])
    config = json.loads(written["/etc/rocketmq/proxy.json"])
    assert {key: value for key, value in config.items() if key != "//"} == {
        "grpcServerPort": 8081,
        "localServeAddr": "192.168.1.76",
        "namesrvAddr": NAMESRV,
        "proxyMode": "cluster",
        "proxyName": "edge",
        "remotingListenPort": 8080,
        "rocketMQClusterName": "RaftCluster",
        "traceOn": True,
        "useEndpointPortFromRequest": True,
    }
    unit = written["/etc/systemd/system/rocketmq-proxy.service"]
    start = next(line for line in unit.splitlines() if line.startswith("ExecStart="))
    waits = "/usr/bin/env ${ROCKETMQ_HOME}/bin/wait-for-brokers /etc/rocketmq/proxy.json ${JAVA_HOME}/bin/java "
    assert start.startswith(f"ExecStart={waits}$JAVA_OPTIONS ")
    assert start.endswith(" org.apache.rocketmq.proxy.ProxyStartup -pm cluster -pc /etc/rocketmq/proxy.json")


@pytest.mark.parametrize(("proxies", "heap_mb"), [(beside, 384), (inside, 384), (lambda sample: None, 192)])
def test_small_brokers_know_of_proxies(proxies: Callable[[Sample], None], heap_mb: int) -> None:
    found = plan(proxies, lambda sample: sample.set(rocketmq_jvm_profile="small"))
    for host in found["hosts"].values():
        for broker in host["brokers"]:
            environment = next(text for path, text in files(broker).items() if path.endswith(".env"))
            assert f"-Xmx{heap_mb}m " in environment


@pytest.mark.parametrize(
    ("facts", "python"),
    [
        ({}, "/usr/bin/python3"),
        ({"python": {"executable": "/opt/python/bin/python3.12"}}, "/opt/python/bin/python3.12"),
    ],
)
def test_it_waits_with_the_python_of_its_host(facts: dict[str, Any], python: str) -> None:
    result = plan(beside, lambda s: s.hostvars["rmq76"].update(ansible_facts={"memtotal_mb": 4000, **facts}))
    script = files(result["hosts"]["rmq76"]["proxy"][0])["/opt/rocketmq/5.5.0/bin/wait-for-brokers"]
    assert script.startswith(f"#!{python}\n")
    compile(script, "wait-for-brokers", "exec")


def test_a_proxy_in_each_broker() -> None:
    result = plan(inside, lambda s: s.set(rocketmq_jvm_profile="small"))
    assert [proxy["address"] for proxy in result["proxies"]] == ["192.168.1.71", "192.168.1.76", "192.168.1.77"]
    assert {(proxy["grpc_port"], proxy["remoting_port"]) for proxy in result["proxies"]} == {(8081, 8080)}
    broker = result["hosts"]["rmq77"]["brokers"][0]
    assert broker["command"][-6:] == [
        "-pm", "local", "-pc", "/etc/rocketmq/proxy-n0.json", "-bc", "/etc/rocketmq/broker-n0.conf"
    ]  # fmt: skip
    config = json.loads(files(broker)["/etc/rocketmq/proxy-n0.json"])
    assert (config["proxyMode"], config["localServeAddr"]) == ("local", "192.168.1.77")
    assert {8080, 8081, 10911} <= set(result["hosts"]["rmq77"]["ports"])
    alone = plan(inside, lambda s: [s.set(rocketmq_jvm_profile="small"), s.group(0, proxy_grpc_port=None)])
    assert broker["memory_mb"] > alone["hosts"]["rmq77"]["brokers"][0]["memory_mb"]
    assert "org.apache.rocketmq.broker.BrokerStartup" in alone["hosts"]["rmq77"]["brokers"][0]["command"]
    assert "/etc/rocketmq/proxy-n0.json" not in files(alone["hosts"]["rmq77"]["brokers"][0])


def test_a_proxy_keeps_its_cluster_and_may_change_its_ports() -> None:
    deployed = plan(beside)["hosts"]["rmq76"]["proxy"][0]
    found = {
        "unit": deployed["unit"],
        "kind": "proxy",
        "name": "proxy",
        "version": "5.5.0",
        "running": True,
        "has_data": True,
        "has_store": False,
        "properties": {key: _files.property_text(value) for key, value in deployed["config"]["properties"].items()},
    }
    assert _live.conflicts([found], plan(beside, lambda s: s.set(rocketmq_proxy_grpc_port=9081)), "rmq76") == []
    renamed = _live.conflicts([found], plan(beside, lambda s: s.set(rocketmq_cluster_name="Other")), "rmq76")
    assert len(renamed) == 1
    assert "the cluster name RaftCluster and would get Other" in renamed[0]
    gone = _live.conflicts([found], plan(), "rmq76")
    assert len(gone) == 1
    assert "rmq76 carries a proxy, but is not in rocketmq_proxy any more" in gone[0]


@pytest.mark.parametrize(
    ("change", "port", "words"),
    [
        (beside, 8081, ["RocketMQ proxy", "rocketmq_proxy_grpc_port"]),
        (beside, 8080, ["RocketMQ proxy", "rocketmq_proxy_remoting_port"]),
        (inside, 8081, ["RocketMQ broker RaftNode00", "proxy_grpc_port of its group"]),
    ],
)
def test_ports_that_another_program_has(change: Callable[[Sample], None], port: int, words: list[str]) -> None:
    facts = {"all_ipv4_addresses": ["192.168.1.76"], "service_mgr": "systemd"}
    look = {**LOOK, "listeners": [{"port": port, "program": "nginx", "pid": 7}]}
    found = _live.host_problems(facts, plan(change), "rmq76", look)
    assert len(found) == 1, found
    assert all(word in found[0] for word in ["rmq76 has nginx (pid 7)", str(port), *words])


def test_host_info_reads_what_the_plan_wrote(tmp_path: pathlib.Path) -> None:
    properties = plan(beside)["hosts"]["rmq76"]["proxy"][0]["config"]["properties"]
    path = tmp_path / "proxy.json"
    path.write_text(_files.configuration(str(path), properties), encoding="utf-8")
    found = _host_files.properties(path)
    assert {key: found[key] for key in properties} == {
        key: _files.property_text(value) for key, value in properties.items()
    }
    for damaged in ("", "[]", "{"):
        path.write_text(damaged, encoding="utf-8")
        assert _host_files.properties(path) == {}
