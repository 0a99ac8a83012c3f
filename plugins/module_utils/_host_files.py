# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which files of a host are about RocketMQ: found from its units, without an inventory."""

from __future__ import annotations

import json
import pathlib
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from ansible_collections.rocketmq.cluster.plugins.module_utils import _systemd

#: Our kernel settings.
KERNEL = (pathlib.Path("/etc/sysctl.d/zz-rocketmq.conf"), pathlib.Path("/etc/tmpfiles.d/rocketmq.conf"))
_ENVIRONMENT = re.compile(r"^EnvironmentFile=-?(\S+)", re.MULTILINE)
_KV_TABLES = re.compile(r"^\s*kvConfigPath\s*=\s*(\S+)", re.MULTILINE)
#: Nothing that belongs there is as big.
_TOO_BIG = 4 * 1024 * 1024


class Found(NamedTuple):
    """Paths that exist, sorted."""

    units: list[pathlib.Path]
    configuration: list[pathlib.Path]
    kv_tables: list[pathlib.Path]
    kernel: list[pathlib.Path]

    def all(self) -> list[pathlib.Path]:
        return sorted({*self.units, *self.configuration, *self.kv_tables, *self.kernel})


def ours(unit_dir: pathlib.Path = _systemd.UNIT_DIR, kernel: Iterable[pathlib.Path] = KERNEL) -> Found:
    """Raises OSError."""
    services = [path for path in sorted(unit_dir.glob("rocketmq-*.service")) if _systemd.describe(path)]
    units = [*services, *unit_dir.glob("rocketmq.target"), *unit_dir.glob("rocketmq-*.service.d/*.conf")]
    named = {path for service in services for path in _named_by(service)}
    configuration = sorted({path for folder in {path.parent for path in named} for path in _files(folder)})
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in configuration if path.suffix == ".conf"]
    tables = [pathlib.Path(name) for text in texts for name in _KV_TABLES.findall(text)]
    return Found(
        units=sorted(units),
        configuration=configuration,
        kv_tables=sorted({path for path in tables if path.is_file()}),
        kernel=sorted(path for path in kernel if path.is_file()),
    )


def _named_by(service: pathlib.Path) -> list[pathlib.Path]:
    """The files that a unit of ours reads."""
    described = _systemd.describe(service)
    names = _ENVIRONMENT.findall(service.read_text(encoding="utf-8", errors="replace"))
    return [pathlib.Path(name) for name in (described.get("config", ""), *names) if name]


def _files(folder: pathlib.Path) -> list[pathlib.Path]:
    if not folder.is_dir():
        return []
    return [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size <= _TOO_BIG]


def properties(path: pathlib.Path) -> dict[str, str]:
    """The keys of a configuration file, with their values as RocketMQ reads them; empty when there is none."""
    try:
        if path.suffix == ".json":
            return {key: _plain(value) for key, value in json.loads(path.read_text(encoding="utf-8")).items()}
        lines = path.read_text(encoding="latin-1").splitlines()
    except (OSError, ValueError, AttributeError):
        return {}
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.lstrip().startswith(("#", "!")))
    return {key.strip(): value.strip() for key, value in pairs}


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
