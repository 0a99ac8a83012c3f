# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The failover drill: whom it kills, what the report says of what the watch saw, and the page."""

from __future__ import annotations

import html.parser
import json
from typing import Any

import pytest
from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _drill, _drill_page, _topology

from inventories import Sample

OLD, NEW, THIRD = "192.168.1.71:10911", "192.168.1.76:10911", "192.168.1.77:10911"
SERVERS = ["192.168.1.71:9876", "192.168.1.76:9876", "192.168.1.77:9876"]
LEADERS = {"RaftNode00": {"host": "rmq71", "address": OLD}, "RaftNode01": {"host": "rmq77", "address": THIRD}}
STRUCK = 10_000


def plan(**settings: Any) -> dict[str, Any]:
    sample = Sample()
    sample.set(**{f"rocketmq_drill_{name}": value for name, value in settings.items()})
    found = _topology.plan(sample.hostvars, sample.groups)
    assert found["problems"] == []
    return found


def change(at: float, server: int, leader: str | None, has_victim: bool = False) -> dict[str, Any]:
    return {"at_ms": STRUCK + at, "namesrv": SERVERS[server], "leader": leader, "has_victim": has_victim}


def watched(**changes: Any) -> dict[str, Any]:
    """A leader dies 10 s after the watch began; 6.5 s later another one takes messages, and 14 s later all is well."""
    before = [[at, at + 4] for at in range(7000, STRUCK - 20, 20)]
    after = [[at, at + 5] for at in range(STRUCK + 6500, STRUCK + 17000, 20)]
    failed = [[STRUCK - 5, STRUCK + 2, "Connection reset by peer"]]
    failed += [[at, at + 1, "no name server names a leader"] for at in range(STRUCK + 100, STRUCK + 6500, 20)]
    named = [change(-9000, server, OLD, True) for server in range(3)]
    named += [change(30 + server, server, "") for server in range(3)]
    named += [change(6400 + server, server, NEW) for server in range(3)]
    return {
        "began": 1_795_000_000.0,
        "struck_ms": float(STRUCK),
        "within_ms": 1.0,
        "clock_ahead_ms": -3.2,
        "led": True,
        "whole_ms": STRUCK + 14_000.0,
        "ended_ms": STRUCK + 17_500.0,
        "problems": [],
        "named": named,
        "acknowledged": before + after,
        "failed_attempts": failed,
        "messages": {
            "sent": 900,
            "acknowledged": len(before + after),
            "given_up": 107,
            "lost": [],
            "duplicated": [],
            "unacknowledged": [],
        },
        **changes,
    }


def drilled(settings: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    own = plan(**(settings or {}))
    return _drill.drill(watched(**changes), own, _drill.target(own, LEADERS))


def test_the_leader_of_the_first_group_that_elects_one() -> None:
    found = _drill.target(plan(), LEADERS)
    assert found == {
        "problems": [],
        "group": "RaftNode00",
        "mode": "dledger",
        "host": "rmq71",
        "address": OLD,
        "unit": "rocketmq-broker@n0.service",
        "leads": True,
        "watcher": "rmq76",
    }


def test_another_group_and_another_member() -> None:
    assert _drill.target(plan(group="RaftNode01"), LEADERS)["host"] == "rmq77"
    found = _drill.target(plan(host="rmq76"), LEADERS)
    assert (found["group"], found["host"], found["leads"], found["watcher"]) == ("RaftNode00", "rmq76", False, "rmq71")


def test_a_group_whose_master_is_fixed_comes_last() -> None:
    own = plan()
    own["groups"][0]["mode"] = "master"
    assert _drill.target(own, LEADERS)["group"] == "RaftNode01"
    own["groups"][1]["mode"] = "master_slave"
    assert _drill.target(own, LEADERS)["group"] == "RaftNode00"


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"group": "RaftNode09"}, "rocketmq_drill_group is RaftNode09: choose one of RaftNode00, RaftNode01."),
        ({"host": "rmq78"}, "rocketmq_drill_host is rmq78: choose a member, one of rmq71, rmq76, rmq77."),
        (
            {"host": "rmq78", "group": "RaftNode01"},
            "rocketmq_drill_host is rmq78: choose a member of group RaftNode01, one of rmq71, rmq76, rmq77.",
        ),
    ],
)
def test_impossible_targets(settings: dict[str, str], sentence: str) -> None:
    assert _drill.target(plan(**settings), LEADERS) == {"problems": [sentence]}


def test_no_leader() -> None:
    assert "Group RaftNode00 has no leader" in _drill.target(plan(), {})["problems"][0]


def test_a_cluster_of_one_host() -> None:
    own = plan(kill="host")
    own["hosts"] = {"rmq71": own["hosts"]["rmq71"]}
    assert "there is no other host that could watch" in _drill.target(own, LEADERS)["problems"][0]
    own["drill"]["kill"] = "process"
    assert _drill.target(own, LEADERS)["watcher"] == "rmq71"


def test_times_and_counts() -> None:
    found = drilled()
    assert found["times"] == {"detected": 0.002, "leader": 6.402, "accepted": 6.505, "whole": 14.0}
    assert (found["first_failure"], found["pause"]) == (0.002, 6.541)
    assert set(found["forgotten"].values()) == {0.03, 0.031, 0.032}
    assert found["leader_after"] == NEW
    assert found["failed_attempts"] == {"no name server names a leader": 320, "Connection reset by peer": 1}
    assert found["problems"] == []
    assert found["verdict"] == "RaftNode00 took messages again 6.5 s after its leader rmq71 was killed, and lost none"
    assert found["at"].startswith("2026-11-18T")
    json.dumps(found)


def test_the_timeline_has_every_attempt_in_its_tenth_of_a_second() -> None:
    line = drilled()["timeline"]
    assert (line["from_ms"], line["bin_ms"]) == (-3000, 100)
    assert len(line["acknowledged"]) == len(line["failed"]) == 190
    assert line["acknowledged"][:30] == [5] * 29 + [4]
    assert sum(line["acknowledged"][30:95]) == 0
    assert line["acknowledged"][95:] == [5] * 95
    assert line["failed"][30] == 1
    assert sum(line["failed"]) == 321


def test_a_member_that_is_elected_again() -> None:
    """It led before and leads after; in between each name server named nobody."""
    named = [change(-9000, server, OLD, True) for server in range(3)]
    named += [change(50, server, "") for server in range(3)] + [change(7000, server, OLD, True) for server in range(3)]
    found = drilled(named=named)
    assert (found["times"]["leader"], found["leader_after"]) == (7.0, OLD)


def test_a_name_server_that_never_names_the_next_leader() -> None:
    found = drilled(named=[one for one in watched()["named"] if (one["leader"], one["namesrv"]) != (NEW, SERVERS[1])])
    assert found["times"]["leader"] is None
    assert sorted(found["new_leader"]) == [SERVERS[0], SERVERS[2]]


def test_a_host_that_vanishes_takes_its_name_server_along() -> None:
    named = [one for one in watched()["named"] if one["namesrv"] != SERVERS[0] or one["at_ms"] < STRUCK]
    named.append(change(900, 0, None))
    found = drilled({"kill": "network"}, named=named)
    assert found["times"]["leader"] == 6.402
    assert SERVERS[0] not in found["new_leader"]
    assert found["verdict"] == "RaftNode00 took messages again 6.5 s after its host rmq71 was cut off, and lost none"


def test_a_follower() -> None:
    named = [change(-9000, server, NEW, True) for server in range(3)]
    named += [change(40 + server, server, NEW) for server in range(3)]
    named += [change(9000, server, NEW, True) for server in range(3)]
    acknowledged = [[at, at + 4] for at in range(7000, STRUCK + 17000, 20)]
    found = drilled({"host": "rmq71"}, led=False, named=named, acknowledged=acknowledged, failed_attempts=[])
    assert found["times"] == {"detected": 0.042, "leader": None, "accepted": None, "whole": 14.0}
    assert (found["problems"], found["pause"]) == ([], 0.02)
    assert found["verdict"] == "RaftNode00 went on taking messages when rmq71 was killed, and lost none"


def test_what_is_lost_is_the_verdict() -> None:
    counts = {**watched()["messages"], "lost": [3, 4], "duplicated": [9]}
    found = drilled(messages=counts)
    assert found["verdict"] == "RaftNode00: 2 acknowledged messages are lost"
    assert (found["lost"], found["messages"]["lost"], found["messages"]["duplicated"]) == ([3, 4], 2, 1)
    assert not _drill.report([drilled(), found])["good"]
    one = drilled(messages={**counts, "lost": [3]})
    assert one["problems"] == ["1 acknowledged message is lost."]


def test_a_cluster_that_does_not_recover() -> None:
    silent = "Group RaftNode00: rmq71 (x) does not answer."
    found = drilled(whole_ms=None, problems=[silent], ended_ms=STRUCK + 600_000.0)
    assert found["times"]["whole"] is None
    assert found["problems"] == [
        "The cluster was not whole again after 600 s. Group RaftNode00: rmq71 (x) does not answer."
    ]
    assert found["timeline"]["bin_ms"] == 1000
    assert len(found["timeline"]["failed"]) == 603


def test_nothing_is_accepted_any_more() -> None:
    acknowledged = [one for one in watched()["acknowledged"] if one[0] < STRUCK]
    found = drilled(acknowledged=acknowledged)
    assert found["times"]["accepted"] is None
    assert found["problems"] == ["No send was accepted any more."]


def test_a_strike_that_missed() -> None:
    found = drilled(whole_ms=None, problems=[], failed_attempts=[])
    assert found["problems"] == ["Nothing was ever wrong with the cluster: rmq71 was not killed."]


def test_median_and_worst_of_several() -> None:
    drills = [drilled(whole_ms=STRUCK + seconds * 1000.0) for seconds in (14, 11, 30)]
    found = _drill.report(drills)
    assert found["summary"]["whole"] == {"median": 14.0, "worst": 30.0, "of": 3}
    assert found["messages"]["sent"] == 2700
    assert found["good"]
    assert found["name"] == "20261118-110650-RaftNode00"


class Page(html.parser.HTMLParser):
    """Which elements there are, whether all are closed, what they refer to, and the text."""

    VOID = frozenset({"meta", "br", "line", "path"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.open: list[str] = []
        self.references: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        if tag not in self.VOID and (tag, None) not in attrs:
            self.open.append(tag)
        self.references += [str(value) for name, value in attrs if name in ("src", "href", "xlink:href", "action")]
        assert [name for name, _value in attrs if name.startswith("on")] == []

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("times", [1, 3])
def test_the_page_stands_on_its_own(times: int) -> None:
    text = _drill_page.page(_drill.report([drilled() for _ in range(times)]))
    found = Page(text)
    assert found.open == []
    assert found.references == []
    assert not {"script", "link", "img", "iframe", "object"} & set(found.elements)
    for foreign in ("http:", "https:", "url(", "@import", "//"):
        assert foreign not in text
    assert found.elements.count("svg") == times
    assert found.elements.count("table") == (times > 1)
    assert "prefers-color-scheme: dark" in text
    for words in ("killed", "detected 2 ms", "new leader 6.4 s", "first accepted send 6.5 s", "whole again 14.0 s"):
        assert found.text.count(words) >= times
    assert "lost none." in found.text


def test_names_are_escaped() -> None:
    evil = '<script>alert("1")</script>&'
    one = drilled(failed_attempts=[[STRUCK, STRUCK + 1, evil]], led=True)
    one.update(cluster=evil, host=evil, watcher=evil, group=evil, leader_after=evil, problems=[evil], verdict=evil)
    for times in (1, 2):
        found = Page(_drill_page.page(_drill.report([one] * times)))
        assert "script" not in found.elements
        assert evil in found.text


def test_labels_do_not_cover_each_other() -> None:
    moments = [(0.0, "killed"), (2.0, "detected 0.00 s"), (250.0, "new leader 0.25 s"), (14000.0, "whole again 14.0 s")]
    placed = list(_drill_page._placed(moments, lambda moment: 200 + moment * 0.05))
    assert [row for _x, _text, row, _anchor in placed] == [0, 1, 2, 0]
    assert [anchor for _x, _text, _row, anchor in placed] == ["start", "start", "start", "end"]


def test_a_drill_without_any_answer_has_a_page() -> None:
    nothing = watched(acknowledged=[], failed_attempts=[], named=[], within_ms=None, clock_ahead_ms=None, led=False)
    own = plan()
    page = _drill_page.page(_drill.report([_drill.drill(nothing, own, _drill.target(own, LEADERS))]))
    assert Page(page).open == []
