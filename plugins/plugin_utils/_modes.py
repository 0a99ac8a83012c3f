# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How the members of a broker group replicate: their ids, what is refused, the keys that make a broker one of them."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _versions
from ansible_collections.rocketmq.cluster.plugins.plugin_utils._inventory import Group
from ansible_collections.rocketmq.cluster.plugins.plugin_utils._versions import Release
from ansible_collections.rocketmq.cluster.plugins.plugin_utils._wording import listed

#: How soon a host that vanishes without closing its connections is noticed; RocketMQ's own are ten times as long. A
#: broker's connection that closes needs none of them. Controllers write down each scan, and elections while a member is
#: away.
_SCAN = {"scanNotActiveBrokerInterval": 500}
CONTROLLER_TIMINGS = {**_SCAN, "scanInactiveMasterInterval": 500}
#: The shortest that RocketMQ takes; its own is 30 s. So long a name server that was started knows nothing, a follower
#: with controllers does not know where to copy from, and a leader is unknown whose registration was overtaken by an
#: older one of its predecessor.
_REGISTRATION = {"registerNameServerPeriod": 10000}
_BROKER_TIMINGS = {
    "brokerHeartbeatInterval": 500,
    # Longer than controllers may have no leader who writes heartbeats down: by jRaft one that stood still for a second
    # steps down up to 1.5 s after the last one, the next is elected 2 s later. It would find everybody silent, and
    # replace masters that are well, which 5.5.0 does not survive without a loss.
    "controllerHeartBeatTimeoutMills": 5000,
    # One registration at a time: that of a new master waits for one that waits for a name server whose host vanished.
    "registerBrokerTimeoutMills": 1000,
    # Only the controllers' leader takes a member back among those that keep up; brokers look for it this often.
    "syncControllerMetadataPeriod": 1000,
    # A follower that has found its master says so with its next heartbeat. One that is not due by then is a second
    # late, so each shall be due at once; idle ones come ten times a second then.
    "haSendHeartbeatInterval": 1,
}

#: A new master takes writes once a follower copies from it. Followers learn where from name servers: at their next
#: registration, or at once if they are told that the old master is gone and then that there is a new one.
#: When its host vanishes, this comes one after the other: name servers have it for gone, controllers choose another
#: one (controllerHeartBeatTimeoutMills), it and its followers give their connections up. A follower that had given up
#: before would reach the new one just before it is told of its own role, and wait for 5 s. A master that had not when
#: its host is back would do so then, and acknowledge alone what came in just before.
_IN_TWO = {
    "minInSyncReplicas": 2,
    "enableSlaveActingMaster": True,
    "brokerNotActiveTimeoutMillis": 4000,
    "haHousekeepingInterval": 5500,
}
_TELLS_FOLLOWERS = {"notifyMinBrokerIdChanged": True, **_SCAN}


@dataclasses.dataclass(frozen=True)
class Network:
    """Where others are: ``peers`` by host, the addresses of DLedger ports; ``controllers`` the addresses of all."""

    peers: dict[str, str]
    controllers: list[str]


def properties(group: Group, host: str, network: Network) -> dict[str, Any]:
    """The keys that make the broker of ``host`` a member of its group; the user cannot set them."""
    identity = group.members[host]
    if group.mode == "dledger":
        return {
            "enableDLegerCommitLog": True,
            "dLegerGroup": group.name,
            "dLegerPeers": ";".join(f"{own}-{network.peers[other]}" for other, own in group.members_by_id()),
            "dLegerSelfId": identity,
        }
    if group.mode == "controller":
        return {"enableControllerMode": True, "controllerAddr": ";".join(network.controllers)}
    return {"brokerId": int(identity or 0), **({"brokerRole": "SLAVE"} if identity not in ("", "0") else {})}


def defaults(group: Group, common: Mapping[str, Any], release: Release) -> dict[str, Any]:
    """Keys that the user can set otherwise; ``common`` are the user's for all groups."""
    if group.mode == "controller":
        # A message is acknowledged when all members that keep up have it.
        two = _IN_TWO if _takes_two(group, release) else {}
        return {"allAckInSyncStateSet": True, **_REGISTRATION, **_BROKER_TIMINGS, **two}
    found: dict[str, Any] = {"brokerRole": "ASYNC_MASTER", **_REGISTRATION}
    if _cuts_consume_queues(group, release):
        # What its index does not lead to is indexed again, as 4.x always did.
        found["recheckReputOffsetFromCq"] = True
    if group.mode == "master_slave":
        # Without it a slave answers no consumer, also when its master is gone.
        found["slaveReadEnable"] = True
        if waits_for_slave(group, common) and release.major >= 5:
            # There the role alone waits for nobody: the master counts as the one replica that is asked for.
            found |= {"totalReplicas": len(group.members), "inSyncReplicas": 2}
    return found


def service_keys(group: Group, release: Release, store: str) -> dict[str, str]:
    """Keys of the section Service of a member's unit; ``store``: its folder."""
    if not _cuts_consume_queues(group, release):
        return {}
    # A killed process leaves its files as it wrote them, and may start as if it had been stopped in order, as 4.x does.
    # The folder below /run is as old as this boot: what a power cut left is for RocketMQ itself to recover.
    folder = f"rocketmq-{group.instance}"
    return {
        "RuntimeDirectory": folder,
        "RuntimeDirectoryPreserve": "yes",
        "ExecStartPre": f"-/usr/bin/find {store}/abort -newer /run/{folder} -delete",
    }


def namesrv(groups: Iterable[Group], release: Release) -> dict[str, Any]:
    """Keys of name servers that the user can set otherwise."""
    return _TELLS_FOLLOWERS if any(_takes_two(group, release) for group in groups) else {}


def _takes_two(group: Group, release: Release) -> bool:
    """Whether the master of a group is not to acknowledge alone, which controllers would let it.

    One of 5.5.0 takes a follower whose connection ends for gone at once; earlier ones wait for the consent of the
    controllers. Replaced while it was cut off, it acknowledges what nobody else has and its successor takes back. See
    docs/failures.md.
    """
    alone = group.mode == "controller" and _versions.numbers(release.version) >= _versions.numbers("5.5.0")
    return alone and len(group.members) > 2


def _cuts_consume_queues(group: Group, release: Release) -> bool:
    """Whether a member that was not stopped in order cuts its consume queues wrongly when it comes back.

    DLedger of 5.x does: it indexes messages that the next leader takes back, cuts off what leads to the end of the log,
    at times in the middle of a message, and goes on behind the gap. See docs/failures.md.
    """
    return group.mode == "dledger" and release.major >= 5


def waits_for_slave(group: Group, common: Mapping[str, Any]) -> bool:
    """Whether the master of a group is told to acknowledge what a slave has too."""
    alone = group.mode in ("master_slave", "master")
    return alone and {**common, **group.properties}.get("brokerRole") == "SYNC_MASTER"


def problems(group: Group, any_size: bool) -> Iterator[str]:
    """What is wrong with the members of a group, in sentences; ``any_size``: a DLedger group may have any number."""
    if "mode" in group.unread:
        return
    if group.mode == "dledger":
        yield from _dledger_ids(group)
        yield from _quorum(group, any_size)
        return
    if group.dledger_port:
        yield f"{group.where} has a dledger_port, which the mode {group.mode} does not use: remove it."
    if group.mode == "master_slave":
        yield from _broker_ids(group)
    elif group.mode == "master" and len(group.members) > 1:
        yield (
            f"{group.where} has {len(group.members)} members, but a group of mode master is one broker: give each "
            "master a group (and a name) of its own, or set mode: master_slave."
        )
    else:
        yield from _no_ids(group)
    if group.mode == "controller" and len(group.members) == 1 and not any_size:
        yield (
            f"{group.where} has 1 member, which survives no failure: give it members on at least 2 hosts, or accept it "
            "with rocketmq_allow_any_group_size: true."
        )


def _quorum(group: Group, any_size: bool) -> Iterator[str]:
    if not group.dledger_port and "dledger_port" not in group.unread:
        yield f"{group.where} has no dledger_port: give the port of the members among themselves."
    count = len(group.members)
    if count and (count % 2 == 0 or count < 3) and not any_size:
        lesson = "survives no failure" if count < 3 else f"survives no more failures than {count - 1}"
        yield (
            f"{group.where} has {count} member{'s' if count != 1 else ''}, which {lesson}: give its members an odd "
            "number of hosts, at least 3, or accept it with rocketmq_allow_any_group_size: true."
        )


def _dledger_ids(group: Group) -> Iterator[str]:
    """A letter and a number; the number becomes the brokerId, so it must differ as well."""
    yield from _malformed(group, DLEDGER_ID, "a DLedger id in members is a letter and a number, such as n0")
    yield from _twice(group, _by_number(group, DLEDGER_ID))


#: The id of a member of a DLedger group, of brokers or of controllers.
DLEDGER_ID = re.compile(r"[A-Za-z]([0-9]+)")
_BROKER_ID = re.compile("([0-9]{1,9})")


def _malformed(group: Group, pattern: re.Pattern[str], rule: str) -> Iterator[str]:
    wrong = [(host, identity) for host, identity in group.members.items() if not pattern.fullmatch(identity)]
    if wrong:
        shown = [f"the id {identity!r} for {host}" if identity else f"no id for {host}" for host, identity in wrong]
        yield f"{group.where} has {', '.join(shown)}: {rule}."


def _by_number(group: Group, pattern: re.Pattern[str]) -> dict[int, list[str]]:
    """The members as sentences show them, by the number in their ids."""
    numbers: dict[int, list[str]] = {}
    for host, identity in group.members.items():
        if match := pattern.fullmatch(identity):
            numbers.setdefault(int(match[1]), []).append(f"{host}: {identity}")
    return numbers


def _broker_ids(group: Group) -> Iterator[str]:
    yield from _malformed(
        group, _BROKER_ID, "an id in members is a number, 0 for the master and another for each slave"
    )
    numbers = _by_number(group, _BROKER_ID)
    masters = numbers.pop(0, [])
    if len(masters) > 1:
        yield (
            f"{group.where} has several masters ({', '.join(masters)}): give one member the id 0 and each slave "
            "another number, or give each master a group of its own."
        )
    if not masters and sum(map(len, numbers.values())) == len(group.members) > 0:
        slaves = ", ".join(clash for found in numbers.values() for clash in found)
        yield f"{group.where} has slaves without a master ({slaves}): give one member the id 0."
    yield from _twice(group, numbers)


def _no_ids(group: Group) -> Iterator[str]:
    allowed = ("", "0") if group.mode == "master" else ("",)
    pinned = [f"{host}: {identity}" for host, identity in group.members.items() if identity not in allowed]
    if pinned:
        why = "its only member is the master" if group.mode == "master" else "the controller gives the ids"
        hosts = listed(list(group.members))
        yield f"{group.where} pins an id ({', '.join(pinned)}), but {why}: write members: [{hosts}]."


def _twice(group: Group, numbers: dict[int, list[str]]) -> Iterator[str]:
    for clash in numbers.values():
        if len(clash) > 1:
            yield (
                f"{group.where} gives one id to several members ({', '.join(clash)}): each needs a number of its "
                "own in members."
            )
