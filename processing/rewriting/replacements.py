"""What is replaced in the lines of a file if its first rows have it."""

import functools
import math
import re
from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeAlias

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


def _without_brackets(block: bytes) -> bytes:
    """Return arrays of JSON as lines of their values."""
    return re.sub(rb"(?m)^[ \t]*\[+|\]+[ \t]*,?[ \t]*$", b"", re.sub(rb"\],[ \t]*\[", b"\n", block))


def _rows_of_insert(block: bytes) -> bytes:
    """Return what a statement of SQL inserts, a row in brackets a line, below the names of the columns."""
    block = re.sub(rb"(?mi)^[ \t]*+INSERT INTO [^\n(]*\(([^()\n]*)\) VALUES[ \t]*$", rb"\1", block)
    return re.sub(rb"(?m)^[ \t]*+\((.*)\)[ \t]*+[,;]?[ \t]*+$", rb"\1", block)


BY_BEGINNING = (
    (re.compile(rb"\0"), functools.partial(re.compile(rb"(?m)^\0+").sub, b"")),  # a power failure leaves them
    (re.compile(rb"\s*\[\s*\["), _without_brackets),
    (re.compile(rb"(?i)\s*INSERT INTO [^\n]*\) VALUES[ \t]*\n"), _rows_of_insert),
)
"""The steps for files that begin so."""
