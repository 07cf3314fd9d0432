"""Names as text: printable, and reversible or accompanied by their bytes."""

from __future__ import annotations

import base64
import json
import subprocess
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.model.safe_text import (
    argument_of,
    b64_of,
    device_of,
    json_without_commands,
    text_of,
    without_commands,
)
from processing.values.toml_text import toml_value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (b"roof/day.csv", "roof/day.csv"),
        ("Süd/日.csv".encode(), "Süd/日.csv"),
        (b"a\nb\x1b[31m", "a\\x0ab\\x1b[31m"),
        (b"\xff\xc3", "\\xff\\xc3"),
        ("a\u2028\u200e\u00a0b".encode(), "a\\xe2\\x80\\xa8\\xe2\\x80\\x8e\u00a0b"),
        ("\ue000\U000e0041".encode(), "\\xee\\x80\\x80\\xf3\\xa0\\x81\\x81"),
    ],
)
def test_what_cannot_be_printed_is_escaped_byte_by_byte(name: bytes, text: str) -> None:
    assert text_of(name) == text


def test_a_backslash_makes_a_name_ambiguous() -> None:
    assert b64_of(b"a\\x0a") == base64.b64encode(b"a\\x0a").decode()


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        (b"roof/day.csv", "roof/day.csv"),
        (b"x y.csv", "'x y.csv'"),
        (b"-x.csv", "-- -x.csv"),
        ("Süd's.csv".encode(), "'Süd'\"'\"'s.csv'"),
        (b"a\nb \xff'\\.csv", r"$'a\x0ab \xff\x27\x5c.csv'"),
        (b"a  b.csv", r"$'a \x20b.csv'"),
        (b"a##[error]b.csv", r"$'a#\x23[error]b.csv'"),
    ],
)
def test_a_shell_reads_an_argument_as_the_name(name: bytes, argument: str) -> None:
    assert argument_of(name) == argument
    script = f"printf %s {argument.removeprefix('-- ')}"
    assert subprocess.check_output(["bash", "-c", script]) == name


def test_a_runner_of_github_finds_no_command_in_a_text() -> None:
    assert without_commands("::error::x") == r"\x3a:error::x"
    assert without_commands("a ::b\n \u00a0::stop") == "a ::b\n \u00a0" + r"\x3a:stop"
    assert without_commands("a##[b]###[c]") == r"a#\x23[b]##\x23[c]"


def test_json_and_toml_without_commands_have_the_same_meaning() -> None:
    text = json_without_commands(json.dumps({"a##[": "b##[c"}))
    assert (json.loads(text), "##[" in text) == ({"a##[": "b##[c"}, False)
    assert tomllib.loads(f"x = {toml_value('b##[c')}") == {"x": "b##[c"}


@given(st.binary())
def test_text_is_printable_and_the_name_can_be_had_back(name: bytes) -> None:
    text, encoded = text_of(name), b64_of(name)
    assert not any(ord(char) < 32 or ord(char) == 127 for char in text)
    text.encode("utf-8")
    assert (text.encode() if encoded is None else base64.b64decode(encoded)) == name


@pytest.mark.parametrize(
    ("name", "device"), [("x.csv", ""), ("roof/x.csv", "roof"), ("roof/2025/x.csv", "roof")]
)
def test_the_device_of_a_file_is_the_first_folder_of_its_name(name: str, device: str) -> None:
    assert device_of(name) == device
    assert device_of(name.encode()) == device.encode()
