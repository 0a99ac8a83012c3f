# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """What every module has that writes to a cluster."""

    DOCUMENTATION = r"""
options:
  wait:
    description:
      - Seconds that all of it may take until the cluster shows what was asked for, a change of a leader included.
    type: float
    default: 60
attributes:
  check_mode:
    support: full
    description: Reads, plans and reports, and writes nothing.
  diff_mode:
    support: full
    description: Shows every object before and after, by broker group or address.
"""
