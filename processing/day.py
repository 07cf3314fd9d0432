"""The valid rows of a file, with what figures and checks share computed once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from processing.flags import Floats, Integers, Mask
from processing.grammar import BUILT_IN, Form
from processing.metrics import interval
from processing.order import Rows
from processing.profile import Profile

_DAY = 86_400 * 1_000_000


class Day(NamedTuple):
    """Valid, sorted, distinct rows: arrays of one length, in the channel's unit."""

    at: Integers | None
    """Where the rows stand among all rows; None: they are all of them."""
    time: Integers
    form: NDArray[np.int32]
    values: dict[str, Floats]
    """By channel, for the channels that the file has."""
    power: Floats
    """As in the file, else V·I."""
    steps: Floats
    """Seconds between neighbouring rows; one shorter."""
    dt: float
    """Usual seconds between rows."""
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
    timed = rows.time[: rows.timed]
    steps = (timed[1:] - timed[:-1]) / 1e6
    usual = profile.period.interval_seconds
    dt = interval(steps) if usual is None else interval(steps, usual)
    if rows.valid.all():
        at, time, form, values = None, rows.time, rows.form, rows.values
    else:
        at = np.flatnonzero(rows.valid)
        time, form = rows.time[at], rows.form[at]
        values = {name: column[at] for name, column in rows.values.items()}
        steps = (time[1:] - time[:-1]) / 1e6
    power = values["power"] if "power" in values else values["voltage"] * values["current"]
    generating = power > profile.thresholds.night_floor_w
    used = [forms[index] for index in set(form.tolist())] if len(forms) > BUILT_IN else []
    aware = any(one.zone for one in used)
    only_utc = aware and not any(one.offset for one in used)
    local = local_times(time, form, forms)
    return Day(at, time, form, values, power, steps, dt, local, generating, aware, only_utc)


def local_times(time: Integers, form: NDArray[np.int32], forms: list[Form]) -> Integers:
    """Return the times as their own stamps tell them: with the written offset added."""
    offsets = np.array([one.offset for one in forms], np.int64)
    return time + offsets[form] if offsets.any() else time


def dates(local: Integers) -> Integers:
    """Return the number of each row's local date."""
    return local // _DAY
