"""Latency of files that are renamed into incoming at a steady pace: from the rename to the result.

    python -m benchmarks.latency [FILES [PAUSE_SECONDS]]

An inotify watch on `processed` reports when the result appears, so nothing is polled. A delayed event shows
as 250 to 500 ms.
"""

import os
import statistics
import sys
import threading
import time
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from benchmarks import runs
from benchmarks.disk import disk

FILES = 400
PAUSE_SECONDS = 0.05
DELAYED_SECONDS = 0.2


class _Results(FileSystemEventHandler):
    def __init__(self) -> None:
        self.at: dict[str, float] = {}
        self.came = threading.Event()

    def on_created(self, event: FileSystemEvent) -> None:
        name = Path(os.fsdecode(event.dest_path or event.src_path)).name
        self.at.setdefault(name, time.perf_counter())
        self.came.set()

    on_moved = on_created


def paced_latencies(folder: Path, files: int = FILES, pause: float = PAUSE_SECONDS) -> list[float]:
    """Seconds from the rename to the result of each file, sorted."""
    data = runs.data_dir(folder)
    results, dropped = _Results(), {}
    for number in range(files):
        (data / "outside" / f"{number}.csv").write_bytes(runs.day(number))
    with runs.daemon(data):
        for number in range(5):
            runs.drop(data, f"warm-{number}.csv", number)
        observer = Observer()
        observer.schedule(results, str(data / "processed"))
        observer.start()
        for number in range(files):
            dropped[f"{number}.json"] = time.perf_counter()
            (data / "outside" / f"{number}.csv").rename(data / "incoming" / f"{number}.csv")
            time.sleep(pause)
        deadline = time.perf_counter() + runs.DEADLINE_SECONDS
        while dropped.keys() - results.at.keys() and time.perf_counter() < deadline:
            results.came.wait(0.1)
            results.came.clear()
        observer.stop()
        observer.join()
    return sorted(results.at[name] - at for name, at in dropped.items())


def p99(taken: list[float]) -> float:
    """The 99th percentile of seconds, in milliseconds."""
    return statistics.quantiles(taken, n=100)[98] * 1e3


def main() -> int:
    """Print the figures in milliseconds, and how many files were delayed."""
    files = int(sys.argv[1]) if len(sys.argv) > 1 else FILES
    pause = float(sys.argv[2]) if len(sys.argv) > 2 else PAUSE_SECONDS
    with disk() as (folder, kind):
        taken = paced_latencies(folder, files, pause)
    delayed = sum(seconds >= DELAYED_SECONDS for seconds in taken)
    print(
        f"{files} files every {pause * 1e3:g} ms on {kind}: p50 {statistics.median(taken) * 1e3:.1f} ms, "
        f"p99 {p99(taken):.1f} ms, at most {taken[-1] * 1e3:.1f} ms, delayed {delayed}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
