"""What is worth knowing and no fault of a row: gaps, repeats, disorder, odd clocks, clipping."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from processing import anomalies, validation
from processing.day import Day, dates
from processing.findings import Ledger, Told
from processing.flags import FAIL, Mask
from processing.metrics import rounded
from processing.night import site_clock
from processing.order import Ordered, Rows
from processing.profile import Profile
from processing.result import MOST_LISTED, Anomaly

_FIRST_PLAUSIBLE = int((datetime(2000, 1, 1) - datetime(1970, 1, 1)) / timedelta(microseconds=1))  # noqa: DTZ001
_FUTURE_MARGIN = 26 * 3_600 * 1_000_000
"""Naive stamps may be 14 h ahead of UTC; half a day is left for clocks that drift."""
_IRREGULAR_SHARE = 0.1


def add_notes(ledger: Ledger, found: Ordered, day: Day, profile: Profile, now: int | None) -> None:
    """Put every note about these rows into the ledger; `now` is the time of processing in microseconds."""
    _gaps(ledger, found.rows, day.dt, profile)
    _several_intervals(ledger, found.rows, day.dt)
    _lines(ledger, "duplicate", found.duplicates, "rows that repeat an earlier one were dropped")
    _lines(ledger, "disorder", found.disorder, "rows stand below a later one; all were sorted by time")
    _implausible(ledger, found.rows, now)
    _clipping(ledger, day, profile)
    _night_voltage(ledger, found.rows, profile)


def _gaps(ledger: Ledger, rows: Rows, dt: float, profile: Profile) -> None:
    steps = np.diff(rows.time[: rows.timed]) / 1e6
    limit = profile.thresholds.gap_steps * dt
    at = np.flatnonzero(steps > limit)
    ledger.total += max(0, len(at) - MOST_LISTED)
    for index in at[:MOST_LISTED].tolist():
        lacking = max(1, round(steps[index] / dt) - 1)
        message = f"no rows for {steps[index] / 60:g} min where every {dt:g} s are usual: {lacking} missing"
        ledger.remark(
            Anomaly(
                check="gap",
                channel=None,
                flag=9,
                severity="note",
                start=ledger.text(index),
                end=ledger.text(index + 1),
                rows=lacking,
                line=int(rows.line[index + 1]),
                value=rounded(steps[index]),
                limit=rounded(limit),
                message=message,
            )
        )


def _several_intervals(ledger: Ledger, rows: Rows, dt: float) -> None:
    steps = np.diff(rows.time[: rows.timed]) / 1e6
    steps = steps[steps > 0]
    odd = np.count_nonzero((steps < dt / 2) | (steps > 1.5 * dt))
    if odd > _IRREGULAR_SHARE * len(steps):
        share = odd / len(steps)
        message = (
            f"{share:.0%} of the steps are far from the usual {dt:g} s: the interval changes within the file"
        )
        ledger.remark(_about("several_intervals", None, int(odd), message, value=rounded(dt)))


def _lines(ledger: Ledger, check: str, lines: NDArray[np.int32], message: str) -> None:
    if len(lines):
        ledger.remark(_about(check, int(lines[0]), len(lines), f"{message}: {len(lines)}"))


def _implausible(ledger: Ledger, rows: Rows, now: int | None) -> None:
    time = rows.time[: rows.timed]
    if not len(time):
        return
    if time[0] < _FIRST_PLAUSIBLE:
        early = _padded(time < _FIRST_PLAUSIBLE, ledger.count)
        ledger.note(
            "implausible_date", early, lambda _: Told(None, None, "before 2000: was the clock ever set?")
        )
    if now is not None and time[-1] > now + _FUTURE_MARGIN:
        late = _padded(time > now + _FUTURE_MARGIN, ledger.count)
        ledger.note("future_date", late, lambda _: Told(None, None, "later than the time of processing"))


def _clipping(ledger: Ledger, day: Day, profile: Profile) -> None:
    limits = profile.thresholds
    amperes = day.values["current"]
    if not len(amperes) or amperes.max() < limits.clipping_current:
        return
    found = anomalies.clipping(
        day.power,
        amperes,
        dates(site_clock(day, profile)),
        fraction=limits.clipping_fraction,
        amperes=limits.clipping_current,
        rows=limits.clipping_rows,
    )
    mask = np.zeros(ledger.count, np.bool_)
    mask[slice(None) if day.at is None else day.at] = found
    message = (
        f"power stays at its highest with at least {limits.clipping_current:g} A: at the limit of the panel"
    )
    ledger.note("clipping", mask, lambda _: Told(None, limits.clipping_current, message), "power")


def _night_voltage(ledger: Ledger, rows: Rows, profile: Profile) -> None:
    failed = ~rows.valid
    share = np.count_nonzero(failed) / max(1, len(failed))
    if share <= profile.thresholds.night_voltage_fraction:
        return
    low, floor = profile.channels.voltage.min, profile.thresholds.night_floor_w
    volts = rows.values["voltage"]
    power = rows.values.get("power", volts * rows.values["current"])
    dark = validation.night_voltage(rows.range_flags["voltage"] == FAIL, volts, power, low, floor)
    if (dark == failed).all():
        message = f"{share:.0%} of the rows fail by voltage, all without power: panel-side sensor? see limits"
        first = int(rows.line[np.argmax(dark)])
        ledger.remark(_about("night_voltage", first, int(dark.sum()), message, channel="voltage", limit=low))


def _padded(mask: Mask, count: int) -> Mask:
    """Return the mask of the rows with a time as one of all rows."""
    return np.concatenate((mask, np.zeros(count - len(mask), np.bool_)))


def _about(  # one note about a whole file
    check: str,
    line: int | None,
    rows: int,
    message: str,
    *,
    channel: str | None = None,
    value: float | None = None,
    limit: float | None = None,
) -> Anomaly:
    return Anomaly(
        check=check,
        channel=channel,
        flag=1,
        severity="note",
        start=None,
        end=None,
        rows=rows,
        line=line,
        value=value,
        limit=limit,
        message=message,
    )
