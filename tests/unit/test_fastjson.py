# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tolerant parser: JSON proper as the standard library reads it, fastjson's two liberties, and nothing else."""

from __future__ import annotations

import contextlib
import json
import random
from typing import Any

import fake_broker
import pytest
from ansible_collections.rocketmq.cluster.plugins.module_utils import _fastjson, _remoting
from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import ProtocolError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{}", {}),
        ("[1, 2.5, -3e2, true, false, null]", [1, 2.5, -300.0, True, False, None]),
        ('{"a":{"b":"\\u00e4 \\"x\\""}}', {"a": {"b": 'ä "x"'}}),
        ('{0:"a",-1:"b","2":"c"}', {"0": "a", "-1": "b", "2": "c"}),
        (' { "t" : { 0 : [ { 1 : 2 } , "," ] } } ', {"t": {"0": [{"1": 2}, ","]}}),
        ('{"o":{{"q":3,"t":"T"}:{"max":0}}}', {"o": {(("q", 3), ("t", "T")): {"max": 0}}}),
        ('{{"t":"T","q":{0:[1]}}:1}', {(("q", (("0", (1,)),)), ("t", "T")): 1}),
        ('{0:"tab\there"}', {"0": "tab\there"}),
        ("{0:{},1:[]}", {"0": {}, "1": []}),
    ],
)
def test_value(text: str, value: Any) -> None:
    assert _fastjson.loads(text.encode()) == value


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", 0),
        ("{0:1", 4),
        ("{0 1}", 3),
        ("{0:1,}", 5),
        ("{0:1}x", 5),
        ("{-:1}", 1),
        ("{a:1}", 1),
        ("{[1]:1}", 1),
        ("{0:'a'}", 3),
        ('{0:"a}', 3),
        ("{0:[1 2]}", 6),
        ("{0:[,1]}", 4),
        ("{0.5:1}", 2),
        ("{0:}", 3),
        ("{0:tru}", 3),
    ],
)
def test_error_names_the_position(text: str, position: int) -> None:
    with pytest.raises(_fastjson.FastJsonError, match=f"at character {position}$") as raised:
        _fastjson.loads(text.encode())
    assert raised.value.position == position
    assert isinstance(raised.value, ProtocolError)


@pytest.mark.parametrize(
    "body",
    [b"\xff\xfe", b"[" * 100_000, b"{0:" * 100_000, b'{{"a":' * 70, b"{0:" + b"9" * 5000 + b"}", b"9" * 5000 + b":"],
)
def test_hostile(body: bytes) -> None:
    try:
        _fastjson.loads(body)
    except _fastjson.FastJsonError:
        return
    assert body == b"{0:" + b"9" * 5000 + b"}"  # Python 3.9 converts numbers of any length


def test_depth_is_bounded() -> None:
    depth = _fastjson.MAX_DEPTH
    assert _fastjson.loads(b"{0:" * depth + b"1" + b"}" * depth)
    with pytest.raises(_fastjson.FastJsonError, match="nested deeper"):
        _fastjson.loads(b"{0:" * (depth + 1) + b"1" + b"}" * (depth + 1))


@pytest.mark.parametrize("version", fake_broker.VERSIONS)
def test_captured_object_keys(version: str) -> None:
    stats = _fastjson.loads(_remoting.decode(fake_broker.captured(version, "topic_stats")[4:]).body)["offsetTable"]
    ((key, offsets),) = stats.items()
    assert dict(key)["topic"] == "rocketmq_cluster_capture"
    assert dict(key)["queueId"] == 0
    assert offsets["maxOffset"] == 1
    consumed = _fastjson.loads(_remoting.decode(fake_broker.captured(version, "consume_stats")[4:]).body)["offsetTable"]
    assert consumed[key]["consumerOffset"] == 1


@pytest.mark.parametrize("version", fake_broker.VERSIONS)
def test_captured_integer_keys(version: str) -> None:
    table = _fastjson.loads(_remoting.decode(fake_broker.captured(version, "cluster_info")[4:]).body)
    brokers = table["brokerAddrTable"]["RaftNode00"]["brokerAddrs"]
    assert len(brokers) == 3
    assert "0" in brokers


def _random_value(chance: random.Random, depth: int) -> Any:
    kind = chance.randrange(7 if depth else 5)
    if kind == 5:
        return [_random_value(chance, depth - 1) for _ in range(chance.randrange(4))]
    if kind == 6:
        return {
            chance.choice(("a", "0", "-1", "17", "ü,{")): _random_value(chance, depth - 1)
            for _ in range(chance.randrange(4))
        }
    return (chance.randint(-(10**18), 10**18), chance.random(), chance.choice((True, False)), None, 'x"{}:,\\\u2028é')[
        kind
    ]


def _as_fastjson(value: Any, chance: random.Random) -> str:
    """As JSON, but integer keys without quotes and blanks here and there."""
    blank = chance.choice(("", "", " ", "\n"))
    if isinstance(value, dict):
        pairs = (
            f"{key if key.lstrip('-').isdigit() else json.dumps(key)}{blank}:{_as_fastjson(item, chance)}"
            for key, item in value.items()
        )
        return "{" + blank + ",".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + f"{blank},".join(_as_fastjson(item, chance) for item in value) + blank + "]"
    return json.dumps(value)


def test_random_documents_come_back() -> None:
    chance = random.Random(1)
    for _ in range(1500):
        value = _random_value(chance, 5)
        assert _fastjson.loads(_as_fastjson(value, chance).encode()) == value


def test_damaged_documents_are_errors_or_values() -> None:
    chance = random.Random(2)
    names = ("cluster_info", "topic_stats", "consume_stats")
    samples = [
        _remoting.decode(fake_broker.captured(version, name)[4:]).body
        for version in fake_broker.VERSIONS
        for name in names
    ]
    for _ in range(4000):
        body = bytearray(chance.choice(samples))
        for _ in range(chance.randint(1, 4)):
            body[chance.randrange(len(body))] = chance.choice(b'{}[]:,"0-x\\ \xff')
        with contextlib.suppress(_fastjson.FastJsonError):
            _fastjson.loads(
                bytes(body[chance.choice((0, 0, 1)) : chance.choice((len(body), chance.randrange(len(body))))])
            )
