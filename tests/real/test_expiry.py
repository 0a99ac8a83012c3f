# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Expired messages of a DLedger broker leave the disk and its memory with the JVM's options of the plan, not without.

apache/rocketmq#8903 and #9854: RocketMQ gives a file's memory back through the JDK's own packages, and keeps the file
when it cannot.
"""

from __future__ import annotations

import os
import pathlib
import time
from collections.abc import Callable, Iterator

import pytest
from ansible_collections.rocketmq.cluster.plugins.module_utils._client import Broker
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import RocketMQError
from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _versions
from processes import DLEDGER, Process, java_major, placed

VERSIONS = ("4.7.1", "4.9.7", "5.5.0")
#: Without this one the broker does not start at all, so that nobody could miss the others.
NEEDED = "--add-opens=java.base/java.nio=ALL-UNNAMED"
TOPIC = "messages"
COUNT, BODY = 320, b"x" * 20_000
#: The whole of the day is the time to delete; DLedger keeps an hour in any case.
SETTINGS = {
    "enableDLegerCommitLog": "true",
    "mappedFileSizeCommitLog": str(1024 * 1024),
    "mappedFileSizeConsumeQueue": str(20 * 100),
    "deleteWhen": ";".join(f"{hour:02}" for hour in range(24)),
    "fileReservedTime": "0",
    "cleanResourceInterval": "1000",
}
OLD_SECONDS = 3 * 3600


def log(store: pathlib.Path) -> list[pathlib.Path]:
    return sorted((store / "dledger-n0/data").glob("[0-9]*"))


def index(store: pathlib.Path) -> list[pathlib.Path]:
    """Files of the topic's one queue."""
    return sorted((store / "consumequeue" / TOPIC / "0").glob("[0-9]*"))


def fill(process: Process) -> None:
    """As soon as it leads its group."""
    said = []

    def begun() -> bool:
        try:
            with Broker(process.address, 3) as broker:
                broker.create_topic(TOPIC)
                broker.send(TOPIC, BODY, "first")
        except RocketMQError as error:
            said.append(str(error))
            return False
        return True

    assert process.until(begun, 90), said[-1]
    with Broker(process.address, 10) as broker:
        for number in range(COUNT):
            broker.send(TOPIC, BODY, str(number))


@pytest.fixture
def started(
    request: pytest.FixtureRequest, homes: Callable[[str], pathlib.Path], tmp_path: pathlib.Path
) -> Iterator[tuple[Process, pathlib.Path]]:
    version, opened = request.param
    written = placed("broker", tmp_path, {**DLEDGER, **SETTINGS})
    with Process("broker", version, homes(version), tmp_path, written, opened) as process:
        fill(process)
        yield process, tmp_path / "store"


def expire(files: list[pathlib.Path]) -> set[str]:
    """All but the last, to which the broker writes."""
    old = time.time() - OLD_SECONDS
    for file in files[:-1]:
        os.utime(file, (old, old))
    return {str(file) for file in files[:-1]}


def planned(version: str) -> list[str]:
    return _versions.load(version).module_options(java_major(), "broker")


@pytest.mark.parametrize("started", [(version, planned(version)) for version in VERSIONS], ids=VERSIONS, indirect=True)
def test_expired_messages_are_deleted(started: tuple[Process, pathlib.Path]) -> None:
    process, store = started
    first, *others = index(store)
    expired = expire(log(store))
    assert len(expired) > 4
    assert len(others) > 1

    def gone() -> bool:
        return not expired & ({str(file) for file in log(store)} | process.mapped(store))

    began = time.monotonic()
    assert process.until(gone, 60), (log(store), process.mapped(store))
    seconds = time.monotonic() - began
    assert process.until(lambda: first not in index(store), 120), index(store)
    assert str(first) not in process.mapped(store)
    print(f"{len(expired)} files of the log after {seconds:.1f} s, of the queue after {time.monotonic() - began:.1f} s")


@pytest.mark.parametrize("started", [(version, [NEEDED]) for version in VERSIONS], ids=VERSIONS, indirect=True)
def test_without_the_options_they_stay(started: tuple[Process, pathlib.Path]) -> None:
    process, store = started
    expired = expire(log(store))

    def kept() -> bool:
        return expired <= process.mapped(store) & {str(file) for file in log(store)}

    assert kept()
    assert not process.until(lambda: not kept(), 20)
