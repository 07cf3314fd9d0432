"""Readings as Python and pandas have them, and files by path: the convenient face of the same rules."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from processing import values
from processing.batch import files
from processing.file_naming import archive_places
from processing.metrics.daily import figures
from processing.model.channels import CHANNELS
from processing.model.profile import DEFAULT, WIDEST, Channel, Channels, Profile
from processing.model.result import Metrics, Rejection, Result, TimeRange, encode, load
from processing.model.stamp import BLANK, NO_TIME, PLAIN, Form, Stamp, utc_text
from processing.pipeline import process
from processing.reading.dialect import Column, Dialect
from processing.reading.table import Table
from processing.rows.steps import USUAL_INTERVAL
from processing.rows.time_order import ordered
from processing.rows.valid_rows import day_of

_STEP = int(USUAL_INTERVAL * 1e6)
_ANY = Channel(min=-WIDEST, max=WIDEST)
_NO_LIMITS = Profile(channels=Channels(**dict.fromkeys(CHANNELS, _ANY)), sentinels=())
_INFERRED = Stamp(0, Form())


@np.errstate(over="ignore", invalid="ignore")
def validate_data(record: Any) -> bool:
    """Return whether a reading is valid: its four channels are numbers within the limits (inclusive).

    The reading is a dict, or a row of a DataFrame. Numbers may be of any kind, or text. A missing key, a
    non-number, NaN, infinity or a logger's value for no reading is False, never an exception; so is a
    `timestamp` that is there and no time. None, a number and text are no reading: False. A list or a table
    is a TypeError.
    """
    if record is None or isinstance(record, str | float | int):
        return False
    reading = values.reading(record)
    stamp = values.stamp(reading["timestamp"]) if "timestamp" in reading else _INFERRED
    return bool(ordered(_table([reading], [stamp], list(CHANNELS)), DEFAULT).rows.valid.all())


@np.errstate(over="ignore", invalid="ignore")
def calculate_metrics(data: Iterable[Any]) -> dict[str, Any]:
    """Return the `metrics` object of these readings, as in a result's JSON; nulls if there are none.

    `data` is a DataFrame, or an iterable of dicts or of rows of a DataFrame. Numbers may be of any kind, or
    text; a time is a datetime, pandas' or numpy's stamp, or ISO 8601 text. No limits are applied but ±1e12
    (that is `validate_data`); a reading without a number where others have one is left out. One without
    `timestamp` follows the one before by 300 s. Anything else is a TypeError that says what to pass.
    """
    readings = values.readings(data)
    names = [
        name for name in CHANNELS if name in ("voltage", "current") or any(name in each for each in readings)
    ]
    _require_kinds(readings, names)
    table = _table(readings, list(_stamps(readings)), names)
    rows = ordered(table, _NO_LIMITS).rows
    metrics = figures(day_of(rows, table.forms, DEFAULT), table.forms, DEFAULT)
    if not any("timestamp" in each for each in readings):
        metrics = _timeless(metrics)
    result: dict[str, Any] = msgspec.to_builtins(metrics)
    return result


def process_sensor_data(
    input_file: str | Path, output_dir: str | Path = "data/processed", *, profile: Profile = DEFAULT
) -> dict[str, Any]:
    """Return the result of a CSV file as a dict; write it to `output_dir`/<stem>.json, whole or not at all.

    A record of other bytes, or one that a daemon wrote, stays as it is: the new one then gets a part of the
    file's hash into its name. A file that is missing, malformed or without a valid row gives `{"status":
    "error", "error": {"code", "message", …}}`, and nothing is written.
    """
    if not isinstance(profile, Profile):
        raise TypeError("profile must be a processing.Profile, such as profiles_from({…}).default")
    path = Path(input_file)
    try:
        with path.open("rb") as stream:
            now = utc_text(datetime.now(UTC))
            found = process(stream, profile, name=os.fsencode(path.name), processed_at=now)
        if isinstance(found, Rejection):
            return _error(found)
        result = msgspec.structs.replace(found, source="api")
        _save(result, os.fsencode(path.name), Path(output_dir))
    except OSError as error:
        message = f"{error.filename or path}: {error.strerror or error}"
        code = "not_found" if isinstance(error, FileNotFoundError) else "not_accessible"
        return {"status": "error", "input_file": path.name, "error": {"code": code, "message": message}}
    document: dict[str, Any] = msgspec.to_builtins(result)
    return document


def _require_kinds(readings: Sequence[Mapping[str, Any]], names: list[str]) -> None:
    """Raise TypeError for the first value that is never a number or a time, whatever it holds."""
    for number, reading in enumerate(readings, 1):
        for name in names:
            values.require_number(reading.get(name), f"{name} of reading {number}")
        values.require_stamp(reading.get("timestamp"), f"timestamp of reading {number}")


def _stamps(readings: Sequence[Mapping[str, Any]]) -> Iterator[Stamp | None]:
    """Yield each reading's time; one that has none follows the last one."""
    following = _INFERRED
    for reading in readings:
        stamp = values.stamp(reading["timestamp"]) if "timestamp" in reading else following
        if stamp is not None:
            following = Stamp(stamp.time + _STEP, stamp.form)
        yield stamp


def _table(readings: Sequence[Mapping[str, Any]], stamps: list[Stamp | None], names: list[str]) -> Table:
    block = np.array([[_or_nan(values.number(each.get(name))) for each in readings] for name in names])
    forms = list(dict.fromkeys([PLAIN, BLANK, *(stamp.form for stamp in stamps if stamp)]))
    index_of = {form: index for index, form in enumerate(forms)}
    broken = np.isnan(block).any(axis=0) | np.array([stamp is None for stamp in stamps], np.bool_)
    return Table(
        np.arange(1, len(readings) + 1, dtype=np.int32),
        np.array([NO_TIME if stamp is None else stamp.time for stamp in stamps], np.int64),
        np.array([0 if stamp is None else index_of[stamp.form] for stamp in stamps], np.int32),
        broken,
        block,
        forms,
        [],
        0,
        Dialect(",", ".", "", (), 0, 0, {name: Column(0, 1.0, 0.0) for name in names}),
    )


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value


def _timeless(metrics: Metrics) -> Metrics:
    """Return the figures without the times that were only assumed."""
    return msgspec.structs.replace(
        metrics, period=TimeRange(), peak_power_hour=None, peak_power_time=None, hours=[]
    )


def _error(rejection: Rejection) -> dict[str, Any]:
    error = msgspec.to_builtins(rejection.details)
    return {"status": "error", "input": msgspec.to_builtins(rejection.input), "error": error}


def _save(result: Result, name: bytes, folder: Path) -> None:
    """Store a result under the first name that is free, or that has an earlier result of the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    for place in archive_places(name, result.input.sha256):
        path = folder / os.fsdecode(place.record)
        if files.add(path, encode(result)):
            return
        if _is_earlier(path, result):
            files.replace(path, encode(result))
            return
    raise FileExistsError(errno.EEXIST, "every name for its result is taken", str(folder))


def _is_earlier(path: Path, result: Result) -> bool:
    """Return whether a file is this function's own record of the same bytes under the same name."""
    try:
        there = load(path.read_bytes())
    except (OSError, ValueError):  # no record
        return False
    return isinstance(there, Result) and there.source == "api" and there.input == result.input
