"""Rows whose labels say what their cells hold: which reading, if each row has one, or in which unit."""

import re
from collections.abc import Collection, Sequence

import numpy as np
from msgspec import structs, to_builtins

from processing.crosschecks.cells import Again, rows_again
from processing.head.advice import MAX_CHOICES, rejected, shown
from processing.head.column_kinds import channel_of, resembled_channel
from processing.head.dialect import Column, conversion
from processing.layout.labels import header_of_labels
from processing.model.flags import Floats, Integers, Mask, any_of
from processing.model.profile import Profile
from processing.model.rejection import Choice, RejectedFileError
from processing.model.safe_text import counted
from processing.model.stamp import NO_TIME
from processing.naming.unit_cells import named_like_units
from processing.naming.units import power_or_energy, unit_of
from processing.reading.table import Table

_WITHOUT_UNIT = 0.05
"""Share of the rows that may lack their unit."""
_WHOLE_POLLS = 0.9
"""Share of the polls of several devices, one after the other, in which each has a row."""
_TURNS, _FEWEST_TURNS = 0.25, 4
"""Share of the times of several devices, and the fewest: if more are turns between all devices and some, a
device without a reading has not stopped."""
_NOT_ZERO = re.compile("[1-9]")


def in_units_of_rows(table: Table, profile: Profile) -> Table:
    """Return the table with the readings of each row in its own unit, if the labels are units of a channel.

    The table stays as it is if rows of one time have several units, since they are of several devices, and if
    a header or profile states a unit that no row has. If there are several, a reading other than zero
    without one is missing. Raises RejectedFileError if many are.
    """
    dialect, label = table.dialect, table.label
    if label is None or dialect.long or have_shared_times(table):
        return table
    present = set(np.unique(label[~table.broken & np.isfinite(table.readings).any(axis=0)]).tolist())
    stated = {name: at for name, at in table.labels.items() if at in present and name not in dialect.missing}
    channel = power_or_energy(next(iter(stated), ""))
    if channel not in dialect.columns:
        return table
    column, settings = dialect.columns[channel], profile.channels[channel]
    known = {at: unit for name, at in stated.items() if (unit := unit_of(channel, name))}
    scales = {at: conversion(channel, unit, settings)[0] for at, unit in known.items()}
    is_chosen = bool(dialect.where) and dialect.device is None and settings.unit is None
    first, units = next(iter(scales.values())), {*scales.values()}
    is_open = not (column.states_unit or settings.unit)
    if len(scales) < len(stated) or not (is_open or is_chosen or column.factor in scales.values()):
        return table
    if is_open:
        stating = column._replace(unit=next(iter(known.values())), factor=first, states_unit=True)
        dialect = dialect._replace(columns=dialect.columns | {channel: stating})
    elif units == {column.factor}:
        return table
    factors = np.full(max(table.labels.values()) + 1, first / column.factor)
    factors[[*scales]] = [scale / column.factor for scale in scales.values()]
    readings, at = table.readings.copy(), [*dialect.columns].index(channel)
    unstated = ~np.isin(label, [*scales]) & (np.nan_to_num(readings[at]) != 0) & (len(units) > 1)
    readings[at, unstated] = np.nan
    if (without := int(np.count_nonzero(unstated))) > _WITHOUT_UNIT * len(label):
        message = f"{counted(without, 'row')} with {channel} have no unit, and others are in {shown(stated)}"
        raise RejectedFileError("unknown_unit", message, dialect.header_line, channel)
    readings[at] = (readings[at] - column.offset) * factors[label] + column.offset
    return table._replace(readings=readings, label=None, dialect=dialect)


def check_units(table: Table, again: Again) -> None:
    """Raise RejectedFileError if rows with the names of devices have several units of the power or energy.

    `again` returns the first blocks of the file and the others; it is called if a column has units. The rows
    of one device, if it is chosen, are read in their own units.
    """
    dialect = table.dialect
    if dialect.label is None or dialect.device is not None:
        return
    channel = next((name for name in ("power", "energy") if name in dialect.columns), None)
    place = next((at for at in named_like_units(dialect.header) if at != dialect.label), None)
    if channel is None or place is None:
        return
    cells = dict.fromkeys(row[place].strip() for row in rows_again(dialect, again))
    units = {cell: unit for cell in cells if (unit := unit_of(channel, cell)) is not None}
    if len({*units.values()}) > 1:
        column = dialect.header[dialect.label]
        choices = [Choice(name, {"csv": {"where": {"column": column, "is": name}}}) for name in table.labels]
        message = f"the rows have the units {shown(units)}: of which device are they to be read?"
        raise rejected("unknown_unit", message, dialect.header_line, channel, choices=choices)


def check_labels(table: Table, again: Again, profile: Profile) -> None:
    """Raise RejectedFileError if the labels that are read together are not those of the rows with power.

    A device was added or replaced, or one of those that are added has no reading. `again` returns the first
    blocks of the file and the others; it is called if there are labels that the profile does not know.
    """
    where, label, dialect = profile.csv.where, table.label, table.dialect
    if where is None or isinstance(where.value, str) or label is None or dialect.long:
        return
    is_read = ~table.broken & np.isfinite(table.readings).any(axis=0)
    numbers = {*np.unique(label[is_read]).tolist()}
    present = [name for name in where.value if table.labels.get(name) in numbers]
    known = {*where.value, *where.others, *dialect.missing}
    unknown = set() if "*" in where.others else table.labels.keys() - known
    lacking = [name for name in where.value if name not in present] if where.add else []
    if not present or (len(where.value) == 1 and not where.add) or not (unknown or lacking):
        return
    new = _with_power(table, unknown, again) if unknown else []
    if not new and not lacking:
        return
    header, sign = dialect.header[dialect.label or 0], " + " if where.add else ", "
    names = (*present, *new)
    ways = {_listed(names, sign): structs.replace(where, value=names)}
    if new:
        without = structs.replace(where, value=tuple(present), others=(*where.others, *new))
        ways[f"{_listed(present, sign)} without {_listed(new, ', ')}"] = without
    choices = [Choice(name, {"csv": {"where": to_builtins(way)}}) for name, way in ways.items()]
    parts = [f"no row has {_listed(lacking, ', ')} in {header!r}"] if lacking else []
    parts += [f"rows with {_listed(new, ', ')} in {header!r} have readings too"] if new else []
    message = f"the rows of {_listed(where.value, ', ')} are read together; {' and '.join(parts)}"
    raise rejected("several_devices", message, dialect.header_line, header, choices=choices)


def _listed(names: Sequence[str], sign: str) -> str:
    """Return names, at most so many as a rejection has choices, with a sign between them."""
    return sign.join(shown([name]) for name in names[:MAX_CHOICES]) + f"{sign}…" * (len(names) > MAX_CHOICES)


def _with_power(table: Table, labels: Collection[str], again: Again) -> list[str]:
    """Return those of the labels that have a row with power or energy."""
    dialect, found = table.dialect, set[str]()
    columns = dialect.columns
    flows = [column for name, column in columns.items() if name in ("power", "energy")]
    places = [at for column in flows or columns.values() for at in column.places]
    for row in rows_again(dialect, again):
        if (name := row[dialect.label or 0].strip()) in labels and name not in found:
            cells = (row[at] for at in places if row[at].strip() not in dialect.missing)
            found.update([name] if any(map(_NOT_ZERO.search, cells)) else [])
    return [name for name in table.labels if name in found]


def have_shared_times(table: Table) -> bool:
    """Return whether rows with different labels have readings of one time."""
    if (label := table.label) is None:
        return False
    read = ((table.time != NO_TIME) & np.isfinite(table.readings).any(axis=0)).nonzero()[0]
    read = read[np.lexsort((label[read], table.time[read]))]
    time, label = table.time[read], label[read]
    return any_of((time[1:] == time[:-1]) & (label[1:] != label[:-1]))


def wide_table(table: Table, profile: Profile) -> Table:
    """Return a table with a row for each time, from one with a row for each reading.

    A second reading of a channel at the same time gets a row of its own. Broken rows stay as they are. If the
    rows are changes, a channel keeps its reading, or that it has none, until its next row.
    """
    if table.label is None:
        return table
    labels = _channel_by_label(table)
    channel = labels[np.minimum(table.label, len(labels) - 1)]
    single = (~table.broken & (table.time != NO_TIME) & (channel >= 0)).nonzero()[0]
    time, channel = table.time[single], channel[single]
    nth = _occurrence(time, channel)
    order = np.lexsort((single, nth, time))
    is_first = np.ones(len(order), np.bool_)
    same_time = time[order][1:] == time[order][:-1]
    is_first[1:] = ~(same_time & (nth[order][1:] == nth[order][:-1]))
    row = np.cumsum(is_first) - 1
    readings = np.full((len(table.readings), int(np.count_nonzero(is_first))), np.nan)
    readings[channel[order], row] = table.readings[channel[order], single[order]]
    if profile.csv.rows == "changes":
        last = np.full(readings.shape, -1)
        last[channel[order], row] = row
        np.maximum.accumulate(last, axis=1, out=last)
        kept = np.take_along_axis(readings, np.maximum(0, last), axis=1)
        readings = np.where(last >= 0, kept, np.nan)
    whole = _with_broken(table, single[order][is_first], readings)
    return whole._replace(dialect=table.dialect._replace(unused=_unused(table)))


def _with_broken(table: Table, rows: Integers, readings: Floats) -> Table:
    """Return a table of these rows with these readings, and of the broken ones, in their order."""
    broken = table.broken.nonzero()[0]
    readings = np.concatenate((readings, table.readings.take(broken, axis=1)), axis=1)
    whole = table.chosen(np.concatenate((rows, broken)))._replace(readings=readings, label=None, parts=None)
    return whole.chosen(whole.line.argsort(kind="stable"))


def with_added_devices(table: Table, profile: Profile) -> Table:
    """Return a table with the sum of the devices for each time, if the profile says so.

    It has the power and the energy alone. At a time at which a device has no reading there is no sum, unless
    such a device adds nothing (`empty`). Broken rows stay as they are.
    """
    where, label = profile.csv.where, table.label
    if where is None or not where.add or label is None or table.dialect.long:
        return table
    table = _with_flows(table)
    single = (~table.broken & (table.time != NO_TIME)).nonzero()[0]
    time = _times_of_polls(table.time[single], label[single], len(where.value))
    nth = _occurrence(time, label[single])
    times = np.unique(time, return_inverse=True)[1]
    keys = times * (1 + nth.max(initial=0)) + nth
    firsts, group = np.unique(keys, return_index=True, return_inverse=True)[1:]
    readings, partial = np.empty((len(table.readings), len(firsts))), 0
    for at, name in enumerate(table.dialect.columns):
        values, settings = table.readings[at, single], profile.channels[name]
        counts = np.bincount(group, ~np.isnan(values), len(firsts))
        readings[at] = np.bincount(group, np.nan_to_num(values), len(firsts))
        is_partial = (counts > 0) & (counts < len(where.value))
        is_zero = settings.empty == "zero" and (name != "energy" or settings.kind == "interval")
        if is_zero and _take_turns(is_partial):
            message = "the devices have rows at different times, so that their sum is not known"
            raise RejectedFileError("several_devices", message, table.dialect.header_line)
        readings[at, (counts == 0) | (is_partial & (not is_zero))] = np.nan
        partial = max(partial, int(np.count_nonzero(is_partial)))
    return _with_broken(table, single[firsts], readings)._replace(partial=partial)


def _times_of_polls(time: Integers, label: Integers, devices: int) -> Integers:
    """Return the times; if devices are asked one after the other, that of the first one for all."""
    if 2 * len(np.unique(time)) <= len(time):
        return time
    order = time.argsort(kind="stable")
    is_first = label[order] == label[order[0]]
    poll = np.cumsum(is_first) - 1
    if np.mean(np.bincount(poll) == devices) < _WHOLE_POLLS:
        return time
    found = np.empty_like(time)
    found[order] = time[order][is_first][poll]
    return found


def _take_turns(is_partial: Mask) -> bool:
    """Return whether times at which a device has no reading alternate with others, or there are no others."""
    turns = np.count_nonzero(is_partial[1:] != is_partial[:-1])
    return bool(is_partial.all() or turns >= max(_FEWEST_TURNS, _TURNS * len(is_partial)))


def _with_flows(table: Table) -> Table:
    """Return a table with power and energy alone; power is V · I if it has neither."""
    columns = table.dialect.columns
    found: dict[str, Column] = {name: one for name, one in columns.items() if name in ("power", "energy")}
    names = [*columns]
    readings = table.readings[[names.index(name) for name in found]]
    if not found:
        voltage, current = columns["voltage"], columns["current"]
        places, name = (*voltage.places, *current.places), f"{voltage.name} · {current.name}"
        power = voltage._replace(places=places, factor=1.0, offset=0.0, name=name, unit="W", cell_units=())
        found = {"power": power._replace(own_name=False, factors=2)}
        pair = table.readings[[names.index("voltage"), names.index("current")]]
        readings = pair[:1] * pair[1:]
    return table._replace(readings=readings, dialect=table.dialect._replace(columns=found))


def _unused(table: Table) -> tuple[str, ...]:
    """Return the labels in the whole file that look like a channel and are not read."""
    read = {label for _, label in table.dialect.long}
    cells = header_of_labels([label for label in table.labels if label not in read])
    return tuple(cell.text for cell in cells if channel_of(cell) or resembled_channel(cell))


def _channel_by_label(table: Table) -> Integers:
    """Return the index of the channel of each label; -1 if it has none."""
    channels = list(table.dialect.columns)
    found = np.full(len(table.labels) + 1, -1)
    for name, label in table.dialect.long:
        if label in table.labels:
            found[table.labels[label]] = channels.index(name)
    return found


def _occurrence(time: Integers, channel: Integers) -> Integers:
    """Return for each reading how many readings of its channel and time come before it."""
    order = np.lexsort((np.arange(len(time)), channel, time))
    is_first = np.ones(len(order), np.bool_)
    is_first[1:] = (time[order][1:] != time[order][:-1]) | (channel[order][1:] != channel[order][:-1])
    start = np.maximum.accumulate(np.where(is_first, np.arange(len(order)), 0))
    found = np.empty(len(order), np.int64)
    found[order] = np.arange(len(order)) - start
    return found
