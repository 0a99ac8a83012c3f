"""The verdict of the application that works during an operation."""

from __future__ import annotations

from pathlib import Path

import pytest
from application import Application

SENT = "a\tA\t0\t0\t1000\nb\tB\t0\t0\t1200\nc\tA\t0\t1\t4200\n"
READ = "a\tA\t0\t0\nb\tB\t0\t0\nc\tA\t0\t1\n"


@pytest.fixture
def application(tmp_path: Path) -> Application:
    found = Application(["192.0.2.1:9876"], "orders", groups=["A", "B"], folder=tmp_path)
    found.ledger.write_text(SENT)
    found.consumed.write_text(READ)
    return found


def test_everything_is_there(application: Application) -> None:
    verdict = application.verdict()
    assert verdict.unharmed
    assert (verdict.acknowledged, verdict.consumed) == (3, 3)
    # Over all groups: a client goes to another one.
    assert verdict.gap.milliseconds == 3000


def test_a_message_that_nobody_consumed(application: Application) -> None:
    application.consumed.write_text(READ.replace("b\tB\t0\t0\n", ""))
    verdict = application.verdict()
    assert verdict.lost == ["b"]
    assert not verdict.unharmed


def test_a_message_that_came_twice(application: Application) -> None:
    application.consumed.write_text(READ + "c\tB\t0\t7\n")
    assert application.verdict().unharmed


def test_a_send_that_failed(application: Application) -> None:
    application.failed.write_text("d\t\t0\tMQBrokerException 14\t1300\t1400\n")
    verdict = application.verdict()
    assert [failed.outcome for failed in verdict.failed] == ["MQBrokerException 14"]
    assert not verdict.unharmed


def test_nothing_was_sent(application: Application) -> None:
    application.ledger.write_text("")
    assert not application.verdict().unharmed
