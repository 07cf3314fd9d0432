"""The ways to read a table without a header."""

from collections.abc import Iterable, Sequence

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


def of_day(cells: Iterable[str]) -> str:
    """Return a file of half hours without a header."""
    return "".join(f"2025-06-10 {at // 2:02}:{at % 2 * 30:02};{cell}\n" for at, cell in enumerate(cells))


def pairs_of(text: str) -> list[str]:
    """Return which columns are offered as voltages and currents."""
    labels = [one.label for one in rejection(text).candidates or () if "voltage" in one.label]
    return [*dict.fromkeys(label.partition(", limits")[0] for label in labels)]


BATTERY = [f"{12.5 + at % 5 / 10:.2f}" for at in range(48)]
LOAD = [f"{(0.5, 1.9, 0.2, 1.1)[at % 4]}" for at in range(48)]
PANEL = [f"{34 + at % 3 if sun else 0:.1f}" for at, sun in enumerate(SUN)]
CURRENT = [f"{9 * sun:.2f}" for sun in SUN]
CHARGE = [f"{25 * sun:.2f}" for sun in SUN]


@pytest.mark.parametrize(
    ("columns", "wanted"),
    [
        ((BATTERY, CURRENT), ["2, 3"]),
        ((CURRENT, BATTERY), ["3, 2"]),
        ((BATTERY, PANEL, CURRENT), ["3, 4"]),
        ((CURRENT, PANEL, BATTERY), ["3, 2"]),
        ((BATTERY, CHARGE, PANEL, CURRENT), ["2, 3", "4, 5", "4, 3"]),
        ((PANEL, CURRENT, BATTERY, CHARGE), ["2, 3", "4, 5", "4, 3"]),
        ((PANEL, CURRENT, BATTERY, LOAD), ["2, 3", "4, 5", "4, 3"]),
        ((CURRENT, CHARGE), []),
        (([f"{2500 * sun:.1f}" for sun in SUN], BATTERY), []),
    ],
)
def test_neighbours_are_offered_as_voltage_and_current(
    columns: tuple[Sequence[str], ...], wanted: list[str]
) -> None:
    found = pairs_of(of_day(map(";".join, zip(*columns, strict=True))))
    pairs = [tuple(pair.split(", ")) for pair in wanted]
    plain = [one for one in found if "temperature" not in one]
    assert plain == [f"voltage: column {one}, current: column {other}" for one, other in pairs]


def test_of_a_night_neighbours_are_offered_as_they_stand() -> None:
    rows = (
        f"2025-06-10 {at // 60:02}:{at % 60:02};12.{at % 7};0.0;{34.5 * is_day};{at % 50 / 10 * is_day}\n"
        for at in range(1440)
        for is_day in [360 < at < 1080]
    )
    assert "voltage: column 4, current: column 5" in pairs_of("".join(rows))


@pytest.mark.parametrize(("share", "is_first"), [(1, True), (0.9, True), (20, False)])
def test_the_default_columns_come_first_if_the_last_may_be_the_product(
    share: float, *, is_first: bool
) -> None:
    cells = [
        f"{volts};{amperes};25.5;{share * float(volts) * float(amperes):.3f}"
        for volts, amperes in zip(PANEL, CURRENT, strict=True)
    ]
    labels = [one.label for one in rejection(of_day(cells)).candidates or ()]
    default = "voltage: column 2, current: column 3, temperature: column 4, power: column 5"
    assert labels[0].startswith(default) == is_first
    assert (len(labels) == 1) == (share == 1)


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


@pytest.mark.crossed
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


@pytest.mark.parametrize("count", [24, 48, 96])
def test_rows_of_whole_days_ask_for_a_header(count: int) -> None:
    cells = [f"{2 * SUN[at * 48 // count]:.3f}".replace(".", ",") for at in range(count)]
    rows = "".join(f"{day}.06.2025;{';'.join(cells)}\n" for day in (10, 11, 12))
    found = rejection(rows)
    assert not found.candidates
    assert found.message.endswith(f"write a line above it with their names: Date, 1, 2, and so on to {count}")
    header = ";".join(["Date", *map(str, range(1, count + 1))])
    way = (rejection(f"{header}\n{rows}").candidates or [])[0]
    assert way.consequence.startswith(f"{3 * count} rows of 3 days")


def test_days_with_as_many_readings_of_other_kinds_do_not() -> None:
    rows = "".join(f"{day}.06.2025;{';'.join(['5,5'] * 24)}\n" for day in (10, 11, 12))
    assert rejection(rows).candidates


@pytest.mark.parametrize(("scale", "first"), [(1, ""), (1000, ", mA and mW")])
@pytest.mark.parametrize("between", ["", "25;7;"])
def test_a_column_of_products_is_the_power_of_the_columns_before_it(
    scale: int, first: str, between: str
) -> None:
    """12 V and 0.5 A or 500 mA at noon, as W or mW."""
    panel = [(12 + at % 3 / 10, sun / 2) for at, sun in enumerate(SUN)]
    text = of_day(f"{v:.1f};{a * scale:g};{between}{v * a * scale:.4f}" for v, a in panel)
    way, *_ = rejection(text).candidates or ()
    power = f"power: column {6 if between else 4}"
    assert way.label == f"voltage: column 2, current: column 3, {power}{first}, limits unknown"
    energy = sum(v * a for v, a in panel) / 2000
    assert result(text, chosen(way)).metrics.total_energy_kwh == pytest.approx(energy, abs=1e-6)


def test_products_of_rounded_numbers_at_dawn_do_not_count() -> None:
    roof = [(round(350 - 20 * sun, 1), round(12 * sun, 2)) for sun in SUN]
    roof[13] = (300.0, 0.01)
    text = of_day(f"{v};{a};{v * a if a > 1 else 4.9 * (a > 0):.0f}" for v, a in roof)
    way, *_ = rejection(text).candidates or ()
    assert way.label.startswith("voltage: column 2, current: column 3, power: column 4")
