# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The door from playbooks into the plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.rocketmq.cluster.plugins.plugin_utils import (
    _adopt,
    _growth,
    _live,
    _restarts,
    _status,
    _topology,
)


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "adopt": _adopt.adopt,
            "adopted_files": _adopt.files,
            "plan": _topology.plan,
            "changed_brokers": _restarts.changed_brokers,
            "conflicts": _live.conflicts,
            "unplanned_brokers": _live.unplanned_brokers,
            "host_problems": _live.host_problems,
            "clock_problems": _live.clock_problems,
            "clock_notices": _live.clock_notices,
            "differences": _live.differences,
            "drained_groups": _live.drained_groups,
            "drained_topics": _live.drained_topics,
            "told_live": _growth.told_live,
            "names": _growth.names,
            "endpoint": _growth.endpoint,
            "endpoints": _growth.endpoints,
            "fixed_masters": _growth.fixed_masters,
            "only_in": _growth.only_in,
            "place_also": _growth.place_also,
            "unmatched": _growth.unmatched,
            "status_screen": _status.screen,
        }
