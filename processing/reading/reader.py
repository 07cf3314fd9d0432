"""From blocks of whole lines to the table of a file."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

import msgspec
import numpy as np

from processing.formats.known_format import KnownFormat, takes_formats
from processing.head.dialect import begins_as_default, default_dialect
from processing.model.profile import Profile
from processing.model.rejection import RejectedFileError
from processing.model.stamp import NO_TIME
from processing.reading.block_reader import read_blocks
from processing.reading.byte_source import BLOCK, LineSource, RewrittenLines
from processing.reading.clock import check_clock, check_repeated_hour, with_clock, with_dates
from processing.reading.table import Table, with_lines_of_rows

Formats: TypeAlias = Sequence[KnownFormat]

_DOUBTFUL_FRACTION = 0.02
"""Share of the rows: if more cannot be read, the file may be written in another way."""


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
    lines_above: int = 0
    zone: str = ""
    """The time zone whose name stood behind the times."""

    def again(self) -> tuple[bytes, Iterator[bytes]]:
        """Return the first blocks of its lines and the others; a small file is not read again."""
        if self.is_whole:
            return self.head, self.others
        return _head(self.source, self.encoding)

    def ends(self) -> bytes:
        """Return the first blocks of its lines, and the last ones."""
        head, others = self.again()
        return head + b"".join(deque(others, maxlen=2))


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
    file = opened(source, profile, name)
    possible = _possible_formats(file.head, formats, shipped, profile)
    if file.zone and not profile.csv.timezone:
        csv = msgspec.structs.replace(profile.csv, timezone=file.zone)
        profile = msgspec.structs.replace(profile, csv=csv)
    found = _by_format(file, possible, profile, size, name) if possible else None
    if found is None:
        found = with_clock(_table(file, profile, size, name), profile)
    return found


def opened(source: LineSource, profile: Profile, name: bytes = b"") -> Opened:
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
    rewriting = rewriting_of(head, profile, name)
    if rewriting.steps:
        source, blocks = RewrittenLines(source, rewriting.apply), map(rewriting.apply, blocks)
    stated = rewriting.stated | ({"encoding": found} if found not in ("auto", "utf-8") else {})
    is_whole = len(head) < BLOCK // 2  # before it is rewritten, which may shorten the first blocks of many
    rows = rewriting.lines_of_row, rewriting.lines_above
    return Opened(source, found, rewriting.apply(head), blocks, is_whole, stated, *rows, rewriting.zone)


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
    from processing.formats.known_formats import recognised, with_format  # noqa: PLC0415

    known = recognised(file.head, formats, profile, name)
    if known is None:
        return None
    from processing.formats.changes import with_changes  # noqa: PLC0415
    from processing.formats.columns import changes_by  # noqa: PLC0415

    changes: dict[str, Any] = {}
    try:
        changes = changes_by(known, file.head, profile)
        profile = with_changes(profile, changes)
        table = with_clock(_table(file, profile, size, name), profile)
        if table.doubt and known.known.is_shipped:
            raise table.doubt
    except RejectedFileError as error:
        raise with_format(error, known.known, changes) from None
    return table._replace(dialect=table.dialect._replace(format_name=known.known.name), changes=changes)


def _table(file: Opened, profile: Profile, size: int, name: bytes) -> Table:
    if "delimiter" in file.stated:
        profile = msgspec.structs.replace(profile, csv=msgspec.structs.replace(profile.csv, delimiter=" "))
    dialect = default_dialect(file.head, profile)
    table = None if dialect is None else read_blocks(file.head, file.others, dialect, profile, size)
    if table is None or table.broken_count > _DOUBTFUL_FRACTION * (len(table.line) + table.repeats):
        table = _detected_table(file, profile, size, name, table)
    else:
        check_clock(table)
    if table.broken_count and not file.is_whole and file.encoding == "auto":
        later = _in_later_encoding(file, profile)
        if later is not None:
            return _table(later, profile, size, name)
    table = with_lines_of_rows(table, file.lines_of_row, file.lines_above)
    return table._replace(dialect=table.dialect._replace(**file.stated)) if file.stated else table


def _in_later_encoding(file: Opened, profile: Profile) -> Opened | None:
    """Return a file in the encoding that only its later blocks show; None if they show none."""
    from processing.reading.encodings import later_encoding  # noqa: PLC0415

    encoding = later_encoding(*file.again(), profile)
    if encoding == "auto":
        return None
    head, others = _head(file.source, encoding)
    stated = file.stated | {"encoding": encoding}
    return file._replace(encoding=encoding, head=head, others=others, stated=stated)


def _detected_table(file: Opened, profile: Profile, size: int, name: bytes, table: Table | None) -> Table:
    """Return the table with a detected dialect; `table` is that of the default format, if it was tried."""
    from processing.layout.detection import by_sample, detected, detector_of  # noqa: PLC0415
    from processing.reading import devices, long_rows  # noqa: PLC0415

    dialect, detector = default_dialect(file.head, profile), None
    if dialect is None:
        try:
            detector = detector_of(file.head, profile)
            dialect = by_sample(detector, file.head, file.again)
        except RejectedFileError:
            if file.is_whole:  # else the first blocks that are read again may be longer
                raise
    if table is None and dialect is not None:
        table = read_blocks(*file.again(), dialect, profile, size)
    if table is None or table.broken_count:
        known = detector if file.is_whole else None
        other = detected(*file.again(), profile, known=known)
        if other != dialect or table is None:
            table = read_blocks(*file.again(), other, profile, size)
    table = _as_clocks_show(table, profile)
    check_clock(table)
    if table.dialect.long or table.dialect.has_other_columns:
        table = table._replace(ends=file.ends)  # another column may name devices
    table = _of_others(file, table, profile, size)
    long_rows.check_labels(table, file.again, profile)
    table = long_rows.with_added_devices(
        long_rows.in_units_of_rows(with_dates(table, name), profile), profile
    )
    devices.check_one_device(table)
    check_repeated_hour(table, profile)
    long_rows.check_units(table, file.again)
    table = _with_doubt(file, table, profile)
    devices.check_sums(table, profile)
    if table.dialect.long:
        table = long_rows.wide_table(table, profile)
    return devices.with_unit_of_power(table, profile, file.again)


def _of_others(file: Opened, table: Table, profile: Profile, size: int) -> Table:
    """Return the table; if it has no row, that of the rows that a profile knows and leaves out, each with 0.

    The times at which energy flows in are those at which none flows out.
    """
    where = profile.csv.where
    if len(table.line) or where is None or not where.others or table.dialect.long:
        return table
    if not isinstance(where.value, str):
        return table
    dialect = table.dialect._replace(where=where.others)
    found = read_blocks(*file.again(), dialect, profile, size)
    if not len(found.line):
        return table
    flows = [[0.0 if name in ("power", "energy") else np.nan] for name in dialect.columns]
    readings = np.broadcast_to(flows, found.readings.shape).copy()
    return found._replace(dialect=table.dialect, readings=readings, parts=None, ends=table.ends)


def _as_clocks_show(table: Table, profile: Profile) -> Table:
    """Return the table with the times of a clock of 24 hours, on days with an hour more or less too.

    Raises RejectedFileError if the steps of such a day are numbered, and no zone is set.
    """
    if "%I" in table.dialect.time_format:
        return _in_24_hours(table)
    if " +" not in table.dialect.time_format:
        return table
    from processing.rewriting.completed_times import check_zone  # noqa: PLC0415 - few files need it
    from processing.times.zones import clocks_of_steps, days_of_steps  # noqa: PLC0415 - as above

    (rows,), time = (table.time != NO_TIME).nonzero(), table.time.copy()
    days, hours = days_of_steps(time[rows])
    zone = profile.csv.timezone or profile.site.timezone
    if zone:
        time[rows] = clocks_of_steps(time[rows], days, hours, zone)
    else:
        for day, more in hours.items():
            check_zone([str(np.datetime64(day, "D"))], more)
    return table._replace(time=time)


def _in_24_hours(table: Table) -> Table:
    """Return the table with the times that a clock of 24 hours shows, if the order of rows says which.

    Those with AM and PM stay, unless noon is written as 12 AM.
    """
    from processing.times.half_days import has_noon_as_12_am, in_24_hours  # noqa: PLC0415 - few files need it

    is_open = "%p" not in table.dialect.time_format or has_noon_as_12_am(table.time)
    time = in_24_hours(table.time) if is_open else None
    return table if time is None else table._replace(time=time)


def _with_doubt(file: Opened, table: Table, profile: Profile) -> Table:
    """Return the table with the question whether columns change order, if the profile names the column.

    Raises RejectedFileError if it does not, or if a factor or a duration may change the readings.
    """
    from processing.crosschecks import factors  # noqa: PLC0415
    from processing.crosschecks.order import check_order  # noqa: PLC0415
    from processing.crosschecks.swapped_rows import check_swapped_rows  # noqa: PLC0415

    dialect = table.dialect
    if has_others := bool(dialect.long or dialect.has_other_columns):
        factors.check_exponent(dialect, file.again, profile)
        factors.check_factor(dialect, file.again, profile)
        factors.check_duration(dialect, file.again, profile)
    factors.check_lines_above(file.head, dialect, profile)
    if has_others:
        from processing.crosschecks.marks import check_marks  # noqa: PLC0415 - few files need it

        check_marks(dialect, file.again, profile)
    if len(table.sections) != 1:
        return table
    readings = dict(zip(dialect.columns, table.readings, strict=True))
    doubt = check_swapped_rows(dialect, table.line, readings, profile)
    if doubt is None:
        doubt = check_order(dialect, table.line, table.time, readings, again=file.again, profile=profile)
    return table._replace(doubt=doubt) if doubt else table


def _head(source: LineSource, encoding: str) -> tuple[bytes, Iterator[bytes]]:
    """Return the first blocks of a file, and the others."""
    blocks, head = source.lines(encoding), b""
    while len(head) < BLOCK // 2 and (block := next(blocks, b"")):
        head += block
    if not head:
        raise RejectedFileError("empty_file", "the file is empty; expected a header and rows")
    return head, blocks
