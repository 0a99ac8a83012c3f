# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waits until a proxy can start, and then becomes it (same process id).

    wait-for-brokers /etc/rocketmq/proxy.json PROGRAM ARGUMENT ...

A proxy makes a topic of its own when it starts, through whichever name server it asks first, gives that three seconds,
and ends without it. So it starts when every name server that answers knows the topic and a broker with it that takes
writes; where there is no such topic yet, it is made here. Copied to hosts as it is: the standard library alone.
"""

from __future__ import annotations

import json
import os
import pathlib
import socket
import struct
import sys
import time
from typing import Any

_CREATE_TOPIC, _ROUTE = 17, 105
_OK, _NO_SUCH_TOPIC = 0, 17
_LEADER = "0"
_PAUSE_SECONDS = 0.5
_TIMEOUT_SECONDS = 5.0
#: What a server that is down, or talks nonsense, makes of a request.
_NO_ANSWER = (OSError, ValueError, LookupError, AttributeError, TypeError, struct.error)


def main() -> None:
    config = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    said = ""
    while missing := what_is_missing(config):
        if missing != said:
            print(f"waiting: {missing}", flush=True)
            said = missing
        time.sleep(_PAUSE_SECONDS)
    os.execv(sys.argv[2], sys.argv[2:])


def what_is_missing(config: dict[str, Any]) -> str:
    """In words; empty when the proxy with this configuration can start."""
    # Each broker has a topic by the name of its cluster: its route leads to all of them.
    cluster = config["rocketMQClusterName"]
    topic = config.get("heartbeatSyncerTopicName", "DefaultHeartBeatSyncerTopic")
    brokers, proxies, silent = {}, {}, []
    for address in config["namesrvAddr"].split(";"):
        try:
            brokers[address] = leaders(address, cluster)
            proxies[address] = leaders(address, topic)
        except _NO_ANSWER as error:
            silent.append(f"{address} ({error})")
    if not proxies:
        return f"no name server answers: {', '.join(silent)}"
    if ignorant := [address for address in proxies if not brokers[address]]:
        return f"{', '.join(ignorant)} knows no broker of {cluster} that takes writes"
    if ignorant := [address for address in proxies if not proxies[address]]:
        # A broker that refuses may take it from the proxy itself, which can sign what it asks.
        answers = [created(broker, topic) for broker in brokers[ignorant[0]]]
        return f"{', '.join(ignorant)} does not know the topic {topic}" if all(answers) else ""
    return ""


def leaders(namesrv: str, topic: str) -> list[str]:
    """Where a name server sends those who write to a topic. Raises ``_NO_ANSWER``."""
    code, body = ask(namesrv, _ROUTE, {"topic": topic, "acceptStandardJsonOnly": "true"})
    if code == _NO_SUCH_TOPIC:
        return []
    found = [broker["brokerAddrs"] for broker in json.loads(body.decode())["brokerDatas"]]
    return [addresses[_LEADER] for addresses in found if _LEADER in addresses]


def created(broker: str, topic: str) -> bool:
    """False only when a broker refuses: one that does not answer is asked again."""
    fields = {"topic": topic, "defaultTopic": "TBW102", "topicFilterType": "SINGLE_TAG", "order": "false"}
    numbers = {"readQueueNums": "1", "writeQueueNums": "1", "perm": "6", "topicSysFlag": "0"}
    try:
        return ask(broker, _CREATE_TOPIC, {**fields, **numbers})[0] == _OK
    except _NO_ANSWER:
        return True


def ask(address: str, code: int, ext: dict[str, str]) -> tuple[int, bytes]:
    """Code and body of the answer. Raises ``_NO_ANSWER``."""
    fields = {"code": code, "language": "PYTHON", "version": 0, "opaque": 1, "flag": 0, "extFields": ext}
    header = json.dumps({**fields, "serializeTypeCurrentRPC": "JSON"}).encode()
    host, _colon, port = address.strip().rpartition(":")
    with socket.create_connection((host, int(port)), timeout=_TIMEOUT_SECONDS) as connected:
        connected.sendall(struct.pack(">ii", 4 + len(header), len(header)) + header)
        with connected.makefile("rb") as stream:
            size, word = struct.unpack(">ii", stream.read(8))
            length = word & 0xFFFFFF
            answer = json.loads(stream.read(length).decode())
            return int(answer["code"]), stream.read(size - 4 - length)


if __name__ == "__main__":
    main()
