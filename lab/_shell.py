"""What every step shares: where things are, how to run a program, how to wait, how to speak."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from getpass import getuser
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".lab"
CACHE = ROOT / ".cache"
VENV = ROOT / ".venv"

LABEL = "rocketmq.cluster"

# Debian leaves /usr/sbin out of a user's PATH; dockerd and iptables live there.
os.environ["PATH"] += ":/usr/local/sbin:/usr/sbin:/sbin"


class LabError(Exception):
    """Something the user has to know: what is wrong and what to do about it."""


def say(text: str) -> None:
    print(f"lab: {text}", flush=True)


def as_root(*command: str) -> list[str]:
    """The command as root: as it is when we are root, through sudo otherwise."""
    if os.geteuid() == 0:
        return list(command)
    if not shutil.which("sudo"):
        raise LabError(f"`{command[0]}` needs root: run this as root, or install sudo and allow {getuser()} to use it.")
    return ["sudo", *command]


def run(*command: str, stdin: str | None = None) -> str:
    """Runs a program quietly and returns what it printed; its own last words become the error."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, input=stdin or "")
    if done.returncode:
        words = tail(done.stderr or done.stdout)
        raise LabError(f"`{' '.join(command)}` failed with status {done.returncode}:\n{words}")
    return done.stdout.strip()


def works(*command: str) -> bool:
    if not shutil.which(command[0]):
        return False
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0


def show(*command: str) -> None:
    """Runs a program whose output the user wants to see."""
    status = subprocess.run(command, cwd=ROOT, check=False).returncode
    if status:
        raise LabError(f"`{Path(command[0]).name}` ended with status {status}; its own messages stand above.")


def tail(text: str, lines: int = 15) -> str:
    return "\n".join(f"    {line}" for line in text.strip().splitlines()[-lines:])


def wait_until(holds: Callable[[], bool], seconds: float, otherwise: Callable[[], str]) -> None:
    """Asks again until the condition holds; past the deadline `otherwise` says what is wrong."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise LabError(otherwise())
        time.sleep(0.2)


@contextmanager
def phase(title: str) -> Iterator[None]:
    start = time.monotonic()
    say(f"{title} ...")
    yield
    say(f"{title}: {time.monotonic() - start:.0f} s")


def main(body: Callable[[], None]) -> None:
    """Runs a command; a LabError becomes one message on stderr and exit status 1."""
    # Here, so that no step depends on which of the others had something to do.
    STATE.mkdir(exist_ok=True)
    try:
        body()
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("lab: interrupted; run the same command again to continue, or `make clean` to undo", file=sys.stderr)
        sys.exit(130)
