"""Drives the vendor's Java client, which keeps a ledger outside the cluster, and gives the verdict.

    client = Client(["198.18.71.71:9876"], "proof", groups=["RaftNode00", "RaftNode01"], folder=Path("out"))
    client.create_topic("RaftCluster")
    client.send(1000)                      # or: with client.sending(rate=200): ...
    verdict = client.compare()             # reads everything back
    assert not verdict.lost

By hand: python3 tests/clients/ledger.py --namesrv ADDRESS:9876 --cluster RaftCluster --groups RaftNode00,RaftNode01
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from fcntl import LOCK_EX, flock
from pathlib import Path

SOURCES = Path(__file__).resolve().parent / "java"
CACHE = Path(__file__).resolve().parents[2] / ".cache/clients"

# What netty and the memory mapping of 4.x reach for on JDK 9 and later.
JAVA_OPTIONS = [
    "-Xmx128m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
]


class ClientError(Exception):
    """The client itself failed: no verdict on the cluster."""


@dataclass(frozen=True)
class Sent:
    """One acknowledged message, as the ledger has it."""

    id: str
    group: str
    queue: int
    offset: int
    at_ms: int


@dataclass(frozen=True)
class Failed:
    """One attempt nobody acknowledged; the message may have been stored all the same."""

    id: str
    group: str
    queue: int
    outcome: str
    started_ms: int
    ended_ms: int


@dataclass(frozen=True)
class Consumed:
    id: str
    group: str
    queue: int
    offset: int


@dataclass(frozen=True)
class Leader:
    """From this moment one name server named this address as the group's leader; `none`: it knew of none."""

    at_ms: int
    namesrv: str
    group: str
    address: str


@dataclass(frozen=True)
class Gap:
    """The longest time one group acknowledged nothing."""

    milliseconds: int = 0
    from_ms: int = 0
    until_ms: int = 0


@dataclass(frozen=True)
class Verdict:
    acknowledged: int
    consumed: int
    lost: list[str]
    duplicated: list[str]
    unacknowledged: int
    failed: dict[str, int] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        """Everything acknowledged was read, and there was something to read."""
        return self.acknowledged > 0 and not self.lost and not self.duplicated

    def __str__(self) -> str:
        return (
            f"{self.acknowledged} acknowledged, {self.consumed} consumed, {len(self.lost)} lost {self.lost[:5]}, "
            f"{len(self.duplicated)} stored twice {self.duplicated[:5]}, {self.unacknowledged} stored without "
            f"an acknowledgement, failed sends {self.failed or 'none'}"
        )


def compare(ledger: Iterable[Sent], consumed: Iterable[Consumed], failed: Iterable[Failed] = ()) -> Verdict:
    """What the ledger promises against what the cluster gave back.

    Reading the same place twice is the reader's business; the same message at two places is the cluster's.
    """
    acknowledged = {message.id for message in ledger}
    places = {(message.id, message.group, message.queue, message.offset) for message in consumed}
    copies = Counter(place[0] for place in places)
    return Verdict(
        acknowledged=len(acknowledged),
        consumed=len(copies),
        lost=sorted(acknowledged - copies.keys()),
        duplicated=sorted(id_ for id_, count in copies.items() if count > 1),
        unacknowledged=len(copies.keys() - acknowledged),
        failed=dict(Counter(attempt.outcome for attempt in failed)),
    )


def longest_gaps(ledger: Iterable[Sent], since_ms: int = 0, until_ms: int = 0) -> dict[str, Gap]:
    """Per group: the longest time between two acknowledged sends; `until_ms` counts a group that never came back."""
    times: dict[str, list[int]] = {}
    for message in ledger:
        times.setdefault(message.group, []).append(message.at_ms)
    gaps = {}
    for group, moments in sorted(times.items()):
        ordered = sorted(moments)
        # The last acknowledgement before the window is where its first gap begins.
        start = max((moment for moment in ordered if moment <= since_ms), default=ordered[0])
        ordered = [moment for moment in ordered if moment >= start] + ([until_ms] if until_ms else [])
        pairs = zip(ordered, ordered[1:])
        gaps[group] = max((Gap(b - a, a, b) for a, b in pairs), key=lambda gap: gap.milliseconds, default=Gap())
    return gaps


def new_leader_ms(leaders: Iterable[Leader], group: str, since_ms: int, old: str) -> dict[str, int]:
    """Per name server: milliseconds from `since_ms` until it named another leader of the group than `old`."""
    found: dict[str, int] = {}
    for change in sorted(leaders, key=lambda change: change.at_ms):
        if change.group == group and change.at_ms >= since_ms and change.address not in ("none", old):
            found.setdefault(change.namesrv, change.at_ms - since_ms)
    return found


def read_sent(path: Path) -> list[Sent]:
    return [Sent(id_, group, int(queue), int(offset), int(at)) for id_, group, queue, offset, at in rows(path)]


def read_failed(path: Path) -> list[Failed]:
    return [Failed(id_, group, int(queue), what, int(a), int(b)) for id_, group, queue, what, a, b in rows(path)]


def read_leaders(path: Path) -> list[Leader]:
    return [Leader(int(at), namesrv, group, address) for at, namesrv, group, address in rows(path)]


def read_consumed(path: Path) -> list[Consumed]:
    return [Consumed(id_, group, int(queue), int(offset)) for id_, group, queue, offset in rows(path)]


def rows(path: Path) -> Iterator[list[str]]:
    if path.exists():
        # A last line without its end is being written right now.
        for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
            if line.endswith("\n"):
                yield line.rstrip("\n").split("\t")


def build() -> list[Path]:
    """The class path of the Java client; compiled once for one state of its sources."""
    sources = sorted(path for path in SOURCES.rglob("*") if path.suffix in (".java", ".xml"))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    folder = CACHE / f"java-{digest}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "java.lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not folder.exists():
            fresh = folder.with_suffix(".new")
            shutil.rmtree(fresh, ignore_errors=True)
            _run(
                ["mvn", "-q", "-B", "-f", str(SOURCES / "pom.xml"), "dependency:copy-dependencies"],
                [f"-DoutputDirectory={fresh / 'lib'}", "-DincludeScope=runtime"],
            )
            _run(
                ["javac", "--release", "8", "-Xlint:-options,-deprecation"],
                ["-cp", f"{fresh}/lib/*", "-d", f"{fresh}/classes", *(str(p) for p in sources if p.suffix == ".java")],
            )
            fresh.rename(folder)
    return [folder / "classes", folder / "lib" / "*"]


class Client:
    """One topic, one ledger; every call runs the Java program once."""

    def __init__(
        self,
        namesrv: Sequence[str],
        topic: str,
        *,
        groups: Sequence[str],
        folder: Path,
        timeout_ms: int = 3000,
        route_ms: int = 1000,
    ) -> None:
        """`route_ms`: how often the client asks for the route; its own default, 30000, hides the cluster's time."""
        self.topic = topic
        self.folder = folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ledger = self.folder / "acknowledged.tsv"
        self.failed = self.folder / "failed.tsv"
        self.consumed = self.folder / "consumed.tsv"
        self.leaders = self.folder / "leaders.tsv"
        self._common = {
            "namesrv": ";".join(namesrv),
            "topic": topic,
            "groups": ",".join(groups),
            "timeout-ms": timeout_ms,
            "route-ms": route_ms,
        }

    def create_topic(self, cluster: str, queues: int = 4) -> None:
        """Creates the topic on the leader of every group and waits until each can be written to.

        Followers copy topics only every 10 seconds: give them that before taking a leader away.
        """
        self.run("create-topic", {"cluster": cluster, "queues": queues}, timeout=90)

    def send(self, count: int, rate: float = 0, size: int = 128) -> list[Sent]:
        """`count` attempts over all groups, at most `rate` a second (0: as fast as they are acknowledged)."""
        before = len(read_sent(self.ledger))
        self.run("send", self._sending(count, rate, size), timeout=300 + (count / rate if rate else 0))
        return read_sent(self.ledger)[before:]

    @contextlib.contextmanager
    def sending(self, rate: float = 200, size: int = 128) -> Iterator[None]:
        """Sends while the block runs, and writes down who leads; entered once every group acknowledges."""
        before = len(read_sent(self.ledger))
        with self._start("send", self._sending(0, rate, size)) as process:
            try:
                self._wait_for_groups(process, before)
                yield
            finally:
                assert process.stdin is not None
                process.stdin.close()
                status = process.wait(timeout=60)
        self._check("send", status)

    def compare(self, idle: float = 10, deadline: float = 180) -> Verdict:
        """Reads the whole topic anew and judges it against the ledger."""
        self.consumed.unlink(missing_ok=True)
        own = {
            "ledger": self.ledger,
            "consumed": self.consumed,
            "group": f"ledger-{self._common['topic']}",
            "idle-ms": int(idle * 1000),
            "deadline-ms": int(deadline * 1000),
        }
        self.run("consume", own, timeout=deadline + 90)
        return compare(read_sent(self.ledger), read_consumed(self.consumed), read_failed(self.failed))

    def gaps(self, since_ms: int = 0, until_ms: int = 0) -> dict[str, Gap]:
        return longest_gaps(read_sent(self.ledger), since_ms, until_ms)

    def _sending(self, count: int, rate: float, size: int) -> dict[str, object]:
        files = {"ledger": self.ledger, "failed": self.failed, "leaders": self.leaders}
        return {**files, "count": count, "rate": rate, "size": size}

    def _wait_for_groups(self, process: subprocess.Popen[str], before: int) -> None:
        wanted = set(str(self._common["groups"]).split(","))
        deadline = time.monotonic() + 90
        while wanted - {message.group for message in read_sent(self.ledger)[before:]}:
            if process.poll() is not None or time.monotonic() > deadline:
                raise ClientError(f"not every group of {sorted(wanted)} acknowledges:\n{self._last_words('send')}")
            time.sleep(0.2)

    def run(self, command: str, options: dict[str, object], timeout: float) -> None:
        """Runs the Java program to its end; `options` are added to those of every command."""
        with self._start(command, options) as process:
            try:
                status = process.wait(timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                raise ClientError(f"{command} not done in {timeout:.0f} s:\n{self._last_words(command)}") from None
        self._check(command, status)

    def _start(self, command: str, options: dict[str, object]) -> subprocess.Popen[str]:
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        logs = [f"-Duser.home={home}", f"-Djava.io.tmpdir={home}", f"-Drocketmq.client.logRoot={self.folder / 'log'}"]
        class_path = ":".join(str(path) for path in build())
        words = [word for name, value in {**self._common, **options}.items() for word in (f"--{name}", str(value))]
        with (self.folder / f"{command}.out").open("w") as output:
            return subprocess.Popen(
                ["java", *JAVA_OPTIONS, *logs, "-cp", class_path, "ledger.LedgerClient", command, *words],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
            )

    def _check(self, command: str, status: int) -> None:
        if status:
            raise ClientError(f"{command} ended with status {status}:\n{self._last_words(command)}")

    def _last_words(self, command: str) -> str:
        return "".join((self.folder / f"{command}.out").read_text().splitlines(keepends=True)[-15:])


def _run(program: list[str], arguments: list[str]) -> None:
    command = [*program, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C.UTF-8"})
    if done.returncode:
        raise ClientError(f"`{' '.join(command)}` failed:\n{(done.stdout + done.stderr)[-2000:]}")


def main() -> int:
    parser = argparse.ArgumentParser(description="Send, read back, compare.")
    parser.add_argument("--namesrv", required=True, help="addresses, separated by semicolons or commas")
    parser.add_argument("--cluster", required=True)
    parser.add_argument("--groups", required=True, help="broker names, separated by commas")
    parser.add_argument("--topic", default=f"ledger-{int(time.time())}")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=0)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="ledger-"))
    namesrv = arguments.namesrv.replace(",", ";").split(";")
    client = Client(namesrv, arguments.topic, groups=arguments.groups.split(","), folder=folder)
    client.create_topic(arguments.cluster)
    client.send(arguments.count, arguments.rate)
    verdict = client.compare()
    gaps = {group: gap.milliseconds for group, gap in client.gaps().items()}
    print(json.dumps({**asdict(verdict), "longest_gap_ms": gaps, "folder": str(folder)}, indent=2))
    return 0 if verdict.good else 1


if __name__ == "__main__":
    raise SystemExit(main())
