#!/usr/bin/python
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: support_bundle
short_description: Packs texts into one archive
version_added: 0.1.0
description:
  - Writes a C(tar.gz) on the control node, readable for its owner alone.
options:
  path:
    description: Where. It must not be there yet.
    type: path
    required: true
  texts:
    description: Path in the archive -> text.
    type: dict
    required: true
attributes:
  check_mode:
    support: full
    description: Writes nothing.
  diff_mode:
    support: none
    description: There is nothing to see.
author:
  - RocketMQ Cluster Contributors (@rocketmq-cluster)
"""

EXAMPLES = r"""
- name: Pack what was collected
  rocketmq.cluster.support_bundle:
    path: /tmp/RaftCluster-support.tar.gz
    texts: "{{ collected }}"
  delegate_to: localhost
"""

RETURN = r"""
path:
  description: Where it is; in check mode, where it would be.
  returned: success
  type: str
size:
  description: Bytes of the archive; 0 in check mode.
  returned: success
  type: int
"""

import io
import os
import pathlib
import tarfile
import time
from collections.abc import Mapping

from ansible.module_utils.basic import AnsibleModule


def write(path: pathlib.Path, texts: Mapping[str, str]) -> int:
    """Returns the size. Raises OSError."""
    top = path.name.split(".")[0]
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream, tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, text in sorted(texts.items()):
            content = text.encode()
            entry = tarfile.TarInfo(f"{top}/{name}")
            entry.size, entry.mtime = len(content), int(time.time())
            archive.addfile(entry, io.BytesIO(content))
    return path.stat().st_size


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            # Too long for the log of the control node.
            "texts": {"type": "dict", "required": True, "no_log": True},
        },
        supports_check_mode=True,
    )
    path, size = pathlib.Path(module.params["path"]), 0
    if not module.check_mode:
        try:
            size = write(path, module.params["texts"])
        except OSError as error:
            module.fail_json(msg=f"The bundle cannot be written: {error.strerror} ({error.filename}).")
    module.exit_json(changed=True, path=str(path), size=size)


if __name__ == "__main__":
    main()
