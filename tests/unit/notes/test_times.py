"""The notes about the times of rows: gaps, intervals, order, repeats, and dates that cannot be."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tests.support.checked_files import notes_of
from tests.support.small_files import result

MINUTES = [5 * at for at in range(20)]


def file_at(minutes: Iterable[int]) -> str:
    """Return a file with these minutes of a day; each has a power of its own."""
    rows = (f"2025-06-10T{10 + at // 60}:{at % 60:02}:00,{100 + at}" for at in minutes)
    return "\n".join(["timestamp,power (W)", *rows, ""])


@pytest.mark.parametrize(
    ("check", "minutes", "found"),
    [
        (
            "gap",
            [*MINUTES[:10], *MINUTES[14:]],
            (12, 4, "4 rows are missing: 25 min between rows that are 300 s apart as a rule"),
        ),
        (
            "several_intervals",
            [*MINUTES, 105, 115, 125, 135],
            (22, 4, "rows are 600 s apart here and 300 s in most of the file"),
        ),
        (
            "duplicate",
            [*MINUTES[:5], *MINUTES[4:]],
            (7, 1, "1 row repeats an earlier one and was dropped"),
        ),
        (
            "disorder",
            [*MINUTES[:5], 30, 25, *MINUTES[7:]],
            (8, 1, "1 row stands below a later one; all were sorted by time"),
        ),
    ],
)
def test_a_note_names_its_first_line(check: str, minutes: list[int], found: tuple[int, int, str]) -> None:
    assert notes_of(check, file_at(minutes)) == [found]
    assert notes_of(check, file_at(MINUTES)) == []


def test_dates_that_cannot_be_are_noted() -> None:
    """The file is processed in February 2025."""
    later = result(file_at(MINUTES))
    assert [one.check for one in later.anomalies] == ["future_date"]
    early = result(file_at(MINUTES).replace("2025", "1980"))
    assert [one.check for one in early.anomalies] == ["implausible_date"]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("+02:00", "Z", ["times have the offset Z here and +02:00 before: is one of them wrong?"]),
        ("Z", "-05:00", ["times have the offset -05:00 here and Z before: is one of them wrong?"]),
        ("+02:00", "+01:00", []),
        ("Z", "+00:00", []),
    ],
)
def test_an_offset_that_changes_by_more_than_summer_time_is_noted(
    before: str, after: str, said: list[str]
) -> None:
    rows = [f"2025-06-10T12:{at:02}:00{before},{100 + at}" for at in range(30)]
    rows += [f"2025-06-11T12:{at:02}:00{after},{100 + at}" for at in range(30)]
    found = notes_of("new_offset", "\n".join(["timestamp,power", *rows, ""]))
    assert [message for _, _, message in found] == said
    assert [line for line, _, _ in found] == [32] * len(said)
