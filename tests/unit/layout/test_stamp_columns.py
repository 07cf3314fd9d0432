"""The columns of the times."""

import time

import pytest

from processing.head.header_cells import HeaderCell
from processing.head.samples import places_of_times
from processing.layout.stamp_columns import stamp_of
from processing.model.profile import DEFAULT
from processing.model.rejection import RejectedFileError


@pytest.mark.parametrize(
    ("names", "row", "places"),
    [
        (("DAY", "MONTH", "DATE", "TIME"), ("15", "5", "2020-05-15", "00:00"), (2, 3)),
        (("Day", "Date", "Time"), ("Mon", "1/5/2020", "9:00 AM"), (1, 2)),
        (("date", "time", "day"), ("2019_06_23", "0900", "4"), (0, 1)),
    ],
)
def test_of_several_columns_of_dates_those_with_dates_are_taken(
    names: tuple[str, ...], row: tuple[str, ...], places: tuple[int, ...]
) -> None:
    header = tuple(HeaderCell((name,)) for name in names)
    sample = [list(row)]
    assert stamp_of(header, DEFAULT, 1, places_of_times(len(names), sample), sample) == places


def test_times_are_found_by_their_cells_if_no_name_says_it() -> None:
    header = (HeaderCell(("",)), HeaderCell(("power",)))
    assert stamp_of(header, DEFAULT, 1, [0], []) == (0,)
    with pytest.raises(RejectedFileError, match="columns missing: timestamp"):
        stamp_of(header, DEFAULT, 1, [], [])


def test_a_column_of_numbers_with_the_name_of_a_time_is_none_beside_one_of_times() -> None:
    header = tuple(HeaderCell((name,)) for name in ("Date", "power", "TS"))
    assert stamp_of(header, DEFAULT, 1, [0], [["6/30/2023", "5", "32.5"]]) == (0,)
    assert stamp_of(header, DEFAULT, 1, [0, 2], [["6/30/2023", "5", "1749556800"]]) == (2,)
    assert stamp_of(header, DEFAULT, 1, [], [["day 5", "5", "32.5"]]) == (2,)
    header = tuple(HeaderCell((name,)) for name in ("Time", "Data"))  # a date in Portuguese
    assert stamp_of(header, DEFAULT, 1, [0], [["2025-06-10 10:00", "12.5"]]) == (0,)
    assert stamp_of(header, DEFAULT, 1, [], [["10:00", "20250610"]]) == (1, 0)


@pytest.mark.parametrize("names", [("Day", "Time"), ("Datum", "Zeit"), ("fecha", "hora")])
def test_full_times_are_not_joined_with_numbers_that_are_named_like_times(names: tuple[str, str]) -> None:
    header = tuple(HeaderCell((name,)) for name in names)
    for times in ([0], []):
        assert stamp_of(header, DEFAULT, 1, times, [["2020-10-31 00:15:00", "1.81"]]) == (0,)
        assert stamp_of(header, DEFAULT, 1, times, [["2020-10-31 00:00:00", "00:15"]]) == (0, 1)


@pytest.mark.parametrize(
    "names", [("date", "ts_local", "p"), ("Day", "moment", "p"), ("Datum", "stamp x", "p")]
)
def test_dates_beside_full_times_are_asked_for(names: tuple[str, ...]) -> None:
    header = tuple(HeaderCell((name,)) for name in names)
    with pytest.raises(RejectedFileError) as caught:
        stamp_of(header, DEFAULT, 1, [1], [["2026-01-09", "2026-01-09 23:09:00", "5"]])
    assert [each.label for each in caught.value.choices] == list(names[:2])


def test_a_date_and_a_time_of_day_are_taken_beside_seconds_since_1970() -> None:
    header = tuple(HeaderCell((name,)) for name in ("Date", "Time", "moment"))
    row = ["2026-01-09", "23:09", "1767996540"]
    assert stamp_of(header, DEFAULT, 1, [2], [row]) == (0, 1)


def stamp_of_times(names: tuple[str, ...], *rows: tuple[str, ...]) -> tuple[int, ...]:
    header = tuple(HeaderCell((name,)) for name in (*names, "power"))
    sample = [[*row, "5.5"] for row in rows]
    return stamp_of(header, DEFAULT, 1, places_of_times(len(header), sample), sample)


@pytest.mark.parametrize(
    ("names", "first", "second", "taken"),
    [
        (("utc_time", "local_time"), "2025-06-10T{:02}:00:00", "2025-06-10T{:02}:00:00", 1),
        (("Timestamp (local)", "Timestamp (UTC)"), "2025-06-10 {1:02}:00", "2025-06-10 {0:02}:00", 0),
        (("datetime", "local time"), "2025-06-10T{:02}:00:00Z", "2025-06-10T{1:02}:00:00", 0),
        (("local time", "timestamp utc"), "2025-06-10T{1:02}:00:00", "2025-06-10T{:02}:00:00+00:00", 1),
        (("start UTC", "start UTC+02:00"), "2025-06-10 {:02}:00:00", "2025-06-10 {1:02}:00:00", 1),
        (("moment", "moment-date"), "{2}", "2025-06-10 {1:02}:00:00", 0),
        (("ts:", "ts"), "2025-06-10T{:02}:00:00Z", "2025-06-10T{:02}:00:00Z", 0),
        (("ts", "datetime"), "2025-06-10 {:02}:00", "2025-06-10 {:02}:00", 0),
        (("time period", "recorded at"), "2025-06-10 {:02}:00:00+02:00", "2025-06-10 {:02}:00:00+02:00", 0),
    ],
)
def test_of_two_clocks_with_the_same_instants_one_is_taken(
    names: tuple[str, ...], first: str, second: str, taken: int
) -> None:
    hours = [(hour, hour + 2, 1749513600 + 3600 * hour) for hour in range(8, 14)]  # since 2025-06-10
    rows = [(first.format(*each), second.format(*each)) for each in hours]
    assert stamp_of_times(names, *rows) == (taken,)


@pytest.mark.parametrize("second", ["{0:02}:07:00", "{2:02}:00:00", "{3:02}:00:00"])
@pytest.mark.parametrize("names", [("utc_time", "local_time"), ("utc time", "datetime")])
def test_two_clocks_with_other_instants_are_a_question(names: tuple[str, ...], second: str) -> None:
    rows = [
        (f"2025-06-10T{hour:02}:00:00", f"2025-06-10T{second.format(hour, 0, 2 * hour - 8, 21 - hour)}")
        for hour in range(8, 14)
    ]
    with pytest.raises(RejectedFileError, match="2 columns that may hold the times"):
        stamp_of_times(names, *rows)


def test_two_clocks_whose_names_do_not_tell_them_apart_are_a_question() -> None:
    rows = [(f"2025-06-10T{hour:02}:00:00", f"2025-06-10T{hour + 2:02}:00:00") for hour in range(8, 14)]
    for names in (("datetime", "local time"), ("utc time", "datetime utc")):
        with pytest.raises(RejectedFileError, match="2 columns that may hold the times"):
            stamp_of_times(names, *rows)
    with pytest.raises(RejectedFileError, match="2 columns that may hold the times"):
        stamp_of_times(("utc_time", "local_time"), *rows[:2])


def test_many_columns_that_may_hold_the_times_are_refused_fast() -> None:
    header, row = tuple(HeaderCell((f"a{at}",)) for at in range(4_000)), ["2025-06-10 12:00"] * 4_000
    start = time.process_time()
    with pytest.raises(RejectedFileError, match="line 1 has 4000 columns that may hold the times"):
        stamp_of(header, DEFAULT, 1, places_of_times(len(header), [row, row]), [row, row])
    assert time.process_time() - start < 2
