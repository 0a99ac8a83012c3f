# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Downloads and digests for the modules that run on the control node."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import http.client
import io
import pathlib
import socket
import time
import urllib.error
from typing import Any, Callable

from ansible.module_utils.urls import ConnectionError as AnsibleConnectionError
from ansible.module_utils.urls import open_url

_CHUNK = 1024 * 1024


class Refused(Exception):
    """What was asked for cannot be had; the text is a sentence for the user."""


class _Passing(Exception):
    """A download failed for a reason that may pass."""


class Download:
    """Reads addresses with bounded patience, through the proxies and certificates that the environment names."""

    def __init__(self, timeout: int, attempts: int, pause: Callable[[float], None] = time.sleep) -> None:
        self._timeout = timeout
        self._attempts = attempts
        self._pause = pause

    def text(self, url: str, limit: int = 64 * 1024) -> str:
        sink = io.BytesIO()
        self._retry(url, sink, limit)
        return sink.getvalue().decode("utf-8", "replace")

    def to(self, url: str, path: pathlib.Path) -> None:
        with path.open("w+b") as sink:
            self._retry(url, sink, 0)

    def _retry(self, url: str, sink: Any, limit: int) -> None:
        for attempt in range(1, self._attempts + 1):
            sink.seek(0)
            sink.truncate()
            try:
                self._once(url, sink, limit)
                return
            except _Passing as error:
                if attempt == self._attempts:
                    raise Refused(f"{url} could not be read, tried {attempt} times: {error}.") from error
                self._pause(min(2.0**attempt, 10.0))

    def _once(self, url: str, sink: Any, limit: int) -> None:
        try:
            with contextlib.closing(open_url(url, timeout=self._timeout, follow_redirects="all")) as answer:
                expected = answer.headers.get("Content-Length")
                got = 0
                for chunk in iter(lambda: answer.read(_CHUNK), b""):
                    got += len(chunk)
                    if limit and got > limit:
                        raise Refused(f"{url} is longer than {limit} bytes: that is no checksum file.")
                    sink.write(chunk)
        except urllib.error.HTTPError as error:
            if error.code >= 500 or error.code in (408, 429):
                raise _Passing(f"HTTP status {error.code}") from error
            raise Refused(
                f"{url} answers with HTTP status {error.code} ({error.reason}): is the address right?"
            ) from error
        except (urllib.error.URLError, AnsibleConnectionError, http.client.HTTPException, socket.timeout) as error:
            raise _Passing(str(getattr(error, "reason", error))) from error
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise
            raise _Passing(str(error)) from error
        if expected is not None and expected.isdigit() and int(expected) != got:
            raise _Passing(f"the download broke off after {got} of {expected} bytes")


def sha256(path: pathlib.Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        for chunk in iter(lambda: stream.read(_CHUNK), b""):
            digest.update(chunk)
    return digest.hexdigest()
