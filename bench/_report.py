"""The results as a table, written into the README between two markers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lab._shell import ROOT, LabError

from . import _result
from ._benchmark import Benchmark

README = ROOT / "README.md"
BEGIN = "<!-- written by `make bench` from bench/results -->\n"
END = "<!-- end of bench -->\n"


def update(benchmarks: Sequence[Benchmark]) -> None:
    README.write_text(current(README.read_text(encoding="utf-8"), benchmarks), encoding="utf-8")


def current(readme: str, benchmarks: Sequence[Benchmark]) -> str:
    """The README with the table of the results there are."""
    table = render(benchmarks, {benchmark.name: _result.read(benchmark.name) for benchmark in benchmarks})
    if readme.count(BEGIN) != 1 or readme.count(END) != 1:
        raise LabError(f"{README} must have these two lines, once each, where the table goes:\n{BEGIN}{END}")
    before, rest = readme.split(BEGIN)
    return before + BEGIN + table + END + rest.split(END)[1]


def render(benchmarks: Sequence[Benchmark], results: Mapping[str, dict[str, Any] | None]) -> str:
    places = sorted({place(result) for result in results.values() if result})
    lines = [line for found in places for line in (found, "")]
    lines += ["| what | target | measured | by `.venv/bin/python -m bench` |", "| --- | --- | --- | --- |"]
    for benchmark in benchmarks:
        result = results[benchmark.name]
        if result is None:
            lines.append(f"| {benchmark.name} | | not measured yet | `{benchmark.name}` |")
        else:
            rows = benchmark.rows(result["measurements"])
            lines += [f"| {row.what} | {row.target} | {row.text} | `{benchmark.name}` |" for row in rows]
    return "".join(f"{line}\n" for line in lines)


def place(result: Mapping[str, Any]) -> str:
    """When and where, without the hour: benchmarks of one run share one line."""
    found = result["machine"]
    return (
        f"{result['date'][:10]}, {found['cores']} cores ({found['cpu']}), {found['memory_gb']} GB, {found['os']}, "
        f"Linux {found['kernel']}, Docker {found['docker']}, OpenJDK {found['java']}."
    )
