# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A controller: it says who leads the controllers and what it works with, and elects masters."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import fake_frames
from ansible_collections.rocketmq.cluster.plugins.module_utils import _remoting
from fake_properties import Properties
from fake_server import FakeServer


class FakeController(FakeServer):
    """``leader``: address of the one that it takes for the leader, empty for none.

    ``elects``: what an election does. ``refusals``: how many elections fail before. ``replicas``: group -> its members,
    those in sync and the others, as the controllers of 5.3.3 spell them.
    """

    def __init__(self, version: str, leader: str = "") -> None:
        super().__init__(version)
        self.leader = leader
        self.refusals = 0
        self.config = Properties(fake_frames.decoded(version, "controller_config").body)
        self.replicas: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {}
        self.elects: Callable[[Mapping[str, str]], None] = lambda fields: None

    def answer(self, request: _remoting.Frame) -> bytes | None:
        if request.code == 1005:
            return self.reply("controller_metadata", request, {"controllerLeaderAddress": self.leader})
        if request.code == 1010:
            return self.reply("controller_config", request, body=self.config.text())
        if request.code == 1006:
            asked = [group for group in json.loads(request.body) if group in self.replicas]
            table = {
                group: dict(zip(("inSyncReplicas", "notInSyncReplicas"), self.replicas[group], strict=True))
                for group in asked
            }
            return self.reply(
                "controller_elect_master", request, body=json.dumps({"replicasInfoTable": table}).encode()
            )
        if request.code == 1011:
            gone = request.ext["brokerControllerIdsToClean"].split(";")
            for members in self.replicas[request.ext["brokerName"]]:
                members[:] = [member for member in members if str(member["brokerId"]) not in gone]
            return self.reply("controller_elect_master", request)
        if request.code == 1002 and self.refusals:
            self.refusals -= 1
            return self.reply("controller_elect_master_failed", request)
        if request.code == 1002:
            self.elects(request.ext)
            return self.reply("controller_elect_master", request)
        return None
