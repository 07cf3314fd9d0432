"""What is replaced if the first rows have it."""

import pytest

from processing.rewriting.replacements import replacement, steps_of
from tests.support.small_files import profile, rejection, result

BRACKETS = replacement(rb"\(\d", rb"\((\d+)\)", rb"-\1", sign=b"(")


@pytest.mark.parametrize(
    ("shares", "rows", "count"),
    [
        ((0.0, 1.0), b"1\n2\n", 0),
        ((0.0, 1.0), b"(1)\n2\n", 1),
        ((0.0, 1.0), b"(1\n2)\n", 0),
        ((0.5, 0.9), b"(1)\n2\n3\n", 0),
        ((0.5, 0.9), b"(1)\n2\n", 1),
        ((0.5, 0.9), b"(1)\n(2)\n", 0),
    ],
)
def test_a_replacement_is_made_if_rows_have_it_as_often_as_it_must_be(
    shares: tuple[float, float], rows: bytes, count: int
) -> None:
    steps = steps_of([BRACKETS._replace(shares=shares)], rows)
    assert len(steps) == count
    assert [step(b"(5),6") for step in steps] == [b"-5,6"] * count


def _file(header: str, row: str) -> str:
    """Return a file of four half hours; `{at}` is their number."""
    rows = [f"2025-06-14 {11 + at // 2}:{at % 2 * 30:02},{row.format(at=at)}" for at in range(4)]
    return "\n".join([header, *rows, ""])


@pytest.mark.parametrize(
    "header", ["time,pv power, W,temp, C", "time,pv power,W,temp,C", "Date, time,pv power (W),temp (C)"]
)
def test_names_with_a_comma_and_without_quotes_are_joined(header: str) -> None:
    assert result(_file(header, "10{at},2{at}")).metrics.total_energy_kwh == pytest.approx(0.203)


@pytest.mark.parametrize(
    ("header", "row", "kwh"),
    [
        ("time,pv power (W)", "100,{at}", 0.2003),
        ("time,pv power (kW),temp (C)", "0,1{at}1,2{at},5", 0.232),
        ("time,Upv (V),Ipv (A)", "100,0,1,{at}", 0.23),
    ],
)
def test_numbers_with_a_decimal_comma_between_commas_are_joined(header: str, row: str, kwh: float) -> None:
    found = result(_file(header, row), profile(csv={"decimal": ","}))
    assert found.metrics.total_energy_kwh == pytest.approx(kwh)


@pytest.mark.parametrize("row", ["230,3,{at}", "12,5,3"])
def test_commas_that_may_join_other_numbers_are_refused(row: str) -> None:
    assert rejection(_file("time,Upv (V),Ipv (A)", row)).code == "malformed_csv"


def test_a_later_row_with_a_whole_number_is_not_joined() -> None:
    """In 24,3,5 it is open which number is whole; the other rows have 24.1 V and 3.5 A."""
    cells = ["24,3,5" if at == 250 else "24,1,3,5" for at in range(288)]
    rows = [f"2025-06-14 {at // 12:02}:{at % 12 * 5:02},{row}" for at, row in enumerate(cells)]
    found = result("\n".join(["time,Upv (V),Ipv (A)", *rows, ""]))
    assert (found.records_invalid, found.metrics.peak_power_w) == (1, pytest.approx(24.1 * 3.5))


def test_names_of_files_before_each_line_are_left_out() -> None:
    files = {
        f"log/2025-06-{day}.csv": [f"2025-06-{day} {hour:02}:00" for hour in range(24)] for day in (14, 15)
    }
    lines = [
        f"{name}:{row}"
        for name, times in files.items()
        for row in ("Time,Pac (W)", *(f"{t},50" for t in times))
    ]
    assert result("\n".join([*lines, ""])).metrics.total_energy_kwh == 2.4
