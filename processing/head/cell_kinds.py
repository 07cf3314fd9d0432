"""What a cell holds: a time, a date, a number, or a word that says that its row is no reading."""

import re

from processing.naming.synonyms import FOOTERS, normal
from processing.times.time_shapes import kind_of_time

_NUMBER = re.compile(r"[+-]?[\d.,' ]*\d[\d.,]*(?:[eE][+-]?\d+)?\s*[^\d\s]{0,6}")
_AGGREGATES = frozenset(
    ("ts", "rn", "avg", "smp", "max", "min", "tot", "std", "mean", "sum", "win", "sample", "average", "n/a",
     "counter", "analog", "status", "wvc", "smm", "med", "mom", "cov", "tmx", "tmn")
)  # fmt: skip
"""What loggers write under names apart from units, such as TS and RN for a time and a record number."""


def holds_full_time(cell: str) -> bool:
    """Return whether a cell looks like a date with a time of day, or like seconds since 1970."""
    return kind_of_time(cell) == "full"


def holds_time(cell: str) -> bool:
    """Return whether a cell looks like a date, a time of day, or both."""
    return kind_of_time(cell) != ""


def holds_date(cell: str) -> bool:
    """Return whether a cell looks like a date alone."""
    return kind_of_time(cell) == "date"


def holds_clock(cell: str) -> bool:
    """Return whether a cell looks like a time of day alone."""
    return kind_of_time(cell) == "clock"


def holds_number(cell: str) -> bool:
    """Return whether a cell looks like a number."""
    return _NUMBER.fullmatch(cell) is not None


def is_footer(cell: str) -> bool:
    """Return whether the cell of a time says that the row is no reading: a total, an average."""
    return normal(cell) in FOOTERS


def is_aggregate(cell: str) -> bool:
    """Return whether a cell under a name says how readings were aggregated, and states no unit."""
    return cell.casefold() in _AGGREGATES
