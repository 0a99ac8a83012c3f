"""Runs site.yml with a changed setting on the living cluster while the vendor's client sends.

The members of the changed group restart, one after the other, and nothing else; what was acknowledged meanwhile is
there.
"""

from __future__ import annotations

import shutil
import time

import ledger
from cluster import (
    ADDRESSES,
    CACHE,
    INSTANCES,
    NAMESRV,
    broker_addresses,
    broker_config,
    create_topic,
    in_parallel,
    invocations,
    wait_until_whole,
)
from runs import converge, resized

GROUP = "RaftNode01"
SIZE = 2097152


def main() -> None:
    folder = CACHE / "reconfigure"
    shutil.rmtree(folder, ignore_errors=True)
    wait_until_whole()
    before = invocations()
    client = ledger.Client(NAMESRV, f"reconfigure-{int(time.time())}", groups=list(INSTANCES), folder=folder)
    create_topic(client)
    started = time.monotonic()
    with client.sending(rate=100):
        converge(resized(GROUP, SIZE))
        seconds = time.monotonic() - started
        wait_until_whole()
    after = invocations()
    restarted = {unit for unit, invocation in after.items() if before[unit] != invocation}
    assert restarted == {f"{name} rocketmq-broker@{INSTANCES[GROUP]}.service" for name in ADDRESSES}, restarted
    live = in_parallel(broker_config, sorted(broker_addresses(GROUP)))
    assert {config["maxMessageSize"] for config in live.values()} == {str(SIZE)}, live
    verdict = client.compare()
    assert verdict.good, verdict
    print(f"maxMessageSize={SIZE} of {GROUP} applied in {seconds:.0f} s, only its three members restarted; {verdict}")


if __name__ == "__main__":
    main()
