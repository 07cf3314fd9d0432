"""What a cell holds: a time, a date, a number, or a word that says that its row is no reading."""

import re

from processing.naming.synonyms import FOOTERS, normal
from processing.times.months import MONTHS
from processing.times.time_formats import ZONES

_DATE = (
    r"(?:\d{4}[-/._]\d{1,2}[-/._]\d{1,2}|\d{1,2}(?:[-/.]|\.? )(?:\d{1,2}|[A-Za-z]{3,9})(?:[-/.]|\.? )\d{2,4}"
    r"|\d{1,2}[A-Za-z]{3}\d{4}|\d{4}-W\d\d-\d)\.?"
)
_COLONS = r"\d{1,2}:\d{1,2}:\d{1,2}(?:[.,:]\d+)?|\d{1,2}:\d{2}"
_HALF_DAY = r"[AaPp]\.?[Mm]\.?"
_CLOCK = rf"(?:{_COLONS}|\d{{1,2}}\.\d{{2}}(?=\s*[AaPp])|\d{{1,2}}(?=\s*{_HALF_DAY}))(?:\s*{_HALF_DAY})?"
_ZONE = rf"(?:\s*(?:Z|{ZONES}|[+-]\d{{2}}(?::?\d{{2}})?|[A-Z]{{1,3}}[SD]?T))?"
_TO = r"\s*(?:-|\u2013|~|/|to|until|bis|a)\s*"
_FULL_TIME = re.compile(  # the first is the usual one, so that it is found at once
    rf"{_DATE}[T ]\d\d:\d\d(?::\d\d)?"
    rf"|(?:[A-Za-zÀ-ÿ]{{2,9}}\.?,?\s+)?{_DATE}(?:[T\s,_:-]+){_CLOCK}{_ZONE}(?:{_TO}(?:{_DATE}[T\s]+)?{_CLOCK}{_ZONE})?"
    rf"|{_CLOCK}\s+{_DATE}"
    rf"|(?:19|20)\d{{6}}[-_ T:]?\d{{4,6}}|1\d{{9}}(?:\.\d+)?|1\d{{12}}"
)
_MONTH = r"(?:19|20)\d\d[-/](?:0\d|1[0-2])|(?:0?\d|1[0-2])[-/](?:19|20)\d\d|[A-Za-z]{3,9}[-/ ](?:19|20)\d\d"
_MONTH += rf"|(?i:{'|'.join(MONTHS)})\.?[-/ ]'?\d\d"
_DATE_ALONE = re.compile(rf"(?:[A-Za-zÀ-ÿ]{{2,3}}\.?,?\s+)?{_DATE}|(?:19|20)\d{{6}}|{_MONTH}")
_CLOCK_ALONE = re.compile(rf"{_CLOCK}(?:{_TO}{_CLOCK})?")
_NUMBER = re.compile(r"[+-]?[\d.,' ]*\d[\d.,]*(?:[eE][+-]?\d+)?\s*[^\d\s]{0,6}")
_AGGREGATES = frozenset(
    ("ts", "rn", "avg", "smp", "max", "min", "tot", "std", "mean", "sum", "win", "sample", "average", "n/a",
     "counter", "analog", "status", "wvc", "smm", "med", "mom", "cov", "tmx", "tmn")
)  # fmt: skip
"""What loggers write under names apart from units, such as TS and RN for a time and a record number."""


def holds_full_time(cell: str) -> bool:
    """Return whether a cell looks like a date with a time of day, or like seconds since 1970."""
    return _FULL_TIME.fullmatch(cell) is not None


def holds_time(cell: str) -> bool:
    """Return whether a cell looks like a date, a time of day, or both."""
    return holds_full_time(cell) or holds_date(cell) or holds_clock(cell)


def holds_date(cell: str) -> bool:
    """Return whether a cell looks like a date alone."""
    return _DATE_ALONE.fullmatch(cell) is not None


def holds_clock(cell: str) -> bool:
    """Return whether a cell looks like a time of day alone."""
    return _CLOCK_ALONE.fullmatch(cell) is not None


def holds_number(cell: str) -> bool:
    """Return whether a cell looks like a number."""
    return _NUMBER.fullmatch(cell) is not None


def is_footer(cell: str) -> bool:
    """Return whether the cell of a time says that the row is no reading: a total, an average."""
    return normal(cell) in FOOTERS


def is_aggregate(cell: str) -> bool:
    """Return whether a cell under a name says how readings were aggregated, and states no unit."""
    return cell.casefold() in _AGGREGATES
