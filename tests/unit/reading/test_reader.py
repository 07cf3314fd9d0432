"""What the reader makes of bytes: dialects, broken rows, caps."""

from __future__ import annotations

import gzip
import hashlib
import io

import msgspec
import pytest

from processing import process
from processing.model.profile import DEFAULT, Caps, Profile
from processing.model.rejection import Rejection
from processing.model.result import Result
from processing.profiles import profiles_from
from processing.reading.reader import BYTES_PER_ROW

HEADER = "timestamp,voltage,current,temperature,power"
ROWS = [
    f"2025-01-15T12:{minute:02d}:00,24.5,{5 + minute / 10},35.25,{24.5 * (5 + minute / 10):.3f}"
    for minute in (0, 5, 10)
]
PLAIN = "\n".join([HEADER, *ROWS]) + "\n"


def judged(content: bytes | str, profile: Profile = DEFAULT, name: bytes = b"x.csv") -> Result | Rejection:
    data = content.encode() if isinstance(content, str) else content
    return process(io.BytesIO(data), profile, name=name, processed_at="2025-02-01T00:00:00Z")


def result(content: bytes | str, profile: Profile = DEFAULT, name: bytes = b"x.csv") -> Result:
    found = judged(content, profile, name)
    assert isinstance(found, Result), found
    return found


def rejection(content: bytes | str, profile: Profile = DEFAULT, name: bytes = b"x.csv") -> Rejection:
    found = judged(content, profile, name)
    assert isinstance(found, Rejection)
    return found


def profile(**tables: object) -> Profile:
    return profiles_from(tables).default


PLAIN_METRICS = result(PLAIN).metrics

SAME_DAY = {
    "no newline at the end": PLAIN[:-1],
    "byte order mark": b"\xef\xbb\xbf" + PLAIN.encode(),
    "UTF-16 with mark": PLAIN.encode("utf-16"),
    "big-endian UTF-16": b"\xfe\xff" + PLAIN.encode("utf-16-be"),
    "CRLF": PLAIN.replace("\n", "\r\n"),
    "CR": PLAIN.replace("\n", "\r"),
    "semicolons": PLAIN.replace(",", ";"),
    "tabs": PLAIN.replace(",", "\t"),
    "decimal commas": PLAIN.replace(",", ";").replace(".", ","),
    "decimal commas and tabs": PLAIN.replace(",", "\t").replace(".", ","),
    "quoted cells": '"' + PLAIN[:-1].replace(",", '","').replace("\n", '"\n"') + '"',
    "blanks around cells": PLAIN.replace(",", " , "),
    "blank lines": PLAIN.replace("\n", "\n\n"),
    "comments": "# from the roof\n" + PLAIN.replace("\n", "\n# so it goes\n"),
    "preamble": "Logger 5000\nserial;123,4\n\n" + PLAIN,
    "case and blanks": PLAIN.replace(HEADER, " Time Stamp ,VOLTAGE,Current, Temperature,Power"),
    "units": PLAIN.replace(HEADER, "timestamp,Voltage (V),current_A,Temperature [°C],Power W"),
    "reordered": "\n".join(",".join(reversed(line.split(","))) for line in PLAIN.splitlines()),
    "extra columns": "\n".join(f"7,{line},note é" for line in PLAIN.splitlines()),
    "millivolts in the header": PLAIN.replace("voltage", "voltage_mV").replace(",24.5,", ",24500,"),
    "kelvin": PLAIN.replace("temperature", "temperature (K)").replace("35.25", "308.40"),
    "exponents": PLAIN.replace(",24.5,", ",+2.45e1,"),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME_DAY)
def test_a_dialect_gives_the_figures_of_the_plain_file(name: str) -> None:
    found = result(SAME_DAY[name])
    assert found.metrics == PLAIN_METRICS
    assert found.records_invalid == 0


def test_latin_1_is_read_where_it_is_declared() -> None:
    text = PLAIN.replace("temperature", "Temperature (°C)").encode("latin-1")
    assert result(text, profile(csv={"encoding": "latin-1"})).metrics == PLAIN_METRICS
    assert rejection(text).code == "not_text"


def test_columns_units_scale_and_offset_come_from_the_profile() -> None:
    text = PLAIN.replace(HEADER, "Zeit,U_DC,I_DC,T_Mod,P").replace(",24.5,", ",12250,")
    channels = {
        "voltage": {"column": "U_DC", "unit": "mV", "scale": 2.0},
        "current": {"column": "i_dc"},
        "temperature": {"column": "T_Mod", "offset": 1.0},
        "power": {"column": "P"},
    }
    found = result(text, profile(channels=channels, csv={"timestamp": "Zeit"}))
    assert found.metrics.voltage == PLAIN_METRICS.voltage
    assert found.metrics.temperature.avg == 36.25


def test_fahrenheit_and_kilowatts_become_celsius_and_watts() -> None:
    text = "timestamp,voltage,current,temperature (°F),power (kW)\n2025-01-15T12:00:00,24,5,95,0.12\n"
    metrics = result(text).metrics
    assert (metrics.temperature.avg, metrics.power.avg) == (35.0, 120.0)


def test_without_power_it_is_the_product_of_voltage_and_current() -> None:
    metrics = result("timestamp,voltage,current\n2025-01-15T12:00:00,24,5\n").metrics
    assert metrics.power.avg == 120.0
    assert metrics.total_energy_kwh == 0.01
    assert metrics.temperature.avg is None


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        ("2025-01-15T12:15:00,24.5,5", None, "3 cells where the header has 5"),
        ("2025-01-15T12:15:00,24,5,5,2,35,127", None, "7 cells where the header has 5"),
        ("2025-01-15T12:15:00,24.5,1_0,35,127", "current", "not a number"),
        ("2025-01-15T12:15:00,24.5,٣,35,127", "current", "not a number"),
        ("2025-01-15T12:15:00,24.5,nan,35,127", "current", "not a number"),
        ("2025-01-15T12:15:00,24.5,,35,127", "current", "not a number"),
        ("2025-01-15T12:15:00,24.5,\xa05,35,127", "current", "not a number"),
        ("2025-01-15T12:15:00,24.5," + "5" * 65 + ",35,127", "current", "not a number"),
        ("15.01.2025 12:15,24.5,5,35,127", "timestamp", "not an ISO 8601 timestamp of 1970 to 2100"),
        ('2025-01-15T12:15:00,"24.5,5,35,127', None, "bad quoting: unexpected end of data"),
        ("2025-01-15T12:15:00,24.5,5\0,35,127", None, "NUL byte"),
        ("2025-01-15T12:15:00,50,5,35,127", "voltage", "above 32 V"),
        ("2025-01-15T12:15:00,24.5,5,-99,127", "temperature", "a logger's value for no reading"),
        (
            "2025-01-15T12:05:00,24.6,5,35,127",
            "timestamp",
            "an earlier row has the same timestamp and other values",
        ),
        ("2025-01-15T12:15:00Z,24.5,5,35,127", "timestamp", "offset unlike that of most rows"),
    ],
)
def test_a_rejected_row_is_listed_with_line_column_and_reason(
    line: str, column: str | None, reason: str
) -> None:
    found = result(PLAIN + line + "\n2025-01-15T12:20:00,24.5,5,35,122.5\n")
    rejected = found.rejected_rows
    assert [(row.line, row.column, row.reason) for row in rejected] == [(5, column, reason)]
    assert (found.records_total, found.records_processed, found.records_invalid) == (5, 4, 1)


def test_an_unterminated_quote_costs_its_own_line_only() -> None:
    found = result(
        HEADER + "\n" + ROWS[0] + '\n"' + ROWS[1] + "\n" + ROWS[2] + '\n2025-01-15T12:20:00,"24",5,35,120\n'
    )
    assert [row.line for row in found.rejected_rows] == [3]
    assert found.records_processed == 3


def test_the_message_of_a_file_of_tabs_holds_no_control_character() -> None:
    found = rejection('power\ttimestamp\tcurrent\tvoltage\n"5"$0\n')
    reason = "bad quoting: a tab expected after '\"'"
    assert found.message == f"1 of 1 row cannot be read; the first: {reason}"


def test_a_row_that_is_not_utf_8_is_named_and_reading_goes_on() -> None:
    found = result(PLAIN.encode() + b"2025-01-15T12:15:00,24.5,\xff\xfe,35,127\n")
    assert [(row.line, row.reason) for row in found.rejected_rows] == [(5, "not UTF-8 text")]


def test_a_cell_is_shortened_and_made_printable() -> None:
    found = result(PLAIN + "2025-01-15T12:15:00,24.5,\x1b[31m" + "<b>" * 50 + ",35,127\n")
    cell = found.rejected_rows[0].cell
    assert cell.startswith("\\x1b[31m<b>")
    assert cell.endswith("…")
    assert len(cell) < 60


def test_an_identical_repeat_is_dropped_and_counted() -> None:
    found = result(PLAIN + ROWS[1] + "\n")
    assert (found.records_total, found.records_duplicate, found.records_invalid) == (4, 1, 0)
    assert found.metrics == PLAIN_METRICS


def test_a_broken_row_that_repeats_is_a_duplicate_too() -> None:
    found = result(PLAIN + "junk\njunk\n")
    assert (found.records_total, found.records_invalid, found.records_duplicate) == (5, 1, 1)


def test_a_valid_row_wins_over_an_invalid_one_of_its_time() -> None:
    found = result(PLAIN.replace(ROWS[1], "2025-01-15T12:05:00,50,5,35,250\n" + ROWS[1]))
    assert found.metrics == PLAIN_METRICS
    assert (found.records_processed, found.records_invalid) == (3, 1)


def test_rows_out_of_order_are_sorted_and_noted() -> None:
    found = result("\n".join([HEADER, ROWS[2], ROWS[0], ROWS[1]]))
    assert found.metrics == PLAIN_METRICS
    assert [(one.check, one.line) for one in found.anomalies] == [("disorder", 3)]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "empty_file"),
        ("\n \n", "empty_file"),
        (HEADER, "no_valid_rows"),
        (HEADER + "\n2025-01-15T12:00:00,50,5,35,127\n", "no_valid_rows"),
        ("a,b\n1,2\n", "missing_columns"),
        (HEADER.replace("current", "voltage"), "ambiguous_columns"),
        (bytes(range(256)) * 50, "not_text"),
        (b"\x89PNG\r\n\x1a\n" + bytes(1000), "not_text"),
        (PLAIN.encode("utf-16-le"), "not_text"),
        (b"\xff\xfe\x00\xd8" + PLAIN.encode("utf-16-le"), "not_text"),
        (gzip.compress(PLAIN.encode()), "not_text"),
        (HEADER + "\nx\ny\n" + ROWS[0], "malformed_csv"),
    ],
)
def test_a_hopeless_file_is_rejected_with_a_code(content: bytes | str, code: str) -> None:
    assert rejection(content).code == code


@pytest.mark.parametrize(
    ("content", "code", "told"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(1000), "not_text", "it is binary data, not a table"),
        (b"PK\x03\x04\x14\0\x06\0", "not_text", "save the sheet as CSV"),
        (gzip.compress(PLAIN.encode()), "not_text", "name it .csv.gz"),
        (PLAIN.encode("utf-16-le"), "not_text", 'set csv.encoding = "utf-16"'),
        (PLAIN.encode("utf-16-be"), "not_text", 'set csv.encoding = "utf-16"'),
        ("Gerät 7\n".encode("latin-1"), "not_text", 'set csv.encoding = "latin-1"'),
        (b"# roof\n\n# 7\n", "empty_file", "only blank lines and comments"),
        (b'"timestamp,voltage\n', "missing_columns", "quotes"),
    ],
)
def test_what_is_no_table_is_told_for_what_it_is(content: bytes, code: str, told: str) -> None:
    found = rejection(content)
    assert found.code == code
    assert told in found.message


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_byte_order_mark_is_read_where_it_is_declared(encoding: str) -> None:
    assert result(PLAIN.encode(encoding), profile(csv={"encoding": "utf-16"})).metrics == PLAIN_METRICS


def test_a_missing_column_names_what_is_missing_and_what_was_found() -> None:
    found = rejection("id;timestamp;current\n1;2025-01-15T12:00:00;5\n")
    assert (found.line, found.column) == (1, "voltage")
    assert "columns missing: voltage" in found.message
    assert "line 1 has id, timestamp, current" in found.message


def test_half_of_the_rows_may_be_broken_and_no_more() -> None:
    assert result("\n".join([HEADER, ROWS[0], "x"])).records_invalid == 1
    found = rejection("\n".join([HEADER, ROWS[0], "x", "y"]))
    assert (found.code, found.line) == ("malformed_csv", 3)


def test_rows_out_of_range_never_make_a_file_malformed() -> None:
    bad = [row.replace(",24.5,", ",50,") for row in ROWS]
    assert result("\n".join([HEADER, *bad, "2025-01-15T13:00:00,24,5,35,120"])).records_processed == 1


class TestGzip:
    def test_it_is_unpacked_by_its_name_in_any_case(self) -> None:
        packed = gzip.compress(PLAIN.encode())
        found = result(packed, name=b"x.CSV.GZ")
        assert found.metrics == PLAIN_METRICS
        assert (found.input.bytes, found.input.sha256) == (len(packed), hashlib.sha256(packed).hexdigest())

    def test_several_members_are_one_file(self) -> None:
        half = len(PLAIN) // 2
        packed = gzip.compress(PLAIN[:half].encode()) + gzip.compress(PLAIN[half:].encode()) + bytes(512)
        assert result(packed, name=b"x.csv.gz").metrics == PLAIN_METRICS

    @pytest.mark.parametrize(
        "packed", [gzip.compress(PLAIN.encode())[:-4], PLAIN.encode(), gzip.compress(PLAIN.encode()) + b"x"]
    )
    def test_damage_is_named(self, packed: bytes) -> None:
        found = rejection(packed, name=b"x.csv.gz")
        assert found.code == "broken_gzip"
        assert found.input.sha256 == hashlib.sha256(packed).hexdigest()

    def test_a_bomb_is_refused_by_its_ratio(self) -> None:
        packed = gzip.compress(PLAIN.encode() + b"0" * 40_000_000)
        assert rejection(packed, name=b"x.csv.gz").code == "too_large"

    def test_the_cap_on_bytes_counts_the_unpacked_text(self) -> None:
        small = msgspec.structs.replace(DEFAULT, caps=Caps(max_bytes=len(PLAIN) - 1))
        assert rejection(gzip.compress(PLAIN.encode()), small, b"x.csv.gz").code == "too_large"


def test_the_cap_on_memory_refuses_too_many_rows_and_says_how_to_go_on() -> None:
    small = msgspec.structs.replace(DEFAULT, caps=Caps(max_memory=(16 << 20) + 2 * BYTES_PER_ROW))
    found = rejection(PLAIN, small)
    assert found.code == "too_large"
    assert "--file-memory" in found.message


def test_a_file_too_large_by_its_size_is_refused_after_its_first_block() -> None:
    """Else 20,000,000 rows would be read up to the limit first."""
    small = msgspec.structs.replace(DEFAULT, caps=Caps(max_memory=(16 << 20) + 1_000 * BYTES_PER_ROW))
    content = (HEADER + "\n" + (ROWS[0] + "\n") * 500).encode()
    found = [
        process(io.BytesIO(content), small, name=name, processed_at="2025-02-01T00:00:00Z", size=size)
        for name, size in ((b"x.csv", 3 * len(content)), (b"x.csv", 2 * len(content)), (b"x.csv", 0))
    ]
    assert [type(one) for one in found] == [Rejection, Result, Result]
    assert isinstance(found[0], Rejection)
    assert (found[0].code, found[0].input.bytes) == ("too_large", len(content))


def test_a_rejected_stream_is_still_hashed_to_its_end() -> None:
    content = b"a,b\n" + b"1,2\n" * 400_000
    found = rejection(content)
    assert (found.input.bytes, found.input.sha256) == (len(content), hashlib.sha256(content).hexdigest())


def test_a_line_without_end_costs_no_memory_and_one_row() -> None:
    found = result(PLAIN + "9" * 3_000_000 + "\n2025-01-15T12:15:00,24.5,5,35,122.5\n")
    assert [row.reason for row in found.rejected_rows] == ["line longer than 65536 bytes"]
    assert found.records_processed == 4


def test_blocks_cut_anywhere_give_the_same_result() -> None:
    class Dribble(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(7)

    text = ("Logger 5000\n\n" + SAME_DAY["decimal commas"]).replace("\n", "\r\n").encode()
    found = process(Dribble(text), DEFAULT, name=b"x.csv", processed_at="2025-02-01T00:00:00Z")
    assert isinstance(found, Result)
    assert found.metrics == PLAIN_METRICS


def test_a_comment_is_no_row_even_where_it_has_all_columns() -> None:
    rows = [f"roof,{row}" for row in ROWS]
    found = result("\n".join(["device," + HEADER, rows[0], "#" + rows[1], rows[2]]) + "\n")
    assert found.records_total == 2


@pytest.mark.parametrize("decimal", [".", ","])
def test_odd_lines_among_plain_ones_keep_their_place_and_the_others_theirs(decimal: str) -> None:
    lines = [HEADER] + [
        f"2025-01-15T{n // 60:02d}:{n % 60:02d}:00,24.5,{n % 7}.5,20.25,100.0" for n in range(1_000)
    ]
    for number in range(17, 1_000, 100):
        lines[number] = lines[number].replace("24.5", "24.5V")
    lines[500] = ""
    text = "\n".join(lines) + "\n"
    found = result(text if decimal == "." else text.replace(",", ";").replace(".", ","))
    assert [row.line for row in found.rejected_rows] == [number + 1 for number in range(17, 1_000, 100)]
    assert (found.records_total, found.records_processed) == (999, 989)
    assert found.metrics.period.end == "2025-01-15T16:39:00"
    assert "disorder" not in {anomaly.check for anomaly in found.anomalies}


def test_what_the_stream_raises_passes_through() -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output"):
        process(Failing(), DEFAULT, name=b"x.csv", processed_at="2025-02-01T00:00:00Z")


def test_delimiter_and_decimal_sign_are_as_set_where_they_are_set() -> None:
    text = PLAIN.replace(",", ";").replace(".", ",")
    assert result(text, profile(csv={"delimiter": ";", "decimal": ","})).metrics == PLAIN_METRICS
    assert rejection(text, profile(csv={"delimiter": "\t"})).code == "missing_columns"
    assert rejection(text, profile(csv={"decimal": "."})).code == "malformed_csv"
