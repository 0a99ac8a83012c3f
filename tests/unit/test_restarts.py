# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which brokers are restarted, and in which order of groups."""

from __future__ import annotations

from typing import Any

from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _restarts, _topology

from inventories import Sample


def planned() -> dict[str, Any]:
    sample = Sample()
    return _topology.plan(sample.hostvars, sample.groups)


def found(plan: dict[str, Any], changed: set[tuple[str, str]]) -> dict[str, Any]:
    """By host, what rocketmq_service says; ``changed``: host and group."""
    return {
        host: {
            "rocketmq_service_found": {
                "services": {
                    broker["unit"]: {"state": "changed" if (host, broker["group"]) in changed else "current"}
                    for broker in own["brokers"]
                }
            }
        }
        for host, own in plan["hosts"].items()
    }


def test_groups_one_after_the_other() -> None:
    plan = planned()
    every = {(host, group["name"]) for host in plan["hosts"] for group in plan["groups"]}
    groups = _restarts.changed_brokers(plan, found(plan, every))
    assert [group["name"] for group in groups] == ["RaftNode00", "RaftNode01"]
    for group, own in zip(groups, plan["groups"]):
        assert [(member["host"], member["address"]) for member in group["members"]] == [
            (member["host"], member["address"]) for member in own["members"]
        ]
        assert {member["instance"]["group"] for member in group["members"]} == {group["name"]}


def test_only_what_differs() -> None:
    plan = planned()
    [group] = _restarts.changed_brokers(plan, found(plan, {("rmq76", "RaftNode01")}))
    assert (group["name"], [member["host"] for member in group["members"]]) == ("RaftNode01", ["rmq76"])
    assert _restarts.changed_brokers(plan, found(plan, set())) == []


def test_hosts_that_take_no_part() -> None:
    """As under --limit; a console's host has no brokers to look at."""
    plan = planned()
    every = found(plan, {(host, "RaftNode00") for host in plan["hosts"]})
    looked = {host: every[host] if host == "rmq77" else {} for host in plan["hosts"]}
    looked["rmq71"] = {"rocketmq_service_found": {"services": {"rocketmq-dashboard.service": {"state": "changed"}}}}
    [group] = _restarts.changed_brokers(plan, looked)
    assert [member["host"] for member in group["members"]] == ["rmq77"]
