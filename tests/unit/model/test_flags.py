"""QARTOD's flags in arrays."""

from __future__ import annotations

import subprocess
import sys

import numpy as np

from processing.model.flags import MISSING, all_of, all_rows, any_of, count_by_flag


def test_flags_are_counted_by_their_digit_without_those_that_no_row_has() -> None:
    assert count_by_flag(np.array([1, 1, 3, 9, 1, 2, 4, 4], np.uint8)) == {
        "1": 3,
        "2": 1,
        "3": 1,
        "4": 2,
        "9": 1,
    }
    assert count_by_flag(all_rows(MISSING, 3)) == {"9": 3}
    assert count_by_flag(all_rows(MISSING, 0)) == {}


def test_any_of_an_empty_mask_is_false() -> None:
    assert not any_of(np.zeros(0, np.bool_))
    assert any_of(np.array([False, True]))


def test_one_row_of_many_decides_whatever_their_number() -> None:
    for rows in (1, 288, 9_999, 10_000, 20_000):
        mask = np.zeros(rows, np.bool_)
        assert (any_of(mask), all_of(~mask)) == (False, True)
        mask[-1] = True
        assert (any_of(mask), all_of(~mask)) == (True, False)
        flags = all_rows(1, rows)
        flags[mask] = MISSING
        assert count_by_flag(flags) == ({"1": rows - 1, "9": 1} if rows > 1 else {"9": 1})
    assert all_of(np.zeros(0, np.bool_))


def test_numpy_is_loaded_when_it_is_first_used() -> None:
    code = (
        "import sys; from processing.model.flags import np; assert 'numpy' not in sys.modules;"
        "print(np.zeros(2).tolist())"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[0.0, 0.0]\n"
