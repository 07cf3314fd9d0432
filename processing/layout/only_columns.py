"""The only column of power or energy that is measured or made, which is taken for what the file is about."""

from processing.head.column_kinds import (
    channel_of,
    is_measured,
    is_output,
    is_part,
    measured_unit,
    names_production,
    resembled_channel,
    sides_in,
)
from processing.head.header_cells import Header
from processing.naming.flows import OF_PART_OR_DAY
from processing.naming.units import label_of, power_or_energy


def only_metered(header: Header, used: set[int]) -> tuple[str, tuple[int, ...]] | None:
    """Return the only column with a unit of power or energy, if it is of a meter as a whole, or alone.

    Columns of what was not measured, such as a forecast or an apparent power, do not count, and neither does
    an energy with the name of the power: `interval_kW` and `interval_kWh`. None beside a voltage or a current
    of a panel, which then is not what the meter measures, or beside a power without a unit.
    """
    units = {at: unit for at, cell in enumerate(header) if at not in used and (unit := measured_unit(cell))}
    kinds = {at: kind for at, unit in units.items() if (kind := power_or_energy(unit)) is not None}
    names = {at: label_of(header[at].text).name for at in kinds}
    if sorted(kinds.values()) == ["energy", "power"] and len({*names.values()}) == 1:
        kinds = {at: kind for at, kind in kinds.items() if kind == "power"}
    if len(kinds) != 1:
        return None
    [(at, kind)] = kinds.items()
    panel = [cell for cell in header if sides_in(cell.text) == {"panel"}]
    if any((channel_of(cell) or resembled_channel(cell)) in ("voltage", "current") for cell in panel):
        return None
    others = [cell for other, cell in enumerate(header) if other not in {at, *used} and not cell.stated_unit]
    if any(resembled_channel(cell) == "power" and not is_part(cell) for cell in others):
        return None
    if not names_production(header[at]) and any(map(names_production, others)):
        return None
    is_part_of_day = OF_PART_OR_DAY.search(header[at].text.casefold()) is not None
    is_alone = len(header) == len(used) + 1 and not (is_part(header[at]) or is_part_of_day)
    return (kind, (at,)) if is_alone or is_measured(header[at]) else None


def only_production(header: Header, used: set[int]) -> dict[str, tuple[int, ...]] | None:
    """Return the only column of power, else of energy, whose unit and name say that the plant makes it.

    None if another column may be the power of the plant as a whole.
    """
    cells = [(at, cell) for at, cell in enumerate(header) if at not in used and cell.stated_unit]
    kinds = {at: power_or_energy(cell.stated_unit) for at, cell in cells if is_output(cell)}
    for channel in ("power", "energy"):
        places = [at for at, kind in kinds.items() if kind == channel]
        if any(names_production(header[at]) for at in places):
            return {channel: (places[0],)} if len(places) == 1 else None
    return None
