# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The door from the failover drill to whom it kills and how it reports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _drill, _drill_page


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "drill_target": _drill.target,
            "drill": _drill.drill,
            "drill_lines": _drill.lines,
            "drill_report": _drill.report,
            "drill_page": _drill_page.page,
        }
