"""The same nine processes by a plain shell script (floor.sh): what it copies and starts, made from the plan."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import jinja2
from ansible_collections.rocketmq.cluster.plugins.module_utils._download import Download
from ansible_collections.rocketmq.cluster.plugins.modules import distribution
from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _versions

from lab import _hosts, _image
from lab._shell import ROOT, LabError, tail

SCRIPT = Path(__file__).with_name("floor.sh")
TEMPLATES = ROOT / "roles/rocketmq_dist/templates"


def prepare(plan: dict[str, Any], folder: Path) -> None:
    """A folder for each host: `files`, a tree to lay over its root, and `start.sh`."""
    jars = _jars(plan)
    for host in plan["hosts"].values():
        own = folder / f"{_image.USER}@{host['address']}"
        processes = [*host["namesrv"], *host["brokers"]]
        home = host["dist"]["home"]
        files = _logging(plan["version"], home)
        for process in processes:
            files.update({file["path"]: file["content"] for file in process["service"]["files"]})
        for path, content in files.items():
            if not path.startswith("/etc/systemd/"):
                _write(own / "files" / path.lstrip("/"), content)
        programs = own / "files" / home.lstrip("/")
        programs.mkdir(parents=True, exist_ok=True)
        # tarfile's own extractall() has a filter only in the newest releases of Python 3.11.
        subprocess.run(["tar", "--extract", "--file", jars, "--directory", programs], check=True)
        _write(own / "start.sh", start(host["java"], processes))


def run(folder: Path) -> None:
    *ssh, _ = _hosts.ssh("")  # without its last word, the host
    done = subprocess.run([SCRIPT, folder, *ssh], capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(f"{SCRIPT.name} ended with status {done.returncode}:\n{tail(done.stderr or done.stdout)}")


def start(java: dict[str, Any], processes: list[dict[str, Any]]) -> str:
    """The script that starts the processes of one host in the background."""
    folders = sorted({folder["path"] for process in processes for folder in process["folders"]})
    lines = [
        f"mkdir -p {' '.join(folders)}",
        f"ln -s /usr/lib/jvm/java-{java['major']}-openjdk-* {java['link']}",
        "set -a",
    ]
    for process in processes:
        words = " ".join(f'"{word}"' for word in process["command"])
        lines.append(
            f". {process['environment']} && cd {process['data_dir']} && "
            f'setsid "$JAVA_HOME/bin/java" $JAVA_OPTIONS {words} >{process["log_dir"]}/output 2>&1 </dev/null &'
        )
    return "".join(f"{line}\n" for line in lines)


def _jars(plan: dict[str, Any]) -> Path:
    """The distribution in the control node's cache; built here, so that neither side downloads while it is timed."""
    dist = next(iter(plan["hosts"].values()))["dist"]
    release = _versions.load(plan["version"])
    builder = distribution.Builder(
        {**dist, "cache_dir": Path(dist["cache_dir"]).expanduser(), "modules": release.modules, "jars": release.jars},
        Download(60, 3),
    )
    if not builder.cached():
        builder.build()
    return builder.tar


def _logging(version: str, home: str) -> dict[str, str]:
    """The logging configuration, which is not in the plan: without it everything goes to standard output."""
    names = {"namesrv": "logback.xml.j2", "broker": "logback.xml.j2", "tools": "logback_tools.xml.j2"}
    return {
        f"{home}/conf/{_versions.load(version).log_config_name(kind)}": jinja2.Template(
            (TEMPLATES / name).read_text(encoding="utf-8")
        ).render(ansible_managed="The floor", __rocketmq_dist_kind=kind)
        for kind, name in names.items()
    }


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
