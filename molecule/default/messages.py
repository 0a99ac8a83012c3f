"""What a cluster acknowledged is in it."""

from __future__ import annotations

from collections.abc import Collection

import ledger


def are_given_back(client: ledger.Client, groups: Collection[str], count: int = 300) -> None:
    """Sends to a topic without messages, and reads everything back from all groups."""
    sent = client.send(count, rate=200)
    verdict = client.compare()
    assert verdict.good, verdict
    # On a small machine a broker may be busy and say so (2): that is no acknowledgement. Nothing else is refused.
    assert set(verdict.failed) <= {"MQBrokerException 2"}, verdict
    assert verdict.acknowledged == count - sum(verdict.failed.values()) >= 0.95 * count, verdict
    assert {message.group for message in sent} == set(groups)
