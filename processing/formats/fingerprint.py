"""What the files of a logger have in common: the names of columns, the delimiter, the form of a row."""

import contextlib
import csv
import functools
import re
import string
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from processing.formats.changes import with_changes
from processing.formats.known_format import Fingerprint, KnownFormat
from processing.head.cell_kinds import holds_time
from processing.head.dialect import split
from processing.head.header_cells import HeaderCell
from processing.head.lines import cut, is_reading, numbered
from processing.layout.header import FoundHeader, find_header
from processing.model.channels import MISSING_CELLS
from processing.model.profile import MAX_NAME, Profile
from processing.model.rejection import RejectedFileError
from processing.model.safe_text import device_of, text_of
from processing.naming.synonyms import normal
from processing.naming.units import is_unit, label_of
from processing.times.time_formats import time_format

_FIRST_LINES, EXAMINED_LINES = 24, 60
"""The most first lines in which the header and the first row are searched: at first, and in the end."""
_MAX_CHARACTERS = 500
"""The most characters of a name or a line that are compared with a pattern."""
_MAX_COLUMNS = 2_000
"""A file with more columns is of no known format."""
_LETTERS = string.ascii_letters.encode()
_NO_LETTERS, _TO_LOWER = bytes({*range(256)} - {*_LETTERS}), bytes.maketrans(_LETTERS, _LETTERS.lower())
_NUMBER = re.compile(r"[+-]?(\d+(?:(?P<sign>[.,])\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?")


class Recognised(NamedTuple):
    """A known format that fits a file, and the header that it has found there."""

    known: KnownFormat
    header: FoundHeader


def written_form(cell: str) -> str:
    """Return the written form of a cell: `9` for digits, `a` for letters, once for several; `*` if empty.

    A number keeps only its decimal sign, if it has one: `9`, `9.9` or `9,9`.
    """
    text = cell.strip()
    if text in MISSING_CELLS:
        return "*"
    number = _NUMBER.fullmatch(text)
    if number is not None:
        return f"9{number['sign']}9" if number["sign"] else "9"
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "9", text))[:64]


def fingerprint_of(head: bytes, profile: Profile, name: bytes = b"") -> Fingerprint | None:
    """Return the fingerprint of a logger's files, by the first lines of one; None if no header is found.

    It has the names of all columns with their units, the delimiter, and the written forms of the times and of
    the numbers with a decimal sign in the first row. If the profile says that there is no header, it has no
    columns, and fits files of the same device alone; the file has this name below incoming.
    """
    texts = numbered(head, 1, profile, EXAMINED_LINES)
    with contextlib.suppress(RejectedFileError):
        header = find_header(texts, profile) if texts else None
        if header is None:
            return None
        cells = header.cells if header.line else ()
        names = [f"{one.text} ({one.unit})" if is_unit(one.unit) else one.text for one in cells]
        row = next((text for number, text in texts if number >= header.first_row_line), "")
        forms = [written_form(cell) if _has_own_form(cell) else "*" for cell in split(row, header.delimiter)]
        columns = tuple(dict.fromkeys(name for name in names if 0 < len(name) <= MAX_NAME))
        devices = () if header.line else (device_of(text_of(name)),)
        return Fingerprint(columns, header.delimiter, first_row=tuple(forms), devices=devices)
    return None


def _has_own_form(cell: str) -> bool:
    return holds_time(cell.strip()) or written_form(cell) in ("9.9", "9,9")


def folded(text: bytes) -> bytes:
    """Return text in the form in which words are searched: letters without accents, in lower case."""
    return text.translate(_TO_LOWER, _NO_LETTERS)


@functools.lru_cache(maxsize=4096)
def _words(pattern: str) -> tuple[bytes, ...]:
    """Return the words of a pattern; a name over two lines has its words apart."""
    return tuple(re.findall(rb"[a-z]+", label_of(pattern).name.lower().encode()))


def may_fit(fingerprint: Fingerprint, text: bytes) -> bool:
    """Return whether the first lines have the words of the columns and lines; this excludes most formats."""
    for column in (*fingerprint.lines, *fingerprint.columns):
        for one in _alternatives(column):
            for part in _words(one):
                if part not in text:
                    break
            else:
                break
        else:
            return False
    return True


def _alternatives(column: str | tuple[str, ...]) -> tuple[str, ...]:
    return (column,) if isinstance(column, str) else column


def fitting_header(
    mark: Fingerprint, tables: dict[str, Any], head: bytes, profile: Profile
) -> FoundHeader | None:
    """Return the header of a file with this fingerprint; None for another file. `tables` is its `[csv]`."""
    if not _has_lines(mark.lines, head):
        return None
    plain = {key: value for key, value in tables.items() if key not in ("time", "long")}
    changed = with_changes(profile, {"csv": plain})
    header, texts = _header(head, changed)
    if header is None or mark.delimiter not in (None, header.delimiter) or len(header.cells) > _MAX_COLUMNS:
        return None
    names = [_alternatives(column) for column in mark.columns]
    if not all(any(fits(one, cell) for one in each for cell in header.cells) for each in names):
        return None
    rows = (line for line in cut(texts, header.delimiter) if line.number >= header.first_row_line)
    if not header.line and not is_reading(next(rows)):  # it may have a header, in another order
        return None
    is_fitting = _has_form(mark, texts, header) and _has_times(tables, texts, header)
    return header if is_fitting else None


def _has_times(tables: dict[str, Any], texts: Sequence[tuple[int, str]], header: FoundHeader) -> bool:
    """Return whether one of the first rows has a time in the format that `[csv]` states, if it states one."""
    names, name = tables.get("time", ()), tables.get("time_format", "auto")
    names = [names] if isinstance(names, str) else names
    places = [at for each in names for at, cell in enumerate(header.cells) if fits(str(each), cell)]
    if name == "auto" or len(places) != len(names) or not places:
        return True
    pattern, rows = time_format(name).pattern, _rows_among(texts, header)
    times = [" ".join(row[at] for at in places) for row in rows if len(row) > max(places)]
    return pattern is None or not times or any(map(pattern.fullmatch, times))


def _header(head: bytes, profile: Profile) -> tuple[FoundHeader | None, list[tuple[int, str]]]:
    """Return the header of a file, and its first lines; a few are enough for most files."""
    header, texts = None, []
    for count in (_FIRST_LINES, EXAMINED_LINES):
        texts = numbered(head, 1, profile, count)
        with contextlib.suppress(RejectedFileError):
            header = find_header(texts, profile) if texts else None
            if header is not None and header.first_row_line <= texts[-1][0]:
                break
    return header, texts


def rows_of(head: bytes, header: FoundHeader, profile: Profile) -> list[list[str]]:
    """Return the cells of the rows among the first lines of a file."""
    return _rows_among(numbered(head, 1, profile, head.count(b"\n") + 1), header)


def _rows_among(texts: Sequence[tuple[int, str]], header: FoundHeader) -> list[list[str]]:
    return [[*line.cells] for line in cut(texts, header.delimiter) if line.number >= header.first_row_line]


def _has_lines(patterns: Sequence[str], head: bytes) -> bool:
    lines = head.split(b"\n", EXAMINED_LINES)[:EXAMINED_LINES] if patterns else []
    texts = (line[:_MAX_CHARACTERS].decode("utf-8", "replace").strip("\ufeff\r ") for line in lines)
    return all(any(_whole(pattern).fullmatch(text) for text in texts) for pattern in patterns)


@functools.lru_cache(maxsize=1024)
def _whole(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.IGNORECASE)


def _has_form(mark: Fingerprint, texts: Iterable[tuple[int, str]], header: FoundHeader) -> bool:
    row = next((text for number, text in texts if number >= header.first_row_line), None)
    if not (mark.first_row or mark.cells) or row is None:
        return True
    with contextlib.suppress(csv.Error):
        forms = [written_form(cell) for cell in split(row, header.delimiter)]
        if len(mark.first_row) not in (0, len(forms)):
            return False
        pairs = [*zip(mark.first_row, forms, strict=False)]
        for name, form in mark.cells.items():
            places = [at for at, cell in enumerate(header.cells[: len(forms)]) if fits(name, cell)]
            pairs += [(form, forms[at]) for at in places]
        return all(_is_form(*pair) for pair in pairs)
    return False


def _is_form(wanted: str, form: str) -> bool:
    """Return whether a form fits the wanted one.

    A number with a decimal sign may be whole in another row, or a word in its place that means no reading.
    """
    is_other = wanted in ("9.9", "9,9") and (form == "9" or "9" not in form)
    return form == "*" or is_other or _whole(wanted).fullmatch(form) is not None


@functools.lru_cache(maxsize=4096)
def _pattern(name: str) -> tuple[re.Pattern[str], str]:
    label = label_of(name)
    return re.compile(".*".join(re.escape(normal(part)) for part in label.name.split("*"))), label.unit


def fits(name: str, cell: HeaderCell) -> bool:
    """Return whether a pattern fits the name of a column, and its unit if it states one."""
    pattern, unit = _pattern(name)
    is_named = any(len(one) <= _MAX_CHARACTERS and pattern.fullmatch(normal(one)) for one in cell.names)
    return is_named and unit in ("", cell.stated_unit)
