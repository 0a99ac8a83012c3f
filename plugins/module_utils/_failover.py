# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A broker group that is about to lose a member, as its clients and the name servers see it.

All moments are milliseconds since the watch began, by the clock of the host that watches.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from ansible_collections.rocketmq.cluster.plugins.module_utils import _health, _offsets, _overview
from ansible_collections.rocketmq.cluster.plugins.module_utils._client import LEADER, Broker, Message, NameServer
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import (
    ConnectError,
    RequestTimeout,
    ResponseError,
    RocketMQError,
)

QUEUES = 4
#: Seconds after which a name server counts as silent.
_ASK_TIMEOUT = 1.0
#: Seconds for an attempt to send, and how many there are, as the vendor's clients have them by default.
_SEND_TIMEOUT = 3.0
_ATTEMPTS = 3
_RETRY_PAUSE = 0.1
#: Enough to go on sending while attempts wait for a host that answers no more.
_SENDERS = 64
_ASK_PAUSE = 0.1
_HEALTH_PAUSE = 0.5
#: The broker has the message, but not the safety that its settings want: clients do not send it again.
_STORED = (10, 11, 12)
_BATCH = 32
#: A new leader may have given queue offsets a second time: reading begins so many before the drill's own first.
_MARGIN = 1000
#: Seconds for messages to become readable behind what was read so far; after that the next offset is tried.
_READ_GRACE = 2.0
_READ_PAUSE = 0.05


class Clock:
    """Milliseconds since it was made, by a clock that nobody sets; ``start``: that moment since the epoch."""

    def __init__(self) -> None:
        # A loaded machine may pause between two looks at a clock: the look that took least counts.
        looks = [(time.monotonic(), time.time(), time.monotonic()) for _look in range(10)]
        self._zero, self.start, _after = min(looks, key=lambda look: look[2] - look[0])

    def now(self) -> float:
        return (time.monotonic() - self._zero) * 1000


class Acknowledged(NamedTuple):
    """One message; ``begun`` and ``ended`` are those of the attempt that succeeded."""

    number: int
    queue: int
    offset: int
    broker: str
    begun: float
    ended: float


class Failed(NamedTuple):
    """One attempt to send."""

    begun: float
    ended: float
    reason: str


class Named(NamedTuple):
    """From this moment on, a name server names the group's brokers so: id -> address; None: it does not answer."""

    at: float
    namesrv: str
    brokers: dict[int, str] | None


class _Working:
    """Threads that work until ``stop``."""

    def __init__(self, threads: Iterable[threading.Thread]) -> None:
        self._stopped = threading.Event()
        self._threads = list(threads)

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Lets what is on its way end."""
        self._stopped.set()
        for thread in self._threads:
            thread.join()


class NameServers(_Working):
    """Asks each of them several times a second, until ``stop``; a change is an entry in ``log``."""

    def __init__(self, clock: Clock, addresses: Sequence[str], group: str) -> None:
        super().__init__(threading.Thread(target=self._ask, args=(address,), daemon=True) for address in addresses)
        self.log: list[Named] = []
        self._clock = clock
        self._group = group
        self._now: dict[str, dict[int, str] | None] = dict.fromkeys(addresses)

    def leader(self) -> str:
        """Whom the first one that answers and knows one names; empty: nobody."""
        return next((brokers[LEADER] for brokers in self._now.values() if brokers and LEADER in brokers), "")

    def _ask(self, address: str) -> None:
        first = True
        with NameServer(address, _ASK_TIMEOUT) as server:
            while first or not self._stopped.wait(_ASK_PAUSE):
                found = self._look(server)
                if first or found != self._now[address]:
                    self._now[address] = found
                    self.log.append(Named(self._clock.now(), address, found))
                first = False

    def _look(self, server: NameServer) -> dict[int, str] | None:
        try:
            group = server.cluster_info().groups.get(self._group)
        except RocketMQError:
            return None
        return group.brokers if group else {}


class Senders(_Working):
    """Send numbered messages to whoever leads, as one client with many threads does, until ``stop``.

    A message is tried three times, each time at the leader that the name servers name then.
    """

    def __init__(self, clock: Clock, name_servers: NameServers, topic: str, run: str, rate: float) -> None:
        """``run``: what the bodies begin with; ``rate``: messages per second."""
        super().__init__(threading.Thread(target=self._send_all, daemon=True) for _number in range(_SENDERS))
        self.acknowledged: list[Acknowledged] = []
        self.failed: list[Failed] = []
        #: Messages that were given up.
        self.given_up: list[int] = []
        self._clock = clock
        self._name_servers = name_servers
        self._topic = topic
        self._run = run
        self._period = 1000 / rate
        self._due = 0.0
        self._numbers = itertools.count()
        self._turn = threading.Lock()

    def _send_all(self) -> None:
        with contextlib.ExitStack() as connections:
            brokers: dict[str, Broker] = {}

            def broker(address: str) -> Broker:
                if address not in brokers:
                    brokers[address] = connections.enter_context(Broker(address, _SEND_TIMEOUT))
                return brokers[address]

            while True:
                number, due = self._next()
                if self._stopped.wait(max(0.0, due - self._clock.now()) / 1000):
                    return
                self._send(number, broker)

    def _next(self) -> tuple[int, float]:
        """A number, and when it is to be sent: what was missed while all threads waited is not made up for."""
        with self._turn:
            self._due = max(self._due + self._period, self._clock.now())
            return next(self._numbers), self._due

    def _send(self, number: int, broker: Callable[[str], Broker]) -> None:
        for attempt in range(_ATTEMPTS):
            if attempt:
                time.sleep(_RETRY_PAUSE)
            begun = self._clock.now()
            leader = self._name_servers.leader()
            if not leader:
                self.failed.append(Failed(begun, begun, "no name server names a leader"))
                continue
            queue = number % QUEUES
            try:
                sent = broker(leader).send(self._topic, body(self._run, number), f"{self._run}{number:024X}", queue)
            except RocketMQError as error:
                self.failed.append(Failed(begun, self._clock.now(), reason(error)))
                if isinstance(error, ResponseError) and error.code in _STORED:
                    break
            else:
                ended = self._clock.now()
                self.acknowledged.append(Acknowledged(number, queue, sent.queue_offset, leader, begun, ended))
                return
        self.given_up.append(number)


def body(run: str, number: int) -> bytes:
    return f"{run} {number}".encode()


def number_of(run: str, found: bytes) -> int | None:
    """None for a message of another run."""
    start, _blank, number = found.partition(b" ")
    return int(number) if start == run.encode() and number.isdigit() else None


def reason(error: RocketMQError) -> str:
    """In a word or two, the same for all attempts that fail alike."""
    if isinstance(error, ConnectError):
        return error.cause
    if isinstance(error, RequestTimeout):
        return f"no answer within {error.seconds:g} s"
    if isinstance(error, ResponseError):
        return f"refused with code {error.code}"
    return type(error).__name__


class Health(_Working):
    """Asks all of the cluster what is not as planned, until nothing was for a while, or until ``stop``."""

    def __init__(self, clock: Clock, plan: _health.Plan, timeout: float, steady: float) -> None:
        """``timeout``: seconds per request; ``steady``: for how many seconds nothing may be wrong any more."""
        super().__init__([threading.Thread(target=self._watch, daemon=True)])
        #: When something was wrong for the first time, and when nothing was any more; None: never.
        self.broken: float | None = None
        self.whole: float | None = None
        self.problems: list[str] = []
        #: Whether all of the cluster has answered, or been waited for, once, and whether it was whole for long enough.
        self.looked = self.is_steady = False
        self._clock = clock
        self._plan = plan
        self._timeout = timeout
        self._steady = steady * 1000

    def _watch(self) -> None:
        before: _health.Marks = {}
        while not self._stopped.is_set():
            began = self._clock.now()
            overview = _overview.look(self._plan.namesrv, self._timeout, self._plan.addresses(), self._plan.controllers)
            problems = [found.problem for found in _health.judge(self._plan, overview, before)]
            before = _health.marks(self._plan, overview)
            now = self._clock.now()
            self.problems = problems
            if problems:
                self.broken = now if self.broken is None else self.broken
                self.whole = None
            elif self.broken is not None and self.whole is None:
                self.whole = now
            self.looked = True
            self.is_steady = self.whole is not None and now - self.whole >= self._steady
            if self.is_steady:
                # What a further look found would be no part of this failover any more.
                return
            self._stopped.wait(_health.pause(_HEALTH_PAUSE, (now - began) / 1000))


class Verdict(NamedTuple):
    """Numbers of messages: acknowledged and not there; there more than once; there and never acknowledged."""

    lost: list[int]
    duplicated: list[int]
    unacknowledged: list[int]


def compare(acknowledged: Iterable[int], stored: Iterable[int]) -> Verdict:
    """What was promised against what is there; ``stored`` has a number as often as it is there."""
    promised, copies = set(acknowledged), Counter(stored)
    return Verdict(
        sorted(promised - copies.keys()),
        sorted(number for number, count in copies.items() if count > 1),
        sorted(copies.keys() - promised),
    )


def ends(broker: Broker, topic: str) -> list[int]:
    """Of each queue, the offset that the next message gets. Raises RocketMQError."""
    return [_offset(broker, topic, queue, largest=True) for queue in range(QUEUES)]


def read_back(broker: Broker, topic: str, starts: Sequence[int], least: Mapping[int, int]) -> list[Message]:
    """All messages of the topic from about ``starts`` on; ``least``: queue -> an end that must be reached.

    Steps over offsets that lead to nothing. Raises RocketMQError.
    """
    found: list[Message] = []
    for queue, start in enumerate(starts):
        at = max(_offset(broker, topic, queue, largest=False), start - _MARGIN)
        end = max(_offset(broker, topic, queue, largest=True), least.get(queue, 0))
        patient_until = time.monotonic() + _READ_GRACE
        while at < end:
            messages = [one for one in broker.pull(topic, at, _BATCH, queue) if one.queue_offset >= at]
            if messages:
                found += messages
                at = messages[-1].queue_offset + 1
                patient_until = max(patient_until, time.monotonic() + _READ_GRACE) if at < end else patient_until
            elif time.monotonic() < patient_until:
                time.sleep(_READ_PAUSE)
            else:
                at += 1
    return found


def _offset(broker: Broker, topic: str, queue: int, largest: bool) -> int:
    request = _offsets.MAXIMUM if largest else _offsets.MINIMUM
    answer = broker.call(request, {"topic": topic, "queueId": queue})
    try:
        return int(answer.ext["offset"])
    except (KeyError, ValueError) as error:
        raise broker.unexpected(request, error) from None


class Ahead(NamedTuple):
    """By how many milliseconds a broker's clock is ahead of the watcher's, give or take ``within``."""

    milliseconds: float
    within: float


def ahead(clock: Clock, acknowledged: Iterable[Acknowledged], stored: Mapping[int, int]) -> Ahead | None:
    """``stored``: number -> when the broker stored it, by its own clock. None where they have no message in common.

    It was stored after its attempt began, and before it was acknowledged: the tightest of all bounds count.
    """
    zero = clock.start * 1000
    known = [(stored[sent.number] - zero, sent) for sent in acknowledged if sent.number in stored]
    if not known:
        return None
    low = max(at - sent.ended for at, sent in known)
    # Brokers write whole milliseconds, cut off.
    high = min(at + 1 - sent.begun for at, sent in known)
    return Ahead((low + high) / 2, abs(high - low) / 2)


def until(true: Callable[[], bool], seconds: float, pause: float = 0.05) -> bool:
    """Whether it became true in time."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True
