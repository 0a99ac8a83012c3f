# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bodies as RocketMQ writes them: JSON, except that keys of objects may be integers (``{0:"a", -1:"b"}``) or whole
objects (``{{"queueId":0}:{...}}``), in every version from 4.7.1 to 5.5.0.

What the caller gets:

* an integer key is a ``str``, as it would be in JSON proper: ``{"0": "a", "-1": "b"}``. The same code then reads a
  server that quotes it.
* an object key is the ``tuple`` of its sorted ``(name, value)`` pairs: ``dict(key)["queueId"]``.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any

from ansible_collections.rocketmq.cluster.plugins.module_utils._errors import ProtocolError

#: Deeper than anything RocketMQ writes (8), and far from the interpreter's recursion limit.
MAX_DEPTH = 64


def _number(text: str) -> float:
    """No number of a server's is infinite, and none stands for nothing."""
    value = float(text)
    if math.isinf(value) or math.isnan(value):
        raise ValueError(f"the number {text[:20]}")
    return value


_DECODER = json.JSONDecoder(strict=False, parse_float=_number, parse_constant=_number)
_BLANK = re.compile(r"[ \t\r\n]*")
_INTEGER_KEY = re.compile(r"-?[0-9]{1,20}")


class FastJsonError(ProtocolError):
    """The text is not even that. ``position`` counts characters from 0."""

    def __init__(self, problem: str, position: int) -> None:
        super().__init__(f"the body is not JSON: {problem} at character {position}")
        self.position = position


def loads(body: bytes) -> Any:
    """The value that ``body`` (UTF-8) stands for. Raises FastJsonError."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FastJsonError("no UTF-8", error.start) from None
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError):
        # Most answers are JSON proper and the fast path is C; the others end here.
        return _Parser(text).document()


class _Parser:
    """Recursive descent over one text; scalars are left to the standard decoder."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def document(self) -> Any:
        value = self._value()
        if self._peek():
            raise self._error("more text after the value")
        return value

    def _error(self, problem: str) -> FastJsonError:
        return FastJsonError(problem, self._at)

    def _peek(self) -> str:
        """The next character that is not blank; empty at the end."""
        blank = _BLANK.match(self._text, self._at)
        self._at = blank.end() if blank else self._at
        return self._text[self._at : self._at + 1]

    def _expect(self, character: str) -> None:
        if self._peek() != character:
            raise self._error(f"'{character}' expected")
        self._at += 1

    def _value(self) -> Any:
        character = self._peek()
        if character == "{":
            return self._nested(self._object)
        if character == "[":
            return self._nested(self._array)
        return self._scalar()

    def _nested(self, parse: Callable[[], Any]) -> Any:
        if self._depth == MAX_DEPTH:
            raise self._error(f"nested deeper than {MAX_DEPTH}")
        self._depth += 1
        value = parse()
        self._depth -= 1
        return value

    def _scalar(self) -> Any:
        try:
            value, self._at = _DECODER.raw_decode(self._text, self._at)
        except json.JSONDecodeError as error:
            self._at = error.pos
            raise self._error("a value expected" if error.msg == "Expecting value" else error.msg) from None
        except ValueError as error:  # an integer of more digits than Python converts
            raise self._error(str(error)) from None
        return value

    def _array(self) -> list[Any]:
        self._expect("[")
        values: list[Any] = []
        if self._peek() != "]":
            values.append(self._value())
            while self._peek() == ",":
                self._at += 1
                values.append(self._value())
        self._expect("]")
        return values

    def _object(self) -> dict[Any, Any]:
        self._expect("{")
        members: dict[Any, Any] = {}
        if self._peek() != "}":
            self._member(members)
            while self._peek() == ",":
                self._at += 1
                self._member(members)
        self._expect("}")
        return members

    def _member(self, members: dict[Any, Any]) -> None:
        key = self._key()
        self._expect(":")
        members[key] = self._value()

    def _key(self) -> Any:
        character = self._peek()
        if character == "{":
            return _frozen(self._nested(self._object))
        if character == '"':
            return self._scalar()
        number = _INTEGER_KEY.match(self._text, self._at)
        if number is None:
            raise self._error("a key expected")
        self._at = number.end()
        return number.group()


def _frozen(value: Any) -> Any:
    """``value`` with its objects and arrays made hashable."""
    if isinstance(value, dict):
        return tuple(sorted(((key, _frozen(item)) for key, item in value.items()), key=lambda pair: str(pair[0])))
    if isinstance(value, list):
        return tuple(_frozen(item) for item in value)
    return value
