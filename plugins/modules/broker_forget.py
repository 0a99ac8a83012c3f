#!/usr/bin/python
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: broker_forget
short_description: Makes name servers and controllers forget brokers that are gone
version_added: 0.1.0
description:
  - Takes members of a broker group that do not answer any more off every name server, which would do it by itself after
    two minutes, and off the controllers, which never do.
  - Where no member of the group is kept, also takes the group out of the name servers' list of ordered topics, in which
    producers would go on to look for it.
  - Refuses while such a member answers.
extends_documentation_fragment:
  - rocketmq.cluster.connection
  - rocketmq.cluster.changes
options:
  cluster:
    description: Name of the cluster. Needed only where the name servers know several.
    type: str
    default: ""
  group:
    description: Name of the broker group (brokerName).
    type: str
    required: true
  keep:
    description: Addresses (C(ip:port)) of its members that stay, whether they answer or not.
    type: list
    elements: str
    default: []
  controllers:
    description: The controllers, as C(host:port).
    type: list
    elements: str
    default: []
author:
  - RocketMQ Cluster Contributors (@rocketmq-cluster)
"""

EXAMPLES = r"""
- name: Forget a group that was taken away
  rocketmq.cluster.broker_forget:
    namesrv: [192.168.1.71:9876, 192.168.1.76:9876]
    group: RaftNode01
"""

RETURN = r"""
actions:
  description: What was done, or would be in check mode.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: C(delete), or C(update) of a list.
      type: str
    kind:
      description: C(broker) of a name server, C(replica) of the controllers, C(order) of a name server's list.
      type: str
    name:
      description: The address of the broker, its address and id, the topic.
      type: str
    place:
      description: Address of the name server or of the leading controller.
      type: str
    before:
      description: Its C(broker_id), or the entry of the list.
      type: dict
    after:
      description: Null, or the entry of the list.
      type: dict
failures:
  description: What could not be done, like RV(actions) with C(error).
  returned: always
  type: list
  elements: dict
"""

import functools
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils import (
    _arguments,
    _changes,
    _cluster,
    _fastjson,
    _leadership,
    _order,
    _overview,
)
from ansible_collections.rocketmq.cluster.plugins.module_utils._changes import Change, Errors
from ansible_collections.rocketmq.cluster.plugins.module_utils._client import Broker, Controller, NameServer
from ansible_collections.rocketmq.cluster.plugins.module_utils._cluster import Cluster
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import PlanError, RocketMQError
from ansible_collections.rocketmq.cluster.plugins.module_utils._remoting import Request

_UNREGISTER = Request(104, "UNREGISTER_BROKER")
_REPLICAS = Request(1006, "CONTROLLER_GET_SYNC_STATE_DATA")
_CLEAN = Request(1011, "CONTROLLER_CLEAN_BROKER_DATA")


class Replica(NamedTuple):
    """A member as the controllers know it; ``alive``: it sends heartbeats."""

    identity: int
    address: str
    alive: bool


class State(NamedTuple):
    """``registered``: name server -> id -> address. ``answering``: members that are not kept and live."""

    cluster: Cluster
    registered: dict[str, dict[int, str]]
    answering: list[str]
    leader: str
    replicas: list[Replica]
    orders: _order.Lists


class Desired:
    """Name servers and controllers without the members of a group that are not in ``keep``."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self._params = params
        self._group = params["group"]
        self._keep = frozenset(params["keep"])

    def read(self) -> State:
        """Raises RocketMQError unless every name server answers."""
        timeout = self._params["timeout"]
        views = _cluster.required(_overview.parallel(functools.partial(_view, timeout), self._params["namesrv"]))
        names = sorted({group.cluster for view in views.values() for group in view.groups.values()})
        name = self._params["cluster"] or _cluster.only(names)
        cluster = Cluster(name, tuple(self._params["namesrv"]), {}, timeout, _known(views) - {self._group})
        registered = {server: self._members(view, name) for server, view in views.items()}
        leader, replicas = "", []
        if self._params["controllers"]:
            leader = _leadership.leading(self._params["controllers"], timeout)
            replicas = _replicas(leader, timeout, self._group)
        addresses = {address for brokers in registered.values() for address in brokers.values()}
        asked = _overview.parallel(functools.partial(_alive, timeout), sorted(addresses - self._keep))
        answering = [address for address, answer in asked.items() if not isinstance(answer, RocketMQError)]
        orders = {} if self._keep else _order.lists(cluster)
        return State(cluster, registered, answering, leader, replicas, orders)

    def _members(self, view: Any, cluster: str) -> dict[int, str]:
        found = view.groups.get(self._group)
        return dict(found.brokers) if found is not None and found.cluster == cluster else {}

    def plan(self, state: State) -> list[Change]:
        """Raises PlanError while a member that shall be forgotten answers."""
        if state.answering:
            raise PlanError(
                [f"{', '.join(state.answering)} of {self._group} still runs: stop it before it is forgotten."]
            )
        living = {replica.address for replica in state.replicas if replica.alive}
        # A member that lost its store came back to the same address with another id.
        dead = [
            replica
            for replica in state.replicas
            if not replica.alive and (replica.address not in self._keep or replica.address in living)
        ]
        return [
            *(
                Change("broker", address, server, {"broker_id": identity}, None)
                for server, brokers in state.registered.items()
                for identity, address in brokers.items()
                if address not in self._keep
            ),
            *(
                Change("replica", f"{one.address} {one.identity}", state.leader, {"broker_id": one.identity}, None)
                for one in dead
            ),
            *(
                Change("order", topic, server, entry, _without(entry, self._group, state.cluster.known) or None)
                for server, listed in state.orders.items()
                for topic, entry in listed.items()
                if self._group in entry
            ),
        ]

    def apply(self, state: State, changes: Sequence[Change]) -> Errors:
        kinds = {kind: [change for change in changes if change.kind == kind] for kind in ("broker", "replica", "order")}

        def unregister(server: NameServer, change: Change) -> None:
            fields = {
                "brokerName": self._group,
                "brokerAddr": change.name,
                "clusterName": state.cluster.name,
                "brokerId": (change.before or {})["broker_id"],
            }
            server.call(_UNREGISTER, fields)

        return {
            **_cluster.tell_name_servers(kinds["broker"], state.cluster.timeout, unregister),
            **self._clean(state, kinds["replica"]),
            **_order.write(state.cluster, kinds["order"]),
        }

    def _clean(self, state: State, changes: Sequence[Change]) -> Errors:
        if not changes:
            return {}
        fields = {
            "clusterName": state.cluster.name,
            "brokerName": self._group,
            "brokerControllerIdsToClean": ";".join(str((change.before or {})["broker_id"]) for change in changes),
            "isCleanLivingBroker": False,
        }
        try:
            with Controller(state.leader, state.cluster.timeout) as controller:
                controller.call(_CLEAN, fields)
        except RocketMQError as error:
            return {change.key: error for change in changes}
        return {}


def _view(timeout: float, address: str) -> Any:
    with NameServer(address, timeout) as server:
        return server.cluster_info()


def _alive(timeout: float, address: str) -> bool:
    with Broker(address, timeout) as broker:
        broker.runtime_info()
    return True


def _known(views: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(group for view in views.values() for group in view.groups)


def _without(entry: _order.Entry, group: str, known: frozenset[str]) -> _order.Entry:
    """Nothing where no broker group that anybody knows is left in it."""
    rest = {name: queues for name, queues in entry.items() if name != group}
    return rest if known & rest.keys() else {}


def _replicas(address: str, timeout: float, group: str) -> list[Replica]:
    with Controller(address, timeout) as controller:
        answer = controller.call(_REPLICAS, None, json.dumps([group]).encode())
        try:
            table = _fastjson.loads(answer.body).get("replicasInfoTable") or {}
            found = table.get(group) or {}
            return [
                Replica(int(one["brokerId"]), str(one["brokerAddress"]), bool(one.get("alive")))
                for key in ("inSyncReplicas", "notInSyncReplicas")
                for one in found.get(key) or []
            ]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise controller.unexpected(_REPLICAS, repr(error)) from None


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **_arguments.CONNECTION,
            **_arguments.CHANGES,
            "cluster": _arguments.SELECTION["cluster"],
            "group": {"type": "str", "required": True},
            "keep": {"type": "list", "elements": "str", "default": []},
            "controllers": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    params = module.params
    further = [*_arguments.address_problems("keep", params["keep"])]
    _arguments.check(module, [*further, *_arguments.address_problems("controllers", params["controllers"])])
    _changes.run(module, Desired(params))


if __name__ == "__main__":
    main()
