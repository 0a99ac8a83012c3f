"""Messages of every kind through the vendor's clients: normal, ordered, delayed, transactional.

found = run(["198.18.72.71:9876"], "kinds", cluster="RaftCluster", groups=["RaftNode00"], folder=Path("out"))
assert not found.wrong

`run` speaks the older protocol, to name servers, or to the remoting ports of proxies that have the topics already;
`run_grpc` speaks to proxies alone.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fcntl import LOCK_EX, flock
from pathlib import Path

import ledger

#: Seconds of the levels that the client uses (messageDelayLevel of brokers).
DELAYS = {"2": 5.0, "3": 10.0}
#: A message may be late by what a loaded machine takes.
LATE = 30.0
#: Kind -> the attribute message.type of its topic, by which proxies refuse messages of another kind.
MESSAGE_TYPES = {"normal": "NORMAL", "ordered": "FIFO", "delayed": "DELAY", "transactional": "TRANSACTION"}
_GRPC = Path(__file__).resolve().parent / "grpc"
#: Brokers ask what became of a transaction every 60 s (4.x) or 30 s (5.x).
DEADLINE = 240.0


@dataclass(frozen=True)
class Sent:
    """One acknowledged message; its key is KIND-VARIANT-NUMBER."""

    key: str
    started_ms: int


@dataclass(frozen=True)
class Event:
    """A message that a consumer got (`received`), or a question what became of a transaction (`checked`)."""

    what: str
    key: str
    at_ms: int
    group: str
    queue: int
    offset: int


@dataclass(frozen=True)
class Findings:
    """What came, and sentences about what is wrong with it."""

    wrong: list[str]
    #: Acknowledged messages by kind.
    sent: dict[str, int]
    #: Seconds between sending and receiving: least and most, by level.
    delays: dict[str, tuple[float, float]] = field(default_factory=dict)
    #: Transactions that brokers asked about.
    checked: int = 0
    #: Messages that a consumer got more than once, which any consumer has to bear.
    again: int = 0

    def __str__(self) -> str:
        delays = ", ".join(f"{DELAYS[level]:.0f} s took {a:.1f} to {b:.1f} s" for level, (a, b) in self.delays.items())
        sent = ", ".join(f"{count} {kind}" for kind, count in self.sent.items())
        return f"{sent}; delays of {delays}; {self.checked} transactions asked about; {self.again} received again"


def judge(sent: Iterable[Sent], events: Sequence[Event]) -> Findings:
    """What each kind of message promises against what consumers got."""
    started = {message.key: message.started_ms for message in sent}
    received: dict[str, list[Event]] = defaultdict(list)
    for event in sorted(events, key=lambda event: event.at_ms):
        if event.what == "received":
            received[event.key].append(event)
    checked = {event.key for event in events if event.what == "checked"}
    unwanted = {key for key in started if key.startswith(("transactional-rollback-", "transactional-never-"))}
    delays = _delays(started, received)
    wrong = [f"{key} was never received" for key in sorted(started.keys() - unwanted - received.keys())]
    wrong += [f"{key} was received, but rolled back" for key in sorted(unwanted & received.keys())]
    wrong += [f"{key} was received, but never acknowledged" for key in sorted(received.keys() - started.keys())]
    wrong += [
        f"{key} was not asked about"
        for key in sorted(started)
        if key.startswith(("transactional-late-", "transactional-never-")) and key not in checked
    ]
    wrong += _disorder(received)
    for level, (least, most) in delays.items():
        if least < DELAYS[level] or most > DELAYS[level] + LATE:
            wrong.append(f"messages of level {level} came after {least:.1f} to {most:.1f} s, not {DELAYS[level]:.0f} s")
    counts: dict[str, int] = defaultdict(int)
    for key in started:
        counts[key.split("-")[0]] += 1
    again = sum(len(own) - 1 for own in received.values())
    return Findings(wrong, dict(counts), delays, len(checked), again)


def _disorder(received: dict[str, list[Event]]) -> list[str]:
    """Ordered messages of one shard stand in one queue, and their numbers rise with their offsets and their arrival."""
    shards: dict[str, list[tuple[int, Event]]] = defaultdict(list)
    for key, own in received.items():
        kind, variant, number = key.rsplit("-", 2)
        if kind == "ordered":
            shards[variant].append((int(number), own[0]))
    wrong = []
    for shard, pairs in sorted(shards.items()):
        pairs.sort(key=lambda pair: pair[0])
        own = [event for _, event in pairs]
        if len({(event.group, event.queue) for event in own}) > 1:
            wrong.append(f"shard {shard} of the ordered messages is in several queues")
        for one, other in zip(own, own[1:]):
            if other.offset < one.offset or other.at_ms < one.at_ms:
                wrong.append(f"{other.key} came before {one.key}")
    return wrong


def _delays(started: dict[str, int], received: dict[str, list[Event]]) -> dict[str, tuple[float, float]]:
    seconds: dict[str, list[float]] = defaultdict(list)
    for key, own in received.items():
        kind, variant, _ = key.rsplit("-", 2)
        if kind == "delayed" and key in started:
            seconds[variant].append((own[0].at_ms - started[key]) / 1000)
    return {level: (min(own), max(own)) for level, own in sorted(seconds.items())}


def run(
    namesrv: Sequence[str],
    topic: str,
    *,
    cluster: str,
    groups: Sequence[str],
    folder: Path,
    count: int = 20,
    create: bool = True,
) -> Findings:
    """Sends `count` messages of each kind and variant to new topics, and judges what came of them.

    Without `create`, the topics are there (a proxy makes none): `topic` and a dash before each kind.
    """
    client = ledger.Client(namesrv, topic, groups=groups, folder=folder)
    sent, received = _fresh(folder)
    options = {"cluster": cluster, "count": count, "sent": sent, "received": received, "create": str(create).lower()}
    client.run("kinds", {**options, "deadline-ms": int(DEADLINE * 1000)}, timeout=DEADLINE + 120)
    return _judged(sent, received)


def run_grpc(
    endpoints: Sequence[str],
    topic: str,
    *,
    folder: Path,
    kinds: Sequence[str] = tuple(MESSAGE_TYPES),
    count: int = 20,
    pause_ms: int = 0,
    timeout_ms: int = 10_000,
) -> Findings:
    """The same through the gRPC ports of proxies; what nobody acknowledged is in `output`, and no failure."""
    sent, received = _fresh(folder)
    options = {"endpoints": ";".join(endpoints), "topic": topic, "kinds": ",".join(kinds), "count": count}
    options |= {"sent": sent, "received": received, "pause-ms": pause_ms, "timeout-ms": timeout_ms}
    options["deadline-ms"] = int(DEADLINE * 1000)
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    with (folder / "output").open("w") as output:
        # HOME: the client logs below it.
        done = subprocess.run(
            [str(_grpc_python()), str(_GRPC / "kinds_client.py"), *words],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=2 * DEADLINE + count * pause_ms / 1000,
            check=False,
            env={**os.environ, "HOME": str(folder)},
        )
    if done.returncode:
        raise ledger.ClientError(f"status {done.returncode}:\n{(folder / 'output').read_text()[-3000:]}")
    return _judged(sent, received)


def _fresh(folder: Path) -> tuple[Path, Path]:
    folder.mkdir(parents=True, exist_ok=True)
    files = folder.resolve() / "sent.tsv", folder.resolve() / "received.tsv"
    for file in files:
        file.unlink(missing_ok=True)
    return files


def _judged(sent: Path, received: Path) -> Findings:
    return judge(
        [Sent(key, int(at)) for key, at in ledger.rows(sent)],
        [
            Event(what, key, int(at), group, int(queue), int(offset))
            for what, key, at, group, queue, offset in ledger.rows(received)
        ],
    )


def _grpc_python() -> Path:
    """The Python that has the client of gRPC; its environment is made once for one list of requirements."""
    requirements = _GRPC / "requirements.txt"
    digest = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()[:16]
    folder = ledger.CACHE / f"grpc-{digest}"
    ledger.CACHE.mkdir(parents=True, exist_ok=True)
    with (ledger.CACHE / "grpc.lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
            pip = [str(folder / "bin/pip"), "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, "-r", str(requirements)], check=True)
            (folder / "complete").touch()
    return folder / "bin/python"
