"""The thresholds in V, A and W, scaled to a plant that differs from the default panel."""

import functools

import numpy as np

from processing.model.channels import CHANNELS, LimitsOfChannel
from processing.model.digits import usual_magnitude
from processing.model.profile import DEFAULT, Profile
from processing.model.thresholds import NIGHT_FLOOR, ThresholdValues
from processing.rows.sorted_rows import SortedRows

_NOMINAL = {"voltage": 24.0, "current": 10.0, "power": DEFAULT.site.rated_power_w}
"""The usual magnitudes of the default panel."""

_FLOOR_SHARE = 0.02
"""The night floor, as a share of the rated or the usual power."""


def scaled_thresholds(rows: SortedRows) -> ThresholdValues:
    """Return the profile's thresholds; those that it does not set scale with the plant.

    Each default in V, A or W is multiplied by the largest limit of voltage, current or power over that of the
    default panel; if the limits are unknown, by the usual magnitude of the channel over 24 V, 10 A or 240 W.
    If the profile changes the rated power, that counts for W in place of limits, and so does V times A for a
    file without power. The night floor is 2 % of the rated or the usual power.
    """
    limits = tuple(rows.limits[name] for name in _NOMINAL)
    usual = () if all(one.is_known for one in limits) else tuple(_usual_magnitudes(rows).items())
    return _scaled(rows.profile, limits, usual, "power" in rows.channels)


@functools.lru_cache(maxsize=128)  # the files of a device have one profile, and known limits
def _scaled(
    profile: Profile,
    limits: tuple[LimitsOfChannel, ...],
    magnitudes: tuple[tuple[str, float], ...],
    has_power: bool,  # noqa: FBT001 - a key of the cache
) -> ThresholdValues:
    own, usual, by_channel = profile.thresholds, dict(magnitudes), dict(zip(_NOMINAL, limits, strict=True))
    by_unit = {CHANNELS[name].unit: _factor(name, one, usual) for name, one in by_channel.items()}
    power = usual.get("power")
    rated = profile.site.rated_power_w
    if rated != DEFAULT.site.rated_power_w:
        by_unit["W"], power = rated / DEFAULT.site.rated_power_w, rated
    elif not has_power and by_channel["power"] == DEFAULT.channels.limits("power"):
        by_unit["W"] = by_unit["V"] * by_unit["A"]
    changed = own.changed
    if power and all(key != NIGHT_FLOOR.key for key, _ in changed):
        changed += ((NIGHT_FLOOR.key, round(_FLOOR_SHARE * power, 9)),)
    return ThresholdValues(changed, tuple((unit, one) for unit, one in by_unit.items() if one != 1))


def _usual_magnitudes(rows: SortedRows) -> dict[str, float]:
    """Return the usual magnitude of each channel whose limits are unknown, or its highest if that is 0."""
    unknown = [name for name in _NOMINAL if not rows.limits[name].is_known]
    found = {}
    for name in unknown:
        values = rows.power if name == "power" else rows.values.get(name)
        if values is not None:
            known = values[rows.valid]
            found[name] = usual_magnitude(known) or float(np.nanmax(np.abs(known), initial=0.0))
    return found


def _factor(name: str, limits: LimitsOfChannel, usual: dict[str, float]) -> float:
    """Return the magnitude of a channel as a multiple of the default panel's."""
    if not limits.is_known:
        return (usual.get(name) or _NOMINAL[name]) / _NOMINAL[name]
    own = CHANNELS[name]
    highest, possible = max(abs(limits.min), abs(limits.max)), own.possible
    if possible is not None and highest >= possible[1]:  # as good as none
        return 1.0
    return highest / max(abs(own.low), abs(own.high))
