"""The thresholds that a profile can set, and those that rows, figures and checks share."""

from typing import Annotated, Any, Generic, NamedTuple, TypeVar

import msgspec
from msgspec import Meta

Positive = Annotated[float, Meta(gt=0)]
NotNegative = Annotated[float, Meta(ge=0)]
Count = Annotated[int, Meta(ge=2, le=1_000_000)]
Fraction = Annotated[float, Meta(ge=0, le=1)]
HourOfDay = Annotated[float, Meta(ge=0, lt=24)]
Number = TypeVar("Number", int, float)


class Threshold(NamedTuple, Generic[Number]):
    """A number that a profile can set in its table `[thresholds]`."""

    key: str
    default: Number
    unit: str
    """The unit as docs/checks.md writes it after the default."""
    kind: Any
    """Type and bounds, as msgspec checks them."""


class ThresholdValues(msgspec.Struct, frozen=True):
    """The thresholds that a profile sets; all others have their defaults, scaled to the plant."""

    changed: tuple[tuple[str, float], ...] = ()
    factors: tuple[tuple[str, float], ...] = ()
    """By unit: the defaults in this unit are multiplied by it."""

    def __getitem__(self, threshold: Threshold[Number]) -> Number:
        """Return the value of a threshold."""
        for key, value in self.changed:
            if key == threshold.key:
                return type(threshold.default)(value)
        for unit, factor in self.factors:
            if unit == threshold.unit:
                return type(threshold.default)(round(threshold.default * factor, 9))
        return threshold.default


NIGHT_FLOOR = Threshold("night_floor_w", 8.0, "W", NotNegative)
"""Power up to this counts as no power."""
NIGHT_STARTS = Threshold("night_starts_hour", 23.0, "h", HourOfDay)
NIGHT_ENDS = Threshold("night_ends_hour", 4.0, "h", HourOfDay)
GAP_STEPS = Threshold("gap_steps", 1.5, "steps", Annotated[float, Meta(ge=1)])
"""A longer step between rows is a gap; counted in usual steps."""

LEAST_ALIKE, MAX_INTERVAL_S = 8, 3960
"""So many long steps in a row, alike and up to so many seconds, are another interval of the logger, no gaps.

If rows are lost at random, eight such steps do not come; four do in half of the days that lose 30 %.
"""
GAP_FILL = Threshold("gap_fill_seconds", 1800.0, "s", NotNegative)
"""Gaps up to this length are filled in `energy_gap_filled_kwh`."""
SHARED = (NIGHT_FLOOR, NIGHT_STARTS, NIGHT_ENDS, GAP_STEPS, GAP_FILL)
"""Used by rows and figures as well as by checks."""
