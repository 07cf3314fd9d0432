"""The ways to read a table without a header: which columns may be the times, and which the readings."""

import itertools
import re
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from processing.head.advice import (
    CERTAIN_WATTS,
    MAX_CHOICES,
    MAX_TRIED,
    NEEDED,
    likeliest_first,
    rejected,
    shown,
)
from processing.head.cell_kinds import holds_date, holds_full_time, holds_number, holds_time
from processing.head.day_steps import INTERVALS, are_steps
from processing.head.lines import Line
from processing.head.samples import all_hold, are_numbers, dates_of, kinds_of, repeats_date, times_in
from processing.model.channels import CHANNELS
from processing.model.rejection import Choice, RejectedFileError
from processing.naming.time_parts import HIGHEST
from processing.naming.unit_cells import cells_at
from processing.values.number_detection import values_of

_HOURS, _MINUTES = 24, 60
_COUNTS = {"minute of day": 1440, "second of day": 86_400}
_WHOLE_DAYS = {"hour": 24, "half hour": 48, "quarter hour": 96}
"""What numbers count if the highest is that of the last step of a day, from 1 or from 0."""
_NEAR_ZERO, _ROUNDING, _LEAST_SHARE, _RATIO = 0.02, 0.01, 0.5, 3
"""A number is zero below this share of the highest. A power is V · I if it differs by at most this share,
and may be if it is at least this share of it. A voltage beside its current is so many times higher.
"""
_FEWEST_PRODUCTS, _NEAR_PRODUCT, _NOT_SMALL, _HIGH_CURRENT = 3, 0.03, 0.1, 30.0
"""So many products in one column show that it is a power, if all are that near; those below a share of the
highest one are rounded too much. A higher current is in mA."""
_DEFAULT_NAMES = ("time", *(name for name in CHANNELS if name != "energy"))

_UNNAMED = (("%Y", "%m", "%d", "%H", "%M"), ("%Y", "%j", "%H", "%M"), ("%Y", "%j", "%H%M"))
_NAMES_OF_PARTS = {
    "%Y": "year", "%m": "month", "%d": "day", "%j": "day of year", "%H": "hour", "%M": "minute",
    "%H%M": "hhmm",
}  # fmt: skip


def _unnamed_parts(sample: Sequence[Sequence[str]]) -> dict[int, str]:
    """Return names for the columns of the parts of a time in rows without a header; empty if there are none.

    They begin with the year, which is the first cell or stands behind a number of the row's kind.
    """
    rows = [list(row) for row in sample]
    for first in (0, 1):
        years = {row[first] for row in rows if first < len(row)}
        if not years or any(re.fullmatch("(?:19|20)\\d\\d", year) is None for year in years):
            continue
        for parts in _UNNAMED:
            if all(are_numbers(first + at, part, rows) for at, part in enumerate(parts)):
                return {first + at: _NAMES_OF_PARTS[part] for at, part in enumerate(parts)}
    return {}


def lines_with_parts(lines: Sequence[Line]) -> list[int]:
    """Return the places of the lines of the usual width, if they begin with the parts of a time."""
    usual, count = Counter(line.width for line in lines).most_common(1)[0] if lines else (0, 0)
    found = [at for at, line in enumerate(lines) if line.width == usual]
    return found if count > 1 and _unnamed_parts([lines[at].cells for at in found]) else []


def _names_of_times(cells: Sequence[str], sample: list[list[str]]) -> list[dict[int, str]]:
    """Return the names that the columns of the times may have, the likeliest first."""
    if full := [at for at, cell in enumerate(cells) if holds_full_time(cell)]:
        return [{full[0]: "time"}]
    times = [at for at, cell in enumerate(cells) if holds_time(cell)]
    if not times:
        return [_unnamed_parts(sample)]
    if len(times) > 1:
        return [{times[0]: "date", times[1]: "time"}]
    steps = _steps_behind(times[0], sample)
    return steps if steps and "slot" not in steps[0].values() else [*steps, {times[0]: "time"}]


def _steps_behind(date: int, sample: list[list[str]]) -> list[dict[int, str]]:
    """Return the names that a date and the numbers behind it may have, if they count the steps of a day."""
    at = date + 1
    if not (all_hold(holds_date, date, sample) and all_hold(holds_number, at, sample)):
        return []
    if not are_steps(at, "+", [date], sample):
        return []
    is_hour = are_numbers(at, "%H", sample) and are_numbers(at + 1, "%M", sample)
    if is_hour and are_steps(at + 1, "+1 minutes", [date, at], sample):
        return [{date: "date", at: "hour", at + 1: "minute"}]
    return [{date: "date", at: name} for name in _names_of_steps({*cells_at(at, sample)})]


def _names_of_steps(cells: set[str]) -> list[str]:
    """Return the names that a column of these numbers may have, if they count the steps of a day."""
    values = sorted({*values_of([*cells])})
    if not all(map(str.isdecimal, cells)):
        return ["decimal hour"] if values[-1] <= _HOURS else []
    is_clock = len(max(cells, key=len)) > len("59") and all(value % 100 < _MINUTES for value in values)
    is_clock = is_clock and values[-1] <= HIGHEST["%H%M"]
    if is_clock and values[-1] - values[0] >= _MINUTES:
        return ["hhmm"]
    if min(after - before for before, after in itertools.pairwise(values)) > 1:
        name = next((name for name, most in _COUNTS.items() if values[-1] <= most), "")
    else:
        name = next((name for name, most in _WHOLE_DAYS.items() if most - values[-1] in (0, 1)), "slot")
    return [*(["hhmm"] if is_clock else []), *filter(None, [name])]


def no_header(row: Line, rows: Sequence[Line]) -> RejectedFileError:
    """Return the rejection of a table without a header, with what its columns of numbers may hold."""
    cells, sample = row.cells[: row.width], [list(one.cells) for one in rows]
    if _are_days(cells, sample):
        count = len(cells) - 1
        message = (
            f"line {row.number} has a date and {count} numbers, as of a whole day; write a line above it "
            f"with their names: Date, 1, 2, and so on to {count}"
        )
        return rejected("missing_columns", message, row.number, "timestamp")
    choices = [one for named in _names_of_times(cells, sample) for one in _choices(named, cells, sample)]
    message = (
        f"line {row.number} looks like a reading, and no line above it like a header; expected a header with "
        f"a time and {NEEDED}; line {row.number} has {shown(cells)}"
    )
    return rejected("missing_columns", message, row.number, "timestamp", choices=choices)


def _are_days(cells: Sequence[str], sample: list[list[str]]) -> bool:
    """Return whether rows have a date and the numbers of a day's intervals, with a night at both ends."""
    if len(cells) - 1 not in INTERVALS or not all_hold(holds_date, 0, sample):
        return False
    columns = [values_of([*cells_at(at, sample)]) for at in range(1, len(cells))]
    are_full = all(len(values) == len(sample) for values in columns)
    return are_full and not any(columns[0]) and not any(columns[-1]) and any(map(any, columns))


def _choices(named: dict[int, str], cells: Sequence[str], sample: list[list[str]]) -> list[Choice]:
    """Return the ways to take the columns beside those of the times, which have these names."""
    names, times = [named.get(at, f"column {at + 1}") for at in range(len(cells))], [*named]
    has_parts = {*named.values()} - {"date", "time"} != set()
    places = range(times[0] if has_parts else 0, len(cells))
    readings = [at for at in places if at not in times and holds_number(cells[at])]
    dates = dates_of(sample)
    readings = [at for at in readings if not repeats_date(at, sample, dates)][:MAX_TRIED]
    clocks = times_in(sample)
    kinds = [(at, kinds_of(sample, [at], times=clocks, has_clock=has_parts)) for at in readings]
    ways = [[_unheaded(names, at, channel, unit) for channel, unit in each] for at, each in kinds]
    pairs = [_of_channels(names, pair) for pair in _pairs(readings, sample)]
    if times == [0] and len(cells) == len(_DEFAULT_NAMES):
        default = _of_channels(names, {name: at for at, name in enumerate(_DEFAULT_NAMES) if at})
        share = _share_of_product(sample)
        if abs(share - 1) < _ROUNDING:
            return [default]
        pairs.insert(0 if not share or _LEAST_SHARE < share < 1 / _LEAST_SHARE else len(pairs), default)
    of_products = [_of_product(names, places, sample) for places in _products(readings, sample)]
    return likeliest_first([*(of_products or ([pair] for pair in pairs)), *ways])


def _products(readings: Sequence[int], sample: list[list[str]]) -> list[dict[str, int]]:
    """Return the neighbours whose product is in a column behind them, as a power is."""
    columns, found = {at: values_of([*cells_at(at, sample)]) for at in readings}, []
    for one, other in itertools.pairwise(readings):
        places = (
            (other, one) if _are_steady(columns[other]) and not _are_steady(columns[one]) else (one, other)
        )
        powers = (at for at in readings if at > other and _is_product(*(columns[n] for n in (*places, at))))
        if other == one + 1 and (power := next(powers, None)) is not None:
            found.append(dict(zip(("voltage", "current", "power"), (*places, power), strict=True)))
    return found


def _is_product(ones: Sequence[float], others: Sequence[float], products: Sequence[float]) -> bool:
    """Return whether each of the last numbers is the product of the others, apart from small ones."""
    if not len(ones) == len(others) == len(products):
        return False
    least = _NOT_SMALL * max(map(abs, products), default=0.0)
    wanted = [(a * b, p) for a, b, p in zip(ones, others, products, strict=True) if abs(p) > least]
    is_near = all(abs(product - p) <= _NEAR_PRODUCT * abs(p) for product, p in wanted)
    return is_near and len({p for _, p in wanted}) >= _FEWEST_PRODUCTS


def _of_product(names: Sequence[str], places: Mapping[str, int], sample: list[list[str]]) -> list[Choice]:
    """Return the choices of a voltage, its current and their power in A and W, and in mA and mW."""
    plain = _of_channels(names, places)
    units = {"current": {"unit": "mA"}, "power": {"unit": "mW"}}
    small = Choice(f"{plain.label}, mA and mW", {**plain.changes, "channels": units})
    is_small = max(map(abs, values_of([*cells_at(places["current"], sample)]))) > _HIGH_CURRENT
    return [small, plain] if is_small else [plain, small]


def _pairs(readings: Sequence[int], sample: list[list[str]]) -> list[dict[str, int]]:
    """Return the neighbours that may be a voltage and its current; those in this order come first.

    What varies as a current does is no voltage. Two voltages are no pair if others have a current.
    """
    columns = {at: values_of([*cells_at(at, sample)]) for at in readings}
    steady = {at: _are_steady(values) for at, values in columns.items()}
    near = [(one, other) for one, other in itertools.pairwise(readings) if other == one + 1]
    near += [
        (other, one) for one, other in near if steady[other] and max(columns[one], default=0) < CERTAIN_WATTS
    ]
    pairs = [
        (one, other) for one, other in near if steady[one] is not False and (steady[one] or not steady[other])
    ]
    with_current = [
        (one, other)
        for one, other in pairs
        if not steady[other] or _RATIO * max(columns[other]) < max(columns[one])
    ]
    found = (with_current or pairs)[: MAX_CHOICES // 2]
    return [{"voltage": one, "current": other} for one, other in found]


def _are_steady(values: Sequence[float]) -> bool | None:
    """Return whether numbers vary by less than half, apart from zero, as voltages do; None: all are zero."""
    if not (top := max(map(abs, values), default=0.0)):
        return None
    others = sorted(value for value in values if abs(value) > top * _NEAR_ZERO)
    return 2 * others[len(others) // 10] >= top


def _share_of_product(sample: list[list[str]]) -> float:
    """Return the usual share of the fifth column in the product of the second and third; 0 if it is open."""
    columns = [values_of([*cells_at(at, sample)]) for at in (1, 2, 4)]
    if len({*map(len, columns)}) > 1:
        return 0.0
    shares = [power / one / other for one, other, power in zip(*columns, strict=True) if one * other * power]
    return statistics.median(shares) if shares else 0.0


def _without_header(names: Sequence[str]) -> dict[str, Any]:
    return {"csv": {"header": False, "columns": [*names]}}


def _of_channels(names: Sequence[str], places: Mapping[str, int]) -> Choice:
    """Return the choice of these columns for channels in a file without a header."""
    channels = {at: channel for channel, at in places.items()}
    label = ", ".join(f"{channel}: column {at + 1}" for channel, at in places.items())
    return Choice(label, _without_header([channels.get(at, name) for at, name in enumerate(names)]))


def _unheaded(names: Sequence[str], at: int, channel: str, unit: str) -> Choice:
    """Return the choice of a column for a channel in a file without a header."""
    named = [*names[:at], "PV power" if channel == "power" else "PV energy", *names[at + 1 :]]
    changes = _without_header(named)
    if unit:
        changes["channels"] = {channel: {"unit": unit}}
    return Choice(f"{channel}: column {at + 1}" + (f", {unit}" if unit else ""), changes)
