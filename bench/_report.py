"""The results as a table, written into the README between two markers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
    lines = [line for place in places(filter(None, results.values())) for line in (place, "")]
    lines += ["| what | target | measured | by `.venv/bin/python -m bench` |", "| --- | --- | --- | --- |"]
    for benchmark in benchmarks:
        result = results[benchmark.name]
        if result is None:
            lines.append(f"| {benchmark.name} | | not measured yet | `{benchmark.name}` |")
        else:
            rows = benchmark.rows(result["measurements"])
            lines += [f"| {row.what} | {row.target} | {row.text} | `{benchmark.name}` |" for row in rows]
    return "".join(f"{line}\n" for line in lines)


def places(results: Iterable[Mapping[str, Any]]) -> list[str]:
    """When and where: one line for each kind of machine, with its first and last day."""
    days: dict[str, set[str]] = {}
    for result in results:
        days.setdefault(_machine(result["machine"]), set()).add(result["date"][:10])
    return sorted(f"{' to '.join(sorted({min(found), max(found)}))}, {machine}" for machine, found in days.items())


def _machine(found: Mapping[str, Any]) -> str:
    # What follows the version of a kernel is the build of whoever lends the machine.
    kernel = found["kernel"].split("-")[0]
    return (
        f"{found['cores']} cores ({found['cpu']}), {found['memory_gb']} GB, {found['os']}, Linux {kernel}, "
        f"Docker {found['docker']}, OpenJDK {found['java']}."
    )
