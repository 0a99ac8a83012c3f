# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The door from playbooks to what is in a backup and in a support bundle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _backup_data, _bundle


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "backup_name": _backup_data.name,
            "backup_files": _backup_data.files,
            "bundle_texts": _bundle.texts,
            "plan_secrets": _bundle.secrets,
            "store_members": _backup_data.store_members,
            "store_problems": _backup_data.store_problems,
            "stores_to_restore": _backup_data.stores,
            "restore_problems": _backup_data.problems,
        }
