# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The planned settings as a running process should show them: what the module config_drift compares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.rocketmq.cluster.plugins.module_utils import _configuration_wanted
from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _files, _keys, _versions

#: (mode, key) that brokers change themselves, and how.
CHANGED_BY_BROKERS = {
    ("dledger", "brokerRole"): "SYNC_MASTER while a member leads, SLAVE while it follows",
    ("controller", "brokerRole"): "SYNC_MASTER while a member leads, SLAVE while it follows",
    ("master_slave", "accessMessageInMemoryMaxRatio"): "10 less at the start of a slave, from 5.0.0 on",
    **{
        (mode, "bitMapLengthConsumeQueueExt"): "worked out from the keys of the Bloom filter"
        for mode in ("dledger", "controller", "master_slave", "master")
    },
}


def settings(host: str, instance: Mapping[str, Any], mode: str, release: _versions.Release) -> dict[str, Any]:
    """A process of config_drift; ``mode`` is that of a broker's group."""
    names = _keys.load(release.version)["shown"]
    planned = {
        names.get(key, key): _files.property_text(value)
        for key, value in sorted(instance["config"]["properties"].items())
        if (mode, key) not in CHANGED_BY_BROKERS
    }
    secret = {key for key in planned if _configuration_wanted.matches(key, _configuration_wanted.SECRET)}
    return {
        "host": host,
        "unit": instance["unit"],
        "kind": instance["kind"],
        "address": f"{instance['address']}:{instance['ports']['listen']}",
        "properties": {key: value for key, value in planned.items() if key not in secret},
        "secrets": {key: planned[key] for key in sorted(secret)},
    }
