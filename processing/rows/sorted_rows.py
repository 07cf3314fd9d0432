"""The rows of a file in order of time, and the valid ones among them: what checks and figures work on."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from processing.energy.counters import jumps
from processing.energy.kinds import Kind, energies, may_be_intervals
from processing.head.dialect import Dialect
from processing.model.channels import LimitsOfChannel, has_product
from processing.model.flags import Flags, Floats, Integers, Mask, all_of
from processing.model.profile import Profile
from processing.model.result import RejectedRow
from processing.model.stamp import NO_TIME, Form, written
from processing.model.thresholds import NIGHT_FLOOR, ThresholdValues
from processing.rows.steps import GapLimit, Steps, durations, expected_rows, gaps, steps_of

_MAX_HELD = 43_200.0
"""Seconds for which a reading may hold: half a day."""


@dataclass
class SortedRows:
    """Rows in order of time, without repeats; those without a time come last. Arrays of one length."""

    line: NDArray[np.int32]
    time: Integers
    form: NDArray[np.int32]
    """The form in which each timestamp is written, as its index in `forms`."""
    forms: tuple[Form, ...]
    dialect: Dialect
    readings: Floats
    """Readings as an array of (channels, rows)."""
    broken: Mask
    """Syntax errors, and timestamps of the minority kind."""
    mixed: Mask
    """Timestamps of the minority kind: without an offset if most have one, or the reverse."""
    conflict: Mask
    """The later of two rows with one timestamp and different values."""
    valid: Mask
    missing: Mask
    """Rows that fail no check but whose power is unknown: they enter no figure and are not invalid."""
    range_flags: dict[str, Flags]
    """Flags of each channel that has a reading outside its limits, or a cell that is not a number."""
    sentinels: dict[str, Floats]
    """Loggers' values for "no reading", by channel; NaN in other rows. In `readings` they are NaN."""
    unread: list[RejectedRow]
    """The first rows with syntax errors, and of totals."""
    duplicates: NDArray[np.int32]
    """Lines of the repeats that were dropped, in the order of the file."""
    disorder: NDArray[np.int32]
    """Lines of rows whose time is before that of the row above."""
    steps: Steps
    """Steps between rows that have a time."""
    dt: float
    """Usual seconds between rows of the file."""
    gaps: GapLimit
    """Which steps are gaps."""
    expected: int
    """Number of rows that the file would have if none were missing."""
    profile: Profile
    thresholds: ThresholdValues
    """The thresholds of the profile; the others are scaled to the plant."""
    limits: dict[str, LimitsOfChannel]
    """The limits of all channels."""
    energy_kind: Kind | None = None
    """The kind of the energy column if the power comes from it; else None."""
    distant: Mask | None = None
    """Rows more than 365 days away from all others; None if there are none. Their time counts as unknown."""
    fallen: Mask | None = None
    """Values of a counter that do not fit the others; None if all fit."""
    by_energy: Floats | None = None
    """The power in W of rows for which only the energy gives it; NaN for others; None if there are none."""
    asleep: Mask | None = None
    """The steps in which an inverter sleeps; None if it does not."""
    unlit: int = 0
    """Number of rows that are missing because it sleeps; `expected` does not include them."""
    held: Floats | None = None
    """The seconds for which the reading of each row holds, if the logger writes only changes; else None."""
    at: Integers | None = None
    """If these are the valid rows, their indices among all rows; None if these are all rows."""
    values: dict[str, Floats] = field(init=False)
    """The readings by channel."""
    timed: int = field(init=False)
    """Number of rows that have a time."""
    aware: bool = field(init=False)
    """Whether the timestamps have offsets."""
    only_utc: bool = field(init=False)
    """Whether all timestamps have a zero offset: the local hour is then unknown."""

    def __post_init__(self) -> None:
        self.values = dict(zip(self.channels, self.readings, strict=True))
        self.timed = int(np.count_nonzero(self.time != NO_TIME))
        used = self.forms
        if any(form.is_utc for form in used):
            used = tuple(used[number] for number in np.unique(self.form).tolist())
        self.aware = any(form.is_utc for form in used)
        self.only_utc = self.aware and not any(form.offset for form in used)

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that the file has."""
        return tuple(self.dialect.columns)

    def valid_rows(self) -> SortedRows:
        """Return the valid rows: this object if all rows are valid."""
        if all_of(self.valid):
            return self
        at = self.valid.nonzero()[0]
        by_row = ("line", "time", "form", "broken", "mixed", "conflict", "valid", "missing")
        return replace(
            self,
            **{name: getattr(self, name)[at] for name in by_row},
            readings=self.readings.take(at, axis=1),
            range_flags={name: flags[at] for name, flags in self.range_flags.items()},
            sentinels={name: codes[at] for name, codes in self.sentinels.items()},
            steps=steps_of(self.time[at]),
            distant=None,
            fallen=None,
            by_energy=None if self.by_energy is None else self.by_energy[at],
            asleep=None,
            held=None if self.held is None else self.held[at],
            at=at,
        )

    @cached_property
    def has_unknown(self) -> bool:
        """Return whether any row lacks a reading of any channel."""
        return bool(self.range_flags) and bool(np.isnan(np.add.reduce(self.readings, axis=None)))

    @cached_property
    def power(self) -> Floats:
        """Return the power of each row: as in the file, else V · I, else from energy; NaN if not known."""
        if self.energy_kind is None:
            power = power_of(self.values, len(self.line))
            return power if self.by_energy is None else np.where(np.isnan(power), self.by_energy, power)
        if not self.valid.all():
            power = np.full(len(self.line), np.nan)
            power[self.valid] = self.valid_rows().power
            return power
        return np.asarray(self.energy * 3600 / self.seconds_of_energy(self.energy_kind))

    def seconds_of_energy(self, kind: Kind) -> Floats:
        """Return the seconds in which the energy of each row arose; NaN after the last value of a total."""
        return self.tau if kind == "interval" else np.append(self.steps.seconds, np.nan)

    def may_be_intervals(self, energy: Floats) -> bool:
        """Return whether values of the energy column that only rise may be those of intervals."""
        name, span = self.dialect.columns["energy"].name, self.steps.seconds.sum().item()
        return may_be_intervals(energy, name, self.dt, span)

    @property
    def energy(self) -> Floats:
        """Return the energy from each row to the next in Wh, if the power comes from the energy column."""
        found = energies(self.values["energy"], self.energy_kind or "interval")
        if self.energy_kind == "counter":
            found[jumps(found[:-1], self.steps.seconds)] = 0.0
        return found

    @cached_property
    def generating(self) -> Mask:
        """Return which rows have more power than the night floor."""
        return self.power > self.thresholds[NIGHT_FLOOR]

    @cached_property
    def tau(self) -> Floats:
        """Return the seconds that each row represents."""
        if self.held is not None:
            return self.held
        return durations(self.steps, self.dt, self.gaps.seconds)

    @cached_property
    def is_gap(self) -> Mask:
        """Return which steps are gaps; one fewer than there are rows with a time."""
        return gaps(self.steps, self.gaps.seconds)

    @property
    def local(self) -> Integers:
        """Return microseconds of local time as written."""
        if not self.aware:
            return self.time
        offsets = np.array([form.offset for form in self.forms], np.int64)
        return self.time + offsets[self.form]

    def text(self, index: int) -> str | None:
        """Return a row's timestamp in the form of the input."""
        time = self.time.item(index)
        return None if time == NO_TIME else written(time, self.forms[self.form.item(index)])


def held_rows(rows: SortedRows) -> SortedRows:
    """Return the rows of a logger that writes only changes: a reading holds until the next row.

    It holds for half a day at most, and a row without a reading ends it.
    """
    steps, known = rows.steps.seconds, rows.valid[: len(rows.steps.seconds)]
    is_held = known & (steps <= _MAX_HELD)
    held = np.full(len(rows.time), rows.dt)
    held[: len(steps)][is_held] = steps[is_held]
    usual = float(np.mean(steps[is_held])) if is_held.any() else rows.dt
    limit = GapLimit(_MAX_HELD, is_uneven=rows.steps.longest > rows.dt, usual=usual)
    expected = expected_rows(rows.time[: rows.timed], usual, rows.profile.period.hours)
    return replace(rows, held=held, gaps=limit, expected=expected)


def has_only_energy(channels: Container[str]) -> bool:
    """Return whether the power of a file with these channels comes from its energy column."""
    return "energy" in channels and "power" not in channels and not has_product(channels)


def power_of(values: dict[str, Floats], rows: int) -> Floats:
    """Return the power of rows with these readings: as in the file, else V · I; NaN if neither is known."""
    power = values.get("power")
    if power is not None and not np.isnan(np.add.reduce(power)):
        return power
    if not has_product(values):
        return np.full(rows, np.nan) if power is None else power
    product = values["voltage"] * values["current"]
    return product if power is None else np.where(np.isnan(power), product, power)
