"""An application that sends and consumes all the time, by the vendor's client with nothing of it set but its addresses.

application = Application(["198.18.71.71:9876"], "orders", groups=["RaftNode00", "RaftNode01"], folder=Path("out"))
application.create_topic("RaftCluster")
with application.unharmed():
    ...
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass

from ledger import Client, ClientError, Failed, Gap, compare, longest_gaps, read_consumed, read_failed, read_sent

#: For the last messages: a consumer asks for its route every 30 s, and shares queues out every 20 s.
_CONSUMED_SECONDS = 90


@dataclass(frozen=True)
class Verdict:
    """What the application saw. A message that the client sent again after a time-out may be there twice."""

    acknowledged: int
    consumed: int
    #: Acknowledged and never consumed.
    lost: list[str]
    #: Sends that failed after the client's own retries.
    failed: list[Failed]
    #: The longest time between two acknowledgements.
    gap: Gap

    @property
    def unharmed(self) -> bool:
        return self.acknowledged > 0 and not self.lost and not self.failed

    def __str__(self) -> str:
        return (
            f"{self.acknowledged} acknowledged, {self.consumed} consumed, {len(self.lost)} lost {self.lost[:5]}, "
            f"{len(self.failed)} failed {self.failed[:3]}, nothing acknowledged for {self.gap.milliseconds} ms at most"
        )


class Application(Client):
    """One topic, one producer, one consumer group."""

    @contextlib.contextmanager
    def working(self, rate: float = 50) -> Iterator[None]:
        """Works while the block runs; entered once something was consumed."""
        for file in (self.ledger, self.failed, self.consumed):
            file.unlink(missing_ok=True)
        files = {"ledger": self.ledger, "failed": self.failed, "consumed": self.consumed}
        with self._start("application", {**files, "rate": rate, "deadline-ms": _CONSUMED_SECONDS * 1000}) as process:
            try:
                deadline = time.monotonic() + 90
                while not read_consumed(self.consumed):
                    if process.poll() is not None or time.monotonic() > deadline:
                        raise ClientError(f"nothing is consumed:\n{self._last_words('application')}")
                    time.sleep(0.2)
                yield
            finally:
                assert process.stdin is not None
                process.stdin.close()
                status = process.wait(timeout=_CONSUMED_SECONDS + 60)
        self._check("application", status)

    @contextlib.contextmanager
    def unharmed(self) -> Iterator[None]:
        """Works while the block runs; in the end no send failed, and all that was acknowledged was consumed."""
        with self.working():
            yield
        verdict = self.verdict()
        print(f"{self.topic}: {verdict}")
        assert verdict.unharmed, verdict

    def verdict(self) -> Verdict:
        sent, failed = read_sent(self.ledger), read_failed(self.failed)
        found = compare(sent, read_consumed(self.consumed))
        everywhere = [message.__class__(message.id, "", 0, 0, message.at_ms) for message in sent]
        gap = longest_gaps(everywhere).get("", Gap())
        return Verdict(found.acknowledged, found.consumed, found.lost, failed, gap)
