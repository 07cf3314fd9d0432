"""Processes one file: bytes in, a Result or a Rejection out."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np

from processing.checks.check import CheckedFile
from processing.checks.registry import run_checks
from processing.metrics.chart_series import series_of
from processing.metrics.daily import figures, quality
from processing.model.channels import CHANNELS
from processing.model.flags import SUSPECT, Flags
from processing.model.profile import Profile
from processing.model.result import Input, LimitUsed, Period, ProfileUsed, Records, Rejection, Result, rounded
from processing.model.safe_text import counted
from processing.model.thresholds import NIGHT_FLOOR
from processing.model.version import VERSION
from processing.reading import grammar
from processing.reading.byte_source import RefusedError, Source
from processing.reading.table import Table, read
from processing.rows.rejected_rows import rejected_rows
from processing.rows.time_order import Ordered, ordered
from processing.rows.valid_rows import Day, day_of


@np.errstate(over="ignore", invalid="ignore")  # of readings that fail anyway, such as 1e308
def process(
    stream: BinaryIO, profile: Profile, *, name: bytes, processed_at: str, size: int = 0
) -> Result | Rejection:
    """Return the result of the bytes in the stream, which is read once to its end, or why they are rejected.

    `name` is relative to incoming; `.gz` at its end means gzip. `processed_at` is UTC. `size` is that of the
    stream in bytes, if it is known: a file that needs too much memory is then rejected after its first block.
    No bytes raise an exception; errors of the stream itself are passed on.
    """
    packed = name.lower().endswith(b".gz")
    source = Source(stream, profile.caps, packed=packed)
    try:
        table = read(source.lines(profile.csv.encoding), profile, 0 if packed else size)
        found = ordered(table, profile)
        _check_valid_rows(table, found, profile)
    except RefusedError as error:
        return Rejection(
            input=source.input_of(name),
            code=error.code,
            message=error.message,
            line=error.line,
            column=error.column,
        )
    return _result(table, found, profile, source.input_of(name), processed_at)


def _check_valid_rows(table: Table, found: Ordered, profile: Profile) -> None:
    """Raise RefusedError for a file that is malformed as a whole or has no valid row."""
    total = len(table.line) + table.repeats
    broken = int(np.count_nonzero(table.broken)) + table.repeats
    if not total:
        raise RefusedError("no_valid_rows", "the file has a header and no rows", table.dialect.header_line)
    if broken > profile.caps.max_invalid * total:
        first = table.rejected[0]
        message = f"{broken} of {counted(total, 'row')} cannot be read; the first: {first.reason}"
        raise RefusedError("malformed_csv", message, first.line, first.column)
    if not found.rows.valid.any():
        first = rejected_rows(table, found.rows, profile)[0]
        message = (
            f"none of {counted(total, 'row')} is valid; the first: {first.column or 'row'} {first.reason}"
        )
        raise RefusedError("no_valid_rows", message, first.line, first.column)


def _result(table: Table, found: Ordered, profile: Profile, input_file: Input, processed_at: str) -> Result:
    rows = found.rows
    day = day_of(rows, table.forms, profile)
    now = grammar.timestamp(processed_at)
    checked = CheckedFile(found, day, profile, table.forms, table.rejected, None if now is None else now.time)
    findings = run_checks(checked)
    records = _records(table, found, day, findings.row_flags)
    start, end = checked.text(0), checked.text(rows.timed - 1)
    return Result(
        watcher_version=VERSION,
        input_file=input_file.name.rpartition("/")[2],
        processed_at=processed_at,
        records_total=records.total,
        records_processed=records.valid,
        records_invalid=records.total - records.valid - records.duplicate,
        records_suspect=records.suspect,
        records_duplicate=records.duplicate,
        metrics=figures(day, table.forms, profile),
        quality=quality(
            rows,
            day,
            profile,
            records=records,
            period=Period(start=start, end=end, interval_seconds=rounded(day.dt)),
            checks=findings.counts,
        ),
        anomalies=findings.listed(),
        anomalies_total=sum(findings.anomalies_by_check.values()),
        anomalies_by_check=findings.anomalies_by_check,
        rejected_rows=[] if day.at is None else rejected_rows(table, rows, profile),
        profile=_used(profile),
        input=input_file,
        series=series_of(rows, start, findings.row_flags, findings.channel_flags),
    )


def _records(table: Table, found: Ordered, day: Day, row_flags: Flags) -> Records:
    rows = found.rows
    present = rows.timed - int(np.count_nonzero(rows.steps.seconds == 0))
    return Records(
        total=len(table.line) + table.repeats,
        valid=len(day.time),
        suspect=int(np.count_nonzero(row_flags == SUSPECT)),
        duplicate=len(found.duplicates) + table.repeats,
        unparsable=int(np.count_nonzero(table.broken)) + table.repeats,
        expected=day.expected,
        missing=max(0, day.expected - present),
    )


def _used(profile: Profile) -> ProfileUsed:
    limits = {}
    for name, facts in CHANNELS.items():
        channel = profile.channels[name]
        limits[name] = LimitUsed(unit=facts.unit, min=channel.min, max=channel.max)
    return ProfileUsed(
        name=profile.name,
        limits=limits,
        rated_power_w=profile.site.rated_power_w,
        night_floor_w=profile.thresholds[NIGHT_FLOOR],
    )
