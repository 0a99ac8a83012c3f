"""The checkout's own Python environment (.venv) and the link that makes Ansible find the collection."""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path

from . import _packages
from ._shell import ROOT, VENV, phase, run, works

REQUIREMENTS = ROOT / "requirements-dev.txt"
#: Not that of .venv itself, which goes away when it is made anew.
BASE: str = getattr(sys, "_base_executable", sys.executable)
LINK = ROOT / ".ansible/collections/ansible_collections/rocketmq/cluster"


def ensure() -> None:
    _link()
    stamp = VENV / "requirements.sha256"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes() + f"{sys.version}{VENV}".encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    if not works(BASE, "-c", "import ensurepip, venv"):
        _packages.need("python3-venv", "this Python cannot create a virtual environment")
    if not Path("/etc/ssl/certs/ca-certificates.crt").exists():
        _packages.need("ca-certificates", "downloads are made over TLS")
    with phase(f"Python environment .venv from {REQUIREMENTS.name}"):
        shutil.rmtree(VENV, ignore_errors=True)
        run(BASE, "-m", "venv", str(VENV))
        run(str(VENV / "bin/pip"), "install", "--quiet", "--disable-pip-version-check", "-r", str(REQUIREMENTS))
        stamp.write_text(wanted)


def _link() -> None:
    if not LINK.is_symlink():
        LINK.parent.mkdir(parents=True, exist_ok=True)
        LINK.symlink_to("../../../..")
