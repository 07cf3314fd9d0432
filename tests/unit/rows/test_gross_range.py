from __future__ import annotations

import numpy as np

from processing.model.flags import FAIL, GOOD, MISSING
from processing.rows.gross_range import gross_range


def test_limits_are_inclusive_and_a_reading_that_is_none_is_missing() -> None:
    values = np.array([17.9, 18.0, 32.0, 32.1, np.nan])
    assert gross_range(values, 18.0, 32.0).tolist() == [FAIL, GOOD, GOOD, FAIL, MISSING]
