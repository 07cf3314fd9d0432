"""The check of a reading by itself: whether it is outside of its limits."""

import numpy as np

from processing.model.flags import FAIL, MISSING, Flags, Floats


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
