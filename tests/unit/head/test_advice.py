"""What messages of rejected files end with."""

import pytest

from processing.head.advice import column_names, rejected, shown
from processing.model.rejection import Choice


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
