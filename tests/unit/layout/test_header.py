"""Headers, delimiters, decimal signs and units that are recognised, and the advice if there are none."""

from __future__ import annotations

import gzip

import pytest

from tests.support.small_files import HEADER, PLAIN, PLAIN_METRICS, profile, rejection, result

SAME_DAY = {
    "no newline at the end": PLAIN[:-1],
    "byte order mark": b"\xef\xbb\xbf" + PLAIN.encode(),
    "UTF-16 with mark": PLAIN.encode("utf-16"),
    "big-endian UTF-16": b"\xfe\xff" + PLAIN.encode("utf-16-be"),
    "UTF-16 without mark": PLAIN.encode("utf-16-le"),
    "big-endian UTF-16 without mark": PLAIN.encode("utf-16-be"),
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


@pytest.mark.parametrize(
    ("content", "code", "advice"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(1000), "not_text", "it is binary data, not a table"),
        (b"PK\x03\x04\x14\0\x06\0", "not_text", "save the sheet as CSV"),
        (gzip.compress(PLAIN.encode()), "not_text", "name it .csv.gz"),
        ("Gerät 7\n".encode("latin-1") + b"\xff\n", "not_text", 'set csv.encoding = "latin-1"'),
        (b"# roof\n\n# 7\n", "empty_file", "only blank lines and comments"),
        (b'"timestamp,voltage\n', "missing_columns", "quotes"),
    ],
)
def test_a_file_that_is_no_table_is_named_with_advice(content: bytes, code: str, advice: str) -> None:
    found = rejection(content)
    assert found.code == code
    assert advice in found.message


def test_a_missing_column_names_what_is_missing_and_what_was_found() -> None:
    found = rejection("id;timestamp;current\n1;2025-01-15T12:00:00;5\n")
    assert (found.line, found.column) == (1, "voltage")
    assert "columns missing: voltage" in found.message
    assert "line 1 has id, timestamp, current" in found.message


def test_delimiter_and_decimal_sign_are_as_set_if_they_are_set() -> None:
    text = PLAIN.replace(",", ";").replace(".", ",")
    assert result(text, profile(csv={"delimiter": ";", "decimal": ","})).metrics == PLAIN_METRICS
    assert rejection(text, profile(csv={"delimiter": "\t"})).code == "missing_columns"
    assert rejection(text, profile(csv={"decimal": "."})).code == "malformed_csv"
