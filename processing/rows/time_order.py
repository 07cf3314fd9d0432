"""A file's rows in order of time, without repeats, and which of them are valid."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from processing.model.channels import electric_power
from processing.model.flags import FAIL, Flags, Floats, Integers, Mask, any_of
from processing.model.profile import Profile
from processing.model.stamp import BUILT_IN, NO_TIME, Form, written
from processing.reading.dialect import Column
from processing.reading.table import Table
from processing.rows.gross_range import gross_range, sentinel
from processing.rows.steps import Steps, extremes, steps_of


class Rows(NamedTuple):
    """All rows but repeats: those with a time sorted by it, then those without. Arrays of one length."""

    line: NDArray[np.int32]
    time: Integers
    form: NDArray[np.int32]
    broken: Mask
    """Syntax errors, and stamps of the minority kind (naive among aware, or the reverse)."""
    conflict: Mask
    """The later of two rows with one timestamp and different values."""
    mixed: Mask
    """Stamps of the minority kind."""
    valid: Mask
    block: Floats
    """The readings: (channels, rows)."""
    values: dict[str, Floats]
    """The rows of `block` by channel."""
    least: Floats
    """Each channel's lowest reading, NaN where one is no number or there is none."""
    most: Floats
    range_flags: dict[str, Flags]
    """Of the channels of which a reading is outside of its limits or no number."""
    sentinel_flags: dict[str, Flags]
    timed: int
    """How many rows have a time; they come first."""
    steps: Steps
    """Between rows that have a time."""

    @property
    def power(self) -> Floats:
        """Return the power of each row, V · I if the file has no power column."""
        return power_of(self.values)

    def text(self, index: int, forms: list[Form]) -> str | None:
        """Return a row's timestamp in the form of the input."""
        time = self.time.item(index)
        return None if time == NO_TIME else written(time, forms[self.form.item(index)])


class Ordered(NamedTuple):
    """The rows, and what putting them in order showed."""

    rows: Rows
    duplicates: NDArray[np.int32]
    """Lines of the repeats that were dropped, in the order of the file."""
    disorder: NDArray[np.int32]
    """Lines of rows whose time is before that of the row above."""


class _Limits(NamedTuple):
    """What the profile says of the columns of a file."""

    low: list[float]
    high: list[float]
    sentinels: tuple[list[float], ...]
    inside: tuple[bool, ...]
    """A sentinel of the column is a possible reading."""


def power_of(values: dict[str, Floats]) -> Floats:
    """Return the power of each row, V · I if the file has no power column."""
    if "power" in values:
        return values["power"]
    return electric_power(values["voltage"], values["current"])


def ordered(table: Table, profile: Profile) -> Ordered:
    """Return the table's rows in order of time, the repeats dropped, each row held against the limits."""
    columns = table.dialect.columns
    mixed = _minority(table)
    time = np.where(mixed, NO_TIME, table.time) if any_of(mixed) else table.time
    broken = table.broken | mixed
    limits = _limits(profile, tuple(columns.items()))
    least, most = extremes(table.block)
    failed, ranges, sentinels = broken, {}, {}
    beyond = zip(columns, table.block, least.tolist(), most.tolist(), *limits, strict=True)
    for name, values, lowest, highest, low, high, known, inside in beyond:
        if low <= lowest <= highest <= high and not inside:
            continue
        ranges[name] = gross_range(values, low, high)
        failed = failed | (ranges[name] == FAIL)
        if inside or any_of(ranges[name] == FAIL):
            sentinels[name] = sentinel(values, known)
            failed |= sentinels[name] == FAIL
    steps = steps_of(time)
    rows = Rows(
        table.line, time, table.form, broken, np.zeros(len(time), np.bool_), mixed, ~failed, table.block,
        dict(zip(columns, table.block, strict=True)), least, most, ranges, sentinels, len(time), steps,
    )  # fmt: skip
    if len(time) and steps.shortest > 0 and not (any_of(broken) and NO_TIME in time):
        return Ordered(rows, table.line[:0], table.line[:0])
    return _sorted(rows, failed)


@functools.lru_cache(maxsize=128)  # the files of a device have one header
def _limits(profile: Profile, columns: tuple[tuple[str, Column], ...]) -> _Limits:
    channels = [profile.channels[name] for name, _ in columns]
    sentinels = [
        [value * column.factor + column.offset for value in profile.sentinels] for _, column in columns
    ]
    return _Limits(
        [channel.min for channel in channels],
        [channel.max for channel in channels],
        tuple(sentinels),
        tuple(
            any(channel.min <= value <= channel.max for value in values)
            for channel, values in zip(channels, sentinels, strict=True)
        ),
    )


def _minority(table: Table) -> Mask:
    """Return the rows with a naive stamp among aware ones, or the reverse; on a tie the first kind stands."""
    if len(table.forms) == BUILT_IN:
        return np.zeros(len(table.time), np.bool_)
    naive = np.array([form.zone == "" for form in table.forms])[table.form]
    stamped = table.time != NO_TIME
    count, total = int(np.count_nonzero(naive & stamped)), int(np.count_nonzero(stamped))
    if count in (0, total):
        return np.zeros(len(naive), np.bool_)
    first = bool(naive[np.argmax(stamped)])
    usual = first if 2 * count == total else 2 * count > total
    return np.asarray(stamped & (naive != usual))


def _sorted(rows: Rows, failed: Mask) -> Ordered:
    timed = np.flatnonzero(rows.time != NO_TIME)
    disorder = timed[1:][np.diff(rows.time[timed]) < 0]
    order = timed[np.argsort(rows.time[timed], kind="stable")]
    repeats, conflict = _same_time(rows, order, failed)
    kept = np.ones(len(failed), np.bool_)
    kept[repeats] = False
    order = np.concatenate((order[kept[order]], np.flatnonzero((rows.time == NO_TIME) & kept)))
    marked = np.zeros(len(failed), np.bool_)
    marked[conflict] = True
    time, block = rows.time[order], rows.block.take(order, axis=1)
    count = int(np.count_nonzero(time != NO_TIME))
    picked = Rows(
        rows.line[order],
        time,
        rows.form[order],
        rows.broken[order],
        marked[order],
        rows.mixed[order],
        ~(failed | marked)[order],
        block,
        dict(zip(rows.values, block, strict=True)),
        rows.least,
        rows.most,
        {name: flags[order] for name, flags in rows.range_flags.items()},
        {name: flags[order] for name, flags in rows.sentinel_flags.items()},
        count,
        steps_of(time[:count]),
    )
    return Ordered(picked, rows.line[np.sort(repeats)], rows.line[disorder])


def _same_time(rows: Rows, order: Integers, failed: Mask) -> tuple[Integers, Integers]:
    """Return the rows that repeat an earlier one of the same time, and those that contradict one.

    Rows of one time are repeats where all values are equal. Of the others the first that passes every
    check on its own stands, and later ones that pass contradict it.
    """
    time = rows.time[order]
    same = np.diff(time) == 0
    if not same.any():
        return order[:0], order[:0]
    among = order[np.concatenate((same, [False])) | np.concatenate(([False], same))]
    whole = among[~rows.broken[among]]
    keys = [np.nan_to_num(values[whole], nan=np.inf) for values in rows.block]
    by_value = np.lexsort((whole, *keys, rows.time[whole]))
    equal = np.diff(rows.time[whole][by_value]) == 0
    for key in keys:
        equal &= key[by_value][1:] == key[by_value][:-1]
    repeats = whole[by_value[1:][equal]]
    single = np.setdiff1d(whole[~failed[whole]], repeats)
    single = single[np.argsort(rows.time[single], kind="stable")]
    later = np.diff(rows.time[single]) == 0
    return repeats, single[1:][later]
