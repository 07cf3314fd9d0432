from __future__ import annotations

import pytest

from processing.model.stamp import PLAIN, Form
from processing.times.time_formats import time_format
from processing.times.timestamps import timestamp

DAY = 86_400_000_000
HOUR = 3_600_000_000
NOON = 1_749_556_800_000_000
"""Noon of the tenth of June 2025: `date -u -d 2025-06-10T12:00 +%s`."""


@pytest.mark.parametrize(
    ("text", "time", "form"),
    [
        ("1970-01-01T00:00:01", 1_000_000, Form("T", 0, "")),
        ("1970-01-02 00:00", DAY, Form(" ", -1, "")),
        ("1970-01-01T01:00:00.5+01:00", 500_000, Form("T", 1, "+01:00")),
        ("1970-01-01T00:00:00,1234567Z", 123_456, Form("T", 7, "Z")),
        (" 1970-01-01T00:00:00\t", 0, PLAIN),
        ("1970-1-2 3:04:05", DAY + 3 * HOUR + 245_000_000, Form(" ", 0, "")),
        ("1970-1-1 0:0:5", 5_000_000, Form(" ", 0, "")),
        ("1970-01-01 02:00:00 +02:00", 0, Form(" ", 0, "+02:00")),
        ("1970-01-01 00:00:00 UTC", 0, Form(" ", 0, "Z")),
        ("1970-01-01 02:00:00 EET+0200", 0, Form(" ", 0, "+0200")),
        ("1970-01-01 05:30:00 GMT+5:30", 0, Form(" ", 0, "+05:30")),
        ("1970-01-01T00:00:00 UTC-01", HOUR, Form("T", 0, "-01")),
        ("1970-01-01T00:00:00GMT", 0, Form("T", 0, "Z")),
    ],
)
def test_a_timestamp_is_its_time_and_its_form(text: str, time: int, form: Form) -> None:
    assert timestamp(text) == (time, form)


@pytest.mark.parametrize(
    ("text", "time", "zone"),
    [
        ("1970-01-01T24:00", DAY, ""),
        ("1970-02-28 24:00:00", 59 * DAY, ""),
        ("1971-12-31T24:00:00.000+02:00", 730 * DAY - 2 * HOUR, "+02:00"),
    ],
)
def test_24_00_is_the_end_of_its_day(text: str, time: int, zone: str) -> None:
    found = timestamp(text)
    assert (found.time, found.form.zone, found.form.is_end_of_day) == (time, zone, True)


@pytest.mark.parametrize(
    "text", ["", "2025-02-30T06:00:00", "1969-12-31T23:59:59", "2101-01-01T00:00:00", "2025-01-15",
             "2025-01-15T24:01", "2025-01-15T24:00:00.5", "2025-01-15T25:00",
             "2025-01-15T06:60:00", "2025-01-15t06:00:00", "2025-01-15T06:00:00+24:00",
             "15.01.2025 06:00", " " * 60 + "x", "2025-01-15T06:00:00.1234567890", 5, None,
             "2025-01-15T06:00:00 IST", "2025-01-15T06:00:00  Z", "٢٠٢٥-01-15T06:00:00",
             "2025-13-01T06:00:00", "2025-00-01T06:00", "2025-01-15  06:00"],
)  # fmt: skip
def test_these_are_no_timestamps(text: object) -> None:
    assert timestamp(text) is None


@pytest.mark.parametrize(
    ("name", "text", "form"),
    [
        ("%d.%m.%Y %H:%M", "10.06.2025 12:00", Form("T", -1)),
        ("%d.%m.%Y %H:%M", "10.6.2025 12:00:00,0", Form("T", 1)),
        ("%d.%m.%y %H:%M:%S", "10.06.25 12:00:00", PLAIN),
        ("%Y/%m/%d %H:%M:%S", "2025/6/10 12:0:0", PLAIN),
        ("%d/%m/%Y %H:%M:%S.%f", "10/06/2025 12:00:00.000", Form("T", 3)),
        ("%m/%d/%Y %I:%M:%S %p", "06/10/2025 12:00:00 PM", PLAIN),
        ("%m/%d/%Y %I:%M %p", "6/10/2025 12:00\u202fp.m.", Form("T", -1)),
        ("%m/%d/%Y %I:%M %p", "06/10/2025 0:00 PM", Form("T", -1)),
        ("%Y%m%d-%H%M%S", "20250610-120000", PLAIN),
        ("%Y%m%d%H%M%S", "20250610120000", PLAIN),
        ("%Y%m%d%H%M%S", "20250610120000Z", Form("T", 0, "Z")),
        ("%d-%b-%Y %H:%M:%S", "10-Jun-2025 12:00:00", PLAIN),
        ("%d. %B %Y %H:%M", "10. juin 2025 12:00", Form("T", -1)),
        ("%b %d, %Y %I:%M:%S %p", "June 10, 2025 12:00:00 PM", PLAIN),
        ("%a %b %d %H:%M:%S %Y", "Tue Jun 10 12:00:00 2025", PLAIN),
        ("%d.%m.%Y %H:%M %z", "10.06.2025 14:00 +02:00", Form("T", -1, "+02:00")),
        ("%d.%m.%Y %H:%M", "10.06.2025 12:00 UTC", Form("T", -1, "Z")),
        ("%Y-%j %H:%M", "2025-161 12:00", Form("T", -1)),
        ("%H:%M:%S %d.%m.%Y", "12:00:00 10.06.2025", PLAIN),
        ("%G-W%V-%u %H:%M", "2025-W24-2 12:00", PLAIN),
        ("epoch", "1749556800", Form("T", 0, "Z")),
        ("epoch", "1749556800.00", Form("T", 2, "Z")),
        ("epoch_ms", "1749556800000", Form("T", 3, "Z")),
        ("epoch_us", "1749556800000000", Form("T", 6, "Z")),
        ("epoch_ns", "1749556800000000999", Form("T", 9, "Z")),
    ],
)
def test_noon_is_read_in_any_format(name: str, text: str, form: Form) -> None:
    assert timestamp(text, time_format(name)) == (NOON, form)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("%d.%m.%Y %H:%M", "30.02.2025 12:00"),
        ("%d.%m.%Y %H:%M", "10.13.2025 12:00"),
        ("%d.%m.%Y %H:%M", "10.06.25 12:00"),
        ("%d.%m.%Y %H:%M", "10.06.2025 12:00 PM"),
        ("%d.%m.%y %H:%M", "10.06.69 12:00"),
        ("%m/%d/%Y %I:%M %p", "06/10/2025 13:00 PM"),
        ("%m/%d/%Y %I:%M %p", "06/10/2025 13:30 AM"),
        ("%m/%d/%Y %I:%M %p", "06/10/2025 12:00"),
        ("%Y%m%d%H%M%S", "2025610120000"),
        ("%Y%m%d%H%M%S", "202506101200"),
        ("%d-%b-%Y %H:%M", "10-Jux-2025 12:00"),
        ("%Y-%j %H:%M", "2025-366 12:00"),
        ("%Y-%j %H:%M", "2025-000 12:00"),
        ("%G-W%V-%u %H:%M", "2025-W54-2 12:00"),
        ("%G-W%V-%u %H:%M", "٢025-W24-2 12:00"),
        ("epoch", "4133980800"),
        ("epoch", "-1"),
        ("epoch", "1e9"),
        ("epoch", ""),
        ("epoch_ms", "9" * 19),
    ],
)
def test_these_are_none_of_the_format(name: str, text: str) -> None:
    assert timestamp(text, time_format(name)) is None


def test_midnight_and_noon_of_a_clock_of_twelve_hours() -> None:
    clock = time_format("%I:%M %p")
    texts = ("12:05 AM", "1:05 am", "11:05 AM", "12:05 PM", "11:05 PM")
    found = [timestamp(text, clock) for text in texts]
    assert [one and one.time // HOUR for one in found] == [0, 1, 11, 12, 23]


def test_a_date_alone_is_its_midnight() -> None:
    assert timestamp("02.01.1970", time_format("%d.%m.%Y")) == (DAY, Form("T", -1))


@pytest.mark.parametrize(
    ("cell", "time"),
    [("5", "00:05"), ("45", "00:45"), ("105", "01:05"), ("1330", "13:30"), ("0000", "00:00"), ("0", "00:00"),
     ("165", None), ("2430", None), ("13305", None)],
)  # fmt: skip
def test_a_column_of_hours_and_minutes_may_lack_zeros(cell: str, time: str | None) -> None:
    wanted = timestamp(f"2025-06-10T{time}")
    for date, form in (("2025 161", "%Y %j"), ("10.6.2025", "%d.%m.%Y"), ("10-Jun-25", "%d-%b-%y")):
        found = timestamp(f"{date} {cell}", time_format(f"{form} %H%M"))
        assert (found and found.time) == (wanted and wanted.time)


@pytest.mark.parametrize(
    ("text", "name", "hours"),
    [
        ("02.01.1970 2A:00", "%d.%m.%Y %H:%M", 26),
        ("1970-01-02 02B:00", "iso", 26),
        ("1970-01-02 12A:00", "iso", None),
        ("1970-01-02 0-1", "%Y-%m-%d %H-%H", 24),
        ("1970-01-02 23 - 24 Uhr", "%Y-%m-%d %H - %H Uhr", 47),
        ("1970-01-02 23-00", "%Y-%m-%d %H-%H", 47),
        ("1970-01-02 00-15", "%Y-%m-%d %H-%H", None),
        ("02.01.1970 0,25", "%d.%m.%Y 0.%f", 30),
        ("02.01.1970 0", "%d.%m.%Y 0.%f", 24),
        ("02.01.1970 3", "%d.%m.%Y +30 minutes from 1", 25),
        ("02.01.1970 49", "%d.%m.%Y +30 minutes from 1", None),
        ("02.01.1970 0", "%d.%m.%Y +30 minutes from 1", None),
        ("1970 2 1440", "%Y %j +1 minutes", 48),
        ("1970-01-02 7200", "%Y-%m-%d +1 seconds", 26),
        ("1970-01-02 1,5", "%Y-%m-%d +1 hours", 25.5),
        ("02 września 1970 1:00", "%d %B %Y %H:%M", 245 * 24 - 23),
        ("02 października 1970", "%d %B %Y", 274 * 24),
    ],
)
def test_hours_may_be_written_in_other_ways(text: str, name: str, hours: float | None) -> None:
    found = timestamp(text, time_format(name))
    assert (None if found is None else found.time) == (None if hours is None else hours * HOUR)
