"""What a way to read a file keeps of what the file shows beside the answer."""

from collections.abc import Iterable

import pytest

from tests.support.small_files import rejection

DAY = [0] * 6 + [5, 20, 300, 700, 1100, 1500, 1700, 1500, 1200, 800, 400, 90] + [0] * 6
"""The power of each hour, in W."""
COUNTED = [7_000_000 + sum(DAY[:at]) for at in range(24)]


def hours(values: Iterable[object], date: str = "2025-06-16") -> str:
    return "".join(f"{date} {at:02}:00;{value}\n" for at, value in enumerate(values))


def shown(content: str) -> list[list[str]]:
    return [[*(way.shown or ())] for way in rejection(content).candidates or ()]


@pytest.mark.parametrize(
    ("values", "is_kept"),
    [
        (DAY, True),
        ([one / 1000 for one in DAY], False),
        ([one + 0.5 for one in DAY], False),  # others may be in kW
    ],
)
def test_whole_numbers_in_w_stay_so(values: list[float], *, is_kept: bool) -> None:
    assert any('channels.power.unit = "W"' in one for one in shown(hours(values))) == is_kept


@pytest.mark.parametrize(
    ("unit", "usual"), [("W", 1500.0), ("kW", 1_500_000.0), ("Wh", 1500.0), ("kWh", 1.5e6)]
)
def test_the_power_is_kept_beside_a_unit_that_the_format_states(unit: str, usual: float) -> None:
    """Eleven of the twelve hours of light have 1500 W or less."""
    ways = rejection(hours(DAY)).candidates or ()
    of_unit = [
        way
        for way in ways
        if any(line.endswith(f'.unit = "{unit}"') for line in [*way.toml, *(way.shown or ())])
    ]
    assert of_unit
    assert all(f"accepted.power_w = {usual}" in (way.shown or ()) for way in of_unit)


def test_a_unit_of_the_header_or_of_the_answer_is_not_repeated() -> None:
    dark = [one // 20 for one in DAY]
    assert all(not any("power.unit" in line for line in one) for one in shown(hours(dark)))


@pytest.mark.parametrize(("values", "kind"), [(DAY, "interval"), (COUNTED, "counter")])
def test_the_kind_of_an_energy_stays(values: list[int], kind: str) -> None:
    found = rejection(hours(values)).candidates or ()
    kinds = [[*(way.shown or ())] for way in found if "energy" in way.label and way.label.endswith("Wh")]
    assert kinds
    assert all(f'channels.energy.kind = "{kind}"' in one for one in kinds)


@pytest.mark.parametrize(
    ("date", "name"),
    [("25/06/2025", "%d/%m/%Y %H:%M"), ("06/25/2025", "%m/%d/%Y %H:%M"), ("25-06-2025", "%d-%m-%Y %H:%M")],
)
def test_the_order_of_day_and_month_stays(date: str, name: str) -> None:
    assert all(f'csv.time_format = "{name}"' in one for one in shown(hours(DAY, date)))
    assert shown(hours(DAY, date))


@pytest.mark.parametrize("date", ["2025-06-16", "16.06.2025", "2025/06/16"])
def test_a_date_of_one_order_needs_no_format(date: str) -> None:
    assert all("time_format" not in line for one in shown(hours(DAY, date)) for line in one)
