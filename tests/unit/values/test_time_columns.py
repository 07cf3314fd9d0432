from __future__ import annotations

import random

import pytest

from processing.model.stamp import NO_TIME, Form
from processing.values.time_columns import timestamps
from processing.values.time_formats import ISO, TimeFormat, time_format
from processing.values.timestamps import timestamp

DAY = 86_400_000_000


def read(cells: list[str], form: TimeFormat = ISO) -> list[int]:
    return timestamps("".join(cell + "\n" for cell in cells).encode(), len(cells), {}, form)[0].tolist()


def times_alone(cells: list[str], form: TimeFormat = ISO) -> list[int]:
    stamps = [timestamp(cell, form) for cell in cells]
    return [NO_TIME if stamp is None else stamp.time for stamp in stamps]


@pytest.mark.parametrize("zone", ["", "Z", "+01:00", "-0330", "+05", " UTC"])
@pytest.mark.parametrize("clock", ["T06:00", " 06:00:00", "T06:00:00", "T06:00:00.1", "T06:00:00.123456789"])
def test_a_column_is_read_as_its_cells_are(clock: str, zone: str) -> None:
    chance = random.Random(1)  # noqa: S311 - a test's numbers
    cells = [f"2025-01-15{clock}{zone}"] * 300
    for at in range(1, 300):
        place, digit = chance.randrange(len(cells[at])), str(chance.randrange(10))
        cells[at] = cells[at][:place] + digit + cells[at][place + 1 :]
    assert read(cells) == times_alone(cells)


SAMPLES = {
    "iso": "2025-06-09T09:05:07",
    "%d.%m.%Y %H:%M": "09.06.2025 09:05",
    "%m/%d/%Y %I:%M:%S %p": "06/09/2025 11:05:07 AM",
    "%d/%m/%y %H:%M:%S.%f": "09/06/25 09:05:07.250",
    "%Y%m%d%H%M%S": "20250609090507",
    "%d-%b-%Y %H:%M": "09-Jun-2025 09:05",
    "%Y-%j %H:%M": "2025-160 09:05",
    "%H:%M": "09:05",
    "epoch": "1749459907",
    "epoch_ms": "1749459907250",
    "epoch_ns": "1749459907250000000",
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_damaged_cell_of_any_format_is_read_as_it_is_alone(name: str) -> None:
    chance = random.Random(2)  # noqa: S311 - a test's numbers
    cells = [SAMPLES[name]] * 500
    for at in range(1, 500, 2):
        place, other = chance.randrange(len(cells[at])), chance.choice("0123456789 :./-TAPM°")
        cells[at] = cells[at][:place] + other + cells[at][place + chance.randrange(2) :]
    assert read(cells, time_format(name)) == times_alone(cells, time_format(name))
    assert read(cells[1:], time_format(name)) == times_alone(cells[1:], time_format(name))


def test_each_row_has_its_own_form() -> None:
    forms: dict[Form, int] = {}
    text = b"1970-01-01T00:00Z\n1970-01-02 00:00\nx\n1970-1-1T01:00:00.5+01:00\n"
    times, codes = timestamps(text, 4, forms)
    assert times.tolist() == [0, DAY, NO_TIME, 500_000]
    places = list(forms)
    assert [places[code] for code in codes[[0, 1, 3]].tolist()] == [
        Form("T", -1, "Z"), Form(" ", -1, ""), Form("T", 1, "+01:00")]  # fmt: skip


def test_cells_that_are_shifted_against_each_other_are_not_taken_for_others() -> None:
    cells = ["1970-01-01T00:00:01", "1970-01-01T00:00:0x", "1970-01-01T00:00:", "211970-01-01T00:00:01"]
    assert read(cells) == [1_000_000, NO_TIME, NO_TIME, NO_TIME]


def test_a_day_without_leading_zeros_is_read_at_once() -> None:
    cells = [f"{month}/{day}/2025 {hour}:05 {half}M" for month in (9, 10) for day in (9, 10)
             for half in "AP" for hour in (12, 1, 9, 10)] * 20  # fmt: skip
    form = time_format("%m/%d/%Y %I:%M %p")
    assert read(cells, form) == times_alone(cells, form)
    assert NO_TIME not in read(cells, form)


def test_a_column_without_a_timestamp_has_no_times() -> None:
    assert read([]) == []
    assert read(["x", "y"]) == [NO_TIME, NO_TIME]
    assert read(["", "", ""]) == [NO_TIME] * 3
