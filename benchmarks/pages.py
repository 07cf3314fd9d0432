"""What pages cost at 10,000 results: a refresh of the index, and the wait of a file that lands during one.

    python -m benchmarks.pages [--results N] [--rounds N]

Exits with 1 where a refresh takes two seconds or more.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.line import cpu_seconds, daemon, data_dir, day, drop
from processing import process
from processing.engine import LocalEngine
from processing.profile import DEFAULT
from processing.result import Result, encode
from watcher import logs
from watcher.pages import QUIET_SECONDS, Pages

BOUND_SECONDS = 2.0
_DEVICES = 20


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages", description=__doc__)
    parser.add_argument("--results", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=12)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        full, empty = data_dir(Path(folder)), data_dir(Path(folder))
        fill(full, options.results)
        first, *warm = refreshes(full)
        print(
            f"refresh of {options.results} results: first {first:.2f} s, then {statistics.median(warm):.2f} s"
        )
        waits: dict[str, list[float]] = {"during a refresh": [], "without results": []}
        with daemon(full, "--settle", "0"), daemon(empty, "--settle", "0"):
            for number in range(options.rounds):
                for name, data in (("during a refresh", full), ("without results", empty)):
                    waits[name].append(1e3 * wait_during_refresh(data, number))
    for name, found in waits.items() if options.rounds else ():
        print(f"drop to result, {name}: median {statistics.median(found):.1f} ms, worst {max(found):.1f} ms")
    return int(statistics.median(warm) >= BOUND_SECONDS)


def fill(data: Path, count: int) -> None:
    """Put results of that many days of some devices there, with pages that are up to date."""
    records = []
    for number in range(40):
        path = data / "outside" / "day.csv"
        path.write_bytes(day(number))
        with path.open("rb") as stream:
            found = process(stream, DEFAULT, name=b"NAME", processed_at="2026-01-01T00:00:00Z")
        assert isinstance(found, Result)
        records.append(encode(found))
    for number in range(count):
        folder = data / "processed" / f"device-{number % _DEVICES:02}"
        folder.mkdir(exist_ok=True)
        record = records[number % 40].replace(b'"NAME"', b'"%s/%06d.csv"' % (folder.name.encode(), number))
        (folder / f"{number:06}.json").write_bytes(record)
        (folder / f"{number:06}.html").write_bytes(b"up to date")


def refreshes(data: Path, count: int = 6) -> list[float]:
    """Seconds of the first refresh, which reads every record, and of some more."""
    (data / ".watcher").mkdir(exist_ok=True)
    logs.configure("json", "error")
    engine = LocalEngine(1, 120.0, 1 << 30)
    pages = Pages(engine, os.fsencode(data), background=True, log=logs.logger())
    seconds, used = [], cpu_seconds(os.getpid())
    for _ in range(count):
        began = time.perf_counter()
        pages.refresh()
        seconds.append(time.perf_counter() - began)
        used, before = cpu_seconds(os.getpid()), used
    print(f"processor time of the last refresh: {used - before:.2f} s")
    engine.shutdown(wait=True)
    return seconds


def wait_during_refresh(data: Path, number: int) -> float:
    """Seconds from a file's landing to its result, while the pages of the file before are being drawn."""
    drop(data, f"before-{number}.csv")
    time.sleep(QUIET_SECONDS + 0.15)
    seconds = drop(data, f"during-{number}.csv")
    time.sleep(QUIET_SECONDS + 2)  # until its own pages are drawn
    return seconds


if __name__ == "__main__":
    sys.exit(main())
