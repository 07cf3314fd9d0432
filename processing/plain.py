"""The plain lines of a block as numpy columns, eight bytes at a time, without a Python object a cell.

A block is plain where every line has the same number of unquoted ASCII cells, as in a sound file. A cell is
plain where it is digits with at most a sign and a point, or a timestamp to the second, written as the block's
first one is. What is not plain is marked and left to the grammar;
this module agrees with it, or says nothing.

Eight digits in one word become their number in three steps (D. Lemire, "Quickly parsing eight digits", 2018).
"""

from __future__ import annotations

import functools
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from processing import grammar
from processing.flags import Floats, Integers
from processing.grammar import Form

Words = NDArray[np.uint64]
Places = NDArray[np.intp]

NO_TIME: Final = np.iinfo(np.int64).min
"""The time of a row whose timestamp does not parse."""

_EIGHT: Final = 8
_NEWLINE, _POINT, _MINUS, _PLUS = b"\n.-+"
_ZEROS: Final = np.uint64(0x3030303030303030)
_OVER_NINE: Final = np.uint64(0x7676767676767676)
_HIGH_BITS: Final = np.uint64(0x8080808080808080)
_COLONS: Final = np.uint64(0x0000FF0000FF0000)
_CLOCK: Final = np.uint64(int.from_bytes(b"00:00:00", "little"))
_BYTE, _PAIR = np.uint64(0xFF), np.uint64(0x00FF00FF00FF00FF)
_FOUR: Final = np.uint64(0x0000FFFF0000FFFF)
_TEN, _BITS, _MINUTE, _SECOND = np.uint64(10), np.uint64(8), np.uint64(24), np.uint64(48)
_HOUR_SECONDS, _MINUTE_SECONDS = np.uint64(3_600), np.uint64(60)
_KEEP: Final = np.array([2**64 - 2 ** (64 - 8 * n) for n in range(9)], np.uint64)
_POWERS: Final = np.array([10.0**n for n in range(9)])
_MOST_DIGITS: Final = 15
"""Below 2^53, so that the quotient of two exact doubles is the nearest one."""
_DATE, _STAMP = len("2025-01-15T"), len("2025-01-15T06:00:00")


class Grid(NamedTuple):
    """Where cells stand in a block: arrays of one row a line and one column a cell."""

    text: NDArray[np.uint8]
    """The block's bytes behind eight NULs."""
    start: Places
    point: Places
    """The cell's point; its end where it has none, or several."""
    end: Places

    def columns(self, chosen: list[int]) -> Grid:
        """These columns alone."""
        return Grid(self.text, self.start[:, chosen], self.point[:, chosen], self.end[:, chosen])


def grid(block: bytes, columns: int, delimiter: bytes) -> Grid | None:
    """Where the cells of these whole lines stand; None where one line is not plain."""
    if not block.isascii() or b'"' in block or b"\0" in block:
        return None
    text = np.frombuffer(bytes(_EIGHT) + block, np.uint8)
    marks = np.flatnonzero((text == delimiter[0]) | (text == _NEWLINE) | (text == _POINT))
    ends = np.flatnonzero(text[marks] != _POINT)
    if not len(ends) or len(ends) % columns:
        return None
    end = marks[ends]
    last = (text[end] == _NEWLINE).reshape(-1, columns)
    if not last[:, -1].all() or np.count_nonzero(last) != len(last):
        return None
    start = np.empty_like(end)
    start[0], start[1:] = _EIGHT, end[:-1] + 1
    pointed = np.empty(len(ends), np.bool_)
    pointed[0], pointed[1:] = ends[0] == 1, ends[1:] - ends[:-1] == 2  # noqa: PLR2004 - a point, then an end
    point = np.where(pointed, marks[ends - 1], end)
    return Grid(text, *(places.reshape(-1, columns) for places in (start, point, end)))


def numbers(cells: Grid) -> Floats:
    """The numbers of the cells, in their shape; NaN where a cell is not plain."""
    text, start, point, end = cells
    first = text[start]
    minus = first == _MINUS
    whole = point - start - (minus | (first == _PLUS))
    fraction = np.maximum(end - point, 1) - 1
    sound = (whole >= 1) & (whole <= _EIGHT) & (fraction <= _EIGHT) & (whole + fraction <= _MOST_DIGITS)
    sound &= end - point != 1
    words, digits = _words(text), []
    for stop, count in ((point, whole), (end, fraction)):
        part = (words[stop - _EIGHT] ^ _ZEROS) & _KEEP.take(count, mode="clip")
        sound &= ~_over_nine(part)
        digits.append(_eight_digits(part).astype(np.float64))
    scale = _POWERS.take(fraction, mode="clip")
    value: Floats = (digits[0] * scale + digits[1]) / scale
    np.negative(value, out=value, where=minus)
    value[~sound] = np.nan
    return value


def times(cells: Grid, column: int) -> tuple[Integers, Form]:
    """Microseconds since 1970 of the stamps in a column, UTC where they have an offset; and their form.

    NO_TIME where a stamp is not written as the first one is, or where that one is no stamp to the second.
    """
    text, start, end = cells.text, cells.start[:, column], cells.end[:, column]
    nothing = np.full(len(start), NO_TIME, np.int64), grammar.PLAIN
    first = grammar.timestamp(text[start[0] : end[0]].tobytes().decode())
    length = int(end[0] - start[0])
    tail = text[start[0] + _STAMP : end[0]]
    if first is None or first.form.precision != 0 or length != _STAMP + len(first.form.zone):
        return nothing
    sound = end - start == length
    room = np.where(sound, start, start[0])
    for place, byte in enumerate(tail, _STAMP):
        sound &= text[room + place] == byte
    clock = _words(text)[room + _DATE] ^ _CLOCK
    pairs = clock * _TEN + (
        clock >> _BITS
    )  # each byte times ten and its neighbour: no sum of digits overflows
    hour, minute, second = pairs & _BYTE, pairs >> _MINUTE & _BYTE, pairs >> _SECOND & _BYTE
    seconds = (hour * _HOUR_SECONDS + minute * _MINUTE_SECONDS + second).view(np.int64)
    sound &= ~_over_nine(clock) & (clock & _COLONS == 0)
    sound &= (hour < 24) & (minute < 60) & (second < 60)  # noqa: PLR2004 - a clock's
    time = _midnights(text, room, first.form)
    return np.where(sound & (time != NO_TIME), time + seconds * 1_000_000, NO_TIME), first.form


def _midnights(text: NDArray[np.uint8], start: Places, form: Form) -> Integers:
    """The time of each stamp's midnight, read once where the bytes up to the `T` change."""
    words = _words(text)
    head, tail = words[start], words[start + _DATE - _EIGHT]
    change = np.ones(len(start), np.bool_)
    change[1:] = (head[1:] != head[:-1]) | (tail[1:] != tail[:-1])
    dates = text.tobytes()
    found = [_midnight(dates[at : at + _DATE], form) for at in start[change].tolist()]
    midnights: Integers = np.array(found, np.int64)[np.cumsum(change) - 1]
    return midnights


@functools.lru_cache(maxsize=4096)  # rows out of order change their date at every step
def _midnight(date: bytes, form: Form) -> int:
    stamp = grammar.timestamp(date.decode() + "00:00:00" + form.zone)
    return stamp.time if stamp is not None and stamp.form == form else NO_TIME


def _words(text: NDArray[np.uint8]) -> Words:
    """The eight bytes from each place on, as one little-endian word: the first byte is the lowest."""
    return np.ndarray((len(text) - _EIGHT + 1,), "<u8", text, strides=(1,))


def _over_nine(digits: Words) -> NDArray[np.bool_]:
    """Whether a byte of the word is over nine."""
    over: NDArray[np.bool_] = ((digits + _OVER_NINE) | digits) & _HIGH_BITS != 0
    return over


def _eight_digits(digits: Words) -> Words:
    """The number that eight digits make, the first in the lowest byte: pairs, then fours, then all."""
    pairs = (digits * np.uint64(10 * 2**8 + 1) >> np.uint64(8)) & _PAIR
    fours = (pairs * np.uint64(100 * 2**16 + 1) >> np.uint64(16)) & _FOUR
    return fours * np.uint64(10_000 * 2**32 + 1) >> np.uint64(32)
