# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the processes of small and big hosts get, and what they leave to the page cache."""

from __future__ import annotations

import itertools
import math
import pathlib
import re

import pytest
from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _jvm, _live, _topology
from ansible_collections.rocketmq.cluster.plugins.plugin_utils._jvm import Memory, Process

from inventories import Sample

ROOT = pathlib.Path(__file__).parents[2]
#: As the kernel counts them, in MB: a little less than what was bought.
HOSTS_MB = [gigabytes * 1000 for gigabytes in (2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)]
BROKERS = range(1, 7)
BESIDE = [
    kinds for count in range(4) for kinds in itertools.combinations(("namesrv", "controller", "dashboard"), count)
]
#: The least that a process of a kind gets.
LEAST = {"namesrv": (128, 64), "controller": (128, 64), "broker": (256, 128), "dashboard": (192, 64)}


def sizes(host_mb: int, *kinds: str) -> list[Memory]:
    return _jvm.memory("auto", host_mb, [Process(kind) for kind in kinds])


@pytest.mark.parametrize("beside", BESIDE, ids=",".join)
@pytest.mark.parametrize("brokers", BROKERS)
@pytest.mark.parametrize("host_mb", HOSTS_MB)
def test_two_fifths_are_left_or_the_brokers_are_as_small_as_they_get(
    host_mb: int, brokers: int, beside: tuple[str, ...]
) -> None:
    kinds = (*beside, *["broker"] * brokers)
    found = sizes(host_mb, *kinds)
    assert all(one.heap_mb == one.initial_mb for one in found)
    assert all((one.heap_mb, one.direct_mb) >= LEAST[kind] for kind, one in zip(kinds, found))
    assert max(one.heap_mb for one in found) <= 8192
    assert len(set(found[len(beside) :])) == 1
    if (found[-1].heap_mb, found[-1].direct_mb) != LEAST["broker"]:
        assert sum(one.total_mb for one in found) <= 0.6 * host_mb


@pytest.mark.parametrize("beside", BESIDE, ids=",".join)
def test_more_memory_or_fewer_processes_make_nothing_smaller(beside: tuple[str, ...]) -> None:
    for brokers in BROKERS:
        kinds = (*beside, *["broker"] * brokers)
        # Every few MB: steps of one kind must not push another back.
        table = [[one.total_mb for one in sizes(host_mb, *kinds)] for host_mb in range(1024, 140000, 37)]
        assert all(low <= high for less, more in itertools.pairwise(table) for low, high in zip(less, more))
        for host_mb in HOSTS_MB:
            broker = sizes(host_mb, *kinds)[-1]
            assert broker.heap_mb >= sizes(host_mb, "broker", *kinds)[-1].heap_mb
            assert broker.heap_mb >= sizes(host_mb, "controller", *kinds)[-1].heap_mb


#: Of docs/memory.md: memory, brokers beside a name server, heap and direct memory of each, its heap, percent left.
TABLE = re.findall(
    r"^\| (\d+) \| (\d) \| (\d+) \| (\d+) \| (\d+) \| (\d+) % \|$", (ROOT / "docs/memory.md").read_text(), re.MULTILINE
)


@pytest.mark.parametrize("row", TABLE)
def test_the_table_of_the_documentation(row: tuple[str, ...]) -> None:
    host_mb, brokers, heap, direct, namesrv, left = map(int, row)
    found = sizes(host_mb, "namesrv", *["broker"] * brokers)
    assert (found[0].heap_mb, found[-1].heap_mb, found[-1].direct_mb) == (namesrv, heap, direct)
    assert left == 100 - math.ceil(100 * sum(one.total_mb for one in found) / host_mb)


def test_the_table_of_the_documentation_is_found() -> None:
    assert len(TABLE) == 9


def test_a_size_set_by_hand_is_taken_off_what_the_others_share() -> None:
    alike = sizes(16000, "broker", "broker")[1]
    assert _jvm.memory("auto", 16000, [Process("broker", 1000), Process("broker")])[1].heap_mb > alike.heap_mb
    first, second = _jvm.memory("auto", 16000, [Process("broker", 6000), Process("broker")])
    assert (first.heap_mb, first.direct_mb) == (6000, 1500)
    assert second.heap_mb < alike.heap_mb
    pool, plain = _jvm.memory("auto", 64000, [Process("broker", 0, 12000), Process("broker")])
    assert pool.direct_mb == 12000
    assert pool.heap_mb < plain.heap_mb
    assert pool.total_mb + plain.total_mb <= 0.6 * 64000


def test_nothing_is_known_before_facts_but_what_was_set_by_hand() -> None:
    plain, set_by_hand = _jvm.memory("auto", 0, [Process("broker"), Process("broker", 2000)])
    assert plain == Memory(0, 0, 0, 0)
    assert (set_by_hand.heap_mb, set_by_hand.direct_mb) == (2000, 500)


def test_the_smallest_profile_does_not_ask_for_the_host() -> None:
    found = _jvm.memory("small", 0, [Process("namesrv"), Process("broker", 700)])
    assert [(one.initial_mb, one.heap_mb, one.direct_mb) for one in found] == [(48, 96, 32), (700, 700, 128)]


def test_small_brokers_with_clients_of_grpc_have_twice_the_heap() -> None:
    found = _jvm.memory("small", 0, [Process("broker", grpc=True), Process("broker", proxy=True, grpc=True)])
    assert [(one.initial_mb, one.heap_mb, one.direct_mb) for one in found] == [(96, 384, 128), (144, 384, 224)]
    assert _jvm.memory("small", 0, [Process("broker", 256, grpc=True)])[0].heap_mb == 256


@pytest.mark.parametrize("host_mb", HOSTS_MB)
def test_preflight_accepts_what_leaves_a_fifth(host_mb: int) -> None:
    """Also where ``auto`` can give no less: nothing is between what fits and what is refused."""
    for brokers in BROKERS:
        sample = Sample()
        entry = sample.hostvars["rmq71"]["rocketmq_broker_groups"][0]
        ports = [10911 + 10 * index for index in range(brokers)]
        sample.set(
            rocketmq_broker_groups=[
                {**entry, "name": f"G{port}", "instance": f"n{port}", "listen_port": port, "dledger_port": port + 10000}
                for port in ports
            ]
        )
        sample.hostvars["rmq71"]["ansible_facts"] = {"memtotal_mb": host_mb}
        plan = _topology.plan(sample.hostvars, sample.groups)
        assert plan["problems"] == []
        own = plan["hosts"]["rmq71"]
        total = sum(one["memory_mb"] for kind in _live.KINDS for one in own[kind])
        facts = {"memtotal_mb": host_mb, "all_ipv4_addresses": [own["address"]]}
        look = {"instances": [], "listeners": [], "disks": {}, "missing": []}
        found = _live.host_problems(facts, plan, "rmq71", look)
        assert len(found) == (total > 0.8 * host_mb), found


@pytest.mark.parametrize(
    ("version", "profile", "expected"),
    [
        ("5.5.0", "small", {"timerFlushIntervalMs": 10000, "waitTimeMillsInSendQueue": 2000}),
        ("4.9.7", "small", {"waitTimeMillsInSendQueue": 2000}),
        ("5.5.0", "auto", {}),
    ],
)
def test_small_brokers_flush_less_often_and_refuse_later(version: str, profile: str, expected: dict[str, int]) -> None:
    sample = Sample()
    sample.set(rocketmq_version=version, rocketmq_jvm_profile=profile)
    [broker, _] = _topology.plan(sample.hostvars, sample.groups)["hosts"]["rmq71"]["brokers"]
    keys = ("timerFlushIntervalMs", "waitTimeMillsInSendQueue")
    assert {key: value for key, value in broker["config"]["properties"].items() if key in keys} == expected
