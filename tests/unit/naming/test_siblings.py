"""Names that differ in one part alone."""

import pytest

from processing.naming.siblings import kinds_of_words, later_siblings, units_of_letters


@pytest.mark.parametrize(
    ("names", "places"),
    [
        (["PV power", "PV2 power", "PV3 power"], [1, 2]),
        (["Power", "power_2", "Power 02"], [1, 2]),
        (["PV1 power 1", "PV1 power 2"], []),
        (["Ppv", "Ppv1", "Ppv2"], []),
        (["Power", "Power L2", "Power max", "2"], []),
        (["Power", "", "Power 0"], []),
        (["Pac (W)", "Pac (W).1", "Pac (W).2"], [1, 2]),
    ],
)
def test_a_number_from_two_on_is_all_that_differs(names: list[str], places: list[int]) -> None:
    assert later_siblings(0, names) == places


@pytest.mark.parametrize(
    ("names", "units"),
    [
        (["Time", "Roof V", "Roof A", "Roof W"], {1: "V", 2: "A", 3: "W"}),
        (["bat_u", "bat_i", "load_v", "x_a"], {0: "V", 1: "A", 2: "V"}),
        (["Roof V", "Shed A"], {}),
        (["Plan A", "Plan B", "V", "A"], {}),
        (["Battery V", "Charge A", "Panel V"], {0: "V", 1: "A", 2: "V"}),
        (["Panel V", "Site A", "Site B"], {}),
        (["cleanv", "cleani", "normalv", "normala"], {0: "V", 1: "A", 2: "V", 3: "A"}),
        (["dev", "lev", "delta"], {}),
        (["R:v", "R:i", "R:p", "R:q"], {0: "V", 1: "A", 2: "W"}),
        (["L1.U", "L1.I", "L1.P", "Site P"], {0: "V", 1: "A", 2: "W"}),
        (["Battery V", "Charge A", "Load P"], {0: "V", 1: "A"}),
    ],
)
def test_last_letters_are_units_if_a_voltage_and_a_current_have_them(
    names: list[str], units: dict[int, str]
) -> None:
    assert units_of_letters(tuple(names)) == units


def test_codes_of_import_and_export_are_not_of_one_kind() -> None:
    first, second, export = (kinds_of_words(f"1-0:{code} (kWh)") for code in ("1.8.1", "1.8.2", "2.8.1"))
    assert first == second != export
