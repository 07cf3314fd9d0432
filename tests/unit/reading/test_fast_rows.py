"""The fast parser reads a line exactly as the strict parser does, or leaves it out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from processing.head.dialect import Dialect
from processing.layout.detection import detected
from processing.model.profile import DEFAULT
from processing.model.stamp import PLAIN, Form
from processing.profiles import profiles_from
from processing.reading.fast_rows import FastParser
from processing.reading.strict_rows import StrictParser
from processing.reading.table import Table

HEADER = b"timestamp,voltage,current\n"
DIALECT = detected(HEADER, (), DEFAULT)
COMMAS = detected(b"voltage (mV);note;timestamp;current\n1,5;;2025-01-15T06:00:00;2,5\n", (), DEFAULT)
NO_COMMENTS = detected(HEADER, (), profiles_from({"csv": {"comment": ""}}).default)

CELLS = st.one_of(
    st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**7), max_value=10**7).map(
        str
    ),
    st.floats().map(repr),
    st.sampled_from(
        ["24.5", "-0", "+5", ".5", "5.", "007", "1_0", "1e999", "ERR", "", " 24\t", "\x0b5", "5\r", "nan"]
    ),
    st.sampled_from(
        ['"1"', "'", '"', "٣", "5\xa0", "°", "\0", "#", "5" * 64, "5" * 65, "0x10", "1,5", "1.000,5"]
    ),
    st.text("0123456789.+-eE []\0", max_size=20),
    st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=8),
)
TIMESTAMPS = st.one_of(
    st.datetimes().map(lambda moment: moment.isoformat(timespec="seconds")),
    st.datetimes().map(lambda moment: moment.isoformat(" ") + "Z"),
    st.sampled_from(
        ["2025-01-15T06:00:00", "2025-01-15T06:00:01", "2025-01-15T06:00", " 2025-01-15T06:00:00", "x"]
    ),
    st.sampled_from(
        [
            "2025-02-30T06:00:00",
            "2025-01-15T24:00:00",
            "2025-01-15T24:01:00",
            "2025-01-15T06:60:00",
            "2025-01-15T06:00:0a",
        ]
    ),
    st.sampled_from(
        ["2025-01-15T06:00:00,5", "2025-01-15T06:00:00.123456789-0330", "1969-12-31T23:59:59", "#"]
    ),
)
LINES = st.lists(
    st.one_of(
        st.tuples(TIMESTAMPS, CELLS, CELLS).map(",".join),
        st.tuples(CELLS, CELLS, TIMESTAMPS, CELLS).map(";".join),
        st.lists(st.one_of(CELLS, TIMESTAMPS), max_size=5).map(",".join),
    ).map(str.encode),
    max_size=8,
)


def rows_of(table: Table) -> dict[int, tuple[int, Form, bool, bytes]]:
    """Return each row by its line, its readings bit for bit."""
    forms = list(table.forms)
    return {
        line: (time, forms[form], broken, readings.tobytes())
        for line, time, form, broken, readings in zip(
            table.line.tolist(),
            table.time.tolist(),
            table.form.tolist(),
            table.broken.tolist(),
            table.readings.T.copy(),
            strict=True,
        )
    }


def fast(lines: list[bytes], dialect: Dialect = DIALECT) -> Table:
    block = b"".join(line + b"\n" for line in lines)
    return FastParser(dialect, {PLAIN: 0}, [], {}).read(block, np.arange(2, 2 + len(lines), dtype=np.int32))


@given(LINES, st.sampled_from([DIALECT, COMMAS, NO_COMMENTS]))
@example([b"2025-01-15T06:00:00,24.5,1\xff"], DIALECT)
@example([b"2025-01-15T06:00:0,1,1", b"02025-01-15T06:00:00,1,1", b"2025-01-15T06:00:00,1,1"], DIALECT)
@example([b"2025-01-15T06:00:00,1,1,1", b"2025-01-15T06:00:00,1"], DIALECT)
def test_every_row_is_the_strict_parsers_bit_for_bit(lines: list[bytes], dialect: Dialect) -> None:
    lines = [part for line in lines for part in line.split(b"\n")]
    strict = StrictParser(dialect, {PLAIN: 0}, [], {})
    expected = rows_of(strict.read(range(2, 2 + len(lines)), lines))
    found = rows_of(fast(lines, dialect))
    assert found.items() <= expected.items()
    assert not any(broken for _, _, broken, _ in found.values())


@pytest.mark.parametrize(
    ("cell", "value"), [("0", 0.0), ("-0.5", -0.5), ("1e3", 1000.0), ("+5", 5.0), (".5", 0.5), (" 24 ", 24.0)]
)
def test_these_numbers_are_read_fast(cell: str, value: float) -> None:
    assert fast([f"2025-01-15T06:00:00,{cell},1".encode()]).readings[0].tolist() == [value]


@pytest.mark.parametrize(
    "line",
    [
        b"2025-01-15T06:05:00,ERR,1",
        b"2025-01-15T06:05:00,,1",
        b"2025-01-15T06:05:00,24\t,1",
        b"2025-01-15T06:05:00,1",
        b"2025-01-15T06:05:00,1,1,1",
        b'2025-01-15T06:05:00,"1",1"',
        b"#025-01-15T06:05:00,1,1",
        b"2025-02-30T06:05:00,1,1",
        b"2025-01-15T06:05:00," + b"5" * 65 + b",1",
        b"",
    ],
)
def test_a_line_that_is_not_plain_is_left_out_and_the_others_are_read(line: bytes) -> None:
    plain = [b"2025-01-15T06:00:00,1,1", b"2025-01-15T06:10:00,2,2"]
    assert fast([plain[0], line, plain[1]]).line.tolist() == [2, 4]


@pytest.mark.parametrize("lines", [[], [b"x"], [b"2025-01-15T06:00:00,1,1", b"2025-01-15T06:00:00,1,\xff"]])
def test_nothing_is_read_of_a_block_without_plain_lines_or_that_is_not_utf_8(lines: list[bytes]) -> None:
    assert len(fast(lines).line) == 0


def test_quotes_around_whole_cells_are_left_out() -> None:
    found = fast([b'"2025-01-15T06:05:00","1",2'])
    assert found.readings.tolist() == [[1.0], [2.0]]


def test_decimal_commas_and_units_are_applied_and_columns_of_text_are_not_read() -> None:
    found = fast(["24100,5;°;2025-01-15T06:00:00;2,5".encode()], COMMAS)
    assert found.readings.tolist() == [[24.1005], [2.5]]
    assert found.time.tolist() == [1_736_920_800_000_000]


@pytest.mark.parametrize(
    ("delimiter", "decimal", "cell", "value"),
    [(",", ",", "24", 24.0), (",", ",", "24.5", None), (";", ".", "24,5", None), (";", ",", "24.5", None),
     (";", ".", "24.5", 24.5), ("\t", ",", "24,5", 24.5)],
)  # fmt: skip
def test_only_the_decimal_sign_is_part_of_a_number(
    delimiter: str, decimal: str, cell: str, value: float | None
) -> None:
    profile = profiles_from({"csv": {"delimiter": delimiter, "decimal": decimal}}).default
    dialect = detected(HEADER.replace(b",", delimiter.encode()), (), profile)
    found = fast([delimiter.join(["2025-01-15T06:00:00", cell, "1"]).encode()], dialect)
    assert found.readings.tolist() == ([[], []] if value is None else [[value], [1.0]])
