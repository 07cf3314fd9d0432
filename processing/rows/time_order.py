"""Rows of a table in order of time, each compared with the limits."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from msgspec import structs

from processing.energy.counters import fallen_rows, without_jumps
from processing.energy.kinds import PER_INTERVAL, Kind, check_sign, energies, kind_of, names_total_of_day
from processing.model.flags import Floats, Integers, Mask, all_of, any_of
from processing.model.profile import Profile
from processing.model.rejection import RejectedFileError
from processing.model.stamp import NO_TIME, SECOND
from processing.model.thresholds import GAP_STEPS
from processing.reading.clock import usual_step
from processing.reading.table import Table
from processing.rows.daylight import sleep
from processing.rows.limits import Ranges, limits_of, ranges
from processing.rows.scaling import scaled_thresholds
from processing.rows.several_devices import check_turns, shared_times
from processing.rows.sorted_rows import SortedRows, has_only_energy, held_rows, power_of
from processing.rows.steps import (
    USUAL_INTERVAL,
    GapLimit,
    Steps,
    apart,
    distant_rows,
    expected_rows,
    gap_limit,
    interval,
    limit_of_readings,
    steps_of,
)
from processing.rows.total_rows import without_totals

_MANY_CONFLICTS, _CONFLICTS, _SCATTERED_CONFLICTS = 6, 0.2, 0.05
"""At least this many rows, and this share of the distinct ones, must contradict others to reject a file.

The second share holds if they are spread over more than an hour. (The rows of two plants are equal at night.)
"""
_MANY_ALIKE, _ALIKE = 6, 0.2
"""The power of this many rows must agree, within this share, with the energy that fills other rows."""

_Order: TypeAlias = tuple[Integers | slice, Integers, Integers, Integers]


def sort_rows(table: Table, profile: Profile) -> SortedRows:
    """Return the table's rows in order of time, without repeats, each compared with the limits.

    Raises RejectedFileError if the power comes from energy of an uncertain kind, or if many rows have the
    time of another row but other values, or alternate with those of another device.
    """
    rows = _compared(without_totals(table), profile)
    check_turns(rows, table.ends)
    if has_only_energy(rows.channels):
        rows = _with_energy(rows)
    elif "energy" in rows.channels and any_of(rows.missing):
        rows = _filled(rows)
    if profile.csv.rows == "changes" and rows.energy_kind is None:
        rows = held_rows(rows)
    rows.thresholds = scaled_thresholds(rows)
    if rows.steps.longest > rows.gaps.seconds and (slept := sleep(rows)) is not None:
        rows.unlit, rows.asleep = slept
        rows.expected -= rows.unlit
    return rows


def _distinguished(
    table: Table, profile: Profile, time: Integers, broken: Mask, failed: Mask
) -> tuple[Integers, _Order]:
    """Return the times, and the rows in their order.

    Rows that share a time follow each other by the interval that the profile states. Raises RejectedFileError
    if many rows share one and the profile states none, or one that does not distinguish them.
    """
    found, seconds = _order(table, time, broken, failed), profile.period.interval_seconds
    if seconds is not None and _are_shared(time, found):
        time = apart(time, seconds)
        found = _order(table, time, broken, failed)
    if not _are_shared(time, found):
        return time, found
    raise shared_times(table, time, len(found[2]))


def _are_shared(time: Integers, order: _Order) -> bool:
    """Return whether the times do not distinguish the rows."""
    _, repeats, conflicts, _ = order
    if len(conflicts) < _MANY_CONFLICTS:
        return False
    is_an_hour = np.ptp(time[conflicts]) < 3600 * SECOND  # such as the one that comes twice in autumn
    return len(conflicts) > (_CONFLICTS if is_an_hour else _SCATTERED_CONFLICTS) * (len(time) - len(repeats))


def _compared(table: Table, profile: Profile) -> SortedRows:
    time, mixed, distant, broken = _usable_times(table)
    limits = limits_of(table.dialect.columns, profile)
    compared = ranges(table, profile, limits)
    table = table._replace(readings=compared.readings)
    failed = broken | compared.failed
    missing = _without_power(table, compared) & ~failed
    time, (at, repeats, conflicts, disorder) = _distinguished(table, profile, time, broken, failed | missing)
    conflict = np.zeros(len(time), np.bool_)
    conflict[conflicts] = True
    time = time[at]
    steps = steps_of(timed := time[: np.count_nonzero(time != NO_TIME)])
    dt = interval(steps, profile.period.interval_seconds or USUAL_INTERVAL)
    gaps = _gaps(timed, missing[at], steps, dt, profile.thresholds[GAP_STEPS])
    return SortedRows(
        line=table.line[at],
        time=time,
        form=table.form[at],
        forms=tuple(table.forms),
        dialect=table.dialect,
        readings=table.readings if isinstance(at, slice) else table.readings.take(at, axis=1),
        broken=broken[at],
        mixed=mixed[at],
        distant=None if distant is None else distant[at],
        conflict=conflict[at],
        valid=~(failed | missing | conflict)[at],
        missing=missing[at],
        range_flags={name: flags[at] for name, flags in compared.flags.items()},
        sentinels={name: codes[at] for name, codes in compared.sentinels.items()},
        unread=table.rejected,
        duplicates=table.line[np.sort(repeats)],
        disorder=table.line[disorder],
        steps=steps,
        dt=dt,
        gaps=gaps,
        expected=expected_rows(timed, gaps.usual, profile.period.hours),
        profile=profile,
        thresholds=profile.thresholds,
        limits=limits,
    )


def _gaps(time: Integers, missing: Mask, steps: Steps, dt: float, gap_steps: float) -> GapLimit:
    """Return which steps are gaps: between all rows, or between those with readings if they come in turn."""
    limit = gap_limit(steps, dt, gap_steps)
    return limit_of_readings(time[~missing[: len(time)]], gap_steps, limit) if any_of(missing) else limit


def _usable_times(table: Table) -> tuple[Integers, Mask, Mask | None, Mask]:
    """Return the times of the rows, and which rows are of the minority, distant, or without a usable time.

    Rows of the minority and distant rows get NO_TIME.
    """
    mixed, distant = _minority(table), distant_rows(table.time)
    untimed = mixed
    if distant is not None:
        distant &= ~(table.broken | mixed)
        untimed = mixed | distant
    time = np.where(untimed, NO_TIME, table.time) if any_of(untimed) else table.time
    return time, mixed, distant, table.broken | untimed


def _with_energy(rows: SortedRows) -> SortedRows:
    """Return the rows with the kind of their energy; values that do not fit a counter become invalid."""
    check_sign(rows.values["energy"][~rows.conflict], rows.profile.channels["energy"])
    if not any_of(rows.valid):
        return rows
    values = np.where(rows.valid, rows.values["energy"], np.nan)
    kind = _kind_of_energy(rows, without_jumps(values, rows.time))
    if kind == "interval":
        return replace(rows, energy_kind=kind)
    if rows.profile.csv.label == "end":
        rows = _as_read(rows)
    if kind in ("net", "restarting"):
        return _as_intervals(rows, kind)
    fallen = fallen_rows(values)
    valid = rows.valid if fallen is None else rows.valid & ~fallen
    return replace(rows, energy_kind=kind, fallen=fallen, valid=valid)


def _as_intervals(rows: SortedRows, kind: Kind) -> SortedRows:
    """Return rows of a total of this kind with the energy from each one to the next, which the last lacks."""
    known, at = rows.valid.nonzero()[0], rows.channels.index("energy")
    readings, valid, missing = rows.readings.copy(), rows.valid.copy(), rows.missing.copy()
    readings[at, known] = energies(readings[at, known], kind)
    valid[known[-1:]], missing[known[-1:]] = False, True
    return replace(rows, readings=readings, valid=valid, missing=missing, energy_kind="interval")


def _as_read(rows: SortedRows) -> SortedRows:
    """Return the rows at the times when a meter was read, not at the starts of the intervals before."""
    step, _ = usual_step(rows.time[: rows.timed])
    profile = structs.replace(rows.profile, csv=structs.replace(rows.profile.csv, label="start"))
    return replace(rows, time=rows.time + np.where(rows.time == NO_TIME, 0, step), profile=profile)


def _kind_of_energy(rows: SortedRows, values: Floats) -> Kind:
    name = rows.dialect.columns["energy"].name
    kind = rows.profile.channels["energy"].kind or ("interval" if PER_INTERVAL in name.casefold() else None)
    by_chance, is_total = rows.may_be_intervals(values), names_total_of_day(name, rows.dt)
    return kind_of(values, kind, step=rows.dt, rises_by_chance=by_chance, is_total=is_total)


def kinds_of_energy(rows: SortedRows, values: Floats) -> Sequence[Kind]:
    """Return the kind of the values in Wh of a file's column of energy, or both if nothing decides."""
    try:
        return [_kind_of_energy(rows, values)]
    except RejectedFileError:
        return ["counter", "interval"]


def _filled(rows: SortedRows) -> SortedRows:
    """Return the rows; those that lack power get it from the energy column.

    They do if that column agrees with the power of the other rows, in value and in resolution.
    """
    values = np.where(rows.valid | rows.missing, rows.values["energy"], np.nan)[: rows.timed]
    kind, *others = kinds_of_energy(rows, values)
    if others:
        return rows
    seconds = rows.seconds_of_energy(kind)
    said = np.full(len(rows.line), np.nan)
    said[: rows.timed] = np.where(
        seconds <= rows.gaps.seconds, energies(values, kind) * 3600 / seconds, np.nan
    )
    limits, known = rows.limits["power"], rows.valid & (rows.power > 0) & ~np.isnan(said)
    is_alike = np.count_nonzero(known) >= _MANY_ALIKE and np.median(
        np.abs(said[known] - rows.power[known])
    ) <= _ALIKE * np.median(rows.power[known])
    filled = rows.missing & (said >= limits.min) & (said <= limits.max)
    if not is_alike or not any_of(filled):
        return rows
    power = np.where(filled, said, np.nan)
    return replace(rows, by_energy=power, valid=rows.valid | filled, missing=rows.missing & ~filled)


def _without_power(table: Table, compared: Ranges) -> Mask:
    """Return the rows whose power is unknown; none if no reading is missing."""
    if "power" in table.dialect.columns and not compared.flags:
        return np.zeros(len(table.line), np.bool_)
    values = dict(zip(table.dialect.columns, table.readings, strict=True))
    is_energy = has_only_energy(values)
    return np.isnan(values["energy"] if is_energy else power_of(values, len(table.line)))


def _minority(table: Table) -> Mask:
    """Return the rows without an offset if most have one, or the reverse; on a tie those unlike the first."""
    has_zone = [bool(form.zone) for form in table.forms]
    if any(has_zone):
        aware = np.array(has_zone)[table.form]
        timed = table.time != NO_TIME
        count, total = int(np.count_nonzero(aware & timed)), int(np.count_nonzero(timed))
        if 0 < count < total:
            first = bool(aware[np.argmax(timed)])
            usual = first if 2 * count == total else 2 * count > total
            return np.asarray(timed & (aware != usual))
    return np.zeros(len(table.time), np.bool_)


def _order(table: Table, time: Integers, broken: Mask, failed: Mask) -> _Order:
    """Return the rows to keep, in order of time, the repeats, the conflicts, and the rows out of order."""
    is_timed = time != NO_TIME
    nothing = np.zeros(0, np.intp)
    if all_of(is_timed) and not any_of(time[1:] <= time[:-1]):
        return slice(None), nothing, nothing, nothing
    timed = is_timed.nonzero()[0]
    disorder = timed[1:][np.diff(time[timed]) < 0]
    order = timed[np.argsort(time[timed], kind="stable")]
    repeats, conflicts = _same_time(table.readings, time, order, broken, failed)
    kept = np.ones(len(time), np.bool_)
    kept[repeats] = False
    rows = np.concatenate((order[kept[order]], (~is_timed & kept).nonzero()[0]))
    return rows, repeats, conflicts, disorder


def _same_time(
    readings: Floats, time: Integers, order: Integers, broken: Mask, failed: Mask
) -> tuple[Integers, Integers]:
    """Return the rows that repeat an earlier one of the same time, and those that contradict one.

    Rows of one time are repeats if all their values are equal. Of the others, the first that passes every
    check on its own stays; later ones that pass contradict it.
    """
    same = np.diff(time[order]) == 0
    if not same.any():
        return order[:0], order[:0]
    among = order[np.concatenate((same, [False])) | np.concatenate(([False], same))]
    whole = among[~broken[among]]
    keys = [np.nan_to_num(values[whole], nan=np.inf) for values in readings]
    by_value = np.lexsort((whole, *keys, time[whole]))
    equal = np.diff(time[whole][by_value]) == 0
    for key in keys:
        equal &= key[by_value][1:] == key[by_value][:-1]
    repeats = whole[by_value[1:][equal]]
    single = np.setdiff1d(whole[~failed[whole]], repeats)
    single = single[np.argsort(time[single], kind="stable")]
    later = np.diff(time[single]) == 0
    return repeats, single[1:][later]
