"""Each fault is where its label says, and changes nothing else."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from processing.generator.days import SimulatedDay, render
from processing.generator.faults import FAULTS

START = datetime(2025, 3, 10, 6)  # noqa: DTZ001 - loggers write local time


def numbers(rows: list[dict[str, str]], column: str) -> list[float]:
    return [float(row[column]) for row in rows]


def planted(fault: str, **options: object) -> tuple[list[str], list[str], list[int]]:
    """Lines of the clean file, lines with the fault, and the labelled line numbers."""
    clean, _ = render(SimulatedDay(START, seed=5, **options))  # type: ignore[arg-type]
    content, (label,) = render(SimulatedDay(START, seed=5, faults=(fault,), **options))  # type: ignore[arg-type]
    assert label.fault == fault
    return clean.decode().splitlines(), content.decode().splitlines(), label.lines


@pytest.mark.parametrize("fault", sorted(set(FAULTS) - {"gap", "several_intervals", "missing_column"}))
def test_the_first_labelled_line_is_none_of_the_clean_day(fault: str) -> None:
    clean, lines, labelled = planted(fault)
    line = lines[labelled[0] - 1]
    repeated = fault in {
        "duplicate",
        "disorder",
        "stuck",
        "stuck_current",
        "stuck_temperature",
        "linear_fill",
    }
    assert line not in clean or repeated


@pytest.mark.parametrize("fault", sorted(set(FAULTS) - {"missing_column", "several_intervals"}))
def test_a_fault_leaves_every_other_line_as_it_was(fault: str) -> None:
    clean, lines, labelled = planted(fault)
    others = [line for number, line in enumerate(lines, 1) if number not in labelled]
    changed = [line for line in others if line not in clean]
    assert len(changed) <= (4 if fault == "rate_of_change" else 0)


@pytest.mark.parametrize("fault", sorted(set(FAULTS) - {"several_intervals"}))
def test_every_fault_finds_a_place_at_other_cadences(fault: str) -> None:
    for interval in (60, 300, 900):
        _, lines, labelled = planted(fault, interval_seconds=interval, rows=86_400 // interval)
        assert all(1 <= number <= len(lines) for number in labelled), interval


def test_a_stuck_voltage_stands_still_for_half_an_hour() -> None:
    _, lines, labelled = planted("stuck")
    assert len({lines[number - 1].split(",")[1] for number in labelled}) == 1
    first, last = (datetime.fromisoformat(lines[n - 1].split(",")[0]) for n in (labelled[0], labelled[-1]))
    assert last - first >= timedelta(minutes=30)


def test_a_linear_fill_has_one_difference() -> None:
    _, lines, labelled = planted("linear_fill")
    current = [float(lines[number - 1].split(",")[2]) for number in labelled]
    assert len({round(later - earlier, 9) for earlier, later in pairwise(current)} - {0.0}) == 1


def test_a_spike_stands_out_from_both_neighbours_by_more_than_three_volts() -> None:
    _, lines, (number,) = planted("spike")
    before, value, after = (float(lines[n].split(",")[1]) for n in (number - 2, number - 1, number))
    assert min(before, after) - value > 3


def test_a_gap_is_an_hour_and_its_label_is_the_line_after_it() -> None:
    _, lines, (number,) = planted("gap")
    before, after = (datetime.fromisoformat(lines[n].split(",")[0]) for n in (number - 2, number - 1))
    assert after - before > timedelta(hours=1)


def test_a_duplicate_is_the_line_before_it() -> None:
    _, lines, (number,) = planted("duplicate")
    assert lines[number - 1] == lines[number - 2]


def test_a_row_out_of_order_is_earlier_than_the_line_before_it() -> None:
    _, lines, (number,) = planted("disorder")
    assert lines[number - 1][:19] < lines[number - 2][:19]


def test_night_generation_stands_between_23_and_4_hours() -> None:
    _, lines, labelled = planted("night_generation")
    for number in labelled:
        assert not "04:00" <= lines[number - 1][11:16] < "23:00"
        assert float(lines[number - 1].split(",")[4]) > 8


def test_a_missing_column_is_missing_from_the_header_and_every_row() -> None:
    _, lines, labelled = planted("missing_column")
    assert labelled == [1]
    assert lines[0] == "timestamp,current,temperature"
    assert {line.count(",") for line in lines} == {2}


def test_faults_planted_together_keep_apart() -> None:
    names = ("spike", "stuck", "disconnect", "syntax", "duplicate")
    _, labels = render(SimulatedDay(START, seed=5, faults=names))
    lines = sorted((min(label.lines), max(label.lines)) for label in labels)
    assert all(later[0] - earlier[1] > 3 for earlier, later in pairwise(lines))
