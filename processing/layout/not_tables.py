"""Files that are no table: what they seem to be, and what to do about it."""

from __future__ import annotations

import re

from processing.layout.dialect import decoded
from processing.model.rejection import RejectedFileError

_EXAMINED_LINES = 100

_OTHER_FORMATS = (
    (b"\x1f\x8b", "it is gzip data; name it .csv.gz"),
    (b"PK\x03\x04", "it is a ZIP archive or a workbook; unpack it, or save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "it is an old workbook; save the sheet as CSV"),
)
"""First bytes of files that are no text, and what to do about them."""
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x7f]")


def _advice_for(block: bytes) -> str:
    """Return what a file seems to be that is no UTF-8 text, and what to do about it."""
    for beginning, advice in _OTHER_FORMATS:
        if block.startswith(beginning):
            return advice
    fewer, more = sorted((block[:400:2].count(0), block[1:400:2].count(0)))
    if fewer == 0 and more > 0.4 * len(block[:400]):  # ASCII: half of them
        return 'it seems to be UTF-16; set csv.encoding = "utf-16" in a profile'
    if _BINARY.search(block[:4096]):
        return "it is binary data, not a table"
    return 'if it is Latin-1, set csv.encoding = "latin-1" in a profile'


def check_text(head: bytes, first: int) -> None:
    """Raise RejectedFileError if one of the first lines is no text."""
    lines = head.split(b"\n", _EXAMINED_LINES)[:_EXAMINED_LINES]
    texts = enumerate(map(decoded, lines), first)
    strange = next((number for number, text in texts if text is None or "\0" in text), None)
    if strange is not None:
        message = f"line {strange} is not UTF-8 text: {_advice_for(head)}"
        raise RejectedFileError("not_text", message, strange)


def no_table(head: bytes, first: int) -> RejectedFileError:
    """Return why a file has no line that may be a header."""
    check_text(head, first)
    if b'"' in head:
        message = "no line can be a header: the quotes of each are left open or stand inside a cell"
        return RejectedFileError("missing_columns", message, first)
    message = "the file has only blank lines and comments; expected a header and rows"
    return RejectedFileError("empty_file", message)
