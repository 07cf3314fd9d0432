"""The valid rows of a file, with what figures and checks share computed once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from processing.model.flags import Floats, Integers, Mask
from processing.model.profile import Profile
from processing.model.stamp import BUILT_IN, Form
from processing.model.thresholds import GAP_STEPS, NIGHT_FLOOR
from processing.rows.steps import (
    FIRST_PLAUSIBLE,
    Steps,
    durations,
    expected_rows,
    extremes,
    interval,
    steps_of,
)
from processing.rows.time_order import Rows, power_of

_DAY = 86_400 * 1_000_000


class Day(NamedTuple):
    """Valid, sorted, distinct rows: arrays of one length, in the channel's unit."""

    at: Integers | None
    """Where the rows stand among all rows; None: they are all of them."""
    time: Integers
    form: NDArray[np.int32]
    block: Floats
    """The readings: (channels that the file has, rows)."""
    values: dict[str, Floats]
    """The rows of `block` by channel."""
    power: Floats
    """As in the file, else V·I."""
    least: Floats
    """Each channel's lowest reading."""
    most: Floats
    steps: Steps
    dt: float
    """Usual seconds between rows."""
    tau: Floats
    """Seconds that each row stands for."""
    expected: int
    """How many rows the file would have if none were missing."""
    local: Integers
    """Microseconds of local time as written."""
    generating: Mask
    """P above the night floor."""
    aware: bool
    """The stamps have offsets."""
    only_utc: bool
    """All stamps are written with a zero offset: they do not tell the local hour."""


def day_of(rows: Rows, forms: list[Form], profile: Profile) -> Day:
    """Return the valid rows among these."""
    usual = profile.period.interval_seconds
    dt = interval(rows.steps) if usual is None else interval(rows.steps, usual)
    at, time, form, block, values, steps = None, rows.time, rows.form, rows.block, rows.values, rows.steps
    least, most = rows.least, rows.most
    if np.count_nonzero(rows.valid) < len(time):
        at = rows.valid.nonzero()[0]
        time, form, block = time[at], form[at], block.take(at, axis=1)
        values = dict(zip(values, block, strict=True))
        steps = steps_of(time)
        least, most = extremes(block)
    power = power_of(values)
    used = [forms[index] for index in set(form.tolist())] if len(forms) > BUILT_IN else []
    aware = any(one.zone for one in used)
    return Day(
        at,
        time,
        form,
        block,
        values,
        power,
        least,
        most,
        steps,
        dt,
        durations(steps, dt, profile.thresholds[GAP_STEPS]),
        _expected(rows, dt, profile),
        local=time + np.array([one.offset for one in forms])[form] if aware else time,
        generating=power > profile.thresholds[NIGHT_FLOOR],
        aware=aware,
        only_utc=aware and not any(one.offset for one in used),
    )


def _expected(rows: Rows, dt: float, profile: Profile) -> int:
    """Return how many rows a complete file has; implausible dates widen no span."""
    timed = rows.time[: rows.timed]
    if not len(timed):
        return 0
    first, last = timed.item(0), timed.item(-1)
    if first < FIRST_PLAUSIBLE <= last:
        first = timed.item(int(np.searchsorted(timed, FIRST_PLAUSIBLE)))
    period = None if profile.period.hours is None else profile.period.hours * 3600
    return expected_rows((last - first) / 1e6, dt, period)


def dates(local: Integers) -> Integers:
    """Return the number of each row's local date."""
    return local // _DAY
