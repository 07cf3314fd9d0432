"""The product and its peer as a user runs them: a daemon on a folder, a single run, the naive loop."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import BinaryIO, NamedTuple

from benchmarks.peers import environment, inoticoming
from processing.generator.days import SimulatedDay, render

TREE = Path(__file__).parents[1]
NAIVE = TREE / "benchmarks" / "peers" / "naive.py"
DEADLINE_SECONDS = 120.0
_FOLDERS = count()


def day(number: int = 0) -> bytes:
    """A day's CSV; forty different ones."""
    return _day(number % 40)


@cache
def _day(number: int) -> bytes:
    start = datetime(2025, 1, 15, 6) + timedelta(days=number)  # noqa: DTZ001 - as loggers write it
    return render(SimulatedDay(start, seed=number))[0]


def data_dir(disk: Path, files: int = 0) -> Path:
    """A new data folder with this many waiting files; never deleted, which would slow down later syncs."""
    data = disk / f"data-{next(_FOLDERS)}"
    for name in ("incoming", "processed", "archive", "quarantine", "outside"):
        (data / name).mkdir(parents=True)
    fill(data, "day", files)
    return data


def fill(data: Path, name: str, files: int) -> None:
    """Let this many files wait, written through to the disk."""
    for number in range(files):
        (data / "incoming" / f"{name}-{number:06}.csv").write_bytes(day(number))
    os.sync()


def once(data: Path, *flags: str) -> float:
    """Seconds of a whole `--once` run, which must process everything."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "watcher", "--once", "--settle", "0", "--data-dir", str(data), *flags]
    run = subprocess.run(command, cwd=TREE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    seconds = time.perf_counter() - began
    assert run.returncode == 0, run.stderr[-2000:]
    return seconds


class BacklogRun(NamedTuple):
    """Seconds from a daemon's start until the files were archived; its tree's peak megabytes; its own CPU."""

    seconds: float
    megabytes: float
    cpu: float


def time_backlog(data: Path, files: int, *flags: str, measure_memory: bool = False) -> BacklogRun:
    """Start a daemon, and wait until so many files are in the archive. Pages come later."""
    peak, measured_at = 0.0, 0.0
    began = time.perf_counter()
    with (data / "log").open("wb") as log, _stopped(_start(data, log, "--settle", "0", *flags)) as root:
        while left := max(0, files - count_of(data / "archive")):  # nothing is moved there meanwhile
            assert time.perf_counter() - began < DEADLINE_SECONDS + files / 20, "too slow"
            if measure_memory and time.perf_counter() - measured_at > 1.0:
                measured_at, peak = time.perf_counter(), max(peak, megabytes(root))
            time.sleep(min(0.02 + left / 1e4, 1.0 if measure_memory else 10.0))
        return BacklogRun(time.perf_counter() - began, peak, own_cpu_seconds(root))


def wait_until(folder: Path, files: int) -> None:
    """Wait until a folder has so many names."""
    began = time.perf_counter()
    while count_of(folder) < files:
        assert time.perf_counter() - began < DEADLINE_SECONDS, f"{folder} gets no {files} files"
        time.sleep(0.02)


def peak_megabytes(data: Path, seconds: float) -> float:
    """Start a daemon, and return the peak memory of its tree over so many seconds."""
    peak, ends_at = 0.0, time.perf_counter() + seconds
    with (data / "log").open("wb") as log, _stopped(_start(data, log, "--settle", "0")) as root:
        while time.perf_counter() < ends_at:
            peak = max(peak, megabytes(root))
            time.sleep(1.0)
    return peak


def count_of(folder: Path) -> int:
    """How many names a folder has."""
    with os.scandir(folder) as entries:
        return sum(1 for _ in entries)


def _start(data: Path, log: BinaryIO, *flags: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "watcher", "--data-dir", str(data), *flags]
    return subprocess.Popen(command, cwd=TREE, stdout=log, stderr=subprocess.STDOUT)


@contextmanager
def daemon(data: Path, *flags: str) -> Iterator[int]:
    """The daemon's process id, once it has processed a first file."""
    with (data / "log").open("wb") as log, _stopped(_start(data, log, *flags)) as process:
        drop(data, "first.csv")
        yield process


@contextmanager
def naive_loop(data: Path) -> Iterator[int]:
    """inoticoming's process id, once it has processed a first file. It takes the waiting files too."""
    program = inoticoming()
    assert program
    action = ["--suffix", ".csv", sys.executable, str(NAIVE), str(data), "{}", ";"]
    command = [program, "--foreground", "--initialsearch", str(data / "incoming"), *action]
    with _stopped(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)) as process:
        drop(data, "first.csv")
        yield process


@contextmanager
def pathway(data: Path) -> Iterator[int]:
    """The process id of Pathway's stream with our function, once it has written a first result."""
    python = environment("pathway")
    assert python, "pathway is not here"
    command = [python, "-m", "benchmarks.peers.stream", str(data)]
    process = subprocess.Popen(command, cwd=TREE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with _stopped(process) as root:
        drop(data, "first.csv")
        yield root


@contextmanager
def _stopped(process: "subprocess.Popen[bytes]") -> Iterator[int]:
    try:
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def drop(data: Path, name: str, number: int = 0) -> float:
    """Seconds from a rename into incoming to the result's appearance."""
    outside, result = data / "outside" / name, data / "processed" / f"{Path(name).stem}.json"
    outside.write_bytes(day(number))
    began = time.perf_counter()
    outside.rename(data / "incoming" / name)
    while not result.exists():
        assert time.perf_counter() - began < DEADLINE_SECONDS, f"no result for {name}"
        time.sleep(0.0002)
    return time.perf_counter() - began


def tree_of(root: int) -> list[int]:
    """This process and all below it."""
    found = [root]
    with suppress(FileNotFoundError, ProcessLookupError):  # a thread or a process that has just ended
        for task in Path(f"/proc/{root}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += tree_of(int(child))
    return found


def megabytes(root: int) -> float:
    """Proportional memory of the tree of processes."""
    total = 0
    for process in tree_of(root):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
            lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
            total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def cpu_seconds(root: int) -> float:
    """Processor time of the tree's living processes so far."""
    return sum(map(own_cpu_seconds, tree_of(root)))


def own_cpu_seconds(process: int) -> float:
    """Processor time of one process so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
