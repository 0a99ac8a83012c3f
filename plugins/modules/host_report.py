#!/usr/bin/python
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: host_report
short_description: Tells all that somebody who looks for a fault wants to see of a host
version_added: 0.1.0
description:
  - Reads units and what systemd says of them, the last lines of their journals and logs, configuration and environment
    files, processes, versions, disks, memory, kernel settings, and the sockets of some ports.
  - Secrets are masked before anything leaves the host. What cannot be read is said in its place.
extends_documentation_fragment:
  - rocketmq.cluster.read_only
options:
  lines:
    description: How many lines of each journal and log.
    type: int
    default: 1000
  ports:
    description: Ports whose sockets to tell.
    type: list
    elements: int
    default: []
  secrets:
    description: Texts to mask wherever they stand, beside all that is called like a secret.
    type: list
    elements: str
    default: []
author:
  - RocketMQ Cluster Contributors (@rocketmq-cluster)
"""

EXAMPLES = r"""
- name: Collect what a fault may have left
  rocketmq.cluster.host_report:
    ports: [9876, 10911]
  register: report
"""

RETURN = r"""
texts:
  description: Name of a text -> the text.
  returned: success
  type: dict
"""

import os
import pathlib
import re
import subprocess
from collections.abc import Iterable

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils import _host_files, _secrets, _systemd

_SECONDS = 30
_LOG_DIR = re.compile(r"-Drocketmq\.log\.dir=([^\s\"]+)")
_JAVA_HOME = re.compile(r"^JAVA_HOME=(\S+)", re.MULTILINE)
_COMMANDS = {
    "host/uname": ["uname", "-a"],
    "host/uptime": ["uptime"],
    "host/memory": ["free", "-m"],
    "host/disks": ["df", "-hT"],
    "host/inodes": ["df", "-i"],
    "host/blocks": ["lsblk"],
    "host/addresses": ["ip", "-brief", "address"],
    "host/clock": ["timedatectl"],
    "host/kernel-messages": ["dmesg", "--level", "emerg,alert,crit,err,warn", "--ctime"],
}
_FILES = ("/etc/os-release", "/proc/meminfo", "/proc/loadavg", "/proc/pressure/memory", "/proc/pressure/io")
_KERNEL = ("vm.max_map_count", "vm.swappiness", "net.core.somaxconn", "fs.file-max", "kernel.pid_max")
#: Where the name of a secret stands before one.
_TELLING = ("files/", "host/processes")
#: Words of a command line that make its process one of RocketMQ's.
_OURS = ("org.apache.rocketmq", "rocketmq")


def said(command: list[str]) -> str:
    """What a command prints, or why it does not."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=_SECONDS,
            env={**os.environ, "LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{' '.join(command)}: {error}\n"
    return done.stdout.decode("utf-8", "replace")


def read(path: pathlib.Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        return f"{path}: {error.strerror}\n"


def processes(proc: pathlib.Path = pathlib.Path("/proc")) -> str:
    """Process id, user id and command line of every RocketMQ process."""
    lines = []
    for path in sorted(proc.glob("[0-9]*"), key=lambda one: int(one.name)):
        try:
            words = (path / "cmdline").read_bytes().decode("utf-8", "replace").rstrip("\0").split("\0")
            owner = path.stat().st_uid
        except OSError:
            continue  # It has just ended.
        if any(mark in word for word in words for mark in _OURS):
            lines.append(f"{path.name} {owner} {' '.join(words)}\n")
    return "".join(lines)


def sockets(ports: Iterable[int]) -> str:
    """All of some ports, on either side."""
    wanted = {f":{port}" for port in ports}
    head, *rest = said(["ss", "--tcp", "--all", "--numeric", "--processes"]).splitlines() or [""]
    ours = [line for line in rest if any(word[word.rfind(":") :] in wanted for word in line.split()[:5] if ":" in word)]
    return "\n".join([head, *ours]) + "\n"


def versions(found: _host_files.Found) -> str:
    """Of RocketMQ by unit, and of each Java."""
    described = {path.name: _systemd.describe(path) for path in found.units}
    lines = [f"{unit}: {own.get('version') or 'no version'}\n" for unit, own in described.items() if own]
    homes = {home for path in found.configuration if path.suffix == ".env" for home in _JAVA_HOME.findall(read(path))}
    return "".join(lines + [f"\n{home}\n{said([f'{home}/bin/java', '-version'])}" for home in sorted(homes)])


def logs(found: _host_files.Found, lines: int) -> dict[str, str]:
    """The last lines of every log file of a process of ours."""
    environments = [read(path) for path in found.configuration if path.suffix == ".env"]
    folders = {pathlib.Path(name) for text in environments for name in _LOG_DIR.findall(text)}
    paths = sorted(path for folder in folders for path in folder.rglob("*.log"))
    return {f"logs{path}": said(["tail", "-n", str(lines), str(path)]) for path in paths}


def texts(lines: int, ports: Iterable[int]) -> dict[str, str]:
    """Raises OSError."""
    found = _host_files.ours()
    collected = {f"files{path}": read(path) for path in found.all()}
    for path in found.units:
        if path.suffix == ".service":
            collected[f"units/{path.name}"] = said(["systemctl", "show", "--no-pager", path.name])
            journal = ["journalctl", "--no-pager", "--output=short-iso", f"--lines={lines}", f"--unit={path.name}"]
            collected[f"journals/{path.name}.log"] = said(journal)
    collected |= logs(found, lines)
    collected |= {name: said(command) for name, command in _COMMANDS.items()}
    collected |= {f"host{name}": read(pathlib.Path(name)) for name in _FILES if pathlib.Path(name).exists()}
    collected["host/kernel-settings"] = said(["sysctl", *_KERNEL])
    collected["host/sockets"] = sockets(ports)
    collected["host/processes"] = processes()
    collected["host/versions"] = versions(found)
    return collected


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "lines": {"type": "int", "default": 1000},
            "ports": {"type": "list", "elements": "int", "default": []},
            "secrets": {"type": "list", "elements": "str", "default": [], "no_log": True},
        },
        supports_check_mode=True,
    )
    params = module.params
    try:
        collected = texts(params["lines"], params["ports"])
    except OSError as error:
        module.fail_json(msg=f"Cannot look at this host: {error}.")
    # What journals call a secret may be any word.
    told = [text for name, text in collected.items() if name.startswith(_TELLING)]
    known = {value for text in told for value in _secrets.values(text)}.union(params["secrets"])
    module.exit_json(changed=False, texts={name: _secrets.mask(text, known) for name, text in collected.items()})


if __name__ == "__main__":
    main()
