#!/usr/bin/python
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: backup_folder
short_description: Writes and checks the folder of a backup on the control node
version_added: 0.1.0
description:
  - A backup is a folder with a C(manifest.json) that has the SHA-256 of every other file. It is written beside its
    place, as C(PATH.partial), and renamed when it is complete, so that an interrupted one is never taken for a backup.
options:
  path:
    description: The folder.
    type: path
    required: true
  state:
    description:
      - V(begun) writes O(files) beside it.
      - V(complete) makes a backup of what is there, whoever wrote it.
      - V(checked) refuses what is no backup, and one of whose files is not as it was written.
    type: str
    choices: [begun, complete, checked]
    required: true
  files:
    description: What to write, for V(begun).
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: Below the folder.
        type: str
        required: true
      content:
        description: In base64.
        type: str
        required: true
  facts:
    description: What else the manifest tells, for V(complete).
    type: dict
    default: {}
attributes:
  check_mode:
    support: full
    description: Writes nothing.
  diff_mode:
    support: none
    description: Contents are secret.
author:
  - RocketMQ Cluster Contributors (@rocketmq-cluster)
"""

EXAMPLES = r"""
- name: Check a backup
  rocketmq.cluster.backup_folder:
    path: /srv/backup/RaftCluster-20261122T013000Z
    state: checked
  delegate_to: localhost
  register: backup
"""

RETURN = r"""
written_to:
  description: The folder beside it, where other files may be added.
  returned: when O(state) is V(begun)
  type: str
manifest:
  description: What C(manifest.json) says.
  returned: when O(state) is V(checked), or V(complete) and not in check mode
  type: dict
"""

import base64
import pathlib

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils import _backup


def main() -> None:
    file = {"path": {"type": "str", "required": True}, "content": {"type": "str", "required": True, "no_log": True}}
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "state": {"type": "str", "choices": ["begun", "complete", "checked"], "required": True},
            "files": {"type": "list", "elements": "dict", "options": file, "default": []},
            "facts": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    params = module.params
    folder = pathlib.Path(params["path"])
    try:
        if params["state"] == "checked":
            module.exit_json(changed=False, manifest=_backup.check(folder))
        if params["state"] == "begun":
            partial = folder.with_name(folder.name + _backup.PARTIAL)
            if not module.check_mode:
                files = {one["path"]: base64.b64decode(one["content"]) for one in params["files"]}
                partial = _backup.begin(folder, files)
            module.exit_json(changed=True, written_to=str(partial))
        if module.check_mode:
            module.exit_json(changed=True)
        module.exit_json(changed=True, manifest=_backup.complete(folder, params["facts"]))
    except _backup.Damaged as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"The backup cannot be written: {error.strerror} ({error.filename}). There is none.")


if __name__ == "__main__":
    main()
