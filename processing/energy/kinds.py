"""The kind of the energy column of a file, and the power and the energy that follow from it."""

import re
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from processing.energy.counters import MAX_POWER_W, RESET, begins_again, differences, dropouts, falling
from processing.head.advice import asked
from processing.model.channels import CHANNELS
from processing.model.flags import Floats, any_of
from processing.model.profile import Channel
from processing.model.safe_text import counted
from processing.model.stamp import HOUR_S

_NEGATIVE = 0.9
"""The share of the energies that are negative, if their sign is that of what a plant gives."""
_FALLEN = 0.2
"""Share of the values: if more must be left out so that the others rise, they are not a meter's total."""

_METER = (
    r"meter|counter|lifetime|cumul|zähler|compteur|contador|contatore|teller"
    r"|(?:latest|last|opening|closing)[ _]?reading"
)
PER_INTERVAL = "per interval"
"""In the name of a column with the energy of each interval, as of the rows that NEM12 becomes."""
_OF_DAY = r"(?<![a-z])per ?day|perday|(?<![a-z])(?:today|daily|heute)"
_TO_DATE = (
    r"to[ _]date|so[ _]far|(?<![a-z])(?:this|current)[ _](?:week|month|year)|(?<![a-z])[wmy]td(?![a-z])"
)
_YIELD = r"yield|ertrag|produ[cz]|erzeug|generat|opbrengst"
"""Words in the names of what a day has made, which may rise for weeks."""
_TOTAL = r"total|gesamt|totaal"
"""Words in the names of a meter's total, or of that of a day."""
_LARGE_WH = 1e12
"""A limit of energy that no meter reaches."""
_LONG_STEP_S, _MANY_LONG_STEPS = 3 * 3600, 10
"""A longer step may be a day. Fewer energies of days say little: they may rise by chance."""
_MANY_RISES = 100
"""Energies of days do not rise this slowly: by one part in this many."""
_MANY_MOVES, _FALLS = 6, 0.1
"""With at least this many changes, a larger share of falls shows that the values are of intervals."""
_MANY_RISEN = 20
"""So many rises without a fall, in days, are those of a total."""
_NIGHTLESS_S = 16 * 3600
"""A plant does not generate increasing power for this long."""
_LEVEL, _STEADY_S, _WANDERS, _NEVER_FLAT = 100.0, 48 * 3600, 2.0, 1000.0
"""Most values of a total are this many times its largest change, which takes this long to add up to them.
Energies of a constant load may be, too: but they stay within two such changes, and are not a thousand times
as large.
"""

KINDS = {
    "restarting": "a total of each hour or session",
    "counter": "a meter's total",
    "interval": "the energy of each row",
    "net": "a total that also counts backwards",
}
"""What the values of each kind are."""
Kind = Literal["counter", "interval", "net", "restarting"]


def may_be_intervals(values: Floats, name: str, step: float, span: float) -> bool:
    """Return whether values in Wh that rise may be the energy of intervals: of a morning, or of a few days.

    So may values that stand, unless their name says that they are a total.

    `step` is the usual step and `span` the length of the file, both in s.
    """
    known = values[~np.isnan(values)]
    name = name.casefold()
    if not len(known) or re.search(_METER, name) or known.max() * 3600 > MAX_POWER_W * step:
        return False
    if not (re.search(_TOTAL, name) or names_total_of_day(name, step)) and _stand(known):
        return True
    if step > _LONG_STEP_S:
        if re.search(_YIELD, name) and not re.search(_TOTAL, name):
            return True
        is_slow = known[0] > _MANY_RISES * np.add.reduce(differences(known)) / max(1, len(known) - 1)
        return len(known) < _MANY_LONG_STEPS or not (is_slow or re.search(_TOTAL, name))
    return not re.search(_TOTAL, name) and span < _NIGHTLESS_S


def _stand(known: Floats) -> bool:
    """Return whether values are equal or zero: a meter that stands, or a device of constant power."""
    shown = known[known != 0]
    return len(shown) > 0 and not np.ptp(shown)


def names_total_of_day(name: str, step: float) -> bool:
    """Return whether a name says that values `step` s apart are what a day, or a month, has had so far."""
    is_of_day = step < _LONG_STEP_S and re.search(_OF_DAY, name.casefold()) is not None
    return is_of_day or re.search(_TO_DATE, name.casefold()) is not None


def kind_of(
    values: Floats,
    kind: Kind | None,
    *,
    step: float = HOUR_S,
    rises_by_chance: bool = False,
    is_total: bool = False,
) -> Kind:
    """Return whether the values in Wh, in order of time, are a meter's total or the energy of each interval.

    `kind` is what the profile says, `step` the usual step in s. With `rises_by_chance`, rising values do not
    indicate a total; with `is_total`, falling ones do not contradict one. Raises RejectedFileError if neither
    the profile nor the values decide; zeros are no energy in each kind.
    """
    known, is_open = values[~np.isnan(values)], False
    if kind is not None or (len(known) and not any_of(known != 0)):
        return kind or "interval"
    if len(known):
        falls = falling(known)
        whole = known[~falls]
        is_far_above = bool(whole[0] > np.add.reduce(differences(whole)))
        fallen = np.count_nonzero(falls)
        is_off_at_most = fallen == np.count_nonzero(dropouts(known)) <= _FALLEN * len(known)
        if is_off_at_most and (is_far_above or _only_rises(known, step)) and not rises_by_chance:
            return "counter"
        is_meter = not (fallen > _FALLEN * len(known) or (fallen and not is_far_above))
        may_be_total = is_total or _may_be_exchanged(known) or _may_be_netted(known, step)
        is_open = bool(fallen) and (begins_again(known, step) or (is_total and step >= _LONG_STEP_S))
        if not (is_meter or may_be_total or is_open or _drifts(known, step)):
            return "interval"
    ways: list[dict[str, Any]] = [{"kind": "restarting"}] * is_open + [
        {"kind": "counter"},
        {"kind": "interval"},
    ]
    if any_of(known[1:] < known[:-1]) and _may_be_netted(known, step):
        ways.append({"kind": "net", "min": -_LARGE_WH, "max": _LARGE_WH})
    message = "the energy may be a meter's total or the energy of each interval"
    message += ", or count from the beginning of each hour or session" if is_open else ""
    labelled = {f"{way['kind']}, {KINDS[way['kind']]}": way for way in ways}
    raise asked("ambiguous_columns", message, None, "energy", labelled)


def check_sign(values: Floats, settings: Channel) -> None:
    """Raise RejectedFileError if nearly all energies in Wh are negative, unless the profile allows it."""
    if settings.min is not None:
        return
    negative, positive = (int(np.count_nonzero(one > 0)) for one in (-values, values))
    if negative < max(_MANY_MOVES, _NEGATIVE * (negative + positive)):
        return
    ways: dict[str, dict[str, Any]] = {
        "the sign turned": {"scale": -(settings.scale or 1.0)},
        "negative as it is": {"min": -CHANNELS["energy"].high},
    }
    share = f"the energy is negative in {negative} of {counted(negative + positive, 'row')} with energy"
    message = f"{share}: does the meter count what the plant gives as negative?"
    raise asked("outside_limits", message, None, "energy", ways)


def _may_be_exchanged(known: Floats) -> bool:
    """Return whether a meter may have been exchanged: few values fall, and never two in a row."""
    moves = known[1:] - known[:-1]
    falls = moves[moves != 0] < 0
    count = np.count_nonzero(falls)
    return bool(
        len(falls) >= _MANY_MOVES
        and count <= max(1, _FALLS * len(falls))
        and not any_of(falls[1:] & falls[:-1])
    )


def _may_be_netted(known: Floats, step: float) -> bool:
    """Return whether values that fall may be the total of a meter that also counts backwards, or trembles.

    They may be if they are far above their changes; the lowest tenth (a new meter) need not be, nor a few
    values far from the median (a meter that is off).
    """
    usual = float(np.median(known))
    shown = known[(known > RESET * usual) & (known * RESET < usual)]
    if len(known) - len(shown) > _FALLEN * len(known):
        return False
    low, change = float(np.quantile(shown, 0.1)), float(np.abs(shown[1:] - shown[:-1]).max(initial=0.0))
    wanders = np.ptp(shown) > _WANDERS * change or low > _NEVER_FLAT * change > 0
    return bool(low > max(_LEVEL, _STEADY_S / step) * change and wanders)


def _only_rises(known: Floats, step: float) -> bool:
    """Return whether values never fall in days, and often rise: a total that began with the file."""
    changes = known[1:] - known[:-1]
    is_long = step < _LONG_STEP_S and step * len(known) > _STEADY_S
    return bool(is_long and not any_of(changes < 0) and np.count_nonzero(changes) >= _MANY_RISEN)


def _drifts(known: Floats, step: float) -> bool:
    """Return whether values rise over days: most of their changes add up, which those of intervals do not.

    So they are if they nearly always fall: what is left of energy that was paid for, and now and then more.
    """
    changes = float(np.abs(known[1:] - known[:-1]).sum())
    if step >= _LONG_STEP_S or step * len(known) <= _STEADY_S:
        return False
    return bool(known[-1] - known[0] > changes / 2) or _may_be_exchanged(-known)


def totals_of(values: Floats, kinds: Sequence[Kind]) -> dict[Kind, float]:
    """Return the energy in Wh of the values, in order of time, for each kind that they may have."""
    known = values[~np.isnan(values)]
    rising = known[~falling(known, may_be_exchanged=True)] if "counter" in kinds else known
    return {each: float(np.nansum(energies(rising if each == "counter" else known, each))) for each in kinds}


def energies(values: Floats, kind: Kind) -> Floats:
    """Return the energy from each row to the next; that of a total's last row is NaN."""
    if kind == "interval":
        return values
    change = differences(values) if kind == "counter" else np.diff(values)
    if kind == "restarting":
        change = np.where(change < 0, values[1:], change)
    return np.append(change, np.nan)
