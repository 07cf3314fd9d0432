"""What the names of powers and energies say of where they flow."""

import pytest

from processing.naming.flows import METERED, OTHER_FLOWS, PLAIN


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
