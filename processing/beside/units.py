"""Whether the energy in a column beside the power agrees with it, so that their units are right."""

import numpy as np

from processing.head.advice import rejected
from processing.head.dialect import Dialect
from processing.model.channels import CHANNELS
from processing.model.flags import Floats, Integers
from processing.model.profile import Profile
from processing.model.rejection import Choice
from processing.model.stamp import HOUR

_MIN_STEPS, _USUAL_STEPS, _FALLS, _NEAR = 12, 1.5, 0.05, 0.05
"""The fewest steps, and the longest in usual steps; the share of falls of a total that begins again each day;
and how near the energy must be to that of the power.
"""
_FACTORS = (0.001, 1.0, 1000.0)


def factors_by_energy(power: Floats, total: Floats, time: Integers) -> set[float]:
    """Return by which of a thousandth, 1 and 1000 the power agrees with the energy, in order of time.

    The energy is that of a meter or of each step.
    """
    steps, rises = time[1:] - time[:-1], total[1:] - total[:-1]
    positive = steps[steps > 0]
    if len(positive) < _MIN_STEPS:
        return set()
    usual = (steps > 0) & (steps <= _USUAL_STEPS * np.median(positive))
    made = (power[1:] + power[:-1]) / 2 * steps / HOUR
    pairs = [(total[1:][usual].sum(), made[usual].sum()), (total[:-1][usual].sum(), made[usual].sum())]
    if np.count_nonzero(rises < 0) <= _FALLS * len(rises):
        pairs.append((rises[usual & (rises >= 0)].sum(), made[usual & (rises >= 0)].sum()))
    return {
        factor
        for factor in _FACTORS
        for one, watt_hours in pairs
        if watt_hours > 0 and abs(one - factor * watt_hours) <= _NEAR * one
    }


def check_units_agree(dialect: Dialect, factors: set[float], profile: Profile) -> None:
    """Raise RejectedFileError if the energy is a thousand times that of the power, or a thousandth.

    `factors` are those by which they agree. A profile with a unit or a scale of either decides.
    """
    stated = [profile.channels[name] for name in ("power", "energy")]
    if len(factors) != 1 or 1.0 in factors or any(one.unit or one.scale for one in stated):
        return
    (factor,), column, units = factors, dialect.columns["power"], CHANNELS["power"].units
    wanted = factor * units[column.unit][0]
    others = [unit for unit, (one, _) in units.items() if abs(one / wanted - 1) < _NEAR]
    ways = {f"the power in {unit}": {"unit": unit} for unit in (*others, column.unit)}
    choices = [Choice(label, {"channels": {"power": way}}) for label, way in ways.items()]
    is_more = "a thousand times" if factor > 1 else "a thousandth of"
    message = f"the energy is {is_more} that of the power beside it: is one of the units wrong?"
    raise rejected("unknown_unit", message, dialect.header_line, "power", choices=choices)
