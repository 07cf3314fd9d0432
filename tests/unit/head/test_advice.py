"""What messages of rejected files end with."""

import pytest

from processing.head.advice import column_names, rejected, shown, toml_lines, toml_value
from processing.model.rejection import Choice
from processing.profiles import profiles_from

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


def test_lines_of_toml_are_the_changes() -> None:
    tomllib = pytest.importorskip("tomllib")
    found = tomllib.loads("\n".join(toml_lines(CHANGES)))
    assert found == CHANGES
    assert profiles_from(found).default.csv.where is not None


def test_a_message_ends_with_each_choice_and_a_template_is_none() -> None:
    choices = [Choice("a", {"csv": {"decimal": "."}}), Choice("b", {"csv": {"decimal": ","}})]
    found = rejected("x", "odd", 3, choices=choices)
    assert found.message == (
        'odd. To read it, write in a profile ([profiles.NAME] with match = ["FILES*"] in the file of '
        '--config) one of 1: csv.decimal = "."; or 2: csv.decimal = ","'
    )
    assert found.choices == tuple(choices)
    assert rejected("x", "odd", choices=choices[:1], is_template=True).choices == ()
    assert rejected("x", "which?", choices=choices).message.startswith("which? To read it, write in ")
    assert rejected("x", "which?").message == "which?"


def test_many_long_and_unprintable_cells_are_shortened() -> None:
    text = shown(["\x1b[0m", "x" * 100, *["y"] * 60])
    assert text.startswith("\\x1b[0m, " + "x" * 40 + ", y, ")
    assert text.endswith(" and 12 more cells")


@pytest.mark.parametrize(
    ("header", "place", "column"),
    [
        (("time", "P"), 1, "P"),
        (("time", "P", "p "), 1, {"index": 2}),
        (("time", ""), 1, {"index": 2}),
        (("time",), 4, {"index": 5}),
        (("time", "P" * 201), 1, {"index": 2}),
    ],
)
def test_a_column_without_a_name_of_its_own_is_called_by_its_place(
    header: tuple[str, ...], place: int, column: object
) -> None:
    assert column_names(header, [place]) == [column]
