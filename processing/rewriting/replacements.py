"""What is replaced in the lines of a file if its first rows have it."""

import functools
import math
import re
from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeAlias

from processing.naming.units import is_unit

Step: TypeAlias = Callable[[bytes], bytes]
"""Rewrites a block of whole lines."""


class Replacement(NamedTuple):
    """What is replaced, if the first rows have its sign and a hint of it, which are found faster."""

    sign: bytes
    """Empty if the hint alone decides."""
    hint: re.Pattern[bytes]
    pattern: re.Pattern[bytes]
    new: bytes | Callable[[re.Match[bytes]], bytes]
    shares: tuple[float, float]
    """How many there are, at least and at most, as a share of the lines."""

    def is_found(self, rows: bytes) -> bool:
        """Return whether rows have it, and as often as it must be."""
        if not (self.sign in rows and self.hint.search(rows) and self.pattern.search(rows)):
            return False
        least, most = self.shares
        if not (least and (lines := rows.count(b"\n"))):
            return True
        return least * lines <= len(self.pattern.findall(rows)) <= most * lines


def replacement(
    hint: bytes,
    pattern: bytes,
    new: bytes | Callable[[re.Match[bytes]], bytes],
    *,
    sign: bytes = b"",
    shares: tuple[float, float] = (0.0, math.inf),
) -> Replacement:
    """Return what is replaced: what a pattern matches, by something new."""
    return Replacement(sign, re.compile(hint), re.compile(pattern), new, shares)


def steps_of(replacements: Iterable[Replacement], rows: bytes) -> list[Step]:
    """Return how lines are rewritten by those of the replacements that the first rows need."""
    return [functools.partial(one.pattern.sub, one.new) for one in replacements if one.is_found(rows)]


def ways_to_quote(first: bytes, rows: bytes) -> list[Step]:
    """Return how cells with a comma and without quotes may get quotes: numbers if each has one, or names.

    `first` has the first lines of the file, and `rows` the last of them.
    """
    names, cells = first[: first.find(b"\n")].count(b","), rows[rows.rfind(b"\n", 0, -1) + 1 :].count(b",")
    if names and cells == 2 * names:
        are_alike = {line.count(b",") for line in first.split(b"\n")[1:-1]} == {cells}
        return [_with_quoted_numbers] if are_alike else []
    return [_with_quoted_names] if names > cells > 0 else []


def _with_quoted_numbers(block: bytes) -> bytes:
    """Return a block with quotes around each pair of cells of digits: numbers with a decimal comma.

    Rows with other cells stay: in 1,2,5 it is open which of the numbers is whole.
    """
    return re.sub(
        rb"(?m)^([^,\n]*)((?:,-?\d+,\d+)+)(?=\r?$)",
        lambda row: row[1] + re.sub(rb"(-?\d+,\d+)", rb'"\1"', row[2]),
        block,
    )


def _with_quoted_names(block: bytes) -> bytes:
    """Return a block with quotes around names with a comma before a unit, or before a blank."""

    def quoted(found: re.Match[bytes]) -> bytes:
        names: list[bytes] = []
        for cell in found[0].split(b","):
            if names and (cell.startswith(b" ") or is_unit(cell.decode("utf-8", "replace"))):
                names[-1] += b"," + cell
            else:
                names.append(cell)
        return b",".join(b'"%b"' % name if b"," in name else name for name in names)

    return re.sub(rb'(?m)^[A-Za-z\x80-\xff][^"\r\n]*', quoted, block)


def _without_brackets(block: bytes) -> bytes:
    """Return arrays of JSON as lines of their values."""
    return re.sub(rb"(?m)^[ \t]*\[+|\]+[ \t]*,?[ \t]*$", b"", re.sub(rb"\],[ \t]*\[", b"\n", block))


def _rows_of_insert(block: bytes) -> bytes:
    """Return what a statement of SQL inserts, a row in brackets a line, below the names of the columns."""
    block = re.sub(rb"(?mi)^[ \t]*+INSERT INTO [^\n(]*\(([^()\n]*)\) VALUES[ \t]*$", rb"\1", block)
    return re.sub(rb"(?m)^[ \t]*+\((.*)\)[ \t]*+[,;]?[ \t]*+$", rb"\1", block)


_NAME_OF_FILE = rb"[\w./-]{1,200}\.(?:csv|txt|log):"
"""What grep writes before each line that it finds in several files."""
BY_BEGINNING = (
    (re.compile(rb"\0"), functools.partial(re.compile(rb"(?m)^\0+").sub, b"")),  # a power failure leaves them
    (
        re.compile(rb"%b[^\n]*[,;\t]" % _NAME_OF_FILE),
        functools.partial(re.compile(rb"(?m)^" + _NAME_OF_FILE).sub, b""),
    ),
    (re.compile(rb"\s*\[\s*\["), _without_brackets),
    (re.compile(rb"(?i)\s*INSERT INTO [^\n]*\) VALUES[ \t]*\n"), _rows_of_insert),
)
"""The steps for files that begin so."""
