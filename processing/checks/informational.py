"""What is worth knowing and no fault of a row: gaps, repeats, disorder, odd clocks, clipping."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from processing.checks import failure_causes, statistical
from processing.checks.anomalies import Ledger, Told
from processing.model.flags import FAIL, Floats, Mask
from processing.model.profile import Profile
from processing.model.result import MOST_LISTED, Anomaly, rounded
from processing.model.safe_text import counted
from processing.rows.daylight import site_clock
from processing.rows.runs import runs
from processing.rows.steps import FIRST_PLAUSIBLE
from processing.rows.time_order import Ordered, Rows
from processing.rows.valid_rows import Day, dates

_FUTURE_MARGIN = 26 * 3_600 * 1_000_000
"""Naive stamps may be 14 h ahead of UTC; half a day is left for clocks that drift."""
_ALIKE = 0.1


def add_notes(ledger: Ledger, found: Ordered, day: Day, profile: Profile, now: int | None) -> None:
    """Put every note about these rows into the ledger; `now` is the time of processing in microseconds."""
    steps = found.rows.steps
    if steps.shortest < day.dt / 2 or steps.longest > profile.thresholds.gap_steps * day.dt:
        _gaps(ledger, found.rows, steps.seconds, day.dt, profile)
        _several_intervals(ledger, steps.seconds, day.dt)
    _lines(
        ledger,
        "duplicate",
        found.duplicates,
        "repeats an earlier one and was dropped",
        "repeat an earlier one and were dropped",
    )
    _lines(
        ledger,
        "disorder",
        found.disorder,
        "stands below a later one; all were sorted by time",
        "stand below a later one; all were sorted by time",
    )
    _implausible(ledger, found.rows, now)
    _clipping(ledger, day, profile)
    _night_voltage(ledger, found.rows, profile)


def _gaps(ledger: Ledger, rows: Rows, steps: Floats, dt: float, profile: Profile) -> None:
    """Note runs of steps that are too long; neighbouring ones are one gap."""
    limit = profile.thresholds.gap_steps * dt
    starts, stops = runs((steps > limit) & (rows.time[: len(steps)] >= FIRST_PLAUSIBLE))
    ledger.count_anomalies("gap", max(0, len(starts) - MOST_LISTED))
    for first, stop in zip(starts[:MOST_LISTED].tolist(), stops[:MOST_LISTED].tolist(), strict=True):
        lacking = int(np.maximum(1, np.rint(steps[first:stop] / dt) - 1).sum())
        longest = float(steps[first:stop].max())
        rows_missing = f"{counted(lacking, 'row')} {'is' if lacking == 1 else 'are'} missing"
        message = f"{rows_missing}: {longest / 60:.4g} min between rows that are {dt:g} s apart as a rule"
        ledger.remark(
            Anomaly(
                check="gap",
                channel=None,
                flag=9,
                severity="note",
                start=ledger.text(first),
                end=ledger.text(stop),
                rows=lacking,
                line=int(rows.line[first + 1]),
                value=rounded(longest),
                limit=rounded(limit),
                message=message,
            )
        )


def _several_intervals(ledger: Ledger, steps: Floats, dt: float) -> None:
    """Note stretches of at least three steps that are alike and far from the usual one."""
    odd = (steps > 1.5 * dt) | ((steps < dt / 2) & (steps > 0))
    alike = odd[1:] & odd[:-1] & (np.abs(np.diff(steps)) <= _ALIKE * steps[1:])
    starts, stops = runs(alike)
    kept = stops - starts >= 2  # noqa: PLR2004 (two pairs are three steps)
    ledger.count_anomalies("several_intervals", max(0, int(np.count_nonzero(kept)) - MOST_LISTED))
    for first, stop in zip(
        starts[kept][:MOST_LISTED].tolist(), stops[kept][:MOST_LISTED].tolist(), strict=True
    ):
        usual = float(np.median(steps[first : stop + 1]))
        message = f"rows are {usual:g} s apart here and {dt:g} s in most of the file"
        mask = np.zeros(ledger.count, np.bool_)
        mask[first + 1 : stop + 2] = True
        ledger.note("several_intervals", mask, partial(_told, rounded(usual), rounded(dt), message))


def _told(value: float | None, limit: float | None, message: str, _: slice) -> Told:
    return Told(value, limit, message)


def _lines(ledger: Ledger, check: str, lines: NDArray[np.int32], one: str, several: str) -> None:
    count = len(lines)
    if count:
        message = f"{counted(count, 'row')} {one if count == 1 else several}"
        ledger.remark(_about(check, int(lines[0]), count, message))


def _implausible(ledger: Ledger, rows: Rows, now: int | None) -> None:
    time = rows.time[: rows.timed]
    if not len(time):
        return
    if time[0] < FIRST_PLAUSIBLE:
        early = _padded(time < FIRST_PLAUSIBLE, ledger.count)
        ledger.note(
            "implausible_date", early, partial(_told, None, None, "before 2000: was the clock ever set?")
        )
    if now is not None and time[-1] > now + _FUTURE_MARGIN:
        late = _padded(time > now + _FUTURE_MARGIN, ledger.count)
        ledger.note("future_date", late, partial(_told, None, None, "later than the time of processing"))


def _clipping(ledger: Ledger, day: Day, profile: Profile) -> None:
    limits = profile.thresholds
    amperes = day.values["current"]
    largest = dict(zip(day.values, day.most.tolist(), strict=True))["current"]
    if not largest >= limits.clipping_current:
        return
    found = statistical.clipping(
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
    ledger.note(
        "clipping", mask, partial(_told, rounded(largest), limits.clipping_current, message), "current"
    )


def _night_voltage(ledger: Ledger, rows: Rows, profile: Profile) -> None:
    failed = ~rows.valid
    share = np.count_nonzero(failed) / max(1, len(failed))
    if share <= profile.thresholds.night_voltage_fraction:
        return
    low, floor = profile.channels.voltage.min, profile.thresholds.night_floor_w
    volts = rows.values["voltage"]
    power = rows.values.get("power", volts * rows.values["current"])
    dark = failure_causes.night_voltage(
        rows.range_flags.get("voltage", np.zeros(len(failed), np.uint8)) == FAIL, volts, power, low, floor
    )
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
