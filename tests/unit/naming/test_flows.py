"""What the names of powers and energies say of where they flow."""

import pytest

from processing.naming.flows import METERED, OTHER_FLOWS, PER_AREA, PLAIN


@pytest.mark.parametrize(
    "name",
    ["power", "average power (w)", "avg_power_w", "mean wattage", "value (kwh)", "meter reading (kwh)"],
)
def test_a_plain_name_says_only_that_it_was_measured(name: str) -> None:
    assert PLAIN.fullmatch(name)


@pytest.mark.parametrize("name", ["fridge power (w)", "max power (w)", "powers", "", "kw peak"])
def test_other_names_say_more(name: str) -> None:
    assert not PLAIN.fullmatch(name)


@pytest.mark.parametrize(
    "name", ["use [kw]", "energy used", "consommation", "prélèvement", "afname", "zużycie"]
)
def test_what_a_house_takes_is_another_flow_than_what_a_plant_makes(name: str) -> None:
    assert METERED.search(name)
    assert OTHER_FLOWS.search(name)


@pytest.mark.parametrize("name", ["fused", "user", "cause"])
def test_use_is_a_word(name: str) -> None:
    assert not METERED.search(name)


@pytest.mark.parametrize(
    "name", ["W/m²", "kW/㎡", "W/sqm", "Watts/m^2", "W m-2", "J/cm2", "W/Wp", "Global_Wm2"]
)
def test_a_unit_on_an_area_or_of_rated_power_is_no_power(name: str) -> None:
    assert PER_AREA.search(name.casefold()) is not None


@pytest.mark.parametrize("name", ["Power kW M2", "W", "kWh per month", "kWh/kW", "Energy (Wh) M-2"])
def test_these_are_not_on_an_area(name: str) -> None:
    assert PER_AREA.search(name.casefold()) is None
