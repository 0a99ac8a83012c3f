# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The jars of a release through the ``mvn`` client, with its own defaults or the user's settings.xml."""

from __future__ import annotations

import pathlib
import subprocess
from collections.abc import Iterable, Mapping

from ansible_collections.rocketmq.cluster.plugins.module_utils._download import sha256

# Which of the user's mirrors and proxies apply is Maven's business; only how long we wait is ours.
_TIMEOUT = 1800


class MavenError(Exception):
    """The jars cannot be had; the text is a sentence for the user."""


def pom(version: str, modules: Iterable[str]) -> str:
    """A project that depends on the given artifacts of RocketMQ and on nothing else."""
    dependencies = "".join(
        f"    <dependency><groupId>org.apache.rocketmq</groupId>"
        f"<artifactId>rocketmq-{module}</artifactId><version>{version}</version></dependency>\n"
        for module in modules
    )
    return (
        "<project>\n  <modelVersion>4.0.0</modelVersion>\n  <groupId>rocketmq.cluster</groupId>\n"
        f"  <artifactId>distribution</artifactId>\n  <version>{version}</version>\n"
        f"  <dependencies>\n{dependencies}  </dependencies>\n</project>\n"
    )


def resolve(command: str, version: str, modules: Iterable[str], work: pathlib.Path) -> list[pathlib.Path]:
    """Copy the runtime jars of ``modules`` into ``work``/lib and return them sorted by name."""
    lib = work / "lib"
    lib.mkdir()
    (work / "pom.xml").write_text(pom(version, modules), encoding="utf-8")
    line = [command, "--batch-mode", "--quiet", "dependency:copy-dependencies"]
    line += ["-DincludeScope=runtime", f"-DoutputDirectory={lib}"]
    try:
        done = subprocess.run(
            line, cwd=work, stdin=subprocess.DEVNULL, capture_output=True, timeout=_TIMEOUT, check=False
        )
    except FileNotFoundError:
        raise MavenError(
            f"{command!r} is not on the control node: install Maven there, name it in rocketmq_maven_command, or set "
            "rocketmq_install_source to archive or file."
        ) from None
    except OSError as error:
        raise MavenError(f"{command!r} cannot be started: {error.strerror}. See rocketmq_maven_command.") from error
    except subprocess.TimeoutExpired:
        raise MavenError(
            f"{command!r} did not finish within {_TIMEOUT // 60} minutes: is its repository reachable?"
        ) from None
    if done.returncode:
        output = (done.stdout + done.stderr).decode("utf-8", "replace").splitlines()
        last = "\n".join([line for line in output if line.strip()][-12:])
        raise MavenError(
            f"{command!r} failed with status {done.returncode}; its repository and proxy come from its own "
            f"settings.xml. Its last lines:\n{last}"
        )
    return sorted(lib.glob("*.jar"))


def check(jars: Iterable[pathlib.Path], lock: Mapping[str, str]) -> None:
    """Every jar is in the lock with this digest, and none of the lock is missing."""
    got = {jar.name: sha256(jar) for jar in jars}
    for name in sorted(got):
        if name not in lock:
            raise MavenError(
                f"{name} is not in the lock of this release: what Maven resolved is not what was tested. Look for a "
                "mirror or a settings.xml that rewrites artifacts, or regenerate the lock with tools/lock.py."
            )
        if got[name] != lock[name]:
            raise MavenError(
                f"{name} has SHA-256 {got[name]}, expected {lock[name]}: remove it from Maven's local repository and "
                "run again; if that gives the same digest, your mirror serves another file."
            )
    missing = sorted(set(lock) - set(got))
    if missing:
        raise MavenError(f"Maven resolved no {', '.join(missing)}, which the lock of this release lists.")
