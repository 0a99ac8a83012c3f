#!/usr/bin/python
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: process_info
short_description: Tells the RocketMQ processes of a host, whoever started them
version_added: 0.1.0
description:
  - Looks at command lines, so that it also finds what was started by hand or in a container, and reads the
    configuration files that these name.
  - Secrets are in these files, so keep the result out of logs (C(no_log)).
extends_documentation_fragment:
  - rocketmq.cluster.read_only
author:
  - RocketMQ Cluster Contributors (@rocketmq-cluster)
"""

EXAMPLES = r"""
- name: See which processes run here
  rocketmq.cluster.process_info:
  register: found
  no_log: true
"""

RETURN = r"""
processes:
  description: One entry per process, in the order of their ids.
  returned: success
  type: list
  elements: dict
  contains:
    pid:
      description: Its process id.
      type: int
    kind:
      description: One of C(namesrv), C(controller), C(broker), C(proxy), C(dashboard).
      type: str
    user:
      description: Name of its user, or the number of one that has none.
      type: str
    unit:
      description: Its systemd unit, if that is one of this collection; empty otherwise.
      type: str
    instance:
      description: What that unit calls it; empty otherwise.
      type: str
    unit_text:
      description: That unit's file; empty otherwise.
      type: str
    container:
      description: Id of its container; empty where it is in none.
      type: str
    home:
      description: ROCKETMQ_HOME, as the process sees it.
      type: str
    version:
      description: RocketMQ version of the jars there; empty where there are none.
      type: str
    java_home:
      description: Folder of its Java, as the process sees it.
      type: str
    java_major:
      description: Major version of that; 0 where its file C(release) cannot be read.
      type: int
    jvm_options:
      description: Options of the JVM but for the class path.
      type: list
      elements: str
    arguments:
      description: What stands behind its class or jar.
      type: list
      elements: str
    config_path:
      description: Its configuration file, as the process sees it; empty where it has none.
      type: str
    properties:
      description: Content of that file.
      type: dict
    proxy_properties:
      description: Of a broker that is a proxy too, the content of that file.
      type: dict
    user_home:
      description: Its home folder, where data is by default, as the process sees it.
      type: str
    store_on_host:
      description: Where the store of a broker is on the host; empty where it is in the container alone.
      type: str
    jar:
      description: The jar of a console.
      type: str
    jar_sha256:
      description: Digest of that jar.
      type: str
kernel:
  description: Content of the files with our kernel settings, by path; null where there is none.
  returned: success
  type: dict
"""

import hashlib
import os
import pathlib
import pwd
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils import _host_files, _systemd

_KINDS = {
    "NamesrvStartup": "namesrv",
    "BrokerStartup": "broker",
    "ControllerStartup": "controller",
    "ProxyStartup": "proxy",
}
_CLASS = re.compile(r"org\.apache\.rocketmq\.[\w.]*\.(\w+)")
_CONSOLE = re.compile(r"(^|[/-])(console|dashboard)[^/]*\.jar$")
_UNIT = re.compile(r"/([^/\n]+\.service)(?:/|$)", re.MULTILINE)
_CONTAINER = re.compile(r"(?:docker|libpod|containerd|crio)[-/:]?(?:[^/\n]*[:-])?([0-9a-f]{64})")
_JAR = re.compile(r"rocketmq-(?:common|namesrv|broker|remoting)-(\d+\.\d+\.\d+)\.jar")
_MAJOR = re.compile(r'^JAVA_VERSION="(?:1\.)?(\d+)', re.MULTILINE)


class Command(NamedTuple):
    """A command line of RocketMQ's."""

    kind: str
    jvm_options: list[str]
    arguments: list[str]
    jar: str


def command(words: Sequence[str]) -> Command | None:
    """None where it is another program's."""
    options: list[str] = []
    rest = iter(range(1, len(words)))
    for at in rest:
        word = words[at]
        if word in ("-cp", "-classpath", "--class-path"):
            next(rest, None)
        elif word == "-jar":
            jar = words[at + 1] if at + 1 < len(words) else ""
            console = _CONSOLE.search(jar) and "rocketmq" in " ".join(words)
            return Command("dashboard", options, list(words[at + 2 :]), jar) if console else None
        elif word.startswith("-"):
            options.append(word)
        else:
            match = _CLASS.fullmatch(word)
            kind = _KINDS.get(match[1]) if match else None
            arguments = list(words[at + 1 :])
            if kind == "proxy" and argument(arguments, "-pm", "--proxyMode") == "local":
                kind = "broker"
            return Command(kind, options, arguments, "") if kind else None
    return None


def argument(arguments: Sequence[str], *names: str) -> str:
    """``-c FILE`` and ``--configFile=FILE``; empty without."""
    for at, word in enumerate(arguments):
        name, separator, value = word.partition("=")
        if name in names:
            return value if separator else "".join(arguments[at + 1 : at + 2])
    return ""


class Mount(NamedTuple):
    """A line of mountinfo."""

    device: str
    root: str
    point: str


def mounts(text: str) -> list[Mount]:
    fields = (line.split() for line in text.splitlines())
    return [Mount(one[2], one[3], one[4]) for one in fields if len(one) > 4]


def on_host(path: str, own: Sequence[Mount], host: Sequence[Mount]) -> str:
    """Where the host has what a process in a container sees at ``path``; empty where only the container has it."""
    mount = _longest(own, path, lambda one: one.point)
    if mount is None:
        return ""
    source = _joined(mount.root, path, mount.point)
    there = _longest([one for one in host if one.device == mount.device], source, lambda one: one.root)
    return _joined(there.point, source, there.root) if there else ""


def _longest(found: Sequence[Mount], path: str, prefix: Any) -> Mount | None:
    fitting = [one for one in found if path == prefix(one) or path.startswith(prefix(one).rstrip("/") + "/")]
    return max(fitting, key=lambda one: len(prefix(one)), default=None)


def _joined(folder: str, path: str, prefix: str) -> str:
    return os.path.normpath(f"{folder}/{path[len(prefix.rstrip('/')) :]}")


class _Process:
    """A process as /proc has it; what is not there any more is empty."""

    def __init__(self, path: pathlib.Path, apart: bool = True) -> None:
        """``apart``: it may have other files than the host."""
        self.path = path
        self.apart = apart

    def text(self, name: str) -> str:
        try:
            return (self.path / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    def link(self, name: str) -> str:
        try:
            return str((self.path / name).readlink())
        except OSError:
            return ""

    def environment(self) -> dict[str, str]:
        return dict(pair.split("=", 1) for pair in self.text("environ").split("\0") if "=" in pair)

    def inside(self, path: str) -> pathlib.Path:
        """Where we see what the process sees at ``path``."""
        root = self.path / "root"
        # A host that is a container itself may not look into the processes of others, even as root.
        if not self.apart and not os.access(root / ".", os.X_OK):
            root = pathlib.Path("/")
        return root / path.lstrip("/")

    def program(self, word: str) -> str:
        """Its program, which it was called with as ``word``."""
        own = not self.apart and word.startswith("/")
        return self.link("exe") or (os.path.realpath(word) if own else "")

    def owner(self) -> str:
        number = self.path.stat().st_uid
        try:
            return pwd.getpwuid(number).pw_name
        except KeyError:
            return str(number)


def containers(cgroup: str) -> list[str]:
    """Identities of the containers that a process is in, the innermost last."""
    return _CONTAINER.findall(cgroup)


def describe(
    process: _Process, host: Sequence[Mount], unit_dir: pathlib.Path, around: Sequence[str] = ()
) -> dict[str, Any] | None:
    """None where it is not one of RocketMQ's; ``around``: containers that are the host. Raises OSError when it ends."""
    words = process.text("cmdline").rstrip("\0").split("\0")
    found = command(words) if "java" in pathlib.PurePath(words[0]).name else None
    if found is None:
        return None
    container = next((one for one in reversed(containers(process.text("cgroup"))) if one not in around), "")
    process = _Process(process.path, apart=bool(container))
    environment = process.environment()
    defined = dict(
        option[2:].split("=", 1) for option in found.jvm_options if option.startswith("-D") and "=" in option
    )
    home = defined.get("rocketmq.home.dir") or environment.get("ROCKETMQ_HOME", "")
    config = _path(process, argument(found.arguments, "-c", "-bc", "--configFile", "--brokerConfigPath"))
    proxy = _path(process, argument(found.arguments, "-pc", "--proxyConfigPath"))
    if found.kind == "proxy":
        config, proxy = proxy, ""
    properties = _properties(process, config)
    java_home, major = _java(process, process.program(words[0]))
    user_home = defined.get("user.home") or environment.get("HOME", "")
    store = properties.get("storePathRootDir") or f"{user_home}/store"
    unit = next((name for name in _UNIT.findall(process.text("cgroup")) if _systemd.describe(unit_dir / name)), "")
    described = _systemd.describe(unit_dir / unit) if unit else {}
    return {
        "pid": int(process.path.name),
        "kind": found.kind,
        "user": process.owner(),
        "unit": unit,
        "instance": described.get("instance", ""),
        "unit_text": (unit_dir / unit).read_text(encoding="utf-8", errors="replace") if unit else "",
        "container": container,
        "home": home,
        "version": _version(process, home),
        "java_home": java_home,
        "java_major": major,
        "jvm_options": found.jvm_options,
        "arguments": found.arguments,
        "config_path": config,
        "properties": properties,
        "proxy_properties": _properties(process, proxy),
        "user_home": user_home,
        "store_on_host": on_host(store, mounts(process.text("mountinfo")), host) if container else store,
        "jar": found.jar,
        "jar_sha256": _sha256(process.inside(found.jar)) if found.jar else "",
    }


def _path(process: _Process, name: str) -> str:
    return os.path.normpath(pathlib.PurePosixPath(process.link("cwd") or "/", name)) if name else ""


def _properties(process: _Process, path: str) -> dict[str, str]:
    # Under /proc a file keeps the end of its name, by which it is read.
    return _host_files.properties(process.inside(path)) if path else {}


def _version(process: _Process, home: str) -> str:
    try:
        names = [path.name for path in process.inside(f"{home}/lib").iterdir()]
    except OSError:
        return ""
    return next((match[1] for match in map(_JAR.fullmatch, sorted(names)) if match), "")


def _java(process: _Process, program: str) -> tuple[str, int]:
    """The folder of a Java and its major version, from its file ``release``."""
    for folder in list(pathlib.PurePath(program).parents)[1:4]:
        release = process.inside(f"{folder}/release")
        match = _MAJOR.search(release.read_text(encoding="utf-8", errors="replace")) if release.is_file() else None
        if match:
            return str(folder), int(match[1])
    return str(pathlib.PurePath(program).parent.parent), 0


def _sha256(path: pathlib.Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def processes(proc: pathlib.Path, unit_dir: pathlib.Path) -> list[dict[str, Any]]:
    """Raises OSError."""
    first = _Process(proc / "1")
    host = mounts(first.text("mountinfo"))
    # A host may be a container itself.
    around = containers(first.text("cgroup"))
    found = []
    for path in sorted(proc.glob("[0-9]*"), key=lambda one: int(one.name)):
        try:
            one = describe(_Process(path), host, unit_dir, around)
        except (FileNotFoundError, ProcessLookupError):
            continue  # It has just ended.
        if one:
            found.append(one)
    return found


def kernel(paths: Sequence[pathlib.Path]) -> Mapping[str, str | None]:
    return {str(path): path.read_text(encoding="utf-8") if path.is_file() else None for path in paths}


def main() -> None:
    module = AnsibleModule(argument_spec={}, supports_check_mode=True)
    try:
        found = processes(pathlib.Path("/proc"), _systemd.UNIT_DIR)
        settings = kernel(_host_files.KERNEL)
    except OSError as error:
        module.fail_json(msg=f"Cannot look at the processes of this host: {error}. It must be done as root.")
    module.exit_json(changed=False, processes=found, kernel=settings)


if __name__ == "__main__":
    main()
