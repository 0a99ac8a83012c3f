# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """Options of every module that asks the cluster."""

    DOCUMENTATION = r"""
options:
  namesrv:
    description:
      - The name servers, as C(host:port).
    type: list
    elements: str
    required: true
  timeout:
    description:
      - Seconds that one request to one process may take, connecting included.
    type: float
    default: 3.0
notes:
  - Speaks RocketMQ's own protocol with nothing but Python's standard library. From where it runs, it needs to reach the
    name servers, and the brokers at the addresses they are registered with.
"""
