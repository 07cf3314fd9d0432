"""What the rows of a file stand for: changes alone, parts of a longer energy, or what a battery holds."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
from msgspec import structs

from processing.energy.counters import MAX_POWER_W, without_jumps
from processing.energy.kinds import KINDS, Kind
from processing.head.advice import asked, column_names, powers_of, rejected, shown
from processing.head.column_kinds import is_metered, names_production
from processing.head.header_cells import HeaderCell
from processing.model.channels import CHANNELS
from processing.model.flags import Floats
from processing.model.rejection import Choice, RejectedFileError
from processing.model.stamp import HOUR, HOUR_S
from processing.rows.sorted_rows import SortedRows, held_rows
from processing.rows.time_order import kinds_of_energy

_SURE = 10
"""The fewest energies above zero that can contradict a stated kind."""
_RUNS = 8
"""The fewest runs of rows with one energy."""
_SHARE = 0.9
"""The share of them that have one length and are in step."""
_SPAN = re.compile(
    r"(?:(?:last|past|previous|rolling|letzte[nrs]?|derni[eè]re?|[uú]ltima|laatste)[ _]?(\d{0,3})"
    r"|(?:\b|_)(\d{1,3}))"
    r"[ _]?"
    r"(?:(?P<min>min(?:utes?|uten)?)|h|hrs?|hours?|std|stunden?|heures?|horas?|or[ae]|uur)(?:\b|_)"
    r"|(?:\b|_)(?:hourly|stündlich|horaire|p(?:er|ro|ar|or)[ _](?:hour|stunde|heure|hora))(?:\b|_)",
    re.IGNORECASE,
)
"""A length of time in the name of an energy."""
_LONGER = 1.5
"""It is longer than this many steps if rows overlap."""
_MANY_HELD = 48
"""The fewest values that may be what a battery holds."""
_SHORT_STEP_S = 900.0
"""The longest step between them."""
_EMPTY = 0.1
"""Of a battery, a smaller share of them is zero."""
_WIDE = 0.3
"""They range over more than this share of the highest one."""
_SLOW = 0.05
"""They change by less than this share of their mean from one to the next."""
_CHANGES = 20
"""So many changes by about the least one, and none by zero, show a logger that writes only changes."""
_LEAST = 1.5
"""A change is about the least one up to so many times it."""
_SMALL = 5
"""The percentile of the changes that is compared with their median."""
_BAND = 0.5
"""The share of the median above which it shows such a logger too."""
_MATTERS = 0.01
"""The share of the energy that must depend on it."""
_NUMBERED = re.compile(r"(.+) (?:%H|\+60 minutes|\+1 hours)( from 1)?", re.DOTALL)
"""A format with the number of an hour."""
_HIGH, _DARK = 0.3, 0.01
"""Shares of the highest power of a day that are much, and none."""


def check_changes(rows: SortedRows) -> None:
    """Raise RejectedFileError if the power may be written only when it changes, at uneven steps.

    Rows that follow each other then differ by the least change, or by nearly as much in W or in percent.
    """
    valid = rows.valid_rows()
    if rows.profile.csv.rows != "auto" or rows.channels != ("power",) or not valid.gaps.is_uneven:
        return
    changes = np.abs(np.diff(valid.power))
    least = _least_change(changes, np.fmax(np.abs(valid.power[1:]), np.abs(valid.power[:-1])))
    if not least:
        return
    held = held_rows(rows).valid_rows()
    more = abs(np.sum(held.power * (held.tau - valid.tau)))
    if more <= _MATTERS * np.sum(np.abs(valid.power) * valid.tau):
        return
    labels = {"changes": "a reading holds until the next row", "samples": "long steps are gaps"}
    choices = [Choice(label, {"csv": {"rows": way}}) for way, label in labels.items()]
    message = (
        f"the power in two rows that follow each other differs by {least} or more: are rows written only "
        "when it changes?"
    )
    raise rejected("ambiguous_columns", message, rows.dialect.header_line, "power", choices=choices)


def _least_change(changes: Floats, sizes: Floats) -> str:
    """Return the change in W, or in percent of `sizes`, below which nothing is written; or ""."""
    changes, sizes = changes[sizes > 0], sizes[sizes > 0]
    least = changes.min(initial=np.inf)
    if len(changes) < _CHANGES or not least:
        return ""
    if np.count_nonzero(changes <= _LEAST * least) >= _CHANGES:
        return f"{least:.3g} W"
    for unit, values in (("W", changes), ("%", 100 * changes / sizes)):
        small, usual = np.percentile(values, (_SMALL, 50)).tolist()
        if small > _BAND * usual:
            return f"{small:.3g} {unit}"
    return ""


def check_numbered_hours(rows: SortedRows) -> None:
    """Raise RejectedFileError if numbered hours may be the half hours up to noon.

    Each day then ends with much power, and the next one begins with none. A profile that states the format
    declares that they are hours.
    """
    dialect, form = rows.dialect, rows.dialect.time_format
    found = _NUMBERED.fullmatch(form) if rows.profile.csv.time_format == "auto" else None
    if found is None or rows.energy_kind == "counter" or rows.dt != HOUR_S:
        return
    name = dialect.header[dialect.stamp[-1]].strip() if dialect.header else ""
    if form.endswith("%H") and name.casefold() != "hh":
        return  # named as hours; HH may be half hours
    valid = rows.valid_rows()
    hours = valid.local // HOUR
    starts = (hours % 24 == 0).nonzero()[0]
    starts = starts[starts + 23 < len(hours)]
    starts = starts[hours[starts + 23] == hours[starts] + 23]
    power = np.array([valid.power[at : at + 24] for at in starts.tolist()]).reshape(-1, 24)
    highest = power.max(axis=1)
    if not len(starts) or (power[:, 0] > _DARK * highest).any():
        return
    if np.median(power[:, -1]) <= _HIGH * np.median(highest):
        return
    is_from_1 = found[2] or rows.profile.csv.label == "end"
    halves = f"{found[1]} +30 minutes{' from 1' * bool(is_from_1)}"
    ways = {"half hours": halves, "hours": form}
    choices = [Choice(label, {"csv": {"time_format": way}}) for label, way in ways.items()]
    message = "the power is high at the end of each day, and zero after midnight: are the 24 numbers of a day"
    raise rejected(
        "ambiguous_time", f"{message} those of half hours?", rows.line.min().item(), choices=choices
    )


def check_kind(rows: SortedRows, kind: Kind) -> None:
    """Raise RejectedFileError if energies that are stated to be of this kind are surely of another one.

    So they are if a format was made from a file of another meter. A profile that also states limits declares
    that they are of this kind.
    """
    settings = rows.profile.channels.energy
    if rows.energy_kind != kind or settings.kind != kind or (settings.min, settings.max) != (None, None):
        return
    is_read = rows.valid if rows.fallen is None else rows.valid | rows.fallen
    values = without_jumps(np.where(is_read, rows.values["energy"], np.nan), rows.time)
    channels = structs.replace(rows.profile.channels, energy=structs.replace(settings, kind=None))
    profile = structs.replace(rows.profile, channels=channels)
    found = kinds_of_energy(replace(rows, profile=profile), values)
    if len(found) != 1 or found[0] == kind or np.count_nonzero(values > 0) < _SURE:
        return
    column, other, choices = rows.dialect.columns["energy"], found[0], list[Choice]()
    message = f"the energy is stated to be {KINDS[kind]}, but its values are those of {KINDS[other]}"
    if other == "counter" or np.nanmax(values, initial=0.0) * HOUR_S <= MAX_POWER_W * rows.dt:
        choices = [Choice(f"{other}, {KINDS[other]}", {"channels": {"energy": {"kind": other}}})]
    if other == "interval" and not (column.states_unit and settings.unit is None):
        choices += powers_of("energy", column_names(rows.dialect.header, column.places)[0])
        message += ", or of a power"
    if not choices:
        return
    keys = {"kind": kind, **CHANNELS["energy"].widest_keys}
    choices.append(Choice(f"{kind} as it is", {"channels": {"energy": keys}}))
    raise rejected("ambiguous_columns", message, rows.dialect.header_line, "energy", choices=choices)


def check_repeats(rows: SortedRows) -> None:
    """Raise RejectedFileError if each energy of an interval occurs in several rows, as that of an hour may.

    A profile that states the kind or a scale declares what the energies are of.
    """
    settings = rows.profile.channels.energy
    if rows.energy_kind != "interval" or settings.kind is not None or settings.scale is not None:
        return
    values = rows.values["energy"][rows.valid]
    if (count := _steps_named(rows)) > _LONGER:
        name = rows.dialect.columns["energy"].name
        raise _of_several(
            rows, round(count), f"{shown([name])!r} names a longer time than the step between rows"
        )
    _check_held(rows, values)
    edges = np.concatenate(([0], (values[1:] != values[:-1]).nonzero()[0] + 1, [len(values)]))
    lengths, starts = edges[1:] - edges[:-1], edges[:-1]
    inner = (values[starts] > 0) & (starts > 0) & (edges[1:] < len(values))
    if np.count_nonzero(inner) < _RUNS:
        return
    count = int(np.median(lengths[inner]))
    in_step = lengths[inner] % count == 0
    in_step &= starts[inner] % count == np.median(starts[inner] % count)
    if count == 1 or np.count_nonzero(in_step) < _SHARE * len(in_step):
        return
    raise _of_several(rows, count, f"each energy stands in {count} rows that follow each other")


def _steps_named(rows: SortedRows) -> float:
    """Return for how many steps between rows the energies are by their name: 12 for `Energy last hour`."""
    found = _SPAN.search(rows.dialect.columns["energy"].name)
    if found is None:
        return 0.0
    return float(found[1] or found[2] or 1) * (60 if found["min"] else HOUR_S) / rows.dt


def _of_several(rows: SortedRows, count: int, message: str) -> RejectedFileError:
    """Return the rejection that asks whether each energy is that of so many rows."""
    ways: dict[str, dict[str, Any]] = {
        f"the energy of {count} rows": {"scale": 1 / count},
        "the energy of each row": {"kind": "interval"},
    }
    message += ": is it that of them together?"
    return asked("ambiguous_columns", message, rows.dialect.header_line, "energy", ways)


def _check_held(rows: SortedRows, values: Floats) -> None:
    """Raise RejectedFileError if energies change slowly and widely: a battery may hold them.

    What a plant makes is zero at night, and a name may say that the energy flows.
    """
    cell = HeaderCell((rows.dialect.columns["energy"].name,))
    if len(values) < _MANY_HELD or rows.dt > _SHORT_STEP_S or names_production(cell.text) or is_metered(cell):
        return
    is_wide = np.ptp(values) > _WIDE * values.max() and np.count_nonzero(values <= 0) < _EMPTY * len(values)
    if not is_wide or np.abs(values[1:] - values[:-1]).mean() >= _SLOW * values.mean():
        return
    message = (
        "the energy changes slowly, and is not zero at night: is it what a battery holds? That is no energy"
        " of intervals, and has no figures"
    )
    ways = {"the energy of each row": {"kind": "interval"}}
    raise asked("ambiguous_columns", message, rows.dialect.header_line, "energy", ways)
