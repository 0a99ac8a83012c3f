#!/usr/bin/python
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cluster_health
short_description: Waits until a cluster is as planned and works
version_added: 0.1.0
description:
  - Compares what name servers and brokers say with the plan, again and again until all of it holds or O(wait) is over.
  - Every name server answers and knows every planned member under its group and cluster.
  - Every member answers itself, with O(version), and has the id that its group's mode gives it.
  - Every group has exactly one leader (broker id 0), no member without one (-1), and followers that have caught up.
  - Every controller answers, and all of them name one leader.
  - Fails with one sentence for everything that is missing. Changes nothing.
extends_documentation_fragment:
  - rocketmq.cluster.connection
  - rocketmq.cluster.planned
  - rocketmq.cluster.read_only
options:
  without:
    description:
      - Addresses (C(ip:port)) of one process that is left out, as before its restart.
      - Its group needs a leader nevertheless, as long as the other members are enough to elect one.
    type: list
    elements: str
    default: []
  strict:
    description: Whether a broker that is registered in this cluster and not planned is a problem too.
    type: bool
    default: true
  wait:
    description:
      - Seconds to wait. 0 looks once.
      - The look that is under way when they are over is finished, which takes at most twice O(timeout).
    type: float
    default: 120
  interval:
    description:
      - Seconds between two looks, at least.
      - The second look follows so soon, since a follower is behind by what came while the first one went on.
      - Later pauses are four times as long as a look took, up to 3 s, since a look costs all brokers processor time.
    type: float
    default: 0.5
seealso:
  - module: rocketmq.cluster.cluster_info
  - module: rocketmq.cluster.message_probe
author:
  - RocketMQ Cluster Contributors (@rocketmq-cluster)
"""

EXAMPLES = r"""
- name: Wait until every member is registered and every group has one leader
  rocketmq.cluster.cluster_health:
    namesrv: "{{ rocketmq_plan.namesrv }}"
    cluster: "{{ rocketmq_plan.cluster }}"
    version: "{{ rocketmq_plan.version }}"
    groups: "{{ rocketmq_plan.groups }}"
  run_once: true
"""

RETURN = r"""
leaders:
  description: Host and address of the leader of every group that has exactly one.
  returned: always
  type: dict
  sample: {"RaftNode00": {"host": "rmq71", "address": "192.168.1.71:10911"}}
seconds:
  description: How long it took.
  returned: always
  type: float
view:
  description: The last view; C(members), C(clusters), C(namesrv), C(table) as of M(rocketmq.cluster.cluster_info).
  returned: success; a failure has its table in the message
  type: dict
missing:
  description: What is not as planned.
  returned: failure
  type: list
  elements: dict
  contains:
    host:
      description: Name of the host; empty where the plan has none for the address.
      type: str
    group:
      description: Name of the group; empty for a name server.
      type: str
    address:
      description: Address of the process; empty where the group as a whole lacks something.
      type: str
    problem:
      description: The sentence.
      type: str
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils import _arguments, _health, _overview
from ansible_collections.rocketmq.cluster.plugins.module_utils._overview import Overview


def wait(plan: _health.Plan, timeout: float, seconds: float, interval: float) -> tuple[Overview, list[_health.Problem]]:
    """Looks until all holds or the time is over; the last look and what does not hold."""
    deadline = time.monotonic() + seconds
    before: _health.Marks = {}
    pause = interval
    while True:
        began = time.monotonic()
        overview = _overview.look(plan.namesrv, timeout, plan.addresses() - plan.without, plan.controllers)
        problems = _health.judge(plan, overview, before)
        now = time.monotonic()
        if not problems or now >= deadline:
            return overview, problems
        before = _health.marks(plan, overview)
        time.sleep(min(pause, deadline - now))
        pause = _health.pause(interval, now - began)


def _option_problems(params: Mapping[str, Any]) -> Sequence[str]:
    problems = []
    if params["wait"] < 0:
        problems.append(f"wait is {params['wait']:g}: write seconds, 0 or more.")
    if params["interval"] <= 0:
        problems.append(f"interval is {params['interval']:g}: write seconds, above 0.")
    return problems


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **_arguments.CONNECTION,
            **_health.OPTIONS,
            "without": {"type": "list", "elements": "str", "default": []},
            "strict": {"type": "bool", "default": True},
            "wait": {"type": "float", "default": 120},
            "interval": {"type": "float", "default": 0.5},
        },
        supports_check_mode=True,
    )
    params = module.params
    started = time.monotonic()
    _arguments.check(module, _option_problems(params))
    try:
        plan = _health.plan_of(params)
    except ValueError as error:
        module.fail_json(msg=f"groups: {error}")
    overview, missing = wait(plan, params["timeout"], params["wait"], params["interval"])
    data = _overview.as_data(overview)
    result = {
        "changed": False,
        "seconds": round(time.monotonic() - started, 3),
        "leaders": _health.leaders_by_group(plan, overview),
    }
    if missing:
        sentences = [item.problem for item in missing]
        heading = f"After {result['seconds']:.0f} s cluster {plan.cluster} is not as planned:"
        module.fail_json(
            msg="\n".join([heading, *sentences, *_overview.table(data)]),
            missing=[item._asdict() for item in missing],
            **result,
        )
    module.exit_json(**result, view={**data, "table": _overview.table(data)})


if __name__ == "__main__":
    main()
