"""Whether a file as a whole can be used: calls all checks of its plausibility."""

from typing import Any

import numpy as np

from processing.head.advice import CERTAIN_WATTS, column_names, rejected
from processing.model.channels import CHANNELS, DEFAULT_HEADER, has_product, is_enough
from processing.model.flags import FAIL, Mask, any_of
from processing.model.profile import DEFAULT
from processing.model.rejection import Choice, RejectedFileError
from processing.model.safe_text import counted
from processing.model.stamp import DAY
from processing.model.thresholds import NIGHT_FLOOR
from processing.plausibility import sizes_and_signs
from processing.plausibility.rejected_rows import have_much_in_runs, named, no_rows, rejected_rows
from processing.plausibility.sides import check_idle_direction, check_sides, check_swapped
from processing.reading.table import Table
from processing.rows.sorted_rows import SortedRows

_LONG_STEP_S = 3 * 3600
"""Over this many seconds, the power of an instant does not determine the energy."""
_MANY_ABOVE = 6
"""So many rows with power above limits that no profile sets may be of a larger plant."""
_SHARE_ABOVE = 0.1
"""They are if they are more than this share of the rows with power."""
_SHARE_OUTSIDE = 0.01
"""The share of the rows of power alone that may be in runs outside its limits."""
_TIMES_OUTSIDE = 3.0
"""Those above so many times the limit do not count."""
_PRODUCTS, _SHARE_OF_PRODUCT, _NEAR = 6, 0.9, 0.1
"""The fewest rows with voltage, current and power that are compared, and the share of them in which the power
is a thousandth, or a thousand times, of V · I; the tolerance of that factor, in exponents."""
_FEWEST_MONTHS = 3
"""So many days with rows are a month after the one before, on the same day; one if the year stands first and
there are no others."""
_SHORTEST_MONTH = 28 * DAY
_FAULTS = 5
"""The most rows that cannot be read and need not be compared with each other."""


def check_usable(table: Table, rows: SortedRows) -> None:
    """Raise RejectedFileError if a file is malformed, has no valid row, or is of another plant.

    A file is of another plant if most rows with power fail by limits that nobody set.
    """
    total = len(table.line) + table.repeats
    if not total:
        raise no_rows(table)
    missing = int(np.count_nonzero(rows.missing))
    _check_read(table, total - missing)
    if missing and missing + len(rows.duplicates) + table.repeats == total:
        message = f"none of {counted(total, 'row')} has a reading of power, or of voltage and current"
        raise RejectedFileError("no_readings", message, rows.line.min().item())
    if table.parts is not None:
        from processing.plausibility.sentinels import check_parts  # noqa: PLC0415 - few files need it

        check_parts(table, rows)
    check_sides(rows)
    if rows.dialect.header != DEFAULT_HEADER or not any_of(rows.valid):
        from processing.plausibility.units import check_degrees, check_shunt  # noqa: PLC0415

        check_degrees(rows)
        check_shunt(rows)
        _check_product(rows)
        sizes_and_signs.check_possible(rows)
        sizes_and_signs.check_bits(rows)
    if not any_of(rows.valid):
        first = rejected_rows(rows)[0]
        message = f"none of {counted(total, 'row')} is valid; {named(first, table)}"
        choices = _without_limits(rows, _unset(rows)) or _without_impossible(rows)
        raise RejectedFileError("no_valid_rows", message, first.line, first.column, choices)
    sizes_and_signs.check_sign(rows)
    if unset := _unset(rows):
        _check_plant(table, rows, unset)
    _check_steps(rows)
    _check_dates(rows)
    sizes_and_signs.check_directions(rows)
    if rows.dialect.header != DEFAULT_HEADER:
        _check_values(rows)


def _check_read(table: Table, count: int) -> None:
    """Raise RejectedFileError if too many of so many rows with readings cannot be read."""
    if (broken := table.broken_count) and broken > min(_FAULTS, table.profile.caps.max_invalid * count):
        from processing.plausibility.unreadable_rows import check_unread  # noqa: PLC0415 - few files need it

        check_unread(table, count)


def _check_values(rows: SortedRows) -> None:
    """Raise RejectedFileError if some values may be no readings, in another unit, or of another channel."""
    # few files need them
    from processing.plausibility import meaning_of_rows, one_unit, sentinels, units, unreadable_rows, weather  # noqa: PLC0415

    unreadable_rows.check_offsets(rows)
    sizes_and_signs.check_rises(rows)
    check_swapped(rows)
    check_idle_direction(rows)
    units.check_unit_of_name(rows)
    weather.check_letters(rows)
    units.check_amperes(rows)
    meaning_of_rows.check_kind(rows, "counter")
    meaning_of_rows.check_numbered_hours(rows)
    meaning_of_rows.check_repeats(rows)
    meaning_of_rows.check_changes(rows)
    sentinels.check_unsigned(rows)
    one_unit.check_one_unit(rows)
    units.check_unit_of_meter(rows)
    sizes_and_signs.check_power_of_energy(rows)
    sentinels.check_codes(rows)


def _check_product(rows: SortedRows) -> None:
    """Raise RejectedFileError if the power is a thousandth of V · I, or a thousand times: of another unit.

    A unit of power that the file or a profile states is accepted. The tolerance covers the efficiency of an
    inverter.
    """
    columns, channels = rows.dialect.columns, rows.profile.channels
    if rows.dialect.header == DEFAULT_HEADER or "power" not in columns or not has_product(columns):
        return
    if columns["power"].states_unit or channels.power.unit is not None:
        return
    voltage, current, power = (rows.values[name] for name in ("voltage", "current", "power"))
    known = ~rows.conflict & (power > 0) & (np.sign(voltage) * np.sign(current) > 0)
    voltage, current, power = (np.log10(np.abs(values[known])) for values in (voltage, current, power))
    exponents = voltage + current - power
    if len(exponents) < _PRODUCTS:
        return
    others = {3: {"power": "kW", "current": "mA", "voltage": "mV"}, -3: {"power": "mW"}}
    for exponent, units in others.items():
        near = int(np.count_nonzero(np.abs(exponents - exponent) < _NEAR))
        choices = [
            Choice(f"{name} in {unit}", {"channels": {name: {"unit": unit}}})
            for name, unit in units.items()
            if not columns[name].states_unit and channels[name].unit is None
        ]
        if near >= _SHARE_OF_PRODUCT * len(exponents):
            times = "a thousandth of" if exponent > 0 else "a thousand times"
            message = f"the power is {times} V · I in {near} of {counted(len(exponents), 'row')}: which unit?"
            raise rejected("unknown_unit", message, rows.dialect.header_line, "power", choices=choices)


def _check_plant(table: Table, rows: SortedRows, unset: dict[str, Any]) -> None:
    failed, above, near = np.zeros((3, len(rows.line)), np.bool_)
    for name in unset:
        fails, values = rows.range_flags[name] == FAIL, rows.values[name]
        failed |= fails
        above |= values > rows.limits[name].max
        near |= fails & (np.abs(values) <= _TIMES_OUTSIDE * rows.limits[name].max)
    is_default = rows.dialect.header == DEFAULT_HEADER
    generating = rows.generating & ~rows.conflict
    if not is_default:
        taken = failed & (rows.power < -rows.thresholds[NIGHT_FLOOR])  # by a house, or from a battery
        generating, above = generating | (taken & ~rows.conflict), above | taken
        if not any_of(generating):
            generating = (rows.power > 0) & ~rows.conflict  # of a panel below the floor of others
    count, all_count = int(np.count_nonzero(failed & generating)), int(np.count_nonzero(generating))
    high = 0 if is_default else int(np.count_nonzero(above & generating))
    is_larger = high >= _MANY_ABOVE and high > _SHARE_ABOVE * all_count
    beside = _beside_power(rows, unset, failed)
    most = rows.profile.caps.max_invalid
    is_many = count > most * all_count or have_much_in_runs(near & ~rows.conflict, rows.power, most)
    if not (beside or is_larger or is_many or _has_runs_outside(rows, unset)):
        return
    listed = rejected_rows(rows)
    first = next((one for one in listed if one.column in unset), listed[0])
    share = f"{count} of {counted(all_count, 'row')} with power"
    if beside or not count:
        share = counted(int(np.count_nonzero(failed)), "row") + ("" if beside else " without power")
    other = " and ".join(beside) or "the file"
    other += f" may be of another {'device' if beside else 'plant'}"
    message = f"{share} are outside limits that no profile sets; {named(first, table)}; {other}"
    choices = _without_limits(rows, unset) + ([_without(beside)] if beside else [])
    raise RejectedFileError("outside_limits", message, first.line, first.column, choices)


def _beside_power(rows: SortedRows, unset: dict[str, Any], failed: Mask) -> list[str]:
    """Return the channels by which many rows fail, beside a power that is not one of the default panel."""
    is_from_product = rows.energy_kind is None and "power" not in rows.channels
    if is_from_product or rows.limits["power"] == DEFAULT.channels.limits("power"):
        return []
    readings = rows.power if rows.energy_kind is None else rows.values["energy"]
    known = ~(np.isnan(readings) | rows.conflict)
    count = int(np.count_nonzero(failed & known))
    is_many = count >= _MANY_ABOVE and count > _SHARE_ABOVE * np.count_nonzero(known)
    if not is_many and (rows.energy_kind == "counter" or not have_much_in_runs(failed & known, readings)):
        return []
    pair = ("voltage", "current") if unset.keys() & {"voltage", "current"} else ()
    return [name for name in rows.channels if name in unset or name in pair]


def _check_steps(rows: SortedRows) -> None:
    """Raise RejectedFileError if rows of power are so far apart that they may be energies.

    A profile that states the interval, or the unit of the power, declares that they are means; rows that are
    changes are of no interval.
    """
    if rows.dt <= _LONG_STEP_S or rows.energy_kind is not None or rows.held is not None:
        return
    profile, columns = rows.profile, rows.dialect.columns
    source = "power" if "power" in columns else "voltage"
    if profile.period.interval_seconds is not None or profile.channels[source].unit is not None:
        return
    column, choices = columns[source], []
    units = [f"{column.unit}h"] if column.states_unit else ["kWh", "Wh"]
    units = [unit for unit in units if unit in CHANNELS["energy"].units]
    is_single = not has_product(columns) and len(column.places) == 1
    if is_single and not rows.dialect.long and profile.csv.header is not False:
        name = column_names(rows.dialect.header, column.places)[0]
        energies = [{"energy": {"column": name, "unit": unit, "kind": "interval"}} for unit in units]
        choices = [
            Choice(f"{unit} of each row", {"channels": each | {"power": {"column": False}}})
            for unit, each in zip(units, energies, strict=True)
        ]
    mean = f"mean power in {column.unit}" if source == "power" else "mean of V · I"
    choices.append(Choice(mean, {"channels": {source: {"unit": column.unit}}}))
    message = f"the rows of power are {rows.dt / 3600:g} h apart: the energy of each, or a mean power?"
    raise rejected("ambiguous_columns", message, rows.dialect.header_line, source, choices=choices)


def _check_dates(rows: SortedRows) -> None:
    """Raise RejectedFileError if rows are of one day of each month, as if day and month were swapped.

    A spreadsheet swaps them where it can, that is in the first twelve days of a month. A profile that states
    the format declares that it is right. With the year first, the first of each month is a typical day.
    """
    time = rows.time[: rows.timed]
    if not len(time) or time.item(-1) - time.item(0) < _SHORTEST_MONTH - DAY:
        return
    if (form := rows.dialect.time_format) == "iso":
        form = f"%Y-%m-%d{rows.forms[-1].separator}%H:%M"
    if rows.dt > _LONG_STEP_S or rows.profile.csv.time_format != "auto" or form[:2] not in ("%d", "%m", "%Y"):
        return
    dates = np.unique(time // DAY).astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    days = (dates - months).astype(np.int64)  # from 0; no month is swapped for a later day than the twelfth
    is_next = (days[1:] == days[:-1]) & (days[1:] < 12) & (np.diff(months.astype(np.int64)) == 1)  # noqa: PLR2004
    is_next &= (days[1:] > 0) | (form[:2] != "%Y")
    count, is_other = int(np.count_nonzero(is_next)), ~(np.append(is_next, False) | np.append(False, is_next))
    others = months[is_other].astype(np.int64) % 12  # swapped too if they are in the month of that number
    is_one = count and 0 < len(others) == np.count_nonzero(others == days[1:][is_next][0])
    fewest = 1 if form[:2] == "%Y" and not len(others) else _FEWEST_MONTHS
    if count < fewest and not is_one:
        return
    line, forms = rows.line.min().item(), (form, form.translate(str.maketrans("dm", "md")))
    choices = [Choice(one, {"csv": {"time_format": one}}) for one in forms]
    message = f"{count + 1} days are the same one of months that follow each other"
    raise rejected("ambiguous_time", f"{message}: are day and month swapped?", line, choices=choices)


def _has_runs_outside(rows: SortedRows, unset: dict[str, Any]) -> bool:
    """Return whether power alone is outside its limits again and again, in rows that follow each other.

    A fault affects one row, or is far outside. Files of the default panel have its voltage and current.
    """
    if "power" not in unset or has_product(rows.dialect.columns):
        return False
    failed = (rows.range_flags["power"] == FAIL) & ~rows.conflict
    failed &= np.abs(rows.values["power"]) <= _TIMES_OUTSIDE * rows.limits["power"].max
    in_runs = int(np.count_nonzero(failed[1:] & failed[:-1]))
    is_frequent = in_runs >= _MANY_ABOVE and in_runs > _SHARE_OUTSIDE * len(failed)
    return is_frequent or have_much_in_runs(failed, rows.values["power"])


def _without_impossible(rows: SortedRows) -> list[Choice]:
    """Return the choice to leave out channels that fail in most rows, if the power is known without them."""
    flags = {name: flags for name, flags in rows.range_flags.items() if name not in ("power", "energy")}
    names = [name for name, each in flags.items() if 2 * np.count_nonzero(each == FAIL) > len(each)]
    if not names or not is_enough(rows.dialect.columns.keys() - {*names}):
        return []
    return [_without(names)]


def _without(names: list[str]) -> Choice:
    """Return the choice to leave out channels."""
    return Choice(f"without {' and '.join(names)}", {"channels": {name: {"column": False} for name in names}})


def _without_limits(rows: SortedRows, unset: dict[str, Any]) -> list[Choice]:
    """Return the choice of unknown limits, with each unit if a low power does not state its own."""
    columns = rows.dialect.columns
    is_alone = "power" in unset and not has_product(columns)
    is_open = is_alone and not columns["power"].states_unit
    if not is_open or np.nanmax(np.abs(rows.values["power"]), initial=0.0) >= CERTAIN_WATTS:
        return [Choice("limits unknown", {"channels": unset}, is_detail=True)] if unset else []
    ways = {unit: unset | {"power": unset["power"] | {"unit": unit}} for unit in ("W", "kW")}
    return [Choice(f"{unit}, limits unknown", {"channels": each}) for unit, each in ways.items()]


def _unset(rows: SortedRows) -> dict[str, Any]:
    """Return the channels that fail by limits that nobody set, each with the key that makes them unknown."""
    limits = {
        name: rows.profile.channels.limits(name, own_name=False)
        for name, flags in rows.range_flags.items()
        if FAIL in flags and rows.limits[name].is_known
    }
    return {name: {"limits": "unknown"} for name, one in limits.items() if not one.is_known}
