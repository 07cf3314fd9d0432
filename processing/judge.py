"""One file from bytes to Result or Rejection."""

from __future__ import annotations

import csv
import gzip
import hashlib
import zlib
from datetime import datetime
from typing import Any, BinaryIO

import numpy as np

from processing.channels import CHANNELS
from processing.names import text_of
from processing.profile import Profile
from processing.result import (
    Input,
    LimitUsed,
    Metrics,
    Period,
    ProfileUsed,
    Quality,
    Records,
    Rejection,
    Result,
    Span,
    Stats,
)


def process(stream: BinaryIO, profile: Profile, *, name: bytes, processed_at: str) -> Result | Rejection:
    """Return what the bytes of the stream, read once to its end, say about a day."""
    raw = stream.read()
    source = Input.of(name, len(raw), hashlib.sha256(raw).hexdigest())
    if not raw:
        return Rejection(input=source, code="empty_file", message="the file is empty; expected a header and rows")
    try:
        text = (gzip.decompress(raw) if name.lower().endswith(b".gz") else raw).decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError):
        return Rejection(input=source, code="not_text", message="the file is no UTF-8 text; expected a CSV")
    lines = list(csv.reader(text.splitlines()))
    missing = {"timestamp", "voltage", "current"} - set(lines[0])
    if missing:
        message = f"columns missing: {', '.join(sorted(missing))}"
        return Rejection(input=source, code="missing_columns", message=message, line=1)
    rows = [row for row in (_row(lines[0], cells) for cells in lines[1:]) if row]
    if not rows:
        return Rejection(input=source, code="no_valid_rows", message="the file has no valid row")
    return _result(source, name, processed_at, rows, len(lines) - 1, profile)


def _row(header: list[str], cells: list[str]) -> dict[str, Any] | None:
    try:
        row: dict[str, Any] = {key: float(cell) for key, cell in zip(header, cells, strict=True) if key in CHANNELS}
        datetime.fromisoformat(cells[header.index("timestamp")])
    except (ValueError, IndexError):
        return None
    row["timestamp"] = cells[header.index("timestamp")]
    inside = all(facts.low <= row[key] <= facts.high for key, facts in CHANNELS.items() if key in row)
    return row if inside else None


def _result(
    source: Input, name: bytes, processed_at: str, rows: list[dict[str, Any]], total: int, profile: Profile
) -> Result:
    rows.sort(key=lambda row: str(row["timestamp"]))
    span = {"start": rows[0]["timestamp"], "end": rows[-1]["timestamp"]}
    stats = {}
    for channel in CHANNELS:
        values = np.array([row[channel] for row in rows if channel in row])
        stats[channel] = Stats(
            avg=round(float(values.mean()), 6), min=float(values.min()), max=float(values.max()), std=0.0
        )
    energy = round(sum(row["power"] for row in rows) * 300 / 3.6e6, 6)
    return Result(
        input_file=text_of(name.rpartition(b"/")[2]),
        processed_at=processed_at,
        records_total=total,
        records_processed=len(rows),
        records_invalid=total - len(rows),
        records_suspect=0,
        records_duplicate=0,
        metrics=Metrics(
            **stats,
            total_energy_kwh=energy,
            peak_power_hour=None,
            peak_power_w=None,
            peak_power_time=None,
            interval_seconds=300.0,
            period=Span(**span),
            specific_yield_kwh_per_kw=None,
            capacity_factor=None,
            hours=[],
        ),
        quality=Quality(
            period=Period(**span, interval_seconds=300.0),
            records=Records(
                total=total,
                valid=len(rows),
                suspect=0,
                duplicate=0,
                unparsable=0,
                expected=total,
                missing=0,
            ),
            data_availability=None,
            quality_index=None,
            energy_gap_filled_kwh=None,
            checks=[],
        ),
        anomalies=[],
        anomalies_total=0,
        rejected_rows=[],
        profile=ProfileUsed(
            name=profile.name,
            limits={key: LimitUsed(unit=facts.unit, min=facts.low, max=facts.high) for key, facts in CHANNELS.items()},
            rated_power_w=profile.site.rated_power_w,
            night_floor_w=profile.thresholds.night_floor_w,
        ),
        input=source,
    )
