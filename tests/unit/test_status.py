# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The screen of status.yml: one screen for three hosts, and something to see whatever is down."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _status, _topology

from inventories import HOSTS, Sample

NOW = 1_000_000.0
NO_HOSTS: dict[str, Any] = {}


class Found:
    """What the modules return of the sample cluster: all of it well, n0 leads both groups."""

    def __init__(self) -> None:
        sample = Sample()
        self.plan = _topology.plan(sample.hostvars, sample.groups)
        assert self.plan["problems"] == []
        self.view: dict[str, Any] = {
            "members": [
                self.member(group["name"], number if number == 0 else number + 1, member["address"])
                for group in self.plan["groups"]
                for number, member in enumerate(group["members"])
            ],
            "namesrv": {address: {"error": None} for address in self.plan["namesrv"]},
        }
        self.hosts: dict[str, Any] = {
            host: {
                "instances": [
                    {
                        "kind": one["kind"],
                        "name": one["name"],
                        "version": one["version"],
                        "running": True,
                        "restarts": 0,
                    }
                    for kind in ("namesrv", "brokers", "dashboard")
                    for one in self.plan["hosts"][host][kind]
                ],
                "disks": {"/a": {"used_percent": 12, "free_mb": 9000}, "/b": {"used_percent": 41, "free_mb": 2048}},
            }
            for host in HOSTS
        }
        self.consumers: dict[str, Any] = {
            "consumers": {f"group-{number}": {"lag": number, "members": [{}] * number} for number in range(5)}
        }
        self.drift: dict[str, Any] = {"drift": []}

    def member(self, group: str, identity: int, address: str) -> dict[str, Any]:
        return {
            "cluster": "RaftCluster",
            "group": group,
            "broker_id": identity,
            "address": address,
            "error": None,
            "version": "4.9.7",
            "in_tps": 12.3,
            "out_tps": 0.0,
            "boot_time_ms": int((NOW - 3 * 3600) * 1000),
            "commitlog_max_offset": 5_000_000,
        }

    def screen(self) -> list[str]:
        return _status.screen(self.plan, self.view, self.hosts, self.consumers, self.drift, NOW)


def test_three_hosts_are_one_screen() -> None:
    lines = Found().screen()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 120
    assert lines[0] == "RaftCluster, RocketMQ 4.9.7: 3 of 3 name servers and 6 of 6 brokers answer."
    assert " ".join(lines[2].split()) == "RaftNode00 rmq71 n0 192.168.1.71:10911 leader - 12 0 4.9.7 3 h 0"
    assert " ".join(lines[3].split()) == "RaftNode00 rmq76 n1 192.168.1.76:10911 follower 0 B 12 0 4.9.7 3 h 0"
    assert "rmq71  41 %  2 GB  namesrv 4.9.7 running, dashboard running" in lines
    assert lines[-7].split() == ["CONSUMER", "GROUP", "LAG", "CONSUMERS"]
    assert lines[-6].split() == ["group-4", "4", "4"]
    assert lines[-1] == "All settings are as planned."


def test_what_is_behind_stopped_unknown_or_restarted() -> None:
    found = Found()
    found.view["members"][1]["commitlog_max_offset"] -= 3 * 1024 * 1024
    found.view["members"][2]["error"] = "connection refused"
    found.view["members"][3]["broker_id"] = -1
    del found.view["members"][5]
    found.view["members"].append(found.member("RaftNode09", 0, "192.168.1.99:10911"))
    found.hosts["rmq77"]["instances"][2].update(running=False)
    found.hosts["rmq71"]["instances"][1]["restarts"] = 7
    found.hosts["rmq71"]["instances"][0]["restarts"] = 2
    found.hosts["rmq76"]["instances"][0]["running"] = False
    found.view["namesrv"]["192.168.1.77:9876"]["error"] = "no answer within 3 s"
    lines = found.screen()
    rows = {tuple(line.split()[:3]): line for line in lines}
    assert "follower   3 MB" in rows["RaftNode00", "rmq76", "n1"]
    assert "no answer" in rows["RaftNode00", "rmq77", "n2"]
    assert "no leader" in rows["RaftNode01", "rmq71", "n0"]
    assert "stopped" in rows["RaftNode01", "rmq77", "n2"]
    assert rows["RaftNode00", "rmq71", "n0"].endswith("  7")
    assert "192.168.1.99:10911" in rows["RaftNode09", "not", "planned"]
    text = "\n".join(lines)
    assert "namesrv 4.9.7 running (2 restarts)" in text
    assert "namesrv 4.9.7 stopped" in text
    assert "namesrv 4.9.7 no answer" in text
    assert lines[0].endswith("2 of 3 name servers and 5 of 6 brokers answer.")


def test_a_dead_host_and_a_dead_cluster() -> None:
    found = Found()
    found.hosts["rmq76"] = {"unreachable": True, "msg": "timed out"}
    assert [line.split() for line in found.screen() if line.startswith("rmq76")] == [
        ["rmq76", "-", "-", "the", "host", "does", "not", "answer"]
    ]
    found.view = {"failed": True, "msg": "No name server answers. And so on.\nmore"}
    found.consumers = {"msg": "No name server answers."}
    found.drift = {"failed": True, "drift": [], "msg": "Not every process tells its settings:\n- one\n- two"}
    found.hosts = NO_HOSTS
    lines = found.screen()
    assert lines[0].endswith("0 of 3 name servers and 0 of 6 brokers answer.")
    assert lines[1] == "No name server answers. And so on."
    assert "Consumer groups: No name server answers." in lines
    assert lines[-1] == "2 processes do not tell their settings."
    assert len(lines) <= 24


def test_nothing_at_all_was_read() -> None:
    found = Found()
    assert _status.screen(found.plan, {}, {}, {}, {}, NOW)[-1] == "Settings: nothing was asked"


def test_long_lists_are_cut() -> None:
    found = Found()
    found.consumers = {"consumers": {f"group-{number}": {"lag": 10 * number, "members": []} for number in range(9)}}
    one = {"host": "rmq71", "unit": "rocketmq-broker@n0.service", "key": "k", "live": None, "planned": "x" * 200}
    found.drift = {"failed": True, "drift": [one] * 7, "msg": "Not everything:" + "\n- x" * 8}
    lines = found.screen()
    assert "and 4 more with a lag of 60" in lines
    assert "7 settings are not as planned:" in lines
    assert "  and 4 more (verify.yml shows all)" in lines
    assert lines[-1] == "1 processes do not tell their settings."
    assert max(map(len, lines)) <= 120
    found.consumers = {"consumers": {}}
    assert "No consumer group." in found.screen()


@pytest.mark.parametrize(("seconds", "text"), [(5, "5 s"), (150, "2 min"), (7200, "2 h"), (400000, "4 d"), (-3, "0 s")])
def test_durations(seconds: float, text: str) -> None:
    assert _status._duration(seconds) == text


@pytest.mark.parametrize(("count", "text"), [(0, "0 B"), (1023, "1023 B"), (2048, "2 KB"), (3 * 1024**5, "3072 TB")])
def test_bytes(count: int, text: str) -> None:
    assert _status._bytes(count) == text
