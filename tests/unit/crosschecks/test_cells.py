"""The numbers in cells of some rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from processing.crosschecks.cells import numbers_at
from processing.head.dialect import Dialect


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
