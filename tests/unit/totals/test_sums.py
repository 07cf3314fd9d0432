"""Totals of several results, and files that cover the same time."""

from __future__ import annotations

from typing import Any

from processing.model.digest import Digest
from processing.model.rejection import ErrorDetails
from processing.totals.sums import RunningTotals, counted_once, totals


def digest(name: str, hours: tuple[int, int] = (6, 18), **more: Any) -> Digest:
    start, end = (f"2025-01-15T{hour:02}:00:00" for hour in hours)
    return Digest(name=name, at="2025-01-16T00:00:00Z", start=start, end=end, **more)


REJECTED = Digest(
    name="bad.csv", at="2025-01-16T00:00:00Z", error=ErrorDetails(code="empty_file", message="empty")
)


def test_counts_and_energies_are_added_and_the_worst_availability_is_named() -> None:
    found = totals(
        [
            digest("a.csv", rows=288, energy_kwh=1.5, availability=0.9, checks={"spike": 1}, anomalies=1),
            digest("b/b.csv", rows=100, invalid=2, suspect=3, energy_kwh=0.25, availability=0.5,
                   checks={"gap": 4, "spike": 1}, anomalies=5),
            digest("c/c.csv", energy_kwh=None, availability=None),
            REJECTED,
        ]
    )  # fmt: skip
    assert (found.processed, found.quarantined) == (3, 1)
    assert (found.rows, found.rows_invalid, found.rows_suspect) == (388, 2, 3)
    assert found.energy_kwh == 1.75
    assert (found.worst_availability, found.worst_availability_file) == (0.5, "b/b.csv")
    assert found.anomalies == 6
    assert list(found.anomalies_by_check.items()) == [("gap", 4), ("spike", 2)]


def test_totals_of_nothing_are_zero() -> None:
    found = totals([])
    assert (found.processed, found.energy_kwh, found.worst_availability, found.overlaps) == (0, 0.0, None, [])


def test_flagged_files_have_invalid_or_suspect_rows() -> None:
    running = RunningTotals()
    for one in (digest("a.csv"), digest("b.csv", suspect=1), digest("c.csv", invalid=1), REJECTED):
        running.add(one)
    assert (running.files, running.flagged, running.quarantined) == (4, 2, 1)


def test_a_long_period_overlaps_with_each_file_inside_it() -> None:
    files = [digest("long.csv", (1, 20)), digest("x.csv", (2, 3)), digest("y.csv", (4, 5))]
    assert totals(files).overlaps == [["long.csv", "x.csv"], ["long.csv", "y.csv"]]


def test_what_counted_once_is_said() -> None:
    assert counted_once(0, 0) == ""
    assert counted_once(1, 0) == "1 earlier version of a file that came again not counted."
    assert counted_once(2, 3) == (
        "2 earlier versions of a file that came again not counted. "
        "Time that files have in common counted once: 3 overlaps."
    )


def test_a_total_with_a_lower_bound_is_one() -> None:
    files = [digest("a.csv", energy_kwh=1.5), digest("b.csv", energy_kwh=2.0, is_lower_bound=True)]
    assert totals(files).energy_in_words == "at least 3.500 kWh"
    assert totals(files[:1]).energy_in_words == "1.500 kWh"
