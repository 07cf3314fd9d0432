"""The notes about a file as a whole."""

from __future__ import annotations

import pytest

from processing.checks.registry import run_checks
from tests.support.checked_files import checked
from tests.support.small_files import profile


def test_low_voltages_are_a_panel_side_sensor_only_if_all_failed_rows_have_no_power() -> None:
    dark = [f"2025-01-15T{hour:02}:00:00,2,0\n" for hour in range(4)]
    lit = [f"2025-01-15T{hour:02}:00:00,25.{hour},5\n" for hour in range(10, 16)]
    header = "timestamp,voltage,current\n"

    def noted(*lines: str) -> list[str]:
        found = run_checks(checked((header + "".join(lines)).encode())).listed()
        return [one.message for one in found if one.check == "night_voltage"]

    assert noted(*dark, *lit) == [
        "40% of the rows fail by voltage, all without power: panel-side sensor? see limits"
    ]
    assert noted(*dark, *lit, "2025-01-15T17:00:00,2,10\n") == [], "one of them generates"
    assert noted(*dark[:2], *lit) == [], "a quarter is too few"


def noted(check: str, content: str, **tables: object) -> list[tuple[int | None, int, str]]:
    """Line, rows and message of a note."""
    found = run_checks(checked(content.encode(), profile(**tables))).listed()
    return [(one.line, one.rows, one.message) for one in found if one.check == check]


ROWS = "".join(f"2025-06-10T12:{minute:02}:00,480,{minute},7,8,9\n" for minute in range(0, 15, 5))


def test_columns_that_look_like_a_channel_and_are_not_used_are_noted() -> None:
    content = f"# export\ntimestamp,power,battery voltage,Grid (W),note,x\n{ROWS}"
    sentence = "2 columns resemble a channel and are not used: battery voltage, Grid (W)"
    assert noted("unused_column", content) == [(2, 3, sentence)]
    assert noted("unused_column", f"timestamp,power,note,x,y,z\n{ROWS}") == []


def test_many_unused_columns_are_shortened_and_hostile_names_are_made_printable() -> None:
    names = ",".join(f"Grid \x1b[3{at} voltage" for at in range(4))
    (found,) = noted("unused_column", f"timestamp,power,{names}\n{ROWS}")
    assert found[2].endswith(
        "4 columns resemble a channel and are not used: "
        + ", ".join(f"Grid \\x1b[3{at} voltage" for at in range(4))
    )
    many = ",".join(f"Grid {at} voltage" for at in range(12))
    (found,) = noted("unused_column", f"timestamp,power,{many}\n2025-06-10T12:00:00,50{',7' * 12}\n")
    assert found[2].endswith("Grid 8 voltage, Grid 9 voltage and others")


SET_POWER = "channels.power.min = LEAST; channels.power.max = MOST; site.rated_power_w = RATED"

SET_TEMPERATURE = "channels.temperature.min = LEAST; channels.temperature.max = MOST"
SET_VOLTAGE_AND_CURRENT = (
    "channels.voltage.min = LEAST; channels.voltage.max = MOST; "
    "channels.current.min = LEAST; channels.current.max = MOST; site.rated_power_w = RATED"
)


@pytest.mark.parametrize(
    ("header", "names", "lines"),
    [
        ("Pac (W),x1,x2,x3,x4", "power", SET_POWER),
        ("U,I,x1,x2,x3", "voltage, current", SET_VOLTAGE_AND_CURRENT),
        ("watts,x1,temperature,x2,x3", "power", SET_POWER),
        ("power,x1,Tmod,x2,x3", "temperature", SET_TEMPERATURE),
    ],
)  # fmt: skip
def test_unknown_limits_are_noted_with_the_lines_that_set_them(header: str, names: str, lines: str) -> None:
    sentence = (
        f"the limits of {names} are not known: only impossible values are invalid, and checks that need "
        f"a limit are not evaluated. To set them, write in the file of --config: {lines}"
    )
    assert noted("limits_unknown", f"timestamp,{header}\n{ROWS}") == [(2, 3, sentence)]


def test_power_from_energy_has_unknown_limits_until_they_or_the_rated_power_are_set() -> None:
    energy = {"energy": {"kind": "interval"}}
    content = f"timestamp,energy (Wh),x1,x2,x3,x4\n{ROWS}"
    assert len(noted("limits_unknown", content, channels=energy)) == 1
    limits = energy | {"power": {"max": 9000}}
    assert noted("limits_unknown", content, channels=limits) == []


def test_known_limits_are_not_noted() -> None:
    assert noted("limits_unknown", f"timestamp,Power (W),Voltage,x1,x2,x3\n{ROWS}") == []
    limits = {"voltage": {"max": 600}, "current": {"max": 20}}
    assert noted("limits_unknown", f"timestamp,U,I,x1,x2,x3\n{ROWS}", channels=limits) == []


def energy_beside_power(name: str, cells: str, **tables: object) -> list[str]:
    """Messages about a column of energy, beside 100 W every ten minutes in the rows without a `-`."""
    rows = "".join(
        f"2025-06-10T12:{10 * at:02}:00,{'' if '-' in cell else 100},{cell.strip('-')}\n"
        for at, cell in enumerate(cells.split())
    )
    return [each[2] for each in noted("energy_column", f"timestamp,power,{name}\n{rows}", **tables)]


@pytest.mark.parametrize(
    ("name", "cells", "said"),
    [
        ("Total energy (Wh)", "5000 5017 5034 5050", "0.05 kWh (a meter's total)"),
        ("Total energy (kWh)", "70.5 70.6 70.7 71", "0.5 kWh (a meter's total)"),
        ("Total energy (Wh)", "5000 -5017 5034 -5050", "0.05 kWh (a meter's total)"),
        ("Total energy (Wh)", "5000 5017 0 5034 5050", "0.05 kWh (a meter's total)"),
        ("Energy (Wh)", "17 16 17 16.5", "0.0665 kWh (the energy of each interval)"),
        (
            "Energy (Wh)",
            "17 17.5 18",
            "0.001 kWh (a meter's total) or 0.0525 kWh (the energy of each interval)",
        ),
        ("Energy per interval (Wh)", "17 17.5 18", "0.0525 kWh (the energy of each interval)"),
        (
            "Energy (Wh)",
            "0 17 34 50",
            "0.05 kWh (a meter's total) or 0.101 kWh (the energy of each interval)",
        ),
    ],
)
def test_a_column_of_energy_beside_power_is_noted_with_what_it_says(name: str, cells: str, said: str) -> None:
    (found,) = energy_beside_power(name, cells)
    assert found.startswith(f"the column {name} says {said}; total_energy_kwh is of the power")


@pytest.mark.parametrize(
    ("cells", "apart"),
    [
        ("5000 5017 5034 5050", ""),
        ("5000 5016 5033 5046", ""),
        ("5000 5012 5024 5036", ", which makes 0.066667 kWh: which of the two is right?"),
        ("17 16 8 17", ", which makes 0.066667 kWh: which of the two is right?"),
    ],
)
def test_energy_that_differs_by_more_than_a_tenth_is_asked_about(cells: str, apart: str) -> None:
    (found,) = energy_beside_power("Energy (Wh)", cells)
    assert found.endswith(f"; total_energy_kwh is of the power{apart}")


def test_the_profile_says_which_energy_a_column_beside_power_has() -> None:
    (found,) = energy_beside_power("Energy (Wh)", "0 17 34 50", channels={"energy": {"kind": "interval"}})
    assert " says 0.101 kWh (the energy of each interval); " in found


def test_no_energy_is_noted_if_there_is_none_or_the_figures_come_from_it() -> None:
    assert energy_beside_power("x", "1 2 3") == []
    assert energy_beside_power("Energy (Wh)", "- - -") == []
    assert (
        noted("energy_column", "timestamp,energy (Wh)\n2025-06-10T12:00:00,17\n2025-06-10T12:10:00,16\n")
        == []
    )


def test_a_hostile_name_of_a_column_of_energy_is_made_printable() -> None:
    energy = {"column": "E\x1b[31m", "unit": "Wh", "kind": "interval"}
    (found,) = energy_beside_power("E\x1b[31m", "17 16", channels={"energy": energy})
    assert found.startswith("the column E\\x1b[31m says 0.033 kWh ")


@pytest.mark.parametrize(
    ("first", "power", "said"),
    [
        (30, 200, ["temperature has no reading in 10 of 40 rows with power: the figures are of the others"]),
        (35, 200, []),  # five rows
        (10, 5, []),  # at night
    ],
)
def test_a_channel_that_ends_before_the_file_is_noted(first: int, power: int, said: list[str]) -> None:
    rows = [f"2025-06-10T12:{at:02}:00,{'' if at >= first else 20},{power}" for at in range(40)]
    found = noted("lacking_readings", "\n".join(["timestamp,temperature,power (W)", *rows, ""]))
    assert [sentence for _, _, sentence in found] == said
