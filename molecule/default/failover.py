"""Kills a leader with SIGKILL while the vendor's client sends, and judges what became of its messages."""

from __future__ import annotations

import json
import shutil
import time

import ledger
import mqadmin
from cluster import CACHE, FAILOVER, INSTANCES, NAMESRV, cluster_list, create_topic, host, host_of, wait_until_whole

GROUP = "RaftNode00"
# A dead leader is noticed after 6 s; the rest is for a loaded machine.
LIMIT_MS = 60_000


def main() -> None:
    folder = CACHE / "failover"
    shutil.rmtree(folder, ignore_errors=True)
    wait_until_whole()
    client = ledger.Client(NAMESRV, f"failover-{int(time.time())}", groups=list(INSTANCES), folder=folder)
    create_topic(client)
    leader = mqadmin.leaders(cluster_list(NAMESRV[0]))[GROUP]
    victim = host_of(leader)
    unit = f"rocketmq-broker@{INSTANCES[GROUP]}.service"
    with client.sending(rate=200):
        time.sleep(5)
        killed_ms = time.time_ns() // 1_000_000
        host(victim).check_output("systemctl kill --signal=SIGKILL %s", unit)
        elected = wait_for_new_leader(client, killed_ms, leader)
        wait_until_whole()
        ended_ms = time.time_ns() // 1_000_000
    verdict = client.compare()
    figures = {
        "group": GROUP,
        "killed": {"host": victim, "unit": unit, "address": leader},
        "new_leader": mqadmin.leaders(cluster_list(NAMESRV[0]))[GROUP],
        "new_leader_ms": elected,
        "longest_gap_ms": {group: gap.milliseconds for group, gap in client.gaps(killed_ms, ended_ms).items()},
        "acknowledged": verdict.acknowledged,
        "consumed": verdict.consumed,
        "lost": len(verdict.lost),
        "stored_twice": len(verdict.duplicated),
        "stored_without_acknowledgement": verdict.unacknowledged,
        "failed_sends": verdict.failed,
    }
    FAILOVER.write_text(json.dumps(figures, indent=2) + "\n")
    print(f"{GROUP}: {unit} on {victim} killed; new leader {figures['new_leader']}")
    print(f"known to the name servers after {sorted(elected.values())} ms; nothing acknowledged for")
    print(f"{figures['longest_gap_ms']} ms; {verdict}")
    assert verdict.good, verdict


def wait_for_new_leader(client: ledger.Client, killed_ms: int, old: str) -> dict[str, int]:
    """Milliseconds until each name server named another leader, as the client's own polling (10 a second) saw it."""
    while True:
        found = ledger.new_leader_ms(ledger.read_leaders(client.leaders), GROUP, killed_ms, old)
        if len(found) == len(NAMESRV):
            return found
        assert time.time_ns() // 1_000_000 < killed_ms + LIMIT_MS, f"no new leader of {GROUP} everywhere: {found}"
        time.sleep(0.2)


if __name__ == "__main__":
    main()
