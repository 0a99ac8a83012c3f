# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""namesrv_kv against fake name servers."""

from __future__ import annotations

import fake_broker
import pytest
from ansible_collections.rocketmq.cluster.plugins.modules import namesrv_kv
from module_runner import Runner

TABLES = {"ORDER_TOPIC_CONFIG": {"orders": "RaftNode00:8"}, "MINE": {"a": "1"}}


@pytest.mark.parametrize("version", fake_broker.VERSIONS)
def test_every_name_server_gets_what_it_lacks(version: str, run: Runner) -> None:
    with fake_broker.FakeCluster(version, name_servers=2) as cluster:
        one, other = cluster.name_servers
        one.lists["MINE"] = {"a": "1", "b": "2"}
        other.lists["MINE"] = {"a": "0"}
        checked = run(namesrv_kv, True, namesrv=cluster.namesrv, tables=TABLES)
        assert other.lists["MINE"] == {"a": "0"}
        result = run(namesrv_kv, namesrv=cluster.namesrv, tables=TABLES)
        assert (result["changed"], result["actions"]) == (True, checked["actions"])
        assert [action["place"] for action in result["actions"]] == [one.address, other.address, other.address]
        assert one.lists == {**TABLES, "MINE": {"a": "1", "b": "2"}}
        assert other.lists == TABLES
        assert not run(namesrv_kv, namesrv=cluster.namesrv, tables=TABLES)["changed"]


def test_a_name_server_that_is_down_stops_it_before_anything_is_written(run: Runner) -> None:
    with fake_broker.FakeCluster("4.9.7") as cluster:
        result = run(namesrv_kv, namesrv=[*cluster.namesrv, "127.0.0.1:1"], tables=TABLES)
        assert result["failed"]
        assert cluster.name_servers[0].lists == {}


def test_wrong_tables(run: Runner) -> None:
    assert "tables: X is no mapping" in run(namesrv_kv, namesrv=["127.0.0.1:1"], tables={"X": "y"})["msg"]
