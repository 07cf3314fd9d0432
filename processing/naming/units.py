"""The units that header cells state, and how a header cell is cut into a name and a unit."""

import functools
import re
from typing import Final, NamedTuple

from processing.model.channels import CHANNELS
from processing.model.profile import MAX_NAME
from processing.naming.flows import METERED, PER_AREA, PRODUCED, RATES
from processing.naming.synonyms import CHANNEL_OF, SOURCE_NAMES, normal
from processing.naming.unit_names import ALIASES, ELECTRICAL, MEANT, MULTIPLES, OF_EITHER_CASE, OTHERS


def _names_of_units(channel: str) -> dict[str, str]:
    """Return the units of a channel by each way to write them."""
    units = CHANNELS[channel].units
    return {name: unit for unit in units for name in (unit, *ALIASES.get(unit, unit).split(","))}


_EXACT: Final = {channel: _names_of_units(channel) for channel in CHANNELS}
_FOLDED: Final = {
    channel: {name.casefold(): unit for name, unit in names.items()} for channel, names in _EXACT.items()
}
_KNOWN: Final = frozenset(
    name.casefold()
    for name in (
        *(name for names in _EXACT.values() for name in names),
        *ELECTRICAL.split(","),
        *OTHERS.split(","),
    )
)
_OF_OTHER_QUANTITIES: Final = frozenset(name.casefold() for name in OTHERS.split(","))
_SIGNS = str.maketrans("⋅•∙·*\u03bc", ".....µ")
_BRACKETS = re.compile(
    r"(?P<name>.*?)[\s_,]*(?:\((?P<a>[^()]*)\)|\[(?P<b>[^\[\]]*)\]|\{(?P<c>[^{}]*)\}|<(?P<d>[^<>]*)>)"
)
_NESTED = re.compile(r"(.*\([^()]+?)\s*\([^()]*\)\)")
"""Brackets inside of those with a unit, as in `PV (kW (avg 15 min))`."""
_MIDDLE = re.compile(
    r"(?P<before>.+?\s*)[(\[](?P<unit>[^()\[\]]+)[)\]]\s*(?P<name>(?:[(\[]|[^\W\d]).*|[ ._]?\d)"
)
"""A unit in brackets before other words or one digit, as in `PV [kW] (mean)` and `Power (W) 1`."""
_PHASE = re.compile(r"[A-CR-T]|L[1-3]")
"""A phase in brackets, which may look like a unit, as in `Energy Wh (A)`."""
_ID = re.compile(r"(?<=[^\W\d])_+\d{2,}$")
_AGGREGATE = re.compile(r"(?<=[^\W_])[._](?:first|last|mean|median)(?:_value)?$", re.IGNORECASE)
_OF_FUNCTION = re.compile(r"(?:avg|mean|first|last|median)\([\"'`]?([^()\"'`]+)[\"'`]?\)", re.IGNORECASE)
_WIDE = str.maketrans("\uff08\uff09\uff3b\uff3d\u3010\u3011", "()[][]")
"""The brackets of Chinese and Japanese."""
_SUFFIX = re.compile(r"(?P<name>.+?)(?:\s+(?P<word>in)\s+|[\s_/,.\-]+)(?P<unit>[^\s_/,\-()\[\]]+)")
_WITHIN = re.compile(
    r"(?P<before>(?:.*?(?<!\d)[\s_])?)(?P<unit>[kK][wW][hH]?|MWh|Wh|(?i:(?:kilo|mega)?watts?(?:[\s_-]?hours?)?))"
    r"[\s_]+(?P<name>(?!(?i:h(?:ou)?rs?|per|pro|avg|average|mean|smp)\b).+)"
)
"""A unit before or inside of a name, such as `kWh Usage`, `Watt_Hours_out` or `total_kwh_today`.

MW before a name may also be a German mean or measured value.
"""
_CAPITALS = (
    re.compile(r"(?P<before>)(?P<unit>[kK][wW][hH]?|MWh|Wh)(?P<name>(?!Hours?|Hrs?)[A-Z][a-z].*)"),
    re.compile(
        r"(?P<before>)(?P<name>.+?(?:[a-z\d](?=[A-Z])|[^\W_](?=k)))(?P<unit>[kK]W[hH]?|[kK]wh|Kw|(?<![kKMGmT])Wh|MWh?)"
    ),
)
"""A unit that a capital letter sets apart from a name, such as `outputKWh` or `kwhUsed`."""


_WATTS = re.compile(r"W[\s_](?P<behind>.+)|(?P<before>.*[a-z])W")
"""The letter of watts before or behind a name: `W_PV` or `SolarW`."""
_POWER_OF_TEN = r"(?:10{1,4}|10\^[1-6]|1[eE][1-6]|0[.,]0{0,3}1)"
_SCALED = re.compile(
    rf"(?P<sign>[x\xd7*·/]?)\s*(?P<factor>{_POWER_OF_TEN})\s*[x\xd7*·]?\s*(?P<unit>[^\W\d].*)"
)
_FACTOR = re.compile(rf"(?P<unit>[A-Za-z]{{0,3}}?)[,;]?\s*(?P<sign>[x\xd7*·/])\s*(?P<factor>{_POWER_OF_TEN})")
_IMPULSE = r"(?:imp\w*|puls\w*|pls|blinks?|rev|tr|umdr?)\.?"
_IMPULSES = re.compile(
    rf"(?P<count>[1-9]\d{{1,4}}) ?{_IMPULSE} ?(?:/|per|pro) ?kWh"
    rf"|(?P<worth>\d+(?:[.,]\d+)?) ?Wh ?/ ?{_IMPULSE}",
    re.IGNORECASE,
)
"""What an impulse of a meter is worth, such as `800 imp/kWh` or `1.25 Wh/imp`."""
_NAME_AND_FACTOR = re.compile(
    r"(?P<name>.+?)[\s_]*"
    rf"(?P<factor>[(\[]\s*[A-Za-z]{{0,3}}?[,;]?\s*[x\xd7*·/]\s*{_POWER_OF_TEN}\s*[)\]]|[x\xd7*·/]\s*{_POWER_OF_TEN})"
)
"""A name such as `Power x10`, `U/10` or `Power (W*10)`."""
_FACTOR_BEFORE_UNIT = re.compile(
    r"(?P<name>.+?)[\s_]*[(\[]?"
    r"(?:(?:(?P<sign>(?<![^\W\d_])x|[\xd7*·/])|(?<=[(\[])(?:factor|faktor|scaled?)[ :=]?)"
    rf"\s*(?P<factor>{_POWER_OF_TEN})|(?<!\d)(?P<first>{_POWER_OF_TEN})[x\xd7*·])[)\]]?"
    r"(?P<unit>\s*[(\[]\s*[^\W\d]+\s*[)\]]|[\s_]+[^\W\d_]+)?",
    re.IGNORECASE,
)
"""A name with a factor before its unit, or in words: `Pac x100 (W)`, `U /10 V` or `Pac (W) (factor 10)`."""

_SYMBOL_CHARACTERS = 3
"""The most characters of a unit's symbol, such as MWh; a longer one is a word."""


class NameAndUnit(NamedTuple):
    """A header cell: what it names, and the unit that it states."""

    name: str
    unit: str
    """As written; empty for none."""
    text: str
    """The whole cell."""


@functools.lru_cache(maxsize=8192)
def unit_of(channel: str, text: str) -> str | None:
    """Return the unit of a channel that a text states, or None.

    Upper and lower case count where they may make a difference: mW and MW.
    """
    text = _plain(text)
    exact = _EXACT[channel].get(text)
    is_prefixed = text[:1] in ("m", "M", "\u043c", "\u041c") and len(text) <= _SYMBOL_CHARACTERS
    return exact if exact is not None or is_prefixed else _FOLDED[channel].get(text.casefold())


def _plain(text: str) -> str:
    """Return a unit with a point for each sign of a multiplication, and one letter for micro."""
    text = text.strip().replace("_", " ").translate(_SIGNS)
    return f"µ{text[1:]}" if text in ("uV", "uA", "uW") else text


def is_of_other_quantity(text: str) -> bool:
    """Return whether a text is a unit of something else than electricity, such as m/s."""
    text = text.strip().casefold()
    return text in _OF_OTHER_QUANTITIES or PER_AREA.match(text) is not None


def counts_impulses(text: str) -> bool:
    """Return whether a unit says what an impulse of a meter is worth."""
    return _IMPULSES.fullmatch(text.strip()) is not None


def is_unit(text: str) -> bool:
    """Return whether a text has the form of a unit, of a channel or another quantity."""
    return _plain(text).casefold() in _KNOWN or is_of_other_quantity(text) or scaled_channel(text) is not None


def scaled_channel(text: str) -> str | None:
    """Return the channel of a unit with a factor, such as `0.1 V` or `dV`, or None."""
    unit, scales = _unit_and_scales(text)
    names = (name for name in CHANNELS if scales and name != "temperature")
    return next((name for name in names if unit_of(name, unit)), None)


def _scaled(channel: str, text: str) -> list[tuple[str, float]]:
    """Return the unit and the scale that a text such as `0.1 V`, `10 W` or `dV` may mean, if any."""
    stated, scales = _unit_and_scales(text)
    unit = unit_of(channel, stated)
    return [] if unit is None else [(unit, scale) for scale in scales]


def _unit_and_scales(text: str) -> tuple[str, tuple[float, ...]]:
    """Return the unit and the scales of a text such as `0.1 V`, `10 W` or `dV`; none of another text."""
    text = text.strip()
    if match := _IMPULSES.fullmatch(text):
        return "Wh", (1000 / int(match["count"]),) if match["count"] else (
            float(match["worth"].replace(",", ".")),
        )
    if match := _SCALED.fullmatch(text):
        factor = _number(match["factor"])
        if match["sign"]:
            return match["unit"], _either(factor, match["sign"])
        return match["unit"], (factor, 1.0) if factor > 1 else (factor,)  # a panel of 10 W
    if (match := _FACTOR.fullmatch(text)) and match["unit"]:
        return match["unit"], _either(_number(match["factor"]), match["sign"])
    return MULTIPLES.get(_plain(text), ("", ()))


def scales_of(channel: str, text: str) -> list[tuple[str, float]]:
    """Return the units and scales that a stated unit with a factor may mean, such as `0.1 V` or `x10`."""
    match = _FACTOR.fullmatch(text)
    if match is None:
        meant = MEANT.get(_plain(text))
        return _scaled(channel, text) or ([meant] if meant and unit_of(channel, meant[0]) else [])
    unit = unit_of(channel, match["unit"]) or CHANNELS[channel].unit
    factor = _number(match["factor"])
    return [(unit, scale) for scale in _either(factor, match["sign"])]


def _number(text: str) -> float:
    """Return a power of ten such as `100`, `0,1` or `10^2`."""
    return float(text.replace(",", ".").replace("10^", "1e"))


def _either(factor: float, sign: str) -> tuple[float, float]:
    """Return the scales that `x10` or `/10` may mean: the cell or the reading is the multiple."""
    factor = factor if sign == "/" else 1 / factor
    return round(factor, 9), round(1 / factor, 9)


def channel_of_unit(text: str) -> str | None:
    """Return the channel that has a unit of this exact name."""
    return next((channel for channel, names in _EXACT.items() if text.strip() in names), None)


@functools.lru_cache(maxsize=8192)
def label_of(cell: str) -> NameAndUnit:
    """Return a header cell cut into a name and a unit.

    Text in the last brackets is a unit only if it has the form of one: `(avg)` and `[279]` are part of the
    name. A unit without brackets must be one of the channel that the name before it stands for,
    or have several letters, such as kWh, or stand behind `in`. It may also stand before a name, or in it.
    """
    text = " ".join(cell.split())
    return _with_factor_before_unit(text) or _cut(text)


def _cut(text: str) -> NameAndUnit:
    if RATES.search(text.casefold()) is not None:
        return NameAndUnit(text, "", text)
    plain = text.translate(_WIDE)
    match = _BRACKETS.fullmatch(f"{nested[1]})" if (nested := _NESTED.fullmatch(plain)) else plain)
    if match is not None:
        unit = next(filter(None, match.group("a", "b", "c", "d")), "").rpartition(" in ")[2].strip()
        inner = label_of(match["name"]) if _PHASE.fullmatch(unit) else None
        if inner is not None and power_or_energy(inner.unit) is not None:
            return NameAndUnit(f"{inner.name} ({unit})", inner.unit, text)
        if match["name"] and is_unit(unit):
            return NameAndUnit(match["name"], unit, text)
    match = _NAME_AND_FACTOR.fullmatch(text) if len(text) <= MAX_NAME else None
    if match is not None:
        inner, factor = label_of(match["name"]), match["factor"].strip("()[] ")
        if normal(inner.name) in CHANNEL_OF or scaled_channel(factor) is not None:
            return NameAndUnit(inner.name, inner.unit + factor, text)
    bare = _ID.sub("", text)
    match = _SUFFIX.fullmatch(bare)
    if match is not None:
        channel = CHANNEL_OF.get(normal(match["name"]))
        unit = match["unit"]
        is_known = channel is not None and (unit.casefold() in _FOLDED[channel] or _scaled(channel, unit))
        is_long = len(unit) > 1 and "/" not in text and _electrical(unit) is not None
        is_long = is_long or (match["word"] is not None and channel_of_unit(unit) is not None)
        if is_known or is_long or (unit in ("W", "w") and _is_flow(match["name"])):
            return NameAndUnit(match["name"] + text[len(bare) :], unit, text)
    return _with_unit_within(text)


def _with_factor_before_unit(text: str) -> NameAndUnit | None:
    """Return a header cell with a factor before its unit cut into a name and both; None without one."""
    match = _FACTOR_BEFORE_UNIT.fullmatch(text) if "1" in text and len(text) <= MAX_NAME else None
    if match is None:
        return None
    inner = label_of(match["name"] + (match["unit"] or ""))
    is_named = normal(inner.name) in CHANNEL_OF
    if not (inner.unit or is_named) or (match["sign"] == "/" and not is_named and match["name"][-1] != " "):
        return None  # a number of a device
    return NameAndUnit(
        inner.name, f"{inner.unit}{match['sign'] or 'x'}{match['factor'] or match['first']}", text
    )


def _with_unit_within(text: str) -> NameAndUnit:
    """Return a header cell cut into a name and a unit of power or energy before or inside of it, if any."""
    found = filter(None, (pattern.fullmatch(text) for pattern in (_WITHIN, _MIDDLE, *_CAPITALS)))
    match = next((one for one in found if power_or_energy(one["unit"]) is not None), None)
    if match is None and (watts := _WATTS.fullmatch(text)) and _is_flow(watts["before"] or watts["behind"]):
        return NameAndUnit(watts["before"] or watts["behind"], "W", text)
    if match is None or RATES.search(match["name"].casefold()) or PER_AREA.search(text.casefold()):
        return NameAndUnit(text, "", text)
    return NameAndUnit(match["before"] + match["name"], match["unit"], text)


def _is_flow(name: str) -> bool:
    """Return whether a name means a flow of energy or power, so that the unit says which."""
    plain = normal(name)
    is_source = CHANNEL_OF.get(plain) == "energy" or plain in SOURCE_NAMES
    return is_source or any(words.search(name.casefold()) for words in (METERED, PRODUCED))


def without_id(name: str) -> str:
    """Return the name of a column without the number that a data base adds, as in `ac_power__315`."""
    return _ID.sub("", name)


def without_aggregate(name: str) -> str:
    """Return the name of a column without what a query adds, as in `kWh.first` or `avg(Pac)`."""
    found = _OF_FUNCTION.fullmatch(name.strip())
    return _AGGREGATE.sub("", name) if found is None else found[1]


def power_or_energy(unit: str) -> str | None:
    """Return `power` or `energy`, whichever has a unit, or None."""
    return next((channel for channel in ("power", "energy") if unit_of(channel, unit) is not None), None)


def likely_channel(unit: str) -> str | None:
    """Return `power` or `energy`, whichever has a unit; also if only its case leaves it open, as in mw."""
    return power_or_energy(unit) or OF_EITHER_CASE.get(unit.strip().casefold())


def _electrical(unit: str) -> str | None:
    """Return the channel of a unit that can be no other word: kWh, kW, mV."""
    others = (channel for channel in ("voltage", "current") if unit_of(channel, unit) is not None)
    return likely_channel(unit) or next(others, None)
