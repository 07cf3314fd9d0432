"""Rows that cannot be read and have one form: a file that is written in another way from some row on."""

import tomllib
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from processing.formats.changes import with_changes
from processing.formats.fingerprint import written_form
from processing.formats.known_formats import matching
from processing.formats.toml_files import format_from
from processing.model.profile import DEFAULT
from tests.support.small_files import HEADER, chosen, profile, rejection, result


def hours(header: str, row: Callable[[int], str]) -> str:
    """Three days with this row in each hour."""
    return "\n".join([header, *map(row, range(72)), ""])


def stamp(at: int) -> str:
    """The hour at this place, from the tenth of June on."""
    return f"2025-06-{10 + at // 24} {at % 24:02}:00"


@pytest.mark.parametrize(
    ("header", "row", "count", "first"),
    [
        (
            "time,Power (W)",
            lambda at: f"{stamp(at)},{f'{at / 40:.2f}kk' if at >= 40 else at * 9}",
            32,
            "line 42: power not a number: '1.00kk'",
        ),
        (
            "time;Power (W)",
            lambda at: (
                f"{stamp(at)};{at * 100}".replace("00", "_000") if at % 24 == 12 else f"{stamp(at)};{at}"
            ),
            3,
            "",
        ),
        (
            "time;Power (W)",
            lambda at: f"{stamp(at)};{f'{at},5' if at >= 60 else f'{at}.25'}",
            12,
            "line 62: power not a number: '60,5'",
        ),
        (
            "time;Power (W)",
            lambda at: f"{stamp(at)};{f'01.0{at % 9 + 1}.2025' if at >= 60 else f'{at}.25'}",
            12,
            "line 62: power not a number: '01.07.2025'; a spreadsheet has made dates of numbers",
        ),
        (
            "time,Power (W)",
            lambda at: f"{f'{at}. hour' if at >= 50 else stamp(at)},{at}",
            22,
            "line 52: the time (time) is not",
        ),
        (
            "time,Power (W)",
            lambda at: f"{'#' * (8 + at % 2) if at % 6 == 1 else stamp(at)},{at}",
            12,
            "line 3: the time (time) is not an ISO 8601 timestamp of 1970 to 2100: '#########'",
        ),
        (
            "time,Power (W)",
            lambda at: f"{stamp(at)},{'0,' if at >= 50 else ''}{at}",
            22,
            "line 52: 3 cells where the header has 2, and so are all behind it: split the file there",
        ),
        (
            "time;Power (W)",
            lambda at: f"{stamp(at)}{';' if at < 50 else ','}{at}",
            22,
            "line 52: 1 cell where the header has 2, and so are all behind it: split the file there",
        ),
        (
            "time,Pac (W)",
            lambda at: f"{stamp(at)},{at % 24 * 60:,}",
            21,
            "line 19: 3 cells where the header has 2; numbers with a comma need quotes",
        ),
        (
            "time;U (V);I (A);Status",
            lambda at: f"{stamp(at)};{f'{at % 24}.1;' if at % 24 < 16 else ''}{at};OK",
            24,
            "line 18: 3 cells where the header has 4",
        ),
        (
            "time;U (V);I (A)",
            lambda at: f"{stamp(at)};24.1;{at}" if at % 3 else f"{stamp(at)};started",
            24,
            "",
        ),
    ],
)
def test_rows_of_one_other_form_are_no_faults(
    header: str, row: Callable[[int], str], count: int, first: str
) -> None:
    text = hours(header, row)
    if not first:  # too few
        assert result(text).records_invalid == count
        return
    found = rejection(text)
    assert found.code == "malformed_csv"
    assert f"{count} of 72 rows are written in one other way; the first, {first}" in found.message
    assert [way.toml for way in found.candidates or ()] == [['csv.unreadable = "invalid"']]
    assert f"{count} rows invalid" in (found.candidates or [])[0].consequence
    left = result(text, profile(csv={"unreadable": "invalid"}))
    assert (left.records_invalid, left.records_processed) == (count, 72 - count)


@pytest.mark.parametrize(
    "cell",
    [
        lambda at: "ERR" if at % 5 == 0 else f"{at}",
        lambda at: "E12" if at % 5 == 0 else f"{at}",
        lambda at: f"{at}{'?!$%&'[at // 5 % 5] * (at % 5 == 0)}",
        lambda at: f"{at}x" if at % 15 == 0 else f"{at}",
    ],
)
def test_marks_of_faults_and_cells_that_differ_are_faults(cell: Callable[[int], str]) -> None:
    found = result(hours("time,Power (W)", lambda at: f"{stamp(at)},{cell(at)}"))
    assert 0 < found.records_invalid < 72


def test_a_file_with_the_default_header_is_read_until_half_of_it_is_invalid() -> None:
    rows = [f"{stamp(at)},24,1,20,{at / 8:.1f}{'x' if at > 50 else ''}" for at in range(72)]
    assert result("\n".join([HEADER, *rows, ""])).records_invalid == 21


def test_times_of_a_clock_that_was_not_set_are_faults() -> None:
    found = result(
        hours("time,Power (W)", lambda at: f"{'1904-01-01 0' + stamp(at)[-4:] if at < 8 else stamp(at)},{at}")
    )
    assert found.records_invalid == 8


NIGHT = ["unavailable"] * 17 + ["120"] * 6 + ["unavailable"]
"""The hours of a winter day: six of 120 W."""


def day(*hours: str, header: str = "Pac (W)") -> str:
    rows = (f"2025-12-20T{hour:02}:00:00,{cell}" for hour, cell in enumerate(hours))
    return "\n".join([f"Time,{header}", *rows, ""])


@pytest.mark.parametrize(
    "words",
    [
        ("unavailable",),
        ("OFF", "Standby"),
        ("*",),
        ("no data",),
        ("#DIV/0!",),
        ("0x8000",),
        ("#WERT!",),
        ("1.#INF", "-1.#IND00"),
    ],
)
def test_words_at_night_are_offered_as_no_readings(words: tuple[str, ...]) -> None:
    hours = [words[at % len(words)] if cell == "unavailable" else cell for at, cell in enumerate(NIGHT)]
    found = rejection(day(*hours))
    (way,) = found.candidates or []
    assert way.label == f"{', '.join(words)} {'is' if len(words) == 1 else 'are'} no reading"
    read = result(day(*hours), with_changes(DEFAULT, tomllib.loads("\n".join(way.toml))))
    assert (read.records_missing, read.metrics.total_energy_kwh) == (18, 0.72)


def test_a_column_of_words_may_be_left_out() -> None:
    hours = [f"{'ON' if 8 < hour < 16 else 'OFF'},{100 * (8 < hour < 16)}" for hour in range(24)]
    found = rejection(day(*hours, header="Power,Panel W"))
    first, *_ = found.candidates or []
    assert first.label == "without Power, power: Panel W"
    changes = tomllib.loads("\n".join(first.toml))
    assert (
        result(day(*hours, header="Power,Panel W"), with_changes(DEFAULT, changes)).metrics.total_energy_kwh
        == 0.7
    )


def test_cells_with_digits_are_no_words() -> None:
    found = rejection(day(*["12;5"] * 20))
    assert found.code == "malformed_csv"
    assert not found.candidates


def test_a_known_format_takes_a_first_row_with_a_word() -> None:
    text = '[fingerprint]\ncolumns = ["Time", "Pac (W)"]\nfirst_row = ["9-9-9a9:9:9", "9.9"]\n'
    known = format_from("roof", text.encode())
    assert written_form("2025-12-20T00:00:00") == "9-9-9a9:9:9"
    assert len(matching(day(*NIGHT).encode(), [known], DEFAULT)) == 1
    assert matching(day("1,5").encode(), [known], DEFAULT) == []


def test_a_typical_year_is_named() -> None:
    rows = "".join(f"1,{1 + hour // 24},{hour % 24},{100 * (8 < hour % 24 < 16)}\n" for hour in range(72))
    text = "Month,Day,Hour,AC System Output (W)\n" + rows
    assert "have no year" in (message := rejection(text).message)
    assert "any year, if it is a typical one" in message
    assert result(text, name=b"pv_2025.csv").metrics.total_energy_kwh == pytest.approx(2.1)
    with_year = "Year,Month,Day,Hour,AC System Output (W)\n" + "".join(
        f"2025,{row}\n" for row in rows.split()
    )
    assert result(with_year).metrics.total_energy_kwh == pytest.approx(2.1)


def test_times_that_a_spreadsheet_has_rounded_are_named_as_such() -> None:
    found = rejection("time,Power (W)\n" + "1.74986E+09,5\n" * 9)
    assert found.message.endswith(
        ": '1.74986E+09'; a spreadsheet has rounded them: export them again, without opening the file in one"
    )


def test_many_times_without_an_offset_are_no_faults() -> None:
    """From the fiftieth hour on, the logger writes UTC; the minority was left out."""
    text = hours("time,Power (W)", lambda at: f"{stamp(at)}{'' if at < 50 else 'Z'},{at}")
    found = rejection(text)
    assert found.message.startswith(
        "the times of 22 of 72 rows have an offset from UTC, unlike the others; the first, line 52"
    )
    (way,) = found.candidates or ()
    assert result(text, chosen(way)).records_invalid == 22
    assert (
        result(hours("time,Power (W)", lambda at: f"{stamp(at)}{'Z' if at > 2 else ''},{at}")).records_invalid
        == 3
    )


@pytest.mark.crossed
@pytest.mark.parametrize("date", ["%Y/%d/%m", "%Y-%d-%m", "%Y.%d.%m"])
@pytest.mark.parametrize("between", [" ", "T"])
@pytest.mark.parametrize(("first", "days"), [("2025-06-13", 1), ("2025-04-30", 3)])
def test_dates_with_the_year_first_and_the_day_before_the_month_are_offered(
    date: str, between: str, first: str, days: int
) -> None:
    begin = datetime.fromisoformat(first)
    times = [begin + timedelta(minutes=30 * at) for at in range(48 * days)]
    rows = (f"{one.strftime(f'{date}{between}%H:%M')},{1200 + at % 7}\n" for at, one in enumerate(times))
    found = rejection(text := f"time,P (W)\n{''.join(rows)}")
    way = (found.candidates or [])[0]
    assert way.label == f"{date}{between}%H:%M"
    read = result(text, chosen(way))
    assert (read.metrics.period.start or "")[:10] == first
    assert read.records_processed == 48 * days


def test_where_most_rows_have_another_cell_from_one_line_on_the_file_is_to_be_split() -> None:
    above = [f"2025-06-14 {at:02}:00,{at * 10},25.0" for at in range(8)]
    below = [f"2025-06-14 {at:02}:00,230,{at * 10},25.0" for at in range(8, 24)]
    message = rejection("\n".join(["time,Pac (W),Temp (C)", *above, *below, ""])).message
    assert message.endswith(
        "16 of 24 rows cannot be read; the first, line 10: 4 cells where the header has 3, "
        "and so are all behind it: split the file there, if the columns change"
    )
