"""A block of plain lines as numpy columns, without Python code for each row.

A block is plain where no line has a quote, each has a timestamp, written like the first one, and each reading
is a JSON number: a sound file. With all else wiped out, such a block is one JSON document. The grammar takes
each JSON number and reads it alike; what is not plain is left to it.
"""

from __future__ import annotations

import functools
import re
import struct
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from processing.model.flags import Floats, Integers, any_of
from processing.model.stamp import Form
from processing.reading import grammar
from processing.reading.grammar import MOST_CHARACTERS

Bytes = NDArray[np.uint8]

_NEWLINE, _COMMA, _CLOSE, _BLANK = b"\n,] "
_CELLS: Final = msgspec.json.Decoder(list[float])
_ANY_DATE: Final = "2000-01-01"
_DATE: Final = len("2025-01-15T")
_SECONDS: Final = len("2025-01-15T06:00:00")
_ZEROED: Final = bytes.maketrans(b"123456789", b"0" * 9)
_DAY: Final = 86_400e6

_STAMP: Final = (
    rb"(?:19[789]|20\d|210)\d-(?:0[1-9]|1[012])-(?:0[1-9]|[12]\d|3[01])[T ](?:[01]\d|2[0-3]):[0-5]\d"
    rb"(?::[0-5]\d(?:\.\d+)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?"
)
_READING: Final = rb"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?"
_OTHER: Final = rb'[^"\0\n%b]*'


class Shape(NamedTuple):
    """The columns of a file, by their places among the cells of a line."""

    columns: int
    stamp: int
    readings: tuple[int, ...]
    """In the order of the file."""


class Plain(NamedTuple):
    """The rows of a plain block."""

    time: Integers
    """Microseconds since 1970: UTC where the stamps have offsets, else as written."""
    form: Form
    values: Floats
    """One row for each of the readings."""


class _Ruler(NamedTuple):
    """How the digits of a stamp written in one form make its time: one entry a character, in a column."""

    form: Form
    zeros: Bytes
    """The stamp with each digit zero."""
    most: Bytes
    """The highest digit that a character can be; 0 for one that stays as it is."""
    worth: Floats
    """What a digit adds to the date as a number such as 20250115, and to the microseconds since midnight."""


def plain(block: bytes, shape: Shape, delimiter: bytes) -> Plain | None:
    """Return the rows of these whole lines; None where one of them is not plain."""
    if b'"' in block or b"\0" in block or not _is_utf8(block):
        return None
    text = bytearray(block)
    octets = np.frombuffer(text, np.uint8)
    ends = octets == _NEWLINE
    stops = ((octets == delimiter[0]) | ends).nonzero()[0]
    rows, over = divmod(len(stops), shape.columns)
    if over or not rows:
        return None
    starts = _after(stops).reshape(rows, -1)
    stops = stops.reshape(rows, -1)
    if octets[stops[:, -1]].tobytes() != b"\n" * rows or np.count_nonzero(ends) != rows:
        return None
    found = _stamps(octets, starts[:, shape.stamp], stops[:, shape.stamp])
    if found is None or _has_long_cell(starts, stops):
        return None
    _wipe(octets, starts, stops, shape)
    for place in shape.readings if delimiter != b"," else shape.readings[-1:]:
        octets[stops[:, place]] = _COMMA
    text[stops[-1, shape.readings[-1]]] = _CLOSE
    try:
        cells = _CELLS.decode(b"[" + text)
        packed = struct.pack(f"{rows * len(shape.readings)}d", *cells)  # a third of numpy's time
    except (msgspec.DecodeError, struct.error):  # the latter: a single cell, and that is empty
        return None
    by_row = np.frombuffer(packed).reshape(rows, -1)
    return Plain(*found, np.add(by_row.T, 0.0, order="C"))  # by column; -0.0 becomes 0.0


@functools.lru_cache(maxsize=128)  # the files of a device have one shape
def pattern(shape: Shape, delimiter: bytes) -> re.Pattern[bytes]:
    """Return what a line looks like that is plain as a rule: it tells the odd ones in a block with some."""
    cells = [_OTHER % re.escape(delimiter)] * shape.columns
    cells[shape.stamp] = _STAMP
    for place in shape.readings:
        cells[place] = _READING
    return re.compile(re.escape(delimiter).join(cells))


def times(cells: Sequence[str]) -> tuple[Integers, Form] | None:
    """Return the times of stamps and their form; None where one is not written like the first."""
    octets = np.frombuffer(",".join((*cells, "")).encode(), np.uint8)
    stops = (octets == _COMMA).nonzero()[0]
    if not cells or len(stops) != len(cells):
        return None
    return _stamps(octets, _after(stops), stops)


def _after(stops: Integers) -> Integers:
    """Return where the cells begin that end at these places."""
    starts = np.empty_like(stops)
    starts[0] = 0
    np.add(stops[:-1], 1, out=starts[1:])
    return starts


def _is_utf8(block: bytes) -> bool:
    try:
        return block.isascii() or bool(block.decode())
    except UnicodeDecodeError:
        return False


def _has_long_cell(starts: Integers, stops: Integers) -> bool:
    lines = stops[:, -1] - starts[:, 0]
    return bool(np.maximum.reduce(lines) > MOST_CHARACTERS) and bool((stops - starts).max() > MOST_CHARACTERS)


def _stamps(octets: Bytes, starts: Integers, stops: Integers) -> tuple[Integers, Form] | None:
    """Return the times of the stamps at these places and their form; None where one is not like the first."""
    ruler = _ruler(octets[starts[0] : stops[0]].tobytes())
    if ruler is None or any_of(stops - starts != len(ruler.zeros)):
        return None
    stamps = _pieces(octets, len(ruler.zeros))[starts].view(np.uint8).reshape(len(starts), -1)
    time = _times(stamps, ruler)
    return None if time is None else (time, ruler.form)


def _wipe(octets: Bytes, starts: Integers, stops: Integers, shape: Shape) -> None:
    """Make all blank that is no reading: the stamps, which are equally long, and columns of other things."""
    width = int(stops[0, shape.stamp] - starts[0, shape.stamp]) + 1
    _pieces(octets, width)[starts[:, shape.stamp]] = np.void(b" " * width)
    others = [place for place in range(shape.columns) if place not in (shape.stamp, *shape.readings)]
    if others:
        edges = np.zeros(len(octets) + 1, np.int8)
        edges[starts[:, others]] = 1
        edges[stops[:, others] + 1] -= 1
        octets[np.cumsum(edges[:-1], dtype=np.int8) != 0] = _BLANK


def _pieces(octets: Bytes, width: int) -> NDArray[np.void]:
    """Return the `width` bytes from each place on, as views."""
    return np.ndarray((len(octets) - width + 1,), f"V{width}", octets, strides=(1,))


def _times(stamps: Bytes, ruler: _Ruler) -> Integers | None:
    """Return the times of stamps, a row of bytes each; None where one is not written as the ruler says."""
    digits = np.subtract(stamps.T, ruler.zeros, order="C")  # a character of all stamps a row: long loops
    if b"\0" in (digits <= ruler.most).tobytes():
        return None
    date, clock = ruler.worth @ digits.astype(np.float64)
    starts = [0, *((date[1:] != date[:-1]).nonzero()[0] + 1).tolist()]
    midnights = [_midnight(int(date[start])) for start in starts]
    if None in midnights or np.maximum.reduce(clock) >= _DAY:
        return None
    counts = [stop - start for start, stop in zip(starts, [*starts[1:], len(date)], strict=True)]
    found: Integers = np.repeat(np.array(midnights), counts) + clock.astype(np.int64)
    return found - ruler.form.offset


@functools.lru_cache(maxsize=4096)  # rows out of order change their date at every step
def _midnight(date: int) -> int | None:
    year, month, day = date // 10_000, date // 100 % 100, date % 100
    stamp = grammar.timestamp(f"{year:04}-{month:02}-{day:02}T00:00")
    return None if stamp is None else stamp.time


def _ruler(cell: bytes) -> _Ruler | None:
    """Return the ruler of stamps like this one; None where it is no plain stamp."""
    if len(cell) > MOST_CHARACTERS or cell[: _DATE - 1].translate(_ZEROED) != b"0000-00-00":
        return None
    clock = cell[_DATE - 1 : _SECONDS]
    return _ruler_like((clock.translate(_ZEROED) if clock[6:7] == b":" else clock) + cell[_SECONDS:])


@functools.lru_cache(maxsize=128)  # the stamps of a fleet are written in few forms
def _ruler_like(clock: bytes) -> _Ruler | None:
    """Return the ruler of stamps with this behind the date."""
    text = _ANY_DATE + clock.decode("latin-1")
    stamp = grammar.timestamp(text)
    if stamp is None or text.strip() != text:
        return None
    digits = len(text) - len(stamp.form.zone)
    zeros = re.sub(r"\d", "0", text[:digits]) + stamp.form.zone
    most = np.zeros((len(zeros), 1), np.uint8)
    worth = np.zeros((2, len(zeros)))
    most[[place for place in range(digits) if zeros[place] == "0"]] = 9
    most[[place for place in (14, 17) if place < digits]] = 5  # tens of minutes and of seconds
    worth[0, [0, 1, 2, 3, 5, 6, 8, 9]] = 10.0 ** np.arange(7, -1, -1)
    micros = [36e9, 36e8, 0, 6e8, 6e7, 0, 1e7, 1e6, 0, 1e5, 1e4, 1e3, 1e2, 1e1, 1]
    worth[1, _DATE : min(digits, _DATE + len(micros))] = micros[: digits - _DATE]
    return _Ruler(stamp.form, np.frombuffer(zeros.encode(), np.uint8)[:, np.newaxis], most, worth)
