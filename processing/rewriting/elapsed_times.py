"""Times that have elapsed since a start, which a line above the names may state, as times or as seconds."""

import functools
import re
from collections.abc import Sequence
from itertools import takewhile
from typing import NamedTuple

from processing.head.lines import Line, cut
from processing.model.stamp import SECOND, Stamp, written
from processing.naming.synonyms import TIME_NAMES, normal
from processing.rewriting.replacements import Step
from processing.times.time_formats import time_format
from processing.times.time_shapes import is_unusual, kind_of_time, names_of_formats
from processing.times.timestamps import timestamp

_DAYS = r"(?:days?|tage?n?|jours?|d[ií]as?|giorn[oi]|dag(?:en|ar)?|[djgt])"
_ELAPSED = re.compile(
    rf"(?:(?P<d>\d+)(?: ?{_DAYS},? ?|[.:](?=\d\d?:\d\d:\d\d)))?"
    r"(?P<h>\d+):(?P<m>\d\d)(?::(?P<s>\d\d(?:[.,]\d+)?))?",
    re.IGNORECASE | re.ASCII,
)
"""An elapsed time: `25:10:00`, `1 day, 01:10:00`, `1d 01:10`, `1.01:10:00` or `1:01:10:00`."""
_IN_WORDS = re.compile(
    rf"(?=.*[a-z])p?(?:(?P<d>\d+) ?{_DAYS},?)? ?t?(?:(?P<h>\d+) ?(?:hours?|std|h),?)? ?"
    r"(?:(?P<m>\d+) ?(?:minutes?|min|m),?)? ?(?:(?P<s>\d+(?:[.,]\d+)?) ?(?:seconds?|sec|sek|s))?",
    re.IGNORECASE | re.ASCII,
)
"""An elapsed time: `P1DT1H10M0S` or `1d 1h 10m 0s`."""
_SECONDS_OF = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "f": 0.001}
_MAX_SECONDS = 1e9
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?", re.ASCII)
_UNIT = re.compile(
    r"(?:^|[\s_(\[/])(?:(?P<f>ms|millis)|(?P<s>s|secs?|seconds|sek|sekunden|secondes)"
    r"|(?P<m>mins?|minutes|minuten)|(?P<h>h|hrs?|hours|stunden|std)|(?P<d>d|days|tage))[)\]]?$",
    re.IGNORECASE,
)
_SAYS_ELAPSED = re.compile(
    "elapsed|passed|run ?time|uptime|duration|laufzeit|dauer|verstrichen|vergangen|verstreken|durée|écoulé|"
    "transcurrido|trascorso|duración|durata",
    re.IGNORECASE,
)
_START = re.compile(
    r"\b(?:start\w*|beg[ai]n\w*|anfang|début|inicio|inizio)\b[^\d\n]{0,40}?"
    r"(\d{1,4}[-/.]\d\d?[-/.]\d{1,4}(?:T|,? +)\d\d?:\d\d(?::\d\d)?(?: ?[AP]M\b)?(?: ?Z\b| ?[+-]\d\d:?\d\d)?)",
    re.IGNORECASE,
)
"""A line that states when a log began."""


class _Column(NamedTuple):
    """A column of elapsed times since a start."""

    delimiter: str
    place: int
    unit: float
    """The seconds of a unit of its numbers; 0 if they are no numbers."""
    above: int
    """The number of the line with its name, less one."""


def steps_of_elapsed(first: bytes) -> list[Step]:
    """Return how elapsed times become times, or `600s` if no line above states the start."""
    lines = first.decode("utf-8", "replace").splitlines()
    column = next(filter(None, (_elapsed_in(lines, delimiter) for delimiter in ";\t,")), None)
    if column is None:
        return []
    starts = {_start(found[1]) for found in map(_START.search, lines[: column.above]) if found is not None}
    start = starts.pop() if len(starts) == 1 else None
    if start is None and column.unit:
        return []
    sign = re.escape(column.delimiter.encode())
    cell = rb'(?:"[^"\n]*"|[^"\n%b]*)%b' % (sign, sign)
    cells = re.compile(rb'(?m)^((?:%b){%d})("[^"\n]*"|[^"\n%b]*)' % (cell, column.place, sign))
    return [functools.partial(cells.sub, functools.partial(_completed, start, column.unit))]


def _elapsed_in(lines: Sequence[str], delimiter: str) -> _Column | None:
    """Return the column of elapsed times, in lines with this delimiter; None if there is none."""
    found = cut([*enumerate(lines)], delimiter)
    for place in range(found[-1].width if found and found[-1].width > 1 else 0):
        rows = [*takewhile(functools.partial(_is_row, place, found[-1].width), reversed(found))][::-1]
        names = found[-len(rows) - 1] if 1 < len(rows) < len(found) else found[0]
        if names.width != found[-1].width or len(rows) <= 1:
            continue
        name, cells = names.cells[place], [row.cells[place] for row in rows]
        unit, are_numbers = _UNIT.search(name), all(map(_NUMBER.fullmatch, cells))
        is_bare = are_numbers and unit is None
        if is_bare or any(kind_of_time(cell) == "full" for row in rows for cell in row.cells):
            continue
        if _SAYS_ELAPSED.search(name) or (_begin_at_start(cells) and (unit or normal(name) in TIME_NAMES)):
            scale = (
                next(_SECONDS_OF[one] for one, text in unit.groupdict().items() if text)
                if are_numbers and unit
                else 0.0
            )
            return _Column(delimiter, place, scale, names.number)
    return None


def _is_row(place: int, width: int, line: Line) -> bool:
    """Return whether a line has an elapsed time in this place."""
    return line.width == width and _seconds(line.cells[place]) is not None


def _begin_at_start(cells: Sequence[str]) -> bool:
    """Return whether times begin when nothing, or one step, has passed, and are no times of day."""
    one, other = (_seconds(cell) or 0.0 for cell in cells[:2])
    return one <= other - one and not any(map(kind_of_time, cells))


def _seconds(cell: str, unit: float = 1.0) -> float | None:
    """Return the elapsed seconds; None if a cell has something else, or a number without a unit."""
    if _NUMBER.fullmatch(cell):
        return float(cell.replace(",", ".")) * unit if unit else None
    found = _ELAPSED.fullmatch(cell) or _IN_WORDS.fullmatch(cell)
    if found is None or (":" in cell and not (found["d"] or found["s"])):
        return None
    parts = found.groupdict().items()
    return sum(float((text or "0").replace(",", ".")) * _SECONDS_OF[part] for part, text in parts)


def _start(text: str) -> Stamp | None:
    """Return the time in a text; None if it may be one of several."""
    names = [name for name in names_of_formats(re.sub(r"\d", "0", text)) if not is_unusual(name)]
    found = {timestamp(text, time_format(name)) for name in names} - {None}
    return found.pop() if len(found) == 1 else None


def _completed(start: Stamp | None, unit: float, found: re.Match[bytes]) -> bytes:
    """Return the beginning of a row with the time, or the seconds, in place of the elapsed time."""
    passed = _seconds(found[2].decode("utf-8", "replace").strip('" '), unit)
    if passed is None or passed > _MAX_SECONDS:
        return found[0]
    if start is None:
        return found[1] + b"%.10gs" % passed
    form = start.form._replace(separator=" ", precision=3 if passed % 1 else 0)
    return found[1] + written(start.time + round(passed * SECOND), form).encode()
