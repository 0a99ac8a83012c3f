"""The report of one failover drill, as `failover_drill.yml` left it in a folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def went_well(folder: Path, host: str) -> dict[str, Any]:
    """The drill, whose victim was on this host: nothing lost, nothing wrong, every time known, and a picture."""
    [figures], [page] = folder.glob("*.json"), folder.glob("*.html")
    [drill] = json.loads(figures.read_text())["drills"]
    assert (drill["host"], drill["messages"]["lost"], drill["problems"]) == (host, 0, [])
    assert None not in drill["times"].values()
    assert "<svg" in page.read_text()
    found: dict[str, Any] = drill
    return found
