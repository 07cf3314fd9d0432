"""The encoding of a file that does not begin with a byte order mark."""

import functools
import re
from collections.abc import Iterable
from itertools import islice

from processing.head.column_kinds import channel_of, times_by_name
from processing.head.header_cells import Header, HeaderCell
from processing.head.lines import numbered
from processing.head.text_kinds import is_binary, wide_encoding
from processing.layout.header import find_header, recognised
from processing.model.channels import CODECS
from processing.model.profile import Profile
from processing.model.rejection import RejectedFileError

_NOT_IN_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x7f\x80-\xaf\xd7\xf7\xfd-\xff]")
"""Bytes that are not letters, degree or micro signs of Western European text."""
_BESIDE_WORDS = re.compile(
    rb"(?<=\d)\xa0(?=\d{3}|[AaPp]\.)|(?<=[AaPp]\.)\xa0(?=[Mm]\.)"
    rb"|(?<![A-Za-z])[\x80\x82\x84\x85\x91-\x97]|[\x80\x82\x84\x85\x91-\x97](?![A-Za-z])"
)
"""Spaces in numbers and in `a. m.`; quotes, dashes and similar signs that are not between letters."""
_EXAMINED_LINES, _EXAMINED_TEXTS = 60, 10_000
_TRIED = (
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "shift_jis", "gb18030", "big5", "euc_kr",
    "koi8-r", "mac_roman", "cp437", "cp850", "cp866",
)  # fmt: skip
"""The encodings that are tried; the first one counts if several read the same names."""


def encoding_of(head: bytes, profile: Profile) -> str:
    """Return the encoding of text that begins with these bytes; `auto` for UTF-8, and if none is found.

    It is the one in which most names of the header with characters beyond ASCII are known. If there are no
    such names, it is Western European in two cases: the other names are enough to read the file; or all bytes
    beyond ASCII are letters, the signs of units (°, ², ³, µ, ·), spaces in numbers, or quotes and dashes
    beside words. If the header is ASCII and enough to read the file, other texts do not matter, such as the
    weather of each row: `latin-1`. They repeat, unlike broken bytes.
    """
    if head.isascii() and b"\0" not in head:
        return "auto"
    if wide := wide_encoding(head):
        return wide
    try:
        head.decode()
    except UnicodeDecodeError as error:
        is_cut = error.end == len(head) and error.reason == "unexpected end of data"
        is_western = _NOT_IN_TEXT.search(_BESIDE_WORDS.sub(b" ", head)) is None
        if is_cut or is_binary(head):
            return "auto"
        best = _by_names(head, profile)
        if best and (best[1] or not is_western):
            return best[0]
        return "cp1252" if is_western else _of_plain_header(head, profile)
    return "auto"


def later_encoding(head: bytes, blocks: Iterable[bytes], profile: Profile) -> str:
    """Return the encoding of text that begins in ASCII, by the lines of the later blocks beyond ASCII."""
    if not head.isascii():
        return "auto"
    others = (block.split(b"\n") for block in blocks if not block.isascii())
    texts = islice((line for lines in others for line in lines if not line.isascii()), _EXAMINED_TEXTS)
    return encoding_of(
        b"\n".join((*head.split(b"\n", _EXAMINED_LINES)[:_EXAMINED_LINES], *texts, b"")), profile
    )


def _by_names(head: bytes, profile: Profile) -> tuple[str, tuple[str, ...]] | None:
    """Return the encoding in which most names of the header are known, and these; None if it is ambiguous.

    Among encodings that read the same names, it is the first.
    """
    found = {name: names for name in _TRIED if (names := _known_names(head, name, profile)) is not None}
    most = max(map(len, found.values()), default=0)
    best = [name for name, names in found.items() if len(names) == most]
    return (best[0], found[best[0]]) if best and len({found[name] for name in best}) == 1 else None


def _of_plain_header(head: bytes, profile: Profile) -> str:
    """Return an encoding in which all bytes have a meaning if the header is ASCII and enough, else `auto`."""
    texts = [b"".join(re.findall(rb"[\x80-\xff]+", line)) for line in head.split(b"\n") if not line.isascii()]
    header = _header_in(head, "latin-1", profile) if 2 * len({*texts}) <= len(texts) else None
    if header is None or not all(cell.text.isascii() for cell in header):
        return "auto"
    return "latin-1" if recognised(header, profile)[0] else "auto"


def _known_names(head: bytes, encoding: str, profile: Profile) -> tuple[str, ...] | None:
    """Return the known names beyond ASCII in the header; None if they do not speak for this encoding."""
    header = _header_in(head, encoding, profile)
    if header is None or all(cell.text.isascii() for cell in header):
        return None
    names = tuple(cell.text for cell in header if not cell.text.isascii() and _is_known(cell))
    return names if names or recognised(header, profile)[0] else None


def _header_in(head: bytes, encoding: str, profile: Profile) -> Header | None:
    """Return the header of text in this encoding; None if it has none, or is not in this encoding."""
    try:
        text = head.decode(CODECS.get(encoding, encoding))
        lines = "\n".join(text.split("\n", _EXAMINED_LINES)[:_EXAMINED_LINES])
        texts = numbered(lines.encode(), 1, profile, _EXAMINED_LINES)
        header = find_header(texts, profile) if texts else None
    except (UnicodeDecodeError, RejectedFileError):
        return None
    return None if header is None else header.cells


@functools.lru_cache(maxsize=1024)
def _is_known(cell: HeaderCell) -> bool:
    return channel_of(cell) is not None or times_by_name((cell,)).are_found
