"""Dates in the first row of a day alone, numbers of days, hours of days with 25 or 23."""

from datetime import date, timedelta

import pytest

from processing.rewriting.completed_times import steps_of_counted_hours, steps_of_numbered, steps_of_parts
from processing.rewriting.times import steps_of_times
from tests.support.small_files import chosen, profile, rejection, result


@pytest.mark.parametrize("first", ["14.06.2025", '"2025-06-14"'])
def test_a_date_is_filled_in_below_the_first_row_of_its_day(first: str) -> None:
    blocks = [f"Datum;Zeit;W\n{first};0:00;1\n;0:30;2\n", ";12:00;3\n15.06.2025;0:00;4\n", ";0:30;5\n;;6\n"]
    (fill,) = steps_of_times("".join(blocks).encode(), "")
    for _ in range(2):  # a file may be read twice
        assert b"".join(fill(block.encode()) for block in blocks).decode() == (
            f"Datum;Zeit;W\n{first};0:00;1\n{first};0:30;2\n{first};12:00;3\n"
            "15.06.2025;0:00;4\n15.06.2025;0:30;5\n;;6\n"
        )


@pytest.mark.parametrize("first", ["230.5", "14.06.2025 0:00", "17"])
def test_other_cells_are_not_filled_in(first: str) -> None:
    assert steps_of_times(f"a;b;c\n{first};0:00;1\n;0:30;2\n;1:00;3\n".encode(), "") == []


def numbered(text: str) -> str:
    """Return a text with days and parts of days as times."""
    block = text.encode()
    for step in steps_of_numbered(block):
        block = step(block)
    return block.decode()


@pytest.mark.parametrize(
    ("names", "row", "wanted"),
    [
        ("Date,Time,W", "45822,0.003472222,5", "2025-06-14,00:05:00,5"),
        ("Date,Time,W", "45822.0,0.5,2025.6", "2025-06-14,12:00:00,2025.6"),
        ("Datum;Zeit;W", "45822;0,003472222;5,5", "2025-06-14;00:05:00;5,5"),
        ("Datum;Zeit;W", "45822;3,47222E-03;5,5", "2025-06-14;00:05:00;5,5"),
        ("Date\tTime\tW", '"45822"\t"1:05 PM"\t5', '"2025-06-14"\t"1:05 PM"\t5'),
        ("Date,Time,W", "45822,0,0.0", "2025-06-14,00:00:00,0.0"),
        ("Energy,Share,W", "45822,0.5,5", "45822,0.5,5"),
        ("Date,W,V", "45822,5.5,5", "45822,5.5,5"),
        ("Date,W", "45822.5,0", "45822.5,0"),
    ],
)
def test_days_of_a_spreadsheet_beside_times_become_dates(names: str, row: str, wanted: str) -> None:
    assert numbered(f"{names}\n{row}\n{row}\n") == f"{names}\n{wanted}\n{wanted}\n"


@pytest.mark.parametrize(
    ("names", "row", "wanted"),
    [
        ("Date,Hour,kWh", "2025-06-10,HE01,5", "2025-06-10,01,5"),
        ("Date;Hour;kWh", '10.06.2025;"H 1";5', '10.06.2025;"1";5'),
        ("Time,kWh", "6/10/2025 HE 24,5", "6/10/2025 24,5"),
        ("Monat;kWh", "6.2025;103", "2025-06;103"),
        ("Month,kWh", '"12.2024",103', '"2024-12",103'),
        ("Year,Week,kWh", "2025,4,103", "2025-W04-1,4,103"),
        ("Jahr;KW;kWh", "2025;24;103", "2025-W24-1;24;103"),
        ("P;kWh", "12.25;5", "12.25;5"),
        ("t,Hall,kWh", "2025-06-10,Hall 7,5", "2025-06-10,Hall 7,5"),
    ],
)
def test_parts_of_times_become_what_is_usual(names: str, row: str, wanted: str) -> None:
    text = f"{names}\n{row}\n{row}\n".encode()
    for step in steps_of_parts(text, f"{row}\n{row}\n".encode(), lambda: None):
        text = step(text)
    assert text.decode().split("\n")[1:] == [wanted, wanted, ""]


@pytest.mark.parametrize(
    ("names", "row", "step"),
    [
        ("Year,Week,PV energy (kWh)", "2025,{},{}", 604_800),
        ("Jahr;Woche;Erzeugung (kWh)", "2025;{};{}", 604_800),
        ("Monat;PV (kWh)", "{:02}.2025;{}", None),
    ],
)
def test_totals_of_weeks_and_months_are_read(names: str, row: str, step: int | None) -> None:
    found = result("\n".join([names, *(row.format(at, 6 + at % 2) for at in range(1, 11)), ""]))
    assert found.metrics.total_energy_kwh == pytest.approx(65)
    assert step in (None, found.quality.period.interval_seconds)


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("week,energy (kWh)", "{},{}"),
        ("KW;Ertrag (kWh)", "KW {};{}"),
        ('"Semaine";"Production (kWh)"', '"{}";"{}"'),
    ],
)
def test_weeks_take_the_year_from_the_name_of_the_file(header: str, row: str) -> None:
    text = "\n".join([header, *(row.format(week, 10 + week) for week in range(1, 53)), ""])
    assert "the name of the file has none for its weeks" in rejection(text).message
    found = result(text, profile(channels={"energy": {"kind": "interval"}}), b"yield_2025.csv")
    assert found.metrics.total_energy_kwh == 52 * 10 + 52 * 53 / 2
    assert (found.metrics.period.start or "")[:10] == "2024-12-30"  # the Monday of the first week


def test_weeks_beside_dates_are_no_times() -> None:
    rows = "".join(f"{at // 24},2025-03-01 {at % 24:02}:00,{at}\n" for at in range(10, 20))
    assert result(f"week,date,PV power (W)\n{rows}").records_processed == 10


def test_weeks_that_begin_again_are_of_several_years() -> None:
    rows = "".join(f"{week},{week}\n" for week in (51, 52, 1, 2))
    assert rejection(f"week,energy (kWh)\n{rows}", name=b"yield_2025.csv").code == "missing_columns"


@pytest.mark.parametrize(
    ("names", "row"),
    [
        ("Date,Hour,PV energy (kWh)", "2025-10-{day},{hour},0.{p}"),
        ("Datum;Stunde;PV-Energie (kWh)", "{day}.10.2025;{hour:02}:00;0,{p}"),
        ("Date,Hour,PV energy (kWh)", "10/{day}/2025,HE{hour:02},0.{p}"),
        ("Time;PV energy (kWh)", "2025-10-{day} {hour:02};0.{p}"),
    ],
)
def test_the_hour_25_of_a_day_in_autumn_needs_a_time_zone(names: str, row: str) -> None:
    hours = [(day, hour) for day in (25, 26, 27) for hour in range(1, 26 if day == 26 else 25)]
    text = "\n".join(
        [names, *(row.format(day=day, hour=hour, p=6 - hour % 2 * 2) for day, hour in hours), ""]
    )
    found = rejection(text)
    assert "has an hour more, in autumn: in which time zone?" in found.message
    (way,) = [one for one in found.candidates or [] if one.label.startswith("Europe/Berlin")]
    read = result(text, chosen(way))
    assert (read.records_processed, read.records_invalid) == (73, 0)
    assert read.metrics.total_energy_kwh == pytest.approx(36.4)


@pytest.mark.parametrize("zone", ["", "Europe/Berlin"])
@pytest.mark.parametrize(
    ("names", "row"),
    [
        ("Date,PV energy (kWh)", "2025-10-{day:02},{kwh}"),
        ("Date;PV energy (kWh);Site", "2025-10-{day:02};{kwh};A"),
        ("Date,Max temp,PV energy (kWh)", "2025-10-{day:02},25,{kwh}"),
    ],
)
def test_a_number_of_25_beside_the_date_of_a_row_a_day_is_no_hour(names: str, row: str, zone: str) -> None:
    rows = [row.format(day=day, kwh=20 + day % 6) for day in range(1, 32)]
    channels = {"energy": {"kind": "interval"}}
    site = {"site": {"timezone": zone}} if zone else {}
    found = result("\n".join([names, *rows, ""]), profile(channels=channels, **site))
    assert found.metrics.total_energy_kwh == sum(20 + day % 6 for day in range(1, 32))


def test_hours_up_to_24_need_no_time_zone() -> None:
    rows = [f"2025-10-{day},{hour},0.{6 - hour % 2 * 2}\n" for day in (25, 26, 27) for hour in range(1, 25)]
    found = result("Date,Hour,PV energy (kWh)\n" + "".join(rows))
    assert found.metrics.total_energy_kwh == pytest.approx(36)


SHORT, LONG = "2025-03-30", "2025-10-26"
"""The clocks of Berlin leave out 02:00 on the one, and show it twice on the other."""


@pytest.fixture
def short_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the file go on after a block of two days already."""
    monkeypatch.setattr("processing.rewriting.completed_times._MANY_BYTES", 1 << 9)


def counted(days: list[date], row: str, first: int) -> str:
    """Return the hours of days, counted from a first number; the one from 13:00 on the clock has most."""
    lengths = {SHORT: 23, LONG: 25}
    return "".join(
        f"{row}\n".format(day=day, hour=at + first, kwh=2 if at == 13 + length - 24 else 1 - at % 2 / 2)
        for day in days
        for length in [lengths.get(f"{day}", 24)]
        for at in range(length)
    )


@pytest.mark.crossed
@pytest.mark.parametrize("change", [SHORT, LONG])
@pytest.mark.parametrize(
    ("names", "row", "first"),
    [
        ("Date,Hour,PV energy (kWh)", "{day},{hour},{kwh}", 1),
        ("Datum;Stunde;PV-Energie (kWh)", "{day:%d.%m.%Y};{hour};{kwh}", 0),
        ("Time;PV energy (kWh)", "{day:%Y%m%d} {hour:02}:00;{kwh}", 1),
        ("Site,Date,Hour,PV energy (kWh)", "A,{day},{hour},{kwh}", 1),
        ("Year;Month;Day;Hour;PV energy (kWh)", "{day.year};{day.month};{day.day};{hour};{kwh}", 1),
    ],
)
def test_counted_hours_of_a_day_on_which_clocks_change_need_a_time_zone(
    names: str, row: str, first: int, change: str
) -> None:
    middle = date.fromisoformat(change)
    days = [middle + timedelta(at) for at in (-1, 0, 1)]
    text = f"{names}\n{counted(days, row, first)}"
    (way,) = [one for one in rejection(text).candidates or [] if one.label.startswith("Europe/Berlin")]
    for read in (
        result(text, chosen(way)),
        result(f"{names}\n{counted([middle], row, first)}", profile(csv={"timezone": "Europe/Berlin"})),
    ):
        assert read.records_invalid == 0
        highest = [hour.start for hour in read.metrics.hours if hour.energy_kwh == 2 and change in hour.start]
        assert [start[11:13] for start in highest] == ["13"]


@pytest.mark.usefixtures("short_blocks")
@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("change", [SHORT, LONG])
def test_a_day_that_goes_on_in_the_next_block_has_the_hours_of_a_clock(change: str, first: int) -> None:
    days = [date.fromisoformat(change) + timedelta(at) for at in range(-3, 4)]
    rows = counted(days, "{day},{hour},{kwh}", first).encode().splitlines(keepends=True)
    (step,) = steps_of_counted_hours(b"".join(rows), "Europe/Berlin")
    whole = step(b"".join(rows))
    begin = rows.index(next(row for row in rows if row.startswith(change.encode())))
    for at in range(begin, begin + 23):
        for _ in range(2):  # the blocks of a file may be read again
            assert step(b"".join(rows[:at])) + step(b"".join(rows[at:])) == whole


@pytest.mark.usefixtures("short_blocks")
@pytest.mark.parametrize("day", ["2025-03-18", "2025-12-03", "2025-03-29"])
def test_a_day_that_only_looks_like_one_of_another_year_keeps_its_hours(day: str) -> None:
    days = [date.fromisoformat(day) + timedelta(at) for at in range(-3, 4)]
    rows = counted(days, "{day},{hour},{kwh}", 0).encode().splitlines(keepends=True)
    rows = [row for row in rows if b"2025-03-30" not in row]
    (step,) = steps_of_counted_hours(b"".join(rows), "Europe/Berlin")
    at = rows.index(next(row for row in rows if row.startswith(day.encode()))) + 12
    assert step(b"".join(rows[:at])) + step(b"".join(rows[at:])) == b"".join(rows)


@pytest.mark.parametrize(
    "hours", [[1, 2, 3, *range(3, 25)], [*range(1, 25)], [*range(1, 18)], [1, *range(3, 25)]]
)
def test_hours_that_a_clock_shows_need_no_time_zone(hours: list[int]) -> None:
    rows = [
        f"{day},{hour},1\n"
        for day in ("2025-10-25", LONG)
        for hour in (hours if day == LONG else range(1, 25))
    ]
    (step,) = steps_of_counted_hours("".join(rows).encode(), "Europe/Berlin")
    assert step("".join(rows).encode()).decode() == "".join(rows)
    (step,) = steps_of_counted_hours("".join(rows).encode(), "")
    assert step("".join(rows).encode()).decode() == "".join(rows)


def test_numbers_of_quarters_of_an_hour_are_no_hours() -> None:
    rows = "".join(f"2025-10-25,{at},1\n" for at in range(1, 97)).encode()
    for step in steps_of_counted_hours(rows, ""):
        assert step(rows) == rows
