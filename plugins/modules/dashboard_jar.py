#!/usr/bin/python
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: dashboard_jar
short_description: Brings a verified jar of the console to the control node
version_added: 0.1.0
description:
  - The console has no binary release. Its jar is a file that somebody built, a download, or comes out of the
    official container image.
  - Whatever its source, it is used only if it has the digest that was given.
  - Runs on the control node.
attributes:
  check_mode:
    support: full
    description: A file is verified; nothing is downloaded and no container is created.
  diff_mode:
    support: none
    description: There is nothing to compare.
options:
  source:
    description: Where the jar comes from.
    type: str
    choices: [file, url, image]
    required: true
  file:
    description: Path of the jar on the control node, for O(source=file).
    type: path
    default: ""
  url:
    description: Address of the jar, for O(source=url).
    type: str
    default: ""
  image:
    description: Container image, for O(source=image).
    type: str
    default: ""
  image_jar:
    description: Path of the jar in the image. By default what the image's own command starts with C(-jar).
    type: str
    default: ""
  container_command:
    description: Client of the container engine on the control node.
    type: str
    default: docker
  sha256:
    description: SHA-256 of the jar.
    type: str
    required: true
  cache_dir:
    description: Folder of the control node that keeps downloaded jars.
    type: path
    default: ~/.cache/rocketmq.cluster
author:
  - RocketMQ Cluster Contributors (@rocketmq-cluster)
"""

EXAMPLES = r"""
- name: Take the jar out of the official image
  rocketmq.cluster.dashboard_jar:
    source: image
    image: apacherocketmq/rocketmq-dashboard:2.0.0
    sha256: "{{ examined_digest }}"
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
path:
  description: Path of the verified jar on the control node; empty in check mode while it would have to be fetched.
  returned: success
  type: str
"""

import pathlib
import re
import subprocess
import tempfile
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils._download import Download, Refused, sha256


def verified(path: pathlib.Path, expected: str, origin: str) -> pathlib.Path:
    """The path, if the file there is the expected one."""
    if not path.is_file():
        raise Refused(f"{origin} is not there: correct rocketmq_dashboard_file.")
    got = sha256(path)
    if got != expected:
        raise Refused(
            f"{origin} has SHA-256 {got}, expected {expected}: it is damaged or another build. Compare it with its "
            "source "
            "before you change rocketmq_dashboard_sha256."
        )
    return path


class Image:
    """A container image on the control node, through the engine's client."""

    def __init__(self, command: str, image: str) -> None:
        self._command = command
        self._image = image

    def jar_path(self) -> str:
        """What the image's own command starts."""
        shown = self._run(
            "image", "inspect", "--format", "{{json .Config.Entrypoint}} {{json .Config.Cmd}}", self._image
        )
        found = re.search(r"-jar[\s\",]+([^\s\",]+\.jar)", shown)
        if found is None:
            raise Refused(
                f"{self._image} does not say which jar it starts ({shown.strip()}): set rocketmq_dashboard_image_jar."
            )
        return found[1]

    def copy(self, jar: str, target: pathlib.Path) -> None:
        """Copies the jar out of a container that is never started."""
        if self._call("image", "inspect", self._image).returncode:
            self._run("pull", self._image)
        container = self._run("create", self._image).split()[-1]
        try:
            self._run("cp", f"{container}:{jar or self.jar_path()}", str(target))
        finally:
            self._run("rm", container)

    def _run(self, *words: str) -> str:
        done = self._call(*words)
        if done.returncode:
            said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
            raise Refused(
                f"{self._command} {words[0]} of {self._image} failed: {' '.join(said)} (rocketmq_dashboard_image)."
            )
        return done.stdout

    def _call(self, *words: str) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run([self._command, *words], capture_output=True, text=True, check=False, timeout=900)
        except FileNotFoundError:
            raise Refused(
                f"{self._command!r} is not on the control node: see rocketmq_dashboard_container_command."
            ) from None
        except subprocess.TimeoutExpired:
            raise Refused(f"{self._command} {words[0]} of {self._image} did not finish within 15 minutes.") from None


def fetch(params: dict[str, Any], target: pathlib.Path) -> None:
    """Brings the jar to ``target``, which appears only when it is whole and verified."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetching-", dir=target.parent) as work:
        fresh = pathlib.Path(work) / "console.jar"
        if params["source"] == "url":
            Download(timeout=60, attempts=3).to(params["url"], fresh)
        else:
            Image(params["container_command"], params["image"]).copy(params["image_jar"], fresh)
        verified(fresh, params["sha256"], params[params["source"]])
        fresh.chmod(0o644)
        fresh.replace(target)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "source": {"type": "str", "choices": ["file", "url", "image"], "required": True},
            "file": {"type": "path", "default": ""},
            "url": {"type": "str", "default": ""},
            "image": {"type": "str", "default": ""},
            "image_jar": {"type": "str", "default": ""},
            "container_command": {"type": "str", "default": "docker"},
            "sha256": {"type": "str", "required": True},
            "cache_dir": {"type": "path", "default": "~/.cache/rocketmq.cluster"},
        },
        required_if=[("source", "file", ["file"]), ("source", "url", ["url"]), ("source", "image", ["image"])],
        supports_check_mode=True,
    )
    params = module.params
    changed = False
    try:
        if params["source"] == "file":
            path = verified(pathlib.Path(params["file"]), params["sha256"], params["file"])
        else:
            path = pathlib.Path(params["cache_dir"]) / f"console-{params['sha256'][:12]}.jar"
            if path.is_file():
                verified(path, params["sha256"], str(path))
            else:
                changed = True
                if not module.check_mode:
                    fetch(params, path)
    except Refused as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"The console's jar cannot be kept on the control node: {error} (rocketmq_cache_dir).")
    module.exit_json(changed=changed, path=str(path) if path.is_file() else "")


if __name__ == "__main__":
    main()
