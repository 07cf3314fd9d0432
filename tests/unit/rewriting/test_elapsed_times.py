"""Times that have elapsed since a start."""

import pytest

from processing.rewriting.elapsed_times import steps_of_elapsed
from tests.support.small_files import profile, rejection, result


def rewritten(text: str) -> str:
    block = text.encode()
    for step in steps_of_elapsed(block):
        block = step(block)
    return block.decode()


ELAPSED = {
    "hours": ("00:50:00", "25:10:00"),
    "Python": ("0:50:00", '"1 day, 1:10:00"'),
    "pandas": ("0 days 00:50:00", "1 days 01:10:00"),
    "a letter": ("0d 00:50", "1d 01:10"),
    ".NET": ("00:50:00", "1.01:10:00"),
    "colons": ("0:00:50:00", "1:01:10:00"),
    "letters": ("0d 0h 50m 0s", "1d 1h 10m 0s"),
    "ISO 8601": ("PT50M", "P1DT1H10M0S"),
    "German": ("0 Tage 00:50:00", "1 Tag 01:10:00"),
}


@pytest.mark.crossed
@pytest.mark.parametrize(("one", "other"), ELAPSED.values(), ids=ELAPSED)
@pytest.mark.parametrize(
    "start", ["Start: 2025-06-14 06:00", "# Log started at 14.06.2025 06:00:00", "Begin;6/14/2025, 6:00 AM"]
)
def test_elapsed_times_count_from_the_start_above(start: str, one: str, other: str) -> None:
    begin = f"{start}\nElapsed,Power (W)\n"
    found = rewritten(f"{begin}{one},5\n{other},6\n").removeprefix(begin).split("\n")
    assert [line.split(",")[0][:16] for line in found] == ["2025-06-14 06:50", "2025-06-15 07:10", ""]


@pytest.mark.parametrize(("one", "other"), ELAPSED.values(), ids=ELAPSED)
def test_without_a_start_they_become_seconds(one: str, other: str) -> None:
    assert rewritten(f"Laufzeit;P\n{one};5\n{other};6\n") == "Laufzeit;P\n3000s;5\n90600s;6\n"


@pytest.mark.parametrize(
    ("name", "cells"),
    [("Time (s)", ("0", "300.5")), ("t [min]", ("5", "10.0083")), ("Elapsed (h)", ("0,5", "0,5834722"))],
)
def test_numbers_count_from_the_start_by_the_unit_of_their_name(name: str, cells: tuple[str, str]) -> None:
    text = f"Start time;2025-06-14T06:00:00Z\n{name};Power (W)\n{cells[0]};5\n{cells[1]};6\n"
    rows = rewritten(text).splitlines()[2:]
    assert all(row.startswith("2025-06-14 06:") and "Z;" in row for row in rows)


@pytest.mark.parametrize(
    "text",
    [
        "Start: 2025-06-14 06:00\nTime,P (W)\n00:00:00,5\n00:05:00,6\n",  # times of day
        "Start: 2025-06-14 06:00\nTime (h),P (W)\n6,5\n7,6\n",  # hours of the day
        "Time (s),P (W)\n0,5\n300,6\n",
        "Start: 2025-06-14 06:00\nTime,P (W)\n0,5\n300,6\n",  # of what unit
        "Start: 2025-06-14 06:00\nTime,Elapsed,P (W)\n2025-06-14 06:00,00:00:00,5\n",
        "Elapsed,P (W)\n00:50,5\n25:10,6\n",  # hours and minutes, or minutes and seconds
    ],
)
def test_other_times_and_numbers_stay(text: str) -> None:
    assert rewritten(text) == text


def test_a_day_that_counts_from_its_start_is_read() -> None:
    rows = [f'"{at // 24} day, {at % 24}:00:00",{240}\n' for at in range(30)]
    found = result("Started 06/14/2025 18:00\nElapsed time,PV power (W)\n" + "".join(rows))
    assert found.metrics.total_energy_kwh == pytest.approx(7.2)
    assert (found.quality.period.start, found.quality.period.end) == (
        "2025-06-14 18:00:00",
        "2025-06-15 23:00:00",
    )


def test_without_a_start_the_lines_to_write_are_shown() -> None:
    found = rejection("Elapsed,Power (W)\n" + "".join(f"{at}:00:00,5\n" for at in range(30)))
    assert 'csv.time = "Elapsed"; csv.time_format = "UNIT since START' in found.message


@pytest.mark.parametrize("cell", ["{h:02}:{m:02}:00", "{h}h {m}m 0s", "0.{h:02}:{m:02}:00"])
def test_elapsed_times_count_in_seconds_whatever_a_profile_says(cell: str) -> None:
    """An hour of 240 W; in hours, the same cells would be a wrong time without a word."""
    text = "Elapsed,Power (W)\n" + "".join(
        cell.format(h=at // 12, m=at % 12 * 5) + ",240\n" for at in range(12)
    )
    found = result(text, profile(csv={"time": "Elapsed", "time_format": "seconds since 2025-06-14 10:30"}))
    assert found.metrics.total_energy_kwh == pytest.approx(0.24)
    refused = rejection(text, profile(csv={"time": "Elapsed", "time_format": "hours since 2025-06-14 10:30"}))
    assert "as hours since 2025-06-14 10:30: '0s'" in refused.message


def test_a_start_that_has_two_readings_is_none() -> None:
    found = rejection(
        "Start: 06/07/2025 06:00\nElapsed,P (W)\n" + "".join(f"{at}:00:00,5\n" for at in range(30))
    )
    assert "may count from a time" in found.message


@pytest.mark.parametrize("cell", ["9" * 400, "9" * 12, f"{'9' * 400}:10:00"])
def test_a_time_that_is_too_long_stays(cell: str) -> None:
    text = f"Start: 2025-06-14 06:00\nElapsed (s),P (W)\n0,5\n300,6\n{cell},7\n"
    assert rewritten(text).endswith(f"\n{cell},7\n")


@pytest.mark.parametrize("cell", ["9" * 400, "0", "300"])
def test_a_number_among_elapsed_times_stays(cell: str) -> None:
    text = f"Start: 2025-06-14 06:00\nElapsed,P (W)\n{cell},7\n00:05:00,5\n00:10:00,6\n"
    assert f"\n{cell},7\n2025-06-14 06:05:00,5\n" in rewritten(text)
