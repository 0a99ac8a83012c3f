# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A controller: all that it says is who leads."""

from __future__ import annotations

from ansible_collections.rocketmq.cluster.plugins.module_utils import _remoting
from fake_server import FakeServer


class FakeController(FakeServer):
    """``leader``: address of the one that it takes for the leader, empty for none."""

    def __init__(self, version: str, leader: str = "") -> None:
        super().__init__(version)
        self.leader = leader

    def answer(self, request: _remoting.Frame) -> bytes | None:
        if request.code != 1005:
            return None
        return self.reply("controller_metadata", request, {"controllerLeaderAddress": self.leader})
