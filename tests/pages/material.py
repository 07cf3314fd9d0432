"""Days to draw: made by hand or by the generator, processed by the product, drawn as it draws them."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from processing import Result, process
from processing.html.file_page import file_page
from processing.html.index_page import index_page
from processing.model.digest import digest_of
from processing.model.profile import DEFAULT, Profile
from processing.model.result import encode

ROOT = Path(__file__).parents[2]
HEADER = "timestamp,voltage,current,temperature,power\n"
FAULTY = (ROOT / "data/samples/faulty_day.csv").read_bytes()
CLEAN = (ROOT / "data/samples/clean_day.csv").read_bytes()
HOSTILE = b"<img src=x onerror=alert(1)>\"'&{{7*7}}.csv"


def rows(readings: Iterable[tuple[int, float]], start: str = "2025-04-15T06:00:00") -> bytes:
    """A file of (seconds, watts) at about 25 V and 20 degrees, which tremble as sensors do."""
    begin = datetime.fromisoformat(start)
    lines = []
    for at, watts in readings:
        volts, degrees = 25 + at * 7 % 11 / 100, 20 + at * 5 % 13 / 100
        time = (begin + timedelta(seconds=at)).isoformat()
        lines.append(f"{time},{volts:.2f},{watts / volts:.4f},{degrees:.2f},{watts:.2f}\n")
    return (HEADER + "".join(lines)).encode()


def processed(content: bytes, name: bytes = b"roof/day.csv", profile: Profile = DEFAULT) -> Result:
    """The result of a file of this content."""
    result = process(io.BytesIO(content), profile, name=name, processed_at="2025-04-21T07:00:00Z")
    assert isinstance(result, Result), result
    return result


def packed(content: bytes) -> bytes:
    return gzip.compress(content, 1)


def write_page(folder: Path, result: Result) -> Path:
    """The page of a result, as a file."""
    path = folder / "page.html"
    path.write_text(file_page(result, b"processed/page.json"), "utf-8")
    return path


def write_index(folder: Path, results: Iterable[Result]) -> Path:
    """The index of these results, as a file."""
    path = folder / "index.html"
    digests = [(b"page.html", digest_of(encode(result), quarantined=False)) for result in results]
    path.write_text(index_page(lambda: digests), "utf-8")
    return path
