# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""config_drift against fakes, and what the plan gives it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import fake_broker
import pytest
from ansible_collections.rocketmq.cluster.plugins.modules import config_drift
from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _topology
from fake_broker import FakeCluster
from fake_controller import FakeController
from fake_server import FakeServer
from module_runner import Runner

from inventories import Sample

READ = 26


@pytest.fixture(params=fake_broker.VERSIONS)
def cluster(request: pytest.FixtureRequest) -> Iterator[FakeCluster]:
    with FakeCluster(request.param, name_servers=2) as fake:
        yield fake


@pytest.fixture
def old() -> Iterator[FakeCluster]:
    with FakeCluster("4.7.1") as fake:
        yield fake


def process(server: FakeServer, host: str = "rmq71", **keys: Any) -> dict[str, Any]:
    kinds = {fake_broker.FakeBroker: "broker", FakeController: "controller"}
    kind = kinds.get(type(server), "namesrv")
    return {"host": host, "unit": f"rocketmq-{kind}.service", "kind": kind, "address": server.address, **keys}


def compare(run: Runner, *processes: dict[str, Any], **options: Any) -> dict[str, Any]:
    return run(config_drift, **{"processes": list(processes), "timeout": 1.0, **options})


def test_what_is_in_force_is_no_drift(run: Runner, cluster: FakeCluster) -> None:
    brokers = [process(broker, properties=dict(broker.config.values)) for broker in cluster.brokers["RaftNode00"]]
    servers = [process(server, properties=dict(server.config.values)) for server in cluster.name_servers]
    result = compare(run, *brokers, *servers)
    assert (result["failed"], result["changed"], result["drift"]) == (False, False, []), result


def test_every_difference_of_every_process_is_told(run: Runner, cluster: FakeCluster) -> None:
    broker, server = cluster.brokers["RaftNode00"][1], cluster.name_servers[1]
    broker.config.values["fileReservedTime"] = "24"
    planned = {"fileReservedTime": "72", "slaveReadEnable": "true", "noSuchKey": "1", "regionId": ""}
    result = compare(
        run,
        process(cluster.brokers["RaftNode00"][0], "rmq71", properties={"fileReservedTime": "72"}),
        process(broker, "rmq76", properties={**planned, "flushDiskType": "ASYNC_FLUSH"}),
        process(server, "rmq77", properties={"orderMessageEnable": "true"}),
    )
    assert result["failed"]
    where = {"host": "rmq76", "unit": "rocketmq-broker.service"}
    region = broker.config.values["regionId"]
    assert result["drift"] == [
        {**where, "key": "fileReservedTime", "planned": "72", "live": "24"},
        {**where, "key": "slaveReadEnable", "planned": "true", "live": "false"},
        {**where, "key": "noSuchKey", "planned": "1", "live": None},
        {**where, "key": "regionId", "planned": "", "live": region},
        {
            "host": "rmq77",
            "unit": "rocketmq-namesrv.service",
            "key": "orderMessageEnable",
            "planned": "true",
            "live": "false",
        },
    ]
    assert result["msg"].splitlines()[1:] == [
        "- rmq76, rocketmq-broker.service: fileReservedTime is 24, planned is 72.",
        "- rmq76, rocketmq-broker.service: slaveReadEnable is false, planned is true.",
        "- rmq76, rocketmq-broker.service: noSuchKey is not set, planned is 1.",
        f"- rmq76, rocketmq-broker.service: regionId is {region}, planned is an empty text.",
        "- rmq77, rocketmq-namesrv.service: orderMessageEnable is false, planned is true.",
    ]
    assert all(word in result["msg"].splitlines()[0] for word in ("restart", "broker_config", "inventory"))


def test_a_controller_is_asked_too(run: Runner) -> None:
    controller = FakeController("5.5.0")
    try:
        fine = {"scanInactiveMasterInterval": "500", "isProcessReadEvent": "false", "controllerDLegerSelfId": "n0"}
        assert not compare(run, process(controller, properties=fine))["failed"]
        result = compare(run, process(controller, "rmq76", properties={**fine, "scanNotActiveBrokerInterval": "5000"}))
    finally:
        controller.close()
    assert "rmq76, rocketmq-controller.service: scanNotActiveBrokerInterval is 500, planned is 5000." in result["msg"]


def test_values_are_compared_as_rocketmq_means_them(run: Runner, old: FakeCluster) -> None:
    broker = old.leader("RaftNode00")
    broker.config.values.update(fileReservedTime="72", slaveReadEnable="true")
    result = compare(run, process(broker, properties={"fileReservedTime": "+72", "slaveReadEnable": "TRUE"}))
    assert not result["failed"], result


def test_a_secret_is_compared_and_never_shown(run: Runner, cluster: FakeCluster) -> None:
    broker = cluster.leader("RaftNode00")
    key = "innerClientAuthenticationCredentials"
    broker.config.values[key] = "what-runs"
    result = compare(run, process(broker, secrets={key: "what-is-planned"}))
    assert result["failed"]
    assert [(one["key"], one["planned"], one["live"]) for one in result["drift"]] == [(key, "********", "********")]
    assert "what-" not in str(result)
    assert f"{key} is ********, planned is ********." in result["msg"]
    assert not compare(run, process(broker, secrets={key: "what-runs"}))["failed"]
    del broker.config.values[key]
    assert f"{key} is not set, planned is ********." in compare(run, process(broker, secrets={key: "x"}))["msg"]


def test_who_does_not_answer_is_named_beside_the_differences(run: Runner, old: FakeCluster) -> None:
    leader, one, two = old.brokers["RaftNode00"]
    one.close()
    two.faults[READ] = [fake_broker.silent]
    result = compare(
        run,
        process(leader, "rmq71", properties={"fileReservedTime": "1"}),
        process(one, "rmq76"),
        process(two, "rmq77"),
    )
    lines = result["msg"].splitlines()
    assert lines[1].startswith("- rmq71, rocketmq-broker.service: fileReservedTime is ")
    assert "- rmq76, rocketmq-broker.service: GET_BROKER_CONFIG to" in lines[2]
    assert "Connection refused" in lines[2]
    assert "no answer within 1 s" in lines[3]
    silent = compare(run, process(one, "rmq76"))
    assert silent["failed"]
    assert silent["drift"] == []
    assert silent["msg"].startswith("Not every process tells its settings:\n- rmq76,")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"timeout": 0}, "timeout is 0: write seconds"),
        ({"processes": [{"host": "a", "unit": "u", "kind": "broker", "address": "a"}]}, "processes: "),
    ],
)
def test_what_cannot_be_asked_is_refused(run: Runner, options: dict[str, Any], sentence: str) -> None:
    result = compare(run, **options)
    assert result["failed"]
    assert result["msg"].startswith(sentence), result["msg"]


def settings(sample: Sample) -> list[dict[str, Any]]:
    plan = _topology.plan(sample.hostvars, sample.groups)
    assert plan["problems"] == []
    return list(plan["settings"])


def test_the_plan_names_every_process_with_what_it_should_work_with() -> None:
    sample = Sample()
    sample.group(0, properties={"enableBatchPush": True, "fileReservedTime": 48})
    found = settings(sample)
    assert len(found) == 3 * 3
    broker = next(one for one in found if (one["host"], one["unit"]) == ("rmq76", "rocketmq-broker@n0.service"))
    assert (broker["kind"], broker["address"]) == ("broker", "192.168.1.76:10911")
    properties = broker["properties"]
    assert (properties["fileReservedTime"], properties["dLegerSelfId"]) == ("48", "n1")
    # Dumps of 4.9.7 have it by the name of the field.
    assert properties["isEnableBatchPush"] == "true"
    assert "enableBatchPush" not in properties
    # The member that leads has another one than those that follow.
    assert "brokerRole" not in properties
    assert next(one for one in found if one["kind"] == "namesrv")["address"] == "192.168.1.71:9876"


def test_the_plan_keeps_secrets_apart() -> None:
    sample = Sample()
    key = "innerClientAuthenticationCredentials"
    sample.set(rocketmq_version="5.5.0", rocketmq_broker_properties={key: "hidden"})
    brokers = [one for one in settings(sample) if one["kind"] == "broker"]
    assert {str(one["secrets"]) for one in brokers} == {str({key: "hidden"})}
    assert all(key not in one["properties"] for one in brokers)
