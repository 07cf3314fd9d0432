"""The bytes of a file: hashed, counted, unpacked, decoded and cut into whole lines."""

import codecs
import hashlib
import itertools
import re
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol

from processing.model.channels import CODECS
from processing.model.rejection import Caps, Input, RejectedFileError

BLOCK = 1 << 18
"""Bytes read, and bytes unpacked, at a time."""

MAX_LINE_BYTES = 1 << 16
"""A longer line is not a row. It is never in memory as a whole."""

MAX_UNPACKED_RATIO = 200
"""The most bytes unpacked for each byte packed. A gzip file with more is a bomb and not a log of readings."""

_RATIO_CHECKED_FROM = 8 << 20
_TAIL = 4096
"""How many bytes before the last line show how the lines above it are written."""
_SPACE = rb"(?<=\d)(?:\xc2\xa0|\xe2\x80[\x89\xaf])(?=\d)"
"""A no-break, thin or narrow no-break space between digits."""
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",  # begins with that of UTF-16
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}


def byte_order_mark(first: bytes) -> bytes:
    """Return the byte order mark that text begins with; empty for none."""
    return next((mark for mark in BYTE_ORDER_MARKS if first.startswith(mark)), b"")


class LineSource(Protocol):
    """Gives the blocks of whole UTF-8 lines of a file, from its beginning at each call."""

    def lines(self, encoding: str) -> Iterator[bytes]:
        """Return the blocks, decoded from this encoding."""


class RewrittenLines:
    """A source of lines that are rewritten."""

    def __init__(self, source: LineSource, rewrite: Callable[[bytes], bytes]) -> None:
        self._source, self._rewrite = source, rewrite

    def lines(self, encoding: str) -> Iterator[bytes]:
        """Return the blocks, decoded from this encoding."""
        return map(self._rewrite, self._source.lines(encoding))


class ByteSource:
    """Reads a binary stream to its end, each time that lines are requested."""

    def __init__(self, stream: BinaryIO, caps: Caps, *, packed: bool) -> None:
        self._stream = stream
        self._is_new = True
        self._caps = caps
        self._packed = packed
        self._hash = hashlib.sha256()
        self._bytes = 0
        self.tail = b""
        """The last lines that were read, if the last one has no end: it may be cut short."""

    def input_of(self, name: bytes) -> Input:
        """Read the rest of the stream, and return the file's name, size and hash."""
        for _ in self._raw():
            pass
        return Input.of(name, self._bytes, self._hash.hexdigest())

    def lines(self, encoding: str) -> Iterator[bytes]:
        """Yield UTF-8 blocks of whole lines. Each line ends with a newline, even if the file uses CR or CRLF.

        `encoding` is `auto` (UTF-8, or as a byte order mark says) or a name. A line over MAX_LINE_BYTES is
        cut to MAX_LINE_BYTES + 1. Raises RejectedFileError if the file is not text, is not gzip data, or is
        too large. Each call starts at the beginning of the stream.
        """
        if not self._is_new:
            self._stream.seek(0)
            self._hash, self._bytes = hashlib.sha256(), 0
        self._is_new = False
        blocks = self._unpacked() if self._packed else self._raw()
        return self._whole_lines(_decoded(self._capped(blocks), encoding))

    def _raw(self) -> Iterator[bytes]:
        while block := self._stream.read(BLOCK):
            self._hash.update(block)
            self._bytes += len(block)
            yield block

    def _unpacked(self) -> Iterator[bytes]:
        unpack = None
        for raw in self._raw():
            pending = raw
            while pending:
                unpack = unpack or zlib.decompressobj(wbits=31)
                try:
                    yield unpack.decompress(pending, BLOCK)
                except zlib.error as error:
                    raise RejectedFileError("broken_gzip", f"the gzip data is damaged: {error}") from None
                pending = unpack.unconsumed_tail
                if unpack.eof:
                    pending, unpack = unpack.unused_data.lstrip(b"\0"), None
        if unpack is not None:
            raise RejectedFileError("broken_gzip", "the gzip data ends too early; the file was cut short")

    def _capped(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        size = 0
        for block in blocks:
            size += len(block)
            if size > self._caps.max_bytes:
                limit = f"{self._caps.max_bytes} bytes; raise --max-file-bytes or split it"
                raise RejectedFileError("too_large", f"the text is larger than {limit}")
            if self._packed and size > max(_RATIO_CHECKED_FROM, MAX_UNPACKED_RATIO * self._bytes):
                message = f"the gzip data unpacks to more than {MAX_UNPACKED_RATIO} times its size"
                raise RejectedFileError("too_large", message)
            yield block

    def _whole_lines(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        rest = text = b""
        cut = 0
        for block in blocks:
            text, held = rest + block, b""
            if b"\r" in text:
                if text.endswith(b"\r"):  # its newline may be the next block's first byte
                    text, held = text[:-1], b"\r"
                text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
            cut = text.rfind(b"\n") + 1
            if cut:
                yield _with_blanks(text[:cut])
            rest = text[cut : cut + MAX_LINE_BYTES + 1] + held
        self.tail = b"" if text.endswith(b"\n") or rest.endswith(b"\r") else text[max(0, cut - _TAIL) :]
        if rest:
            yield _with_blanks(rest.replace(b"\r", b"\n") if rest.endswith(b"\r") else rest + b"\n")


def _decoded(blocks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """Yield the text as UTF-8 without a byte order mark; UTF-8 itself is not validated here."""
    first = b""
    for block in blocks:
        first += block
        if len(first) > len(codecs.BOM_UTF8):
            break
    mark = byte_order_mark(first)
    found = BYTE_ORDER_MARKS.get(mark, "utf-8")
    if encoding in ("utf-16", "utf-32") and not mark:
        found = f"{encoding}-be" if first.startswith(b"\0") else f"{encoding}-le"
    elif not encoding.startswith(("auto", "utf")):
        mark, found = b"", CODECS.get(encoding, encoding)
    blocks = itertools.chain((first[len(mark) :],), blocks)
    if found == "utf-8":
        yield from blocks
        return
    try:
        for text in codecs.iterdecode(blocks, found):
            yield text.encode()
    except UnicodeDecodeError as error:
        raise RejectedFileError("not_text", f"the file is not {found} text: {error.reason}") from None


def _with_blanks(lines: bytes) -> bytes:
    """Return lines with a blank for each special space between two digits, as in 1 234,5 of French files."""
    return re.sub(_SPACE, b" ", lines) if b"\xc2" in lines or b"\xe2" in lines else lines
