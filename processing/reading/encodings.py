"""The encoding of a file that does not begin with a byte order mark."""

import re

from processing.layout.advice import resembles_utf_16

_NOT_IN_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x7f\x80-\xaf\xd7\xf7\xfd-\xff]")
"""Bytes that are no letter, degree or micro sign of Western European text."""
_SPACE_IN_NUMBER = re.compile(rb"(?<=\d)\xa0(?=\d{3})")


def encoding_of(head: bytes) -> str:
    """Return the encoding of text that begins with these bytes: `auto` for UTF-8, and for what is none.

    Western European text is taken for such only if all of its bytes beyond ASCII are letters, the signs of
    units (°, ², ³, µ, ·), or no-break spaces between thousands.
    """
    if head.isascii() and b"\0" not in head:
        return "auto"
    if resembles_utf_16(head):
        return "utf-16"
    try:
        head.decode()
    except UnicodeDecodeError as error:
        is_cut = error.end == len(head) and error.reason == "unexpected end of data"
        return "auto" if is_cut or _NOT_IN_TEXT.search(_SPACE_IN_NUMBER.sub(b" ", head)) else "cp1252"
    return "auto"
