# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets in texts that leave a host: configuration, journals, command lines.

What has the name of a secret loses its value; values that are known can be taken out wherever they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

MASK = "********"

_NAME = (
    r"[\w.-]*(?:secret|passw(?:or)?d|passphrase|access[_-]?key|api[_-]?key|private[_-]?key|token|credential|signature"
    r"|initAuthenticationUser)[\w.-]*"
)
#: A value between its quotes, as JSON within JSON too, one in braces, or a word.
_VALUE = r"""\\"(?:(?!\\").)*\\"|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|\{[^}\n]*\}|[^\s,;&|"'\\}\])]+"""
#: ``name=value``, ``name: value``, ``"name":"value"``, ``--name value``.
_PAIR = re.compile(rf"""({_NAME}(?:\\?["'])?[ \t]*[=:][ \t]*|(?<!\S)--?{_NAME}[ \t]+)({_VALUE})""", re.IGNORECASE)
#: A line that is nothing but one setting: its value ends where the line does.
_SETTING = re.compile(rf"""^([ \t]*(?:-[ \t]+)?["']?{_NAME}["']?[ \t]*[=:][ \t]*)(\S.*?)[ \t]*$""", re.I | re.M)
_HEADER = re.compile(r"((?:proxy-)?authorization[ \t]*[=:][ \t]*(?:basic|bearer|digest)?[ \t]*)(\S+)", re.IGNORECASE)
_ADDRESS = re.compile(r"(\w+://[^\s/:@]*:)([^\s/@]+)(?=@)")
_KEY = re.compile(
    r"(-----BEGIN [A-Z ]*PRIVATE KEY-----)(.*?)(-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL | re.IGNORECASE
)
#: mqadmin's sub commands about accounts, and what they call secrets.
_ACCOUNTS = re.compile(r"\b(?:\w*AclConfig|\w*AccessConfig\w*|createUser|updateUser|copyUser)\b")
_OPTION = re.compile(r"((?<=\s)-[asp]\s+)(\S+)")
#: Says nothing, whatever it is called.
_PLAIN = frozenset({"", "true", "false", "null", "none", MASK})
_SHORTEST = 4
_QUOTES = re.compile(r"""^(?:\\?["'])(.*?)(?:\\?["'])$""", re.DOTALL)


def values(text: str) -> set[str]:
    """The secrets that a text names."""
    found = {match[2] for pattern in (_PAIR, _SETTING, _HEADER, _ADDRESS) for match in pattern.finditer(text)}
    return {value for one in found for value in _inner(one) if _is_secret(value)}


def _inner(value: str) -> Iterator[str]:
    """A value with and without its quotes; of a mapping the secrets within."""
    match = _QUOTES.match(value)
    plain = match[1] if match else value
    if plain.startswith("{"):
        yield from (found for pair in _PAIR.finditer(plain) for found in _inner(pair[2]))
    else:
        yield plain


def _is_secret(value: str) -> bool:
    return len(value) >= _SHORTEST and value.lower() not in _PLAIN


def mask(text: str, known: Iterable[str] = ()) -> str:
    """The text without the secrets that it names, and without the ``known`` ones."""
    masked = _KEY.sub(rf"\1{MASK}\3", text)
    masked = _SETTING.sub(_masked, masked)
    masked = _HEADER.sub(_masked, _PAIR.sub(_masked, masked))
    masked = _ADDRESS.sub(rf"\g<1>{MASK}", masked)
    if _ACCOUNTS.search(masked):
        lines = masked.split("\n")
        masked = "\n".join(_OPTION.sub(rf"\g<1>{MASK}", line) if _ACCOUNTS.search(line) else line for line in lines)
    # The longest first: one may be the beginning of another.
    for value in sorted({value for value in known if _is_secret(value)}, key=len, reverse=True):
        masked = masked.replace(value, MASK)
    return masked


def _masked(match: re.Match[str]) -> str:
    value = _QUOTES.sub(r"\1", match[2])
    return match[0] if value.lower() in _PLAIN else f"{match[1]}{MASK}"
