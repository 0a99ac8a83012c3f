# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The README's figures are those of the committed results; a missed target is told; no benchmark runs here."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest
from ansible_collections.rocketmq.cluster.plugins.module_utils import _client, _overview

from bench import (
    _benchmarks,
    _cluster,
    _floor,
    _report,
    _result,
    client_call,
    deploy,
    drill,
    failover,
    memory,
    second_run,
)
from lab._shell import LabError

MACHINE = {
    "cores": 2,
    "cpu": "A CPU",
    "memory_gb": 24,
    "os": "Debian 12",
    "kernel": "6.1",
    "docker": "20.10",
    "java": "17.0.15",
}
KILLS = [
    {"leader_after_ms": {"a": 5000, "b": 5500, "c": 5200}, "silent_ms": 6000},
    {"leader_after_ms": {"a": 7000, "b": 7100, "c": 7900}, "silent_ms": 7000},
    {"leader_after_ms": {"a": 6000, "b": 6000, "c": 6000}, "silent_ms": 8100},
]
CASES = {case.name: case for case in failover.CASES}
MESSAGES = {"acknowledged": 12000, "lost": [], "stored_twice": []}


def test_the_table_of_the_readme_is_current() -> None:
    readme = _report.README.read_text(encoding="utf-8")
    assert readme == _report.current(readme, _benchmarks.ALL), "run `.venv/bin/python -m bench report`"


def test_a_table_has_one_line_for_one_machine_and_says_what_is_not_measured() -> None:
    measurements = {"floor_s": [30, 31, 29], "product_s": [50, 70, 60]}
    result = {"date": "2026-11-21T10:00:00+00:00", "machine": MACHINE, "measurements": measurements}
    results: dict[str, dict[str, Any] | None] = dict.fromkeys(benchmark.name for benchmark in _benchmarks.ALL)
    lines = _report.render(_benchmarks.ALL, {**results, "deploy": result}).splitlines()
    assert lines[0] == "2026-11-21, 2 cores (A CPU), 24 GB, Debian 12, Linux 6.1, Docker 20.10, OpenJDK 17.0.15."
    assert lines[2:4] == ["| what | target | measured | by `.venv/bin/python -m bench` |", "| --- | --- | --- | --- |"]
    assert lines[4].endswith("| at most 2 x the floor | 60.0 s, floor 30.0 s: 2.00 x (medians of 3) | `deploy` |")
    assert lines[5:] == [
        f"| {name} | | not measured yet | `{name}` |" for name in (benchmark.name for benchmark in _benchmarks.ALL[1:])
    ]


def test_days_on_one_kind_of_machine_share_a_line() -> None:
    found = [("2026-11-22", "6.1-b1", "A CPU"), ("2026-11-21", "6.1-b2", "A CPU"), ("2026-11-23", "6.1-b1", "A CPU")]
    found.append(("2026-11-22", "6.1", "B CPU"))
    results = [{"date": day, "machine": {**MACHINE, "kernel": kernel, "cpu": cpu}} for day, kernel, cpu in found]
    rest = "24 GB, Debian 12, Linux 6.1, Docker 20.10, OpenJDK 17.0.15."
    assert _report.places(results) == [
        f"2026-11-21 to 2026-11-23, 2 cores (A CPU), {rest}",
        f"2026-11-22, 2 cores (B CPU), {rest}",
    ]


def test_a_readme_without_a_place_for_the_table_is_refused() -> None:
    with pytest.raises(LabError, match="once each"):
        _report.current("# Read me\n", _benchmarks.ALL)


def test_a_missed_target_is_told() -> None:
    [row] = deploy.rows({"floor_s": [30], "product_s": [60.1]})
    assert not row.met
    assert row.text.endswith("(**missed**)")


def test_the_second_run_counts_the_busiest_host_and_the_slowest_run() -> None:
    runs = [{"seconds": 15.0, "tasks": {"a": 40, "b": 23}}, {"seconds": 41.0, "tasks": {"a": 41, "b": 23}}]
    seconds, tasks = second_run.rows({"runs": runs})
    assert (seconds.measured, seconds.met) == ("28.0 s median, 41.0 s worst of 2", False)
    assert (tasks.measured, tasks.met) == ("41 on a, 23 on b", False)


def test_a_recap_is_read_from_the_end_of_the_output() -> None:
    output = """\
msg: PLAY RECAP is what the end is called
PLAY RECAP *********************************************************************
rmq71                      : ok=40   changed=0    unreachable=0    failed=0    skipped=5    rescued=0    ignored=0
rmq76                      : ok=23   changed=2    unreachable=0    failed=0    skipped=6    rescued=0    ignored=0
"""
    assert second_run.recap(output) == {"rmq71": {"ok": 40, "changed": 0}, "rmq76": {"ok": 23, "changed": 2}}
    assert second_run.recap("nothing was run") == {}


def test_memory_counts_a_console_apart() -> None:
    listing = """\
 81320     302 /opt/java/bin/java -Xmx96m -cp /x/lib/* org.apache.rocketmq.namesrv.NamesrvStartup -c /etc/r/namesrv.conf
124928     264 /opt/java/bin/java -cp /x/lib/* org.apache.rocketmq.broker.BrokerStartup -c /etc/r/broker-n0.conf
 43116      39 /opt/java/bin/java -Drocketmq.config.isVIPChannel=false -jar /opt/rocketmq/dashboard/console.jar
"""
    found = memory.processes(listing)
    assert found == [
        {"process": "namesrv", "rss_mb": 79.4, "age_s": 302},
        {"process": "broker-n0", "rss_mb": 122.0, "age_s": 264},
        {"process": "dashboard", "rss_mb": 42.1, "age_s": 39},
    ]
    nine, console = memory.rows("4.7.1", {"samples": [found, [{"process": "namesrv", "rss_mb": 1400.4}]]})
    assert (nine.measured, nine.met) == ("1,400 MB, the most of 2 samples", False)
    assert (console.target, console.measured, console.met) == ("less than 1,677 MB", "1,400 MB", True)
    [alone] = memory.rows("5.5.0", {"samples": [found[:2]]})
    assert (alone.target, alone.measured, alone.met) == ("", "201 MB, the most of 1 samples", True)


def test_the_client_is_compared_with_mqadmin() -> None:
    own, against = client_call.rows({"call_ms": [20.0, 30.0, 190.0], "mqadmin_s": [1.4, 1.4, 3.0]})
    assert (own.measured, own.met) == ("30 ms median, 190 ms worst of 3", True)
    assert (against.measured, against.met) == ("47 x: `mqadmin` takes 1.4 s (median of 3)", False)


def test_a_failover_ends_with_the_last_name_server() -> None:
    named, silent, messages = failover.rows(CASES["failover-4.7.1"], {"kills": KILLS, "messages": MESSAGES})
    assert named.what == f"DLedger 4.7.1, SIGKILL of a leader: {failover.NAMED}"
    assert (named.measured, named.met) == ("6.0 s median, 7.9 s worst of 3", True)
    assert (silent.measured, silent.met) == ("7.0 s median, 8.1 s worst of 3", False)
    assert (messages.measured, messages.met) == ("0 lost, 0 twice of 12,000", True)


@pytest.mark.parametrize("change", [{"lost": ["m1"]}, {"stored_twice": ["m1"]}, {"acknowledged": 0}])
def test_a_failover_that_loses_or_proves_nothing_misses(change: dict[str, Any]) -> None:
    assert not failover.rows(CASES["failover-5.5.0"], {"kills": KILLS, "messages": {**MESSAGES, **change}})[2].met


def test_a_controller_is_judged_by_the_first_message_that_is_taken() -> None:
    kills = [{**kill, "accepts_after_ms": ms} for kill, ms in zip(KILLS, (210, 305, 1100))]
    accepts = failover.rows(CASES["failover-controller-5.5.0"], {"kills": kills, "messages": MESSAGES})[0]
    assert accepts.what == f"controller 5.5.0, SIGKILL of a leader: {failover.ACCEPTS}"
    assert (accepts.measured, accepts.target, accepts.met) == ("0.30 s median, 1.1 s worst of 3", "at most 1 s", False)


def test_the_clusters_of_benchmarks_can_be_planned() -> None:
    for cluster in (_cluster.full(), _cluster.without_console("5.5.0"), _cluster.of("controller", "5.5.0")):
        assert len(cluster.plan["hosts"]) == 3


def test_a_drill_has_the_times_of_its_report() -> None:
    times = {"detected": 0.1, "leader": None, "accepted": 5.94, "whole": 15.0}
    messages = {"lost": 0, "duplicated": 1, "acknowledged": 1200}
    drills = [{"times": times, "messages": messages}, {"times": {**times, "whole": 21.5}, "messages": messages}]
    found, lost = drill.rows(drill.CASES[0], {"drills": drills})
    assert found.what.startswith("DLedger 4.9.7, failover drill")
    assert found.measured == "0.1 / – / 5.9 / 18.2 s median, 0.1 / – / 5.9 / 21.5 s worst of 2"
    assert (lost.measured, lost.met) == ("0 lost, 2 twice of 2,400", True)
    [_, missed] = drill.rows(drill.CASES[0], {"drills": [{**drills[0], "messages": {**messages, "lost": 1}}]})
    assert not missed.met


def test_a_name_may_stand_for_several() -> None:
    assert [benchmark.name for benchmark in _benchmarks.chosen(["handover"])] == ["handover-4.9.7", "handover-5.5.0"]
    assert _benchmarks.chosen([]) == _benchmarks.ALL
    with pytest.raises(LabError, match="no benchmark is called speed; there are deploy, "):
        _benchmarks.chosen(["deploy", "speed"])


def test_a_result_is_written_whole(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_result, "FOLDER", tmp_path)
    monkeypatch.setattr(_result, "machine", lambda: MACHINE)
    benchmark = _benchmarks.ALL[0]
    _result.write(benchmark, {"floor_s": [1]})
    with pytest.raises(TypeError):
        _result.write(benchmark, {"floor_s": object()})
    assert [path.name for path in tmp_path.iterdir()] == ["deploy.json"]
    found = _result.read("deploy")
    assert found == json.loads((tmp_path / "deploy.json").read_text())
    assert found is not None
    assert (found["machine"], found["rocketmq"], found["measurements"]) == (MACHINE, "4.7.1", {"floor_s": [1]})
    assert _result.read("memory") is None


def test_the_floor_starts_the_command_of_the_plan() -> None:
    process = {
        "command": ["-cp", "${ROCKETMQ_HOME}/lib/*", "Main"],
        "environment": "/etc/r/namesrv.env",
        "data_dir": "/d",
        "log_dir": "/l",
        "folders": [{"path": "/d"}, {"path": "/l"}],
    }
    assert _floor.start({"major": 17, "link": "/opt/java-17"}, [process]).splitlines() == [
        "mkdir -p /d /l",
        "ln -s /usr/lib/jvm/java-17-openjdk-* /opt/java-17",
        "set -a",
        '. /etc/r/namesrv.env && cd /d && setsid "$JAVA_HOME/bin/java" $JAVA_OPTIONS '
        '"-cp" "${ROCKETMQ_HOME}/lib/*" "Main" >/l/output 2>&1 </dev/null &',
    ]


@pytest.mark.parametrize(
    ("other_view", "problem"),
    [
        ({0: "a:1", 2: "b:1"}, None),
        ({2: "b:1", 3: "a:1"}, "leaders of G: ['a:1', 'none']"),
        ({0: "b:1", 1: "a:1"}, "leaders of G: ['a:1', 'b:1']"),
        ({0: "a:1"}, "ns2 knows ['a:1'] of G"),
    ],
)
def test_a_cluster_is_complete_when_every_name_server_knows_all(
    other_view: dict[int, str], problem: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    views = {
        server: _client.NameServerView("4.7.1", {"G": _client.Group("C", brokers)})
        for server, brokers in {"ns1": {0: "a:1", 2: "b:1"}, "ns2": other_view}.items()
    }
    monkeypatch.setattr(_overview, "look", lambda *_: _overview.Overview(dict(views), {}))
    cluster = _cluster.Cluster(pathlib.Path("unused"))
    members = [{"address": "a:1"}, {"address": "b:1"}]
    vars(cluster)["plan"] = {"namesrv": list(views), "groups": [{"name": "G", "members": members}]}
    assert cluster.missing() == ([problem] if problem else [])
