"""Columns that say which rows are faulty, or in which direction power flows."""

import pytest

from tests.support.small_files import chosen, processed, rejection, result


def hours(name: str, marks: tuple[str, str], faulty: str = "9000", delimiter: str = ",") -> str:
    """Three days of 1 kW from 8 to 16 h; at noon it is another power, with the second mark."""
    head = delimiter.join(["time", "Pac (W)", name])
    rows = []
    for at in range(72):
        is_faulty, power = at % 24 == 12, "1000" if 8 <= at % 24 < 16 else "0"
        cells = (faulty, marks[1]) if is_faulty else (power, marks[0])
        rows.append(delimiter.join([f"2025-06-{10 + at // 24} {at % 24:02}:00", *cells]))
    return "\n".join([head, *rows, ""])


@pytest.mark.parametrize(
    ("name", "marks", "delimiter"),
    [
        ("Quality", ("good", "bad"), ","),
        ("Valid", ("1", "0"), ";"),
        ("Fehlercode", ("0", "217"), "\t"),
        ("Status", ("Normal", "Comm error"), ","),
        ("Error", ("", "E21"), ","),
    ],
)
def test_rows_that_are_marked_and_unlike_those_around_are_asked_for(
    name: str, marks: tuple[str, str], delimiter: str
) -> None:
    """Seven hours of 1 kW a day, and 9 kWh in the marked ones."""
    found = rejection(text := hours(name, marks, delimiter=delimiter))
    assert found.code == "ambiguous_columns"
    ways = [chosen(way) for way in found.candidates or ()]
    energies = [result(text, way).metrics.total_energy_kwh for way in ways]
    assert energies == pytest.approx([21.0, 48.0])


@pytest.mark.parametrize(
    ("name", "marks", "faulty"),
    [
        ("Quality", ("good", "bad"), "1000"),  # as the rows around
        ("Quality", ("good", "bad"), "0"),
        ("Status", ("MPPT", "Float"), "300"),
        ("Status (text)", ("MPPT", "Float"), "300"),
        ("Weather", ("sun", "rain"), "300"),
    ],
)
def test_marks_that_say_no_fault_or_change_nothing_are_no_question(
    name: str, marks: tuple[str, str], faulty: str
) -> None:
    assert result(hours(name, marks, faulty)).records_processed == 72


def test_marks_of_many_rows_with_power_are_no_faults() -> None:
    """In four of eight hours of power, the second mark stands beside another power."""
    rows = hours("Status", ("Normal", "Fault")).splitlines()
    marked = [
        row.replace(",1000,Normal", ",300,Fault") if row.split(",")[0][-5:-3] in {"09", "11", "13"} else row
        for row in rows
    ]
    assert result("\n".join([*marked, ""])).records_processed == 72


def test_the_question_shows_a_long_mark_shortened() -> None:
    found = rejection(hours("Quality", ("good" * 1000, "bad")))
    assert "is not 'goodgoodgood" in found.message
    assert "good" * 20 not in found.message.partition("?")[0]


def test_each_column_that_may_mark_faults_is_examined() -> None:
    rows = hours("Status,Quality", ("Normal,good", "Normal,bad"))
    assert rejection(rows).message.startswith("'Quality' is not 'good' in 3 rows")


def directed(names: str, row: str, signs: tuple[str, str]) -> str:
    """Return two days: 300 W come from the grid by night, and 1000 W are given to it for eight hours."""
    rows = []
    for at in range(48):
        power, sign = (1000, signs[1]) if 8 <= at % 24 < 16 else (300, signs[0])
        rows.append(row.format(day=10 + at // 24, hour=at % 24, power=power, sign=sign))
    return "\n".join([names, *rows, ""])


@pytest.mark.parametrize(
    ("names", "row", "signs"),
    [
        ("Time,Grid (W),Sign", "2025-06-{day} {hour:02}:00,{power},{sign}", ("+", "-")),
        ("Time,Grid (W),Flow", "2025-06-{day} {hour:02}:00,{power},{sign}", ("charge", "discharge")),
        ("Zeit;Leistung (W);Vorzeichen", "{day}.06.2025 {hour:02}:00;{power};{sign}", ("1", "-1")),
        ("Time,Grid (W),Direction", "2025-06-{day} {hour:02}:00,{power},{sign}", ("0", "1")),
        ("Time\tPower (W)\t+/-", "2025-06-{day} {hour:02}:00\t{power}\t{sign}", ("plus", "minus")),
        ("Date,Hour,Energy (Wh),Import/Export", "2025-06-{day},{hour},{power},{sign}", ("I", "E")),
        (
            "Time,Battery V,Battery A,Direction",
            "2025-06-{day} {hour:02}:00,1,{power},{sign}",
            ("charge", "discharge"),
        ),
        ("Time,P (W),status", "2025-06-{day} {hour:02}:00,{power},{sign}", ("Importing", "Exporting")),
        ("Zeit;Leistung (W);Mode", "{day}.06.2025 {hour:02}:00;{power};{sign}", ("Discharging", "Charging")),
        ("Time,Pac (W),State", "2025-06-{day} {hour:02}:00,{power},{sign}", ("laden", "entladen")),
    ],
)
def test_the_direction_of_a_power_without_a_sign_is_asked_for(
    names: str, row: str, signs: tuple[str, str]
) -> None:
    """Two days: 2 · 16 · 0.3 kWh in, and 2 · 8 kWh out."""
    text = directed(names, row, signs)
    found = rejection(text)
    assert "in which direction" in found.message
    read = [result(text, chosen(way)).metrics.total_energy_kwh or 0 for way in found.candidates or ()]
    assert sorted(filter(None, read)) == pytest.approx([9.6, 16, 25.6])


@pytest.mark.parametrize("value", ["-0.4", "-999", "-32768"])
def test_a_value_below_zero_is_not_that_of_a_power_with_a_sign(value: str) -> None:
    text = directed("Time,Grid (W),Sign", "2025-06-{day} {hour:02}:00,{power},{sign}", ("+", "-"))
    assert "in which direction" in rejection(text.replace(",300,", f",{value},", 1)).message


@pytest.mark.parametrize(
    ("names", "row", "signs"),
    [
        ("Time,Pac (W),Sign", "2025-06-{day} {hour:02}:00,{power},{sign}", ("+", "+")),
        ("Time,Power (W),Sign", "2025-06-{day} {hour:02}:00,{sign}{power},{sign}", ("", "-")),
        ("Time,Pac (W),Direction", "2025-06-{day} {hour:02}:00,{power},{sign}", ("NE", "S")),
        ("Time,Pac (W),Direction", "2025-06-{day} {hour:02}:00,{power},{sign}", ("90", "270.5")),
        ("Time,Pac (W),Status", "2025-06-{day} {hour:02}:00,{power},{sign}", ("Charging", "Float")),
        ("Time,Energy (Wh),Sign", "2025-06-{day} {hour:02}:00,{day}{hour:02},{sign}", ("+", "-")),
    ],
)
def test_other_directions_are_no_question(names: str, row: str, signs: tuple[str, str]) -> None:
    refused = processed(directed(names, row, signs))
    assert "in which direction" not in getattr(refused, "message", "")
