"""Header cells: what they name, and which of them a profile names."""

import difflib
import functools
from collections import Counter
from collections.abc import Sequence
from itertools import islice, zip_longest
from typing import NamedTuple

from processing.head.advice import rejected, shown
from processing.head.lines import Line
from processing.model.channels import CHANNELS
from processing.model.profile import ColumnName, Place
from processing.model.rejection import Choice
from processing.model.safe_text import counted
from processing.naming.synonyms import normal
from processing.naming.time_parts import stated_format
from processing.naming.units import label_of, unit_of, without_aggregate, without_id
from processing.times.time_formats import TimeFormat


class HeaderCell(NamedTuple):
    """A column as the header describes it."""

    parts: tuple[str, ...]
    """Its names, from the top; one for each line of names."""
    unit: str = ""
    """From a line of units."""

    @property
    def text(self) -> str:
        """Its name, joined from all lines."""
        parts = self.parts
        return parts[0] if len(parts) == 1 else " ".join(filter(None, parts))

    @property
    def stated_unit(self) -> str:
        """The unit that its name or the line of units states; empty for none."""
        return self.unit or _unit_in(self.parts)

    def named_also(self, text: str) -> "HeaderCell":
        """Return the column with this text at the end of its name."""
        return self._replace(parts=(*self.parts[:-1], f"{self.parts[-1]} {text}".strip()))

    def unit_for(self, channel: str) -> str:
        """Return the unit that it states. A column may be named like a unit of the channel, such as kWh."""
        return self.stated_unit or next((name for name in self.names if unit_of(channel, name)), "")

    @property
    def time_format(self) -> TimeFormat | None:
        """The format of times that the line of units or its name states, or None."""
        return stated_format(self.unit) or stated_format(self.text)

    @property
    def names(self) -> tuple[str, ...]:
        """Its name without the unit: joined, then that of each line from the bottom."""
        return _names_of(self.parts)


@functools.lru_cache(maxsize=4096)
def _unit_in(parts: tuple[str, ...]) -> str:
    """Return the unit that a name on several lines states, the lowest first; empty for none."""
    units = (label_of(without_aggregate(part)).unit for part in reversed(parts))
    return next(filter(None, units), "")


@functools.lru_cache(maxsize=4096)
def _names_of(parts: tuple[str, ...]) -> tuple[str, ...]:
    text = " ".join(filter(None, parts))
    names = [label_of(text).name, *(label_of(part).name for part in reversed(parts) if part and part != text)]
    return tuple(dict.fromkeys((*names, *map(without_id, names), *map(_of_query, names))))


def _of_query(name: str) -> str:
    """Return a name without its unit and without what a query of a database adds."""
    return label_of(without_aggregate(name)).name


Header = tuple[HeaderCell, ...]

_MARK, _LEAST_ALIKE = " - ", 3


@functools.lru_cache(maxsize=128)
def header_of(*lines: Line) -> Header:
    """Return the columns that the names in some lines describe."""
    width = max(line.width for line in lines)
    columns = zip_longest(*(_unmerged(line.cells, lines[-1].cells) for line in lines), fillvalue="")
    return _with_devices_apart(tuple(map(HeaderCell, islice(columns, width))))


def _unmerged(upper: Sequence[str], lower: Sequence[str]) -> Sequence[str]:
    """Return the names of a line with the name of merged cells in each of them.

    `Time,Roof,,Barn,` above `,W,V,W,V` becomes `Time,Roof,Roof,Barn,Barn`.
    """
    if upper is lower or not is_merged(upper, lower):
        return upper
    counts, names = Counter(lower), [""]
    for name, below in zip(upper, lower, strict=True):
        names.append(name or (names[-1] if below and counts[below] > 1 else ""))
    return names[1:]


def is_merged(upper: Sequence[str], lower: Sequence[str]) -> bool:
    """Return whether a line of names may have merged cells: it has empty ones, and names below it repeat."""
    names = [*filter(None, lower)]
    return "" in upper and len(upper) == len(lower) and len(set(names)) < len(names)


def _with_devices_apart(header: Header) -> Header:
    """Return a header of one line whose names begin with a device, as in `Roof - Power (kW)`, as one of two.

    The device is that of at least three columns.
    """
    if not any(_MARK in cell.text for cell in header):
        return header
    devices = [cell.text.partition(_MARK)[0] if len(cell.parts) == 1 else "" for cell in header]
    counts = Counter(devices)
    return tuple(
        HeaderCell((device + _MARK.rstrip(), cell.text.removeprefix(device + _MARK)))
        if device not in ("", cell.text) and counts[device] >= _LEAST_ALIKE
        else cell
        for cell, device in zip(header, devices, strict=True)
    )


def place_of(wanted: ColumnName, header: Header, line: int, key: str) -> int:
    """Return the place of a column that a profile names.

    Names match exactly, else without case, blanks and separators, else also without the unit, else by one
    line of a name over several. Raises RejectedFileError if no column matches, or more than one.
    """
    if isinstance(wanted, Place):
        if wanted.index <= len(header):
            return wanted.index - 1
        message = (
            f"the profile's {key} is column {wanted.index}; line {line} has {counted(len(header), 'cell')}"
        )
        raise rejected("missing_columns", message, line, key)
    found = matches(wanted, header)
    if len(found) == 1:
        return found[0]
    if found:
        texts = [header[at].text for at in found]
        choices = [Choice(text, {**_named(key, text)}) for text in texts if texts.count(text) == 1]
        choices = choices or [Choice(f"column {at + 1}", _named(key, {"index": at + 1})) for at in found]
        message = f"the profile's {key} {wanted!r} fits {len(found)} columns: {shown(texts)}"
        raise rejected("ambiguous_columns", message, line, key, choices=choices)
    near = _nearest(wanted, header)
    message = (
        f"the profile's {key} {wanted!r} is no column; line {line} has {shown(one.text for one in header)}"
    )
    message += f"; the nearest is {near}" if near else ""
    raise rejected(
        "missing_columns", message, line, key, choices=[Choice(near, _named(key, near))] if near else []
    )


def _named(key: str, value: object) -> dict[str, object]:
    """Return the change of a profile that names a column."""
    if key in CHANNELS:
        return {"channels": {key: {"column": value}}}
    return {"csv": {key: value}}


@functools.lru_cache(maxsize=128)  # the same column is looked for at several steps
def matches(wanted: str, header: Header) -> tuple[int, ...]:
    """Return the places of the columns that a name fits best."""
    text, plain = wanted.strip().casefold(), normal(wanted)
    bare = normal(label_of(wanted).name)
    tests = (
        lambda one: one.text.casefold() == text,
        lambda one: normal(one.text) == plain,
        lambda one: normal(one.names[0]) == bare,
        lambda one: any(part.strip().casefold() == text for part in one.parts),
        lambda one: any(normal(name) == bare for name in one.names),
    )
    return next(filter(None, (tuple(at for at, one in enumerate(header) if test(one)) for test in tests)), ())


def _nearest(wanted: str, header: Header) -> str:
    texts = {normal(one.text): one.text for one in header}
    near = difflib.get_close_matches(normal(wanted), texts, n=1, cutoff=0.5)
    return texts[near[0]] if near else ""


def bare(name: str) -> str:
    """Return a normal name without the words in brackets, such as `(UTC)`."""
    return normal(name.partition("(")[0].partition("[")[0])
