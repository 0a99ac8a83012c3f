# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the playbooks that change the parts of a cluster work out."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _growth, _live
from mode_mistakes import slaves
from test_live import carried, plan

from inventories import MEMBERS

ITEMS = [
    {"name": "orders", "groups": ["a", "b"], "read_queues": 8},
    {"name": "pay", "groups": ["a"], "read_queues": 4},
    {"name": "pay", "groups": ["b"], "read_queues": 6},
    {"name": "own", "groups": ["b"], "read_queues": 1},
]
UNIT, CONF = "rocketmq-broker@n0.service", "/etc/rocketmq/broker-n0.conf"


@pytest.mark.parametrize(
    ("given", "found"),
    [("a, b,,a", ["a", "b"]), (["a", "b"], ["a", "b"]), ("", []), (None, []), ([], []), (5, [])],
)
def test_names(given: Any, found: list[str]) -> None:
    if given == 5:
        with pytest.raises(TypeError):
            _growth.names(given)
    else:
        assert _growth.names(given) == found


def test_topics_of_some_groups_alone() -> None:
    assert _growth.only_in(ITEMS, ["b"]) == ["own"]
    assert _growth.only_in(ITEMS, ["a", "b"]) == ["orders", "own", "pay"]
    assert _growth.only_in(ITEMS, ["c"]) == []


def test_topics_that_shall_live_in_further_groups() -> None:
    assert _growth.unmatched(ITEMS, ["ord*", "pay", "x*", "order"]) == ["x*", "order"]
    assert _growth.place_also(ITEMS, ["ord*", "pay"], ["c"]) == [
        {"name": "orders", "groups": ["c"], "read_queues": 8},
        {"name": "pay", "groups": ["c"], "read_queues": 4},
    ]
    # Where it is already, it stays as it is.
    assert _growth.place_also(ITEMS, ["*"], ["b", "c"]) == [
        {"name": "orders", "groups": ["c"], "read_queues": 8},
        {"name": "pay", "groups": ["c"], "read_queues": 4},
        {"name": "own", "groups": ["c"], "read_queues": 1},
    ]
    assert _growth.place_also(ITEMS, ["own"], ["b"]) == []


def services(**states: Any) -> dict[str, dict[str, Any]]:
    """What service_state says of rmq71, where nothing differs but what is given for RaftNode00."""
    own = plan()["hosts"]["rmq71"]
    found = {one["unit"]: {"state": "current", "reasons": []} for kind in _live.KINDS for one in own[kind]}
    return {**found, UNIT: {"state": "changed", "reasons": [CONF], **states}}


def found_with(**properties: str | None) -> list[dict[str, Any]]:
    """What host_info finds where the file of RaftNode00 says something else; None: nothing of it."""
    found = carried()
    (own,) = [one for one in found if one["unit"] == UNIT]
    own["properties"] = {key: value for key, value in {**own["properties"], **properties}.items() if value is not None}
    return found


def test_who_can_be_told_of_name_servers() -> None:
    older = found_with(namesrvAddr="192.168.1.71:9876")
    assert [one["unit"] for one in _growth.told_live(services(), older, plan(), "rmq71")] == [UNIT]
    also = found_with(namesrvAddr="192.168.1.71:9876", fileReservedTime="48")
    assert _growth.told_live(services(), also, plan(), "rmq71") == []
    assert _growth.told_live(services(reasons=[CONF, "/etc/x.env"]), older, plan(), "rmq71") == []
    assert _growth.told_live(services(state="stopped"), older, plan(), "rmq71") == []
    old = plan(lambda s: s.set(rocketmq_version="4.8.0", rocketmq_allow_vulnerable_version=True))
    assert _growth.told_live(services(), older, old, "rmq71") == []


def test_differences_are_named() -> None:
    assert _live.differences({}, [], plan(), "rmq71") == []
    assert _live.differences(services(state="current"), carried(), plan(), "rmq71") == []
    other = found_with(fileReservedTime="48", sendMessageThreadPoolNums="4")
    (sentence,) = _live.differences(services(reasons=[CONF, "/etc/x.env"]), other, plan(), "rmq71")
    assert sentence == (
        "rmq71: RocketMQ broker RaftNode00 (n0) would be restarted for a change of its own (fileReservedTime, "
        "sendMessageThreadPoolNums, /etc/x.env)."
    )
    peers = found_with(dLegerPeers="n0-a:1;n1-b:1")
    allowed = ["dLegerPeers", "namesrvAddr"]
    assert _live.differences(services(), peers, plan(), "rmq71", allowed) == []
    assert _live.differences(services(reasons=["interrupted run"]), carried(), plan(), "rmq71", allowed) == []
    assert len(_live.differences(services(reasons=["/etc/x.env"]), peers, plan(), "rmq71", allowed)) == 1
    assert len(_live.differences(services(), other, plan(), "rmq71", allowed)) == 1


def test_groups_that_rest() -> None:
    looks = {host: {"instances": carried(host, running=False, drained={"topics": []})} for host in MEMBERS}
    assert _live.drained_groups(looks, plan()) == ["RaftNode00", "RaftNode01"]
    looks["rmq76"] = {"instances": carried("rmq76", running=True, drained={"topics": []})}
    assert _live.drained_groups(looks, plan()) == []
    looks["rmq76"] = {"instances": carried("rmq76", running=False, drained=None)}
    assert _live.drained_groups(looks, plan()) == []
    del looks["rmq76"]
    assert _live.drained_groups(looks, plan()) == []


def test_groups_that_are_being_drained() -> None:
    """One member that was stopped with the mark is enough: its group was empty then."""
    looks = {host: {"instances": carried(host)} for host in MEMBERS}
    assert _live.drained_topics(looks) == {}
    looks["rmq76"]["instances"] = carried("rmq76", drained={"topics": ["orders"]})
    assert _live.drained_topics(looks) == {}
    looks["rmq76"]["instances"] = [
        {**one, "running": False} if one["kind"] == "broker" and one["name"] == "n1" else one
        for one in carried("rmq76", drained={"topics": ["orders"]})
    ]
    assert _live.drained_topics(looks) == {"RaftNode01": ["orders"]}


def test_masters_that_nobody_fills() -> None:
    assert _growth.fixed_masters(plan(), "rmq71") == []
    assert _growth.fixed_masters(plan(slaves), "rmq71") == ["RaftNode00"]
    assert _growth.fixed_masters(plan(slaves), "rmq76") == []


def test_addresses() -> None:
    own = plan()["hosts"]["rmq77"]
    assert _growth.endpoint(own["namesrv"][0]["service"]) == "192.168.1.77:9876"
    assert {"192.168.1.77:9876", "192.168.1.77:10911", "192.168.1.77:20921"} <= {*_growth.endpoints(own)}
