"""How a logger records a simulated day: what its sensors resolve, which rows it writes, and its clock."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

import numpy as np

from processing.generator.faults import CHANNELS
from processing.model.channels import DEFAULT_HEADER
from processing.model.flags import Floats

HEADER: Final = ",".join(DEFAULT_HEADER)
FINE: Final = (0.001, 0.001, 0.01, 0.001)
RESOLUTIONS: Final = {
    "fine": FINE,
    "usual": (0.01, 0.01, 0.1, 0.1),
    "coarse": (0.1, 0.1, 1.0, 1.0),
    "steps": (0.0732, 0.0244, 0.5, 1.0),
}
"""In V, A, °C and W; `steps` has those of a ten-bit converter."""
SKIPPED: Final = 0.4  # of the polls of an uneven logger, never two in a row


@dataclass(frozen=True)
class DataLogger:
    """A logger: its `resolution` in V, A, °C and W, and what else is particular about it.

    An `uneven` logger skips polls. One that `sleeps`, such as an inverter, writes no rows without power. The
    stamps of a `utc` logger are in UTC, for a start with an offset.
    """

    resolution: tuple[float, float, float, float] = FINE
    uneven: bool = False
    sleeps: bool = False
    utc: bool = False

    def rows(self, power: Floats, rng: np.random.Generator) -> list[int]:
        """Return the rows that the logger writes."""
        kept = np.ones(len(power), np.bool_)
        if self.uneven:
            skipped = rng.uniform(size=len(power)) < SKIPPED
            kept[1:-1] = ~(skipped[1:-1] & ~skipped[:-2])
        if self.sleeps:
            kept &= power > 0
        found: list[int] = kept.nonzero()[0].tolist()
        return found

    def cells(self, values: Floats, resolution: float) -> list[str]:
        """Return a channel's readings as text, in whole steps of the resolution."""
        digits = math.ceil(-math.log10(resolution))
        if is_step := resolution != 10.0**-digits:
            digits += 1
        if resolution not in FINE or is_step:
            values = np.rint(values / resolution) * resolution
        return list(map(f"{{:.{max(0, digits)}f}}".format, values.tolist()))


THOROUGH: Final = DataLogger()
"""Writes every row."""


def stamps(seconds: Floats, start: datetime, unit: Literal["s", "ms"], logger: DataLogger) -> Sequence[str]:
    """Return the timestamps of rows from their seconds since the start."""
    offset = start.utcoffset() or timedelta()
    first = start.replace(tzinfo=None) - (offset if logger.utc else timedelta())
    moments = np.datetime64(first, "ms") + np.rint(seconds * 1000).astype("timedelta64[ms]")
    ending = "Z" if logger.utc else start.isoformat()[19:]
    return [stamp + ending for stamp in np.datetime_as_string(moments, unit=unit).tolist()]


def lines(
    columns: dict[str, Floats],
    start: datetime,
    unit: Literal["s", "ms"],
    logger: DataLogger,
    rows: Sequence[int],
) -> dict[float, str]:
    """Return the lines by their position: the header at -1, row k at k."""
    texts = zip(
        stamps(columns["seconds"], start, unit, logger),
        *(logger.cells(columns[name], one) for name, one in zip(CHANNELS, logger.resolution, strict=True)),
        strict=True,
    )
    written = list(map(",".join, texts))
    found: dict[float, str] = {-1: HEADER}
    return found | {position: written[position] for position in rows}
