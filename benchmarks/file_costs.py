"""What each step of one file costs, and the lower bound that the disk sets: the same calls without parsing.

python -m benchmarks.file_costs
"""

import hashlib
import io
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import runs
from benchmarks.disk import disk
from processing import process
from processing.html.file_page import file_page
from processing.model.profile import Profile
from processing.model.result import Result, encode
from processing.reading.byte_source import ByteSource
from processing.reading.reader import read_table

FILES = 200


def computations() -> dict[str, Callable[[], object]]:
    """The computations on one file, by name."""
    text, profile = runs.day(), Profile()
    result = process(io.BytesIO(text), profile, name=b"x.csv", processed_at="2025-01-01T00:00:00Z")
    assert isinstance(result, Result)
    return {
        "read and hash": lambda: hashlib.sha256(text).hexdigest(),
        "parse": lambda: read_table(ByteSource(io.BytesIO(text), profile.caps, packed=False), profile),
        "parse, figures, checks": lambda: process(
            io.BytesIO(text), profile, name=b"x.csv", processed_at="2025-01-01T00:00:00Z"
        ),
        "record as JSON": lambda: encode(result),
        "page": lambda: file_page(result, b"processed/x.json"),
    }


def disk_times(folder: Path) -> dict[str, list[float]]:
    """Milliseconds of each write and sync, one file at a time."""
    data = runs.data_dir(folder, FILES)
    record = b"x" * 12_000
    steps: dict[str, list[float]] = {}
    for source in sorted((data / "incoming").iterdir()):
        marks = [time.perf_counter()]
        descriptor = os.open(source, os.O_RDONLY)
        hashlib.sha256(os.read(descriptor, 1 << 20))
        marks.append(time.perf_counter())
        os.fsync(descriptor)
        os.close(descriptor)
        marks.append(time.perf_counter())
        temporary, final = data / "processed" / ".tmp-x", data / "processed" / f"{source.stem}.json"
        with temporary.open("wb") as file:
            file.write(record)
            file.flush()
            os.fsync(file.fileno())
        marks.append(time.perf_counter())
        temporary.rename(final)
        _sync(data / "processed")
        marks.append(time.perf_counter())
        source.rename(data / "archive" / source.name)
        _sync(data / "archive")
        _sync(data / "incoming")
        marks.append(time.perf_counter())
        names = ("open, read, hash", "sync input", "write, sync record", "publish, sync", "move, two syncs")
        for name, began, ended in zip(names, marks, marks[1:], strict=False):
            steps.setdefault(name, []).append((ended - began) * 1e3)
    return steps


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(descriptor)
    os.close(descriptor)


def main() -> None:
    print("computed, ms a file (median, least of 200)")
    for name, run in computations().items():
        times = []
        for _ in range(FILES):
            began = time.perf_counter()
            run()
            times.append((time.perf_counter() - began) * 1e3)
        print(f"  {name:26}{statistics.median(times):8.3f}{min(times):8.3f}")
    with disk() as (folder, kind):
        print(f"written, ms a file, one at a time ({kind})")
        total = 0.0
        for name, times in disk_times(folder).items():
            total += statistics.median(times)
            print(f"  {name:26}{statistics.median(times):8.3f}{min(times):8.3f}")
        print(f"  {'together':26}{total:8.3f}")


if __name__ == "__main__":
    main()
