"""Rewrites numbers that are written in an unusual way: other signs, other marks between thousands, `1.2k`.

`- 1.1`, `1.1-`, `(1.1)`, and 1.1 behind a longer minus sign become `-1.1`, `1.23k` becomes `1.23e3`, and
other apostrophes between thousands become those of Swiss numbers.
"""

import functools
import re
from collections.abc import Callable

from processing.rewriting.replacements import Replacement, steps_of

_BEGIN, _END = rb'(?m)(^|[,;\t|]"?)', rb'(?="?(?:[,;\t|\r]|$))'
_BRACKETED = (0.2, 0.9)
"""A few numbers in brackets may be estimates, and those in all rows the names of devices."""
_WHOLE, _WITH_COMMAS = rb"\d+(?:\.\d+)*", rb"\d+(?:[.,]\d+)*"
"""A number beside commas between cells, and one beside other delimiters."""
_MINUS = "(?:\u2212|\u2013)".encode()
_APOSTROPHE = "(?:\u00b4|\u02bc|\u2019|\u066c|\u2007)".encode()


def steps_of_numbers(head: bytes) -> list[Callable[[bytes], bytes]]:
    """Return how the numbers are rewritten in a file that begins with these lines."""
    rows = head[head.find(b"\n") :]
    number = _WITH_COMMAS if b";" in head or b"\t" in head else _WHOLE
    usual, others = _replacements(number)
    return steps_of(usual if rows.isascii() else [*others, *usual], rows)


@functools.cache
def _replacements(number: bytes) -> tuple[list[Replacement], list[Replacement]]:
    """Return what is replaced in text of ASCII, and what beside it in other text, if numbers are such."""
    usual = [
        _of_cell(b"-", rb"- (?=\d)", rb"- (?=%b)" % number, rb"\1-"),
        _of_cell(b"-", rb"-[,;\t\r\n]", rb"(%b)-%b" % (number, _END), rb"\1-\2"),
        _of_cell(b"(", rb"\(\d", rb"\((%b)\)%b" % (number, _END), rb"\1-\2")._replace(shares=_BRACKETED),
        _of_cell(b"*", rb"\d\*", rb"(%b)\*%b" % (number, _END), rb"\1\2"),
        _of_cell(b"k", rb'k[,;\t\r\n"]', rb"(-?%b) ?k%b" % (number, _END), rb"\1\2e3"),
    ]
    apostrophe = re.compile(rb"(?<=\d)%b(?=\d{3}(?!\d))" % _APOSTROPHE)
    others = [
        _of_cell(b"", _MINUS, rb"%b ?(?=[.,]?%b)" % (_MINUS, number), rb"\1-"),
        Replacement(b"", re.compile(_APOSTROPHE), apostrophe, b"'"),
    ]
    return usual, others


def _of_cell(sign: bytes, hint: bytes, pattern: bytes, new: bytes) -> Replacement:
    """Return what is replaced at the beginning of a cell."""
    return Replacement(sign, re.compile(hint), re.compile(_BEGIN + pattern), new)
