"""The ways to read a table without a header."""

from collections.abc import Iterable

import pytest

from tests.support.small_files import SUN, chosen, rejection, result


def test_without_a_header_days_are_offered_as_energy_first() -> None:
    ways = rejection("20250101,15479\n20250102,12486\n20250103,17931\n").candidates or []
    assert [one.label for one in ways] == [
        "energy: column 2, kWh",
        "energy: column 2, Wh",
        "power: column 2, mean power in W",
    ]
    assert "15.3 kWh a day" in ways[1].consequence


def test_without_a_header_the_first_two_numbers_may_be_voltage_and_current() -> None:
    rows = "".join(f"{1594113901 + 300 * at},21.{at},0.5,12.6,3{at}\n" for at in range(4))
    found = rejection(rows)
    labels = [one.label for one in found.candidates or ()]
    assert "voltage, current" in labels


def of_days(days: int, date: str, cells: Iterable[str]) -> str:
    """Return a file with a date, these cells, and the power or the energy of a half hour in each row."""
    rows = [
        f"{date.format(day)};{cell};{2 * sun:.3f};OK\n"
        for day in range(10, 10 + days)
        for cell, sun in zip(cells, SUN, strict=True)
    ]
    return "".join(rows)


STEPS = {
    "slots": [f"{at + 1}" for at in range(48)],
    "slots from 0": [f"{at}" for at in range(48)],
    "minutes": [f"{30 * at}" for at in range(48)],
    "seconds": [f"{1800 * at}" for at in range(48)],
    "clock": [f"{at // 2:02}{at % 2 * 30:02}" for at in range(48)],
    "short clock": [f"{100 * (at // 2) + at % 2 * 30}" for at in range(48)],
    "hours": [f"{at / 2:.2f}" for at in range(48)],
    "hour; minute": [f"{at // 2};{at % 2 * 30}" for at in range(48)],
}


@pytest.mark.parametrize("days", [1, 3])
@pytest.mark.parametrize("date", ["2025-06-{}", "{}.06.2025", "202506{}"])
@pytest.mark.parametrize("name", [*STEPS])
def test_numbers_beside_a_date_may_be_the_steps_of_a_day(name: str, date: str, days: int) -> None:
    text = of_days(days, date, STEPS[name])
    ways = rejection(text).candidates or []
    rows = {way.consequence.partition(", ")[0] for way in ways}
    assert rows == {f"{48 * days} rows of {days} day" + "s" * (days > 1)}
    powers = [way for way in ways if way.label.startswith("power") and way.label.endswith("kW")]
    found = result(text, chosen(powers[0])).metrics
    assert found.total_energy_kwh == pytest.approx(sum(SUN) * days, abs=1e-5)
    assert found.interval_seconds == 1800
    assert str(found.period.start).startswith("2025-06-10T00:00")


def test_numbers_of_devices_beside_a_date_are_no_steps() -> None:
    rows = "".join(f"2025-06-{day};{at};{day * at}\n" for day in range(10, 20) for at in (1, 2, 3))
    ways = rejection(rows).candidates or []
    assert [way.toml[1] for way in ways if '"time"' not in way.toml[1]] == []
