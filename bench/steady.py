"""Load for an hour while nothing dies: a controller that is too impatient switches masters all the same."""

from __future__ import annotations

import shutil
import time

from lab._shell import LabError, say
from tests.clients import ledger

from . import _cluster
from ._benchmark import Benchmark, Measurements, Row

MINUTES = 60
RATE = 100
STEADY = 3


def measure(minutes: int) -> Measurements:
    cluster = _cluster.example("controller", "5.5.0")
    _cluster.fresh_hosts()
    cluster.deploy("steady-controller")
    cluster.wait_until_healthy(STEADY, 120)
    folder = _cluster.LOGS / "steady-controller"
    shutil.rmtree(folder, ignore_errors=True)
    topic = f"steady-{int(time.time())}"
    client = ledger.Client(cluster.plan["namesrv"], topic, groups=cluster.groups, folder=folder)
    try:
        client.create_topic(cluster.plan["cluster"])
        with client.sending(rate=RATE):
            end = time.monotonic() + minutes * 60
            while time.monotonic() < end:
                time.sleep(min(60, max(0, end - time.monotonic())))
                say(f"{len(ledger.read_leaders(client.leaders))} names of leaders so far")
        verdict = client.compare(deadline=600)
    except ledger.ClientError as error:
        raise LabError(f"the Java client (its files are in {folder}): {error}") from error
    say(str(verdict))
    first: dict[tuple[str, str], str] = {}
    switches = []
    for change in ledger.read_leaders(client.leaders):
        place = (change.namesrv, change.group)
        if first.setdefault(place, change.address) != change.address:
            switches.append([change.at_ms, *place, change.address])
    return {
        "minutes": minutes,
        "switches": switches,
        "acknowledged": verdict.acknowledged,
        "lost": verdict.lost,
        "failed_sends": verdict.failed,
    }


def rows(found: Measurements) -> list[Row]:
    count, lost, failed = len(found["switches"]), len(found["lost"]), sum(found["failed_sends"].values())
    return [
        Row(
            f"controller 5.5.0, {found['minutes']} minutes of load: masters switched without need, messages lost",
            "0, 0",
            f"{count}, {lost} of {found['acknowledged']:,} ({failed} sends failed)",
            not count and not lost and found["acknowledged"] > 0,
        )
    ]


BENCHMARK = Benchmark("steady-controller", "5.5.0", MINUTES, measure, rows)
