#!/usr/bin/python
# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
---
module: operation_lock
short_description: Keeps two operators from working on one cluster at once
version_added: 0.1.0
description:
  - Writes down on one host of the cluster who does what, and since when; refuses while somebody else does something.
  - The same operation of the same holder is resumed, as after a run that was killed, and keeps its beginning.
  - One that is over its time holds nobody up, and begins anew.
options:
  path:
    description: The file; always on the same host of the cluster.
    type: path
    required: true
  state:
    description: Whether the operation begins (or goes on), or is done.
    type: str
    choices: [held, released]
    default: held
  operation:
    description: What is done, in a word or two.
    type: str
    required: true
  holder:
    description: Who does it, such as C(user@host).
    type: str
    required: true
  seconds:
    description: After how many seconds from now on somebody else may go ahead.
    type: int
    default: 14400
  force:
    description: Takes the lock from whoever holds it.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    description: Refuses as it would, and writes nothing.
  diff_mode:
    support: none
    description: There is nothing to see.
author:
  - RocketMQ Cluster Contributors (@rocketmq-cluster)
"""

EXAMPLES = r"""
- name: Keep other operators away
  rocketmq.cluster.operation_lock:
    path: /var/lib/rocketmq/operation.json
    operation: rolling restart
    holder: alice@control
  register: lock
"""

RETURN = r"""
since:
  description: When the operation began, in seconds since the epoch by the host's clock; of a resumed one its first run.
  returned: when O(state) is V(held)
  type: float
resumed:
  description: Whether an earlier run of the same operation had not finished.
  returned: when O(state) is V(held)
  type: bool
"""

import contextlib
import fcntl
import json
import os
import pathlib
import time
from collections.abc import Iterator
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rocketmq.cluster.plugins.module_utils import _operation


def write(path: pathlib.Path, held: _operation.Held) -> None:
    """Whole or not at all."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_text(json.dumps(held._asdict()) + "\n", encoding="utf-8")
    fresh.replace(path)


@contextlib.contextmanager
def alone(folder: pathlib.Path) -> Iterator[None]:
    """One process at a time looks and writes."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def hold(path: pathlib.Path, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """What the module returns; ``msg`` when it is refused."""
    now = time.time()
    found = _operation.read(path)
    same = found is not None and (found.operation, found.holder) == (params["operation"], params["holder"])
    if found and not same and now < found.until and not params["force"]:
        return {"msg": _operation.refusal(found, now)}
    # Whoever comes back weeks later means all processes, not those that were left then, and a cluster that is healthy.
    resumed = found is not None and same and now < found.until
    since = found.since if found and resumed else now
    if not check_mode:
        write(path, _operation.Held(params["operation"], params["holder"], since, now + params["seconds"]))
    return {"changed": not same, "since": since, "resumed": resumed}


def release(path: pathlib.Path, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    found = _operation.read(path)
    own = found is not None and (found.operation, found.holder) == (params["operation"], params["holder"])
    if own and not check_mode:
        path.unlink()
    return {"changed": own}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "state": {"type": "str", "choices": ["held", "released"], "default": "held"},
            "operation": {"type": "str", "required": True},
            "holder": {"type": "str", "required": True},
            "seconds": {"type": "int", "default": 14400},
            "force": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    params = module.params
    path = pathlib.Path(params["path"])
    act = hold if params["state"] == "held" else release
    try:
        with alone(path.parent):
            result = act(path, params, module.check_mode)
    except OSError as error:
        module.fail_json(msg=f"The lock {path} cannot be kept: {error.strerror} ({error.filename}).")
    if "msg" in result:
        module.fail_json(**result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
