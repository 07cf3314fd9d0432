"""Tables as TOML: what is written is read as it was, and nothing in it leaves its place."""

import tomllib
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from processing.values.toml_text import INLINE, comment, lines_of, printable, toml_key, toml_lines, toml_value

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.one_of(TEXTS, st.integers(-(2**53), 2**53), st.booleans(), st.lists(TEXTS, max_size=3))


@example({"long": {}, "where": {"a b": "\n"}, "column": {"": True}})
@given(
    table=st.dictionaries(TEXTS, st.one_of(VALUES, st.dictionaries(TEXTS, VALUES, max_size=3)), max_size=4)
)
def test_any_table_is_read_as_it_was_and_every_line_is_printable(table: dict[str, Any]) -> None:
    lines = list(lines_of("profiles." + toml_key("x y"), table, {}))
    assert all(line.isprintable() for line in lines)
    found = tomllib.loads("\n".join(lines)).get("profiles", {}).get("x y", {})
    assert found == {name: value for name, value in table.items() if value != {} or name in INLINE}


@pytest.mark.parametrize("text", ["a\nb = 1", "a\rb", "\x1b[31m", "\u202eabc", "\u2028x", "\x00", "a\x85b"])
def test_a_comment_stays_on_its_line(text: str) -> None:
    line = comment(text)
    assert line.isprintable()
    assert tomllib.loads(f"{line}\nb = 2") == {"b": 2}


def test_a_long_text_is_cut() -> None:
    assert printable("x" * 500, 10) == "xxxxxxxxx…"


def test_notes_stand_below_the_keys_of_their_table_and_alone_below_a_heading_that_is_a_comment() -> None:
    table = {"csv": {"decimal": ","}, "site": {}, "channels": {"power": {"column": {"index": 3}}}}
    lines = list(lines_of("p", table, {"p.csv": ["no zone"], "p.site": ["rated_power_w = 1"]}))
    assert lines == [
        "",
        "[p.csv]",
        'decimal = ","',
        "# no zone",
        "",
        "# [p.site]",
        "# rated_power_w = 1",
        "",
        "[p.channels.power]",
        "column = {index = 3}",
    ]


CHANGES = {
    "csv": {"where": {"column": 'de"vice', "is": "A\x7f"}},
    "channels": {"power": {"column": ["a", "b"]}},
}


def test_changes_are_lines_of_toml() -> None:
    lines = toml_lines(CHANGES)
    assert lines == [
        'csv.where = {column = "de\\"vice", is = "A\\u007f"}',
        'channels.power.column = ["a", "b"]',
    ]


def test_round_numbers_are_short() -> None:
    values = (-1e12, 1e7, 1234567.0, 2000.0, 0.001)
    assert [toml_value(one) for one in values] == ["-1e12", "1e7", "1234567.0", "2000.0", "0.001"]
