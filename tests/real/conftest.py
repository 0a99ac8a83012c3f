# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Single real processes on this machine, without hosts or containers; ROCKETMQ_VERSION picks one release."""

from __future__ import annotations

import functools
import pathlib
import sys
import tempfile
from collections.abc import Callable, Iterator

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
_LINK = ROOT / ".ansible" / "collections" / "ansible_collections" / "rocketmq" / "cluster"
if not _LINK.exists():
    _LINK.parent.mkdir(parents=True, exist_ok=True)
    _LINK.unlink(missing_ok=True)
    _LINK.symlink_to(ROOT)
for _folder in (".ansible/collections", "tests/clients", "tests/real", "tools"):
    if str(ROOT / _folder) not in sys.path:
        sys.path.insert(0, str(ROOT / _folder))


@pytest.fixture(scope="session")
def homes() -> Iterator[Callable[[str], pathlib.Path]]:
    """Version -> its home: locked jars through ``mvn``, in lib/, and what processes want to find in conf/."""
    import keys
    from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _versions

    with tempfile.TemporaryDirectory(prefix="rocketmq-real-") as folder:

        @functools.cache
        def home(version: str) -> pathlib.Path:
            path = pathlib.Path(folder) / version
            (path / "conf").mkdir(parents=True)
            keys.jars(version, path)
            for kind in ("tools", "namesrv", "broker", "controller"):
                log = path / "conf" / _versions.load(version).log_config_name(kind)
                log.write_text("<configuration/>\n", encoding="utf-8")
            # What aclEnable reads: mqadmin needs no password.
            (path / "conf" / "plain_acl.yml").write_text("globalWhiteRemoteAddresses:\n- 127.0.0.1\n", encoding="utf-8")
            return path

        yield home
