# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Records what a real cluster answers, for the unit tests: tests/unit/frames/<version>/<name>.{request,response}.

    tests/unit/capture_frames.py VERSION NAMESRV BROKER
    tests/unit/capture_frames.py VERSION NAMESRV BROKER --unelected      (only one of the three members runs)
    tests/unit/capture_frames.py VERSION NAMESRV BROKER --only PREFIX    (these, of a cluster that has what they need)

Start one DLedger group of three members on loopback, with autoCreateTopicEnable=false and
autoCreateSubscriptionGroup=false, and this script at the same moment: it also waits for what only a booting cluster
answers. ``NAMESRV`` and ``BROKER`` (any member) are ``host:port``. ``frames/index.json`` lists what there is.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import socket
import struct
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import capture_requests
import fake_frames
from ansible_collections.rocketmq.cluster.plugins.module_utils import _fastjson, _remoting

FRAMES = pathlib.Path(__file__).resolve().parent / "frames"
OPAQUE = 7
#: Members of the group.
FULL = 3


class Recorder:
    def __init__(self, version: str) -> None:
        self._folder = FRAMES / version
        self._folder.mkdir(parents=True, exist_ok=True)
        self.index: dict[str, Any] = {}

    def ask(
        self,
        name: str,
        address: str,
        code: int,
        ext: Mapping[str, Any] | None = None,
        body: bytes = b"",
        until: Callable[[_remoting.Frame], bool] = lambda frame: True,
        request: bytes = b"",
        seconds: float = 15,
    ) -> _remoting.Frame | None:
        """Asks until the answer is the wanted one and keeps that; None when there is none, and then no file."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            frame = self.attempt(name, address, code, ext, body, until, request)
            if frame is not None:
                return frame
        print(f"{name}: NO SUCH ANSWER", file=sys.stderr)
        return None

    def attempt(
        self,
        name: str,
        address: str,
        code: int,
        ext: Mapping[str, Any] | None = None,
        body: bytes = b"",
        until: Callable[[_remoting.Frame], bool] = lambda frame: True,
        request: bytes = b"",
    ) -> _remoting.Frame | None:
        """Asks once."""
        request = request or _remoting.encode(code, OPAQUE, ext, body)
        response = exchange(address, request)
        frame = _remoting.decode(response[4:]) if response else None
        if frame is None or not until(frame):
            time.sleep(0.02)
            return None
        (self._folder / f"{name}.request").write_bytes(request)
        (self._folder / f"{name}.response").write_bytes(response)
        self.index[name] = {"request_code": code, "response_code": frame.code}
        print(f"{name}: {frame.code} {frame.remark[:60]!r}")
        return frame

    def answer(self, ask: capture_requests.Ask, addresses: dict[str, str]) -> None:
        """Keeps the answer, or that there is none: old servers say nothing to a code that they do not know."""
        wanted = ask.code
        kept = self.ask(
            ask.name,
            addresses[ask.to],
            ask.request,
            ask.ext,
            ask.body,
            until=lambda frame: wanted is None or frame.code == wanted,
            seconds=4 if wanted is None else 15,
        )
        if kept is None:
            self.index[ask.name] = {"request_code": ask.request, "response_code": None}


def exchange(address: str, request: bytes) -> bytes:
    """The raw answer with its length; empty when the server gives none within two seconds."""
    try:
        with socket.create_connection(_remoting.split_address(address), timeout=2) as connected:
            connected.sendall(request)
            stream = connected.makefile("rb")
            head = stream.read(4)
            return head + stream.read(struct.unpack(">i", head)[0]) if head else b""
    except OSError:
        return b""


def binary_request(code: int) -> bytes:
    """A request whose header is in the binary serialisation, so that the answer is too."""
    header = struct.pack(">hbhiiii", code, 0, 355, OPAQUE, 0, 0, 0)
    return struct.pack(">ii", 4 + len(header), 1 << 24 | len(header)) + header


def brokers_of(frame: _remoting.Frame) -> dict[str, str]:
    table = _fastjson.loads(frame.body)["brokerAddrTable"]
    return dict(next(iter(table.values()))["brokerAddrs"]) if table else {}


def elected(frame: _remoting.Frame) -> bool:
    identities = set(brokers_of(frame))
    return len(identities) == FULL and "-1" not in identities


def capture_only(version: str, namesrv: str, prefix: str) -> dict[str, Any]:
    """Of the cluster's first group."""
    record = Recorder(version)
    cluster = _remoting.decode(exchange(namesrv, _remoting.encode(106, OPAQUE))[4:])
    addresses = _addresses(namesrv, brokers_of(cluster))
    for ask in capture_requests.requests(version):
        if ask.name.startswith(prefix):
            record.answer(ask, addresses)
    return record.index


def _addresses(namesrv: str, members: Mapping[str, str]) -> dict[str, str]:
    follower = next(address for identity, address in members.items() if identity != "0")
    return {"namesrv": namesrv, "leader": members["0"], "follower": follower}


def capture(version: str, namesrv: str, broker: str, unelected: bool) -> dict[str, Any]:
    record = Recorder(version)
    if unelected:
        record.ask("cluster_info_unelected", namesrv, 106, until=lambda frame: "-1" in brokers_of(frame), seconds=60)
        return record.index
    cluster = None
    while cluster is None:
        record.attempt("runtime_info_booting", broker, 28, until=lambda frame: frame.code == 1)
        cluster = record.attempt("cluster_info", namesrv, 106, until=elected)
    record.ask("cluster_info_binary", namesrv, 106, request=binary_request(106))
    addresses = _addresses(namesrv, brokers_of(cluster))
    leader, follower = addresses["leader"], addresses["follower"]
    # Right after the boot the rates are empty.
    record.ask("runtime_info", leader, 28, until=lambda frame: b'"putTps":"0' in frame.body, seconds=30)
    for ask in capture_requests.requests(version):
        record.answer(ask, addresses)
    with capture_requests.heartbeat(leader):
        for ask in capture_requests.online_requests():
            record.answer(ask, addresses)
    follows = capture_requests.send_fields(fake_frames.TOPIC)
    record.ask("send_follower", follower, 310, follows, b"capture", until=lambda frame: frame.code != 17)
    return record.index


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    for name in ("version", "namesrv", "broker"):
        parser.add_argument(name)
    parser.add_argument("--unelected", action="store_true")
    parser.add_argument("--only", metavar="PREFIX")
    options = parser.parse_args()
    path = FRAMES / "index.json"
    index = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if options.only:
        found = capture_only(options.version, options.namesrv, options.only)
    else:
        found = capture(options.version, options.namesrv, options.broker, options.unelected)
    index.setdefault(options.version, {}).update(found)
    path.write_text(json.dumps(index, indent=2, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
