# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One process of a release on this machine: started with a configuration file, asked by the vendor's mqadmin, ended."""

from __future__ import annotations

import pathlib
import random
import re
import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

import mqadmin
from ansible_collections.rocketmq.cluster.plugins.module_utils import _failover
from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _files, _versions

#: Process -> main class, and what mqadmin says and takes to read its settings.
_STARTED = {
    "namesrv": ("namesrv.NamesrvStartup", "getNamesrvConfig", "-n"),
    "broker": ("broker.BrokerStartup", "getBrokerConfig", "-b"),
    "controller": ("controller.ControllerStartup", "getControllerConfig", "-a"),
}
_MEMORY = ("-Xms96m", "-Xmx192m", "-XX:MaxDirectMemorySize=128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
_SECONDS = 120


#: What a process needs to start beside nobody.
_ALWAYS = {
    "namesrv": {"listenPort": "{port}", "kvConfigPath": "{folder}/kvConfig.json"},
    "broker": {
        "listenPort": "{port}",
        "brokerIP1": "127.0.0.1",
        "brokerIP2": "127.0.0.1",
        "namesrvAddr": "127.0.0.1:{before}",
        "storePathRootDir": "{folder}/store",
        "storePathCommitLog": "{folder}/store/commitlog",
    },
    "controller": {
        "listenPort": "{port}",
        "controllerStorePath": "{folder}/store",
        "controllerDLegerGroup": "controllers",
        "controllerDLegerPeers": "n0-127.0.0.1:{port}",
        "controllerDLegerSelfId": "n0",
    },
}
#: What makes a broker the only member of a DLedger group, with ``enableDLegerCommitLog``.
DLEDGER = {"dLegerGroup": "brokers", "dLegerPeers": "n0-127.0.0.1:{next}", "dLegerSelfId": "n0"}


def java_major() -> int:
    said = subprocess.run(["java", "-version"], capture_output=True, text=True, check=True).stderr
    match = re.search(r'version "(?:1\.)?(\d+)', said)
    assert match, said
    return int(match[1])


def free_port() -> int:
    """A port with free ones around it, for a broker's HA (one more) and its fast port (two less).

    From below those that the kernel gives to connections: one of them could take a neighbour before it is used.
    """
    while True:
        port = random.randrange(20000, 32000)
        if all(_free(other) for other in range(port - 2, port + 2)):
            return port


def _free(port: int) -> bool:
    with socket.socket() as one:
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def placed(kind: str, folder: pathlib.Path, values: Mapping[str, str]) -> dict[str, str]:
    """``values`` and what a process of this kind needs, as they stand in its file.

    ``{port}`` is where it listens, ``{next}`` and ``{before}`` are free, ``{folder}`` is its own.
    """
    port = free_port()
    places = {"port": port, "next": port + 1, "before": port - 1, "folder": folder}
    return {key: text.format(**places) for key, text in {**_ALWAYS[kind], **values}.items()}


class Process:
    """A running process with a file of ``properties``. ``home`` has lib/ and conf/; ``folder`` is its own, and new.

    ``opened``: options of its JVM that open the JDK's own packages; by default those of the plan.
    """

    def __init__(
        self,
        kind: str,
        version: str,
        home: pathlib.Path,
        folder: pathlib.Path,
        properties: Mapping[str, str],
        opened: Sequence[str] | None = None,
    ) -> None:
        main, self._command, self._option = _STARTED[kind]
        self.address = f"127.0.0.1:{properties['listenPort']}"
        self._home = home
        release = _versions.load(version)
        self._open = release.module_options(java_major(), kind)
        self._log = folder / "output.log"
        file = folder / "process.conf"
        file.write_text(_files.configuration(file.name, properties), encoding="utf-8")
        line = ["java", *_MEMORY, *(self._open if opened is None else opened)]
        line += [f"-Drocketmq.home.dir={home}", *release.log_options(kind, str(home))]
        line += [f"-Duser.home={folder}", f"-Djava.io.tmpdir={folder}", f"-Drocketmq.log.dir={folder}"]
        line += ["-cp", f"{home}/lib/*", f"org.apache.rocketmq.{main}", "-c", str(file)]
        with self._log.open("wb") as log:
            self._java = subprocess.Popen(line, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._java.kill()
        self._java.wait()

    def mapped(self, folder: pathlib.Path) -> set[str]:
        """The files below ``folder`` that are in its memory, also those that are gone from the disk."""
        lines = pathlib.Path(f"/proc/{self._java.pid}/maps").read_text(encoding="utf-8").splitlines()
        paths = (line.split(maxsplit=5)[5] for line in lines if str(folder) in line)
        return {path.removesuffix(" (deleted)") for path in paths}

    def until(self, condition: Callable[[], object], seconds: float) -> bool:
        """Whether it became true in time. Raises AssertionError when the process has ended."""

        def alive_and_true() -> bool:
            if self._java.poll() is not None:
                raise AssertionError(f"it ended with status {self._java.returncode}:\n{self._last_lines()}")
            return bool(condition())

        return _failover.until(alive_and_true, seconds, 0.2)

    def settings(self) -> dict[str, str]:
        """What mqadmin reads from it, as soon as it answers."""
        arguments = [self._command, self._option, self.address]
        if self._option == "-b":
            arguments += ["-n", self.address]  # Not asked, but mqadmin wants one.
        said, errors, found = "", "", {}

        def answers() -> bool:
            nonlocal said, errors, found
            if self._listens():
                said, errors = mqadmin.run(str(self._home), self._open, *arguments)
                found = mqadmin.properties(said).get(self.address, {})
            return bool(found)

        assert self.until(answers, _SECONDS), f"it does not answer:\n{said}{errors}\n{self._last_lines()}"
        return found

    def _listens(self) -> bool:
        with socket.socket() as one:
            one.settimeout(1)
            host, _colon, port = self.address.partition(":")
            return one.connect_ex((host, int(port))) == 0

    def _last_lines(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")[-6000:]
