"""Files that can be read but may mean something else: several devices, the unit of the power."""

import functools
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise, product

import numpy as np

from processing.crosschecks.cells import Again
from processing.crosschecks.units import check_units_agree, factor_of_total, factors_beside, has_flows_beside
from processing.head.advice import CERTAIN_WATTS, rejected, shown
from processing.head.dialect import Column, Dialect, rows_in
from processing.layout.labels import several_devices
from processing.model.channels import DARK_WATTS, has_product
from processing.model.flags import Floats, Integers, any_of
from processing.model.profile import Profile
from processing.model.rejection import Choice, RejectedFileError
from processing.model.safe_text import counted
from processing.model.stamp import DAY, HOUR, NO_TIME
from processing.naming.synonyms import DEVICE_NAMES, normal
from processing.naming.units import is_unit, label_of
from processing.reading.clock import usual_step
from processing.reading.long_rows import have_shared_times
from processing.reading.table import Table, reading_places
from processing.times.time_formats import time_format
from processing.times.timestamps import timestamp

_SHARED_FRACTION = 0.1
"""Share of the rows: if more have the time of the row before, a column may name their devices."""
_REPEATED_FRACTION = 0.02
"""Share of the times with several rows in which one device may occur twice, as in an hour in autumn."""
_PARTIAL_FRACTION = 0.02
"""Share of the rows: if more lack some of the readings that are added, it matters what that means."""
_MAX_DEVICES = 64
_SCATTERED = 0.2
"""Share of the rows: if more are before the row above, and more behind it, rows have no order of time."""
_EVEN = 0.6
"""Share of the steps between times that are equal if they are those of one logger."""
_ID = re.compile(r"(?:^|[\W_])(?:id|Id|ID)$|[a-z]I[dD]$")
_NOISE_WATTS = 8.0
"""The panel that the name `power` means generates more than its default night floor."""
_WHOLE_DAY, _HOURLY = 23 * HOUR, 24
_LARGE_PLANT = 1000.0
"""Power below it may be in kW if it has three decimals or more."""
_ROUNDED = 1e-6
_WATTS = {"W": 1.0, "kW": 1000.0}


def check_one_device(table: Table) -> None:
    """Raise RejectedFileError for a file with several devices, of which none was chosen."""
    dialect = table.dialect
    if dialect.where:
        if not dialect.long:
            _check_labels(table)
        return
    if dialect.long:
        _check_columns(dialect, table.ends())
        return
    if table.label is not None and dialect.label is not None:
        has_reading = ~table.broken & np.isfinite(table.readings).any(axis=0)
        present = set(np.unique(table.label[has_reading]).tolist())
        names = [
            name for name, number in table.labels.items() if number in present and name not in dialect.missing
        ]
        if len(names) > 1:
            label, time = table.label[has_reading], table.time[has_reading]
            changes = np.count_nonzero(label[1:] != label[:-1])
            follow = bool(changes < len(names)) and not any_of(time[1:] <= time[:-1])
            place, line, is_one = dialect.label, dialect.header_line, have_shared_times(table)
            raise several_devices(names, dialect.header, place, line, follow=follow, have_one_time=is_one)
    if not dialect.has_other_columns:
        return
    time = table.time[table.time != NO_TIME]
    falls = np.count_nonzero(time[1:] < time[:-1])
    shared = int(np.count_nonzero(time[1:] == time[:-1]))
    if shared <= _SHARED_FRACTION * len(time):
        time.sort()
        shared = int(np.count_nonzero(time[1:] == time[:-1]))
    if shared > _SHARED_FRACTION * len(time):
        _check_columns(dialect, table.ends())
    elif _SCATTERED * len(time) < falls < (1 - _SCATTERED) * len(time):
        _check_ids(dialect, table.ends())


def _check_labels(table: Table) -> None:
    """Raise RejectedFileError if rows of two labels that are read have one time: they are not added up."""
    dialect = table.dialect
    if len(dialect.where) > 1 and dialect.label is not None and have_shared_times(table):
        raise several_devices(dialect.where, dialect.header, dialect.label, dialect.header_line)


def _check_columns(dialect: Dialect, lines: bytes) -> None:
    """Raise RejectedFileError if the rows of one time and one label differ in another column.

    If they do not, the rows with readings decide: others may be those of other columns.
    """
    key = dialect.stamp if dialect.label is None or not dialect.long else (*dialect.stamp, dialect.label)
    places = reading_places(dialect)
    used, missing = {*key, *places}, dialect.missing
    all_rows = list(rows_in((lines,), dialect))
    with_readings = [row for row in all_rows if any(row[at].strip() not in missing for at in places)]
    others = [at for at in _possible_labels(dialect) if at not in used]
    for rows, place in product((all_rows, with_readings), others):
        labels = Counter(row[place].strip() for row in rows)
        by_time: dict[str, list[str]] = defaultdict(list)
        for row in rows:
            by_time[" ".join(row[at] for at in key)].append(row[place].strip())
        shared = [each for each in by_time.values() if len(each) > 1]
        repeated = sum(len(set(each)) < len(each) for each in shared)
        is_device = repeated <= _REPEATED_FRACTION * len(shared)
        if shared and is_device and 1 < len(labels) <= _MAX_DEVICES and min(labels.values()) > 1:
            line, is_one = dialect.header_line, 2 * len(shared) > len(by_time) and not dialect.long
            raise several_devices(list(labels), dialect.header, place, line, have_one_time=is_one)


def _possible_labels(dialect: Dialect) -> list[int]:
    """Return the places of columns that may name devices, those with such a name first."""
    used = {*dialect.stamp, *reading_places(dialect)}
    named = enumerate(dialect.header)
    found = [at for at, name in named if at not in used and not is_unit(label_of(name).unit)]
    return sorted(found, key=lambda at: normal(dialect.header[at]) not in DEVICE_NAMES)


def _check_ids(dialect: Dialect, lines: bytes) -> None:
    """Raise RejectedFileError if a column named like an ID has a few labels that change from row to row."""
    places = [at for at in _possible_labels(dialect) if _ID.search(dialect.header[at])]
    if places:
        _check_changing(dialect, lines, places)


def check_turns_of_labels(dialect: Dialect, lines: bytes, others: Sequence[Choice]) -> None:
    """Raise RejectedFileError if a column has a few labels that change from row to row, as the values do.

    `others` are more ways to read the file.
    """
    _check_changing(dialect, lines, _possible_labels(dialect), others)


def _check_changing(
    dialect: Dialect, lines: bytes, places: Sequence[int], others: Sequence[Choice] | None = None
) -> None:
    """Raise RejectedFileError if one of these columns has a few labels that change, each at regular times.

    If the values are known to take turns, `others` are more choices; if not, it is None.
    """
    form = time_format(dialect.time_format)
    every = list(rows_in((lines,), dialect))
    stamps = [timestamp(" ".join(row[at] for at in dialect.stamp), form) for row in every]
    rows = [row for row, stamp in zip(every, stamps, strict=True) if stamp is not None]
    time = np.array([stamp.time for stamp in stamps if stamp is not None])
    for place in places:
        cells = [row[place].strip() for row in rows]
        labels = Counter(cells)
        changes = sum(one != other for one, other in pairwise(cells))
        is_few = 1 < len(labels) <= _MAX_DEVICES and min(labels.values()) > 1
        if is_few and changes >= 2 * len(labels) and _are_devices(cells, time, take_turns=others is not None):
            names = dialect.header, place, dialect.header_line
            raise several_devices(list(labels), *names, others=others or ())


def _are_devices(labels: Sequence[str], time: Integers, *, take_turns: bool) -> bool:
    """Return whether labels may be those of devices; if not, they are those of the states of one device.

    The times of one device are regular, and those of each of its states are not.
    """
    step, share = usual_step(time)
    steps = [usual_step(time[np.array(labels) == one]) for one in set(labels)]
    if take_turns:
        return all(part >= _EVEN for _, part in steps)
    return share < _EVEN or all(own > step and part >= _EVEN for own, part in steps)


def check_sums(table: Table, profile: Profile) -> None:
    """Raise RejectedFileError if many rows lack some of the readings that are added, and not others."""
    if table.partial <= _PARTIAL_FRACTION * len(table.line):
        return
    dialect = table.dialect
    sums = [name for name, column in dialect.columns.items() if len(column.places) > 1]
    name = (sums or [*dialect.columns])[0]
    if profile.channels[name].empty is not None:
        return
    zero = {"empty": "zero"} | ({"kind": "interval"} if name == "energy" else {})
    ways = {"empty cells add nothing": zero, "no sum if a cell is empty": {"empty": "missing"}}
    choices = [Choice(label, {"channels": {name: way}}, is_detail=True) for label, way in ways.items()]
    sums = table.readings[[*dialect.columns].index(name)]
    rises = np.diff(sums[np.isfinite(sums)])
    if name == "energy" and any_of(rises > 0) and not any_of(rises < 0):
        choices.reverse()  # the total of a meter
    where = profile.csv.where
    of = "devices" if where is not None and where.add else f"columns {shown([dialect.columns[name].name])!r}"
    message = (
        f"{table.partial} of {counted(len(table.line), 'row')} have values of some of the {of} "
        "and not of the others"
    )
    raise rejected("ambiguous_columns", message, dialect.header_line, name, choices=choices)


def with_unit_of_power(table: Table, profile: Profile, again: Again) -> Table:
    """Return the table with its power in the unit that the columns beside it show, if none is stated.

    A `scale` in the profile says what the cells are, and the columns beside do not count.
    Raises RejectedFileError if the power may also be in kW, because only its magnitude could show it, or if
    a unit that is stated contradicts those beside.
    """
    columns = table.dialect.columns
    power = columns.get("power")
    if power is None or power.states_unit:
        check_units_agree(table.dialect, functools.partial(_factors_beside, table, again), profile)
        if power is None and has_product(columns) and table.dialect.unused:
            _check_meter_beside(table, again, profile)
        return table
    if power.is_product:
        return table
    factors = _factors_beside(table, again) if profile.channels.power.scale in (None, 1.0) else {}
    units = [unit for unit, factor in _WATTS.items() if factor in factors]
    if len(units) != 1:
        _check_unit_of_power(table, profile)
        return table
    [unit] = units
    if power.own_name and unit == "kW":
        raise _unit_open(power, table.dialect.header_line, "the energy beside it says kW")
    readings = table.readings.copy()
    readings[list(columns).index("power")] *= _WATTS[unit]
    power = power._replace(factor=power.factor * _WATTS[unit], unit=unit, states_unit=True)
    return table._replace(
        readings=readings, dialect=table.dialect._replace(columns=columns | {"power": power})
    )


def _unit_open(power: Column, line: int, why: str, others: Sequence[Choice] = ()) -> RejectedFileError:
    ways: list[dict[str, str]] = [{"unit": unit} for unit in _WATTS]
    if power.own_name:
        ways[1]["limits"] = "unknown"  # in kW, it is not that of the default panel
    choices = [Choice(way["unit"], {"channels": {"power": way}}) for way in ways]
    message = f"the power in {shown([power.name])!r} has no unit, and {why}"
    return rejected("unknown_unit", message, line, "power", choices=[*choices, *others])


def _factors_beside(table: Table, again: Again) -> dict[float, str]:
    """Return the factors by which other powers and energies agree with the power, by their columns."""
    dialect = table.dialect
    if not (has_flow := has_flows_beside(dialect)) and "energy" not in dialect.columns:
        return {}
    known, readings = _known_rows(table)
    if not has_flow:
        return factor_of_total(again()[0], dialect, table.time[known], readings)
    return factors_beside(dialect, table.line[known], table.time[known], readings, again)


def _known_rows(table: Table) -> tuple[Integers, dict[str, Floats]]:
    """Return the rows of the first section in order of time, and their readings by channel."""
    is_known = ~table.broken & (table.time != NO_TIME)
    if len(table.sections) > 1:  # others may have other columns
        is_known &= table.line < table.sections[1]
    known = is_known.nonzero()[0]
    known = known[table.time[known].argsort(kind="stable")]
    return known, dict(zip(table.dialect.columns, table.readings[:, known], strict=True))


def _check_meter_beside(table: Table, again: Again, profile: Profile) -> None:
    """Raise RejectedFileError if V · I contradicts a total without a unit."""
    from processing.crosschecks.meter_beside import check_meter_beside  # noqa: PLC0415 - few files need it

    known, readings = _known_rows(table)
    line, time = table.line[known], table.time[known]
    check_meter_beside(table.dialect, line, time, readings, again=again, profile=profile)


def _check_unit_of_power(table: Table, profile: Profile) -> None:
    """Raise RejectedFileError if only the magnitude of the power could show whether it is in W or kW."""
    columns = table.dialect.columns
    power = columns["power"]
    if has_product(columns):
        return
    readings = np.abs(table.readings[list(columns).index("power")])
    highest = np.nanmax(readings, initial=0.0)
    times = table.time[table.time != NO_TIME]
    is_long = len(times) >= _HOURLY and times.max() - times.min() >= _WHOLE_DAY
    if power.own_name:
        least = DARK_WATTS if is_long else _NOISE_WATTS
    else:
        least = _LARGE_PLANT if _has_thousandths(readings) else CERTAIN_WATTS
    if 0 < highest < least:
        is_daily = len(times) > 1 and not any_of(times % DAY != 0)
        is_named, of_days = profile.channels.power.column is not None, []
        if is_daily and not is_named and table.dialect.header.count(power.name) == 1:
            of_days = [{"energy": {"column": power.name, "unit": unit}} for unit in ("kWh", "Wh")]
        others = [Choice(f"{each['energy']['unit']} of each day", {"channels": each}) for each in of_days]
        raise _unit_open(power, table.dialect.header_line, f"is at most {highest:g}", others)


def _has_thousandths(readings: Floats) -> bool:
    """Return whether most readings that are not zero have three decimals or more."""
    hundredths = 100 * readings[np.isfinite(readings) & (readings > 0)]
    fine = np.abs(hundredths - np.rint(hundredths)) > _ROUNDED
    return 2 * int(np.count_nonzero(fine)) > len(fine)
