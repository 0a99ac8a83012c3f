# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""namesrv_config against fake name servers; what it shares with broker_config is in test_broker_config.py."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import fake_broker
import pytest
from ansible_collections.rocketmq.cluster.plugins.modules import namesrv_config
from fake_broker import FakeCluster
from module_runner import Runner

READ, WRITE = 319, 318


@pytest.fixture(params=fake_broker.VERSIONS)
def cluster(request: pytest.FixtureRequest) -> Iterator[FakeCluster]:
    with FakeCluster(request.param, name_servers=3) as fake:
        yield fake


def configure(run: Runner, cluster: FakeCluster, check_mode: bool = False, **options: Any) -> dict[str, Any]:
    return run(namesrv_config, check_mode, **{"namesrv": cluster.namesrv, "timeout": 1.0, "wait": 5, **options})


def written(cluster: FakeCluster) -> list[bytes]:
    return [request.body for server in cluster.name_servers for request in server.log if request.code == WRITE]


def test_without_values_it_only_looks(run: Runner, cluster: FakeCluster) -> None:
    result = configure(run, cluster)
    assert not result["changed"]
    assert list(result["live"]) == cluster.namesrv
    assert result["live"][cluster.namesrv[0]]["orderMessageEnable"] == "false"
    assert {code for server in cluster.name_servers for code in server.codes()} == {READ}


def test_every_name_server_gets_it(run: Runner, cluster: FakeCluster) -> None:
    cluster.name_servers[1].config.values["orderMessageEnable"] = "true"
    options = {"values": {"orderMessageEnable": True}}
    assert configure(run, cluster, check_mode=True, **options)["changed"]
    assert written(cluster) == []
    result = configure(run, cluster, **options)
    assert [action["place"] for action in result["actions"]] == [cluster.namesrv[0], cluster.namesrv[2]]
    assert result["changed_at_once"] == ["orderMessageEnable"]
    assert written(cluster) == [b"orderMessageEnable=true\n"] * 2
    assert not configure(run, cluster, **options)["changed"]


def test_an_unknown_key_is_refused_before_anything_is_written(run: Runner, cluster: FakeCluster) -> None:
    result = configure(run, cluster, values={"orderMessageEnabled": True})
    where = ", ".join(cluster.namesrv)
    assert result["msg"] == (
        f"values: orderMessageEnabled is no setting of the name server {where}; the nearest is orderMessageEnable."
    )
    assert written(cluster) == []


@pytest.mark.parametrize(
    "key", ["kvConfigPath", "configStorePath", "configStorePathName", "rocketmqHome", "listenPort", "bindAddress"]
)
def test_paths_and_ports_are_refused(run: Runner, cluster: FakeCluster, key: str) -> None:
    result = configure(run, cluster, values={key: "/tmp/x"})
    assert result["msg"].startswith(f"values: {key} is part of what that process is"), result["msg"]
    assert cluster.name_servers[0].codes() == []


def test_every_name_server_that_does_not_answer_is_named(run: Runner, cluster: FakeCluster) -> None:
    for server in cluster.name_servers[1:]:
        server.close()
    result = configure(run, cluster, values={"orderMessageEnable": True})
    for address in cluster.namesrv[1:]:
        assert f"GET_NAMESRV_CONFIG to {address}: Connection refused" in result["msg"]
    assert written(cluster) == []
