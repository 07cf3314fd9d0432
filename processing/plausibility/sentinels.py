"""Values that may mean "no reading", though they are not known to, or may be readings of this plant."""

import math
from collections.abc import Sequence

import numpy as np

from processing.head.advice import asked, rejected, shown
from processing.head.dialect import Column
from processing.model.channels import CHANNELS
from processing.model.digits import decimals_of, usual_magnitude
from processing.model.flags import Floats, Integers, Mask
from processing.model.rejection import Choice, RejectedFileError
from processing.model.safe_text import counted
from processing.reading.table import Table, addends, reading_places
from processing.rows.limits import REGISTERS
from processing.rows.sorted_rows import SortedRows

_REPEATS = 3
"""The fewest repeats of a code: a value that may mean "no reading"."""
_VALUES = 20
"""The fewest different values of a file; a short one may have a third of its rows, or _FEWEST_VALUES."""
_FEWEST_VALUES = 8
_APART = 0.25
"""The distance of a code from the next value, as a share of that."""
_MATTERS = 0.05
"""The same, as a share of the usual magnitude."""
_STEPS = 10
"""The same, in steps of the sensor."""
_FAR_ABOVE = 3.0
"""A known code is above so many times the usual magnitude, however few other values there are."""
_IMPOSSIBLE = 1e7
"""Wh, or W, that need no repeats if the others are below a thousandth of it."""
_IMPOSSIBLY_FAR = 1e3
_OFTEN = 3
"""How many times more frequent than all other values a number of nines, or -1, is."""
_PLACES = 3
"""In how many places of the file it stands."""
_JUMP = 0.1
"""Its distance from the rows beside it, as a share of the usual magnitude."""
_MUCH = 0.25
"""Share of the usual magnitude of the other columns that are added: then -1 is hardly what a column has."""
_EDGES, _HALF = 3, 0.5
"""The fewest jumps into the upper half of a register and back."""
_CROSSED, _FULL = 0.35, 0.95
"""They usually leave at most this share of it out, and the highest number is above this one."""
_MINUS_ONE = -1.0
_SPELLINGS = 4
"""Cells of a code have fewer decimals than this."""
_EXACT, _DIGITS = 1e-12, 12
_LARGE, _LONG = 1e6, 1e18
"""From these on, a number may have an exponent, and has one."""


def check_codes(rows: SortedRows) -> None:
    """Raise RejectedFileError if a value that repeats in the figures may mean "no reading".

    It is either far above or below all others, such as 9999.9 or -9999, or it is -1 or consists of nines, is
    far more frequent than others and far from the readings beside it. An impossible energy needs no repeats.
    A known value for "no reading" needs none above all others, and need not be frequent among them. Nor does
    it if it is the only number with so many decimals. Limits of a profile declare that it is a reading.
    """
    for name in _sources(rows):
        values = rows.values[name][rows.valid]
        values = values[~np.isnan(values)]
        code = _code(values, rows.dialect.columns[name], rows.profile.sentinels)
        if code is not None:
            raise _asked(rows, name, f"the {name}", values, code)


def check_unsigned(rows: SortedRows) -> None:
    """Raise RejectedFileError if readings jump from zero to the highest number of a register and back.

    A register without a sign writes negative numbers so: -300 as 65236. Limits of a profile decide.
    """
    for name in _sources(rows) if rows.energy_kind is None else ():
        column = rows.dialect.columns[name]
        values = rows.values[name][rows.valid]
        cells = (values[~np.isnan(values)] - column.offset) / column.factor
        highest = np.max(cells, initial=0.0)
        tops = (count / divisor for count, divisor in REGISTERS)
        for top in (top for top in tops if _FULL * top < highest < top):
            is_high = cells > _HALF * top
            jumps = np.abs(cells[1:] - cells[:-1])[is_high[1:] != is_high[:-1]]
            is_crossed = len(jumps) >= _EDGES and np.ptp(cells[is_high]) > 0
            if is_crossed and np.median(top - jumps) < _CROSSED * top:
                low, high = (column.factor * share * top + column.offset for share in (_HALF, 1.0))
                message = (
                    f"the {name} jumps to about {top:g} and back to zero in {counted(len(jumps), 'place')}"
                    ": does a register without a sign write negative numbers so?"
                )
                ways = {f"{_HALF * top:g} and more is no reading": {"max": low}, "as it is": {"max": high}}
                raise asked("outside_limits", message, rows.dialect.header_line, name, ways)


def check_parts(table: Table, rows: SortedRows) -> None:
    """Raise RejectedFileError if one of several columns that are added holds a value as `check_codes` says.

    The sum does not show it. It may also be -1 that repeats while the other columns have much power.
    """
    if table.parts is None:
        return
    places, known = reading_places(table.dialect), ~table.broken
    for name in _sources(rows):
        column = rows.dialect.columns[name]
        if len(column.places) == 1 or column.is_product:
            continue
        parts = addends(table.parts[[places.index(at) for at in column.places]], column)
        parts = parts * column.factor + column.offset
        for part, place in zip(parts, column.places, strict=True):
            values = part[is_known := known & ~np.isnan(part)]
            others, minus_one = np.nansum(parts, axis=0)[is_known] - values, column.offset - column.factor
            lit = values[others >= _MUCH * usual_magnitude(others)]
            for code, among in ((_code(values, column, rows.profile.sentinels), values), (minus_one, lit)):
                if code is not None and np.count_nonzero(among == code) >= _REPEATS:
                    raise _asked(rows, name, shown([rows.dialect.header[place]]), values, code)


def _asked(rows: SortedRows, channel: str, what: str, values: Floats, code: float) -> RejectedFileError:
    """Return the rejection that asks whether a value of a channel, or of one of its columns, is a reading."""
    cells = _cells_of(rows, channel, code)
    choices = [
        no_reading(rows, channel, code),
        Choice(f"{cells[0]} is a reading", {"channels": {channel: CHANNELS[channel].widest_keys}}),
    ]
    share = f"{np.count_nonzero(values == code)} of {counted(len(values), 'row')}"
    message = f"{what} is {cells[0]} in {share}, far from all around: is that what the logger writes"
    message += " for no reading?"
    return rejected("outside_limits", message, rows.dialect.header_line, channel, choices=choices)


def no_reading(rows: SortedRows, channel: str, code: float) -> Choice:
    """Return the way to read a file in which this value of a channel means no reading."""
    cells = _cells_of(rows, channel, code)
    missing = [*dict.fromkeys((*rows.profile.csv.missing, *cells))]
    return Choice(f"{cells[0]} is no reading", {"csv": {"missing": missing}})


def _cells_of(rows: SortedRows, channel: str, code: float) -> list[str]:
    """Return the cells that a logger may write for a value of a channel."""
    column = rows.dialect.columns[channel]
    return _spellings((code - column.offset) / column.factor, rows.dialect.decimal)


def _spellings(number: float, decimal: str) -> list[str]:
    """Return the cells that a logger may write for a number: with as many decimals as it needs, and more.

    A large one may have an exponent.
    """
    texts = [f"{number:.{digits}f}" for digits in range(_SPELLINGS)] if abs(number) < _LONG else []
    texts = [text for text in texts if math.isclose(float(text), number, rel_tol=_EXACT)]
    texts = texts or [f"{number:.{_DIGITS}g}"]
    mantissa, exponent = f"{number:.2e}".split("e+") if abs(number) >= _LARGE else ("", "")
    if mantissa and math.isclose(float(f"{mantissa}e{exponent}"), number):
        short = [mantissa, mantissa.rstrip("0").rstrip("."), f"{float(mantissa):.1f}"]
        powers = [f"{letter}{exponent}" for letter in ("e", "E", "e+", "E+")]
        texts += [
            one + power for one in dict.fromkeys(short) if float(one) == float(mantissa) for power in powers
        ]
    return [text.replace(".", decimal) for text in texts]


def _sources(rows: SortedRows) -> list[str]:
    """Return the channels from which the power comes and for which no limits of a plant hold."""
    if rows.energy_kind is not None:
        names = ["energy"] if rows.energy_kind == "interval" else []
    else:
        names = ["power"] if "power" in rows.values else ["voltage", "current"]
        names = [name for name in names if not rows.limits[name].is_known]
    return [name for name in names if rows.profile.channels[name].max is None]


def _code(values: Floats, column: Column, listed: Sequence[float]) -> float | None:
    """Return the value that may be no reading, or None; `listed` are known to be none elsewhere."""
    distinct, counts = np.unique(values, return_counts=True)
    cells = (distinct - column.offset) / column.factor
    is_listed = np.isin(cells.round(_SPELLINGS), listed)
    usual_code = np.array([each == _MINUS_ONE or _is_nines(each) for each in cells.tolist()], np.bool_)
    if len(distinct) < 2:  # noqa: PLR2004 - nothing to compare with
        return None
    step, usual = float(np.diff(distinct).min()), usual_magnitude(values[values != distinct[-1]])
    fewest = min(_VALUES, max(_FEWEST_VALUES, len(values) / _REPEATS))
    for at, near in ((-1, -2), (0, 1)):
        code, other = distinct.item(at), distinct.item(near)
        is_known = (is_listed[at] or usual_code[at]) and (code < 0 or code > _FAR_ABOVE * usual)
        if not is_known and len(distinct) < (fewest if at else _VALUES):
            continue
        least = max(_APART * abs(other), _MATTERS * usual, 0.0 if is_known else _STEPS * step)
        is_beyond = abs(code) > abs(other) and (at or code < 0)
        is_impossible = code > max(_IMPOSSIBLE, _IMPOSSIBLY_FAR * usual)
        if (
            counts[at] >= (1 if is_listed[at] or is_impossible else _REPEATS)
            and abs(code - other) > least
            and is_beyond
        ):
            return code
    if len(distinct) < fewest:
        return None
    digits = decimals_of(cells)
    if np.count_nonzero(digits == (most := digits.max())) == 1 and (is_listed | usual_code)[digits == most]:
        return float(distinct[digits == most][0])
    possible = is_listed & (counts >= _REPEATS) | usual_code & _are_frequent(distinct, counts)
    return next(
        (one for one in distinct[possible].tolist() if _stands_alone(values, one, _JUMP * usual)), None
    )


def _are_frequent(distinct: Floats, counts: Integers) -> Mask:
    """Return which values are far more frequent than all others except zero."""
    others = np.sort(np.where(distinct == 0, 0, counts))
    return np.asarray((distinct != 0) & (counts > _OFTEN * others[-2]))


def _is_nines(cell: float) -> bool:
    """Return whether a number consists of nines, at least two."""
    digits = f"{abs(cell):.9g}".replace(".", "")
    return len(digits) > 1 and set(digits) == {"9"}


def _stands_alone(values: Floats, code: float, least: float) -> bool:
    """Return whether a value occurs in several places, mostly far from the values beside it."""
    is_code = values == code
    edges = is_code[1:] != is_code[:-1]
    jumps = np.abs(values[1:] - values[:-1])[edges]
    return len(jumps) >= 2 * _PLACES - 1 and float(np.median(jumps)) >= least
