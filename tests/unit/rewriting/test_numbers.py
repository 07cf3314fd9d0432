"""Numbers with other signs, and with a k for thousands."""

import pytest

from processing.rewriting.numbers import replacements, steps_of_numbers
from processing.rewriting.replacements import Replacement
from tests.support.small_files import result


def rewritten(text: bytes) -> bytes:
    for step in steps_of_numbers(text):
        text = step(text)
    return text


@pytest.mark.parametrize(
    "one", [one for some in replacements(rb"\d+(?:\.\d+)?") for one in some], ids=lambda one: one.name
)
def test_each_example_is_replaced(one: Replacement) -> None:
    text = "t;p\n0:05;{};0\n0:10;5;0\n"
    before, after = (text.format(cell).encode() for cell in one.example)
    assert rewritten(before) == after


@pytest.mark.parametrize(
    ("cell", "plain"),
    [
        ("\u22121,5", "-1,5"),
        ('"\u20131.5"', '"-1.5"'),
        ("1.234,5-", "-1.234,5"),
        ("4,812*", "4,812"),
        ("-1,2 k", "-1,2e3"),
        ('"1,2k"', '"1,2e3"'),
        ("1\u2019234\u2019567.5", "1'234'567.5"),
        ("1\u00b4234", "1'234"),
    ],
)
def test_a_number_is_written_as_usual(cell: str, plain: str) -> None:
    assert rewritten(f"t;p\n0:05;{cell};0\n0:10;{cell}\n".encode()) == (
        f"t;p\n0:05;{plain};0\n0:10;{plain}\n".encode()
    )


def test_a_comma_between_cells_is_no_part_of_a_number() -> None:
    assert rewritten(b"t,a,b\n0:05,5,1.1-\n0:10,5,7k,8\n") == b"t,a,b\n0:05,5,-1.1\n0:10,5,7e3,8\n"


@pytest.mark.parametrize("cell", ["-", "--", "3-4", "inv 5k", "O\u2019Neil", "1\u201934", "a (1)", "k"])
def test_other_cells_stay(cell: str) -> None:
    text = f"time;{cell};Power (W)\n0:05;x{cell};1.5\n".encode()
    assert rewritten(text) == text


@pytest.mark.parametrize(("end", "delimiter", "mark"), [("", ";", "."), ("k", ",", "."), ("k", "\t", ",")])
def test_a_day_with_thousands_has_the_energy_of_plain_numbers(end: str, delimiter: str, mark: str) -> None:
    """Twelve hours of 900 W and twelve of 1,500 W are 28.8 kWh."""
    rows = [
        f"2025-06-10 {hour:02}:00{delimiter}"
        + (f"1{mark}50{end}" if end and hour > 11 else "1500" if hour > 11 else "900")
        for hour in range(24)
    ]
    text = "\n".join([f"time{delimiter}PV power (W)", *rows, ""])
    assert result(text).metrics.total_energy_kwh == pytest.approx(28.8)


@pytest.mark.parametrize(("count", "is_negative"), [(1, False), (4, True), (8, True), (10, False)])
def test_brackets_are_a_sign_if_many_numbers_have_them_and_others_none(
    count: int, *, is_negative: bool
) -> None:
    """A few may be estimates, and all of them the names of devices."""
    rows = [f"0:{at:02};({at}.5)" if at < count else f"0:{at:02};{at}.5" for at in range(10)]
    text = "\n".join(["t;p", *rows, ""]).encode()
    assert (b";-0.5" in rewritten(text), b"(" in rewritten(text)) == (is_negative, not is_negative)
