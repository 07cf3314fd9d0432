"""A file as the checks see it, and the flags that they give its rows."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray

from processing.checks.check import CheckedFile
from processing.checks.registry import row_flags
from processing.model.flags import GOOD, NOT_EVALUATED, SUSPECT
from processing.model.profile import DEFAULT, Profile
from processing.reading.byte_source import ByteSource
from processing.reading.reader import read_table
from processing.rows.time_order import sort_rows

Flags = NDArray[np.uint8]


def checked(content: bytes, profile: Profile = DEFAULT) -> CheckedFile:
    """Return the file with these bytes as checks see it."""
    table = read_table(ByteSource(io.BytesIO(content), profile.caps, packed=False).lines("auto"), profile)
    rows = sort_rows(table, profile)
    return CheckedFile(rows, rows.valid_rows(), table.rejected)


def flags_by_check(file: CheckedFile) -> dict[tuple[str, str], Flags]:
    """Return the flags of all rows by check and channel; the channel of a check of whole rows is empty."""
    found = {}
    for check, channel, flags in row_flags(file):
        unseen = ~file.rows.valid & (check.flag == SUSPECT)
        all_good = np.where(unseen, np.uint8(NOT_EVALUATED), np.uint8(GOOD))
        found[check.name, channel] = all_good if flags is None else flags
    return found
