# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The settings of a fake server: a text of properties, changed as RocketMQ changes its own."""

from __future__ import annotations

import functools
import re
import time

_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?[0-9]+\.[0-9]+")


def parse(text: bytes) -> dict[str, str]:
    """What java.util.Properties makes of ``k=v`` lines: blanks before a value are none of it, those behind it are."""
    return {key.strip(): _ESCAPE.sub(_unescaped, value.lstrip()) for key, value in _lines(text)}


@functools.cache
def _lines(text: bytes) -> list[list[str]]:
    """Every fake server of a release begins with the same text."""
    return [line.split("=", 1) for line in text.decode().split("\n") if "=" in line]


def _unescaped(found: re.Match[str]) -> str:
    what = found[1]
    return chr(int(what[1:], 16)) if len(what) > 1 else {"t": "\t", "n": "\n", "r": "\r"}.get(what, what)


class Properties:
    """Keys keep their kind: unknown keys and values of another kind are passed over, as RocketMQ does."""

    def __init__(self, text: bytes) -> None:
        self.values = dict(_lines(text))
        self.counter = 0
        self.timestamp = int(time.time() * 1000)

    def text(self) -> bytes:
        return "".join(f"{key}={value}\n" for key, value in self.values.items()).encode()

    def names(self, text: bytes) -> set[str]:
        return set(parse(text))

    def update(self, text: bytes) -> None:
        for key, value in parse(text).items():
            if key in self.values:
                self.values[key] = _as_kind(self.values[key], value)
        self.counter += 1
        self.timestamp = int(time.time() * 1000)


def _as_kind(current: str, value: str) -> str:
    if current in ("true", "false"):  # Boolean.parseBoolean knows one word
        return "true" if value.lower() == "true" else "false"
    for kind in (_INTEGER, _NUMBER):
        if kind.fullmatch(current):
            return value if _INTEGER.fullmatch(value) or kind.fullmatch(value) else current
    return value
