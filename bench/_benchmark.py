"""What a benchmark is: how it measures, and what its measurements say beside their targets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

#: Every single measurement, as it is kept in results/<name>.json.
Measurements = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One line of the README's table."""

    what: str
    target: str
    measured: str = ""
    met: bool = True

    @property
    def text(self) -> str:
        return self.measured + ("" if self.met else " (**missed**)")


@dataclass(frozen=True)
class Benchmark:
    name: str
    version: str
    repeats: int
    measure: Callable[[int], Measurements]
    rows: Callable[[Measurements], list[Row]]
