"""Numbers with other signs, and with a k for thousands."""

import time

import pytest

from processing.rewriting.numbers import steps_of_numbers, steps_of_signs
from tests.support.base_day import BY_POWER, written
from tests.support.small_files import result


def rewritten(text: bytes) -> bytes:
    for step in steps_of_numbers(text):
        text = step(text)
    return text


@pytest.mark.parametrize(
    ("cell", "plain"),
    [
        ("- 1.5", "-1.5"),
        ("1.5-", "-1.5"),
        ("(1.5)", "-1.5"),
        ("[1.5]", "1.5"),
        ("1.5*", "1.5"),
        ("1.23k", "1.23e3"),
        ("\u22121.5", "-1.5"),
        ("1\u2019234", "1'234"),
    ],
)
def test_a_sign_in_half_of_the_rows_is_written_as_usual(cell: str, plain: str) -> None:
    text = "t;p\n0:05;{};0\n0:10;5;0\n"
    assert rewritten(text.format(cell).encode()) == text.format(plain).encode()


@pytest.mark.parametrize(
    ("cell", "plain"),
    [
        ("\u22121,5", "-1,5"),
        ('"\u20131.5"', '"-1.5"'),
        ("1.234,5-", "-1.234,5"),
        ("4,812*", "4,812"),
        ("[4,8]", "4,8"),
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


@pytest.mark.parametrize(
    ("cell", "plain"),
    [
        ("1.749884400000000000e+09", "1749884400"),
        ("1.7498844005e+09", "1749884400.5"),
        ("1.749884400123e+12", "1749884400123"),
        ("7.39782041667e+05", "739782.041667"),
        ("1.74988e+09", "1.74988e+09"),
        ("2.5e+02", "2.5e+02"),
    ],
)
def test_a_number_with_all_its_digits_needs_no_exponent(cell: str, plain: str) -> None:
    assert rewritten(f"t p\n{cell} 1\n".encode()) == f"t p\n{plain} 1\n".encode()


@pytest.mark.parametrize(("mark", "delimiter"), [("# ", " "), ("", ","), ("#", ";")])
def test_numbers_as_numpy_writes_them_are_read(mark: str, delimiter: str) -> None:
    """An hour of 240 W, a row each 5 minutes from 2025-06-14 07:00 UTC."""
    rows = [f"{1749884400 + 300 * at:.18e}{delimiter}{240:.18e}\n" for at in range(12)]
    found = result(f"{mark}time{delimiter}power_W\n" + "".join(rows))
    assert found.metrics.total_energy_kwh == pytest.approx(0.24)
    assert found.quality.period.start == "2025-06-14T07:00:00Z"


DAY = written("time;Power (W)", "{d}.{m}.{y} {clock};{p}")


@pytest.mark.parametrize("zero", [0x660, 0x6F0, 0x966, 0x9E6, 0xE50, 0xFF10])
def test_digits_of_other_scripts_are_read(zero: int) -> None:
    signs = {ord("0") + digit: zero + digit for digit in range(10)}
    names, rows = DAY.split("\n", 1)
    found = result(names + "\n" + rows.translate(signs))
    assert found.metrics.total_energy_kwh == pytest.approx(BY_POWER, abs=1e-6)
    assert found.records_invalid == 0


@pytest.mark.parametrize(
    ("row", "plain"),
    [
        ("\u0661\u0662\u066b\u0665;1", "12.5;1"),
        ("\u00a02025-06-10 \u00a0;\u202f5\u2009;6\u00a0", "2025-06-10;5;6"),
        ('"\u00a05",6\u00a0W,7\u202f%,8\u00a0', '"5",6 W,7 %,8'),
        ("\u200b5;\ufeff6;1\u00a0234", "5;6;1\u00a0234"),
        ("\uff11\uff12\uff1a\uff10\uff15;\uff0d\uff11\uff0e\uff15", "12:05;-1.5"),
    ],
)
def test_signs_become_those_that_are_usual(row: str, plain: str) -> None:
    text = f"time;P\n{row}\n".encode()
    for step in steps_of_signs(text):
        text = step(text)
    assert text.decode() == f"time;P\n{plain}\n"


@pytest.mark.parametrize("blanks", ["\u00a0", "\u00a0 ", " \u202f", "\u00a0" + 10 * " "])
def test_many_blanks_inside_of_a_cell_take_little_time(blanks: str) -> None:
    line = f"a{blanks * 10_000}b;5\n".encode()
    (step,) = steps_of_signs("time;P\n1;\u00a05\n".encode())
    start = time.process_time()
    assert step(line) == line
    assert time.process_time() - start < 1


@pytest.mark.parametrize("cell", ["\u0662\u0664", "\u00a024", "24\u00a0W"])
def test_signs_of_a_few_rows_are_faults_of_these_rows(cell: str) -> None:
    text = f"time;P\n0:05;{cell}\n0:10;24\n0:15;24\n".encode()
    assert steps_of_signs(text) == []


@pytest.mark.parametrize("row", ["{t}\u00a0;{p}", "{t};\u202f{p}\u00a0W", "\u00a0{t};\u00a0{p}"])
def test_a_day_with_no_break_spaces_around_its_cells_is_read(row: str) -> None:
    found = result(written("time;power", row))
    assert found.metrics.total_energy_kwh == pytest.approx(BY_POWER, abs=1e-6)
    assert found.records_invalid == 0
