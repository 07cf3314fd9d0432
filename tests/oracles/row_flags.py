"""What the product says of a file's rows, check by check, for comparison with its peers."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from processing.model.profile import DEFAULT, Profile
from processing.rows.sorted_rows import SortedRows
from tests.support.checked_files import checked, flags_by_check

Flags = NDArray[np.uint8]


class RowFlags(NamedTuple):
    """The rows in order of time, and each check's flags for them."""

    rows: SortedRows
    flags: dict[tuple[str, str], Flags]

    @property
    def valid(self) -> NDArray[np.bool_]:
        return self.rows.valid

    def of(self, check: str, channel: str) -> Flags:
        """The flags of the valid rows."""
        return self.flags[check, channel][self.valid]

    def column(self, channel: str) -> NDArray[np.float64]:
        """The readings of the valid rows."""
        return self.rows.values[channel][self.valid]

    @property
    def time(self) -> NDArray[Any]:
        """The times of the valid rows."""
        return self.rows.time[self.valid].astype("datetime64[us]")


def row_flags_of(content: bytes, profile: Profile = DEFAULT) -> RowFlags:
    file = checked(content, profile)
    return RowFlags(file.rows, flags_by_check(file))
