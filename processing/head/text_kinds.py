"""What a file is that is not a table of UTF-8 text."""

import re

from processing.head.advice import A_PROFILE
from processing.head.dialect import decoded
from processing.model.rejection import RejectedFileError

_EXAMINED_LINES = 100
_UTF_16_FRACTION = 0.4
_DAMAGED = 0.1
"""The share of lines with NUL bytes, as a power failure leaves them, that a text may have."""
_OTHER_FORMATS = (
    (b"\x1f\x8b", "it is gzip data; name it .csv.gz"),
    (b"PK\x03\x04", "it is a ZIP archive or a workbook; unpack it, or save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "it is an old workbook; save the sheet as CSV"),
    (b"SQLite format 3\0", "it is a SQLite database; export the readings as CSV"),
    (b"PAR1", "it is a Parquet file; save it as CSV"),
    (b"7z\xbc\xaf", "it is a 7-Zip archive; unpack it"),
)
"""First bytes of files that are not text, and what to do about them."""
_OTHER_TEXTS = (
    (
        rb'\s*(?:\{\s*"|\[\s*[\[{])',
        "it is JSON, and no object a line; export the readings as CSV, or write each reading on its own line",
    ),
    (rb"(?i)\s*<\?xml", "it is XML, not a table of cells; export the readings as CSV"),
    (
        rb"(?i)\s*<(?:!doctype|html|table)",
        "it is a web page; export the readings as CSV",
    ),
    (rb"%PDF-", "it is a PDF; export the readings as CSV"),
    (rb"\{\\rtf", "it is a text document; export the readings as CSV"),
)
"""Beginnings of files that are text but not tables, and what to do about them."""
_OTHER_ENCODINGS = (
    f"save it as UTF-8, or write its encoding in {A_PROFILE}: "
    'csv.encoding = "cp1252" (Western Europe), or '
    "cp1250 (Central Europe), cp1251 (Cyrillic), latin-1, mac_roman, shift_jis, gb18030, big5, euc_kr"
)
_BINARY = rb"[\x00-\x08\x0e-\x1a\x7f]"


def wide_encoding(block: bytes) -> str:
    """Return `utf-16` or `utf-32` for such text without a byte order mark, empty for other text.

    In ASCII text, half of the bytes are then zero, or three of four.
    """
    first = block[:400]
    zeros = sorted(first[at::4].count(0) for at in range(4))
    if zeros[0] == 0 and zeros[1] == zeros[3] and zeros[3] > 2 * _UTF_16_FRACTION * len(first) / 4:
        return "utf-32"
    fewer, more = sorted((first[::2].count(0), first[1::2].count(0)))
    return "utf-16" if fewer == 0 and more > _UTF_16_FRACTION * len(first) else ""


def is_binary(block: bytes) -> bool:
    """Return whether the first bytes have control characters that no text has."""
    return re.search(_BINARY, block[:4096]) is not None


def _advice_for(block: bytes) -> str:
    """Return what a file that is not UTF-8 text seems to be, and what to do about it."""
    for beginning, advice in _OTHER_FORMATS:
        if block.startswith(beginning):
            return advice
    if wide := wide_encoding(block):
        return f'it seems to be {wide.upper()}; set csv.encoding = "{wide}" in {A_PROFILE}'
    if is_binary(block):
        return "it is binary data, not a table; export the readings as CSV"
    return _OTHER_ENCODINGS


def check_text(head: bytes, first: int) -> None:
    """Raise RejectedFileError if one of the first lines is not text, or all are text of another kind."""
    for beginning, advice in _OTHER_TEXTS:
        if re.match(beginning, head):
            raise RejectedFileError("not_text", advice, first)
    lines = head.split(b"\n", _EXAMINED_LINES)[:_EXAMINED_LINES]
    texts = dict(enumerate(map(decoded, lines), first))
    strange = [number for number, text in texts.items() if text is None or "\0" in text]
    damaged = sum(texts[number] is not None for number in strange)
    if strange and (damaged < len(strange) or damaged > _DAMAGED * len(texts)):
        message = f"line {strange[0]} is not UTF-8 text: {_advice_for(head)}"
        raise RejectedFileError("not_text", message, strange[0])


def no_table(head: bytes, first: int) -> RejectedFileError:
    """Return the rejection of a file without a line that may be a header."""
    check_text(head, first)
    if b'"' in head:
        message = "no line can be a header: the quotes of each are left open or stand inside a cell"
        return RejectedFileError("missing_columns", message, first)
    message = "the file has only blank lines and comments; expected a header and rows"
    return RejectedFileError("empty_file", message)
