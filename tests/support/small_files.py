"""A plain file of three rows, and what processing makes of such files."""

from __future__ import annotations

import io
import math
import tomllib
from collections.abc import Iterable, Sequence

from processing import process
from processing.formats.known_format import KnownFormat
from processing.head.lines import Line
from processing.model.profile import DEFAULT, Profile
from processing.model.rejection import Candidate, Rejection
from processing.model.result import Result
from processing.profiles import profiles_from

HEADER = "timestamp,voltage,current,temperature,power"
ROWS = [
    f"2025-01-15T12:{minute:02d}:00,24.5,{5 + minute / 10},35.25,{24.5 * (5 + minute / 10):.3f}"
    for minute in (0, 5, 10)
]
PLAIN = "\n".join([HEADER, *ROWS]) + "\n"


def processed(
    content: bytes | str,
    profile: Profile = DEFAULT,
    name: bytes = b"x.csv",
    formats: Sequence[KnownFormat] = (),
) -> Result | Rejection:
    """Return what processing makes of this content."""
    data = content.encode() if isinstance(content, str) else content
    now = "2025-02-01T00:00:00Z"
    return process(io.BytesIO(data), profile, name=name, processed_at=now, formats=formats)


def result(content: bytes | str, profile: Profile = DEFAULT, name: bytes = b"x.csv") -> Result:
    """Return the result of this content."""
    found = processed(content, profile, name)
    assert isinstance(found, Result), found
    return found


def rejection(content: bytes | str, profile: Profile = DEFAULT, name: bytes = b"x.csv") -> Rejection:
    """Return why this content is rejected."""
    found = processed(content, profile, name)
    assert isinstance(found, Rejection)
    return found


def line(text: str) -> Line:
    """Return a line with commas between its cells."""
    return Line(1, tuple(text.split(",")))


def profile(**tables: object) -> Profile:
    """Return the profile of a configuration with these tables."""
    return profiles_from(tables).default


def chosen(way: Candidate) -> Profile:
    """Return the profile that takes a way to read a file."""
    return profile(**tomllib.loads("\n".join(way.toml)))


SUN = [round(max(0.0, math.sin(math.pi * (at - 12) / 24)), 3) for at in range(48)]
"""Of half hours: 24 of them are dark."""


def half_hours(header: str, cells: Iterable[str]) -> str:
    """Return a file with these cells behind the times of a day."""
    rows = (f"2025-06-10 {at // 2:02}:{at % 2 * 30:02}:00;{one}" for at, one in enumerate(cells))
    return "\n".join([f"time;{header}", *rows, ""])


PLAIN_METRICS = result(PLAIN).metrics
