"""The list of checks: each with its channel, its thresholds and the sentence that explains what it found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from processing.checks import failure_causes, statistical
from processing.checks.anomalies import Finding, Tell, Told
from processing.checks.prefilter import Glance, glance
from processing.model.channels import CHANNELS
from processing.model.flags import FAIL, MISSING, Flags, Floats, Mask, any_of, flagged, good, not_evaluated
from processing.model.profile import Profile, Thresholds
from processing.model.result import RejectedRow, rounded
from processing.model.safe_text import counted
from processing.rows.daylight import night_rows, site_clock
from processing.rows.time_order import Rows
from processing.rows.valid_rows import Day, dates


def fail_findings(rows: Rows, profile: Profile, unread: Sequence[RejectedRow] = ()) -> Iterator[Finding]:
    """Yield the verdicts of the checks that make a row invalid, over all rows.

    `unread` says of the first rows with syntax errors what is wrong with them.
    """
    quiet = good(len(rows.line))
    broken = flagged(rows.broken & ~rows.mixed, FAIL) if any_of(rows.broken) else quiet
    yield Finding("syntax", None, broken, _unread(rows, unread))
    if any_of(rows.mixed):
        message = "the stamp has an offset and most have none, or the reverse"
        yield Finding("mixed_offset", None, flagged(rows.mixed, FAIL), _say(message))
    if any_of(rows.conflict):
        message = "an earlier row has the same timestamp and other values"
        yield Finding("conflict", None, flagged(rows.conflict, FAIL), _say(message))
    disconnected = _disconnect(rows, profile)
    if disconnected is not None:
        yield disconnected
    for name in CHANNELS:
        if name in rows.values and name not in rows.range_flags:
            yield Finding("gross_range", name, quiet, _say(""))
        else:
            yield from _range_findings(rows, name, profile, disconnected)


def _disconnect(rows: Rows, profile: Profile) -> Finding | None:
    low = profile.channels.voltage.min
    if "voltage" not in rows.range_flags or not any_of(rows.values["voltage"] < low):
        return None
    volts, amperes = rows.values["voltage"], rows.values["current"]
    watts = rows.values.get("power", volts * amperes)
    flags = failure_causes.disconnect(volts, amperes, watts, low, profile.thresholds.night_floor_w)
    if not (flags == FAIL).any():
        return None

    def tell(run: slice) -> Told:
        value = rounded(volts[run].min())
        return Told(
            value, low, f"voltage {value:g} V and no current while the rows around generate: disconnected?"
        )

    return Finding("sensor_disconnect", "voltage", flags, tell)


def _range_findings(
    rows: Rows, name: str, profile: Profile, disconnected: Finding | None
) -> Iterator[Finding]:
    if name not in rows.values:
        yield Finding("gross_range", name, np.full(len(rows.line), MISSING, np.uint8), _say(""))
        return
    explained = np.zeros(len(rows.line), np.bool_)
    if name in rows.sentinel_flags:
        flags = rows.sentinel_flags[name]
        explained |= flags == FAIL
        yield Finding("sentinel", name, flags, _sentinel(rows.values[name], name))
    if disconnected is not None and name == "voltage":
        explained |= disconnected.flags == FAIL
    channel = getattr(profile.channels, name)
    tell = _outside(rows.values[name], name, channel.min, channel.max)
    yield Finding("gross_range", name, rows.range_flags[name], tell, ~explained)


def suspect_findings(day: Day, profile: Profile, rows: int) -> Iterator[Finding]:
    """Yield the verdicts of the statistical checks, spread over all rows; invalid rows are not evaluated."""
    spread: dict[int, tuple[Flags, Flags]] = {}
    for check, channel, flags, tell in _statistical(day, profile):
        if flags is None:
            yield Finding(check, channel, np.full(rows, MISSING, np.uint8), tell)
        elif day.at is None:
            yield Finding(check, channel, flags, tell)
        else:
            if id(flags) not in spread:  # those that find nothing share their flags
                spread[id(flags)] = flags, not_evaluated(rows)
                spread[id(flags)][1][day.at] = flags
            yield Finding(check, channel, spread[id(flags)][1], tell, at=day.at)


class _Verdict(NamedTuple):
    """Flags of the valid rows; None where the file lacks the channel."""

    check: str
    channel: str
    flags: Flags | None
    tell: Tell


class _Look(NamedTuple):
    """What the checks of neighbouring rows share; those that find nothing share their flags, too."""

    seen: Glance
    slow: Mask
    """The step is too long for the rows at its ends to be compared."""
    quiet: Flags
    """Of a check of runs."""
    quiet_behind: Flags
    """Of a check that compares a row with the one before."""
    quiet_between: Flags
    """Of a check that compares a row with both neighbours."""


def _statistical(day: Day, profile: Profile) -> Iterator[_Verdict]:
    slow = day.steps.seconds > profile.thresholds.slow_step_seconds
    behind, between = (statistical.compared(slow, ahead=ahead) for ahead in (False, True))
    look = _Look(glance(day, profile.thresholds), slow, good(len(day.time)), behind, between)
    yield _power(day, profile)
    for name in CHANNELS:
        yield from _jumps(day, name, look, profile.thresholds)
        yield from _stuck(day, name, look, profile.thresholds)
    yield _outlier(day, look, profile)
    yield from _by_daylight(day, look, profile)


def _jumps(day: Day, name: str, look: _Look, limits: Thresholds) -> Iterator[_Verdict]:
    largest = look.seen.jump.get(name)
    threshold = getattr(limits, f"spike_{name}", None)
    if threshold is not None:
        flags = None if largest is None else look.quiet_between
        if largest is not None and largest > threshold:
            flags = statistical.spike(_change(day, name), look.slow, threshold)
        yield _Verdict("spike", name, flags, _spike(day, name, threshold))
    limit = getattr(limits, f"rate_{name}", None)
    if limit is not None:
        flags = None if largest is None else look.quiet_behind
        if largest is not None and largest > limit:
            flags = statistical.rate_of_change(_change(day, name), day.steps.seconds, look.slow, limit)
        yield _Verdict("rate_of_change", name, flags, _rate(day, name, limit))


def _stuck(day: Day, name: str, look: _Look, limits: Thresholds) -> Iterator[_Verdict]:
    nothing = look.quiet if name in day.values else None
    if name != "power":
        warm = name == "temperature"
        seconds = limits.flat_temperature_seconds if warm else limits.flat_seconds
        counted = look.quiet.astype(np.bool_) if warm else day.generating
        flags = nothing
        if name in look.seen.level:
            flags = _flat_flags(day, name, counted, seconds, limits)
        yield _Verdict("flat_line", name, flags, _flat(day, name, seconds))
    if name != "temperature":
        flags = nothing
        if name in look.seen.straight:
            change, tolerance = _change(day, name), limits.fill_tolerance
            flags = statistical.linear_fill(change, day.generating, tolerance, limits.fill_rows)
        yield _Verdict("linear_fill", name, flags, _filled(day, name))


def _change(day: Day, name: str) -> Floats:
    """Return the difference between neighbouring rows, one shorter than these."""
    values = day.values[name]
    return values[1:] - values[:-1]


def _flat_flags(day: Day, name: str, counted: Mask, seconds: float, limits: Thresholds) -> Flags:
    change = _change(day, name)
    unseen = day.steps.seconds > max(limits.gap_fill_seconds, limits.gap_steps * day.dt)
    change[unseen] = np.inf  # nothing is known to last over a long gap
    return statistical.flat_line(
        change, day.time, counted, tolerance=limits.flat_tolerance, seconds=seconds, rows=limits.flat_rows
    )


def _power(day: Day, profile: Profile) -> _Verdict:
    limits = profile.thresholds
    volts, amperes, watts = day.values["voltage"], day.values["current"], day.power
    if "power" not in day.values:
        return _Verdict("power_mismatch", "power", not_evaluated(len(watts)), _say(""))
    flags = statistical.power_mismatch(
        volts, amperes, watts, limits.power_mismatch_w, limits.power_mismatch_fraction
    )

    def tell(run: slice) -> Told:
        apart = np.abs(watts[run] - volts[run] * amperes[run])
        worst = run.start + int(np.argmax(apart))
        product = float(volts[worst] * amperes[worst])
        limit = max(limits.power_mismatch_w, limits.power_mismatch_fraction * max(watts[worst], product))
        message = f"power {watts[worst]:g} W does not match V · I = {product:.2f} W"
        return Told(rounded(watts[worst]), rounded(limit), message)

    return _Verdict("power_mismatch", "power", flags, tell)


def _outlier(day: Day, look: _Look, profile: Profile) -> _Verdict:
    limits = profile.thresholds
    values = day.values["voltage"]
    rule = (limits.outlier_rows, limits.outlier_sigmas, limits.outlier_floor_v)
    flags = statistical.outlier(values, day.generating, *rule, largest_change=look.seen.jump["voltage"])

    def tell(run: slice) -> Told:
        value = rounded(values[run.start])
        return Told(
            value, limits.outlier_floor_v, f"voltage {value:g} V stands apart from the rows around it"
        )

    return _Verdict("outlier", "voltage", flags, tell)


def _by_daylight(day: Day, look: _Look, profile: Profile) -> Iterator[_Verdict]:
    limits = profile.thresholds
    night = night_rows(day, profile)
    if night is None:
        flags = not_evaluated(len(day.time))
    else:
        found = any_of(day.generating & night)
        flags = (
            statistical.night_generation(day.generating, night, limits.night_rows) if found else look.quiet
        )

    def at_night(run: slice) -> Told:
        value = rounded(day.power[run].max())
        return Told(value, limits.night_floor_w, f"power up to {value:g} W at night: is the clock right?")

    yield _Verdict("night_generation", "power", flags, at_night)
    flags = look.quiet
    if look.seen.dark:
        date = dates(site_clock(day, profile))
        by_day = day.generating if night is None else day.generating & ~night
        flags = statistical.daytime_outage(by_day, date, day.time, limits.outage_seconds, limits.outage_rows)

    def dark(run: slice) -> Told:
        minutes = _minutes(day, run)
        message = f"no more than {limits.night_floor_w:g} W for {minutes:g} min between hours that generate"
        return Told(rounded(day.power[run].max()), limits.night_floor_w, message)

    yield _Verdict("daytime_outage", "power", flags, dark)


def _say(message: str) -> Tell:
    return lambda _: Told(None, None, message)


def _unread(rows: Rows, unread: Sequence[RejectedRow]) -> Tell:
    by_line = {row.line: row for row in unread}

    def tell(run: slice) -> Told:
        first = by_line.get(int(rows.line[run.start]))
        why = "" if first is None else f": {first.reason}"
        if first is not None and first.column is not None:
            why = f": {first.column} '{first.cell}' is {first.reason}"
        many = run.stop - run.start
        return Told(None, None, ("the row" if many == 1 else counted(many, "row")) + " cannot be read" + why)

    return tell


def _unit(name: str) -> str:
    return CHANNELS[name].unit


def _outside(values: Floats, name: str, low: float, high: float) -> Tell:
    def tell(run: slice) -> Told:
        beyond = np.maximum(low - values[run], values[run] - high)
        value = rounded(values[run.start + int(np.nanargmax(beyond))])
        side, limit = ("below", low) if value < low else ("above", high)
        return Told(value, limit, f"{name} {value:g} {_unit(name)} is {side} {limit:g} {_unit(name)}")

    return tell


def _sentinel(values: Floats, name: str) -> Tell:
    def tell(run: slice) -> Told:
        value = rounded(values[run.start])
        return Told(value, None, f"{name} {value:g} is what loggers write for no reading")

    return tell


def _spike(day: Day, name: str, threshold: float) -> Tell:
    def tell(run: slice) -> Told:
        value = rounded(day.values[name][run.start])
        unit = _unit(name)
        message = f"{name} {value:g} {unit} is a spike: both neighbours are over {threshold:g} {unit} away"
        return Told(value, threshold, message)

    return tell


def _rate(day: Day, name: str, limit: float) -> Tell:
    def tell(run: slice) -> Told:
        rows = day.values[name][run.start - 1 : run.stop]
        steps = rows[1:] - rows[:-1]
        value = rounded(steps[np.argmax(np.abs(steps))])
        unit = _unit(name)
        return Told(
            value,
            limit,
            f"{name} changes by {value:+g} {unit} between rows; up to {limit:g} {unit} is plausible",
        )

    return tell


def _flat(day: Day, name: str, seconds: float) -> Tell:
    def tell(run: slice) -> Told:
        value = rounded(day.values[name][run.start])
        message = (
            f"{name} stays at {value:g} {_unit(name)} for {_minutes(day, run):g} min: is the sensor stuck?"
        )
        return Told(value, seconds, message)

    return tell


def _filled(day: Day, name: str) -> Tell:
    def tell(run: slice) -> Told:
        values = day.values[name]
        value = rounded(values[run.start + 1] - values[run.start])
        count = run.stop - run.start
        return Told(
            value, 0.0, f"{name} changes by exactly {value:g} {_unit(name)} over {count} rows: interpolated?"
        )

    return tell


def _minutes(day: Day, run: slice) -> float:
    return round(float(day.time[run.stop - 1] - day.time[run.start]) / 60e6, 1)
