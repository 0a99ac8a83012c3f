# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""cluster_info against the fake cluster: what answers is shown, what does not is shown as such."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import fake_broker
import pytest
from ansible_collections.rocketmq.cluster.plugins.module_utils import _arguments
from ansible_collections.rocketmq.cluster.plugins.modules import cluster_health, cluster_info, message_probe
from module_runner import Runner


@pytest.fixture(params=fake_broker.VERSIONS)
def cluster(request: pytest.FixtureRequest) -> Iterator[fake_broker.FakeCluster]:
    with fake_broker.FakeCluster(request.param, groups=2, name_servers=2) as fake:
        yield fake


@pytest.mark.parametrize("check_mode", [False, True])
def test_everything_answers(cluster: fake_broker.FakeCluster, run: Runner, check_mode: bool) -> None:
    first = cluster.brokers["RaftNode00"][0]
    first.runtime.update({"putTps": "12.5 3.0 1.0", "commitLogDiskRatio": "0.25", "sendThreadPoolQueueSize": "4"})
    result = run(cluster_info, check_mode=check_mode, namesrv=cluster.namesrv)
    assert not result["failed"]
    assert not result["changed"]
    assert [(member["group"], member["broker_id"]) for member in result["members"]] == [
        (group, identity) for group in ("RaftNode00", "RaftNode01") for identity in (0, 2, 3)
    ]
    member = result["members"][0]
    assert (member["address"], member["cluster"], member["version"]) == (first.address, "RaftCluster", cluster.version)
    assert (member["in_tps"], member["disk_ratio"], member["send_queue"], member["error"]) == (12.5, 0.25, 4, None)
    assert (member["out_tps"], member["commitlog_max_offset"]) == (0.0, 1000)
    assert member["namesrv"] == cluster.namesrv
    assert result["clusters"]["RaftCluster"]["RaftNode00"]["0"] == first.address
    assert [view["version"] for view in result["namesrv"].values()] == [cluster.version] * 2
    assert len(result["table"]) == 7
    words = result["table"][1].split()
    assert words[:6] == [
        "RaftCluster",
        "RaftNode00",
        "0",
        first.address,
        "V" + cluster.version.replace(".", "_"),
        "12.50(4,0ms)",
    ]
    # One request to each process and no other kind.
    servers = [*cluster.name_servers, *(broker for group in cluster.brokers.values() for broker in group)]
    assert [server.codes() for server in servers] == [[106]] * 2 + [[28]] * 6


def test_name_servers_alone(cluster: fake_broker.FakeCluster, run: Runner) -> None:
    result = run(cluster_info, namesrv=cluster.namesrv, brokers=False)
    assert [broker.codes() for group in cluster.brokers.values() for broker in group] == [[]] * 6
    first = cluster.brokers["RaftNode00"][0]
    told = ("broker_id", "address", "version", "error")
    assert [result["members"][0][key] for key in told] == [0, first.address, None, None]
    assert result["table"][1].split() == ["RaftCluster", "RaftNode00", "0", first.address, *"------"]
    assert "leave brokers on" in run(cluster_info, namesrv=cluster.namesrv, brokers=False, runtime=True)["msg"]


def test_broker_that_does_not_answer(cluster: fake_broker.FakeCluster, run: Runner) -> None:
    dead, stuck = cluster.brokers["RaftNode00"][1:]
    dead.close()
    stuck.faults[28] = [fake_broker.silent]
    result = run(cluster_info, namesrv=cluster.namesrv, timeout=1.0)
    assert not result["failed"]
    errors = {member["address"]: member["error"] for member in result["members"] if member["error"]}
    assert "refused" in errors[dead.address]
    assert "no answer within 1 s" in errors[stuck.address]
    assert sum("no answer" in line for line in result["table"][:7]) == 2
    assert sorted(result["table"][7:]) == sorted(errors.values())


def test_name_servers_differ(cluster: fake_broker.FakeCluster, run: Runner) -> None:
    first, second = cluster.name_servers
    brokers = cluster.brokers["RaftNode00"]
    cluster.register("RaftNode00", {0: brokers[1].address, -1: brokers[2].address}, [second])
    result = run(cluster_info, namesrv=cluster.namesrv)
    seen = {
        (member["broker_id"], member["address"]): member["namesrv"]
        for member in result["members"]
        if member["group"] == "RaftNode00"
    }
    assert seen[0, brokers[0].address] == [first.address]
    assert seen[0, brokers[1].address] == [second.address]
    assert seen[-1, brokers[2].address] == [second.address]
    assert result["namesrv"][second.address]["groups"]["RaftNode00"] == {
        "0": brokers[1].address,
        "-1": brokers[2].address,
    }


def test_one_name_server_is_enough(cluster: fake_broker.FakeCluster, run: Runner) -> None:
    cluster.name_servers[0].close()
    result = run(cluster_info, namesrv=cluster.namesrv)
    assert not result["failed"]
    assert len(result["members"]) == 6
    assert "refused" in result["namesrv"][cluster.namesrv[0]]["error"]
    assert result["namesrv"][cluster.namesrv[1]]["error"] is None
    assert cluster.namesrv[0] in result["table"][-1]


def test_no_name_server(cluster: fake_broker.FakeCluster, run: Runner) -> None:
    for server in cluster.name_servers:
        server.close()
    result = run(cluster_info, namesrv=cluster.namesrv)
    assert result["failed"]
    for address in cluster.namesrv:
        assert address in result["msg"]


def test_empty_cluster(run: Runner) -> None:
    with fake_broker.FakeCluster("4.7.1", groups=0) as cluster:
        result = run(cluster_info, namesrv=cluster.namesrv)
    assert (result["failed"], result["members"], len(result["table"])) == (False, [], 1)


MODULES: list[tuple[Any, dict[str, Any]]] = [
    (cluster_info, {}),
    (cluster_health, {"cluster": "C", "groups": [{"name": "G", "mode": "master", "members": []}]}),
    (message_probe, {}),
]


@pytest.mark.parametrize(("module", "options"), MODULES)
@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"namesrv": []}, "namesrv is empty"),
        ({"namesrv": ["rmq71"]}, "'rmq71' is no address: write host:port"),
        ({"namesrv": ["rmq71:9876"], "timeout": 0}, "timeout is 0"),
        ({}, "namesrv"),
    ],
)
def test_shared_options_are_checked(
    module: Any, options: dict[str, Any], wrong: dict[str, Any], text: str, run: Runner
) -> None:
    result = run(module, **options, **wrong)
    assert result["failed"]
    assert text in result["msg"]


def test_documented_options_are_the_real_ones() -> None:
    import yaml
    from ansible_collections.rocketmq.cluster.plugins.doc_fragments.connection import ModuleDocFragment

    documented = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    stated = {
        name: {key: value for key, value in option.items() if key != "description"}
        for name, option in documented.items()
    }
    assert stated == _arguments.CONNECTION
