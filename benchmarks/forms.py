"""Days and years as other loggers write them, against the default format: seconds for the same readings."""

import io
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import runs
from processing import process
from processing.formats.toml_files import known_formats
from processing.model.profile import Profile
from processing.model.result import Result

AT = "2025-06-01T00:00:00Z"  # after all days: what lies ahead would be noted
_ROUNDS = 60


def points_and_commas(content: bytes) -> bytes:
    """Return a file of the default format with dd.mm.yyyy, semicolons and decimal commas."""
    return _rewritten(content, b".", b";").replace(b"#", b",")


def slashes(content: bytes) -> bytes:
    """Return a file of the default format with dd/mm/yyyy."""
    return _rewritten(content, b"/", b",").replace(b"#", b".")


def _rewritten(content: bytes, mark: bytes, delimiter: bytes) -> bytes:
    """Return the file in other signs, with `#` for the decimal sign."""
    header, _, rows = content.partition(b"\n")
    lines = [header.replace(b",", delimiter)]
    for line in rows.splitlines():
        stamp, _, cells = line.partition(b",")
        date = mark.join((stamp[8:10], stamp[5:7], stamp[:4]))
        lines.append(
            date + b" " + stamp[11:] + delimiter + cells.replace(b".", b"#").replace(b",", delimiter)
        )
    return b"\n".join(lines) + b"\n"


def one_day(_: Path) -> tuple[float, float]:
    """Milliseconds of the processor for a day of dd.mm.yyyy, warm, against the default format."""
    plain = runs.day()
    return _medians(points_and_commas(plain), plain, _ROUNDS)


def slash_day(_: Path) -> tuple[float, float]:
    """Milliseconds of the processor for a day of dd/mm/yyyy, warm, against the default format."""
    plain = runs.day()
    return _medians(slashes(plain), plain, _ROUNDS)


def _medians(ours: bytes, peer: bytes, rounds: int) -> tuple[float, float]:
    """Return milliseconds of the processor for both, in alternating rounds."""
    formats, profile = known_formats(()), Profile()
    taken: dict[bytes, list[float]] = {ours: [], peer: []}
    for _ in range(rounds):
        for content, times in taken.items():
            began = time.process_time()
            found = process(io.BytesIO(content), profile, name=b"one.csv", processed_at=AT, formats=formats)
            times.append(1e3 * (time.process_time() - began))
            assert isinstance(found, Result), found
    return statistics.median(taken[ours]), statistics.median(taken[peer])


def million(path: Path, form: Callable[[bytes], bytes]) -> tuple[float, float]:
    """Milliseconds of the processor for the rows of a file in another form, against the file."""
    plain = path.read_bytes()
    return _medians(form(plain), plain, 3)
