"""The public functions: readings as Python and pandas hold them, and files by path, by the rules for CSVs."""

import errno
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from processing import storage
from processing.file_naming import archive_names
from processing.formats.toml_files import shipped
from processing.head.dialect import Column, Dialect
from processing.metrics.daily import figures
from processing.model.channels import CHANNELS, REQUIRED
from processing.model.profile import DEFAULT, WIDEST, Channel, Channels, Profile
from processing.model.rejection import Rejection
from processing.model.result import Result, TimeRange, encode, load
from processing.model.stamp import NO_TIME, PLAIN, Form, Stamp, utc_text
from processing.pipeline import process
from processing.reading.table import Table
from processing.rows.steps import USUAL_INTERVAL
from processing.rows.time_order import sort_rows
from processing.values import python_values as values

_ANY = Channel(min=-WIDEST, max=WIDEST)
_NO_LIMITS = Profile(channels=Channels(**dict.fromkeys(CHANNELS, _ANY)), sentinels=())
_INFERRED = Stamp(0, Form())


@np.errstate(over="ignore", invalid="ignore")
def validate_data(record: Any) -> bool:
    """Return whether a reading is valid: its four channels are numbers within the limits (inclusive).

    The reading is a dict, or a row of a DataFrame. Numbers may be of any type, or text. The result is False,
    never an exception, if a key is missing, if a value is not a finite number or is what a logger writes for
    "no reading", if `timestamp` is not a time, and if None, a number or a text is passed. A list or a table
    raises TypeError.
    """
    if record is None or isinstance(record, str | float | int):
        return False
    reading = values.reading(record)
    names = [name for name, channel in CHANNELS.items() if channel.presence != "optional" or name in reading]
    stamp = values.stamp(reading["timestamp"]) if "timestamp" in reading else _INFERRED
    rows = sort_rows(_table([reading], [stamp], names), DEFAULT)
    return bool(rows.valid.all()) and not rows.has_unknown


@np.errstate(over="ignore", invalid="ignore")
def calculate_metrics(data: Iterable[Any]) -> dict[str, Any]:
    """Return the `metrics` object of these readings, as in a result's JSON; nulls if there are none.

    `data` is a DataFrame, or an iterable of dicts or of rows of a DataFrame. Numbers may be of any type, or
    text; a time is a datetime, a timestamp of pandas or numpy, or ISO 8601 text. The only limits are ±1e12
    (`validate_data` applies the others). A reading without a number that other readings have is left out. A
    reading without `timestamp` counts as 300 s after the one before. Other types raise TypeError.
    """
    readings = values.readings(data)
    names = [name for name in CHANNELS if name in REQUIRED or any(name in each for each in readings)]
    for number, reading in enumerate(readings, 1):
        for name in names:
            values.require_number(reading.get(name), f"{name} of reading {number}")
        values.require_stamp(reading.get("timestamp"), f"timestamp of reading {number}")
    table = _table(readings, list(_stamps(readings)), names)
    metrics = figures(sort_rows(table, _NO_LIMITS).valid_rows())
    if not any("timestamp" in each for each in readings):  # the times were only assumed
        metrics = msgspec.structs.replace(
            metrics, period=TimeRange(), peak_power_hour=None, peak_power_time=None, hours=[]
        )
    result: dict[str, Any] = msgspec.to_builtins(metrics)
    return result


def process_sensor_data(
    input_file: str | Path, output_dir: str | Path = "data/processed", *, profile: Profile = DEFAULT
) -> dict[str, Any]:
    """Return the result of a CSV file as a dict; write it to `output_dir`/<stem>.json, whole or not at all.

    A record of other bytes, or of a daemon, is kept: the new record's name then contains a part of the file's
    hash. For a file that is missing, malformed or without a valid row, return `{"status": "error", "error":
    {"code", "message", …}}` and write nothing.
    """
    if not isinstance(profile, Profile):
        raise TypeError("profile must be a processing.Profile, such as profiles_from({…}).default")
    path = Path(input_file)
    try:
        with path.open("rb") as stream:
            now = utc_text(datetime.now(UTC))
            name = os.fsencode(path.name)
            found = process(stream, profile, name=name, processed_at=now, shipped=shipped)
        if isinstance(found, Rejection):
            error = msgspec.to_builtins(found.details)
            return {"status": "error", "input": msgspec.to_builtins(found.input), "error": error}
        result = msgspec.structs.replace(found, source="api")
        _save(result, os.fsencode(path.name), Path(output_dir))
    except OSError as failure:
        message = f"{failure.filename or path}: {failure.strerror or failure}"
        code = "not_found" if isinstance(failure, FileNotFoundError) else "not_accessible"
        return {"status": "error", "input_file": path.name, "error": {"code": code, "message": message}}
    document: dict[str, Any] = msgspec.to_builtins(result)
    return document


def _stamps(readings: Sequence[Mapping[str, Any]]) -> Iterator[Stamp | None]:
    """Yield the time of each reading; a reading without one follows the last reading."""
    following = _INFERRED
    for reading in readings:
        stamp = values.stamp(reading["timestamp"]) if "timestamp" in reading else following
        if stamp is not None:
            following = Stamp(stamp.time + int(USUAL_INTERVAL * 1e6), stamp.form)
        yield stamp


def _table(readings: Sequence[Mapping[str, Any]], stamps: list[Stamp | None], names: list[str]) -> Table:
    numbers = [[values.number(each.get(name)) for each in readings] for name in names]
    columns = np.array(numbers, np.float64)  # None becomes NaN
    used = (PLAIN, *(stamp.form for stamp in stamps if stamp))
    forms = {form: number for number, form in enumerate(dict.fromkeys(used))}
    broken = np.isnan(columns).any(axis=0) | np.array([stamp is None for stamp in stamps], np.bool_)
    return Table(
        np.arange(1, len(readings) + 1, dtype=np.int32),
        np.array([NO_TIME if stamp is None else stamp.time for stamp in stamps], np.int64),
        np.array([0 if stamp is None else forms[stamp.form] for stamp in stamps], np.int32),
        broken,
        columns,
        Dialect(",", ".", (), (), 0, (0,), {name: Column((0,), 1.0, 0.0) for name in names}),
        forms,
        [],
    )


def _save(result: Result, name: bytes, folder: Path) -> None:
    """Store a result under the first name that is free or has an earlier result of the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    for names in archive_names(name, result.input.sha256):
        path = folder / os.fsdecode(names.record)
        if storage.write_new(path, encode(result)):
            return
        if _is_own_record(path, result):
            storage.overwrite(path, encode(result))
            return
    raise FileExistsError(errno.EEXIST, "every name for its result is taken", str(folder))


def _is_own_record(path: Path, result: Result) -> bool:
    """Return whether a file is a record that `process_sensor_data` wrote for the same input."""
    try:
        there = load(path.read_bytes())
    except (OSError, ValueError):  # no record
        return False
    return isinstance(there, Result) and there.source == "api" and there.input == result.input
