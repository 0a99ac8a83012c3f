"""The cluster that the scenario deployed: what it should be, and how a test reaches it.

Molecule puts this folder and tests/clients on PYTHONPATH (.config/molecule/config.yml).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TypeVar

import ledger
import mqadmin
import testinfra
from testinfra.host import Host

CACHE = Path(__file__).resolve().parents[2] / ".cache/molecule"
FAILOVER = CACHE / "failover.json"

# Written out on purpose: taken from the collection's own plan, a wrong plan would prove itself.
VERSION = os.environ.get("ROCKETMQ_VERSION", "4.7.1")
CLUSTER = "RaftCluster"
CONTAINERS = {"rmq71": "rocketmq-molecule-71", "rmq76": "rocketmq-molecule-76", "rmq77": "rocketmq-molecule-77"}
ADDRESSES = {"rmq71": "198.18.72.71", "rmq76": "198.18.72.76", "rmq77": "198.18.72.77"}
MEMBER_IDS = {"rmq71": "n0", "rmq76": "n1", "rmq77": "n2"}
PORTS = {"RaftNode00": (10911, 20911), "RaftNode01": (10921, 20921)}
INSTANCES = {"RaftNode00": "n0", "RaftNode01": "n1"}
NAMESRV = [f"{address}:9876" for address in ADDRESSES.values()]
#: Group -> address -> the ids that a member may have.
Members = Mapping[str, Mapping[str, Collection[int]]]
# DLedger shows a follower as the number of its id plus one.
MEMBERS: Members = {
    group: {f"{ADDRESSES[name]}:{listen}": (0, int(id_[1:]) + 1) for name, id_ in MEMBER_IDS.items()}
    for group, (listen, _) in PORTS.items()
}
#: Slaves and followers copy a new topic every 10 seconds.
COPIED_SECONDS = 60
CONSOLE_HOST = "rmq71"
CONSOLE_PORT = 19876

Answer = TypeVar("Answer")


@cache
def host(name: str) -> Host:
    return testinfra.get_host(f"docker://{CONTAINERS[name]}")


def services(name: str) -> list[str]:
    found = ["rocketmq-namesrv.service", *(f"rocketmq-broker@{instance}.service" for instance in INSTANCES.values())]
    return [*found, "rocketmq-dashboard.service"] if name == CONSOLE_HOST else found


def units(*names: str) -> set[str]:
    """Host and unit, as `invocations` names them; of all hosts if none is named."""
    return {f"{name} {unit}" for name in names or ADDRESSES for unit in services(name)}


def broker_addresses(group: str) -> set[str]:
    return {f"{address}:{PORTS[group][0]}" for address in ADDRESSES.values()}


def host_of(broker: str) -> str:
    return next(name for name, address in ADDRESSES.items() if broker.startswith(f"{address}:"))


def in_parallel(ask: Callable[[str], Answer], arguments: Sequence[str]) -> dict[str, Answer]:
    """Each call of mqadmin takes five seconds, most of them asleep."""
    with ThreadPoolExecutor(len(arguments)) as pool:
        return dict(zip(arguments, pool.map(ask, arguments)))


def cluster_list(name_server: str, on: str = "rmq71") -> list[mqadmin.Member]:
    return mqadmin.members(host(on).check_output("mqadmin clusterList -n %s", name_server))


def followers(group: str) -> list[str]:
    """The hosts whose members follow, in the order in which a change restarts them."""
    leader = host_of(mqadmin.leaders(cluster_list(NAMESRV[0]))[group])
    return [name for name in ADDRESSES if name != leader]


def invocations(*names: str) -> dict[str, str]:
    """What changes whenever systemd starts a unit, by host and unit; of all hosts if none is named."""
    found = {}
    for name in names or ADDRESSES:
        units = services(name)
        shown = host(name).check_output("systemctl show --value --property InvocationID " + " ".join(units))
        found.update({f"{name} {unit}": invocation for unit, invocation in zip(units, shown.split())})
    return found


def whole(seen: Iterable[mqadmin.Member], members: Members) -> bool:
    """Exactly these members, each with an id that it may have, and one of each group with 0."""
    found: dict[str, dict[str, int]] = {}
    for member in seen:
        found.setdefault(member.group, {})[member.address] = member.broker_id
    if {group: set(own) for group, own in found.items()} != {group: set(own) for group, own in members.items()}:
        return False
    fitting = all(id_ in members[group][address] for group, own in found.items() for address, id_ in own.items())
    distinct = all(len(set(own.values())) == len(own) and 0 in own.values() for own in found.values())
    return fitting and distinct


def wait_until_whole(
    seconds: float = 120, members: Members = MEMBERS, namesrv: Sequence[str] = NAMESRV
) -> dict[str, list[mqadmin.Member]]:
    """What every name server shows, once all of them show all members with one leader in each group."""
    deadline = time.monotonic() + seconds
    while True:
        seen = in_parallel(cluster_list, namesrv)
        if all(whole(found, members) for found in seen.values()):
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"not whole after {seconds:.0f} s: {seen}")
        time.sleep(1)


def create_topic(client: ledger.Client) -> None:
    """The client's topic, known to every broker that runs."""
    client.create_topic(CLUSTER)
    wait_until_copied(client.topic, _running_stores())


def _running_stores() -> list[tuple[str, str]]:
    """Host and folder of each broker that runs."""
    return [
        (name, f"/var/lib/rocketmq/{instance}/store")
        for name in ADDRESSES
        for instance in INSTANCES.values()
        if host(name).run(f"systemctl is-active --quiet rocketmq-broker@{instance}").rc == 0
    ]


def wait_until_copied(topic: str, stores: Iterable[tuple[str, str]]) -> None:
    """Until each store (host and folder) has the topic: the next leader has to know it."""
    deadline = time.monotonic() + COPIED_SECONDS
    lacking = list(stores)
    while lacking := [
        (name, store) for name, store in lacking if host(name).run(f"grep -qs {topic} {store}/config/topics.json").rc
    ]:
        assert time.monotonic() < deadline, f"{lacking} did not copy {topic} in {COPIED_SECONDS} s"
        time.sleep(1)


def broker_config(address: str, seconds: float = 60) -> dict[str, str]:
    """What a broker says of itself. mqadmin ends well too where the broker took longer to answer than it waits."""
    deadline = time.monotonic() + seconds
    while True:
        output = host(host_of(address)).check_output("mqadmin getBrokerConfig -n %s -b %s", NAMESRV[0], address)
        if found := mqadmin.properties(output).get(address):
            return found
        assert time.monotonic() < deadline, f"mqadmin shows no settings of {address} for {seconds:.0f} s:\n{output}"
        time.sleep(1)
