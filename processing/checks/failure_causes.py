"""The checks that explain failed rows: one small pure function each, arrays in, flags out."""

from __future__ import annotations

from processing.model.flags import FAIL, Flags, Floats, Mask, any_of, good
from processing.rows.runs import runs


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
