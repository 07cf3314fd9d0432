"""CSV readers side by side: seconds and memory for parsing a file strictly and averaging its channels.

    python -m benchmarks.csv_readers            a table of every reader on 288 and on 1,000,000 rows

Every measurement is a process of its own, in alternating rounds; polars runs in an environment of its own.
"""

# ruff: noqa: PLC0415 - a reader is imported only in the process that measures it

import argparse
import csv
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

CHANNELS = ("voltage", "current", "temperature", "power")
SAMPLE = Path(__file__).parents[1] / "data" / "samples" / "clean_day.csv"
CHUNK_ROWS = 2_000
BLOCK_BYTES = 1 << 18
Averages = list[float]


def naive(path: Path) -> Averages:
    """What one writes first: a dict a row, and the statistics module."""
    columns: dict[str, list[float]] = {name: [] for name in CHANNELS}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            datetime.fromisoformat(row["timestamp"])
            for name in CHANNELS:
                columns[name].append(float(row[name]))
    return [statistics.mean(values) for values in columns.values()]


def csv_fastnumbers(path: Path) -> Averages:
    """The strict csv module in chunks, cells to numpy columns by fastnumbers."""
    import fastnumbers
    import numpy as np

    totals, count = np.zeros(4), 0
    with path.open(newline="") as file:
        rows = csv.reader(file, strict=True)
        next(rows)
        while chunk := list(islice(rows, CHUNK_ROWS)):
            stamps, *cells = zip(*chunk, strict=True)
            _seconds("".join(stamps).encode())
            for index, column in enumerate(cells):
                totals[index] += fastnumbers.try_array(column, dtype=np.float64, on_fail=np.nan).sum()
            count += len(chunk)
    return list(totals / count)


def split_fastnumbers(path: Path) -> Averages:
    """Blocks of whole lines; if each line has five plain cells, one split makes all cells of the block."""
    import fastnumbers
    import numpy as np

    totals, count = np.zeros(4), 0
    for block in _blocks(path):
        _check_shape(block)
        cells = block[:-1].replace(b"\n", b",").decode().split(",")
        _seconds("".join(cells[0::5]).encode())
        for index in range(4):
            column = cells[index + 1 :: 5]
            totals[index] += fastnumbers.try_array(column, dtype=np.float64, on_fail=np.nan).sum()
        count += len(column)
    return list(totals / count)


def numpy_digits(path: Path) -> Averages:
    """No Python object a cell: separators, digits and points as numpy arrays of the block's bytes."""
    import numpy as np

    totals, count = np.zeros(4), 0
    for block in _blocks(path):
        text, ends = _check_shape(block)
        starts = np.concatenate(([-1], ends[:-1])) + 1
        first = starts[0::5]
        _seconds(text[first[:, None] + np.arange(19)].tobytes())
        for index in range(1, 5):
            totals[index - 1] += _fixed_point(text, starts[index::5], ends[index::5]).sum()
        count += len(first)
    return list(totals / count)


def reader(path: Path) -> Averages:
    """The product's own: one array of numbers a block, and the strict parser for lines that are not plain."""
    from processing.model.profile import Profile
    from processing.reading.byte_source import ByteSource
    from processing.reading.reader import read_table

    profile = Profile()
    with path.open("rb") as file:
        table = read_table(ByteSource(file, profile.caps, packed=False), profile)
    return [float(readings.mean()) for readings in table.readings]


def ours(path: Path) -> Averages:
    """All that the product does with a file: every figure, check and anomaly."""
    from processing import process
    from processing.model.profile import Profile
    from processing.model.result import Result

    with path.open("rb") as file:
        result = process(file, Profile(), name=b"x.csv", processed_at="2025-01-01T00:00:00Z")
    assert isinstance(result, Result)
    return [float(getattr(result.metrics, name).avg) for name in CHANNELS]


def polars(path: Path) -> Averages:
    """polars, strict: it stops at a cell that is not a number."""
    import polars as pl

    kinds = {"timestamp": pl.String} | dict.fromkeys(CHANNELS, pl.Float64)
    frame = pl.read_csv(path, schema=kinds).with_columns(
        pl.col("timestamp").str.to_datetime("%Y-%m-%dT%H:%M:%S")
    )
    return list(frame.select(pl.col(CHANNELS).mean()).row(0))


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.readline()
        while block := file.read(BLOCK_BYTES):
            yield block + file.readline()


def _check_shape(block: bytes):  # type: ignore[no-untyped-def] # noqa: ANN202 - numpy is imported late
    import numpy as np

    text = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero((text == ord(",")) | (text == ord("\n")))
    kinds = text[ends].reshape(-1, 5)
    assert (kinds[:, :4] == ord(",")).all()
    assert (kinds[:, 4] == ord("\n")).all()
    assert b'"' not in block
    return text, ends


def _seconds(stamps: bytes):  # type: ignore[no-untyped-def] # noqa: ANN202
    """Microseconds since 1970 of joined `YYYY-MM-DDTHH:MM:SS`, their signs and digits checked."""
    import numpy as np

    text = np.frombuffer(stamps, np.uint8).reshape(-1, 19)
    assert (text[:, (4, 7, 10, 13, 16)] == np.frombuffer(b"--T::", np.uint8)).all()
    digits = text[:, (0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18)] - 48
    assert (digits < 10).all()
    return text.view("S19").ravel().astype("datetime64[s]")


def _fixed_point(text, starts, ends):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    import numpy as np

    width = int((ends - starts).max())
    assert width <= 15
    value, scale, seen = np.zeros(len(starts)), np.ones(len(starts)), np.zeros(len(starts), bool)
    negative = text[starts] == ord("-")
    for offset in range(width):
        at = starts + offset
        inside = at < ends
        byte = text[np.minimum(at, ends)]
        digit = byte - 48
        is_digit = inside & (digit < 10)
        is_point = inside & (byte == ord("."))
        value = np.where(is_digit, value * 10 + digit, value)
        scale = np.where(is_digit & seen, scale * 10, scale)
        seen |= is_point
    return np.where(negative, -value, value) / scale


READERS: dict[str, Callable[[Path], Averages]] = {
    "naive": naive,
    "csv + fastnumbers": csv_fastnumbers,
    "split + fastnumbers": split_fastnumbers,
    "numpy digits": numpy_digits,
    "reader": reader,
    "ours": ours,
    "polars": polars,
}


def measure(name: str, path: Path, repeats: int) -> dict[str, object]:
    """Median seconds of `repeats` warm runs in this process, its peak memory in MB and its import time."""
    began = time.perf_counter()
    averages = READERS[name](SAMPLE)  # imports, warms
    ready = time.perf_counter() - began
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        averages = READERS[name](path)
        times.append(time.perf_counter() - began)
    status = Path("/proc/self/status").read_text()
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    return {"seconds": statistics.median(times), "mb": peak / 1024, "ready": ready, "averages": averages}


def main() -> None:
    from benchmarks.peers import environment

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--one", nargs=3, metavar=("READER", "FILE", "REPEATS"))
    options = parser.parse_args()
    if options.one:
        name, path, repeats = options.one
        print(json.dumps(measure(name, Path(path), int(repeats))))
        return
    with tempfile.TemporaryDirectory(prefix="readers-") as folder:
        for rows, repeats in ((288, 200), (1_000_000, 1)):
            path = _sample(Path(folder), rows)
            _table(path, rows, repeats, options.rounds, environment)


def _sample(folder: Path, rows: int) -> Path:
    from processing.generator.days import SimulatedDay, render

    path = folder / f"{rows}.csv"
    start = datetime(2025, 1, 15, 6)  # noqa: DTZ001
    day = SimulatedDay(start, rows=rows, interval_seconds=300 if rows == 288 else 1, seed=1)
    path.write_bytes(render(day)[0])
    return path


def _table(
    path: Path, rows: int, repeats: int, rounds: int, environment: Callable[[str], str | None]
) -> None:
    found: dict[str, list[dict[str, object]]] = {}
    for _ in range(rounds):
        for name in READERS:
            python = environment("polars") if name == "polars" else sys.executable
            if not python:
                continue
            command = [python, "-m", "benchmarks.csv_readers", "--one", name, str(path), str(repeats)]
            run = subprocess.run(command, capture_output=True, text=True, check=True)
            found.setdefault(name, []).append(json.loads(run.stdout))
    base = [float(str(run["seconds"])) for run in found["csv + fastnumbers"]]
    print(f"\n{rows} rows ({rounds} rounds): median ms, ratio to csv + fastnumbers round by round, peak MB")
    for name, runs in found.items():
        seconds = [float(str(run["seconds"])) for run in runs]
        ratio = statistics.median(mine / other for mine, other in zip(seconds, base, strict=True))
        memory = statistics.median(float(str(run["mb"])) for run in runs)
        print(f"  {name:22}{statistics.median(seconds) * 1000:10.2f} {ratio:8.2f} {memory:8.0f}")


if __name__ == "__main__":
    main()
