from __future__ import annotations

import random

import pytest

from processing.model.stamp import NO_TIME, PLAIN, Form
from processing.values.timestamps import timestamp, timestamps

DAY = 86_400_000_000


@pytest.mark.parametrize(
    ("text", "time", "form"),
    [
        ("1970-01-01T00:00:01", 1_000_000, Form("T", 0, "")),
        ("1970-01-02 00:00", DAY, Form(" ", -1, "")),
        ("1970-01-01T01:00:00.5+01:00", 500_000, Form("T", 1, "+01:00")),
        ("1970-01-01T00:00:00,1234567Z", 123_456, Form("T", 7, "Z")),
        (" 1970-01-01T00:00:00\t", 0, PLAIN),
    ],
)
def test_a_timestamp_is_its_time_and_its_form(text: str, time: int, form: Form) -> None:
    assert timestamp(text) == (time, form)


@pytest.mark.parametrize(
    "text", ["", "2025-02-30T06:00:00", "1969-12-31T23:59:59", "2101-01-01T00:00:00", "2025-01-15",
             "2025-01-15T24:00", "2025-01-15T06:60:00", "2025-01-15t06:00:00", "2025-01-15T06:00:00+24:00",
             "15.01.2025 06:00", " " * 60 + "x", "2025-01-15T06:00:00.1234567890", 5, None],
)  # fmt: skip
def test_these_are_no_timestamps(text: object) -> None:
    assert timestamp(text) is None


def read(cells: list[str]) -> list[int]:
    return timestamps("".join(cell + "\n" for cell in cells).encode(), len(cells))[0].tolist()


@pytest.mark.parametrize("zone", ["", "Z", "+01:00", "-0330", "+05"])
@pytest.mark.parametrize("clock", ["T06:00", " 06:00:00", "T06:00:00", "T06:00:00.1", "T06:00:00.123456789"])
def test_a_column_is_read_as_its_cells_are_if_they_have_one_form(clock: str, zone: str) -> None:
    chance = random.Random(1)  # noqa: S311 - a test's numbers
    for _ in range(300):
        cells = [f"2025-01-15{clock}{zone}"] * 2
        place, digit = chance.randrange(len(cells[1])), str(chance.randrange(10))
        cells[1] = cells[1][:place] + digit + cells[1][place + 1 :]
        first, second = timestamp(cells[0]), timestamp(cells[1])
        assert first is not None
        is_alike = second is not None and second.form == first.form
        assert read(cells) == [first.time, second.time if second is not None and is_alike else NO_TIME]


@pytest.mark.parametrize(
    "other",
    [
        "2025-01-15 06:00:00",
        "2025-01-15T06:00:00Z",
        "2025-01-15T06:00",
        "2025-01-15T06:00:0a",
        "2025-01-15T24:00:00",
        "2025-01-15T06:60:00",
        "2025-02-30T06:00:00",
        "1969-01-01T00:00:00",
        "2101-01-01T00:00:00",
        "x" * 19,
        "",
    ],
)
def test_a_cell_unlike_the_first_has_no_time(other: str) -> None:
    assert read(["1970-01-01T00:00:01", other, "1970-01-01T00:00:02"]) == [1_000_000, NO_TIME, 2_000_000]


def test_the_first_cell_that_can_be_read_gives_the_form() -> None:
    times, form = timestamps(b"x\n1970-01-01T00:00Z\n1970-01-02T00:00Z\n", 3)
    assert (times.tolist(), form) == ([NO_TIME, 0, DAY], Form("T", -1, "Z"))


def test_cells_that_are_shifted_against_each_other_are_not_taken_for_others() -> None:
    assert read(["1970-01-01T00:00:01", "1970-01-01T00:00:0", "11970-01-01T00:00:01"]) == [
        1_000_000,
        NO_TIME,
        NO_TIME,
    ]


def test_a_column_without_a_timestamp_has_no_times() -> None:
    assert read([]) == []
    assert read(["x", "y"]) == [NO_TIME, NO_TIME]
