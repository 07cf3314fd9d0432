"""The times of a whole file."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from msgspec import UNSET

from tests.support.base_day import BY_POWER, written
from tests.support.checked_files import table_of
from tests.support.small_files import HEADER, chosen, profile, rejection, result

CLOCKS = written("time,power", "{clock},{p}")


def test_times_of_day_take_their_date_from_the_name_of_the_file() -> None:
    found = result(CLOCKS, name=b"roof/panel_2025-06-10.csv")
    assert found.metrics.total_energy_kwh == BY_POWER
    assert found.metrics.period.start == "2025-06-10T12:00:00"


@pytest.mark.parametrize("name", [b"panel.csv", b"2025-06-10_to_2025-06-11.csv"])
def test_times_of_day_without_one_date_are_refused(name: bytes) -> None:
    assert rejection(CLOCKS, name=name).code == "ambiguous_time"


@pytest.mark.parametrize(
    ("name", "order", "start"),
    [
        (b"log_250614.csv", "ymd", "2025-06-14"),
        (b"roof/140625.csv", "dmy", "2025-06-14"),
        (b"PV 06-07-2025.csv", "mdy", "2025-06-07"),
    ],
)
def test_the_orders_of_a_date_in_the_name_are_offered(name: bytes, order: str, start: str) -> None:
    found = rejection(CLOCKS, name=name)
    assert "the name of the file has several possible dates for them" in found.message
    (way,) = [one for one in found.candidates or [] if one.toml == [f'csv.name_date = "{order}"']]
    assert f"from {start}" in way.consequence
    assert result(CLOCKS, chosen(way), name).quality.period.start == f"{start}T12:00:00"


@pytest.mark.parametrize("step", [5, 7, 11, 97])
def test_times_of_day_in_no_order_are_refused_also_with_a_date_in_the_name(step: int) -> None:
    shuffled = [(step * at * at + 131 * at) % 288 for at in range(288)]
    rows = "".join(f"{at // 12:02}:{at % 12 * 5:02},{100 + at}\n" for at in shuffled)
    found = rejection("time,Pac (W)\n" + rows, name=b"roof_2025-06-10.csv")
    assert found.code == "ambiguous_time"
    assert found.message.startswith("the timestamps are times of day in no order")


@pytest.mark.parametrize("hours", [range(9, 16), range(15, 8, -1), range(8, 18, 2), range(21, -1, -3)])
def test_few_times_of_day_below_the_date_of_each_day_are_read(hours: range) -> None:
    """Five days of some hours each: 100 W at one o'clock, 200 W at two, and so on."""
    days = ("".join(f"{at:02}:00,{100 * at}\n" for at in hours) for _ in range(5))
    rows = "".join(f"2025-06-{10 + at}\n{day}" for at, day in enumerate(days))
    found = result("time,PV power (W)\n" + rows)
    assert found.records_processed == 5 * len(hours)
    assert found.quality.period.end.startswith("2025-06-14")


@pytest.mark.parametrize("order", ["as written", "newest first", "two devices", "evenings first"])
def test_times_of_day_in_some_order_take_the_date_in_the_name(order: str) -> None:
    times = [*range(288)]
    if order == "newest first":
        times.reverse()
    if order == "evenings first":
        times = [*range(200, 288), *range(200)]
    labels = "AB" if order == "two devices" else "A"
    rows = "".join(f"{at // 12:02}:{at % 12 * 5:02},{one},12\n" for at in times for one in labels)
    used = profile(csv={"where": {"column": "plant", "is": "A"}})
    found = result("time,plant,Pac (W)\n" + rows, used, name=b"roof_2025-06-10.csv")
    assert (found.records_processed, found.metrics.total_energy_kwh) == (288, 0.288)


def days(line: str, *, header: str = "", row: str = "{clock},{p}", form: str = "%Y-%m-%d") -> str:
    """Return the rows of 10 and of 25 June, each below a line with its date, and a header."""
    lines = []
    for day in (10, 25):
        date = datetime(2025, 6, day).strftime(form)  # noqa: DTZ001 - of a wall clock
        lines.append(line.format(date) + "\n" + written(header, row).lstrip("\n"))
    return "".join(lines)


DATED = {
    "with each header": days("Date: {}", header="time,power"),
    "comments": "time,power\n" + days("#Date,{}"),
    "bare": "Time;Leistung (W)\n" + days("{}", row="{clock};{p}", form="%d.%m.%Y"),
    "cells": "time,power,x\n" + days("Date,{},", row="{clock},{p},1"),
    "quoted": "time\tpower\n" + days('"Fecha"\t"{}"', row="{clock}\t{p}", form="%d/%m/%Y"),
    "blanks": "time power_W\n" + days("Datum {}", row="{clock} {p}", form="%d.%m.%Y"),
}


@pytest.mark.parametrize("text", DATED.values(), ids=DATED)
def test_times_of_day_take_their_date_from_the_line_above_them(text: str) -> None:
    found = result(text)
    assert found.metrics.total_energy_kwh == pytest.approx(2 * BY_POWER, abs=2e-6)
    assert (found.records_processed, found.records_invalid) == (24, 0)
    assert (found.metrics.period.start, found.metrics.period.end) == (
        "2025-06-10T12:00:00",
        "2025-06-25T12:55:00",
    )


@pytest.mark.parametrize("name", [b"panel.csv", b"panel_2025-06-10.csv"])
def test_a_date_above_the_header_is_that_of_all_rows(name: bytes) -> None:
    text = "Roof\nDate: 2025-06-10\nExported: 2025-07-01\n" + CLOCKS + "00:05:00,7\n"
    assert result(text, name=name).metrics.period.end == "2025-06-11T00:05:00"


@pytest.mark.parametrize(
    ("line", "name"),
    [("Date: 2025-06-10", b"panel_2025-06-11.csv"), ("Date: 06/10/2025", b"x.csv"), ("10.06.", b"x.csv"),
     ("Exported: 2025-06-10", b"x.csv"), ("Date: 2025-06-31", b"x.csv")],
)  # fmt: skip
def test_a_date_that_is_contradicted_or_unclear_is_none(line: str, name: bytes) -> None:
    found = rejection(f"{line}\n{CLOCKS}", name=name)
    assert (found.code, "name it with" in found.message) == ("ambiguous_time", True)


def test_rows_above_the_first_date_have_the_date_of_the_name_or_none() -> None:
    text = CLOCKS + "Date: 2025-06-25\n" + CLOCKS.split("\n", 1)[1]
    assert rejection(text).code == "ambiguous_time"
    found = rejection(text, name=b"panel_2025-06-10.csv")
    assert "has another one" in found.message


def test_a_date_among_rows_with_dates_is_no_row() -> None:
    text = written("time,power", "{t},{p}") + "2025-06-11\n"
    assert result(text).records_invalid == 1


def test_naive_times_of_a_zone_are_known_in_utc_and_written_as_they_were() -> None:
    found = result(written("time,power", "{t},{p}"), profile(csv={"timezone": "Europe/Amsterdam"}))
    assert found.metrics.total_energy_kwh == BY_POWER
    assert found.metrics.period.start == "2025-06-10T12:00:00"


def test_times_that_mark_the_end_of_an_interval_are_moved_to_its_start() -> None:
    found = result(written("time,power", "{t},{p}"), profile(csv={"label": "end"}))
    assert found.metrics.period.start == "2025-06-10T11:55:00"
    assert found.metrics.total_energy_kwh == BY_POWER


HOURLY = {
    "datadis": ("CUPS;Fecha;Hora;Consumo_kWh", "ES1;{date:%d/%m/%Y};{end:02}:00;0,{h:02}0"),
    "date and hour": ("Date,Hour,Energy (kWh)", "{date:%Y-%m-%d},{end},0.{h:02}"),
    "parts": ("YEAR,MONTH,DAY,HOUR,Power (W)", "{date:%Y},{date.month},{date.day},{end},{h}0"),
    "parts and minutes": ("Year,DOY,Hour,Minute,Power (W)", "{date:%Y},{date:%j},{end},0,{h}0"),
    "iso": ("time,power (W)", "{date:%Y-%m-%d}T{end:02}:00:00+02:00,{h}0"),
    "default": (HEADER, "{date:%Y-%m-%d}T{end:02}:00:00,24,0.{h:02},25,{h}0"),
    "newest first": ("Zeit;Leistung (W)", "{date:%d.%m.%Y} {end:02}:00;{h}0"),
}

HUNDREDS = {
    "digits": ("output (kW),date,hour", "{h},{date:%Y%m%d},{h}00"),
    "iso": ("date;hour;output (kW)", "{date:%Y-%m-%d};{h}00;{h}"),
    "german": ("Datum;Stunde;output (kW)", "{date:%d.%m.%Y};{h:02}00;{h}"),
    "parts": ("year,month,day,hr,output (kW)", "{date:%Y},{date.month},{date.day},{h}00,{h}"),
}


@pytest.mark.parametrize(("header", "row"), HUNDREDS.values(), ids=HUNDREDS)
def test_hours_may_be_written_as_hundreds(header: str, row: str) -> None:
    """Their power is 0 to 23 kW, which is 276 kWh a day."""
    days = [datetime(2025, 6, 14), datetime(2025, 6, 15)]  # noqa: DTZ001 - of a wall clock
    rows = [row.format(date=day, h=hour) for day in days for hour in range(24)]
    text = "\n".join([header, *rows]) + "\n"
    found = result(text.replace(",000", ",0").replace(";000;", ";0;"))
    assert (found.records_processed, found.metrics.total_energy_kwh) == (48, pytest.approx(2 * 276))
    assert (found.metrics.period.end or "")[:16].replace(" ", "T") == "2025-06-15T23:00"


INTERVALS = profile(channels={"energy": {"kind": "interval"}, "power": {"max": 1e4}})


def hourly(header: str, row: str, hours: range) -> str:
    """Return rows from 14 June 2025 on: of 10 W, or 10 Wh, times the hour in which each begins."""
    dates = [datetime(2025, 6, 14 + at) for at in range(2)]  # noqa: DTZ001 - of a wall clock
    rows = [row.format(date=date, end=hour, h=hour - hours[0]) for date in dates for hour in hours]
    return "\n".join([header, *(rows[::-1] if header.startswith("Zeit") else rows)]) + "\n"


@pytest.mark.parametrize(("header", "row"), HOURLY.values(), ids=HOURLY)
def test_hours_from_1_to_24_are_the_ends_of_intervals(header: str, row: str) -> None:
    found = result(hourly(header, row, range(1, 25)), INTERVALS)
    assert (found.records_processed, found.records_invalid, found.profile.label) == (48, 0, "end")
    start, end = found.metrics.period.start or "", found.metrics.period.end or ""
    assert (start[:10], start[11:16], end[:10], end[11:16]) == ("2025-06-14", "00:00", "2025-06-15", "23:00")
    assert found.metrics.total_energy_kwh == pytest.approx(2 * sum(range(24)) / 100)
    assert (found.metrics.peak_power_hour or "")[11:13] == "23"


@pytest.mark.parametrize(("header", "row"), HOURLY.values(), ids=HOURLY)
def test_hours_from_0_to_23_are_the_starts_of_intervals(header: str, row: str) -> None:
    found = result(hourly(header, row, range(24)), INTERVALS)
    assert (found.records_processed, found.profile.label) == (48, UNSET)
    assert (found.metrics.period.start or "")[11:16] == "00:00"


def test_hours_from_1_to_23_are_asked_for() -> None:
    header, row = HOURLY["parts"]
    found = rejection(hourly(header, row, range(1, 24)), INTERVALS)
    assert [(one.toml, one.label[:9]) for one in found.candidates] == [
        (['csv.label = "start"'], "the first"), (['csv.label = "end"'], "the last "),
    ]  # fmt: skip
    assert result(hourly(header, row, range(2, 24)), INTERVALS).profile.label is UNSET


ENDS = {
    "iso": ("Interval End,Energy (kWh)", "{end:%Y-%m-%d %H:%M},0.{h:02}"),
    "date and time": ("Date;Hour Ending;Energy (kWh)", "{end:%d.%m.%Y};{end:%H:%M};0.{h:02}"),
    "camel case": ("powerW,PeriodEnd", "{h}0,{end:%Y-%m-%dT%H:%M:%SZ}"),
    "german": ("Intervall Ende;Leistung (W)", "{end:%d.%m.%Y %H:%M};{h}0"),
    "french": ("Heure de fin;Puissance (W)", "{end:%Y-%m-%d %H:%M:%S};{h}0"),
    "hours": ("Timestamp (Hour Ending);Net generation (kWh)", "{end:%m/%d/%Y %I %p};0.{h:02}"),
    "both": ("Start,End,Power (W)", "{start:%Y-%m-%d %H:%M},{end:%Y-%m-%d %H:%M},{h}0"),
}  # fmt: skip


@pytest.mark.parametrize(("header", "row"), ENDS.values(), ids=ENDS)
def test_a_column_named_like_the_end_of_intervals_has_their_ends(header: str, row: str) -> None:
    starts = [datetime(2025, 6, 14) + timedelta(hours=at) for at in range(48)]  # noqa: DTZ001 - of a wall clock
    rows = [row.format(start=one, end=one + timedelta(hours=1), h=one.hour) for one in starts]
    found = result("\n".join([header, *rows]) + "\n", INTERVALS)
    assert found.profile.label == ("end" if header != "Start,End,Power (W)" else UNSET)
    assert (found.metrics.period.start or "")[11:16] == "00:00"
    assert (found.metrics.peak_power_hour or "")[11:13] == "23"
    assert found.metrics.total_energy_kwh == pytest.approx(2 * sum(range(24)) / 100)


@pytest.mark.parametrize(
    ("name", "hours"),
    [("Weekend", 1), ("End device time", 1), ("Sample time", 1), ("Day ending", 24), ("End of day", 1)],
)
def test_other_names_and_dates_have_no_ends_of_intervals(name: str, hours: int) -> None:
    starts = [datetime(2025, 6, 14) + timedelta(hours=hours * at) for at in range(24)]  # noqa: DTZ001
    form = "%Y-%m-%d" if hours > 1 else "%Y-%m-%d %H:%M"
    rows = "".join(f"{one.strftime(form)},0.{one.hour + 10}\n" for one in starts)
    found = result(f"{name},Energy (kWh)\n{rows}", INTERVALS)
    assert (found.profile.label, (found.metrics.period.start or "")[:10]) == (UNSET, "2025-06-14")


@pytest.mark.parametrize("header", ["Interval end,Meter (kWh)", "Date,Hour,Meter (kWh)"])
def test_a_meter_was_read_at_the_end_of_an_interval(header: str) -> None:
    """Between 12:00 and 13:00 the meter counts 5 kWh, in every other hour 1 kWh."""
    rows = [
        f"2025-06-14{' ' if header.startswith('I') else ','}{hour:02}:00,{9000 + hour + 4 * (hour > 12)}\n"
        for hour in range(1, 25)
    ]
    found = result("".join([f"{header}\n", *rows]), profile())
    assert found.metrics.total_energy_kwh == pytest.approx(22 * 1 + 5)
    assert (found.metrics.peak_power_hour, found.profile.label) == ("2025-06-14 12:00", UNSET)
    assert (found.metrics.period.start, found.metrics.period.end) == ("2025-06-14 01:00", "2025-06-15 00:00")


@pytest.mark.parametrize("clocks", [["23:45", "24:00", "00:15"], ["23:50", "24:00", "00:10", "00:20"]])
def test_midnight_may_be_written_as_24_00_in_a_short_file(clocks: list[str]) -> None:
    rows = "".join(f"2025-06-{14 + (clock < '12')} {clock},{300 + at}\n" for at, clock in enumerate(clocks))
    found = result(f"time,power (W)\n{rows}")
    assert (found.records_processed, found.profile.label) == (len(clocks), "end")


def test_times_of_day_to_24_00_stay_on_the_date_of_the_name() -> None:
    rows = "".join(f"{hour:02}:00,{hour}0\n" for hour in range(1, 25))
    found = result(f"time,power (W)\n{rows}", name=b"roof_2025-06-14.csv")
    assert (found.metrics.period.start, found.metrics.period.end) == ("2025-06-14T00:00", "2025-06-14T23:00")


@pytest.mark.parametrize(
    "clocks",
    [
        [f"{hour:02}:00" for hour in range(25)],
        ["06:03", "07:41", "09:00", "11:37", "15:02", "20:00", "24:00"],
        ["21:00", "22:00", "23:00", "24:00", "00:00"],
        ["21:00", "22:00", "23:00", "24:01"],
    ],
    ids=["both midnights", "uneven", "midnight twice", "no time"],
)
def test_24_00_alone_makes_no_end_of_an_interval(clocks: list[str]) -> None:
    rows = "".join(f"2025-06-14 {clock},{300 + (at ^ 1)}\n" for at, clock in enumerate(clocks))
    found = result(f"time,power (W)\n{rows}", profile(channels={"power": {"unit": "W"}}))
    assert found.profile.label is UNSET
    assert found.records_processed >= len(clocks) - 1


def test_a_profile_says_what_hours_from_1_to_24_mark() -> None:
    header, row = HOURLY["parts"]
    found = result(hourly(header, row, range(1, 25)), profile(csv={"label": "start"}))
    assert (found.metrics.period.start, found.profile.label) == ("2025-06-14T01:00", UNSET)


@pytest.mark.parametrize(
    ("day", "start", "hours"),
    [("2025-03-30", "2025-03-30T00:00", 23), ("2025-10-26", "2025-10-26T00:00", 25)],
)
def test_24_00_is_the_midnight_of_a_zone_where_the_clock_changes(day: str, start: str, hours: int) -> None:
    clocks = [hour for hour in range(1, 25) if hours > 24 or hour != 2]
    clocks = sorted([*clocks, 2]) if hours > 24 else clocks
    rows = "".join(f"{day},{hour},1{at:02}\n" for at, hour in enumerate(clocks))
    found = result(f"Date,Hour,power (W)\n{rows}", profile(csv={"timezone": "Europe/Madrid"}))
    assert (found.profile.label, found.metrics.period.start) == ("end", start)
    assert found.metrics.period.end == f"{day}T23:00"
    assert found.records_processed == hours


def autumn(minutes: int, *, level: float) -> list[str]:
    """Return the rows of the 25 hours of 26 October 2025 in Amsterdam, in local time: of 300 W and a ramp."""
    rows = []
    for at in range(25 * 60 // minutes):
        moment = datetime(2025, 10, 26) + timedelta(minutes=at * minutes)  # noqa: DTZ001 - of a wall clock
        local = moment - timedelta(hours=moment.hour >= 3 or moment.day > 26)
        rows.append(f"{local:%Y-%m-%d %H:%M:%S},{300 + level * at:.1f}")
    return rows


@pytest.mark.crossed
@pytest.mark.parametrize("section", ["csv", "site"])
@pytest.mark.parametrize("minutes", [5, 15, 30, 60])
@pytest.mark.parametrize("level", [0.0, 0.5])
@pytest.mark.parametrize("order", [1, -1])
def test_the_hour_that_comes_twice_counts_twice(section: str, minutes: int, level: float, order: int) -> None:
    rows = autumn(minutes, level=level)
    content = "\n".join(["time,PV power (W)", *rows[::order]])
    found = result(content, profile(**{section: {"timezone": "Europe/Amsterdam"}}))
    count = len(rows)
    assert (found.records_processed, found.records_duplicate) == (count, 0)
    whole = sum(300 + level * at for at in range(count)) * minutes / 60_000
    assert found.metrics.total_energy_kwh == pytest.approx(whole, abs=1e-4)


@pytest.mark.parametrize("level", [0.0, 0.5])
def test_a_zone_is_asked_for_if_an_hour_comes_twice(level: float) -> None:
    """Both hours may be equal, of 300 W."""
    found = rejection("\n".join(["time,PV power (W)", *autumn(5, level=level)]))
    assert (found.code, "Europe/Berlin" in found.message) == ("ambiguous_time", True)


@pytest.mark.parametrize("name", ["PV power (W)", "meter reading (kWh)"])
def test_without_a_zone_an_hour_that_comes_twice_is_dropped_and_said_if_it_has_no_energy(name: str) -> None:
    rows = [row.partition(",")[0] for row in autumn(5, level=0.0)]
    readings = [0 if at < 100 else at for at in range(len(rows))]
    counter = profile(channels={"energy": {"kind": "counter"}})
    found = result("\n".join([f"time,{name}", *map("{},{}".format, rows, readings)]), counter)
    assert found.records_processed == 288
    assert "duplicate" in found.anomalies_by_check


@pytest.mark.parametrize(
    ("again", "length", "zone"),
    [
        ("2025-04-05 23:00", 60, "America/Santiago"),
        ("2025-10-30 23:00", 60, "Africa/Cairo"),
        ("2025-04-06 01:30", 30, "Australia/Lord_Howe"),
        ("2025-10-26 00:00", 60, "Atlantic/Azores"),
        ("2025-11-02 01:00", 60, "America/Denver"),
        ("2025-10-25 02:00", 60, None),
        ("2025-10-26 02:30", 30, None),
    ],
)
def test_clocks_go_back_as_those_of_a_time_zone_do(again: str, length: int, zone: str | None) -> None:
    """Rows of half an hour, of 300 W and more, from ten hours before to ten hours after."""
    moment = datetime.fromisoformat(again)
    before = [moment + timedelta(minutes=length + at) for at in range(-600, 0, 30)]
    times = [*before, *(moment + timedelta(minutes=at) for at in range(0, 600, 30))]
    text = "\n".join(
        ["time,PV power (W)", *(f"{time:%Y-%m-%d %H:%M},{300 + at}" for at, time in enumerate(times))]
    )
    if zone is None:
        assert "conflict" in result(text).anomalies_by_check
        return
    assert zone in rejection(text).message
    found = result(text, profile(csv={"timezone": zone}))
    assert found.records_processed == len(times)


@pytest.mark.crossed
@pytest.mark.parametrize("step", [5, 15, 60])
@pytest.mark.parametrize("date", ["06/14/2025 ", "2025-06-14 ", "14.06.2025 "])
def test_a_clock_of_twelve_hours_without_am_and_pm_is_refused(step: int, date: str) -> None:
    times = [(minute // 60 - 1) % 12 * 60 + 60 + minute % 60 for minute in range(8 * 60, 17 * 60, step)]
    rows = [f"{date}{minute // 60:02}:{minute % 60:02},{at}.5\n" for at, minute in enumerate(times)]
    found = rejection(f"time,power (W)\n{''.join(rows)}".encode())
    assert found.code == "ambiguous_time"
    assert "12 hours without AM and PM" in found.message
    (way,) = found.candidates or ()
    assert way.label == "the order of the rows says which times are after noon"
    read = result(f"time,power (W)\n{''.join(rows)}", chosen(way))
    assert read.records_processed == len(times)
    assert (read.metrics.period.end or "")[11:13] == "16"


@pytest.mark.parametrize(("begin", "end"), [(0, 48), (15, 34), (13, 60), (0, 37)])
def test_days_of_a_clock_of_twelve_hours_are_read_by_the_order_of_their_rows(begin: int, end: int) -> None:
    hours = [
        datetime(2025, 6, 14, tzinfo=UTC) + timedelta(minutes=30 * at) for at in range(2 * begin, 2 * end)
    ]
    rows = "".join(f"{hour:%d.%m.%Y %I:%M};{at}\n" for at, hour in enumerate(hours))
    (way,) = rejection(text := f"Zeit;Leistung (W)\n{rows}").candidates or ()
    found = result(text, chosen(way))
    assert found.records_processed == len(hours)
    assert (found.metrics.period.start, found.metrics.period.end) == (
        f"{hours[0]:%Y-%m-%dT%H:%M}",
        f"{hours[-1]:%Y-%m-%dT%H:%M}",
    )


def test_rows_without_order_of_a_clock_of_twelve_hours_cannot_be_read() -> None:
    clocks = ["10:00", "11:00", "12:00", "01:00", "02:00", "12:00", "01:00", "02:00"]
    found = rejection("time,power (W)\n" + "".join(f"2025-06-14 {clock},5.5\n" for clock in clocks))
    assert "12 hours without AM and PM" in found.message
    assert not found.candidates


def test_hours_up_to_23_with_am_and_pm_are_those_of_a_day() -> None:
    rows = "".join(f"6/13/2025,{at}:00:00 {'AP'[at > 11]}M,{at}0\n" for at in range(24))
    found = result(f"Date,Time,Power (W)\n{rows}")
    assert (found.records_processed, found.metrics.total_energy_kwh) == (24, pytest.approx(2.76))
    assert found.metrics.period.end == "2025-06-13T23:00:00"


@pytest.mark.parametrize(
    ("midnight", "noon"), [("12 PM", "AM"), ("12 AM", "AM"), ("0 AM", "AM"), ("12 AM", "PM")]
)
def test_noon_that_is_written_as_12_am_is_read_by_the_order_of_rows(midnight: str, noon: str) -> None:
    hours = [
        midnight,
        *(f"{at} AM" for at in range(1, 12)),
        f"12 {noon}",
        *(f"{at} PM" for at in range(1, 12)),
    ]
    rows = [
        f"{day}.06.2025 {hour.replace(' ', ':00 ')},{at}" for day in (14, 15) for at, hour in enumerate(hours)
    ]
    table = table_of("\n".join(["time,power (W)", *rows, ""]).encode())
    assert (table.time // 3_600_000_000 % 24).tolist() == [*range(24), *range(24)]


def test_noon_that_is_written_as_12_am_is_refused_if_another_day_shows_no_noon() -> None:
    times = ("14.06.2025 11:00 AM", "14.06.2025 12:00 AM", "14.06.2025 1:00 PM", "15.06.2025 2:00 AM")
    text = "\n".join(["time,power (W)", *(f"{time},5" for time in times), ""])
    assert rejection(text).message.startswith("noon is written as 12 AM")


def test_rows_out_of_order_before_one_o_clock_are_no_clock_of_twelve_hours() -> None:
    hours = [12, 1, 5, 2, 11, 3, 12, 4]
    rows = [f"2025-06-14 {hour:02}:{at:02},{at}.5\n" for at, hour in enumerate(hours)]
    assert len(table_of(f"time,power (W)\n{''.join(rows)}".encode()).line) == 8
    night = [f"2025-06-14 {hour:02}:00,{hour}.5\n" for hour in (*range(12, 24), *range(12))]
    assert len(table_of(f"time,power (W)\n{''.join(night)}".encode()).line) == 24


@pytest.mark.parametrize("minutes", [15, 30, 60])
@pytest.mark.parametrize("separator", ["T", " "])
def test_ends_of_intervals_are_no_offsets(minutes: int, separator: str) -> None:
    starts = range(6 * 60, 20 * 60, minutes)
    cells = [
        f"2025-06-14{separator}{at // 60:02}:{at % 60:02}-{(at + minutes) // 60:02}:{(at + minutes) % 60:02}"
        for at in starts
    ]
    rows = [f"{cell},24.{at},1.5,20.0,37\n" for at, cell in enumerate(cells)]
    found = rejection(f"timestamp,voltage,current,temperature,power\n{''.join(rows)}".encode())
    assert found.code == "ambiguous_time"
    assert f'csv.time_format = "%Y-%m-%d{separator}%H:%M-%H:%M"' in found.message


def test_the_offsets_of_a_year_are_no_intervals() -> None:
    rows = [f"2025-06-14T{hour:02}:00{zone},{hour}.5\n" for hour in range(4) for zone in ("+01:00", "+02:00")]
    assert len(table_of(f"time,power (W)\n{''.join(rows)}".encode()).line) == 8


def test_seconds_and_milliseconds_in_one_file_are_rejected() -> None:
    times = [
        *range(1_748_736_000, 1_748_746_800, 3600),
        *range(1_748_746_800_000, 1_748_757_600_000, 3_600_000),
    ]
    found = rejection("time,power (W)\n" + "".join(f"{one},{one % 7}\n" for one in times))
    assert found.code == "ambiguous_time"
    assert "line 2 in seconds and others in milliseconds" in found.message


def test_hours_that_are_written_with_the_next_one_are_read() -> None:
    rows = [f"14.06.2025;{at} - {at + 1} Uhr;1,{at % 2}" for at in range(24)]
    found = result("\n".join(("Datum;Stunde;Energie (kWh)", *rows, "")))
    assert (found.metrics.total_energy_kwh, found.metrics.period.end) == (25.2, "2025-06-14T23:00")


def with_autumn(zone: str, start: datetime, minutes: int, days: int = 1) -> str:
    """Return a file of local times without an offset, with 1 to 7 kW."""
    times = [start + timedelta(minutes=minutes * at) for at in range(days * 1500 // minutes)]
    local = (one.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)) for one in times)
    rows = (f"{one:%Y-%m-%d %H:%M},{1 + at % 7}" for at, one in enumerate(local))
    return "\n".join(["time,PV power (kW)", *rows, ""])


@pytest.mark.crossed
@pytest.mark.parametrize("minutes", [15, 60])
@pytest.mark.parametrize(
    ("zone", "start", "ways"),
    [
        ("Europe/Vienna", datetime(2025, 10, 25, 22), ["Europe/Berlin"]),  # noqa: DTZ001
        ("Europe/Dublin", datetime(2025, 10, 25, 23), ["Europe/London", "Asia/Jerusalem"]),  # noqa: DTZ001
        ("Australia/Melbourne", datetime(2025, 4, 5, 13), ["Australia/Sydney", "Pacific/Auckland"]),  # noqa: DTZ001
    ],
)
def test_the_zone_is_asked_for_if_an_hour_comes_twice(
    zone: str, start: datetime, ways: list[str], minutes: int
) -> None:
    content = with_autumn(zone, start, minutes)
    found = rejection(content).candidates or ()
    assert [way.label for way in found] == ways
    rows = 1500 // minutes
    read = result(content, profile(csv={"timezone": ways[0]}))
    expected = sum(1 + at % 7 for at in range(rows)) * minutes / 60
    assert (read.records_invalid, read.metrics.total_energy_kwh) == (0, pytest.approx(expected))


def test_an_hour_that_comes_twice_is_no_question_if_it_does_not_matter() -> None:
    start = datetime(2025, 10, 25, 22)  # noqa: DTZ001
    assert result(with_autumn("Europe/Vienna", start - timedelta(days=20), 60, days=250)).records_invalid == 1
    assert result(with_autumn("Europe/Vienna", start - timedelta(days=7), 60)).records_invalid == 0


@pytest.mark.parametrize(("name", "peak"), [("Hour", "12"), ("Hour Ending", "11"), ("Time", "12")])
@pytest.mark.parametrize("form", ["{:02} {}", "{}{}", "{} {}", "{}:00 {}"])
def test_hours_with_am_and_pm_are_times_of_day(name: str, peak: str, form: str) -> None:
    clocks = [form.format(at % 12 or 12, "AM" if at < 12 else "PM") for at in range(24)]
    rows = [
        f"06/{day}/2025,{clock},0.{12 - abs(at - 12):02}"
        for day in range(13, 16)
        for at, clock in enumerate(clocks)
    ]
    found = result("\n".join([f"Date,{name},kWh", *rows, ""])).metrics
    assert found.total_energy_kwh == pytest.approx(3 * 1.44)
    assert (found.peak_power_hour or "")[11:13] == peak
