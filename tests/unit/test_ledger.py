"""The verdict on lost and duplicated messages: it has to be able to fail."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/clients"))

import ledger  # noqa: E402
from ledger import Consumed, Failed, Leader, Sent  # noqa: E402

SENT = [Sent(f"m{n}", "AB"[n % 2], 0, n // 2, 1000 + 10 * n) for n in range(10)]
READ = [Consumed(sent.id, sent.group, sent.queue, sent.offset) for sent in SENT]


def test_everything_came_back() -> None:
    verdict = ledger.compare(SENT, READ)
    assert verdict.good
    assert (verdict.acknowledged, verdict.consumed, verdict.lost, verdict.duplicated) == (10, 10, [], [])


def test_one_lost_message_fails_the_verdict() -> None:
    verdict = ledger.compare(SENT, READ[:4] + READ[5:])
    assert not verdict.good
    assert verdict.lost == ["m4"]


def test_one_message_stored_twice_fails_the_verdict() -> None:
    verdict = ledger.compare(SENT, [*READ, replace(READ[3], offset=99)])
    assert not verdict.good
    assert verdict.duplicated == ["m3"]


def test_the_same_place_read_twice_is_no_duplicate() -> None:
    assert ledger.compare(SENT, READ + READ).good


def test_nothing_sent_proves_nothing() -> None:
    assert not ledger.compare([], []).good


def test_an_attempt_without_acknowledgement_may_be_stored_or_not() -> None:
    failed = [Failed("x1", "A", 0, "RemotingTimeoutException", 1, 2), Failed("x2", "A", 0, "FLUSH_SLAVE_TIMEOUT", 1, 2)]
    verdict = ledger.compare(SENT, [*READ, Consumed("x1", "A", 0, 50)], failed)
    assert verdict.good
    assert verdict.unacknowledged == 1
    assert verdict.failed == {"RemotingTimeoutException": 1, "FLUSH_SLAVE_TIMEOUT": 1}


def test_the_longest_gap_is_per_group() -> None:
    late = [Sent("l", "A", 0, 9, 9000)]
    gaps = ledger.longest_gaps(SENT + late)
    assert gaps["A"] == ledger.Gap(9000 - 1080, 1080, 9000)
    assert gaps["B"].milliseconds == 20


def test_a_gap_begins_before_the_window_and_may_never_end() -> None:
    assert ledger.longest_gaps(SENT, since_ms=1085, until_ms=5000)["A"] == ledger.Gap(5000 - 1080, 1080, 5000)


def test_the_new_leader_is_not_the_old_one_nor_nobody() -> None:
    seen = [
        Leader(90, "ns1", "A", "old"),
        Leader(120, "ns1", "A", "none"),
        Leader(130, "ns1", "B", "new"),
        Leader(700, "ns1", "A", "new"),
        Leader(650, "ns2", "A", "old"),
    ]
    assert ledger.new_leader_ms(seen, "A", 100, "old") == {"ns1": 600}


def test_a_line_that_is_being_written_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "acknowledged.tsv"
    path.write_text("m1\tA\t0\t0\t1000\nm2\tA\t0\t1\t10")
    assert [sent.id for sent in ledger.read_sent(path)] == ["m1"]
    assert ledger.read_sent(tmp_path / "none") == []
