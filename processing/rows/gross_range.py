"""The checks that fail a reading by itself: outside of its limits, or a logger's value for none."""

from collections.abc import Sequence

import numpy as np

from processing.model.flags import FAIL, GOOD, MISSING, Flags, Floats


def gross_range(values: Floats, low: float | Floats, high: float | Floats) -> Flags:
    """Return FAIL for readings outside low … high (both inclusive), MISSING where there is none.

    Source: QARTOD test 4 (gross range); the limits are in `channels.CHANNELS`.
    """
    inside = (values >= low) & (values <= high)
    flags = np.ones(values.shape, np.uint8)
    if not inside.all():
        flags[~inside] = FAIL
        flags[np.isnan(values)] = MISSING
    return flags


def sentinel(values: Floats, sentinels: Sequence[float]) -> Flags:
    """Return FAIL for readings that equal a logger's value for "no reading".

    `sentinels` are in the unit of the values, scaled by the very operations that scaled them.
    """
    return np.where(np.isin(values, np.asarray(sentinels, np.float64)), np.uint8(FAIL), np.uint8(GOOD))
