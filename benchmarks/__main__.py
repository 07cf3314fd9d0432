"""Measures each row of the table in alternating rounds, and compares it with the table recorded last.

    python -m benchmarks [--only WORD] [--rounds N] [--large] [--against TREE] [--record]

Prints median and spread; writes all samples to `results.json` in the cache folder, or with --record to
benchmarks/recorded.json, and the table of docs/performance.md from it.
"""

import argparse
import json
import os
import platform
import signal
import statistics
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import page, runs
from benchmarks.disk import disk
from benchmarks.page import RECORDED
from benchmarks.peers import cache
from benchmarks.rows import ROWS, Row


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))  # so that the disk is let go
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", metavar="WORD", help="rows whose name has this word")
    parser.add_argument(
        "--rounds", type=int, default=99, metavar="N", help="at most; fewer, faster, less sure"
    )
    parser.add_argument("--large", action="store_true", help="also the rows that take many minutes")
    parser.add_argument("--against", type=Path, metavar="TREE", help="an earlier revision, in place of peers")
    parser.add_argument("--record", action="store_true", help="keep the table for later comparison")
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installation is compiled once, not at each start
    os.environ["PYTHONPYCACHEPREFIX"] = str(cache() / "compiled")
    last = json.loads(RECORDED.read_text())["rows"] if RECORDED.exists() else {}
    with disk() as (folder, kind):
        table: dict[str, Any] = {"machine": machine() | {"disk": kind}, "rows": {}}
        print(json.dumps(table["machine"]))
        print(f"{'':46}{'ours':>10}{'peer':>10}{'ratio':>9}  {'spread':17}{'target':>9}{'last':>9}")
        for row in ROWS if options.against is None else against(options.against.resolve()):
            if options.only in row.name and (options.large or not row.large):
                table["rows"][row.name] = show(row, folder, options.rounds, last.get(row.name))
    target = RECORDED if options.record else cache() / "results.json"
    if options.record:
        kept = {row.name: last[row.name] for row in ROWS if row.name in last}
        table["rows"] = kept | table["rows"]
    target.write_text(json.dumps(table, indent=1) + "\n")
    if options.record:
        page.main()
    return 0


def against(earlier: Path) -> list[Row]:
    """Return the rows that compare ours with an earlier revision in another tree."""

    def both(measure: Callable[[Path], tuple[float, float]], folder: Path) -> tuple[float, float]:
        ours, here = measure(folder)[0], runs.TREE
        runs.TREE = earlier
        try:
            return ours, measure(folder)[0]
        finally:
            runs.TREE = here

    return [replace(row, bound=1, measure=partial(both, row.measure)) for row in ROWS if not row.in_process]


def show(row: Row, folder: Path, rounds: int, last: dict[str, Any] | None) -> dict[str, Any]:
    """Run a row, print its line and return what is kept of it."""
    try:
        samples = [row.measure(folder) for _ in range(min(rounds, row.rounds))]
    except (AssertionError, OSError, ValueError) as error:
        print(f"{row.name:46}not measured: {str(error)[:200]}", flush=True)
        return {"error": str(error)}
    ratios = [ours / peer for ours, peer in samples]
    ours, peer = (statistics.median(column) for column in zip(*samples, strict=True))
    ratio = statistics.median(ratios)
    met = ratio <= row.bound if row.sign == "≤" else ratio >= row.bound
    spread = f"{min(ratios):.3g} … {max(ratios):.3g}"
    before = f"{last['ratio']:.3g}" if last and "ratio" in last else "-"
    print(
        f"{row.name:46}{ours:10.4g}{peer:10.4g}{ratio:9.3g}  {spread:17}{row.sign}{row.bound:8.3g}{before:>9}"
        f"  {row.unit}{'' if met else '  MISSED'}",
        flush=True,
    )
    measured = {"unit": row.unit, "ours": ours, "peer": peer, "ratio": ratio, "ratios": ratios, "met": met}
    of_peer = any(peer != 1.0 for _, peer in samples)  # a row without a peer is a bare figure
    return measured | {"target": f"{row.sign} {row.bound:.3g}", "of_peer": of_peer}


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    model = next(
        (line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), "?"
    )
    return {
        "cpu": model.partition(":")[2].strip(),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
    }


if __name__ == "__main__":
    sys.exit(main())
