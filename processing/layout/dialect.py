"""How a file is written: delimiter, decimal sign, header, and which column holds which channel."""

from __future__ import annotations

import csv
from typing import NamedTuple


class Column(NamedTuple):
    """A channel's column, and how its cells become readings: cell · factor + offset."""

    place: int
    """Index among the cells."""
    factor: float
    offset: float


class Dialect(NamedTuple):
    """Everything needed to split a line and to know what its cells are."""

    delimiter: str
    decimal: str
    comment: str
    header: tuple[str, ...]
    header_line: int
    stamp: int
    """Index of the column of times."""
    columns: dict[str, Column]
    """By channel; without the channels that the file lacks."""


def decoded(text: bytes) -> str | None:
    """Return UTF-8 as text, None if it is something else."""
    try:
        return text.decode()
    except UnicodeDecodeError:
        return None


def split(text: str, delimiter: str) -> list[str]:
    """Return the cells of one line. Raises csv.Error for an unterminated or misplaced quote."""
    if '"' not in text:
        return text.split(delimiter)
    return next(csv.reader((text,), delimiter=delimiter, strict=True, skipinitialspace=True))
