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
from typing import NamedTuple

import pytest
from ansible_collections.rocketmq.cluster.plugins.module_utils._client import Broker
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import RocketMQError
from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _versions
from processes import Process, free_port, java_major

VERSIONS = ("4.7.1", "4.9.7", "5.5.0")
#: Without this one the broker does not start at all, so that nobody could miss the others.
NEEDED = "--add-opens=java.base/java.nio=ALL-UNNAMED"
TOPIC = "messages"
COUNT, BODY = 320, b"x" * 20_000
#: The whole of the day is the time to delete; DLedger keeps an hour in any case.
SETTINGS = {
    "brokerName": "expiry",
    "brokerIP1": "127.0.0.1",
    "enableDLegerCommitLog": "true",
    "dLegerGroup": "expiry",
    "dLegerSelfId": "n0",
    "mappedFileSizeCommitLog": str(1024 * 1024),
    "mappedFileSizeConsumeQueue": str(20 * 100),
    "deleteWhen": ";".join(f"{hour:02}" for hour in range(24)),
    "fileReservedTime": "0",
    "cleanResourceInterval": "1000",
}
OLD_SECONDS = 3 * 3600


class Store(NamedTuple):
    """The folder of a broker's store, with what expires in it."""

    folder: pathlib.Path

    def log(self) -> list[pathlib.Path]:
        return sorted((self.folder / "dledger-n0/data").glob("[0-9]*"))

    def index(self) -> list[pathlib.Path]:
        """Files of the topic's one queue."""
        return sorted((self.folder / "consumequeue" / TOPIC / "0").glob("[0-9]*"))


def until(condition: Callable[[], object], seconds: float, process: Process) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        process.check()
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def filled(process: Process, address: str) -> None:
    """As soon as it leads its group."""
    said = []

    def begun() -> bool:
        try:
            with Broker(address, 3) as broker:
                broker.create_topic(TOPIC)
                broker.send(TOPIC, BODY, "first")
        except RocketMQError as error:
            said.append(str(error))
            return False
        return True

    assert until(begun, 90, process), said[-1]
    with Broker(address, 10) as broker:
        for number in range(COUNT):
            broker.send(TOPIC, BODY, str(number))


@pytest.fixture
def started(
    request: pytest.FixtureRequest, homes: Callable[[str], pathlib.Path], tmp_path: pathlib.Path
) -> Iterator[tuple[Process, Store]]:
    version, opened = request.param
    port = free_port()
    store = Store(tmp_path / "store")
    places = {
        "listenPort": str(port),
        "namesrvAddr": f"127.0.0.1:{port - 1}",
        "dLegerPeers": f"n0-127.0.0.1:{port + 1}",
        "storePathRootDir": str(store.folder),
        "storePathCommitLog": str(store.folder / "commitlog"),
    }
    with Process("broker", version, homes(version), tmp_path, {**SETTINGS, **places}, opened) as process:
        filled(process, f"127.0.0.1:{port}")
        yield process, store


def expire(files: list[pathlib.Path]) -> set[str]:
    """All but the last, to which the broker writes."""
    old = time.time() - OLD_SECONDS
    for file in files[:-1]:
        os.utime(file, (old, old))
    return {str(file) for file in files[:-1]}


def planned(version: str) -> list[str]:
    return _versions.load(version).module_options(java_major(), "broker")


@pytest.mark.parametrize("started", [(version, planned(version)) for version in VERSIONS], ids=VERSIONS, indirect=True)
def test_expired_messages_are_deleted(started: tuple[Process, Store]) -> None:
    process, store = started
    index, expired = store.index(), expire(store.log())
    assert len(expired) > 4
    assert len(index) > 2

    def gone() -> bool:
        return not expired & ({str(file) for file in store.log()} | process.mapped(store.folder))

    began = time.monotonic()
    assert until(gone, 60, process), (store.log(), process.mapped(store.folder))
    seconds = time.monotonic() - began
    assert until(lambda: index[0] not in store.index(), 120, process), store.index()
    assert str(index[0]) not in process.mapped(store.folder)
    print(f"{len(expired)} files of the log after {seconds:.1f} s, of the queue after {time.monotonic() - began:.1f} s")


@pytest.mark.parametrize("started", [(version, [NEEDED]) for version in VERSIONS], ids=VERSIONS, indirect=True)
def test_without_the_options_they_stay(started: tuple[Process, Store]) -> None:
    process, store = started
    expired = expire(store.log())

    def kept() -> bool:
        return expired <= process.mapped(store.folder) & {str(file) for file in store.log()}

    assert kept()
    assert not until(lambda: not kept(), 20, process)
