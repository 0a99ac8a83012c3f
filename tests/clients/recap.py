"""What `ansible-playbook` counted in the end, as data."""

from __future__ import annotations

import re

_LINE = re.compile(r"^(\S+)\s+: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", re.MULTILINE)


def recap(output: str) -> dict[str, dict[str, int]]:
    """Host -> ok and changed, as `PLAY RECAP` counts them; ok includes the changed ones."""
    _, _, end = output.rpartition("PLAY RECAP")
    return {host: {"ok": int(ok), "changed": int(changed)} for host, ok, changed, *_ in _LINE.findall(end)}
