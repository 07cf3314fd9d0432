"""The checks that fail a row: one small pure function each, arrays in, flags out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from processing.model.flags import FAIL, MISSING, Flags, Floats, Mask, any_of, flagged, good
from processing.rows.runs import runs


def gross_range(values: Floats, low: float | Floats, high: float | Floats) -> Flags:
    """Return FAIL for readings outside low … high (both inclusive), MISSING where there is none.

    Source: QARTOD test 4 (gross range); the limits are in `channels.CHANNELS`.
    """
    inside = (values >= low) & (values <= high)
    flags = np.ones(values.shape, np.uint8)
    if not inside.all():
        flags[~inside] = FAIL
        flags[np.isnan(values)] = MISSING
    return flags


def sentinel(values: Floats, sentinels: Sequence[float]) -> Flags:
    """Return FAIL for readings that equal a logger's value for "no reading".

    `sentinels` are in the unit of the values, scaled by the very operations that scaled them.
    """
    return flagged(np.isin(values, np.asarray(sentinels, np.float64)), FAIL)


def disconnect(voltage: Floats, current: Floats, power: Floats, low: float, floor: float) -> Flags:
    """Return FAIL for runs of rows with V < low and I = 0 whose neighbours on both sides generate.

    It names the cause of a range failure: a wire or a connector, not the sun.
    """
    dead = (voltage < low) & (current == 0)
    flags = good(len(voltage))
    if any_of(dead):
        for start, stop in zip(*runs(dead), strict=True):
            inside = start > 0 and stop < len(dead)
            if inside and power[start - 1] > floor and power[stop] > floor:
                flags[start:stop] = FAIL
    return flags


def night_voltage(failed: Mask, voltage: Floats, power: Floats, low: float, floor: float) -> Mask:
    """Return the rows that fail because a panel-side sensor reads little voltage while there is no power."""
    return failed & (voltage < low) & (power <= floor)
