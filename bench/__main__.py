"""python -m bench [NAME ...]: measures on fresh local hosts, keeps the results and renders the README's table."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from lab import _setup
from lab._shell import main, phase

from . import _benchmarks, _report, _result


def run(options: Namespace) -> None:
    names = [name for name in options.names if name != "report"]
    for benchmark in _benchmarks.chosen(names) if names or not options.names else []:
        _setup.prepare()
        with phase(f"benchmark {benchmark.name}"):
            measurements = benchmark.measure(options.repeats or benchmark.repeats)
        for row in benchmark.rows(measurements):
            print(f"  {row.what}\n      target: {row.target or 'none'}\n    measured: {row.text}", flush=True)
        if not options.repeats:
            _result.write(benchmark, measurements)
    if not options.repeats:
        _report.update(_benchmarks.ALL)


parser = ArgumentParser(prog="python -m bench")
parser.add_argument("names", nargs="*", metavar="NAME", help="deploy, failover, ...; report: only the table; none: all")
parser.add_argument("--repeats", type=int, help="tries the benchmark with so many repeats; nothing is kept")
main(lambda: run(parser.parse_args()))
