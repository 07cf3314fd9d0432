"""Rewrites numbers that are written in an unusual way: digits of other scripts, other signs, `1.2k`.

Digits of Arabic, Persian, Hindi, Bengali and Thai, and wide ones, become those of ASCII. Characters of no
width are left out, as are no-break spaces around cells; one before a unit becomes a blank. `- 1.1`, `1.1-`,
`(1.1)`, and 1.1 behind a longer minus sign become `-1.1`, `1.23k` becomes `1.23e3`, `1.7498844e+09` becomes
`1749884400` if it has all digits, and other apostrophes between thousands become those of Swiss numbers.
"""

import functools
import re

from processing.head.dialect import begins_as_default
from processing.rewriting.replacements import Replacement, Step, replacement, steps_of

_BEGIN, _END = rb'(?m)(^|[,;\t|]"?)', rb'(?="?(?:[,;\t|\r]|$))'
_BRACKETED = (0.2, 0.9)
"""A few numbers in brackets may be estimates, and those in all rows the names of devices."""
_WHOLE, _WITH_COMMAS = rb"\d+(?:\.\d+)*", rb"\d+(?:[.,]\d+)*"
"""A number beside commas between cells, and one beside other delimiters."""
_MINUS = "(?:\u2212|\u2013)".encode()
_APOSTROPHE = "(?:\u00b4|\u02bc|\u2019|\u066c|\u2007)".encode()
_INVISIBLE = re.compile(rb"\xe2\x80[\x8b\x8e\x8f]|\xe2\x81\xa0|(?<=[^\xbf])\xef\xbb\xbf")
"""Characters of no width and marks of direction, which cells that were copied from pages have."""
_ZEROS = (0x660, 0x6F0, 0x966, 0x9E6, 0xE50, 0xFF10)
_TO_ASCII = {chr(zero + digit).encode(): b"%d" % digit for zero in _ZEROS for digit in range(10)}
_TO_ASCII |= {"\u066b".encode(): b".", **{chr(ord(one) + 0xFEE0).encode(): one.encode() for one in "-./:"}}
"""Digits, the decimal sign of Arabic, and wide signs."""
_DIGITS = re.compile(b"|".join(_TO_ASCII))
_NO_BREAK = rb"(?:\xc2\xa0|\xe2\x80[\x87\x89\xaf])"
_BEHIND_CELL = rb'(?<! )(?<!\xc2\xa0)(?<!\xe2\x80[\x87\x89\xaf])(?: {0,9}%b)++ {0,9}(?=[,;\t|"\r\n])'
"""It does not begin inside of such blanks, so that each run of them is read once."""
_AROUND_CELL = re.compile(rb'(?m)(^|[,;\t|"]) *(?:%b *)+|%b' % (_NO_BREAK, _BEHIND_CELL % _NO_BREAK))
_BEFORE_UNIT = re.compile(rb"(?<=\d)%b(?=[A-Za-z%%])" % _NO_BREAK)
_FIRST = 100
"""More bytes than the default header has with quotes."""
_SCIENTIFIC = re.compile(rb'(?m)(^|[,;\t|" ])([1-9])\.(\d{4,18})e\+(0[4-9]|1[0-8])(?=[",;\t| \r]|$)')
_NAN = re.compile(rb'(?m)(^|[,;\t|" ])-?nan(?=[",;\t| \r]|$)')
"""No number, as programs in C write it."""


def steps_of_signs(head: bytes) -> list[Step]:
    """Return how the signs of a file that begins with these lines become those that are usual.

    Signs that fewer than half of the rows have are faults of these rows, and stay.
    """
    if _has_default_names(head):
        return []
    rows = head.splitlines()[1:]
    steps: list[Step] = []
    if _INVISIBLE.search(head):
        steps.append(functools.partial(_INVISIBLE.sub, b""))
    if _have_most(_DIGITS, rows):
        steps.append(functools.partial(_DIGITS.sub, lambda found: _TO_ASCII[found[0]]))
    if _have_most(_AROUND_CELL, rows):
        steps.append(functools.partial(_AROUND_CELL.sub, rb"\1"))
    if _have_most(_BEFORE_UNIT, rows):
        steps.append(functools.partial(_BEFORE_UNIT.sub, b" "))
    return steps


def _has_default_names(head: bytes) -> bool:
    """Return whether the first line is the default header in quotes: cells mean what they do without."""
    return begins_as_default(head[:_FIRST].replace(b'"', b""))


def _have_most(sign: re.Pattern[bytes], rows: list[bytes]) -> bool:
    """Return whether at least half of the rows have a sign."""
    return bool(rows) and 2 * sum(sign.search(row) is not None for row in rows) >= len(rows)


def steps_of_numbers(head: bytes, *, is_ascii: bool = False) -> list[Step]:
    """Return how the numbers are rewritten in a file that begins with these lines."""
    if _has_default_names(head):
        return []
    rows = head[head.find(b"\n") :]
    number = _WITH_COMMAS if b";" in head or b"\t" in head else _WHOLE
    usual, others = replacements(number)
    steps = steps_of(usual if is_ascii or rows.isascii() else [*others, *usual], rows)
    if b"e" in rows and _SCIENTIFIC.search(rows):
        steps.append(functools.partial(_SCIENTIFIC.sub, _with_all_digits))
    if b"n" in rows and _NAN.search(rows):
        steps.append(functools.partial(_NAN.sub, rb"\1NaN"))
    return steps


def _with_all_digits(found: re.Match[bytes]) -> bytes:
    """Return a number without its exponent, if it has as many digits; times are written so by numpy."""
    digits, exponent = found[3], int(found[4])
    if len(digits) < exponent:
        return found[0]
    fraction = digits[exponent:].rstrip(b"0")
    return found[1] + found[2] + digits[:exponent] + (b"." + fraction if fraction else b"")


@functools.cache
def replacements(number: bytes) -> tuple[list[Replacement], list[Replacement]]:
    """Return what is replaced in text of ASCII, and what beside it in other text, if numbers are such."""
    brackets = _of_cell(rb"\(\d", rb"\((%b)\)%b" % (number, _END), rb"\1-\2", b"(")
    usual = [
        _of_cell(rb"- (?=\d)", rb"- (?=%b)" % number, rb"\1-", b"-"),
        _of_cell(rb"-[,;\t\r\n]", rb"(%b)-%b" % (number, _END), rb"\1-\2", b"-"),
        brackets._replace(shares=_BRACKETED),
        _of_cell(rb"\[-?\d", rb"\[(-?%b)\]%b" % (number, _END), rb"\1\2", b"["),
        _of_cell(rb"\d\*", rb"(%b)\*%b" % (number, _END), rb"\1\2", b"*"),
        _of_cell(rb'k[,;\t\r\n"]', rb"(-?%b) ?k%b" % (number, _END), rb"\1\2e3", b"k"),
    ]
    apostrophe = rb"(?<=\d)%b(?=\d{3}(?!\d))" % _APOSTROPHE
    others = [
        _of_cell(_MINUS, rb"%b ?(?=[.,]?%b)" % (_MINUS, number), rb"\1-"),
        replacement(_APOSTROPHE, apostrophe, b"'"),
    ]
    return usual, others


def _of_cell(hint: bytes, pattern: bytes, new: bytes, sign: bytes = b"") -> Replacement:
    """Return what is replaced at the beginning of a cell."""
    return replacement(hint, _BEGIN + pattern, new, sign=sign)
