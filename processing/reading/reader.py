"""From blocks of whole lines to the table of a file."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple, TypeAlias

import msgspec
import numpy as np

from processing.formats.known_format import KnownFormat, takes_formats
from processing.layout.dialect import Dialect, begins_as_default, default_dialect
from processing.model.profile import Profile
from processing.model.rejection import RejectedFileError
from processing.model.result import RejectedRow
from processing.model.stamp import PLAIN, Form
from processing.reading.byte_source import BLOCK, LineSource, RewrittenLines
from processing.reading.clock import DateLines, check_clock, with_clock, with_dates
from processing.reading.fast_rows import FastParser
from processing.reading.strict_rows import StrictParser
from processing.reading.table import Table, joined, of_section, wanted_labels, with_lines_of_rows
from processing.values.time_formats import time_format

Formats: TypeAlias = Sequence[KnownFormat]

BYTES_PER_ROW = 220
"""Memory of a row at the peak of its processing if rows are out of order; 130 if they are in order."""
_WORKING_BYTES = 16 << 20
"""Memory for the blocks in use, besides the rows. What a worker holds before its first file is extra."""
_TABLES_JOINED = 16
"""This many tables of blocks are joined at once, so that the next ones reuse their memory."""
_CERTAIN_FRACTION = 0.8
"""Share that is certain of the number of rows that the file's size and first lines suggest."""
_DOUBTFUL_FRACTION = 0.02
"""Share of the rows: if more cannot be read, the file may be written in another way."""

_MAX_HEADERS = 100
"""The most lines inside a file that are examined as the header of a section."""
_LETTER_FIRST = rb'(?:[" ]|\xef\xbb\xbf)*+[A-Za-z\x80-\xff]'


class Opened(NamedTuple):
    """A file whose encoding is known, and how its lines are rewritten."""

    source: LineSource
    encoding: str
    head: bytes
    """The first blocks of its lines."""
    others: Iterator[bytes]
    is_whole: bool
    """Whether there are no others."""
    stated: dict[str, Any]
    """Properties that its lines no longer show: the encoding, and blanks that were replaced by tabs."""
    lines_of_row: int = 1

    def again(self) -> tuple[bytes, Iterator[bytes]]:
        """Return the first blocks of its lines and the others; a small file is not read again."""
        if self.is_whole:
            return self.head, self.others
        return _head(self.source, self.encoding)


def read_table(
    source: LineSource,
    profile: Profile,
    size: int = 0,
    name: bytes = b"",
    formats: Formats = (),
    *,
    shipped: Callable[[], Formats] = tuple,
) -> Table:
    """Return the table in the lines of a file.

    If a known format fits the file, and the profile does not say how to read it, the format is used. Some
    rows decide how the file is written. If they leave that open, or if rows cannot be read in this way, all
    rows decide, and the file is read again. `size` is that of the text in bytes, 0 if unknown; `name` is that
    of the file. Raises RejectedFileError if there is no header, if the file is ambiguous, or if the rows need
    too much memory: those that were read, or those that the size suggests.
    """
    file = opened(source, profile)
    possible = _possible_formats(file.head, formats, shipped, profile)
    found = _by_format(file, possible, profile, size, name) if possible else None
    if found is None:
        found = with_clock(_table(file, profile, size, name), profile)
    return found


def opened(source: LineSource, profile: Profile) -> Opened:
    """Return a file with its first lines. Raises RejectedFileError if it is empty."""
    encoding: str = profile.csv.encoding
    head, blocks = _head(source, encoding)
    if begins_as_default(head) and encoding == "auto" and head.isascii() and b"\0" not in head:
        return Opened(source, encoding, head, blocks, len(head) < BLOCK // 2, {})
    # Here and below: files of the default format do not need these modules, and workers start without them.
    from processing.reading.encodings import encoding_of  # noqa: PLC0415
    from processing.rewriting.rewriting import rewriting_of  # noqa: PLC0415

    if b"\0" in head and not head.strip(b"\0\r\n"):
        raise RejectedFileError("empty_file", f"the first {len(head)} bytes are NUL; expected a header")
    found = encoding_of(head, profile) if encoding == "auto" else encoding
    if found != encoding:
        head, blocks = _head(source, found)
    rewriting = rewriting_of(head, profile)
    if rewriting.steps:
        source, blocks = RewrittenLines(source, rewriting.apply), map(rewriting.apply, blocks)
    stated = rewriting.stated | ({"encoding": found} if found not in ("auto", "utf-8") else {})
    is_whole = len(head) < BLOCK // 2  # before it is rewritten, which may shorten the first blocks of many
    return Opened(source, found, rewriting.apply(head), blocks, is_whole, stated, rewriting.lines_of_row)


def _possible_formats(
    head: bytes, formats: Formats, shipped: Callable[[], Formats], profile: Profile
) -> Formats:
    """Return the formats that a file may have; none if the profile says how to read it.

    A format with the default header is for one folder only, so none that is shipped has it.
    """
    if not takes_formats(profile):
        return ()
    if default_dialect(head, profile) is None:
        return [*formats, *shipped()]
    return [known for known in formats if known.fingerprint.folder is not None]


def _by_format(file: Opened, formats: Formats, profile: Profile, size: int, name: bytes) -> Table | None:
    """Return the table that the fitting one of these formats reads; None if none fits."""
    from processing.formats.changes import with_changes  # noqa: PLC0415
    from processing.formats.columns import changes_by  # noqa: PLC0415
    from processing.formats.known_formats import recognised, with_format  # noqa: PLC0415

    known = recognised(file.head, formats, profile, name)
    if known is None:
        return None
    changes: dict[str, Any] = {}
    try:
        changes = changes_by(known, file.head, profile)
        profile = with_changes(profile, changes)
        table = with_clock(_table(file, profile, size, name), profile)
    except RejectedFileError as error:
        raise with_format(error, known.known, changes) from None
    return table._replace(dialect=table.dialect._replace(format_name=known.known.name))


def _table(file: Opened, profile: Profile, size: int, name: bytes) -> Table:
    if "delimiter" in file.stated:
        profile = msgspec.structs.replace(profile, csv=msgspec.structs.replace(profile.csv, delimiter=" "))
    dialect = default_dialect(file.head, profile)
    table = None if dialect is None else _read(file.head, file.others, dialect, profile, size)
    if table is None or table.broken_count > _DOUBTFUL_FRACTION * (len(table.line) + table.repeats):
        table = _detected_table(file, profile, size, name, table)
    else:
        check_clock(table)
    table = with_lines_of_rows(table, file.lines_of_row)
    return table._replace(dialect=table.dialect._replace(**file.stated)) if file.stated else table


def _detected_table(file: Opened, profile: Profile, size: int, name: bytes, table: Table | None) -> Table:
    """Return the table with a detected dialect; `table` is that of the default format, if it was tried."""
    from processing.layout.detection import by_sample, detected  # noqa: PLC0415
    from processing.reading.devices import check_factor, check_one_device, with_unit_of_power  # noqa: PLC0415
    from processing.reading.long_rows import wide_table  # noqa: PLC0415

    dialect = default_dialect(file.head, profile)
    if dialect is None and (dialect := by_sample(file.head, profile, file.again)) is not None:
        table = _read(*file.again(), dialect, profile, size)
    if table is None or table.broken_count:
        other = detected(*file.again(), profile)
        if other != dialect or table is None:
            table = _read(*file.again(), other, profile, size)
    check_clock(table)
    table = with_dates(table, name)
    check_one_device(table, file.head)
    check_factor(table, file.head, profile)
    if table.dialect.long:
        table = wide_table(table)
    return with_unit_of_power(table, profile)


def _head(source: LineSource, encoding: str) -> tuple[bytes, Iterator[bytes]]:
    """Return the first blocks of a file, and the others."""
    blocks, head = source.lines(encoding), b""
    while len(head) < BLOCK // 2 and (block := next(blocks, b"")):
        head += block
    if not head:
        raise RejectedFileError("empty_file", "the file is empty; expected a header and rows")
    return head, blocks


def _read(head: bytes, blocks: Iterator[bytes], dialect: Dialect, profile: Profile, size: int) -> Table:
    reader = _Reader(dialect, profile)
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
    table = joined([*joins, *tables])._replace(dates=reader.dates, sections=reader.sections)
    return table if profile.csv.section is None else of_section(table, profile.csv.section)


class _Reader:
    """Reads the blocks of one file: plain lines at once, the others cell by cell."""

    def __init__(self, dialect: Dialect, profile: Profile) -> None:
        self._profile = profile
        self._forms: dict[Form, int] = {PLAIN: 0}
        self._rejected: list[RejectedRow] = []
        self._labels: dict[str, int] = {}
        self._next_line = dialect.first_row_line
        self.dates = DateLines()
        self.sections: list[int] = []
        self._headers_left = _MAX_HEADERS if dialect.header_line else 0
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
                others = [each for each in others if each < at]
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
        return table.chosen(np.isin(table.label, numbers).nonzero()[0])

    def _next_section(self, lines: list[bytes], others: list[int]) -> tuple[int, Dialect | None]:
        """Return the first of these lines that is a header, and how the section below it is written."""
        others = [at for at in others if re.match(_LETTER_FIRST, lines[at])] if self._headers_left > 0 else []
        if others:
            from processing.layout.header import may_be_header  # noqa: PLC0415
        for at in others:
            if may_be_header(lines[at], self._profile):
                self._headers_left -= 1
                dialect = self._section(b"\n".join(lines[at:]), self._next_line + at)
                if dialect is not None:
                    return at, dialect
        return 0, None

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
