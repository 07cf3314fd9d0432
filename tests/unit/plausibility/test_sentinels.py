"""Values that repeat and stand for no reading, though no list has them."""

import math
import tomllib
from collections.abc import Callable

import pytest

from processing.profiles import profiles_from
from tests.support.small_files import chosen, rejection, result

SUN = [max(0.0, math.sin(math.pi * (at - 24) / 48)) for at in range(96)]
"""Of quarters of an hour: half of them are dark."""
AT = (30, 31, 45, 52, 60, 61, 62)


def quarters(header: str, cell: Callable[[int, float], str]) -> str:
    """A day with this cell in each row."""
    rows = (f"2025-06-10 {at // 4:02}:{at % 4 * 15:02};{cell(at, sun)}" for at, sun in enumerate(SUN))
    return "\n".join([f"time;{header}", *rows, ""])


@pytest.mark.parametrize(
    ("header", "code", "scale", "decimal"),
    [
        ("PV power (W)", "-9999", 4000, "."),
        ("PV power (W)", "9999.9", 4000, "."),
        ("Pac", "65533", 9000, "."),
        ("PV power (kW)", "99,99", 5, ","),
        ("PV power (W)", "-99.9", 1500, "."),
        ("PV power (W)", "999", 4000, "."),
        ("Energy (Wh)", "65535", 800, "."),
    ],
)
def test_a_value_that_repeats_far_from_all_others_is_asked_for(
    header: str, code: str, scale: float, decimal: str
) -> None:
    def cell(at: int, sun: float) -> str:
        return code if at in AT else f"{scale * sun * (0.8 + 0.2 * (at % 3)):.3f}".replace(".", decimal)

    found = rejection(content := quarters(header, cell))
    assert found.code == "outside_limits"
    assert f"is {code} in 7 of 96 rows, far from all around" in found.message
    no_reading, reading = found.candidates or ()
    without, with_it = (result(content, chosen(way)) for way in (no_reading, reading))
    assert (without.records_missing, without.records_processed) == (7, 89)
    assert (with_it.records_missing, with_it.records_processed) == (0, 96)


@pytest.mark.parametrize("code", ["1000000", "224287.3881", "88123.456789"])
def test_an_energy_that_no_such_plant_makes_is_asked_for(code: str) -> None:
    cells = {30: code}
    found = rejection(content := quarters("Energy (kWh)", lambda at, sun: cells.get(at, f"{sun:.3f}")))
    assert f"is {code} in 1 of 96 rows" in found.message
    profiles = profiles_from(tomllib.loads("\n".join((found.candidates or [])[0].toml)))
    rest = sum(round(sun, 3) for at, sun in enumerate(SUN) if at not in cells)
    assert result(content, profiles.default).metrics.total_energy_kwh == pytest.approx(rest)


@pytest.mark.parametrize(
    ("header", "cell"),
    [
        ("PV power (W)", lambda at, sun: f"{min(4000 * sun, 2800):.1f}"),  # clipped
        ("PV power (kW)", lambda at, sun: f"{5 * sun:.0f}"),
        ("Consumption (W)", lambda at, sun: f"{2300 if at % 20 in (0, 1) else 250}"),
        ("Battery power (W);PV power (W)", lambda at, sun: f"-500;{4000 * sun:.1f}"),
        ("PV power (W)", lambda at, sun: f"{4000 * sun - 3:.1f}"),  # it needs 3 W at night
        ("Energy (kWh)", lambda at, sun: f"{sun:.2f}"),
        ("PV power (W)", lambda at, sun: "99" if at in (26, 70) else f"{4000 * sun:.0f}"),
    ],
)
def test_a_value_that_repeats_near_others_is_a_reading(
    header: str, cell: Callable[[int, float], str]
) -> None:
    assert result(quarters(header, cell)).records_processed == 96


def test_a_known_value_for_no_reading_is_asked_for_where_it_is_above_all_others_once() -> None:
    def of(code: str) -> str:
        return quarters("PV power (W)", lambda at, sun: code if at == 45 else f"{4000 * sun + at % 5:.1f}")

    assert "is 6553.5 in 1 of 96 rows" in rejection(of("6553.5")).message
    assert result(of("6553.4")).records_processed == 96


def test_a_known_value_for_no_reading_is_asked_for_among_others_in_three_places() -> None:
    def of(code: str, *places: int) -> str:
        return quarters(
            "PV power (W)", lambda at, sun: code if at in places else f"{4000 * sun + at % 5:.1f}"
        )

    assert "is 655.35 in 3 of 96 rows" in rejection(of("655.35", 40, 47, 55)).message
    assert result(of("655.34", 40, 47, 55)).records_processed == 96
    assert result(of("999.9", 40, 41, 42)).records_processed == 96, "a level"


def test_minus_one_between_readings_is_asked_for() -> None:
    cells = quarters("PV power (W)", lambda at, sun: "-1" if at in AT else f"{4000 * sun:.1f}")
    assert "is -1 in 7 of 96 rows" in rejection(cells).message


def test_the_energies_of_hours_show_a_value_that_repeats_above_all_others() -> None:
    rows = (
        f"2025-06-10 {at:02}:00;{65533 if at in (9, 13, 15) else max(0, 9 * at * (24 - at) - 900)}"
        for at in range(24)
    )
    assert "is 65533 in 3 of 24 rows" in rejection("\n".join(["time;Energy (Wh)", *rows, ""])).message


@pytest.mark.parametrize(("code", "unlisted"), [("3276.7", "3277.7"), ("999.9", "999.8")])
def test_a_known_value_is_asked_for_if_no_other_number_has_its_decimals(code: str, unlisted: str) -> None:
    def of(code: str) -> str:
        return quarters("PV power (W)", lambda at, sun: code if at == 45 else f"{4000 * sun:.0f}")

    assert f"is {code} in 1 of 96 rows" in rejection(of(code)).message
    assert result(of(unlisted)).records_processed == 96


@pytest.mark.parametrize(("header", "code"), [("Energy (Wh)", "65535"), ("Pac (kW)", "-1")])
def test_a_known_value_is_asked_for_among_few_others(header: str, code: str) -> None:
    rows = (
        f"2025-06-10 {at:02}:00;{code if 7 <= at < 17 else {6: 0.155, 17: 1.571, 18: 0.9}.get(at, 0)}"
        for at in range(24)
    )
    assert f"is {code} in 10 of 24 rows" in rejection("\n".join([f"time;{header}", *rows, ""])).message


@pytest.mark.parametrize(
    ("header", "code", "scale", "decimal"),
    [
        ("PV1 power (kW);PV2 power (kW)", "-1", 5, "."),
        ("PV1 power (W);PV2 power (W)", "-1", 4000, ","),
        ("Pac L1 (W);Pac L2 (W)", "9999", 800, "."),
        ("Pac L1 (W);Pac L2 (W)", "-999", 800, ","),
        ("Import T1 (Wh);Import T2 (Wh)", "65535", 700, "."),
    ],
)
def test_a_code_in_one_of_the_columns_that_are_added_is_asked_for(
    header: str, code: str, scale: float, decimal: str
) -> None:
    """In each row from noon on, 24 of them with power: the other column has a third of the energy."""

    def cells(at: int, sun: float) -> str:
        one, other = (f"{each * scale * sun:.3f}" for each in (2, 1))
        return f"{code if at >= 48 else one};{other}".replace(".", decimal)

    found = rejection(content := quarters(header, cells))
    assert found.code == "outside_limits"
    assert f"{header.partition(';')[0]} is {code} in 48 of 96 rows, far from all around" in found.message
    ways = {way.label: way for way in found.candidates or ()}
    added = ways[f"{code} is no reading, empty cells add nothing"]
    rest = scale * (3 * sum(SUN[:48]) + sum(SUN[48:])) / (4 if "h" not in header else 1)
    read = result(content, chosen(added))
    kilo = 1 if "kW" in header else 1000
    assert read.metrics.total_energy_kwh == pytest.approx(rest / kilo, rel=1e-3)


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("Pac (W)", "4294967295"),
        ("PV power (kW)", "999999"),
        ("Pac", "1E+10"),
        ("PV power (W)", "1.7e308"),
        ("Pac (W)", "-2147483648"),
        ("PV power (kW)", "-9999"),
    ],
)
def test_a_code_in_all_dark_rows_is_offered_as_no_reading(header: str, code: str) -> None:
    content = quarters(header, lambda at, sun: f"{3000 * sun:.2f}" if sun else code)
    ways = rejection(content).candidates or []
    found = result(content, chosen(next(way for way in ways if way.label.endswith("is no reading"))))
    dark = sum(not sun for sun in SUN)
    assert (found.records_missing, found.records_processed) == (dark, 96 - dark)
    assert len({way.label for way in ways}) == len(ways)


@pytest.mark.parametrize(
    ("unit", "top", "scale"),
    [("W", 65536.0, 1.0), ("W", 6553.6, 1.0), ("kW", 65.536, 0.001), ("W", 655.36, 0.1)],
)
def test_negative_power_of_a_register_without_a_sign_is_asked_for(
    unit: str, top: float, scale: float
) -> None:
    """A house that takes 300 W and feeds in by day, but for clouds."""

    def cell(at: int, sun: float) -> str:
        power = (300 - 2000 * sun * (at % 8 > 0) - at % 3) * scale
        return f"{power if power >= 0 else top + power:.4f}"

    found = rejection(text := quarters(f"Netzleistung ({unit})", cell))
    assert found.code == "outside_limits"
    none, as_it_is = (result(text, chosen(way)) for way in found.candidates or ())
    assert none.records_processed + none.records_invalid == as_it_is.records_processed == 96
    assert none.metrics.peak_power_w == pytest.approx(300 * scale * (1000 if unit == "kW" else 1))


def test_power_that_rises_to_such_a_number_is_a_reading() -> None:
    assert result(quarters("Pac (W)", lambda at, sun: f"{65500 * sun - at % 3:.0f}")).records_processed == 96
