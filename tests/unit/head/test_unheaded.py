"""The ways to read a table without a header."""

from tests.support.small_files import rejection


def test_without_a_header_days_are_offered_as_energy_first() -> None:
    found = rejection("20250101,15479\n20250102,12486\n20250103,17931\n")
    assert [one.label for one in found.candidates] == [
        "energy: column 2, kWh",
        "energy: column 2, Wh",
        "power: column 2, mean power in W",
    ]
    assert "15.3 kWh a day" in found.candidates[1].consequence


def test_without_a_header_the_first_two_numbers_may_be_voltage_and_current() -> None:
    rows = "".join(f"{1594113901 + 300 * at},21.{at},0.5,12.6,3{at}\n" for at in range(4))
    found = rejection(rows)
    labels = [one.label for one in found.candidates]
    assert "voltage, current" in labels
