"""Reads the blocks of a file by a dialect, and the sections in it."""

import re
from collections.abc import Iterator
from itertools import chain

import msgspec
import numpy as np

from processing.head.dialect import Dialect, decoded, without_titles
from processing.model.profile import Profile
from processing.model.rejection import RejectedFileError
from processing.model.result import RejectedRow
from processing.model.stamp import PLAIN, Form
from processing.reading.fast_rows import FastParser
from processing.reading.strict_rows import StrictParser
from processing.reading.table import Table, joined, of_section, wanted_labels
from processing.times.time_formats import time_format

BYTES_PER_ROW = 220
"""Memory of a row at the peak of its processing if rows are out of order; 130 if they are in order."""
_WORKING_BYTES = 16 << 20
"""Memory for the blocks in use, besides the rows. What a worker holds before its first file is extra."""
_TABLES_JOINED = 16
"""This many tables of blocks are joined at once, so that the next ones reuse their memory."""
_CERTAIN_FRACTION = 0.8
"""Share that is certain of the number of rows that the file's size and first lines suggest."""

_MAX_HEADERS = 100
"""The most sections of a file. Below them, only the header of the last one may be repeated."""
_MAX_NAMES = 5_000
"""The most different lines that begin with a letter and are examined in vain: each costs 100 µs.

After them, only lines with the name of the times are examined.
"""
_MAX_DATES, _MAX_BYTES = 10_000, 80
"""The most lines with a date that are kept, and the most bytes of each."""
_DATE_LINE = r'[#%*\s]*"?(?:([^\W\d_]{2,12})[\s:=,;|"]+)?([^,;|"\t]+?)[\s,;|"]*'
_LETTER_FIRST = rb'(?:[" ]|\xef\xbb\xbf)*+[A-Za-z\x80-\xff]'


def read_blocks(head: bytes, blocks: Iterator[bytes], dialect: Dialect, profile: Profile, size: int) -> Table:
    """Return the table of the lines in `head` and in these blocks, read by a dialect.

    `size` is that of the text in bytes, 0 if unknown. Raises RejectedFileError if the rows need too much
    memory: those that were read, or those that the size suggests.
    """
    reader = _BlockReader(dialect, profile)
    *above, first = head.split(b"\n", dialect.first_row_line - 1)
    reader.note_dates(above)
    max_rows = max(0, profile.caps.max_memory - _WORKING_BYTES) // BYTES_PER_ROW
    joins: list[Table] = []
    tables: list[Table] = []
    rows, done = 0, 0
    for block in chain((first,), blocks):
        found = reader.read(block)
        tables += found
        rows += sum(len(table.line) for table in found)
        done += len(block)
        if rows * max(1.0, _CERTAIN_FRACTION * size / max(done, 1)) > max_rows:
            limit = f"more than {max_rows} rows need more memory than allowed"
            raise RejectedFileError("too_large", f"{limit}; raise --file-memory or split the file")
        if len(tables) >= _TABLES_JOINED:
            joins, tables = [*joins, joined(tables)], []
    table = joined([*joins, *tables])._replace(dates=reader.dates, sections=reader.sections, profile=profile)
    return table if profile.csv.section is None else of_section(table, profile.csv.section)


def _date_in_line(raw: bytes) -> str:
    """Return the date that is alone in a line, or follows a word such as Date; empty if there is none."""
    # Here and below: files with full timestamps do not need these modules, and workers start without them.
    from processing.head.cell_kinds import holds_date  # noqa: PLC0415
    from processing.naming.synonyms import DATE_NAMES, normal  # noqa: PLC0415

    match = re.fullmatch(_DATE_LINE, decoded(raw) or "") if len(raw) <= _MAX_BYTES else None
    is_named = match is not None and (match[1] is None or normal(match[1]) in DATE_NAMES)
    return match[2] if match is not None and is_named and holds_date(match[2]) else ""


class DateLines(dict[int, str]):
    """The dates above times of day, by the number of their line."""

    def take(self, number: int, raw: bytes) -> bool:
        """Return whether a line holds such a date; if so, keep it."""
        date = _date_in_line(raw) if len(self) < _MAX_DATES else ""
        if date:
            self[number] = date
        return bool(date)


class _BlockReader:
    """Reads the blocks of one file: plain lines at once, the others cell by cell."""

    def __init__(self, dialect: Dialect, profile: Profile) -> None:
        self._profile = profile
        self._forms: dict[Form, int] = {PLAIN: 0}
        self._rejected: list[RejectedRow] = []
        self._labels: dict[str, int] = {}
        self._next_line = dialect.first_row_line
        self.dates = DateLines()
        self.sections: list[int] = []
        self._headers_left, self._header = _MAX_HEADERS, b""
        self._no_headers: set[int] = set()
        """The hashes of lines that begin with a letter and are no headers."""
        self._begin(dialect)

    def note_dates(self, above: list[bytes]) -> None:
        """Keep the dates in the lines above the first row."""
        if not self._is_dated:
            for number, raw in enumerate(above, 1):
                self.dates.take(number, raw)

    def _begin(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self.sections.append(dialect.header_line)
        self._is_dated = time_format(dialect.time_format).has_date
        self._name_of_times = "".join(dialect.header[dialect.stamp[0] :][:1]).encode()
        self._wanted = wanted_labels(dialect)
        self._fast = FastParser(dialect, self._forms, self._rejected, self._labels)
        self._strict: StrictParser | None = None

    def read(self, block: bytes) -> list[Table]:
        """Return the rows of the next block: a table for each section in it."""
        tables = []
        while True:
            first = self._next_line
            count = int(np.count_nonzero(np.frombuffer(block, np.uint8) == ord("\n")))  # block.count is slow
            table = self._fast.read(block, np.arange(first, first + count, dtype=np.int32))
            if len(table.line) == count:
                tables.append(self._of_wanted(table))
                break
            others = sorted({*range(count)}.difference((table.line - first).tolist()))
            lines = block.split(b"\n")
            if not self._is_dated:
                others = [each for each in others if not self.dates.take(first + each, lines[each])]
            at, dialect = self._next_section(lines, others)
            if dialect is not None:
                others = without_titles(others, lines, at)
                table = table.chosen((table.line < first + at).nonzero()[0])
            if self._strict is None:
                self._strict = StrictParser(self._dialect, self._forms, self._rejected, self._labels)
            strict = self._strict.read([first + each for each in others], [lines[each] for each in others])
            whole = joined([self._of_wanted(table), strict])
            tables.append(whole.chosen(whole.line.argsort(kind="stable")))
            if dialect is None:
                break
            block = block.split(b"\n", dialect.first_row_line - first)[-1]
            self._next_line = dialect.first_row_line
            self._begin(dialect)
        self._next_line += count
        return tables

    def _of_wanted(self, table: Table) -> Table:
        """Return the rows with wanted labels."""
        if self._wanted is None or table.label is None:
            return table
        numbers = [self._labels[label] for label in self._wanted if label in self._labels]
        is_wanted = np.isin(table.label, numbers)
        is_unlabelled = table.label == self._labels.get("", -1)
        unlabelled = int(np.count_nonzero(~is_wanted if self._dialect.adds_labels else is_unlabelled))
        return table.chosen(is_wanted.nonzero()[0])._replace(unlabelled=unlabelled)

    def _next_section(self, lines: list[bytes], others: list[int]) -> tuple[int, Dialect | None]:
        """Return the first of these lines that is a header, and how the section below it is written."""
        if not self._dialect.header_line:
            return 0, None
        for at in (at for at in others if re.match(_LETTER_FIRST, lines[at])):
            if (self._headers_left or lines[at] != self._header) and self._may_be_header(lines[at]):
                number = self._next_line + at
                if not self._headers_left:
                    message = f"line {number} may begin another section, after {_MAX_HEADERS} of them"
                    raise RejectedFileError("malformed_csv", f"{message}; split the file", number)
                self._headers_left -= 1
                dialect = self._section(b"\n".join(lines[at:]), number)
                if dialect is not None:
                    self._header = lines[at]
                    return at, dialect
        return 0, None

    def _may_be_header(self, raw: bytes) -> bool:
        from processing.layout.header import may_be_header  # noqa: PLC0415

        is_full = len(self._no_headers) >= _MAX_NAMES
        if (known := hash(raw)) in self._no_headers or (is_full and self._name_of_times not in raw):
            return False
        if may_be_header(raw, self._profile):
            return True
        self._no_headers.add(known)
        return False

    def _section(self, block: bytes, first: int) -> Dialect | None:
        """Return how the section that begins a block is written; None if no header begins it."""
        from processing.layout.detection import detected  # noqa: PLC0415

        try:
            return detected(block, (), self._profile, first)
        except RejectedFileError as error:
            if error.code != "ambiguous_time":
                return None
        csv = msgspec.structs.replace(self._profile.csv, time_format=self._dialect.time_format)
        return detected(block, (), msgspec.structs.replace(self._profile, csv=csv), first)
