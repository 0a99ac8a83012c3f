# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What differs between releases of RocketMQ, read from versions/<version>.json."""

from __future__ import annotations

import dataclasses
import functools
import json
import pathlib
from collections.abc import Iterable, Mapping
from typing import Any

DIRECTORY = pathlib.Path(__file__).parent / "versions"


class UnknownVersion(ValueError):
    """A version that this collection has no data for."""

    def __init__(self, version: str) -> None:
        super().__init__(
            f"rocketmq_version {version!r} is not known to this collection: give one of {', '.join(known())}."
        )


@dataclasses.dataclass(frozen=True)
class Release:
    """One release."""

    version: str
    #: How the members of a broker group can replicate; see ``_modes``.
    modes: tuple[str, ...]
    #: How controllers can agree, the best first; empty where there are none.
    controller_types: tuple[str, ...]
    #: Kinds of process that it has, without the console, which is no part of it.
    processes: tuple[str, ...]
    #: Majors of Java that it runs on.
    jdks: tuple[int, ...]
    #: Known vulnerabilities by which anyone who reaches the ports runs code or writes files, and what mends each.
    vulnerable: Mapping[str, str]
    #: File name of the logging configuration of a process below conf/, with ``{kind}`` in it.
    log_config: str
    #: From "9+" or "9+ <kind>" to options of the JVM; use :meth:`module_options`.
    java_options: Mapping[str, tuple[str, ...]]
    #: Artifacts (without the prefix ``rocketmq-``) whose runtime jars make the distribution.
    modules: tuple[str, ...]
    #: Sentences about it for docs/versions.md.
    notes: tuple[str, ...]
    #: The lock: sha256 of every jar.
    jars: Mapping[str, str]

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])

    @property
    def fixed_in(self) -> str:
        """The first release with none of its vulnerabilities; empty where there are none."""
        return max(self.vulnerable.values(), key=numbers, default="")

    def log_config_name(self, kind: str) -> str:
        """Name of the logging configuration of a ``kind`` (namesrv, broker, tools) below conf/."""
        return self.log_config.replace("{kind}", kind)

    def module_options(self, java_major: int, *kinds: str) -> list[str]:
        """Options that open the JDK's own packages to this release: none for Java 8, which has no modules.

        ``kinds``: what the process is; a broker can be a proxy too.
        """
        if java_major < 9:
            return []
        own = (option for kind in kinds for option in self.java_options.get(f"9+ {kind}", ()))
        return [*self.java_options.get("9+", ()), *own]

    def log_options(self, kind: str, home: str) -> list[str]:
        """JVM properties that make a process of ``kind`` log by our configuration alone, from its first line on.

        4.x finds the file by its name below ROCKETMQ_HOME, but only after netty's first lines went to the console, and
        its client writes a file of its own unless it is told to use the same log. 5.x has one log, found by a property.
        """
        path = f"{home}/conf/{self.log_config_name(kind)}"
        if self.major >= 5:
            return [f"-Drmq.logback.configurationFile={path}"]
        return [f"-Dlogback.configurationFile={path}", "-Drocketmq.client.logUseSlf4j=true"]

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for templates and module arguments."""
        return {
            "version": self.version,
            "modes": list(self.modes),
            "processes": list(self.processes),
            "jdks": list(self.jdks),
            "vulnerable": dict(self.vulnerable),
            "fixed_in": self.fixed_in,
            "log_config": self.log_config,
            "modules": list(self.modules),
            "jars": dict(self.jars),
        }


@functools.cache
def known() -> tuple[str, ...]:
    """Every version there is data for, oldest first."""
    return tuple(in_order(path.stem for path in DIRECTORY.glob("*.json")))


def in_order(versions: Iterable[str]) -> list[str]:
    """Oldest first."""
    return sorted(versions, key=numbers)


def numbers(version: str) -> tuple[int, ...]:
    """What releases are ordered by."""
    return tuple(int(part) for part in version.split("."))


def safe_after(version: str) -> list[str]:
    """Known releases after ``version`` without known vulnerabilities."""
    return [other for other in known() if numbers(other) > numbers(version) and not load(other).vulnerable]


@functools.cache
def load(version: str) -> Release:
    """The data of a version; UnknownVersion names the known ones."""
    if version not in known():
        raise UnknownVersion(version)
    data = json.loads((DIRECTORY / f"{version}.json").read_text(encoding="utf-8"))
    return Release(
        version=data["version"],
        modes=tuple(data["modes"]),
        controller_types=tuple(data["controller_types"]),
        processes=tuple(data["processes"]),
        jdks=tuple(data["jdks"]),
        vulnerable=dict(data["vulnerable"]),
        log_config=data["log_config"],
        java_options={key: tuple(options) for key, options in data["java_options"].items()},
        modules=tuple(data["modules"]),
        notes=tuple(data["notes"]),
        jars=dict(data["jars"]),
    )
