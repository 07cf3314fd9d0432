"""Which limits hold, and which readings are outside of them or none."""

from __future__ import annotations

import numpy as np
import pytest

from processing.model.flags import FAIL, GOOD, MISSING
from processing.rows.limits import gross_range
from processing.rows.sorted_rows import SortedRows
from tests.support.checked_files import checked
from tests.support.small_files import half_hours, profile, result


def rows_of(header: str, *lines: str, **tables: object) -> SortedRows:
    """Rows an hour apart."""
    text = [f"timestamp,{header}", *(f"2025-06-10T{hour:02}:00:00,{one}" for hour, one in enumerate(lines))]
    return checked("\n".join(text).encode(), profile(**tables)).rows


def unknown(header: str, **tables: object) -> set[str]:
    cells = ",".join(["20"] * (1 + header.count(",")))
    return {name for name, one in rows_of(header, cells, cells, **tables).limits.items() if not one.is_known}


def test_limits_are_inclusive_and_a_reading_that_is_none_is_missing() -> None:
    values = np.array([17.9, 18.0, 32.0, 32.1, np.nan])
    assert gross_range(values, 18.0, 32.0).tolist() == [FAIL, GOOD, GOOD, FAIL, MISSING]


@pytest.mark.parametrize(
    ("header", "channels"),
    [
        ("voltage,current,temperature,power", set()),
        ("VOLTAGE,Current (A),Temperature [°C],power_W", set()),
        ("voltage,current", set()),
        ("U,I", {"voltage", "current", "power"}),
        ("voltage,I", {"current", "power"}),
        ("Voltage,current,Pac (W)", {"power"}),
        ("volts,amps,temp,watts", {"voltage", "current", "temperature", "power"}),
        ("energy (Wh)", {"power"}),
    ],
)
def test_default_limits_hold_for_a_channels_own_name_and_no_synonym(header: str, channels: set[str]) -> None:
    energy = {"channels": {"energy": {"kind": "interval"}}}
    assert unknown(header, **energy) == channels


def test_limits_of_a_profile_hold_for_any_column() -> None:
    limits = {"voltage": {"min": 0, "max": 60}, "current": {"max": 40}}
    assert unknown("U,I", channels=limits) == set()
    assert unknown("U,I", channels={"voltage": limits["voltage"]}) == {"current", "power"}
    assert unknown("voltage,current,power", channels={"power": {"limits": "unknown"}}) == {"power"}


@pytest.mark.parametrize(
    ("header", "reading", "impossible"),
    [("U,I", "2000,-2000", "2000.1,5"), ("U,I", "-2000,2000", "20,-2000.1"),
     ("Pac (MW)", "10", "10.01"), ("Pac (kW)", "-10000", "-10001")],
)  # fmt: skip
def test_unknown_limits_are_those_of_what_is_possible(header: str, reading: str, impossible: str) -> None:
    assert rows_of(header, reading, reading, impossible).valid.tolist() == [True, True, False]


def test_temperature_is_possible_from_60_below_zero_to_120() -> None:
    rows = rows_of("Pac (W),Tmod", "5,-60", "5,120", "5,120.1", "5,-60.1")
    assert rows.valid.tolist() == [True, True, False, False]


@pytest.mark.parametrize(
    ("readings", "missing"),
    [
        ([300, 310, 320, 9999], [False, False, False, True]),
        ([300, 310, -999, 320], [False, False, True, False]),
        ([4000, 4100, 4200, 9999], [False] * 4),
        ([4000, 4100, 3276.7, 4200], [False] * 4),
        ([0, 0, 65535, 0], [False, False, True, False]),
        ([65535, 65535, 65535, 20], [True, True, True, False]),
        ([300, 310, 320, 2000], [False] * 4),
    ],
)  # fmt: skip
def test_without_limits_a_sentinel_is_negative_or_far_above_all_other_readings(
    readings: list[float], missing: list[bool]
) -> None:
    rows = rows_of("Pac (W)", *map(str, readings))
    assert rows.missing.tolist() == missing
    assert rows.valid.tolist() == [not each for each in missing]


@pytest.mark.parametrize(("codes", "missing"), [(1, 0), (5, 5)])
def test_between_negative_readings_a_code_is_a_reading_unless_it_repeats(codes: int, missing: int) -> None:
    readings = [*range(-400, 400, 6), *[-99] * codes]
    lines = (f"2025-06-10T12:{at // 60:02}:{at % 60:02},{one}" for at, one in enumerate(readings))
    rows = checked("\n".join(["time,Pac (W)", *lines]).encode()).rows
    assert int(rows.missing.sum()) == missing


def test_a_sentinel_within_known_limits_is_a_reading() -> None:
    limits = {"power": {"min": -1000, "max": 10_000}}
    rows = rows_of("Pac (W)", "300", "9999", "-999", "-32768", channels=limits)
    assert rows.missing.tolist() == [False, False, False, True]


@pytest.mark.parametrize(
    ("unit", "small", "day"),
    [
        ("W", ("65533", "65530"), "900"),
        ("W", ("6553.3", "6552.8"), "900.0"),
        ("kW", ("65.533", "65.53"), "0.9"),
    ],
)
def test_small_negative_numbers_of_a_register_without_a_sign_are_no_readings(
    unit: str, small: tuple[str, str], day: str
) -> None:
    """A night of such numbers, and four half hours of 900 W."""
    cells = [*small * 5, "0", *[day] * 4, "0", *small]
    found = result(half_hours(f"Pac ({unit})", cells))
    assert found.metrics.total_energy_kwh == pytest.approx(1.8)
    assert found.records_missing == 12


def test_high_readings_beside_others_are_no_small_negative_numbers() -> None:
    """Seven half hours of 442 kW together are 221 kWh."""
    found = result(
        half_hours("Pac (W)", ["0", "60000", "65500", "65480", "65520", "65500", "60000", "60000", "0"])
    )
    assert found.metrics.total_energy_kwh == pytest.approx(221.0)
