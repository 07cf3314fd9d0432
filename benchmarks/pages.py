"""What pages cost: a refresh after each new result, and the wait of a file that lands during one.

    python -m benchmarks.pages [--results N] [--rounds N]

Exits with 1 if a refresh writes more than 1 MB, needs more than 64 MiB, or takes two seconds or more for each
10,000 results. With 100,000 results it needs 3 GB of disk.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks.runs import daemon, data_dir, day, drop
from processing import process
from processing.model.profile import DEFAULT
from processing.model.result import Result, encode
from processing.workers.local_pool import LocalPool
from watcher.monitoring import log_setup
from watcher.monitoring.health import Health
from watcher.reporting.pages import IDLE_SECONDS, Pages

BOUND_SECONDS = 2.0
"""For each 10,000 results."""
BOUND_WRITTEN = 1_000_000
MEMORY = 64 << 20
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
        seconds, written = statistics.median(one.seconds for one in warm), max(one.written for one in warm)
        print(f"{options.results} results: the first refresh took {first.seconds:.2f} s")
        peak = warm[-1].peak
        print(f"after each new result: {seconds:.2f} s, {written:,} bytes written, {peak >> 20} MiB at most")
        waits: dict[str, list[float]] = {"during a refresh": [], "without results": []}
        with daemon(full, "--settle", "0"), daemon(empty, "--settle", "0"):
            for number in range(options.rounds):
                for name, data in (("during a refresh", full), ("without results", empty)):
                    waits[name].append(1e3 * wait_during_refresh(data, number))
    for name, found in waits.items() if options.rounds else ():
        print(f"drop to result, {name}: median {statistics.median(found):.1f} ms, worst {max(found):.1f} ms")
    is_slow = seconds >= BOUND_SECONDS * max(1, options.results / 10_000)
    return int(is_slow or written > BOUND_WRITTEN or peak > MEMORY)


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


class Refresh(NamedTuple):
    """What one took; `peak` is the most memory its worker ever had, of which 30 MiB are there before."""

    seconds: float
    written: int
    peak: int


def refreshes(data: Path, count: int = 6) -> list[Refresh]:
    """A first refresh, which reads every record, and one after each of some new ones."""
    log_setup.configure("json", "error")
    pool = LocalPool(1, 600.0, MEMORY)
    log = log_setup.logger()
    pages = Pages(pool, os.fsencode(data), background=True, log=log, health=Health(log))
    done = []
    some = next((data / "processed").glob("*/*.json")).read_bytes()
    written = 0
    for number in range(count):
        began = time.perf_counter()
        pages.refresh()
        seconds = time.perf_counter() - began
        (written, peak), before = usage(), written
        done.append(Refresh(seconds, written - before, peak))
        (data / "processed" / f"new-{number}.json").write_bytes(some)
    pool.shutdown()
    return done


def usage() -> tuple[int, int]:
    """Bytes that the worker has written, and the most memory it has had."""
    (worker,) = (
        pid for path in Path("/proc/self/task").glob("*/children") for pid in path.read_text().split()
    )
    io, status = (
        dict(field(line) for line in Path(f"/proc/{worker}/{name}").read_text().splitlines())
        for name in ("io", "status")
    )
    return int(io["wchar"]), int(status["VmHWM"].split()[0]) << 10


def field(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name, value


def wait_during_refresh(data: Path, number: int) -> float:
    """Seconds from a file's landing to its result, while the pages of the file before are being drawn."""
    drop(data, f"before-{number}.csv")
    time.sleep(IDLE_SECONDS + 0.15)
    seconds = drop(data, f"during-{number}.csv")
    time.sleep(IDLE_SECONDS + 2)  # until its own pages are drawn
    return seconds


if __name__ == "__main__":
    sys.exit(main())
