"""Numbers: what a cell must look like to be one, and how single cells and whole columns are read."""

import functools
import math
import re
import struct
from collections.abc import Container, Sequence
from numbers import Real
from typing import NamedTuple

import fastnumbers
import msgspec
import numpy as np

from processing.model.channels import BLANKS, MAX_CHARACTERS, MISSING_CELLS
from processing.model.flags import Floats, Mask

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_OTHER_BLANKS = "\n\v\f\r\x1c\x1d\x1e\x1f"
"""Further characters that only fastnumbers takes for blanks."""
_SWAP_SIGNS = str.maketrans(",.", ".,")
_NAN = float("nan")
_JSON_NUMBERS = msgspec.json.Decoder(list[float])


def number(cell: object) -> float | None:
    """Return the finite number in a cell or a value of a dict, None if there is none.

    Text is ASCII of at most 64 characters: sign, digits, one point, an exponent; blanks may surround it.
    """
    if isinstance(cell, str):
        text = cell.strip(BLANKS)
        return _finite(text) if len(cell) <= MAX_CHARACTERS and _NUMBER.fullmatch(text) else None
    if isinstance(cell, bool) or not isinstance(cell, Real):
        return None
    return _finite(cell)


def _finite(value: str | Real) -> float | None:
    try:
        result = float(value)
    except OverflowError:
        return None
    return result if math.isfinite(result) else None


class NumberForm(NamedTuple):
    """How the numbers of a file are written."""

    decimal: str = "."
    thousands: str = ""
    """The sign between groups of three digits, or of two above a thousand (3,45,678); empty for no groups."""
    unit: str = ""
    """The unit after the numbers of a column, such as the V of `24.1 V`; cells without it are allowed."""


def numbers(cells: Sequence[str], decimal: str = ".", thousands: str = "", unit: str = "") -> Floats:
    """Return what `number` returns for each cell, NaN instead of None and zero instead of minus zero."""
    if thousands or unit:
        form = NumberForm(decimal, thousands, unit)
        cells = [_plain(cell, form) for cell in cells]
    if decimal == ",":
        cells = [cell.translate(_SWAP_SIGNS) for cell in cells]
    text = "".join(cells)
    is_plain = text.isascii() and not any(blank in text for blank in _OTHER_BLANKS)
    if is_plain and max(map(len, cells), default=0) <= MAX_CHARACTERS:
        return _plain_numbers(cells)
    found = [number(cell) for cell in cells]
    return np.array([_NAN if value is None else value for value in found], np.float64) + 0.0


def _plain(cell: str, form: NumberForm) -> str:
    """Return a cell without its unit and without correct signs between thousands."""
    if len(cell) > MAX_CHARACTERS:
        return cell
    text = cell.strip(BLANKS)
    if form.unit and text.endswith(form.unit):
        text = text.removesuffix(form.unit).rstrip(BLANKS)
    if form.thousands and form.thousands in text and pattern_of(form).fullmatch(text):
        return text.replace(form.thousands, "")
    return text


@functools.lru_cache(maxsize=32)
def pattern_of(form: NumberForm) -> re.Pattern[str]:
    """Return the pattern of a number without its unit."""
    decimal, thousands = re.escape(form.decimal), re.escape(form.thousands)
    groups = rf"[1-9]\d{{0,2}}(?:{thousands}\d{{3}})+|[1-9]\d?(?:{thousands}\d\d)+{thousands}\d{{3}}"  # lakh
    whole = rf"(?:{groups}|\d+)" if thousands else r"\d+"
    return re.compile(rf"[+-]?(?:{whole}(?:{decimal}\d*)?|{decimal}\d+)(?:[eE][+-]?\d+)?", re.ASCII)


def missing(cells: Sequence[str], marks: Container[str] = frozenset(MISSING_CELLS)) -> Mask:
    """Return which cells mean that there is no value; blanks around a mark do not count."""
    return np.array([cell.strip(BLANKS) in marks for cell in cells], np.bool_)


@functools.lru_cache(maxsize=32)
def numeric_marks(marks: frozenset[str]) -> frozenset[str]:
    """Return the marks for "no value" that may be read as numbers, such as 9999."""
    return frozenset(mark for mark in marks if any(map(str.isdigit, mark)))


_FORMULA = re.compile(r'=\s*"(.*)"')


def without_formula(cell: str) -> str:
    """Return the text in a formula such as `="01:00"`, which keeps a spreadsheet from changing it."""
    match = _FORMULA.fullmatch(cell.strip(BLANKS)) if "=" in cell else None
    return match[1].replace('""', '"') if match else cell


_NO_UNIT = r"[eE](?:[+-]?\d|$)|[xX][\dA-Fa-f]|[bBoO]\d"
"""An exponent, with its digits or cut, and the rest of a number of another base, such as 0x10."""
_WITH_UNIT = re.compile(
    rf"([+-]?[\d.,' ]*[\d.,](?:[eE][+-]?\d+)?)[ \t]*(?!{_NO_UNIT})([A-Za-zÀ-ÿ°%µμΩ][^\s,;]{{0,9}})", re.ASCII
)


def number_and_unit(cell: str) -> tuple[str, str]:
    """Return the number and the unit of a cell such as `24.1 V`; for any other cell, itself and ""."""
    if len(cell) > MAX_CHARACTERS:
        return cell, ""
    match = _WITH_UNIT.fullmatch(cell.strip(BLANKS))
    return (match[1].rstrip(BLANKS), match[2]) if match else (cell.strip(BLANKS), "")


def _plain_numbers(cells: Sequence[str] | Sequence[bytes]) -> Floats:
    """Return the same for cells of at most 64 characters and without control characters other than tabs."""
    found: Floats = fastnumbers.try_array(cells, dtype=np.float64, on_fail=_NAN, inf=_NAN, nan=_NAN)
    return found + 0.0


def comma_separated(text: bytes, rows: int, columns: int) -> Floats:
    """Return the same for such cells, each followed by a comma, row by row, as (columns, rows).

    They are parsed as a JSON array, in half of the time. This fails if a cell is no number, or is written in
    a form that JSON does not have.
    """
    cells = text[: text.rindex(b",")] if rows else b""
    try:
        found = _JSON_NUMBERS.decode(b"[%b]" % cells)
        numbers = np.frombuffer(struct.pack(f"{len(found)}d", *found)) + 0.0  # a third of np.array's time
    except msgspec.DecodeError:
        numbers = _plain_numbers(cells.split(b","))
    if rows and not len(numbers):  # one blank cell is an empty array
        numbers = np.full(1, _NAN)
    return np.ascontiguousarray(numbers.reshape(rows, columns).T)
