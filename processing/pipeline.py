"""Processes one file: bytes in, a Result or a Rejection out."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, BinaryIO

import numpy as np
from msgspec import UNSET

from processing.checks.checked_file import CheckedFile
from processing.findings.registry import run_checks
from processing.formats.known_format import KnownFormat, format_hash
from processing.head.dialect import Dialect
from processing.metrics.chart_series import series_of
from processing.metrics.daily import figures, quality
from processing.model.channels import CHANNELS
from processing.model.flags import SUSPECT, Flags, all_of
from processing.model.profile import Profile
from processing.model.rejection import Input, RejectedFileError, Rejection
from processing.model.result import ColumnUsed, LimitUsed, Period, ProfileUsed, Records, Result, rounded
from processing.model.safe_text import text_of
from processing.model.stamp import SECOND
from processing.model.thresholds import NIGHT_FLOOR
from processing.plausibility.rejected_rows import rejected_rows
from processing.plausibility.usable import check_usable
from processing.reading.byte_source import ByteSource
from processing.reading.reader import read_table
from processing.reading.strict_rows import without_cut_row
from processing.reading.table import Table
from processing.rows.sorted_rows import SortedRows
from processing.rows.time_order import sort_rows
from processing.version import VERSION


@np.errstate(over="ignore", invalid="ignore")  # of readings that fail anyway, such as 1e308
def process(
    stream: BinaryIO,
    profile: Profile,
    *,
    name: bytes,
    processed_at: str,
    size: int = 0,
    formats: Sequence[KnownFormat] = (),
    shipped: Callable[[], Sequence[KnownFormat]] = tuple,
) -> Result | Rejection:
    """Return the result of the bytes in the stream, which is read to its end, or why they are rejected.

    `name` is relative to incoming; `.gz` at its end means gzip. `processed_at` is UTC. `size` is that of the
    stream in bytes, if it is known: a file that needs too much memory is then rejected after its first block.
    `formats` are the known formats that may say how to read the file; if the file does not have the default
    header, `shipped` is called for more. No bytes raise an exception; errors of the stream itself are passed
    on.
    """
    packed = name.lower().endswith(b".gz")
    source = ByteSource(stream, profile.caps, packed=packed)
    reads, changes, format_name, own = profile, dict[str, Any](), "", list[KnownFormat]()
    try:
        table = read_table(source, profile, 0 if packed else size, name, formats, shipped=shipped)
        reads, changes, format_name = table.profile, table.changes, table.dialect.format_name
        if format_name:
            own = [one for one in formats if one.name == format_name and not one.is_shipped]
        if source.tail:
            table = without_cut_row(table, source.tail)
        rows = sort_rows(table, reads)
        check_usable(table, rows)
        if own:
            _check_of_site(rows, own[0])
    except RejectedFileError as error:
        return _rejection(_with_format(error, own[0]) if own else error, source, reads, name, changes)
    used = next(one for one in (*formats, *shipped()) if one.name == format_name) if format_name else None
    return _result(table, rows, source.input_of(name), processed_at, format_hash(profile, used))


def _check_of_site(rows: SortedRows, known: KnownFormat) -> None:
    """Raise RejectedFileError if rows that a site's format reads may be of another logger in the folder."""
    # few files need them
    from processing.plausibility.meaning_of_rows import check_kind  # noqa: PLC0415
    from processing.plausibility.sizes_and_signs import check_power_of_energy  # noqa: PLC0415
    from processing.plausibility.units import check_accepted_unit  # noqa: PLC0415

    check_kind(rows, "interval")
    check_power_of_energy(rows, has_site_format=True)
    accepted = known.accepted
    if accepted is None:
        check_accepted_unit(rows, known.channels)
    else:
        check_accepted_unit(rows, known.channels, power_w=accepted.power_w, decimals=accepted.decimals)


def _with_format(error: RejectedFileError, known: KnownFormat) -> RejectedFileError:
    from processing.formats.known_formats import with_format  # noqa: PLC0415 - few files need it

    return with_format(error, known, {})


def _rejection(
    error: RejectedFileError, source: ByteSource, profile: Profile, name: bytes, changes: dict[str, Any]
) -> Rejection:
    """Return the rejection with what each way to read the file would mean.

    Each way has the changes of the known format, which a profile with such lines replaces.
    """
    from processing.formats.changes import merged  # noqa: PLC0415 - few files need it
    from processing.proposals.candidates import Ways, ways_to_read  # noqa: PLC0415 - as above

    choices = [one._replace(changes=merged(changes, one.changes)) for one in error.choices]
    ways = ways_to_read(source, profile, choices, name) if choices else Ways()
    return Rejection(
        code=error.code,
        message=ways.message_for(error),
        line=error.line,
        column=error.column,
        candidates=[*ways.found] or UNSET,
        input=source.input_of(name),
    )


def _result(
    table: Table, rows: SortedRows, input_file: Input, processed_at: str, profile_sha256: str
) -> Result:
    valid = rows.valid_rows()
    metrics = figures(valid)
    now = int(datetime.fromisoformat(processed_at).timestamp() * SECOND)
    file = CheckedFile(rows, valid, now, table.unlabelled, metrics.total_energy_kwh, table.doubt)
    findings = run_checks(file)
    records = _records(table, rows, findings.row_flags)
    missing = int(np.count_nonzero(rows.missing))
    period = Period(start=rows.text(0), end=rows.text(rows.timed - 1), interval_seconds=rounded(rows.dt))
    return Result(
        watcher_version=VERSION,
        input_file=input_file.name.rpartition("/")[2],
        processed_at=processed_at,
        records_total=records.total,
        records_processed=records.valid,
        records_invalid=records.total - records.valid - records.duplicate - missing,
        records_missing=missing,
        records_suspect=records.suspect,
        records_duplicate=records.duplicate,
        metrics=metrics,
        quality=quality(rows, valid, records=records, period=period, checks=findings.counts),
        anomalies=findings.listed(),
        anomalies_total=sum(findings.anomalies_by_check.values()),
        anomalies_by_check=findings.anomalies_by_check,
        rejected_rows=[] if all_of(rows.valid) else rejected_rows(rows),
        profile=_used(rows, table.dialect, profile_sha256),
        input=input_file,
        series=series_of(rows, findings.row_flags, findings.channel_flags),
    )


def _records(table: Table, rows: SortedRows, row_flags: Flags) -> Records:
    present = rows.timed - (0 if rows.steps.shortest else int(np.count_nonzero(rows.steps.seconds == 0)))
    return Records(
        total=len(table.line) + table.repeats,
        valid=int(np.count_nonzero(rows.valid)),
        suspect=int(np.count_nonzero(row_flags == SUSPECT)),
        duplicate=len(rows.duplicates) + table.repeats,
        unparsable=table.broken_count,
        expected=rows.expected,
        missing=max(0, rows.expected - present),
    )


def _used(rows: SortedRows, dialect: Dialect, sha256: str) -> ProfileUsed:
    limits = {
        name: LimitUsed(unit=CHANNELS[name].unit, min=one.min, max=one.max, is_known=one.is_known)
        for name, one in rows.limits.items()
    }
    used = {
        name: ColumnUsed(column=_printable(one.name), unit=one.unit, factor=one.factor, offset=one.offset)
        for name, one in dialect.columns.items()
    }
    return ProfileUsed(
        columns=used,
        time_columns=[_printable(dialect.header[at]) for at in dialect.stamp],
        time_format=dialect.time_format,
        label="end" if rows.profile.csv.label == "end" else UNSET,
        encoding=dialect.encoding or UNSET,
        delimiter=dialect.delimiter,
        decimal=dialect.decimal,
        thousands=dialect.thousands,
        unused_columns=[_printable(name) for name in dialect.unused],
        format_name=dialect.format_name,
        name=rows.profile.name,
        limits=limits,
        timezone=rows.profile.site.timezone or UNSET,
        rated_power_w=rows.profile.site.rated_power_w,
        night_floor_w=rows.thresholds[NIGHT_FLOOR],
        sha256=sha256,
    )


def _printable(cell: str) -> str:
    """Return a header cell as a record has it."""
    return cell if cell.isascii() and cell.isprintable() else text_of(cell.encode("utf-8", "replace"))
