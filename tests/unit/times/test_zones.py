from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.model.stamp import NO_TIME, PLAIN, Form, written
from processing.times.time_columns import timestamps
from processing.times.zones import changes_on, in_zone

AMSTERDAM = "Europe/Amsterdam"


def utc(cells: list[str], zone: str = AMSTERDAM) -> list[str]:
    """Return cells in UTC, and check that they are still written as they were."""
    forms = {PLAIN: 0}
    times, codes = timestamps("".join(f"{cell}\n" for cell in cells).encode(), len(cells), forms)
    found, places = in_zone(times, codes, forms, zone)
    used = [list(forms)[place] for place in places.tolist()]
    assert [written(time, form) for time, form in zip(found.tolist(), used, strict=True)] == cells
    return [written(time, Form("T", -1, "Z")) for time in found.tolist()]


def test_winter_and_summer_have_their_own_offset() -> None:
    assert utc(["2025-01-15T12:00:00", "2025-07-15T12:00:00"]) == ["2025-01-15T11:00Z", "2025-07-15T10:00Z"]


def test_the_first_row_after_the_change_in_spring_is_an_hour_later() -> None:
    cells = ["2025-03-30T01:55:00", "2025-03-30T03:00:00"]
    assert utc(cells) == ["2025-03-30T00:55Z", "2025-03-30T01:00Z"]


AUTUMN = ["01:30", "02:00", "02:30", "02:00", "02:30", "03:00"]
AUTUMN_UTC = [
    "2025-10-25T23:30Z",
    *(f"2025-10-26T{clock}Z" for clock in ("00:00", "00:30", "01:00", "01:30", "02:00")),
]


def test_the_order_of_the_rows_decides_which_hour_it_is_that_comes_twice() -> None:
    cells = [f"2025-10-26T{clock}:00" for clock in AUTUMN]
    assert utc(cells) == AUTUMN_UTC
    assert utc(cells[::-1]) == AUTUMN_UTC[::-1]
    assert utc([*cells, "2025-10-27T02:00:00"])[:-1] == AUTUMN_UTC


def test_a_row_out_of_order_is_no_second_hour() -> None:
    cells = [
        f"2025-10-26T{clock}:00" for clock in ("02:00", "02:10", "02:05", "02:15", "02:00", "02:10", "03:00")
    ]
    found = utc([*(f"2025-10-26T00:{minute:02}:00" for minute in range(0, 60, 5)), *cells])[12:]
    assert found[:4] == [f"2025-10-26T00:{minute}Z" for minute in ("00", "10", "05", "15")]


def test_a_row_an_hour_shows_its_time_twice() -> None:
    cells = [f"2025-10-26T{clock}:00" for clock in ("00:00", "01:00", "02:00", "02:00", "03:00")]
    assert utc(cells)[2:] == ["2025-10-26T00:00Z", "2025-10-26T01:00Z", "2025-10-26T02:00Z"]


@pytest.mark.parametrize("minutes", [15, 20, 30])
@pytest.mark.parametrize("step", [1, -1])
def test_times_of_both_hours_may_stand_in_pairs(minutes: int, step: int) -> None:
    times = [(hour, minute) for hour in (1, 2, 3) for minute in range(0, 60, minutes)]
    cells = [f"2025-10-26T{h:02}:{m:02}:00" for h, m in times for _ in range(2 if h == 2 else 1)][::step]
    found = utc(cells)[::step]
    count = 60 // minutes
    assert found[count : 3 * count : 2] == [f"2025-10-26T00:{m:02}Z" for m in range(0, 60, minutes)]
    assert found[count + 1 : 3 * count : 2] == [f"2025-10-26T01:{m:02}Z" for m in range(0, 60, minutes)]
    assert len({*found}) == len(found)


def test_two_devices_in_turn_have_one_hour() -> None:
    cells = [
        f"2025-10-26T{hour:02}:{minute}:00"
        for hour in (1, 2, 3)
        for minute in ("00", "20", "40")
        for _ in "AB"
    ]
    assert utc(cells)[6:8] == ["2025-10-26T00:00Z"] * 2
    assert utc(cells)[10:12] == ["2025-10-26T00:40Z"] * 2


def test_stamps_with_an_offset_and_cells_without_a_time_stay() -> None:
    forms = {PLAIN: 0}
    times, codes = timestamps(b"2025-07-15T12:00:00Z\nx\n2025-07-15T12:00:00\n", 3, forms)
    found, places = in_zone(times, codes, forms, AMSTERDAM)
    assert found[:2].tolist() == [times[0], NO_TIME]
    assert list(forms)[places[0]] == Form("T", 0, "Z")
    assert times[0] - found[2] == 2 * 3_600_000_000


def test_utc_is_a_zone_whose_times_are_known() -> None:
    forms = {PLAIN: 0}
    times, codes = in_zone(np.array([0]), np.zeros(1, np.int32), forms, "UTC")
    form = list(forms)[codes[0]]
    assert (times.tolist(), form.is_utc, form.offset, written(0, form)) == (
        [0],
        True,
        0,
        "1970-01-01T00:00:00",
    )


def test_no_rows_have_no_times() -> None:
    assert len(in_zone(np.zeros(0, np.int64), np.zeros(0, np.int32), {PLAIN: 0}, AMSTERDAM)[0]) == 0


def test_a_repeated_row_does_not_begin_the_second_half_hour() -> None:
    """Lord Howe Island goes back by 30 minutes at 15:00 UTC."""
    clocks = ["01:30", "01:30", "01:45", "01:30", "01:45", "02:00"]
    found = utc([f"2006-04-02T{clock}:00" for clock in clocks], "Australia/Lord_Howe")
    assert [text[11:] for text in found] == ["14:30Z", "14:30Z", "14:45Z", "15:00Z", "15:15Z", "15:30Z"]


@given(
    st.sampled_from([AMSTERDAM, "Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia"]),
    st.datetimes(datetime(1971, 1, 1), datetime(2099, 1, 1)),  # noqa: DTZ001
    st.integers(1, 20),
)
def test_a_clock_that_runs_through_is_read_as_zoneinfo_shows_it(
    zone: str, start: datetime, step: int
) -> None:
    moments = [
        start.replace(second=0, microsecond=0, tzinfo=UTC) + timedelta(hours=5 * 24 * n) for n in range(80)
    ]
    moments += [moments[-1] + timedelta(minutes=step * n) for n in range(1, 400)]
    clocks = [moment.astimezone(ZoneInfo(zone)) for moment in moments]
    text = "".join(f"{clock.replace(tzinfo=None).isoformat()}\n" for clock in clocks).encode()
    forms = {PLAIN: 0}
    times, codes = timestamps(text, len(clocks), forms)
    found, _ = in_zone(times, codes, forms, zone)
    wanted = [(moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) for moment in moments]
    wrong = [at for at, clock in enumerate(clocks) if found.item(at) != wanted[at] and at and not clock.fold
             and not clocks[at - 1].fold]  # fmt: skip
    assert wrong == []


@pytest.mark.parametrize("cell", ["2025-03-30", "30.03.2025", "30/3/25", "20250330", "2025-30-03"])
def test_clocks_change_on_a_date_in_any_order(cell: str) -> None:
    assert changes_on(cell, [AMSTERDAM]) == {AMSTERDAM: (-1, 2)}


@pytest.mark.parametrize("cell", ["2025-03-18", "2025-12-03", "29.03.2025"])
def test_the_year_of_a_date_is_no_day_of_another_year(cell: str) -> None:
    assert changes_on(cell, [AMSTERDAM]) == {}
