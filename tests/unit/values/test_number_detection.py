from __future__ import annotations

import time

import pytest

from processing.values.number_detection import NumberDetector, are_total
from processing.values.numbers import NumberForm

POINT, COMMA = NumberForm("."), NumberForm(",")


def forms_of(*columns: list[str]) -> list[NumberForm]:
    detector = NumberDetector(len(columns))
    detector.add(columns)
    return detector.forms()


@pytest.mark.parametrize(
    ("cells", "form"),
    [
        (["24.1", "24", "-0.5"], POINT),
        (["24,1", "0", "1e3"], COMMA),
        (["24.123", "25.100"], POINT),
        (["24,123", "25,100"], COMMA),
        (["0.000", "1.234", "850"], POINT),
        (["1.234", "850", "1234"], POINT),
        (["1,234.5", "850"], NumberForm(".", ",")),
        (["1.234,5", "850"], NumberForm(",", ".")),
        (["1.234.567", "850"], NumberForm(",", ".")),
        (["1'234.5", "850"], NumberForm(".", "'")),
        (["1 234,5", "850"], NumberForm(",", " ")),
        (["0", "5"], POINT),
        (["24,1 V", "24 V"], COMMA),
    ],
)
def test_one_form_is_found(cells: list[str], form: NumberForm) -> None:
    assert forms_of(cells) == [form]
    assert forms_of(["0", "0"], cells) == [form]


def test_one_thousand_or_one_and_a_fraction_is_a_question() -> None:
    assert forms_of(["1.234", "850"]) == [POINT, NumberForm(",", ".")]
    assert forms_of(["1,234", "850"]) == [COMMA, NumberForm(".", ",")]


@pytest.mark.parametrize("other", ["24,5", "0,123", "1.234,5", "12.345.678"])
def test_a_cell_of_another_column_may_decide(other: str) -> None:
    assert forms_of(["1.234", "850"], [other]) == [NumberForm(",", ".")]


def test_the_sign_may_come_late_in_the_file() -> None:
    detector = NumberDetector(1)
    detector.add([["0"] * 1000])
    detector.add([["0,5", "24,5"]])
    assert detector.forms() == [COMMA]


@pytest.mark.parametrize(
    ("plain", "grouped", "form"),
    [
        ("943.1", "1,043.1", NumberForm(".", ",")),
        ("943.1", "1'043.1", NumberForm(".", "'")),
        ("943,1", "1.043,1", NumberForm(",", ".")),
        ("943,1", "1 043,1", NumberForm(",", " ")),
    ],
)
def test_numbers_above_a_thousand_may_come_late_in_the_file(
    plain: str, grouped: str, form: NumberForm
) -> None:
    detector = NumberDetector(1)
    detector.add([[plain] * 10])
    detector.add([[plain] * 1000])
    detector.add([[plain, grouped] * 100])
    assert detector.forms() == [form]


def test_a_few_broken_cells_decide_nothing() -> None:
    assert forms_of(["24.1"] * 200 + ["24,1", "x"]) == [POINT]
    assert forms_of(["24,1"] * 200 + ["2.4.1", "24.1"]) == [COMMA]
    assert forms_of(["x", "y"]) == forms_of([]) == []


def test_units_are_counted() -> None:
    detector = NumberDetector(2)
    detector.add([["24.1 V", "24V", "24"], ["25.0 °C", "1e3", "x"]])
    detector.add([["24100 mV"], ["5 %"]])
    assert (detector.units(0), detector.units(1)) == ({"V": 2, "mV": 1}, {"°C": 1, "%": 1})


def test_many_plain_cells_are_counted_at_once() -> None:
    detector = NumberDetector(1)
    for start in range(0, 100_000, 10_000):
        detector.add([[f"{number / 100:.2f}" for number in range(start, start + 10_000)]])
    assert detector.forms() == [POINT]


def test_cells_without_sense_take_bounded_time() -> None:
    started = time.process_time()
    detector = NumberDetector(1)
    hostile = [
        *(["9" * 65_000] * 100, ["1," * 32_000] * 100, [" " * 65_000 + "x"] * 100, ["٣" * 60] * 1000),
        *([f"{n} u{n}" for n in range(10_000)], ["1 " * 30 + "x"] * 1000, ["1." * 32] * 1000),
    ]
    for cells in hostile:
        detector.add([cells])
    assert detector.forms() == [POINT]
    assert len(detector.units(0)) <= 20
    assert time.process_time() - started < 3


@pytest.mark.parametrize(
    ("values", "is_total"),
    [
        ([81.0, 82.0, 84.0, 84.0], True),
        ([84.0, 82.0, 81.0, 81.0], True),
        ([0.04, 0.3, 1.9, 4.5, 7.9, 11.5, 11.5, 11.5, 11.5], True),
        ([0.0, 0.3, 1.9, 4.5, 7.9, 9.4, 10.9, 11.5, 11.6], False),
        ([0.0, 0.3, 1.9, 4.5, 7.9, 9.4, 9.4, 9.4, 2.1], False),
        ([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 5.0, 5.0, 5.0, 5.0], False),
        ([], False),
    ],
)
def test_numbers_that_only_rise_are_a_total(values: list[float], *, is_total: bool) -> None:
    assert are_total(values) is is_total
