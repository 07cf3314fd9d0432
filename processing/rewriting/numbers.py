"""Rewrites numbers that are written in an unusual way: other signs, other marks between thousands, `1.2k`.

`- 1.1`, `1.1-`, `(1.1)`, and 1.1 behind a longer minus sign become `-1.1`, `1.23k` becomes `1.23e3`, and
other apostrophes between thousands become those of Swiss numbers.
"""

import functools
import math
import re
from collections.abc import Callable
from typing import NamedTuple

_BEGIN, _END = rb'(?m)(^|[,;\t|]"?)', rb'(?="?(?:[,;\t|\r]|$))'
_BRACKETED = (0.2, 0.9)
"""A few numbers in brackets may be estimates, and those in all rows the names of devices."""
_WHOLE, _WITH_COMMAS = rb"\d+(?:\.\d+)*", rb"\d+(?:[.,]\d+)*"
"""A number beside commas between cells, and one beside other delimiters."""


class _Spelling(NamedTuple):
    """What is replaced, if the first rows have its sign and a hint of it, which are found faster."""

    sign: bytes
    hint: re.Pattern[bytes]
    pattern: bytes
    """With `NUMBER` in the place of a number."""
    new: bytes
    shares: tuple[float, float] = (0.0, math.inf)
    """How many there are, at least and at most, as a share of the lines."""


_ASCII = [
    _Spelling(b"-", re.compile(rb"- (?=\d)"), _BEGIN + rb"- (?=NUMBER)", rb"\1-"),
    _Spelling(b"-", re.compile(rb"-[,;\t\r\n]"), _BEGIN + rb"(NUMBER)-" + _END, rb"\1-\2"),
    _Spelling(b"(", re.compile(rb"\(\d"), _BEGIN + rb"\((NUMBER)\)" + _END, rb"\1-\2", _BRACKETED),
    _Spelling(b"*", re.compile(rb"\d\*"), _BEGIN + rb"(NUMBER)\*" + _END, rb"\1\2"),
    _Spelling(b"k", re.compile(rb'k[,;\t\r\n"]'), _BEGIN + rb"(-?NUMBER) ?k" + _END, rb"\1\2e3"),
]
_MINUS = "(?:\u2212|\u2013)".encode()
_APOSTROPHE = "(?:\u00b4|\u02bc|\u2019|\u066c|\u2007)".encode()
_OTHERS = [
    _Spelling(b"", re.compile(_MINUS), _BEGIN + _MINUS + rb" ?(?=[.,]?NUMBER)", rb"\1-"),
    _Spelling(b"", re.compile(_APOSTROPHE), rb"(?<=\d)" + _APOSTROPHE + rb"(?=\d{3}(?!\d))", b"'"),
]


def steps_of_numbers(head: bytes) -> list[Callable[[bytes], bytes]]:
    """Return how the numbers are rewritten in a file that begins with these lines."""
    rows = head[head.find(b"\n") :]
    spellings = _ASCII if rows.isascii() else [*_OTHERS, *_ASCII]
    found = [one for one in spellings if one.sign in rows and one.hint.search(rows)]
    if not found:
        return []
    number, lines = _WITH_COMMAS if b";" in head or b"\t" in head else _WHOLE, rows.count(b"\n")
    steps: list[Callable[[bytes], bytes]] = []
    for one in found:
        pattern = re.compile(one.pattern.replace(b"NUMBER", number))
        least, most = (share * lines for share in one.shares)
        if pattern.search(rows) and (not least or least <= len(pattern.findall(rows)) <= most):
            steps.append(functools.partial(pattern.sub, one.new))
    return steps
