"""The only column with a unit of power or energy."""

import pytest

from processing.head.header_cells import HeaderCell
from processing.layout.only_columns import only_metered, only_production


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["time", "LV ActivePower (kW)", "Theoretical_Power_Curve (kWh)", "Wind (m/s)"], ("power", (1,))),
        (["time", "Verbrauch (kWh)", "Forecast (kWh)", "Temp"], ("energy", (1,))),
        (["time", "Reactive power (kW)", "Wind (m/s)"], None),
        (["time", "Battery active power (kW)", "Wind (m/s)"], None),
        (["time", "Aggregate AC Power (kW)", "Temp"], ("power", (1,))),
        (["interval_start", "interval_kWh", "interval_kW"], ("power", (2,))),
        (["time", "Import (kWh)", "Export (kW)", "Temp"], None),
        (["time", "From solar (W)", "Temp"], None),
        (["time", "Import (W)", "Production PV"], None),
        (["time", "Import (W)", "Production PV in W"], None),
        (["time", "Fridge (W)"], ("power", (1,))),
        (["time", "Solar voltage 1", "Panel current 1", "Load power (W)"], None),
        (["time", "Solar voltage", "Grid (kWh)"], None),
        (["time", "Fridge (W)", "Oven (W)"], None),
        (["time", "P1", "P2", "Grid (W)"], None),
        (["time", "Verbrauch (kWh)", "Leistung Dach"], None),
        (["time", "Usage (kWh)", "Power 2"], None),
        (["time", "Usage (kWh)", "Max power", "Reactive power", "Power factor"], ("energy", (1,))),
    ],
)
def test_what_was_not_measured_is_beside_the_only_column(names: list[str], found: object) -> None:
    assert only_metered(tuple(HeaderCell((name,)) for name in names), {0}) == found


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("PV generator power (W)", {"power": (1,)}),
        ("Generation (W)", {"power": (1,)}),
        ("Generated (W)", {"power": (1,)}),
        ("Rated generation (W)", None),
        ("Generator power (W)", None),
        ("Philadelphia Generation (W)", {"power": (1,)}),
        ("Gaston PV power (W)", {"power": (1,)}),
        ("Wind generation (kW)", None),
        ("Turbina PV power (W)", {"power": (1,)}),
        ("BHKW Erzeugung (kWh)", None),
    ],
)
def test_a_generator_of_another_source_is_no_plant(name: str, found: object) -> None:
    assert only_production(tuple(map(HeaderCell, [("time",), (name,), ("Load (W)",)])), {0}) == found
