"""Rewrites numbers that are written in an unusual way: other signs, other marks between thousands, `1.2k`.

`- 1.1`, `1.1-`, `(1.1)`, and 1.1 behind a longer minus sign become `-1.1`, `1.23k` becomes `1.23e3`, and
other apostrophes between thousands become those of Swiss numbers.
"""

import functools
from collections.abc import Callable

from processing.rewriting.replacements import Replacement, replacement, steps_of

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
    usual, others = replacements(number)
    return steps_of(usual if rows.isascii() else [*others, *usual], rows)


@functools.cache
def replacements(number: bytes) -> tuple[list[Replacement], list[Replacement]]:
    """Return what is replaced in text of ASCII, and what beside it in other text, if numbers are such."""
    brackets = _of_cell(("(1.5)", "-1.5"), rb"\(\d", rb"\((%b)\)%b" % (number, _END), rb"\1-\2", b"(")
    usual = [
        _of_cell(("- 1.5", "-1.5"), rb"- (?=\d)", rb"- (?=%b)" % number, rb"\1-", b"-"),
        _of_cell(("1.5-", "-1.5"), rb"-[,;\t\r\n]", rb"(%b)-%b" % (number, _END), rb"\1-\2", b"-"),
        brackets._replace(shares=_BRACKETED),
        _of_cell(("1.5*", "1.5"), rb"\d\*", rb"(%b)\*%b" % (number, _END), rb"\1\2", b"*"),
        _of_cell(("1.23k", "1.23e3"), rb'k[,;\t\r\n"]', rb"(-?%b) ?k%b" % (number, _END), rb"\1\2e3", b"k"),
    ]
    apostrophe = rb"(?<=\d)%b(?=\d{3}(?!\d))" % _APOSTROPHE
    others = [
        _of_cell(("\u22121.5", "-1.5"), _MINUS, rb"%b ?(?=[.,]?%b)" % (_MINUS, number), rb"\1-"),
        replacement("apostrophe", ("1\u2019234", "1'234"), _APOSTROPHE, apostrophe, b"'"),
    ]
    return usual, others


def _of_cell(
    example: tuple[str, str], hint: bytes, pattern: bytes, new: bytes, sign: bytes = b""
) -> Replacement:
    """Return what is replaced at the beginning of a cell."""
    return replacement(f"number {example[0]}", example, hint, _BEGIN + pattern, new, sign=sign)
