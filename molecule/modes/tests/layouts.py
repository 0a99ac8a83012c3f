"""What the examples deploy, written out on purpose: a wrong plan would prove itself if it were taken from the plan."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from cluster import ADDRESSES, Members

HOSTS = tuple(ADDRESSES)


@dataclass(frozen=True)
class Group:
    instance: str
    port: int
    #: Host -> the ids that its member may have.
    ids: dict[str, Collection[int]]


@dataclass(frozen=True)
class Layout:
    """`safe`: nothing acknowledged is lost with a host and its disk; `takes_over`: another member takes writes."""

    cluster: str
    groups: dict[str, Group]
    namesrv: Collection[str] = HOSTS
    controllers: Collection[str] = ()
    consoles: Collection[str] = ()
    safe: bool = False
    takes_over: bool = False
    #: How sends to a group without its slave end, by the first number of the version; empty: they are acknowledged.
    without_slave: dict[str, str] = field(default_factory=dict)

    @property
    def timeout_ms(self) -> int:
        """How long clients wait: a master of 5.x waits 3 s for its slave, and says only then that it is not there."""
        return 5000 if self.without_slave else 3000

    def restarts(self, *killed: tuple[str, str]) -> dict[str, dict[str, int]]:
        """How often systemd has to have started each unit anew: once for these (host, unit), never for the others."""
        return {host: {unit: int((host, unit) in killed) for unit in units} for host, units in self.units.items()}

    @property
    def members(self) -> Members:
        return {
            name: {f"{ADDRESSES[host]}:{group.port}": ids for host, ids in group.ids.items()}
            for name, group in self.groups.items()
        }

    @property
    def units(self) -> dict[str, set[str]]:
        """The units of every host."""
        found: dict[str, set[str]] = {host: set() for host in HOSTS}
        for kind, hosts in (("namesrv", self.namesrv), ("controller", self.controllers), ("dashboard", self.consoles)):
            for host in hosts:
                found[host].add(f"rocketmq-{kind}.service")
        for group in self.groups.values():
            for host in group.ids:
                found[host].add(f"rocketmq-broker@{group.instance}.service")
        return found


def _slaves(cluster: str, **keys: object) -> Layout:
    groups = {
        "broker-a": Group("a", 10911, {"rmq71": {0}, "rmq76": {1}}),
        "broker-b": Group("b", 10921, {"rmq76": {0}, "rmq77": {1}}),
        "broker-c": Group("c", 10931, {"rmq77": {0}, "rmq71": {1}}),
    }
    return Layout(cluster, groups, **keys)  # type: ignore[arg-type]


def _controlled(**keys: object) -> Layout:
    # The leader is 0; the others have what a controller gave them at their first registration, one more for each try.
    groups = {
        f"broker-{letter}": Group(letter, port, dict.fromkeys(HOSTS, range(100)))
        for letter, port in (("a", 10911), ("b", 10921))
    }
    return Layout("ControllerCluster", groups, safe=True, takes_over=True, **keys)  # type: ignore[arg-type]


LAYOUTS = {
    "single": Layout("SingleCluster", {"broker-a": Group("a", 10911, {"rmq71": {0}})}, namesrv=["rmq71"]),
    "multi_master": Layout(
        "MasterCluster",
        {f"broker-{letter}": Group(letter, 10911, {host: {0}}) for letter, host in zip("abc", HOSTS)},
    ),
    "master_slave_async": _slaves("AsyncCluster"),
    "master_slave_sync": _slaves(
        "SyncCluster", safe=True, without_slave={"4": "SLAVE_NOT_AVAILABLE", "5": "FLUSH_SLAVE_TIMEOUT"}
    ),
    "controller": _controlled(controllers=HOSTS),
    "controller_in_namesrv": _controlled(),
    "developer": Layout(
        "RaftCluster",
        {
            f"RaftNode0{n}": Group(f"n{n}", port, {host: {0, number} for number, host in enumerate(HOSTS, 1)})
            for n, port in ((0, 10911), (1, 10921))
        },
        namesrv=["rmq71", "rmq76"],
        consoles=["rmq71"],
    ),
    "growing": Layout(
        "DefaultCluster",
        {"broker-0": Group("b0", 10911, {"rmq71": {0}}), "broker-1": Group("b1", 10911, {"rmq76": {0}})},
        namesrv=["rmq71", "rmq76"],
    ),
    "data_on_a_mount": Layout(
        "DefaultCluster", {"broker-a": Group("a", 10911, {"rmq71": {0}, "rmq76": {1}})}, namesrv=["rmq71"]
    ),
}
