"""A meter's total without a unit beside voltage and current: whether it rises by their energy."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from processing.crosschecks.cells import Again, numbers_at
from processing.head.advice import column_names, rejected, shown
from processing.head.dialect import Dialect
from processing.model.flags import Floats, Integers
from processing.model.profile import Profile
from processing.model.rejection import Choice
from processing.model.stamp import HOUR
from processing.naming.synonyms import CHANNEL_OF, channel_by_word, normal

_FEWEST, _GAP = 10, 1.5
"""The fewest steps in which a total rises, and the longest that are compared, in usual steps."""
_SHARES, _NEAR = 0.1, 0.12
"""How far apart the shares of the two energies until each time may be, and how near their sizes are, as an
exponent, so that an inverter may lose a part."""
_UNITS = {"Wh": 0, "kWh": 3, "MWh": 6}


def check_meter_beside(
    dialect: Dialect,
    line: NDArray[np.int32],
    time: Integers,
    readings: dict[str, Floats],
    *,
    again: Again,
    profile: Profile,
) -> None:
    """Raise RejectedFileError if a total rises as the energy of V · I does, but by that in no unit.

    `again` returns the first blocks of the file and the others; `time` has the times of these rows in order.
    A profile with a unit, a scale or a column of voltage or current decides.
    """
    names, settings = ("voltage", "current"), profile.channels
    places = [at for at, name in enumerate(dialect.header) if name in dialect.unused and _is_energy(name)]
    if not places or any(settings[name].unit or settings[name].scale for name in names):
        return
    power = readings["voltage"] * readings["current"]
    for place, values in zip(places, numbers_at(line, places, dialect, again).T, strict=True):
        sums = _sums(power, values, time)
        if sums is None or min(abs(np.log10(sums[0] / sums[1]) - each) for each in _UNITS.values()) < _NEAR:
            continue
        [column] = column_names(dialect.header, [place])
        other = {"voltage": {"column": False}, "current": {"column": False}}
        choices = [
            Choice(f"that total in {unit}", {"channels": other | {"energy": _meter(column, unit)}})
            for unit in _UNITS
        ]
        units = {name: {"unit": dialect.columns[name].unit} for name in names}
        choices.append(Choice("V · I as it is", {"channels": units}))
        message = (
            f"{shown([dialect.header[place]])!r}, which has no unit, rises by {sums[1]:.4g}, and V · I gives "
            f"{sums[0] / 1000:.4g} kWh: which of the two is right?"
        )
        raise rejected("unknown_unit", message, dialect.header_line, "current", choices=choices)


def _is_energy(name: str) -> bool:
    return "energy" in (CHANNEL_OF.get(normal(name)), channel_by_word(name))


def _meter(column: str | dict[str, int], unit: str) -> dict[str, Any]:
    return {"column": column, "unit": unit, "kind": "counter"}


def _sums(power: Floats, total: Floats, time: Integers) -> tuple[float, float] | None:
    """Return the Wh of a power, and what a total rises by; None unless the total rises as they do."""
    known = (np.isfinite(power) & np.isfinite(total)).nonzero()[0]
    steps, rises = np.diff(time[known]), np.diff(total[known])
    if np.count_nonzero(rises > 0) < _FEWEST or (rises < 0).any():
        return None
    made = (power[known][1:] + power[known][:-1]) / 2 * steps / HOUR
    both = np.stack((made, rises))[:, steps <= _GAP * np.median(steps)]
    sums = both.sum(axis=1)
    if not (sums > 0).all():
        return None
    shares = np.cumsum(both, axis=1) / sums[:, np.newaxis]
    return (sums.item(0), sums.item(1)) if np.abs(shares[0] - shares[1]).max() < _SHARES else None
