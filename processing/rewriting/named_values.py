"""Lines in which each value stands beside its name: these become rows below a line with the names.

They are objects of JSON or Python, inserts of SQL, the line protocol of InfluxDB, or pairs such as
`power=5, temp=21` and `U: 24.1 V I: 5 A`, which may follow a time. What is inside of another object gets a
joined name, such as `battery.power`. Other lines of a program's log are messages, and become empty.
"""

import csv
import functools
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from processing.head.cell_kinds import holds_time
from processing.head.dialect import line_of
from processing.rewriting.replacements import Step

_EXAMINED_LINES, _MIN_LINES, _MIN_SHARE, _MAX_NAMES = 100, 2, 0.9, 1000
_SHARE_OF_LOG, _RARE = 0.3, 0.1
"""Shares of the lines of a log: those that have pairs, at least, and of them, those that have a name."""
_OF_SYSTEM = r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?= )"
"""The beginning of a line in the log of a system: `Jun 10 12:00:00`."""
_BEGINNING = re.compile(
    rb"\s*(?:[{\[(]?[\"'\d]|(?i:INSERT INTO )|[A-Za-z_]\w*\s*[:=]|%b|\[\s*\{"
    rb"|[^\s,=]++(?:,\S++)? [^\s=]++=\S++ \d{10})" % _OF_SYSTEM.encode()
)
"""That of an object, a time or a pair, or a line of InfluxDB."""
_OF_INFLUXDB = re.compile(r"([^\s,=]+(?:,\S+)?) ([^\s=]+=\S+) (\d{10,19})")
_INSERT = re.compile(r"INSERT INTO [^\s(]{1,80} ?\(([^()]{1,2000})\) VALUES ?\((.*)\);?", re.IGNORECASE)
_TO_JSON = (("'", '"'), ("None", "null"), ("True", "true"), ("False", "false"), (" nan", " NaN"))
_PAIR = re.compile(
    r"(?:(?:^|[,;|]|\s-\s)\s{0,9}([^\W\d](?:(?!\s-\s)[^,;|:=\"]){0,80}?)|\s([^\W\d][^\s,;|:=\"]{0,80}))"
    r"\s{0,9}[:=]\s{0,9}(?=\S)(?![^\W\d]\w{0,80}=)"
)
"""The name and the sign before a value. Behind a comma, semicolon, bar or dash, a name may have blanks.

All repeats are bounded: a long line of blanks would take minutes.
"""
_LEVEL = re.compile(r"(?<![^\W\d])(?:TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR)(?![^\W\d])")
"""What a program's log says of each line."""
_BEHIND, _AROUND = " \t,;|", " \t,;|[]()->"
"""What may stand behind a value, and around a time at the beginning of a line."""
_NUMBER = re.compile(r"[-+]?[.\d][\d.,']{0,80}(?:[eE][-+]?\d{1,9})?(?: ?[^\s\d]\S{0,80})?")
"""A number with or without a unit."""
_OUTER = frozenset(("energy", "data", "payload", "fields", "values", "readings", "measurements", "sensors"))
"""Names of objects that hold all readings."""
_TIME = "time"
_TIME_AND_WORDS = re.compile(r"(.*\dZ?)([\s\])>:,-]+)([^\W\d].*)")
"""A time, and the first words of the first name; or, behind another sign than a blank, of the whole line."""
_DIGITS_OF_MS = 13
_SOURCE = "source"
"""The name of the words of a line, which may say what its values are of."""


def named_values_of(head: bytes) -> Step | None:
    """Return how the blocks of a file with these first lines are rewritten; None for other lines.

    The first block gets a line more. A line that cannot be read so stays as it is.
    """
    if _BEGINNING.match(head) is None:
        return None
    first, *_ = head.split(b"\n", 1)
    lines = [line for line in head.split(b"\n", _EXAMINED_LINES)[:_EXAMINED_LINES] if line.strip(b" \t[],")]
    texts = [line.decode("utf-8", "replace") for line in lines]
    is_log = sum(_LEVEL.search(text) is not None for text in texts) >= _MIN_SHARE * len(texts)
    for values_of in (_of_object, _of_influxdb, _of_insert, _of_pairs):
        rows = [values for text in texts if (values := values_of(text))]
        counts = Counter(name for row in rows for name in row)
        least = _SHARE_OF_LOG if is_log else _MIN_SHARE
        names = [name for name, count in counts.items() if not is_log or count >= _RARE * len(rows)]
        is_such = len(rows) >= max(_MIN_LINES, least * len(lines)) and len(names) <= _MAX_NAMES
        if is_such and sum(counts[name] for name in names) >= len(names) * len(rows) / 2:
            return _rewriting(first + b"\n", names, values_of, has_messages=is_log)
    return None


def _rewriting(
    first: bytes, names: list[str], values_of: Callable[[str], dict[str, str]], *, has_messages: bool
) -> Step:
    header = line_of(_shortened(names), ",") + "\n"
    readings = {*names} - {_TIME, _SOURCE}

    def rewritten(line: str) -> str:
        values = values_of(line)
        if has_messages and readings.isdisjoint(values):
            return ""
        return line_of([values.get(name, "") for name in names], ",") if values else line.strip(" \t[],")

    def rewrite(block: bytes) -> bytes:
        above = header if block.startswith(first) else ""
        lines = block.decode("utf-8", "replace").split("\n")
        return (above + "\n".join(map(rewritten, lines))).encode()

    return rewrite


def _shortened(names: list[str]) -> list[str]:
    """Return names without an outer one that says nothing, as in `ENERGY.Power`, if they stay apart."""
    parts = [name.partition(".") for name in names]
    short = [part[2] if part[0].casefold() in _OUTER and part[2] else "".join(part) for part in parts]
    counts = Counter(short)
    return [one if counts[one] == 1 else name for one, name in zip(short, names, strict=True)]


def _of_object(line: str) -> dict[str, str]:
    """Return the values of a line with an object of JSON or Python by their names; none for another line."""
    text = line.strip().lstrip("[").rstrip(",]")
    if not text.startswith("{"):
        return {}
    if '"' not in text:
        text = functools.reduce(lambda changed, pair: changed.replace(*pair), _TO_JSON, text)
    try:
        return dict(_parts("", json.loads(text, parse_float=str, parse_int=str)))
    except (ValueError, RecursionError):
        return {}


def _parts(name: str, value: Any) -> Iterable[tuple[str, str]]:
    """Yield what is in an object with joined names; numbers stay as they are written."""
    if isinstance(value, dict | list):
        parts = value.items() if isinstance(value, dict) else enumerate(value, 1)
        for key, part in parts:
            yield from _parts(f"{name}.{key}" if name else str(key), part)
    else:
        yield name, "" if value is None else value if isinstance(value, str) else json.dumps(value)


def _of_influxdb(line: str) -> dict[str, str]:
    """Return the time, the measurement with its tags, and the fields of a line of InfluxDB, if it is one."""
    match = _OF_INFLUXDB.fullmatch(line.strip())
    if match is None:
        return {}
    fields = (field.partition("=") for field in match[2].split(","))
    values = {name: value.strip('"').removesuffix("i") for name, _, value in fields}
    digits = match[3][:_DIGITS_OF_MS] if len(match[3]) > _DIGITS_OF_MS else match[3]
    return {_TIME: digits, _SOURCE: match[1], **values}


def _of_insert(line: str) -> dict[str, str]:
    """Return the values of a line that inserts a row into a table of a database; none for another line."""
    match = _INSERT.fullmatch(line.strip())
    if match is None:
        return {}
    names = [name.strip(' "`') for name in match[1].split(",")]
    try:
        values = next(csv.reader((match[2],), quotechar="'", skipinitialspace=True), [])
    except csv.Error:
        return {}
    return dict(zip(names, map(str.strip, values), strict=False)) if len(names) <= len(values) else {}


def _of_pairs(line: str) -> dict[str, str]:
    """Return the values of a line with pairs of a name and a value; none for another line."""
    stamp = re.match(_OF_SYSTEM, line)
    found = [*_PAIR.finditer(line, stamp.end() if stamp is not None else 0)]
    if not found:
        return {}
    ends = [one.start() for one in found[1:]] + [len(line)]
    names = [one[1] or one[2] for one in found]
    time, words = line[: found[0].start()].strip(_AROUND), {}
    is_time = holds_time(time) and _LEVEL.search(time) is None
    if not is_time and (match := _TIME_AND_WORDS.fullmatch(time)) is not None:
        time = match[1]
        if match[2] == " " and not (match[3].endswith(":") or _LEVEL.search(match[3])):
            names[0] = f"{match[3]} {names[0]}"
        else:
            words = {_SOURCE: re.sub(r"\[\d+\]:?$", "", match[3])}  # the number of a process
    values = (line[one.end() : end].rstrip(_BEHIND) for one, end in zip(found, ends, strict=True))
    pairs = dict(zip(names, values, strict=True))
    if not any(map(_NUMBER.fullmatch, pairs.values())):
        return {}
    if len(pairs) < len(found) or (time and (_TIME in pairs or not holds_time(time))):
        return {}
    return {_TIME: time, **words, **pairs} if time else pairs if len(pairs) > 1 else {}
