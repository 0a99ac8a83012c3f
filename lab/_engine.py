"""The container engine: used as it is where one answers, installed and started where none does."""

from __future__ import annotations

import os
import shutil
from getpass import getuser
from pathlib import Path

from . import _packages
from ._shell import STATE, LabError, as_root, phase, run, say, tail, wait_until, works

SOCKET = "/var/run/docker.sock"
LOG = STATE / "dockerd.log"
PID = STATE / "dockerd.pid"
GRANT = STATE / "socket-granted"
# An engine that was killed leaves process ids behind; a zombie that nobody collects looks alive to the next one, which
# then waits for it for ever.
FORGET_THE_DEAD = f"""
for file in {PID} /var/run/docker.pid /var/run/docker/containerd/containerd.pid; do
  [ -e "$file" ] && ! grep -qs '^State:.[^Z]' "/proc/$(cat "$file")/status" && rm -f "$file"
done
true
"""


def docker(*arguments: str, stdin: str | None = None) -> str:
    return run("docker", *arguments, stdin=stdin)


def answers() -> bool:
    return works("docker", "version")


def ensure() -> None:
    if answers():
        return
    if not (shutil.which("dockerd") or (shutil.which("docker") and Path(SOCKET).is_socket())):
        _packages.need("docker.io iptables", "there is no container engine for the local hosts")
    if not works(*as_root("docker", "version")):
        _start()
    if not answers():
        _grant()


def stop() -> None:
    """Undoes what `ensure` did to a machine that goes on living: the engine we started, the access we gave."""
    if PID.exists():
        say("stopping the container engine that the lab started")
        run(*as_root("kill", PID.read_text().strip()))
        wait_until(lambda: not PID.exists(), 60, lambda: f"the engine does not stop; see the end of {LOG}")
    elif GRANT.exists():
        run(*as_root("setfacl", "--remove", f"u:{getuser()}", SOCKET))


def _start() -> None:
    with phase("container engine"):
        if Path("/run/systemd/system").is_dir():
            run(*as_root("systemctl", "start", "docker"))
            reason = "see `journalctl -u docker`"
        else:
            run(*as_root("sh", "-c", FORGET_THE_DEAD))
            command = f"setsid dockerd --pidfile {PID} >{LOG} 2>&1 </dev/null &"
            run(*as_root("sh", "-c", command))
            reason = f"the end of {LOG}:"
        wait_until(lambda: works(*as_root("docker", "version")), 60, lambda: _failure(reason))


def _failure(reason: str) -> str:
    log = f"\n{tail(LOG.read_text())}" if LOG.exists() else ""
    return f"the container engine did not start; {reason}{log}"


def _grant() -> None:
    """Molecule talks to the socket itself, so sudo in front of `docker` would not be enough."""
    if os.geteuid() == 0:
        raise LabError("`docker version` fails although an engine runs; is DOCKER_HOST or a docker context set?")
    if not shutil.which("setfacl"):
        _packages.need("acl", f"{getuser()} may not use the engine's socket yet")
    say(f"giving {getuser()} access to {SOCKET} until `make clean` or the engine's next start")
    GRANT.touch()
    run(*as_root("setfacl", "--modify", f"u:{getuser()}:rw", SOCKET))
