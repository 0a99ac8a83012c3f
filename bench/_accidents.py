"""What happens to the leader of a group while clients send, and how it is made good again."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.rocketmq.cluster.plugins.module_utils import _changes, _cluster, _leadership
from ansible_collections.rocketmq.cluster.plugins.module_utils._client import Broker
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import RocketMQError
from ansible_collections.rocketmq.cluster.plugins.module_utils._topics import PROBE_TOPIC

from lab import _hosts
from lab._engine import docker
from lab._shell import LabError, run

#: A member of the plan: host, instance, address.
Member = Mapping[str, Any]


@dataclass(frozen=True)
class Accident:
    """``strike`` returns the moment (ms since the epoch); the hosts share this machine's clock."""

    words: str
    strike: Callable[[list[str], str, Member], int]
    mend: Callable[[Member], None] = lambda member: None
    #: Whether the leader's host can be asked afterwards.
    leaves_host: bool = True
    #: Whether the leader is started again and may be elected once more before anybody else takes a message.
    may_lead_again: bool = False


def _kill(_namesrv: list[str], _group: str, member: Member) -> int:
    # Taken there, the time has no ssh in it.
    command = f"date +%s%3N && sudo systemctl kill --signal=SIGKILL rocketmq-broker@{member['instance']}.service"
    return int(run(*_hosts.ssh(member["address"].split(":")[0], command)))


def _vanish(_namesrv: list[str], _group: str, member: Member) -> int:
    """No packet comes or goes any more; nobody closes a connection."""
    return int(docker("exec", member["host"], "sh", "-c", "date +%s%3N && ip link set eth0 down"))


def _come_back(member: Member) -> None:
    docker("exec", member["host"], "ip", "link", "set", "eth0", "up")


class _HandOver(_leadership.Desired):
    """Until ``asked_ms`` (since the epoch) it only looks, and the group works as before."""

    asked_ms = 0

    def apply(self, state: _leadership.State, changes: Sequence[_changes.Change]) -> _changes.Errors:
        self.asked_ms = self.asked_ms or time.time_ns() // 1_000_000
        return super().apply(state, changes)


def _hand_over(namesrv: list[str], group: str, member: Member) -> int:
    wanted = _HandOver(lambda: _cluster.find(namesrv, 3.0), group, "", member["address"])
    left = _changes.converge(wanted, 30, check_mode=False).left
    if left:
        raise LabError(f"{group} was not handed over: {left[0][1]}")
    return wanted.asked_ms


SIGKILL = Accident("SIGKILL of a leader", _kill, may_lead_again=True)
HOST_VANISHES = Accident("the leader's host vanishes from the network", _vanish, _come_back, leaves_host=False)
HAND_OVER = Accident("leadership handed over on request", _hand_over)


def accepts(addresses: list[str], seconds: float) -> int:
    """When (ms since the epoch) one of these brokers took a message. Asks all of them in turn, again and again."""
    deadline = time.monotonic() + seconds
    said = {}
    while time.monotonic() < deadline:
        for address in addresses:
            try:
                with Broker(address, 0.5) as broker:
                    broker.send(PROBE_TOPIC, b"bench", f"{time.time_ns():032X}")
                return time.time_ns() // 1_000_000
            except RocketMQError as error:
                said[address] = str(error)
        time.sleep(0.01)
    raise LabError(f"nobody took a message for {seconds:.0f} s: {said}")
