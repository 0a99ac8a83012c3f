# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Frames that real servers sent (``frames/``, recorded by capture_frames.py), and answers made of them."""

from __future__ import annotations

import json
import pathlib
import re
import struct
from collections.abc import Mapping
from functools import cache
from typing import Any

from ansible_collections.rocketmq.cluster.plugins.module_utils import _fastjson, _remoting

FRAMES = pathlib.Path(__file__).resolve().parent / "frames"
INDEX: dict[str, dict[str, dict[str, Any]]] = json.loads((FRAMES / "index.json").read_text(encoding="utf-8"))
VERSIONS = sorted(INDEX)

#: Names in the captured frames; answers of the fake have the asked ones in their place.
CLUSTER, GROUP = "RaftCluster", "RaftNode00"
TOPIC, ABSENT = "rocketmq_cluster_capture", "rocketmq_cluster_absent"
CONSUMER_GROUP = "rocketmq_cluster_capture_group"

#: Names that brokers take.
NAME = re.compile(r"[%|a-zA-Z0-9_-]{1,127}")


@cache
def captured(version: str, name: str, direction: str = "response") -> bytes:
    """A frame with its leading length."""
    return (FRAMES / version / f"{name}.{direction}").read_bytes()


def known(version: str, name: str) -> bool:
    """Whether a server of that version gave such an answer."""
    return INDEX[version].get(name, {}).get("response_code") is not None


def decoded(version: str, name: str) -> _remoting.Frame:
    return _remoting.decode(captured(version, name)[4:])


@cache
def body(version: str, name: str) -> Any:
    """The body of a captured answer; not to be changed."""
    return _fastjson.loads(decoded(version, name).body)


def reply(
    version: str,
    name: str,
    opaque: int,
    ext: Mapping[str, str] | None = None,
    body: bytes | None = None,
    names: Mapping[str, str] | None = None,
) -> bytes:
    """A captured answer with another opaque, and where given other fields, another body, other names in the remark."""
    raw = captured(version, name)
    length = struct.unpack_from(">i", raw, 4)[0]
    header = json.loads(raw[8 : 8 + length])
    header["opaque"] = opaque
    if ext:
        header["extFields"] = {**header.get("extFields", {}), **ext}
    for old, new in (names or {}).items():
        header["remark"] = (header.get("remark") or "").replace(old, new)
    content = raw[8 + length :] if body is None else body
    packed = json.dumps(header, separators=(",", ":")).encode()
    return struct.pack(">ii", 4 + len(packed) + len(content), len(packed)) + packed + content


def dumps(value: Any) -> bytes:
    """As fastjson writes it: an integer key has no quotes, and a key of pairs (``_fastjson``) is an object."""
    return _text(value).encode()


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{_key(key)}:{_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_text(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _key(key: Any) -> str:
    if isinstance(key, tuple):
        return _text(dict(key))
    return str(key) if isinstance(key, int) else json.dumps(key, ensure_ascii=False)


def queue_key(topic: str, group: str, queue: int) -> tuple[tuple[str, Any], ...]:
    """A MessageQueue as the key of an object."""
    return ("brokerName", group), ("queueId", queue), ("topic", topic)
