# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A small correct inventory to start from, as the filter ``plan`` gets it."""

from __future__ import annotations

import copy
import pickle
from typing import Any

HOSTS = ("rmq71", "rmq76", "rmq77")
MEMBERS = {"rmq71": "n0", "rmq76": "n1", "rmq77": "n2"}

_VARIABLES: dict[str, Any] = {
    "rocketmq_version": "4.9.7",
    "rocketmq_cluster_name": "RaftCluster",
    "rocketmq_broker_groups": [
        {
            "name": "RaftNode00",
            "instance": "n0",
            "mode": "dledger",
            "listen_port": 10911,
            "dledger_port": 20911,
            "members": MEMBERS,
        },
        {
            "name": "RaftNode01",
            "instance": "n1",
            "mode": "dledger",
            "listen_port": 10921,
            "dledger_port": 20921,
            "members": MEMBERS,
        },
    ],
    "rocketmq_dashboard_file": "/srv/console.jar",
    "rocketmq_dashboard_sha256": "ab" * 32,
}
#: Tens of thousands of samples are made, and this copies them fastest.
_PACKED = pickle.dumps(_VARIABLES)


class Sample:
    """hostvars and groups of three hosts; tests change them in place."""

    def __init__(self) -> None:
        self.groups: dict[str, list[str]] = {
            "rocketmq": list(HOSTS),
            "rocketmq_namesrv": list(HOSTS),
            "rocketmq_broker": list(HOSTS),
            "rocketmq_dashboard": ["rmq71"],
        }
        self.hostvars: dict[str, dict[str, Any]] = {
            host: {**pickle.loads(_PACKED), "ansible_host": f"192.168.1.{host[3:]}"} for host in HOSTS
        }

    def set(self, **variables: Any) -> None:
        """Sets variables on all hosts."""
        for own in self.hostvars.values():
            own.update(copy.deepcopy(variables))

    def on_5(self) -> None:
        """A release that has everything."""
        self.set(rocketmq_version="5.5.0")

    def add_host(self, host: str, group: str) -> None:
        """A further host, as rmq77 is by now, in one inventory group; the members of no broker group name it."""
        self.groups["rocketmq"].append(host)
        self.groups[group].append(host)
        self.hostvars[host] = {**copy.deepcopy(self.hostvars["rmq77"]), "ansible_host": f"192.168.1.{host[3:]}"}

    def with_groups(self) -> list[dict[str, Any]]:
        """The variables of the hosts that have a list of broker groups, as all have to begin with."""
        return [own for own in self.hostvars.values() if isinstance(own.get("rocketmq_broker_groups"), list)]

    def group(self, index: int, **keys: Any) -> None:
        """Sets keys of a broker group on all hosts; None takes a key away."""
        for own in self.with_groups():
            for entry in filter(
                lambda entry: isinstance(entry, dict), own["rocketmq_broker_groups"][index : index + 1]
            ):
                entry.update(copy.deepcopy(keys))
                for key in [key for key, value in keys.items() if value is None]:
                    entry.pop(key, None)
