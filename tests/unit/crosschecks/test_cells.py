"""The numbers in cells of some rows, or of all."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest

from processing.crosschecks.cells import numbers_again, numbers_at
from processing.crosschecks.marks import check_marks
from processing.head.dialect import Column, Dialect
from processing.model.profile import DEFAULT


@pytest.mark.parametrize("blocks", [1, 2, 3])
def test_the_numbers_of_these_lines_are_found_in_any_block_of_the_file(blocks: int) -> None:
    parts = [b"t;a;b\n1;1,5;x\n2;2,5;20\n", b'3;"3,5";30\n4;4\n', b"5;;50\n"]
    parts = [*parts[: blocks - 1], b"".join(parts[blocks - 1 :])]

    def again() -> tuple[bytes, Iterator[bytes]]:
        return parts[0], iter(parts[1:])

    dialect = Dialect(";", ",", (), ("t", "a", "b"), 1, (0,), {}, width=3)
    found = numbers_at(np.array([6, 2, 4, 5, 3], np.int32), [2, 1], dialect, again)
    expected = [[50, np.nan], [np.nan, 1.5], [30, 3.5], [np.nan, np.nan], [20, 2.5]]
    assert np.array_equal(found, expected, equal_nan=True)


def test_the_numbers_of_all_rows_are_found() -> None:
    def again() -> tuple[bytes, Iterator[bytes]]:
        return b"t;a;b\n1;1,5;x\n2;2,5\n", iter([b"3;;30\n"])

    dialect = Dialect(";", ",", (), ("t", "a", "b"), 1, (0,), {}, first_row_line=2, width=3)
    found = numbers_again([2, 1], dialect, again)
    assert np.array_equal(found, [[np.nan, 1.5], [30, np.nan]], equal_nan=True)
    assert numbers_again([2, 1], dialect, lambda: (b"t;a;b\n", iter(()))).shape == (0, 2)


def test_marks_are_checked_in_a_fraction_of_the_memory_of_the_rows() -> None:
    """That a file may have is limited by the memory of its rows, at 220 bytes each."""
    count = 30_000
    rows = [b"%d,%d,%s\n" % (at, at % 900, b"bad" if at == 9 else b"good") for at in range(count)]
    power = {"power": Column((1,), 1.0, 0.0)}
    dialect = Dialect(",", ".", (), ("t", "power", "quality"), 0, (0,), power, width=3)
    blocks = [b"".join(rows[at : at + 1000]) for at in range(0, count, 1000)]
    tracemalloc.start()
    try:
        check_marks(dialect, lambda: (blocks[0], iter(blocks[1:])), DEFAULT)
        assert tracemalloc.get_traced_memory()[1] < 60 * count
    finally:
        tracemalloc.stop()
