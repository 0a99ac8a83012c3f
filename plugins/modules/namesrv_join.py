#!/usr/bin/python
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: namesrv_join
short_description: Makes further name servers part of a cluster while its brokers run
version_added: 0.1.0
description:
  - Gives every name server the entries of the list of ordered topics that others have and it has not. Name servers do
    not talk to each other, and brokers before RocketMQ 5.1 have the flag of their topics from whichever answers first.
  - Then tells O(brokers) the list of name servers, and waits until every name server knows all of them. Brokers of
    RocketMQ 4.9.4 and later look at their list every two minutes; older ones only when they start, and are refused.
  - A broker of this collection cannot write its configuration file, and forgets the list when it stops, so the file
    must be brought to it too.
extends_documentation_fragment:
  - rocketmq.cluster.connection
  - rocketmq.cluster.changes
options:
  brokers:
    description: Addresses (C(ip:port)) of the brokers that are to be told.
    type: list
    elements: str
    default: []
author:
  - RocketMQ Cluster Contributors (@rocketmq-cluster)
"""

EXAMPLES = r"""
- name: Tell two brokers of a third name server
  rocketmq.cluster.namesrv_join:
    namesrv: [192.168.1.71:9876, 192.168.1.76:9876, 192.168.1.77:9876]
    brokers: [192.168.1.71:10911, 192.168.1.76:10911]
    wait: 240
"""

RETURN = r"""
actions:
  description: What was done, or would be in check mode.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: C(create) or C(update).
      type: str
    kind:
      description:
        - C(order) for the list of ordered topics, C(namesrv) for what a broker was told, C(registration) where a name
          server did not know it.
      type: str
    name:
      description: The topic, or the address of the broker.
      type: str
    place:
      description: Address of the name server or the broker.
      type: str
    before:
      description: The entry of the list, or the C(namesrvAddr) of the broker.
      type: dict
    after:
      description: The same as it should be.
      type: dict
failures:
  description: What could not be done, like RV(actions) with C(error).
  returned: always
  type: list
  elements: dict
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils import (
    _arguments,
    _changes,
    _cluster,
    _configuration,
    _order,
    _overview,
)
from ansible_collections.rocketmq.cluster.plugins.module_utils._changes import Change, Errors
from ansible_collections.rocketmq.cluster.plugins.module_utils._client import Broker, NameServer, at_least
from ansible_collections.rocketmq.cluster.plugins.module_utils._cluster import Cluster
from ansible_collections.rocketmq.cluster.plugins.module_utils._configuration import BROKER, NAMESRV_LIVE_SINCE
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import PlanError, RocketMQError

_KEY = "namesrvAddr"


class State(NamedTuple):
    """``known``: name server -> addresses of brokers; ``told``, ``versions``: by address of the broker."""

    orders: _order.Lists
    known: dict[str, set[str]]
    told: dict[str, str]
    versions: dict[str, str]


class Desired:
    """Brokers that work with all of these name servers."""

    def __init__(self, namesrv: Sequence[str], brokers: Sequence[str], timeout: float) -> None:
        self._cluster = Cluster("", tuple(namesrv), {}, timeout)
        self._brokers = brokers

    def read(self) -> State:
        """Raises RocketMQError unless all answer."""
        timeout = self._cluster.timeout

        def known(address: str) -> set[str]:
            with NameServer(address, timeout) as server:
                groups = server.cluster_info().groups.values()
            return {broker for group in groups for broker in group.brokers.values()}

        def asked(address: str) -> tuple[str, str]:
            with Broker(address, timeout) as broker:
                return _configuration.of_broker(broker).get(_KEY, ""), broker.runtime_info().version

        found = _cluster.required(_overview.parallel(asked, self._brokers))
        return State(
            _order.lists(self._cluster),
            _cluster.required(_overview.parallel(known, self._cluster.namesrv)),
            {address: told for address, (told, _version) in found.items()},
            {address: version for address, (_told, version) in found.items()},
        )

    def plan(self, state: State) -> list[Change]:
        """Raises PlanError for a broker that would not look."""
        old = [address for address in self._brokers if not at_least(state.versions[address], NAMESRV_LIVE_SINCE)]
        if old:
            raise PlanError(
                [
                    f"brokers: {', '.join(old)} run RocketMQ {state.versions[old[0]] or 'unknown'}, which reads its "
                    f"name servers only when it starts (it looks again from {NAMESRV_LIVE_SINCE} on): restart them."
                ]
            )
        return [*self._orders(state), *self._told(state), *self._registrations(state)]

    def _orders(self, state: State) -> Iterator[Change]:
        every = {topic: entry for listed in state.orders.values() for topic, entry in listed.items()}
        for server, listed in state.orders.items():
            for topic in sorted(every.keys() - listed.keys()):
                yield Change("order", topic, server, None, every[topic])

    def _told(self, state: State) -> Iterator[Change]:
        wanted = ";".join(self._cluster.namesrv)
        for address, told in state.told.items():
            if told != wanted:
                yield Change("namesrv", address, address, {_KEY: told}, {_KEY: wanted})

    def _registrations(self, state: State) -> Iterator[Change]:
        for server, known in state.known.items():
            for address in self._brokers:
                if address not in known:
                    yield Change("registration", address, server, None, {"address": address})

    def apply(self, _state: State, changes: Sequence[Change]) -> Errors:
        errors = _order.write(self._cluster, [change for change in changes if change.kind == "order"])
        if errors:
            return errors
        told = {change.place: change for change in changes if change.kind == "namesrv"}

        def tell(address: str) -> Mapping[str, Any]:
            return _configuration.write(BROKER, address, self._cluster.timeout, dict(told[address].after or {}))

        found = _overview.parallel(tell, told)
        return {told[place].key: error for place, error in found.items() if isinstance(error, RocketMQError)}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **_arguments.CONNECTION,
            **_arguments.CHANGES,
            "brokers": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    params = module.params
    _arguments.check(module, _arguments.address_problems("brokers", params["brokers"]))
    _changes.run(module, Desired(params["namesrv"], params["brokers"], params["timeout"]))


if __name__ == "__main__":
    main()
