"""Debian packages the lab needs, installed only where missing, each with its reason."""

from __future__ import annotations

from functools import cache

from ._shell import as_root, run, say, works


def need(packages: str, why: str) -> None:
    say(f"installing {packages.replace(' ', ', ')}: {why}")
    _update()
    # --no-remove: rather fail than replace something of the user's (another Docker, another Java).
    _apt("install", "--yes", "--no-remove", "--no-install-recommends", *packages.split())


@cache
def _update() -> None:
    if not works(*_command("update")):
        say("apt-get update reported errors (often one broken third-party source); going on with what apt knows")


def _apt(*arguments: str) -> None:
    run(*_command(*arguments))


def _command(*arguments: str) -> list[str]:
    return as_root("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=300", *arguments)
