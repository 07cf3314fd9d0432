"""Files with a column of factors or of durations, or a line with factors or the unit."""

import functools
import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from processing.crosschecks.cells import Again, rows_again
from processing.head.advice import A_PROFILE, asked, column_names, label_of_way, rejected, shown
from processing.head.dialect import Dialect
from processing.model.channels import CHANNELS, has_product
from processing.model.flags import Floats
from processing.model.profile import Profile
from processing.model.rejection import Choice, RejectedFileError
from processing.naming.synonyms import FACTOR_NAMES, POWER_FACTOR_NAMES, UNIT_NAMES, normal, places_named
from processing.naming.units import unit_of
from processing.values.numbers import numbers

_NAMES = FACTOR_NAMES | POWER_FACTOR_NAMES
_SCALE_NAMES = FACTOR_NAMES | {"scale", "scaling", "skalierung", "gain"}
_IN_UNIT = re.compile(
    r"(?:\b(?i:in|en|em|units?(?: of measure(?:ment)?)?|einheit|eenheid|enhe[td]|unidade?|unit[àé])[ :=,;]+"
    r"[(\[]?"
    r"|^[#\"' ]*(?=[(\[]?\w+\W*$)[(\[]?|[(\[](?=\w+[)\]]\W*$))"
    r"([kMG]?Wh?|(?i:(?:kilo|mega|giga)?watt(?:[ -]?hour)?s?))\b(?![/·²])"
)
"""A unit in a title, in brackets at its end, or alone."""
_STATED = re.compile(r"(\d+(?:[.,]\d+)?)(?: ?[/:] ?(0*[1-9]\d*))? ?(A|W|Wh)?(?=\s*[;|\t]|, |\W*$)", re.ASCII)
"""What follows a name in a line with a factor, such as `CT ratio: 200/5` or `# scale 10`."""
_SIGNS = " \t#\"'=:;,|*x\u00d7"
"""What may stand around that name."""
_TITLE_NAMES = {
    "ratio",
    "ptratio",
    "vtratio",
    "currenttransformer",
    "wandler",
    "messwandler",
    "primarysecondary",
}
_TITLE_NAMES |= _SCALE_NAMES
_BY = re.compile(
    "^values$|(?:multiplied|divided|multipliziert|geteilt|multiplié|divisé) (?:by|mit|durch|par)$",
    re.IGNORECASE,
)
"""What may stand before a factor in a sentence."""
_MAX_LINE = 80
"""Of a longer line, the rest is not compared."""
_DURATION = re.compile(
    r"(?:duration|dauer|durée|duración|durata)[ _]*[(\[]?"
    r"(?:s|secs?|seconds|min|mins|minutes|minuten|h|hours)?[)\]]?",
    re.IGNORECASE,
)
"""A column that says for how long something lasted."""
_EXPONENT = re.compile(r"(sf|scale[ _]?factor|exponent)$", re.IGNORECASE)
"""The end of the name of a column with powers of ten; in front is the name of another column, or nothing."""
_HIGHEST = 10
"""Exponents are whole numbers of at most this magnitude."""
_ALMOST_ONE = 0.01
"""Factors that differ from 1 by at most this are not asked for."""


def check_factor(dialect: Dialect, again: Again, profile: Profile) -> None:
    """Raise RejectedFileError if a column has a factor other than 1 for the power or energy beside it.

    `again` returns the first blocks of the file and the others; it is called if there is such a column. A
    profile with `scale` decides. A power factor counts if the power is V · I; `scale` decides about it if it
    is 1, or the factor of all rows.
    """
    if not places_named(dialect.header, _NAMES):
        return
    used = {*dialect.stamp, *(place for column in dialect.columns.values() for place in column.places)}
    channels = [name for name in CHANNELS if name in ("power", "energy") and name in dialect.columns]
    names = _NAMES if not channels else FACTOR_NAMES
    places = [at for at in places_named(dialect.header, names) if at not in used]
    channels = channels or ["current"]
    if not places:
        return
    name = dialect.header[places[0]]
    is_share = _is_share(name)
    declared = {profile.channels[name].scale for name in channels} - {None}
    if declared and not is_share:
        return
    factors = _factors_in(places[0], dialect, again)
    scale = 0.01 if is_share and max(map(abs, factors), default=0.0) > 1 else 1.0  # in percent
    factors = [one * scale for one in factors]
    is_decided = declared and declared <= {1.0, *factors[: len(factors) == 1]}
    if not is_decided and any(abs(one - 1) > _ALMOST_ONE for one in factors):
        is_open = is_share or not has_product(dialect.columns) or max(map(abs, factors)) > 1
        if len(factors) == 1 or is_open:
            raise _open(dialect, name, factors, channels, _times_share(dialect, profile, places, scale))


def check_exponent(dialect: Dialect, again: Again, profile: Profile) -> None:
    """Raise RejectedFileError if columns have powers of ten for readings, such as SunSpec's `W_SF` for `W`.

    `again` is that of `check_factor`. A scale factor is an exponent if it may be zero or negative. A profile
    with `scale` decides.
    """
    places = _places_of_exponents(dialect.header)
    scales = _powers_of_ten(places, dialect, again, profile) if places else {}
    if not scales:
        return
    names = shown(dialect.header[place] for place in dict.fromkeys(place for place, _ in scales.values()))
    message = f"the column {names!r} has a power of ten, which"
    ways = {"as it is": dict.fromkeys(scales, 1.0)}
    if all(len(factors) == 1 for _, factors in scales.values()):
        times = ", ".join(f"{name} times {factors[0]:g}" for name, (_, factors) in scales.items())
        ways = {times: {name: factors[0] for name, (_, factors) in scales.items()}} | ways
    else:
        message += " differs from row to row: multiply the values with it, and set scale = 1.0 in"
        message += f" {A_PROFILE}. It"
    message += " may or may not be in the values"
    choices = [
        Choice(label, {"channels": {name: {"scale": scale} for name, scale in way.items()}})
        for label, way in ways.items()
    ]
    raise rejected("unknown_unit", message, dialect.header_line, next(iter(scales)), choices=choices)


def _powers_of_ten(
    places: dict[int, tuple[str, str]], dialect: Dialect, again: Again, profile: Profile
) -> dict[str, tuple[int, list[float]]]:
    """Return the place of the powers of ten beside each channel, and these, unless all are 1.

    `places` are those of exponents.
    """
    found: dict[str, tuple[int, list[float]]] = {}
    for name, column in dialect.columns.items():
        of = {"", *(normal(dialect.header[place]) for place in column.places)}
        for place, (base, kind) in places.items():
            if base not in of or profile.channels[name].scale is not None:
                continue
            values = _numbers_in(place, dialect, again)
            values = values[(np.abs(values) <= _HIGHEST) & (values == values.round())]
            if values.any() and (not kind.endswith("factor") or values.min() <= 0):
                found[name] = place, [float(f"1e{one:.0f}") for one in np.unique(values)]
    return found


@functools.lru_cache(maxsize=128)  # the files of a device have one header
def _places_of_exponents(header: tuple[str, ...]) -> dict[int, tuple[str, str]]:
    """Return the places of columns with powers of ten, each with the name in front and what follows it."""
    found = ((at, _EXPONENT.search(name.strip())) for at, name in enumerate(header))
    return {
        at: (normal(one.string[: one.start()]), one[1].casefold()) for at, one in found if one is not None
    }


def check_duration(dialect: Dialect, again: Again, profile: Profile) -> None:
    """Raise RejectedFileError if a column says for how long the power of each row holds, and rows differ.

    `again` is that of `check_factor`. A profile with `channels.power.scale` decides.
    """
    if "power" not in dialect.columns or (place := _place_of_duration(dialect.header)) is None:
        return
    if profile.channels["power"].scale is None and len(_factors_in(place, dialect, again)) > 1:
        message = (
            f"the column {shown([dialect.header[place]])!r} says for how long the power of a row holds: "
            "multiply both to an energy, in a column of its own"
        )
        choice = Choice("each until the next row", {"channels": {"power": {"scale": 1.0}}})
        raise rejected("ambiguous_columns", message, dialect.header_line, "power", choices=[choice])


@functools.lru_cache(maxsize=128)  # the files of a device have one header
def _place_of_duration(header: tuple[str, ...]) -> int | None:
    return next((at for at, name in enumerate(header) if _DURATION.fullmatch(name.strip())), None)


def _is_share(name: str) -> bool:
    """Return whether a column has power factors."""
    return bool(places_named((name,), POWER_FACTOR_NAMES))


def _times_share(dialect: Dialect, profile: Profile, places: list[int], scale: float) -> list[Choice]:
    """Return the choice that multiplies V · I by the power factor in a column; none if that is not one.

    `scale` is that of the power factors. A profile with a unit or a scale of V or I has to decide.
    """
    columns = [dialect.columns.get(name) for name in ("voltage", "current")]
    factors = [one for one in columns if one is not None and len(one.places) == 1]
    is_open = _is_share(dialect.header[places[0]]) and not dialect.long
    settings = [profile.channels[name] for name in ("voltage", "current")]
    if not is_open or len(factors) < len(columns) or any(one.unit or one.scale for one in settings):
        return []
    names = column_names(dialect.header, [*(one.places[0] for one in factors), places[0]])
    power = {"column": [names]} | ({"scale": scale} if scale != 1 else {})
    return [Choice(label_of_way([names]), {"channels": {"power": power}})]


def _open(
    dialect: Dialect, name: str, factors: list[float], channels: list[str], times_share: list[Choice]
) -> RejectedFileError:
    """Return the rejection of a file with these factors in the column of this name.

    `times_share` is the choice that multiplies by them, if they are power factors.
    """
    is_share = _is_share(name)
    message, ways = f"the column {shown([name])!r} has the factor", {"as it is": 1.0}
    if len(factors) == 1:
        ways = {f"times {factors[0]:g}": factors[0]} | ways
        message += f" {factors[0]:g}, which may or may not be in the values"
    else:
        ways = {"V · I without the power factor, which is too high": 1.0} if is_share else {}
        message += f"s {factors[0]:g} and {factors[1]:g}"
        if not times_share:
            message += "; multiply the values with it, and set channels."
            message += f"{channels[0]}.scale = 1.0 in {A_PROFILE}"
    choices = [
        Choice(label, {"channels": {name: {"scale": scale} for name in channels}})
        for label, scale in ways.items()
    ]
    choices = [*(times_share if len(factors) > 1 else ()), *choices]
    return rejected("unknown_unit", message, dialect.header_line, channels[0], choices=choices)


def _factors_in(place: int, dialect: Dialect, again: Again) -> list[float]:
    """Return the factors in the rows that are read, in order: numbers, or ratios such as `200/5`."""
    values = _numbers_in(place, dialect, again)
    factors: list[float] = np.unique(values[values != 0]).tolist()
    return factors


def _numbers_in(place: int, dialect: Dialect, again: Again) -> Floats:
    """Return the different numbers, or ratios such as `200/5`, in the rows that are read."""
    device = dialect.device_place or 0
    cells: Iterable[str] = {
        row[place].strip().replace(",", ".")
        for row in rows_again(dialect, again)
        if not dialect.where or row[device].strip() in dialect.where
    }
    ratios = (cell.replace(":", "/").partition("/") for cell in cells)
    parts = [part.strip() for first, mark, second in ratios for part in (first, second if mark else "1")]
    values = numbers(parts).reshape(-1, 2)
    values = values[np.isfinite(values).all(axis=1) & (values[:, 1] != 0)]
    return np.asarray(values[:, 0] / values[:, 1])


def check_lines_above(head: bytes, dialect: Dialect, profile: Profile) -> None:
    """Raise RejectedFileError if a line above the rows has a factor, or another unit than is read.

    `head` has the first lines of the file. The factor is that of a power or an energy, behind a name such as
    `Scale`; the unit stands behind `in`, above names that state none. A profile with `scale` or `unit`
    decides.
    """
    channel = next((name for name in ("power", "energy") if name in dialect.columns), None)
    if channel is None or not dialect.header_line:
        return
    column, settings = dialect.columns[channel], profile.channels[channel]
    place, last = column.places[0], dialect.first_row_line + 1
    for number, raw in enumerate(head.split(b"\n", last)[:last], 1):
        if raw[:1].isdigit() and number >= dialect.first_row_line:
            continue  # a row
        text = raw.decode("utf-8", "replace")
        name, *cells = text.split(dialect.delimiter)
        cell = cells[place - 1].strip() if 0 < place <= len(cells) else ""
        by_name = numbers([cell], dialect.decimal).item() if normal(name) in _SCALE_NAMES else 0.0
        factor = by_name if by_name > 0 else _factor_stated(text[:_MAX_LINE])
        if factor != 1 and settings.scale is None:
            scales = {f"times {factor:g}": {"scale": factor}, "as it is": {"scale": 1.0}}
            raise _of_line(f"line {number} has the factor {factor:g}", number, channel, scales)
        if column.states_unit or settings.unit is not None:
            continue
        found = _IN_UNIT.search(text) if number < dialect.header_line else None
        unit = cell if normal(name) in UNIT_NAMES else found[1] if found is not None else ""
        if unit and (stated := unit_of(channel, unit)) is not None and stated != column.unit:
            ways = {each: {"unit": each} for each in (stated, column.unit)}
            raise _of_line(f"line {number} has the unit {unit}, and the column none", number, channel, ways)


@functools.lru_cache(maxsize=128)  # the files of a device have one header
def _factor_stated(line: str) -> float:
    """Return the factor that a line states; 1 if it states none."""
    end = 0
    for found in _STATED.finditer(line):
        text = line[end : found.start()].strip(_SIGNS)
        end = found.end()
        is_unit = found[3] is not None and normal(text) in UNIT_NAMES
        if is_unit or normal(text) in _TITLE_NAMES or _BY.search(text) is not None:
            return float(found[1].replace(",", ".")) / float(found[2] or 1) or 1.0
    return 1.0


def _of_line(message: str, line: int, channel: str, ways: dict[str, dict[str, Any]]) -> RejectedFileError:
    return asked("unknown_unit", f"{message}: is it that of the {channel}?", line, channel, ways)
