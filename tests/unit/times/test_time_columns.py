from __future__ import annotations

import random
import re
import time
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.model.stamp import NO_TIME, PLAIN, Form, written
from processing.times.time_columns import timestamps
from processing.times.time_detection import TimeDetector
from processing.times.time_formats import ISO, TimeFormat, time_format
from processing.times.timestamps import timestamp

DAY = 86_400_000_000


def read(cells: list[str], form: TimeFormat = ISO) -> list[int]:
    return timestamps("".join(cell + "\n" for cell in cells).encode(), len(cells), {}, form)[0].tolist()


def times_alone(cells: list[str], form: TimeFormat = ISO) -> list[int]:
    stamps = [timestamp(cell, form) for cell in cells]
    return [NO_TIME if stamp is None else stamp.time for stamp in stamps]


@pytest.mark.crossed
@pytest.mark.parametrize("zone", ["", "Z", "+01:00", "-0330", "+05", " UTC"])
@pytest.mark.parametrize("clock", ["T06:00", " 06:00:00", "T06:00:00", "T06:00:00.1", "T06:00:00.123456789"])
def test_a_column_is_read_as_its_cells_are(clock: str, zone: str) -> None:
    chance = random.Random(1)  # noqa: S311 - a test's numbers
    cells = [f"2025-01-15{clock}{zone}"] * 300
    for at in range(1, 300):
        place, digit = chance.randrange(len(cells[at])), str(chance.randrange(10))
        cells[at] = cells[at][:place] + digit + cells[at][place + 1 :]
    assert read(cells) == times_alone(cells)


def test_a_month_is_its_first_day() -> None:
    months = [f"2025-{month:02}" for month in range(1, 13)] * 2
    days = [f"{month}-01 00:00" for month in months]
    form = time_format("%Y-%m")
    assert read(months, form) == times_alone(months, form) == times_alone(days)


CLOCKS_TO_24 = [f"{hour:02}:{minute:02}" for hour in (0, 1, 23, 24, 25) for minute in (0, 15, 59)]


@pytest.mark.parametrize("count", [1, 20])
@pytest.mark.parametrize("form", ["%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M", "%H:%M", "%Y %m %d %H", "%Y %j %H%M"])
def test_24_00_is_the_end_of_its_day_in_a_column(form: str, count: int) -> None:
    hours = [
        f"{clock[:2]}{clock[3:] if form.endswith('M') and ':' not in form else ''}" for clock in CLOCKS_TO_24
    ]
    clocks = CLOCKS_TO_24 if ":" in form else hours
    date = datetime(2025, 6, 14).strftime(form.rpartition("%H")[0])  # noqa: DTZ001
    cells, tried, forms = [f"{date}{clock}" for clock in clocks] * count, time_format(form), {PLAIN: 0}
    times, codes = timestamps("".join(f"{cell}\n" for cell in cells).encode(), len(cells), forms, tried)
    stamps = [timestamp(cell, tried) for cell in cells]
    assert times.tolist() == [NO_TIME if stamp is None else stamp.time for stamp in stamps]
    written_so = [list(forms)[code].is_end_of_day for code in codes.tolist()]
    assert [is_end for is_end, stamp in zip(written_so, stamps, strict=True) if stamp is not None] == [
        stamp.form.is_end_of_day for stamp in stamps if stamp is not None
    ]
    assert 0 < sum(written_so) < len(cells)


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


DATES = ["%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%m/%d/%Y", "%m-%d-%y", "%Y%m%d"]
DATES += ["%d-%b-%Y", "%B %d, %Y", "%a %d %b %Y"]
CLOCKS = ["%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p", "%H.%M.%S", "%H%M%S"]
WHEN = st.datetimes(datetime(1970, 1, 1), datetime(2068, 12, 31))  # noqa: DTZ001


def microseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1)) // timedelta(microseconds=1)  # noqa: DTZ001


def without_zeros(cell: str) -> str:
    return re.sub(r"(?<![\d.])0(?=\d[/. :-])", "", cell)


@given(
    st.sampled_from(DATES),
    st.sampled_from(CLOCKS),
    st.lists(WHEN, min_size=1, max_size=40).map(sorted),
    st.booleans(),
)
def test_a_stamp_in_any_format_has_the_time_of_strptime(
    date: str,
    clock: str,
    moments: list[datetime],
    is_short: bool,  # noqa: FBT001
) -> None:
    name = f"{date} {clock}"
    cells = [moment.strftime(name) for moment in moments]
    wanted = [microseconds(datetime.strptime(cell, name)) for cell in cells]  # noqa: DTZ007
    if is_short and "%Y%m%d" not in name and "%H%M" not in name and "%y" not in name:
        cells = [without_zeros(cell) for cell in cells]
    assert times_alone(cells, time_format(name)) == wanted
    assert read(cells, time_format(name)) == wanted
    detector = TimeDetector()
    detector.add(cells[: len(cells) // 2])
    detector.add(cells[len(cells) // 2 :])
    assert wanted in [read(cells, one) for one in detector.formats()]


@given(st.sampled_from([0, 3, 6, 9]), st.lists(WHEN.filter(lambda moment: moment.year > 2001), min_size=1))
def test_an_epoch_of_any_unit_has_its_time(digits: int, moments: list[datetime]) -> None:
    step = 10 ** max(0, 6 - digits)
    wanted = [microseconds(moment) // step * step for moment in moments]
    cells = [str(time * 10**digits // 10**6) for time in wanted]
    detector = TimeDetector()
    detector.add(cells)
    assert wanted in [read(cells, one) for one in detector.formats()]
    assert detector.formats()[0].digits == digits


@given(
    st.lists(WHEN, min_size=1, max_size=30),
    st.sampled_from(["T", " "]),
    st.sampled_from(["", "Z", " UTC", "+02:00", " -0330"]),
    st.sampled_from(["auto", "minutes", "seconds", "milliseconds"]),
)
def test_iso_stamps_have_the_time_of_fromisoformat(
    moments: list[datetime], separator: str, zone: str, precision: str
) -> None:
    cells = [moment.isoformat(separator, precision) for moment in moments]
    offset = {"+02:00": 2.0, " -0330": -3.5}.get(zone, 0)
    wanted = [microseconds(datetime.fromisoformat(cell) - timedelta(hours=offset)) for cell in cells]
    assert read([cell + zone for cell in cells]) == wanted
    assert times_alone([without_zeros(cell) + zone for cell in cells]) == wanted


@pytest.mark.long
@pytest.mark.unmeasured
def test_hostile_cells_take_bounded_time() -> None:
    columns = [
        [f"{day % 28 + 1:02}.{day % 12 + 1:02}.{1970 + day % 130} 12:00" for day in range(10_000)],
        ["9" * 65_000] * 50,
        ["\u0661" * 60] * 1_250,
        [" " * 64] * 1_250,
        ["1." * 32] * 1_250,
        [f"{'1' * (row % 3)}.{'1' * (row % 4)}.2025 {row % 30}:{row % 61}" for row in range(2_500)],
        [f"1{' ' * (row % 9)}. 6. 2025{' ' * (row % 31)} 9:0{' ' * (row % 7)}" for row in range(2_500)],
        [f"10-{'JANUARYx'[:row % 9]}-2025 12:00" for row in range(2_500)],
    ]  # fmt: skip
    started = time.process_time()
    for cells in columns:
        for name in SAMPLES:
            assert len(read(cells, time_format(name))) == len(cells)
    assert time.process_time() - started < 10


def test_a_date_that_a_format_lacks_costs_no_reading_of_single_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    """As of %m/%d, when it is tried on the days over 12 of %d/%m."""
    cells = ["", *(f"{day:02}/06/2025 {hour:02}:00" for day in (25, 26, 3) for hour in range(24))]
    month_first = time_format("%m/%d/%Y %H:%M")
    expected, read_alone = times_alone(cells, month_first), []
    monkeypatch.setattr("processing.times.time_columns.timestamp", lambda cell, _: read_alone.append(cell))
    assert read(cells[1:], month_first) == expected[1:]
    assert read(cells, month_first) == expected
    assert read_alone == [""]


@pytest.mark.parametrize(
    ("name", "cells", "expected"),
    [
        ("excel", ["45818.50347", "45818,5", "45818", "25569", "12345.5"],
         ["2025-06-10T12:05:00", "2025-06-10T12:00:00", "2025-06-10T00:00:00", "1970-01-01T00:00:00", ""]),
        ("mjd", ["60836.50347", "60836,5", "60836", "40586.5"],
         ["2025-06-10T12:05:00", "2025-06-10T12:00:00", "2025-06-10T00:00:00", ""]),
        ("excel_1904", ["44356.50347", "24107"], ["2025-06-10T12:05:00", "1970-01-01T00:00:00"]),
        ("julian", ["2460837.00347", "2440587.5"], ["2025-06-10T12:05:00", "1970-01-01T00:00:00"]),
        ("matlab", ["739778.50347222", "739778"], ["2025-06-10T12:05:00", "2025-06-10T00:00:00"]),
        ("ticks", ["638851539000000000", "621355968000000000"],
         ["2025-06-10T12:05:00", "1970-01-01T00:00:00"]),
        ("seconds since 2025-06-10 06:00", ["0", "3661,0"], ["2025-06-10T06:00:00", "2025-06-10T07:01:01"]),
        ("hours since 2024-12-31", ["3876", "3876.25"], ["2025-06-10T12:00:00", "2025-06-10T12:15:00"]),
        ("days since 1970-01-01", ["20249.50347"], ["2025-06-10T12:05:00"]),
        ("%Y %j", ["2025 161.50347", "2025 161", "2025 366.5"], ["2025-06-10T12:05", "2025-06-10T00:00", ""]),
        ("%Y-%m-%d %H:%M - %H:%M", ["2025-06-10 23:45 - 00:00", "2025-06-10 9:00 - 9:15", "2025-06-10 9:00"],
         ["2025-06-10T23:45", "2025-06-10T09:00", ""]),
        ("%d.%m.%Y %H:%M - %d.%m.%Y %H:%M", ["10.06.2025 23:45 - 11.06.2025 00:00"], ["2025-06-10T23:45"]),
        ("%m/%d/%Y %I:%M %p to %m/%d/%Y %I:%M %p", ["06/10/2025 11:45 AM to 06/10/2025 12:00 PM"],
         ["2025-06-10T11:45"]),
        ("%m/%d/%Y %H:%M PST", ["06/10/2025 11:45 PDT", "01/10/2025 11:45 PST", "01/10/2025 11:45 EST"],
         ["2025-06-10T11:45", "2025-01-10T11:45", ""]),
        ("%Y-%m-%d %I:%M %p EST=-05:00",
         ["2025-11-02 1:30 AM EDT", "2025-11-02 1:30 AM EST", "2025-11-02 1:30 AM GMT", "2025-11-02 1:30 AM"],
         ["2025-11-02T01:30-04:00", "2025-11-02T01:30-05:00", "2025-11-02T01:30Z", ""]),
        ("iso", ["2025-06-10 12:00 CEST", "2025-01-10 12:00 CET", "2025-01-10 12:00 ICT"],
         ["2025-06-10 12:00+02:00", "2025-01-10 12:00+01:00", "2025-01-10 12:00+07:00"]),
    ],
)  # fmt: skip
def test_other_forms_of_times_are_read_in_columns_as_in_cells(
    name: str, cells: list[str], expected: list[str]
) -> None:
    forms: dict[Form, int] = {PLAIN: 0}
    found, codes = timestamps(
        "".join(f"{cell}\n" * 20 for cell in cells).encode(), 20 * len(cells), forms, time_format(name)
    )
    for at, cell in enumerate(cells):
        stamp = timestamp(cell, time_format(name))
        assert ("" if stamp is None else written(*stamp)) == expected[at]
        assert found[20 * at : 20 * at + 20].tolist() == [NO_TIME if stamp is None else stamp.time] * 20
        assert stamp is None or list(forms)[codes[20 * at]] == stamp.form
