"""The first lines of a file, cut into cells, and which of them are readings or units."""

import csv
import functools
import io
import re
from collections.abc import Sequence
from typing import NamedTuple

from processing.head.cell_kinds import (
    holds_clock,
    holds_full_time,
    holds_number,
    holds_time,
    is_aggregate,
    is_footer,
)
from processing.head.dialect import decoded, is_comment, split
from processing.model.profile import Profile
from processing.naming.synonyms import FULL_TIME_NAMES, normal
from processing.naming.time_parts import format_of_pattern
from processing.naming.units import is_unit

MAX_CELL = 500
_DATE_DIGITS = 8
"""A shorter number is no time: `20250610` is one."""
_DELIMITER = re.compile("[,;\t|]")
_SHORT_LINE = 80
"""Bytes of a line that is not long."""
_MIN_CLOCKS, _MIN_TIMES = 4, 8
"""A header with at least this many times of day, or full times, has a column for each."""


class Line(NamedTuple):
    """A line that is neither blank nor a comment."""

    number: int
    cells: tuple[str, ...]

    @property
    def width(self) -> int:
        """The number of cells, without the empty one after a trailing delimiter."""
        return len(self.cells) - (len(self.cells) > 1 and not self.cells[-1])


def cut(texts: Sequence[tuple[int, str]], delimiter: str) -> list[Line]:
    """Return the lines cut into cells, without those with wrong quotes.

    Of a longer cell, its first MAX_CELL characters are enough: it is examined in many ways.
    """
    lines = []
    for number, text in texts:
        try:
            cells = tuple(map(str.strip, split(text, delimiter)))
        except csv.Error:
            continue
        if len(text) > MAX_CELL:
            cells = tuple(cell[:MAX_CELL] for cell in cells)
        lines.append(Line(number, cells))
    return lines


@functools.lru_cache(maxsize=64)  # the first lines of a file are examined several times
def is_reading(line: Line) -> bool:
    """Return whether a line looks like a reading: a time, and a cell beside it that may be a number."""
    if len(line.cells) == 1 or not (times := [cell for cell in line.cells if holds_time(cell)]):
        return False
    others = [cell for cell in line.cells if cell and cell not in times]
    if not others and len(set(times)) < len(times):
        return False  # without others, they may be the serial number of each column's device
    numbers = sum(holds_number(cell) or cell.startswith("-") for cell in others)
    if not numbers or 2 * numbers >= len(others):
        return numbers > 0 or not others
    return any(map(holds_full_time, line.cells)) and normal(line.cells[0]) not in FULL_TIME_NAMES


def is_units_line(line: Line) -> bool:
    """Return whether a line under the names, or over them, holds only units and kinds of averages."""
    cells = [cell for cell in line.cells if cell]
    bare = [cell.strip("()[]") for cell in cells]
    units = sum(is_unit(cell) or not cell for cell in bare)
    known = units + sum(is_aggregate(cell) or format_of_pattern(cell) is not None for cell in bare)
    is_likely = known == len(cells) or (units > 0 and known >= max(1, len(cells) - 1))
    return bool(cells) and is_likely and not is_reading(line)


def is_wide(line: Line) -> bool:
    """Return whether a header has a column for each time of day, from each to the next, or for each time."""
    full = sum(map(holds_full_time, line.cells))
    return sum(map(holds_clock, line.cells)) >= _MIN_CLOCKS or full >= max(_MIN_TIMES, len(line.cells) - 2)


def numbered(block: bytes, first: int, profile: Profile, count: int) -> list[tuple[int, str]]:
    """Return the first `count` lines of text that are neither blank nor comments, with their numbers.

    A comment with delimiters directly above the first of them may be the header and counts as a line.
    """
    comments, held = profile.csv.comments, (0, "")
    found = _plain_lines(block, first, comments, count)
    if found:
        return found
    for number, raw in enumerate(io.BytesIO(block), first):
        text = decoded(raw)
        if text is None or text.isspace() or "\0" in text:
            continue
        text = text.removesuffix("\n")
        if text.startswith(comments) and is_comment(text, comments):
            mark = next(mark for mark in comments if text.startswith(mark))
            held = number, text.removeprefix(mark).strip()
            continue
        if not found and held[0] == number - 1 and _DELIMITER.search(held[1]):
            found.append(held)
        found.append((number, text))
        if len(found) >= count:
            break
    return found


def _plain_lines(block: bytes, first: int, comments: tuple[str, ...], count: int) -> list[tuple[int, str]]:
    """Return the first `count` lines with their numbers if all of them are text, and none is a comment.

    This takes a fraction of the time that it takes to examine each line; most files begin so.
    """
    lines = block[: count * _SHORT_LINE].split(b"\n", count)
    text = decoded(b"\n".join(lines[:-1])) if len(lines) > count else None
    if text is None or "\0" in text:
        return []
    texts = text.split("\n")
    has_comments = text.startswith(comments) or any("\n" + mark in text for mark in comments)
    is_plain = not has_comments and all(texts) and not any(map(str.isspace, texts))
    return [*enumerate(texts, first)] if is_plain else []


def first_lines(text: bytes, count: int) -> bytes:
    """Return so many first lines of a text."""
    lines = text.split(b"\n", count)
    return text[: len(text) - len(lines[count])] if len(lines) > count else text


def spread_lines(block: bytes, count: int) -> bytes:
    """Return at most `count` lines, evenly spread over a block of whole lines; all lines of a small one."""
    if len(block) < count * _SHORT_LINE:
        return block
    lines, end = [], 0
    for at in range(count):
        start = block.rfind(b"\n", 0, len(block) * at // count) + 1
        if start >= end:
            end = block.index(b"\n", start) + 1
            lines.append(block[start:end])
    return b"".join(lines)


def rows_of(texts: list[tuple[int, str]], first_row_line: int, delimiter: str) -> list[list[str]]:
    """Return the cells of the rows among numbered lines, without totals and rows with wrong quotes."""
    rows = []
    for number, text in texts:
        if number < first_row_line:
            continue
        try:
            rows.append(split(text, delimiter))
        except csv.Error:
            continue
    return [row for row in rows if row[0][:1].isdigit() or not is_footer(row[0])] or rows


def sample_of(
    texts: list[tuple[int, str]],
    known: tuple[bytes, int, Profile],
    first_row_line: int,
    delimiter: str,
) -> list[list[str]]:
    """Return the cells of the rows among the first lines; if they have no number, of as many that have one.

    `known` has all lines that are known, with their first number. Rows of a night may have only their times.
    """
    found = rows_of(texts, first_row_line, delimiter)
    if any(map(_has_number, found)):
        return found
    texts = numbered(*known, known[0].count(b"\n"))
    later = [row for row in rows_of(texts, first_row_line, delimiter) if _has_number(row)]
    return later[: len(found)] or found


def fullest_rows(
    known: tuple[bytes, int, Profile], first_row_line: int, delimiter: str, count: int
) -> list[list[str]]:
    """Return the cells of so many rows that have most numbers; `known` is as in `sample_of`."""
    rows = rows_of(numbered(*known, known[0].count(b"\n")), first_row_line, delimiter)
    numbers = [sum(holds_number(cell.strip()) for cell in row) for row in rows]
    most = max(numbers, default=0)
    fullest = [row for row, number in zip(rows, numbers, strict=True) if number == most]
    return fullest[:: -(-len(fullest) // count) or 1]


def _has_number(row: Sequence[str]) -> bool:
    """Return whether a row has a number beside its times."""
    texts = filter(holds_number, map(str.strip, reversed(row)))  # its times, at first, take longer
    return any(len(text) < _DATE_DIGITS or not holds_time(text) for text in texts)
