"""The verdict on messages of every kind: it has to be able to fail."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/clients"))

import kinds  # noqa: E402
from kinds import Event, Sent  # noqa: E402

VARIANTS = {
    "normal": ["any"],
    "ordered": ["0", "1"],
    "delayed": ["2", "3"],
    "transactional": ["commit", "rollback", "late", "never"],
}
SENT = [
    Sent(f"{kind}-{variant}-{number}", 1000 * number)
    for kind, variants in VARIANTS.items()
    for variant in variants
    for number in range(3)
]


def event(message: Sent) -> Event:
    kind, variant, number = message.key.split("-")
    took = int(kinds.DELAYS[variant] * 1000) + 200 if kind == "delayed" else 20
    return Event("received", message.key, message.started_ms + took, "A", int(variant == "1"), int(number))


GOOD = [
    *(event(message) for message in SENT if "-rollback-" not in message.key and "-never-" not in message.key),
    *(
        replace(event(message), what="checked")
        for message in SENT
        if "-late-" in message.key or "-never-" in message.key
    ),
]


def index(key: str, what: str = "received") -> int:
    return next(n for n, own in enumerate(GOOD) if (own.what, own.key) == (what, key))


def changed(key: str, **fields: object) -> list[Event]:
    at = index(key)
    return [*GOOD[:at], replace(GOOD[at], **fields), *GOOD[at + 1 :]]


def test_everything_came_as_promised() -> None:
    found = kinds.judge(SENT, GOOD)
    assert found.wrong == []
    assert found.sent == {"normal": 3, "ordered": 6, "delayed": 6, "transactional": 12}
    assert found.delays == {"2": (5.2, 5.2), "3": (10.2, 10.2)}
    assert (found.checked, found.again) == (6, 0)


def test_a_message_that_comes_again_is_counted_only() -> None:
    found = kinds.judge(SENT, [*GOOD, replace(GOOD[index("ordered-0-0")], at_ms=99999)])
    assert (found.wrong, found.again) == ([], 1)


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        (GOOD[1:], "normal-any-0 was never received"),
        ([*GOOD, event(Sent("transactional-rollback-1", 5))], "transactional-rollback-1 was received, but rolled back"),
        ([*GOOD, event(Sent("transactional-never-2", 5))], "transactional-never-2 was received, but rolled back"),
        ([*GOOD, event(Sent("normal-any-9", 5))], "normal-any-9 was received, but never acknowledged"),
        (GOOD[:-1], "transactional-never-2 was not asked about"),
        (changed("ordered-0-1", at_ms=5000), "ordered-0-2 came before ordered-0-1"),
        (changed("ordered-1-2", offset=0), "ordered-1-2 came before ordered-1-1"),
        (changed("ordered-1-2", queue=3), "shard 1 of the ordered messages is in several queues"),
        (changed("delayed-2-0", at_ms=4900), "messages of level 2 came after 4.9 to 5.2 s, not 5 s"),
        (changed("delayed-3-0", at_ms=41000), "messages of level 3 came after 10.2 to 41.0 s, not 10 s"),
    ],
)
def test_one_thing_wrong_is_one_sentence(events: list[Event], sentence: str) -> None:
    assert kinds.judge(SENT, events).wrong == [sentence]
