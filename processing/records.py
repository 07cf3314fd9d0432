"""Rows as dicts and files by path: the convenient face of the same rules."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from processing import grammar, storage
from processing.channels import CHANNELS
from processing.day import day_of
from processing.dialect import Column, Dialect
from processing.figures import figures
from processing.grammar import Form, Stamp
from processing.judge import process
from processing.metrics import USUAL_INTERVAL
from processing.order import ordered
from processing.profile import DEFAULT, WIDEST, Channel, Channels, Profile
from processing.reader import Table
from processing.result import Metrics, Rejection, Result, Span, encode
from processing.strict import NO_TIME

_STEP = int(USUAL_INTERVAL * 1e6)
_ANY = Channel(min=-WIDEST, max=WIDEST)
_NO_LIMITS = Profile(channels=Channels(_ANY, _ANY, _ANY, _ANY), sentinels=())
_INFERRED = Stamp(0, Form())


@np.errstate(over="ignore", invalid="ignore")
def validate_data(record: Mapping[str, Any] | None) -> bool:
    """Return whether a reading is valid: its four channels are numbers within the limits (inclusive).

    Numbers may come as text. A missing key, a non-number, NaN, infinity or a logger's value for no reading is
    False, never an exception; a `timestamp` that is there must be ISO 8601.
    """
    if not isinstance(record, Mapping):
        return False
    stamp = grammar.timestamp(record["timestamp"]) if "timestamp" in record else _INFERRED
    return bool(ordered(_table([record], [stamp], list(CHANNELS)), DEFAULT).rows.valid.all())


@np.errstate(over="ignore", invalid="ignore")
def calculate_metrics(data: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the `metrics` object of these readings, as in a result's JSON; nulls for an empty list.

    Numbers may come as text. No limits are applied but ±1e12 (that is `validate_data`); a reading without
    a number where others have one is left out. One without `timestamp` follows the one before by 300 s.
    """
    names = [
        name for name in CHANNELS if name in ("voltage", "current") or any(name in record for record in data)
    ]
    stamps: list[Stamp | None] = []
    for record in data:
        last = next((stamp for stamp in reversed(stamps) if stamp is not None), None)
        following = _INFERRED if last is None else Stamp(last.time + _STEP, last.form)
        stamps.append(grammar.timestamp(record["timestamp"]) if "timestamp" in record else following)
    table = _table(data, stamps, names)
    rows = ordered(table, _NO_LIMITS).rows
    metrics = figures(day_of(rows, table.forms, DEFAULT), table.forms, DEFAULT)
    if not any("timestamp" in record for record in data):
        metrics = _timeless(metrics)
    result: dict[str, Any] = msgspec.to_builtins(metrics)
    return result


def process_sensor_data(input_file: str | Path, output_dir: str | Path = "data/processed") -> dict[str, Any]:
    """Return the result of a CSV file as a dict; write it to `output_dir`/<stem>.json, whole or not at all.

    A file that is missing, malformed or without a valid row gives `{"status": "error", "error": {"code",
    "message", …}}`, and nothing is written.
    """
    path = Path(input_file)
    try:
        with path.open("rb") as stream:
            result = process(stream, DEFAULT, name=os.fsencode(path.name), processed_at=_now())
        if isinstance(result, Rejection):
            return _error(result)
        _save(result, Path(output_dir) / f"{_stem(path.name)}.json")
    except OSError as error:
        message = f"{error.filename or path}: {error.strerror or error}"
        code = "not_found" if isinstance(error, FileNotFoundError) else "not_accessible"
        return {"status": "error", "input_file": path.name, "error": {"code": code, "message": message}}
    document: dict[str, Any] = msgspec.to_builtins(result)
    return document


def _table(data: Sequence[Mapping[str, Any]], stamps: list[Stamp | None], names: list[str]) -> Table:
    block = np.array([[_or_nan(grammar.number(record.get(name))) for record in data] for name in names])
    forms = list(dict.fromkeys([grammar.PLAIN, grammar.BLANK, *(stamp.form for stamp in stamps if stamp)]))
    broken = np.isnan(block).any(axis=0) | np.array([stamp is None for stamp in stamps], np.bool_)
    return Table(
        np.arange(1, len(data) + 1, dtype=np.int32),
        np.array([NO_TIME if stamp is None else stamp.time for stamp in stamps], np.int64),
        np.array([0 if stamp is None else forms.index(stamp.form) for stamp in stamps], np.int32),
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
        metrics, period=Span(), peak_power_hour=None, peak_power_time=None, hours=[]
    )


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _stem(name: str) -> str:
    plain = name[:-3] if name.lower().endswith(".gz") else name
    return plain[:-4] if plain.lower().endswith(".csv") else plain


def _error(rejection: Rejection) -> dict[str, Any]:
    fault = {
        "code": rejection.code,
        "message": rejection.message,
        "line": rejection.line,
        "column": rejection.column,
    }
    return {"status": "error", "input": msgspec.to_builtins(rejection.input), "error": fault}


def _save(result: Result, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    storage.replace(storage.Paths(), os.fsencode(path.name), path.parent, encode(result), sync=False)
