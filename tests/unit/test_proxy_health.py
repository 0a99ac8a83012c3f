# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""proxy_health against fake proxies: each way not to serve is a sentence about that proxy."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import fake_broker
import pytest
from ansible_collections.rocketmq.cluster.plugins.modules import proxy_health
from fake_proxy import FakeProxy
from module_runner import Runner

CLUSTER, GROUPS = "RaftCluster", ["RaftNode00", "RaftNode01"]


@pytest.fixture
def proxies() -> Iterator[list[FakeProxy]]:
    fakes = [FakeProxy(CLUSTER, list(GROUPS)) for _ in range(2)]
    yield fakes
    for fake in fakes:
        fake.close()


def places(proxies: list[FakeProxy]) -> list[dict[str, Any]]:
    return [{"address": "127.0.0.1", **fake.ports} for fake in proxies]


def check(run: Runner, proxies: list[dict[str, Any]], wait: float = 0) -> dict[str, Any]:
    return run(proxy_health, proxies=proxies, cluster=CLUSTER, groups=GROUPS, timeout=1.0, wait=wait)


def test_all_serve(run: Runner, proxies: list[FakeProxy]) -> None:
    result = check(run, places(proxies))
    assert not result["failed"], result
    assert result["proxies"] == {fake.address: None for fake in proxies}
    # As cheap as can be: one request each.
    assert [fake.codes() for fake in proxies] == [[105], [105]]


def grown(fake: FakeProxy) -> None:
    fake.groups.remove("RaftNode01")


def empty(fake: FakeProxy) -> None:
    fake.groups.clear()


def stuck(fake: FakeProxy) -> None:
    fake.faults[105] = [fake_broker.silent]


def no_grpc(fake: FakeProxy) -> None:
    fake.greeting = b"HTTP/1.1 400 Bad Request\r\n\r\n"


def closes(fake: FakeProxy) -> None:
    fake.greeting = b""


def silent_grpc(fake: FakeProxy) -> None:
    fake.greeting = None


@pytest.mark.parametrize(
    ("breaking", "words"),
    [
        (FakeProxy.close, ["refused", "check that the process runs"]),
        (stuck, ["no answer within 1 s"]),
        (grown, ["it leads clients to RaftNode00, but not to RaftNode01."]),
        (empty, ["it leads clients to no group, but not to RaftNode00, RaftNode01."]),
        (no_grpc, ["HTTP/2 preface", "instead of its settings"]),
        (closes, ["HTTP/2 preface", "instead of its settings"]),
        (silent_grpc, ["HTTP/2 preface", "timed out"]),
    ],
)
def test_one_does_not_serve(
    run: Runner, proxies: list[FakeProxy], breaking: Callable[[FakeProxy], None], words: list[str]
) -> None:
    broken = proxies[1]
    address, planned = broken.address, places(proxies)
    breaking(broken)
    result = check(run, planned)
    assert result["failed"]
    assert result["msg"].startswith(f"Proxy {address}: ")
    assert len(result["msg"].splitlines()) == 1, result["msg"]
    assert [word for word in words if word not in result["msg"]] == []
    assert [name for name, problem in result["proxies"].items() if problem] == [address]


def test_a_proxy_that_learns_of_a_new_group_is_waited_for(run: Runner, proxies: list[FakeProxy]) -> None:
    grown(proxies[0])
    timer = threading.Timer(0.7, proxies[0].groups.append, ["RaftNode01"])
    timer.start()
    started = time.monotonic()
    result = check(run, places(proxies), wait=20)
    timer.join()
    assert not result["failed"], result
    assert time.monotonic() - started < 10
