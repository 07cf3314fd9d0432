"""What a fleet of devices asks of one box, of a cluster and of many daemons: a simulation, not a measurement.

    python -m benchmarks.fleet [--process-ms 4.0] [--commit-ms 2.1] [--window 3600]

Each device sends one day a day. A window of seconds after midnight holds all of them, at random moments: the
worst usual case, as most loggers send by the clock. Each file is processed by one of the
workers, then committed by its daemon, one after another. The costs were measured (docs/scaling.md); flags
change them.
Left out: pages, which give way to all else, networks, storage that slows down, unusual files.
"""

import argparse
import math
import random
from typing import NamedTuple

DEVICES = (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000)
CSV_KB, RECORD_KB, PAGE_KB = 13, 18, 64
BUSY = 0.7
"""The share of its capacity that may be used, so that a restart or a slow minute is caught up."""


class Load(NamedTuple):
    """The share of each stage that is busy, and the longest wait in seconds."""

    workers: float
    commits: float
    longest: float


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.fleet",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--process-ms", type=float, default=4.0, help="of a worker, a file")
    parser.add_argument("--commit-ms", type=float, default=2.1, help="of the daemon, a file")
    parser.add_argument("--window", type=int, default=3_600, help="seconds in which all devices send")
    given = parser.parse_args()
    titles = ("devices", "files/s", "one box", "cores", "daemons", "GB/year")
    print("{:>9} {:>8} {:>12} {:>6} {:>8} {:>9}".format(*titles))
    for devices in DEVICES:
        print(row(devices, given.process_ms / 1e3, given.commit_ms / 1e3, given.window))


def row(devices: int, process: float, commit: float, window: int) -> str:
    """One line of the table: the load, how a box of four cores copes, and what is needed."""
    arrivals = arriving(devices, window)
    box = simulate(arrivals, workers=4, daemons=1, process=process, commit=commit)
    rate = devices / window
    cores = max(1, math.ceil(rate * process / BUSY))
    daemons = max(1, math.ceil(rate * commit / BUSY))
    copes = f"{max(box.workers, box.commits):.0%}, {shown(box.longest)}"
    gigabytes = devices * 365 * (CSV_KB + RECORD_KB + PAGE_KB) / 1e6
    return f"{devices:>9,} {rate:>8.2f} {copes:>12} {cores:>6} {daemons:>8} {gigabytes:>9,.1f}"


def arriving(devices: int, window: int) -> list[int]:
    """How many files come in each second of the window, at random moments; the seed is fixed."""
    chance = random.Random(8)  # noqa: S311 - no secret
    seconds = [0] * window
    for _ in range(devices):
        seconds[chance.randrange(window)] += 1
    return seconds


def simulate(arrivals: list[int], *, workers: int, daemons: int, process: float, commit: float) -> Load:
    """Two queues in a row, second by second, until both are empty."""
    processed_a_second, committed_a_second = workers / process, daemons / commit
    to_process = to_commit = longest = 0.0
    second = 0
    while second < len(arrivals) or to_process + to_commit > 1e-9:
        to_process += arrivals[second] if second < len(arrivals) else 0
        longest = max(
            longest, to_process / processed_a_second + (to_process + to_commit) / committed_a_second
        )
        processed = min(to_process, processed_a_second)
        to_process -= processed
        to_commit = max(0.0, to_commit + processed - committed_a_second)
        second += 1
    load = sum(arrivals) / len(arrivals)
    return Load(load / processed_a_second, load / committed_a_second, longest)


def shown(seconds: float) -> str:
    for limit, unit in ((1.0, ""), (120.0, "s"), (7_200.0, "min")):
        if seconds < limit:
            return "< 1 s" if not unit else f"{seconds / (60 if unit == 'min' else 1):.0f} {unit}"
    return f"{seconds / 3_600:.0f} h"


if __name__ == "__main__":
    main()
