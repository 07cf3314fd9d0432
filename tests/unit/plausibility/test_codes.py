"""Values that repeat and stand for no reading, though no list has them."""

import math
import tomllib
from collections.abc import Callable

import pytest

from processing.profiles import profiles_from
from tests.support.small_files import rejection, result

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
    without, with_it = (
        result(content, profiles_from(tomllib.loads("\n".join(way.toml))).default)
        for way in (no_reading, reading)
    )
    assert (without.records_missing, without.records_processed) == (7, 89)
    assert (with_it.records_missing, with_it.records_processed) == (0, 96)


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
