"""Each row of the table: what is measured, its target, and one alternating round of it."""

import io
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchmarks import forms, latency, runs
from benchmarks.cgroup import memory_limit
from benchmarks.disk import quiet_disk
from benchmarks.peers import environment
from benchmarks.peers.naive import averages
from processing import process
from processing.generator.days import SimulatedDay, render
from processing.model.profile import Profile

BACKLOG, MANY, MILLION = 2_000, 100_000, 1_000_000
IDLE_SECONDS, IDLE_MB = 180, 40
REST_SECONDS, DAY_SECONDS = 75, 86_400  # two scans: the first to read a folder marks that it was read
AT = "2025-06-01T00:00:00Z"  # after all days: what lies ahead would be noted


@dataclass(frozen=True)
class Row:
    """A ratio (ours over the peer's) or a figure without a peer, and its bound."""

    name: str
    bound: float
    sign: str
    unit: str
    measure: Callable[[Path], tuple[float, float]]
    rounds: int = 5
    large: bool = False
    in_process: bool = False
    """Whether it is computed in this process, so that another tree cannot be measured."""


def one_file(disk: Path) -> tuple[float, float]:
    """Milliseconds, warm, in this process: every figure and check, against the naive script's averages."""
    path = disk / "one.csv"
    path.write_bytes(runs.day())
    ours, naive, profile = [], [], Profile()
    for _ in range(100):
        ours.append(
            _timed(lambda: process(io.BytesIO(runs.day()), profile, name=b"one.csv", processed_at=AT))
        )
        naive.append(_timed(lambda: averages(path)))
    return statistics.median(ours) * 1e3, statistics.median(naive) * 1e3


def drop_to_result(disk: Path) -> tuple[float, float]:
    """Milliseconds from the rename to the result: median of 20 files, workers warm."""
    with runs.daemon(ours := runs.data_dir(disk)), runs.naive_loop(theirs := runs.data_dir(disk)):
        for number in range(5):
            runs.drop(ours, f"warm-{number}.csv", number)
        both = [(runs.drop(ours, f"{n}.csv", n), runs.drop(theirs, f"{n}.csv", n)) for n in range(20)]
    return statistics.median(a for a, _ in both) * 1e3, statistics.median(b for _, b in both) * 1e3


def drop_to_stream(disk: Path) -> tuple[float, float]:
    """Milliseconds from the rename to the result: median of 20 files, against Pathway's streaming read."""
    with runs.daemon(ours := runs.data_dir(disk)), runs.pathway(theirs := runs.data_dir(disk)):
        for number in range(5):
            runs.drop(ours, f"warm-{number}.csv", number)
        both = [(runs.drop(ours, f"{n}.csv", n), runs.drop(theirs, f"{n}.csv", n)) for n in range(20)]
    return statistics.median(a for a, _ in both) * 1e3, statistics.median(b for _, b in both) * 1e3


def drops_in_a_row(disk: Path) -> tuple[float, float]:
    """Milliseconds from the rename to the result: p99 of 400, one every 50 ms, none delayed."""
    taken = latency.paced_latencies(disk)
    delayed = [seconds for seconds in taken if seconds >= latency.DELAYED_SECONDS]
    assert not delayed, f"delayed: {delayed}"
    return latency.p99(taken), 1.0


def drop_beside_links(disk: Path) -> tuple[float, float]:
    """Milliseconds from the rename to the result: medians of 20 beside FIFOs and links, and alone."""
    data = runs.data_dir(disk)
    with runs.daemon(data):
        for number in range(5):
            runs.drop(data, f"warm-{number}.csv", number)
        alone = [runs.drop(data, f"alone-{number}.csv", number) for number in range(20)]
        for number in range(100):
            os.mkfifo(data / "incoming" / f"fifo-{number}.csv")
        for number in range(1_000):
            (data / "incoming" / f"link-{number}.csv").symlink_to("/etc/shadow")
        beside = [runs.drop(data, f"beside-{number}.csv", number) for number in range(20)]
    return statistics.median(beside) * 1e3, statistics.median(alone) * 1e3


def backlog(disk: Path) -> tuple[float, float]:
    """Files a second: 2,000 waiting files, from the daemon's start; the naive loop on 40."""
    ours = BACKLOG / runs.time_backlog(runs.data_dir(disk, BACKLOG), BACKLOG).seconds
    theirs = runs.data_dir(disk, 40)
    began = time.perf_counter()
    with runs.naive_loop(theirs):
        runs.wait_until(theirs / "processed", 41)  # it works on many files at the same time
        return ours, 41 / (time.perf_counter() - began)


def backlog_stream(disk: Path) -> tuple[float, float]:
    """Files a second: 2,000 waiting files, from the start, against Pathway, which moves and syncs nothing."""
    ours = BACKLOG / runs.time_backlog(runs.data_dir(disk, BACKLOG), BACKLOG).seconds
    theirs = runs.data_dir(disk, BACKLOG)
    began = time.perf_counter()
    with runs.pathway(theirs):
        runs.wait_until(theirs / "processed", BACKLOG + 1)
        return ours, (BACKLOG + 1) / (time.perf_counter() - began)


def backlog_cpu(disk: Path) -> tuple[float, float]:
    """Milliseconds of the processor a file in the daemon's own process, of 2,000 waiting files."""
    return 1e3 * runs.time_backlog(runs.data_dir(disk, BACKLOG), BACKLOG).cpu / BACKLOG, 1.0


def durability(disk: Path) -> tuple[float, float]:
    """Seconds until 2,000 files are processed with full durability, and with none."""
    full, none = (runs.data_dir(disk, BACKLOG) for _ in range(2))
    return runs.time_backlog(full, BACKLOG).seconds, runs.time_backlog(
        none, BACKLOG, "--durability", "none"
    ).seconds


def pages(disk: Path) -> tuple[float, float]:
    """Seconds of a single run over 2,000 files with all pages, against a daemon until they are archived."""
    ours, theirs = (runs.data_dir(disk, BACKLOG) for _ in range(2))
    return runs.once(ours), runs.time_backlog(theirs, BACKLOG).seconds


def one_page(_: Path) -> tuple[float, float]:
    """Milliseconds of the processor for the page of a day, warm: median of forty days."""
    run = subprocess.run([sys.executable, "-c", _PAGE], cwd=runs.TREE, check=True, capture_output=True)
    return float(run.stdout), 1.0


def beside_pages(disk: Path) -> tuple[float, float]:
    """Seconds for 2,000 files while a daemon must draw 2,000 other pages, against none."""
    ours, theirs = (runs.data_dir(disk, BACKLOG) for _ in range(2))
    runs.time_backlog(ours, BACKLOG)
    runs.fill(ours, "later", BACKLOG)
    return runs.time_backlog(ours, 2 * BACKLOG).seconds, runs.time_backlog(theirs, BACKLOG).seconds


def many(disk: Path) -> tuple[float, float]:
    """Files a second: 100,000 waiting against 2,000."""
    few, lots = (runs.data_dir(disk, files) for files in (BACKLOG, MANY))
    return MANY / runs.time_backlog(lots, MANY).seconds, BACKLOG / runs.time_backlog(few, BACKLOG).seconds


def many_memory(disk: Path) -> tuple[float, float]:
    """Peak megabytes of the tree while 100,000 wait, half of them are processed, and pages are drawn."""
    return runs.time_backlog(runs.data_dir(disk, MANY), MANY // 2, measure_memory=True).megabytes, 1.0


def million_waiting(_: Path) -> tuple[float, float]:
    """Peak megabytes of the tree over a minute in which 1,000,000 empty files wait, in memory."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        data = runs.data_dir(Path(folder))
        for number in range(MILLION):
            (data / "incoming" / f"{number:07}.csv").touch()
        return runs.peak_megabytes(data, 60.0), 1.0


def million_rows(disk: Path) -> tuple[float, float]:
    """Seconds for 1,000,000 rows: every figure and check, against the naive script's averages."""
    path = _million(disk)
    return _alone("ours", path)[0], _alone("naive", path)[0]


def million_points(disk: Path) -> tuple[float, float]:
    """Milliseconds of the processor for 1,000,000 rows with dd.mm.yyyy, against the default format."""
    return forms.million(_million(disk), forms.points_and_commas)


def million_slashes(disk: Path) -> tuple[float, float]:
    """Milliseconds of the processor for 1,000,000 rows with dd/mm/yyyy, against the default format."""
    return forms.million(_million(disk), forms.slashes)


def million_memory(disk: Path) -> tuple[float, float]:
    """Peak megabytes of the process that reads 1,000,000 rows."""
    return _alone("ours", _million(disk))[1], 1.0


def broken_rows(disk: Path) -> tuple[float, float]:
    """Seconds for 1,000,000 rows, each hundredth broken, against the same file whole."""
    path = disk / "broken.csv"
    if not path.exists():
        lines = _million(disk).read_bytes().split(b"\n")
        lines[50::100] = [cells.replace(b",", b",E", 1) for cells in lines[50::100]]
        path.write_bytes(b"\n".join(lines))
    return _alone("ours", path)[0], _alone("ours", _million(disk))[0]


def twenty_million_rows(disk: Path) -> tuple[float, float]:
    """Seconds until a single run in 512 MB of a cgroup has processed 20,000,000 rows, or rejected them."""
    data, rows = runs.data_dir(disk), _million(disk).read_bytes()
    head = rows.index(b"\n") + 1
    with (data / "incoming" / "large.csv").open("wb") as file:
        file.write(rows)
        for _ in range(19):
            file.write(rows[head:])
    with memory_limit(512 << 20) as join:
        began = time.perf_counter()
        command = [sys.executable, "-m", "watcher", "--once", "--settle", "0", "--data-dir", str(data)]
        run = subprocess.run([*join, *command], cwd=runs.TREE, stdout=subprocess.DEVNULL, check=False)
        seconds = time.perf_counter() - began
    reason = data / "quarantine" / "large.csv.reason.json"
    rejected = reason.exists() and json.loads(reason.read_text())["error"]["code"] == "too_large"
    assert rejected or (data / "processed" / "large.json").exists(), f"exit code {run.returncode}, no record"
    return seconds, 1.0


def million_polars(disk: Path) -> tuple[float, float]:
    """Seconds for 1,000,000 rows, parsed and averaged: our reader against polars."""
    path = _million(disk)
    python = environment("polars")
    assert python, "polars is not here"
    return _alone("reader", path)[0], _alone("polars", path, python)[0]


def once_cold(disk: Path) -> tuple[float, float]:
    """Seconds of `--once` on one file, against a bare Python with the same imports and one worker."""
    ours = runs.once(runs.data_dir(disk, 1), "--workers", "1")
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", _BARE], cwd=runs.TREE, check=True, stdout=subprocess.DEVNULL)
    return ours, time.perf_counter() - began


def idle_memory(disk: Path) -> tuple[float, float]:
    """Megabytes of the daemon's tree once its workers are gone."""
    with runs.daemon(runs.data_dir(disk)) as root:
        _until_alone(root)
        return runs.megabytes(root), 1.0


def idle_cpu(disk: Path) -> tuple[float, float]:
    """Per cent of a core over three minutes without work."""
    with runs.daemon(runs.data_dir(disk)) as root:
        return _idling(root), 1.0


def idle_archived(disk: Path) -> tuple[float, float]:
    """Per cent of a core over three minutes without work, beside 100,000 archived files; and its memory."""
    data = runs.data_dir(disk)
    for number in range(MANY):
        (data / "archive" / f"old-{number:06}.csv").write_bytes(b"timestamp,voltage,current\n")
    with runs.daemon(data) as root:
        percent = _idling(root)
        assert runs.megabytes(root) <= IDLE_MB, f"{runs.megabytes(root)} MB"
        return percent, 1.0


def health_check(disk: Path) -> tuple[float, float]:
    """Milliseconds of CPU of `status` on an idle daemon, against `python -c pass`: medians of 20."""
    data = runs.data_dir(disk)
    ask = [sys.executable, "-m", "watcher", "status", "--data-dir", str(data)]
    with runs.daemon(data):
        both = [(_cpu_of(ask), _cpu_of([sys.executable, "-c", "pass"])) for _ in range(20)]
    return statistics.median(a for a, _ in both) * 1e3, statistics.median(b for _, b in both) * 1e3


def _cpu_of(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=runs.TREE, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def idle_writes(_disk: Path) -> tuple[float, float]:
    """Megabytes a day that a daemon without work writes to its disk, from three minutes of it."""
    with quiet_disk() as (folder, written), runs.daemon(runs.data_dir(folder)) as root:
        _until_alone(root)
        written()
        time.sleep(REST_SECONDS)
        before = written()
        time.sleep(IDLE_SECONDS)
        return (written() - before) / IDLE_SECONDS * DAY_SECONDS / 1e6, 1.0


def _idling(root: int) -> float:
    _until_alone(root)
    before = runs.cpu_seconds(root)
    time.sleep(IDLE_SECONDS)
    return (runs.cpu_seconds(root) - before) / IDLE_SECONDS * 100


ROWS = (
    Row("one file, warm, against naive averages", 0.4, "≤", "ms", one_file, 7, in_process=True),
    Row("a dd.mm.yyyy day against a default one", 1.5, "≤", "ms", forms.one_day, in_process=True),
    Row("a dd/mm/yyyy day against a default one", 2, "≤", "ms", forms.slash_day, in_process=True),
    Row("the page of a day: processor", 1.1, "≤", "ms", one_page),
    Row("drop to result against the naive loop", 1 / 12, "≤", "ms", drop_to_result),
    Row("drop to result, one every 50 ms: p99", 25, "≤", "ms", drops_in_a_row, 3),
    Row("drop to result beside 1,100 FIFOs and links", 1.5, "≤", "ms", drop_beside_links, 3),
    Row("2,000 waiting files against the naive loop", 30, "≥", "files/s", backlog, 10),
    Row("2,000 waiting files: processor of the daemon", 0.35, "≤", "ms a file", backlog_cpu),
    Row("drop to result against Pathway's stream", 1 / 60, "≤", "ms", drop_to_stream, 3),
    Row("2,000 waiting files against Pathway's stream", 1.2, "≥", "files/s", backlog_stream, 10),
    Row("2,000 files: full durability against none", 1.2, "≤", "s", durability),
    Row("1,000,000 rows against naive averages", 0.25, "≤", "s", million_rows, 3),
    Row("1,000,000 dd.mm.yyyy rows against default ones", 2, "≤", "ms", million_points, 1, in_process=True),
    Row("1,000,000 dd/mm/yyyy rows against default ones", 2, "≤", "ms", million_slashes, 1, in_process=True),
    Row("1,000,000 rows: peak memory", 200, "≤", "MB", million_memory, 3),
    Row("1,000,000 rows, parsed, against polars", 2, "≤", "s", million_polars),
    Row("1,000,000 rows, 1 % broken, against none", 4, "≤", "s", broken_rows, 3),
    Row("20,000,000 rows in 512 MB, or their rejection", 120, "≤", "s", twenty_million_rows, 1),
    Row("--once on one file against bare Python", 1.3, "≤", "s", once_cold, 7),
    Row("2,000 files while 2,000 pages are due", 1.3, "≤", "s", beside_pages, 3),
    Row("2,000 files, single run with all their pages", 1.3, "≤", "s", pages, 3),
    Row("idle: memory of the tree", IDLE_MB, "≤", "MB", idle_memory, 1),
    Row("status against python -c pass: processor", 4.5, "≤", "ms", health_check),
    Row("idle: writes to the disk", 1, "≤", "MB a day", idle_writes, 1),
    Row("idle: processor", 0.15, "≤", "% of a core", idle_cpu, 1),
    Row("idle beside 100,000 archived: processor", 0.15, "≤", "% of a core", idle_archived, 1, large=True),
    Row("100,000 waiting files: memory of the tree", 150, "≤", "MB", many_memory, 1, large=True),
    Row("1,000,000 waiting files: memory of the tree", 150, "≤", "MB", million_waiting, 1, large=True),
    Row("100,000 waiting files against 2,000", 0.9, "≥", "files/s", many, 1, large=True),
)

_BARE = """
import argparse, structlog, watchdog.observers.inotify_c, msgspec, subprocess, sys
subprocess.run([sys.executable, "-c", "import numpy, fastnumbers, msgspec, jinja2, pickle"], check=True)
"""

_PAGE = """
import io, statistics, time
from benchmarks.runs import day
from processing import process
from processing.html.file_page import file_page
from processing.model.profile import DEFAULT
at = "2025-06-01T00:00:00Z"
results = [process(io.BytesIO(day(n)), DEFAULT, name=b"one.csv", processed_at=at) for n in range(40)]
times = []
for result in results * 6:
    began = time.process_time()
    file_page(result, b"processed/one.json")
    times.append(time.process_time() - began)
print(1e3 * statistics.median(times[40:]))
"""


def _timed(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def _million(disk: Path) -> Path:
    path = disk / "million.csv"
    if not path.exists():
        day = SimulatedDay(datetime(2025, 1, 10), rows=MILLION, interval_seconds=1, seed=1)  # noqa: DTZ001
        path.write_bytes(render(day)[0])
    return path


def _alone(reader: str, path: Path, python: str = sys.executable) -> tuple[float, float]:
    """Seconds and peak megabytes of one reader in a process of its own."""
    command = [python, "-m", "benchmarks.csv_readers", "--one", reader, str(path), "1"]
    run = subprocess.run(command, cwd=runs.TREE, capture_output=True, text=True, check=True)
    measured = json.loads(run.stdout)
    return measured["seconds"], measured["mb"]


def _until_alone(root: int) -> None:
    deadline = time.monotonic() + 60
    while len(runs.tree_of(root)) > 1:
        assert time.monotonic() < deadline, "the workers stay"
        time.sleep(0.5)
