"""Everything at once: what the local hosts need, and taking all of it away again."""

from __future__ import annotations

import shutil

from . import _engine, _hosts, _image, _packages, _venv
from ._shell import CACHE, ROOT, STATE, VENV, phase, say


def prepare() -> None:
    """What tests on hosts need before there are hosts: Python environment, engine, image, Maven."""
    _venv.ensure()
    _engine.ensure()
    _image.ensure()
    maven()


def up() -> None:
    prepare()
    with phase("local hosts"):
        _hosts.up()


def maven() -> None:
    if not shutil.which("mvn"):
        _packages.need("maven default-jdk-headless", "it fetches RocketMQ's jars and builds the test clients")
    elif not shutil.which("javac"):
        _packages.need("default-jdk-headless", "Maven builds the test clients with a Java compiler")


def clean() -> None:
    """Takes away what the lab and the tests made; what apt installed and ~/.m2 stay."""
    if _engine.answers():
        _hosts.clean()
    _engine.stop()
    folders = (STATE, CACHE, ROOT / ".ansible", VENV)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    say(f"removed hosts, networks, images and {', '.join(folder.name for folder in folders)}")
    say("left alone: packages that apt installed (docker.io, mmdebstrap, maven ...), ~/.m2, everyone else's containers")
