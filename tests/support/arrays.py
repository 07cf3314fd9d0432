"""Readings, times and flags as numpy arrays, written shortly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def floats(*values: float) -> NDArray[np.float64]:
    return np.array(values, np.float64)


def mask(text: str) -> NDArray[np.bool_]:
    """The mask that is True at each 1 of the text."""
    return np.array([digit == "1" for digit in text], np.bool_)


def clock(rows: int, seconds: int = 300) -> NDArray[np.int64]:
    """The times of rows that are so many seconds apart, in microseconds."""
    return np.arange(rows, dtype=np.int64) * seconds * 1_000_000


def text_of(flags: NDArray[np.uint8] | None, rows: int) -> str:
    """One digit for each flag; None stands for GOOD on all rows."""
    return "1" * rows if flags is None else "".join(map(str, flags.tolist()))
