"""Brokers of their own on a host, all of whose messages have expired: are the files deleted, and let go of?

Their settings and JVM options are those of the broker that the scenario deployed there, but for names, places, sizes
and the hour.
"""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from cluster import ADDRESSES, INSTANCES, host

sys.path.append(str(Path(__file__).resolve().parents[2] / ".ansible/collections"))

from ansible_collections.rocketmq.cluster.plugins.module_utils import _client
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import RocketMQError

INSTANCE = next(iter(INSTANCES.values()))
TOPIC = "expiry"
FILE_SIZE = 1024 * 1024
MESSAGE_SIZE = 100 * 1024
#: Enough for four files and one that is still written to.
MESSAGES = 45
#: Older than any fileReservedTime.
AGE = "9 days ago"
SECONDS = 90

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Files:
    """What is left of the files that have expired: on the disk, and in the memory map of the broker."""

    on_disk: list[str]
    mapped: list[str]

    @property
    def gone(self) -> bool:
        return not self.on_disk and not self.mapped


class Broker:
    """A DLedger group of one, known to no name server."""

    def __init__(self, on: str, port: int, keeps: Callable[[str], bool]) -> None:
        """``keeps`` chooses among the options that open the JDK to the broker."""
        self._host = host(on)
        self._address = f"{ADDRESSES[on]}:{port}"
        self._unit = f"expiry-{port}"
        self._folder = f"/var/lib/rocketmq-{self._unit}"
        self._keeps = keeps
        self._port = port
        self.expired: list[str] = []

    def start(self) -> None:
        folder = self._folder
        environment = _assignments(self._read(f"/etc/rocketmq/broker-{INSTANCE}.env"))
        options = [
            option for option in environment["JAVA_OPTIONS"].split() if self._keeps(option) or not _opens(option)
        ]
        hour = int(self._host.check_output("date +%H"))
        peer = f"n0-{self._address.partition(':')[0]}:{self._port + 10000}"
        settings = {
            **_assignments(self._read(f"/etc/rocketmq/broker-{INSTANCE}.conf")),
            "brokerName": self._unit,
            "brokerClusterName": self._unit,
            "dLegerGroup": self._unit,
            "dLegerPeers": peer,
            "dLegerSelfId": "n0",
            "listenPort": str(self._port),
            # Nobody listens there: this broker is none of the cluster's.
            "namesrvAddr": "127.0.0.1:1",
            "storePathRootDir": f"{folder}/store",
            "mappedFileSizeCommitLog": str(FILE_SIZE),
            "deleteWhen": f"{hour:02};{(hour + 1) % 24:02}",
        }
        text = "".join(f"{key}={value}\n" for key, value in settings.items())
        java = [f"{environment['JAVA_HOME']}/bin/java", *options, "-cp", f"{environment['ROCKETMQ_HOME']}/lib/*"]
        java = [word.replace(f"/var/lib/rocketmq/{INSTANCE}", folder) for word in java]
        java = [word.replace(f"/var/log/rocketmq/{INSTANCE}", f"{folder}/log") for word in java]
        command = ["systemd-run", f"--unit={self._unit}", "--uid=rocketmq", "--gid=rocketmq", "--collect", "--quiet"]
        command += [f"--working-directory={folder}", f"--setenv=ROCKETMQ_HOME={environment['ROCKETMQ_HOME']}"]
        command += [*java, "org.apache.rocketmq.broker.BrokerStartup", "-c", f"{folder}/broker.conf"]
        steps = [
            f"mkdir -p {folder}/tmp {folder}/log {folder}/store",
            f"printf %s {shlex.quote(text)} > {folder}/broker.conf",
            f"chown -R rocketmq: {folder}",
            shlex.join(command),
        ]
        self._host.check_output(" && ".join(steps))

    def fill(self) -> None:
        """Until there are files that nobody writes to any more."""
        with _client.Broker(self._address, 10) as broker:
            _insist(lambda: broker.create_topic(TOPIC))
            for number in range(MESSAGES):
                _insist(lambda key=str(number): broker.send(TOPIC, os.urandom(MESSAGE_SIZE), key))
        found = self._host.check_output(f"find {self._folder}/store/dledger-n0/data -type f | sort").split()
        self.expired = found[:-1]
        assert len(self.expired) >= 4, found
        assert self.files() == Files(self.expired, self.expired), "the control: there, and mapped"

    def expire(self) -> None:
        """As if all of it had been written long ago. What is flushed late becomes young again, so more than once."""
        self._host.run(f"touch --no-create --date={shlex.quote(AGE)} {' '.join(self.expired)}")

    def files(self) -> Files:
        paths = " ".join(self.expired)
        on_disk = self._host.run(f"ls {paths} 2>/dev/null").stdout.split()
        pid = self._host.check_output("systemctl show --value --property MainPID %s", self._unit)
        maps = self._host.check_output("cat /proc/%s/maps", pid)
        return Files(on_disk, [path for path in self.expired if path in maps])

    def remove(self) -> None:
        self._host.run("systemctl kill --signal=SIGKILL %s", self._unit)
        self._host.run("systemctl stop %s", self._unit)
        self._host.check_output("rm -rf %s", self._folder)

    def _read(self, path: str) -> str:
        return self._host.check_output("cat %s", path)


#: Options without which a release does not even start: netty's in 4.7.1 and 4.8.0.
STARTS_WITH = {"4.7.1": "java.nio=", "4.8.0": "java.nio="}


def prove(version: str) -> None:
    """With our options the files are deleted and unmapped; without them none is."""
    ours = Broker("rmq77", 10971, keeps=lambda option: True)
    control = Broker("rmq77", 10981, keeps=lambda option: STARTS_WITH.get(version, "(none)") in option)
    try:
        for broker in (ours, control):
            broker.start()
        for broker in (ours, control):
            broker.fill()
        deadline = time.monotonic() + SECONDS
        while not ours.files().gone:
            assert time.monotonic() < deadline, ours.files()
            for broker in (control, ours):
                broker.expire()
            time.sleep(1)
        # It has had the same time.
        assert control.files().mapped == control.expired, control.files()
    finally:
        for broker in (ours, control):
            broker.remove()


def _opens(option: str) -> bool:
    return option.startswith(("--add-opens", "--add-exports"))


def _assignments(text: str) -> dict[str, str]:
    lines = (line.partition("=") for line in text.splitlines() if not line.startswith("#"))
    return {key: value.strip('"') for key, _, value in lines}


def _insist(request: Callable[[], Answer]) -> Answer:
    """While a broker boots and elects itself it refuses."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return request()
        except RocketMQError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
