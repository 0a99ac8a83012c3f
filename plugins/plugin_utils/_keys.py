# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The keys that the processes of a release take, from versions/keys/<version>.json, and what is wrong with a setting.

RocketMQ says nothing of keys that it does not know, and keeps its default where a value has the wrong type.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _versions
from ansible_collections.rocketmq.cluster.plugins.plugin_utils._wording import closest, did_you_mean

DIRECTORY = _versions.DIRECTORY / "keys"
#: What sentences call the processes, and where their keys are set.
_PROCESSES = {
    "namesrv": ("name servers", "rocketmq_namesrv_properties"),
    "broker": ("brokers", "rocketmq_broker_properties"),
    "controller": ("controllers", "rocketmq_controller_properties"),
    "proxy": ("proxies", "rocketmq_proxy_properties"),
}
#: Keys that many guides set and no release reads, and the one that decides what they are about.
_MEANT = {
    "storePathConsumeQueue": "storePathRootDir",
    "storePathIndex": "storePathRootDir",
    "storeCheckpoint": "storePathRootDir",
    "abortFile": "storePathRootDir",
}
_BITS = {"int": 31, "long": 63}
_REAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def known() -> list[str]:
    """Versions with a catalogue, oldest first."""
    return _versions.in_order(path.stem for path in DIRECTORY.glob("*.json"))


@functools.cache
def load(version: str) -> Mapping[str, Mapping[str, Any]]:
    """Process -> key -> type (int, long, double, boolean, String), or the names that it can have.

    ``shown`` has the keys that a process shows by another name.
    """
    found: dict[str, dict[str, Any]] = json.loads((DIRECTORY / f"{version}.json").read_text(encoding="utf-8"))
    return found


def problem(version: str, process: str, key: str, text: str, owned: Mapping[str, str]) -> str:
    """What is wrong with ``key``=``text``, a sentence but for where it stands; empty when nothing is.

    ``owned``: keys that the plan writes itself, and the variable that decides them.
    """
    types = load(version).get(process, {})
    if not types and process in _versions.load(version).processes:
        return ""  # There were no jars to ask: Maven has no proxy of 5.1.4.
    if key not in types:
        return f"has {key}, which {_unknown(version, process, key, owned)}"
    expected = _expected(types[key], text)
    return f"has {key}: {text!r}: give {expected}." if expected else ""


def _unknown(version: str, process: str, key: str, owned: Mapping[str, str]) -> str:
    noun = _PROCESSES[process][0]
    for other, (others, variable) in _PROCESSES.items():
        if key in load(version).get(other, {}):
            return f"is a setting of {others}, not of {noun}: move it to {variable}."
    having = [other for other in known() if key in load(other).get(process, {})]
    later = [other for other in having if _versions.in_order([version, other])[0] == version]
    if later:
        return f"RocketMQ {version} does not have yet: remove it, or set rocketmq_version to {later[0]} or later."
    if having:
        return f"RocketMQ {version} does not have any more ({having[-1]} had it): remove it."
    meant = _MEANT.get(key) or closest(key, load(version).get(process, {}), 0.7)
    if meant in owned:
        return (
            f"is no setting of {noun} of RocketMQ {version} (did you mean {meant}?): remove it; the plan writes "
            f"{meant} itself, use {owned[meant]}."
        )
    return f"is no setting of {noun} of RocketMQ {version}{did_you_mean(meant)}: correct or remove it."


def _expected(kind: str | list[str], text: str) -> str:
    """What RocketMQ wants instead of this text; empty where it takes it."""
    if isinstance(kind, list):
        return "" if text in kind else f"one of {', '.join(kind)} (RocketMQ would keep its default)"
    if kind == "boolean":
        return "" if text.lower() in ("true", "false") else "true or false (RocketMQ would take it for false)"
    if kind in _BITS:
        low, high = -(2 ** _BITS[kind]), 2 ** _BITS[kind] - 1
        fits = re.fullmatch(r"[+-]?\d{1,20}", text) and low <= int(text) <= high
        return "" if fits else f"a whole number from {low} to {high} (RocketMQ would keep its default)"
    if kind == "double":
        return "" if _REAL.fullmatch(text) else "a number (RocketMQ would keep its default)"
    return ""
