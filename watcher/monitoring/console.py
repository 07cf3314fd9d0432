"""Renders log events for a terminal: one line for each, the file first, without fields for machines."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from processing.model.result import ASSUMPTIONS
from processing.model.safe_text import at_least, counted, text_of, without_commands

_HIDDEN = frozenset(
    {"timestamp", "level", "event", "exception", "file", "file_b64", "sha256", "ms", "line", "destination"}
)
_SENTENCES = ("reason", "error", "message")
_RESULT_EVENTS = frozenset({"file.processed", "file.duplicate"})
_COLOURS = {"warning": "\x1b[33m", "error": "\x1b[31m"}


def renderer(*, colours: bool) -> Callable[[Any, str, Mapping[str, Any]], str]:
    """Return the last processor of the log: it turns an event into a line of text."""

    def render(_logger: Any, _method: str, event: Mapping[str, Any]) -> str:
        level, name = event["level"], f"{event['event']:18}"
        if colours and level in _COLOURS:
            name = f"{_COLOURS[level]}{name}\x1b[0m"
        mark = f"{level}: " if level in _COLOURS else ""
        what = ", ".join(_result(event) if event["event"] in _RESULT_EVENTS else _fields(event))
        parts = (event["timestamp"][11:19], name, event.get("file"), mark + what)
        return without_commands("  ".join(filter(None, parts)) + _traceback(event))

    return render


def _result(event: Mapping[str, Any]) -> Iterator[str]:
    """Yield energy, rows and findings of a processed file."""
    energy = event.get("energy_kwh")
    if energy is not None:
        yield at_least(f"{energy:.3f} kWh", bool(event.get("energy_is_lower_bound")))
    if "rows_total" in event:
        yield counted(event["rows_total"], "row")
    for kind in ("invalid", "suspect", "duplicate"):
        if count := event.get(f"rows_{kind}"):
            yield f"{count} {kind}"
    if anomalies := event.get("anomalies"):
        yield counted(anomalies, "anomaly", "anomalies")
    for assumption in ASSUMPTIONS:
        if event.get(assumption):
            yield assumption.replace("_", " ")
    if event.get("recovered"):
        yield "move completed after a crash"


def _fields(event: Mapping[str, Any]) -> Iterator[str]:
    """Yield the sentences of an event, then its other fields with their names."""
    sentences = ": ".join(str(event[key]) for key in _SENTENCES if event.get(key))
    line = f"line {event.get('line')}"
    if sentences:
        yield sentences if event.get("line") is None or line in sentences else f"{sentences} ({line})"
    for key, value in event.items():
        if (value or value == []) and key not in _HIDDEN and key not in _SENTENCES:
            yield key.replace("_", " ") if value is True else f"{key.replace('_', ' ')} {_text(value)}"


def _text(value: Any) -> str:
    """Return the value of a field: the values of a list, the keys of a dict with their values."""
    if isinstance(value, dict):
        return ", ".join(f"{key}: {one}" for key, one in value.items())
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else str(value)


def _traceback(event: Mapping[str, Any]) -> str:
    lines = str(event.get("exception", "")).splitlines()
    return "".join(f"\n  | {text_of(line.encode('utf-8', 'surrogateescape'))}" for line in lines)
