# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A server of RocketMQ's protocol on 127.0.0.1; what it answers is for the kinds of it to say."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Mapping

import fake_frames
from ansible_collections.rocketmq.cluster.plugins.module_utils import _remoting
from fake_faults import Fault

#: Requests of all connections to all fakes are handled one after the other: brokers write into name servers.
_STATE = threading.RLock()


class FakeServer:
    """``log`` holds every request that it got.

    ``hooks``: called when a request of that code has arrived, before it is handled, once each. ``faults``: what is done
    with its answer, when it is handled already.
    """

    #: The captured answer to a code that exists in no release.
    unknown_code = ""

    def __init__(self, version: str) -> None:
        self.version = version
        self.log: list[_remoting.Frame] = []
        self.hooks: dict[int, list[Callable[[], None]]] = {}
        self.faults: dict[int, list[Fault]] = {}
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def answer(self, request: _remoting.Frame) -> bytes | None:
        """The whole answer; None for a code that it does not know."""
        raise NotImplementedError

    def reply(
        self,
        name: str,
        request: _remoting.Frame,
        ext: Mapping[str, str] | None = None,
        body: bytes | None = None,
        names: Mapping[str, str] | None = None,
    ) -> bytes:
        """The captured answer of that name as an answer to this request, as ``fake_frames.reply`` says."""
        return fake_frames.reply(self.version, name, request.opaque, ext, body, names)

    def codes(self) -> list[int]:
        return [request.code for request in self.log]

    def close(self) -> None:
        """Stops listening and drops all connections, as a killed process does."""
        for connected in [self._listener, *self._open]:
            with contextlib.suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)
            connected.close()

    def reopen(self) -> None:
        """Listens at the same address again, as the same process that was started again."""
        self._listener = socket.create_server(("127.0.0.1", int(self.address.rpartition(":")[2])))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        listener = self._listener
        while True:
            try:
                connected, _peer = listener.accept()
            except OSError:
                return
            self._open.append(connected)
            threading.Thread(target=self._serve, args=(connected,), daemon=True).start()

    def _serve(self, connected: socket.socket) -> None:
        stream = connected.makefile("rb")
        try:
            while head := stream.read(4):
                request = _remoting.decode(stream.read(struct.unpack(">i", head)[0]))
                self.log.append(request)
                answer = self._handled(request)
                faults = self.faults.get(request.code)
                if faults:
                    faults.pop(0)(connected, answer or b"")
                elif answer:
                    connected.sendall(answer)
        except (OSError, ValueError, struct.error):
            pass
        finally:
            stream.close()
            connected.close()

    def _handled(self, request: _remoting.Frame) -> bytes | None:
        with _STATE:
            hooks = self.hooks.get(request.code)
            if hooks:
                hooks.pop(0)()
            answer = self.answer(request)
        if answer is None and fake_frames.known(self.version, self.unknown_code):
            return self.reply(self.unknown_code, request)
        return answer
