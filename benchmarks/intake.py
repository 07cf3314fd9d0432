"""Drop-to-result of files renamed in at a steady pace, while the daemon moves others out: `p50 p99 most`.

    python -m benchmarks.intake [FILES [PAUSE_SECONDS]]

The result's time is the kernel's own: a watch on `processed` tells of the name's appearance, so nothing is
polled. A held-back event shows as 250 to 500 ms.
"""

import os
import statistics
import sys
import threading
import time
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from benchmarks import line
from benchmarks.disk import disk

FILES = 400
PAUSE_SECONDS = 0.05
HELD_BACK_SECONDS = 0.2


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
    data = line.data_dir(folder)
    results, dropped = _Results(), {}
    for number in range(files):
        (data / "outside" / f"{number}.csv").write_bytes(line.day(number))
    with line.daemon(data):
        for number in range(5):
            line.drop(data, f"warm-{number}.csv", number)
        observer = Observer()
        observer.schedule(results, str(data / "processed"))
        observer.start()
        for number in range(files):
            dropped[f"{number}.json"] = time.perf_counter()
            (data / "outside" / f"{number}.csv").rename(data / "incoming" / f"{number}.csv")
            time.sleep(pause)
        deadline = time.perf_counter() + line.DEADLINE_SECONDS
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
    """Print the figures in milliseconds, and how many drops look held back."""
    files = int(sys.argv[1]) if len(sys.argv) > 1 else FILES
    pause = float(sys.argv[2]) if len(sys.argv) > 2 else PAUSE_SECONDS
    with disk() as (folder, kind):
        taken = paced_latencies(folder, files, pause)
    held = sum(seconds >= HELD_BACK_SECONDS for seconds in taken)
    print(
        f"{files} files every {pause * 1e3:g} ms on {kind}: p50 {statistics.median(taken) * 1e3:.1f} ms, "
        f"p99 {p99(taken):.1f} ms, most {taken[-1] * 1e3:.1f} ms, held back {held}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
