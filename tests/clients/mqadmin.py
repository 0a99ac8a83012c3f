"""What the vendor's own tool prints, as data. The collection asks differently, so the two check each other."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

# A broker that does not answer has an empty version column.
_MEMBER = re.compile(r"^(\S+)\s+(\S+)\s+(-?\d+)\s+(\S+:\d+)(?:\s+(V\d\S*))?\s")
_SECTION = re.compile(r"^=+([^=\s]+:\d+)=+$")
_PROPERTY = re.compile(r"^(\w+)\s+= {0,2}(.*)$")
_ORDER = re.compile(r"orderConf=\[(.*)\]")
_INTEGER_KEY = re.compile(r"([{,]\s*)(-?\d+)(\s*:)")


@dataclass(frozen=True)
class Member:
    cluster: str
    group: str
    broker_id: int
    address: str
    version: str


def run(home: str, java_options: Iterable[str], *arguments: str) -> tuple[str, str]:
    """What the tool in ``home``/lib prints, and to where errors go; ``home``/conf has the file for its logging."""
    command = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", *java_options]
    command += [
        f"-Drocketmq.home.dir={home}",
        f"-Duser.home={tempfile.gettempdir()}",
        "-cp",
        f"{home}/conf:{home}/lib/*",
    ]
    command += ["org.apache.rocketmq.tools.command.MQAdminStartup", *arguments]
    environment = {**os.environ, "ROCKETMQ_HOME": home}
    ran = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, timeout=60)
    return ran.stdout, ran.stderr


def members(output: str) -> list[Member]:
    """`mqadmin clusterList`; other lines (5.x prints its logger's start-up) are passed over."""
    found = []
    for line in output.splitlines():
        if (match := _MEMBER.match(line)) and "|-" not in line:
            cluster, group, broker_id, address, version = match.groups()
            found.append(Member(cluster, group, int(broker_id), address, version or ""))
    return found


def leaders(found: Iterable[Member]) -> dict[str, str]:
    """Group -> address of broker id 0."""
    return {member.group: member.address for member in found if member.broker_id == 0}


def properties(output: str) -> dict[str, dict[str, str]]:
    """`mqadmin getBrokerConfig` and `getNamesrvConfig`: address -> properties."""
    sections: dict[str, dict[str, str]] = {}
    current: dict[str, str] | None = None
    for line in output.splitlines():
        if match := _SECTION.match(line):
            current = sections.setdefault(match[1], {})
        elif current is not None and (match := _PROPERTY.match(line)):
            current[match[1]] = match[2].strip()
    return sections


def loads(text: str) -> Any:
    """What RocketMQ prints and stores: JSON but for integers that stand for keys. Names with such in them are none."""
    return json.loads(_INTEGER_KEY.sub(r'\1"\2"\3', text))


def route(output: str) -> dict[str, dict[str, Any]] | None:
    """`mqadmin topicRoute`: broker group -> its entry in queueDatas; None where there is no such topic."""
    found = _routed(output)
    return None if found is None else {queues["brokerName"]: queues for queues in found["queueDatas"]}


def ordered_route(output: str) -> str | None:
    """`mqadmin topicRoute`: what it tells producers of an ordered topic."""
    return (_routed(output) or {}).get("orderTopicConf")


def _routed(output: str) -> dict[str, Any] | None:
    start = output.find("{")
    return None if start < 0 else dict(loads(output[start : output.rindex("}") + 1]))


def order(output: str) -> str | None:
    """`mqadmin updateOrderConf -m get`: the entry of a topic; None where there is none."""
    match = _ORDER.search(output)
    return match[1] if match else None
