"""What the product says of a file's rows, check by check, for comparison with its peers."""

from __future__ import annotations

import io
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from processing.checks import registry
from processing.model.profile import DEFAULT, Profile
from processing.reading.byte_source import Source
from processing.reading.table import read
from processing.rows.time_order import Ordered, ordered
from processing.rows.valid_rows import day_of

Flags = NDArray[np.uint8]


class Verdicts(NamedTuple):
    """The rows in order of time, and each check's flags for them."""

    found: Ordered
    flags: dict[tuple[str, str | None], Flags]

    @property
    def valid(self) -> NDArray[np.bool_]:
        return self.found.rows.valid

    def of(self, check: str, channel: str | None) -> Flags:
        """The flags of the valid rows."""
        return self.flags[check, channel][self.valid]

    def column(self, channel: str) -> NDArray[np.float64]:
        """The readings of the valid rows."""
        return self.found.rows.values[channel][self.valid]

    @property
    def time(self) -> NDArray[Any]:
        """The times of the valid rows."""
        return self.found.rows.time[self.valid].astype("datetime64[us]")


def verdicts(content: bytes, profile: Profile = DEFAULT) -> Verdicts:
    table = read(Source(io.BytesIO(content), profile.caps, packed=False).lines("auto"), profile)
    found = ordered(table, profile)
    day = day_of(found.rows, table.forms, profile)
    findings = [
        *registry.fail_findings(found.rows, profile),
        *registry.suspect_findings(day, profile, len(found.rows.line)),
    ]
    return Verdicts(found, {(one.check, one.channel): one.flags for one in findings})
