"""Files as a whole: which are rejected, and how often they are read."""

from __future__ import annotations

import gzip
import io
import math

import pytest

from processing import process
from processing.layout import header
from processing.model.profile import DEFAULT
from processing.model.result import Result
from processing.reading import block_reader, byte_source, reader
from tests.support.small_files import HEADER, PLAIN, ROWS, profile, rejection, result


def test_without_power_it_is_the_product_of_voltage_and_current() -> None:
    metrics = result("timestamp,voltage,current\n2025-01-15T12:00:00,24,5\n").metrics
    assert metrics.power.avg == 120.0
    assert metrics.total_energy_kwh == 0.01
    assert metrics.temperature.avg is None


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "empty_file"),
        ("\n \n", "empty_file"),
        (HEADER, "no_valid_rows"),
        (HEADER + "\n2025-01-15T12:00:00,50,5,35,127\n", "no_valid_rows"),
        ("a,b\n1,2\n", "missing_columns"),
        (HEADER.replace("current", "power"), "ambiguous_columns"),
        (bytes(range(256)) * 50, "not_text"),
        (b"\x89PNG\r\n\x1a\n" + bytes(1000), "not_text"),
        (b"\xff\xfe\x00\xd8" + PLAIN.encode("utf-16-le"), "not_text"),
        (gzip.compress(PLAIN.encode()), "not_text"),
        (HEADER + "\nx\ny\n" + ROWS[0], "malformed_csv"),
    ],
)
def test_a_file_without_a_header_or_a_valid_row_is_rejected(content: bytes | str, code: str) -> None:
    assert rejection(content).code == code


def test_a_file_of_many_blocks_is_read_as_one_of_few(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [f"2025-01-15T12:{at:02}:00,24.5,{at / 10},25,{2.45 * at:.3f}" for at in range(60)]
    whole = result("\n".join([HEADER, *rows]))
    monkeypatch.setattr(byte_source, "BLOCK", 100)
    monkeypatch.setattr(reader, "BLOCK", 100)
    assert result("\n".join([HEADER, *rows])) == whole
    assert whole.records_total == len(rows)


class CountedStream(io.BytesIO):
    """A file that counts how often it is read from its beginning."""

    reads = 1

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        self.reads += offset == 0 and whence == io.SEEK_SET
        return super().seek(offset, whence)


TIMES = [f"{day}/06/2025 {at // 6:02}:{at % 6}0" for day in (11, 12, 13) for at in range(144)]
"""Only the third day says which number is the day."""
ROWS_IN_OTHER_FORM = [f"{at},24,5,25,120" for at in TIMES]
IN_OTHER_FORMS = {
    "the default header with other times": [HEADER, *ROWS_IN_OTHER_FORM],
    "semicolons": [line.replace(",", ";") for line in (HEADER, *ROWS_IN_OTHER_FORM)],
    "a title above": ["Logger 5", HEADER, *ROWS_IN_OTHER_FORM],
    "many blanks": [line.replace(",", " " * 60) for line in (HEADER, *ROWS_IN_OTHER_FORM)],
    "lines in quotes": [f'"{line}"{" " * 100}' for line in (HEADER, *ROWS_IN_OTHER_FORM)],
    "NUL bytes first": ["\0" * 5_000 + HEADER, *ROWS_IN_OTHER_FORM],
}


@pytest.mark.parametrize("form", IN_OTHER_FORMS)
def test_a_small_file_is_read_once_whatever_its_form(form: str) -> None:
    stream = CountedStream("\n".join(IN_OTHER_FORMS[form]).encode())
    found = process(stream, DEFAULT, name=b"x.csv", processed_at="2026-01-01T00:00:00Z")
    assert isinstance(found, Result)
    assert found.records_total == len(TIMES)
    assert stream.reads == 1


@pytest.mark.parametrize("form", IN_OTHER_FORMS)
def test_a_file_of_many_blocks_is_read_whole_whatever_its_form(
    monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    content = "\n".join(IN_OTHER_FORMS[form])
    whole = result(content)
    monkeypatch.setattr(byte_source, "BLOCK", 6_000)
    monkeypatch.setattr(reader, "BLOCK", 6_000)
    assert result(content) == whole
    assert whole.records_total == len(TIMES)


def test_half_of_the_rows_may_be_broken_and_no_more() -> None:
    assert result("\n".join([HEADER, ROWS[0], "x"])).records_invalid == 1
    found = rejection("\n".join([HEADER, ROWS[0], "x", "y"]))
    assert (found.code, found.line) == ("malformed_csv", 3)


def test_rows_out_of_range_never_make_a_file_malformed() -> None:
    bad = [row.replace(",24.5,", ",50,") for row in ROWS]
    text = "\n".join([HEADER, *bad, "2025-01-15T13:00:00,24,5,35,120"])
    assert result(text, profile(channels={"voltage": {"max": 32}})).records_processed == 1
    assert rejection(text).code == "outside_limits", "no profile sets these limits"


@pytest.mark.parametrize(("name", "row"), [("Pac", "4.5"), ("PV power", "0.2")])
def test_a_low_power_without_a_unit_may_be_in_kilowatts(name: str, row: str) -> None:
    text = f"time;{name}\n2025-01-15 12:00;{row}\n"
    found = rejection(text)
    assert (found.code, found.column) == ("unknown_unit", "power")
    assert found.message.endswith('1: channels.power.unit = "kW"; or 2: channels.power.unit = "W"')
    assert result(text, profile(channels={"power": {"unit": "kW"}})).metrics.peak_power_w == float(row) * 1000
    assert result(text.replace(name, f"{name} (W)")).metrics.peak_power_w == float(row)


def test_a_power_that_the_default_panel_would_never_have_by_day_may_be_in_kilowatts() -> None:
    text = "PeriodEnd,Power\n2025-01-15 12:00,0.47\n2025-01-15 12:30,0.45\n"
    ways = {one.label: one.toml for one in rejection(text).candidates or ()}
    assert [*ways] == ["kW", "W"]
    kilowatts = profile(channels={"power": {"unit": "kW", "limits": "unknown"}})
    assert ways["kW"] == ['channels.power.unit = "kW"', 'channels.power.limits = "unknown"']
    assert result(text, kilowatts).metrics.total_energy_kwh == 0.46
    assert result(text.replace("0.4", "8.4")).metrics.peak_power_w == 8.47


@pytest.mark.parametrize("row", ["248.125", "99.5"])
def test_a_power_with_three_decimals_may_be_in_kilowatts_up_to_a_thousand(row: str) -> None:
    text = f"time,Pac\n2025-06-10 12:00,{row}\n2025-06-10 12:30,{row}\n"
    assert [one.label for one in rejection(text).candidates or ()] == ["W", "kW"]
    assert result(text.replace(row, "248.12")).metrics.peak_power_w == 248.12
    assert result(text.replace(row, "1248.125")).metrics.peak_power_w == 1248.125


def test_a_power_that_the_default_panel_would_never_have_in_a_whole_day_may_be_in_kilowatts() -> None:
    text = "time,power\n" + "".join(f"2025-01-15 {hour:02}:00,{hour ^ 1}\n" for hour in range(24))
    assert [one.label for one in rejection(text).candidates or ()] == ["kW", "W"]
    assert result(text.replace(",23\n", ",25\n")).metrics.peak_power_w == 25
    assert result("\n".join(text.splitlines()[:23])).metrics.peak_power_w == 21


@pytest.mark.parametrize("name", ["power_generation", "Pac", "PV power"])
def test_a_low_power_without_a_unit_of_each_day_may_be_its_energy(name: str) -> None:
    text = f"date,{name}\n2025-01-15,15.8\n2025-01-16,19.9\n2025-01-18,4.3\n"
    labels = [one.toml for one in rejection(text).candidates]
    energy = [f'channels.energy.column = "{name}"', 'channels.energy.unit = "kWh"']
    assert (len(labels), energy in labels) == (4, True)
    kwh = result(text, profile(channels={"energy": {"column": name, "unit": "kWh"}}))
    assert kwh.metrics.total_energy_kwh == 40.0


def test_titles_directly_above_the_header_of_a_section_are_no_rows() -> None:
    rows = [f"2025-06-{day} {hour:02}:00,{hour}" for day in (10, 11) for hour in range(24)]
    header, title = "Time,Power (W)", "Report of a day"
    text = "\n".join([title, header, *rows[:24], "", title, "", header, *rows[24:], ""])
    assert (result(text).records_total, result(text).records_invalid) == (48, 0)
    assert result(text.replace(f"\n{title}\n\n", f"\n{title},\n\n")).records_invalid == 1


def test_a_file_without_a_header_has_no_sections(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["time", "voltage", "current"]
    rows = [f"2025-06-10T12:0{minute}:00,24,5\n" for minute in range(6)]
    content = "".join([*rows[:3], "time,voltage,current\n", *rows[3:]])
    headers = []
    monkeypatch.setattr(header, "may_be_header", headers.append)
    found = result(content, profile(csv={"header": False, "columns": names}))
    assert (found.records_processed, found.records_invalid) == (6, 1)
    assert headers == []


@pytest.mark.parametrize(("most", "examined"), [(5, ["a,b", "c,d", "e,f"]), (2, ["a,b", "c,d"])])
def test_lines_of_names_are_examined_once_and_not_without_end(
    monkeypatch: pytest.MonkeyPatch, most: int, examined: list[str]
) -> None:
    lines = [
        "time,power",
        *(f"2025-06-10T12:0{minute}:00,24" for minute in range(9)),
        "a,b",
        "c,d",
        "a,b",
        "e,f",
    ]
    seen = []

    def may_be_header(raw: bytes, _profile: object) -> bool:
        seen.append(raw.decode())
        return False

    monkeypatch.setattr(header, "may_be_header", may_be_header)
    monkeypatch.setattr(block_reader, "_MAX_NAMES", most)
    assert result("\n".join([*lines, ""])).records_invalid == 3, "the repeat is a duplicate"
    assert seen == examined


@pytest.mark.parametrize("row", ["2025-06-10 12:00,", "2025-06-10 12:00, ", "2025-06-10 12:00,--"])
def test_a_file_of_one_row_without_a_reading_is_refused(row: str) -> None:
    assert rejection(f"time,power\n{row}\n").code == "no_readings"


def sections(layouts: str) -> str:
    """Return a file with a section for each letter: with power before temperature (P), or the reverse."""
    lines = []
    for at, first in enumerate(layouts):
        cells = ("PV power (W)", "1000") if first == "P" else ("Temp", "20")
        others = ("Temp", "20") if first == "P" else ("PV power (W)", "1000")
        lines += [f"time,{cells[0]},{others[0]}", f"2025-06-10 {at:02}:00,{cells[1]},{others[1]}"]
    return "\n".join([*lines, ""])


def test_a_section_whose_dates_are_ambiguous_has_the_format_of_the_one_above() -> None:
    rows = [f"{date} {hour}:00,1000" for date in ("12/06/2025", "13/06/2025") for hour in range(10, 14)]
    later = [f"01/07/2025 {hour}:00,1000,20" for hour in range(10, 14)]
    found = result("\n".join(["time,PV power (W)", *rows, "time,PV power (W),Temp", *later, ""]))
    assert (found.records_processed, found.metrics.period.end) == (12, "2025-07-01T13:00")


def test_a_section_below_many_others_is_not_read_as_one_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block_reader, "_MAX_HEADERS", 3)
    assert result(sections("PPPPPPPP")).metrics.total_energy_kwh == 8, "a header that is repeated"
    assert result(sections("PTPT")).metrics.total_energy_kwh == 4
    assert (
        rejection(sections("PPPPPPTT")).message
        == "line 13 may begin another section, after 3 of them; split the file"
    )


def test_a_header_below_many_lines_of_text_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block_reader, "_MAX_NAMES", 2)
    rows = sections("PPPP").splitlines()
    texts = [f"event {at},{word}" for at, word in enumerate(["on", "off", "on", "off"])]
    found = result("\n".join([rows[0], *rows[1::2], *texts, *sections("PPPPT").splitlines()[-2:], ""]))
    assert (found.metrics.total_energy_kwh, found.records_invalid) == (5, 4)


SPRING, AUTUMN = {"2025-03-30": -1}, {"2025-10-26": 1}


def _numbered(dates: list[str], changes: dict[str, int], per_hour: int = 2) -> str:
    """Return days of numbered steps; the power is highest at 13 h on clocks."""
    rows = []
    for day in dates:
        more = changes.get(day, 0)
        for number in range((24 + more) * per_hour):
            hour = number / per_hour - (more if number >= 3 * per_hour else 0)  # on clocks, later than 3 h
            power = max(0.0, math.cos(math.pi * (hour - 13.25) / 12))
            rows.append(f"{day},{number + 1},{power:.4f}")
    name = "Settlement Period" if per_hour == 2 else "Quarter"
    return "\n".join([f"Settlement Date,{name},Generation (kW)", *rows, ""])


DAYS = [
    (["2025-03-30"], SPRING),
    (["2025-03-29", "2025-03-30", "2025-03-31"], SPRING),
    (["2025-10-26"], AUTUMN),
    (["2025-10-26", "2025-10-27"], AUTUMN),
    (["2025-10-25", "2025-10-26"], AUTUMN),
]


@pytest.mark.parametrize(("dates", "changes"), DAYS)
def test_the_zone_is_asked_for(dates: list[str], changes: dict[str, int]) -> None:
    found = rejection(_numbered(dates, changes))
    assert found.code == "ambiguous_time"
    assert "Europe/London" in [way.label.partition(":")[0] for way in found.candidates or ()]


@pytest.mark.parametrize(("dates", "changes"), DAYS)
def test_with_a_zone_all_rows_are_at_the_times_of_its_clocks(
    dates: list[str], changes: dict[str, int]
) -> None:
    read = result(_numbered(dates, changes), profile(csv={"timezone": "Europe/London"}))
    assert read.records_processed == read.records_total == 48 * len(dates) + 2 * sum(changes.values())
    highest = {hour.start[11:13] for hour in read.metrics.hours if hour.energy_kwh > 0.98}
    assert highest == {"13"}


@pytest.mark.parametrize("zone", ["Europe/London", None])
def test_days_of_24_hours_are_as_numbered(zone: str | None) -> None:
    dates = ["2025-06-10", "2025-06-11"]
    read = result(_numbered(dates, {}), profile(csv={"timezone": zone} if zone else {}))
    assert (read.records_processed, read.records_invalid) == (96, 0)
    assert str(read.metrics.peak_power_hour)[11:13] == "13"


def test_half_hours_after_the_48th_of_other_days_are_none() -> None:
    text = _numbered(["2025-06-10", "2025-06-11"], {"2025-06-10": 1})
    assert result(text).records_invalid == 2
