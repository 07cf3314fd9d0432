"""The rows of a file as checks see them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from processing.model.channels import LimitsOfChannel, has_product
from processing.model.digits import resolution
from processing.model.flags import GOOD, NOT_EVALUATED, all_of, any_of, np
from processing.model.safe_text import span_text
from processing.model.stamp import DAY, HOUR_S, SECOND
from processing.model.thresholds import NIGHT_FLOOR, NotNegative, Number, Positive, Threshold

if TYPE_CHECKING:
    from processing.model.flags import Flags, Floats, Integers, Mask
    from processing.model.rejection import RejectedFileError
    from processing.rows.sorted_rows import SortedRows

SLOW_STEP = Threshold("slow_step_seconds", 900.0, "s", Positive)
"""Rows further apart than this are not compared."""
USUAL_STEPS = Threshold("usual_steps", 6.0, "steps", NotNegative)
"""A change of at most this many usual steps between rows is not suspect."""
_OF_A_DAY = 2 / 3
"""A plant generates in a smaller share of the time."""
_OF_CONSUMER = 0.2
"""The usual power at night is a larger share of that by day; a plant with a wrong zero has less."""


@dataclass
class CheckedFile:
    """The rows of one file as checks see them: all of them, the valid ones, and the profile."""

    rows: SortedRows
    valid: SortedRows
    now: int | None = None
    """The time of processing in microseconds."""
    unlabelled: int = 0
    """The number of rows that were left out because they have no label."""
    energy_kwh: float | None = None
    """The energy of the valid rows, as the result has it."""
    doubt: RejectedFileError | None = None
    """A question about the file that its profile answers."""
    _computed: dict[tuple[str, str], float] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Return how many rows there are."""
        return len(self.rows.line)

    def __getitem__(self, threshold: Threshold[Number]) -> Number:
        """Return the value of a threshold, as the profile sets it or as it fits the plant."""
        return self.rows.thresholds[threshold]

    def limits(self, channel: str) -> LimitsOfChannel:
        """Return the limits of a channel."""
        return self.rows.limits[channel]

    def change(self, channel: str) -> Floats:
        """Return the differences between neighbouring valid rows: one fewer than these."""
        values = self.valid.values[channel]
        return values[1:] - values[:-1]

    @cached_property
    def largest_changes(self) -> dict[str, float]:
        """Return the largest absolute difference between neighbouring valid rows of each channel."""
        readings = self.valid.readings
        changes = readings[:, 1:] - readings[:, :-1]
        largest = np.fmax.reduce(np.abs(changes, out=changes), axis=1, initial=0.0).tolist()
        return dict(zip(self.valid.channels, largest, strict=True))

    def resolution(self, channel: str) -> float:
        """Return the smallest step of a channel's valid readings."""
        key = (channel, "resolution")
        if key not in self._computed:
            column = self.valid.dialect.columns[channel]
            self._computed[key] = resolution(self.valid.values[channel], column.factor, column.offset)
        return self._computed[key]

    def limit_of(self, channel: str, threshold: Threshold[float]) -> float:
        """Return a threshold of changes between rows, at least USUAL_STEPS of the usual steps in daytime."""
        key = (channel, "usual step")
        if key not in self._computed:
            steps = np.abs(self.change(channel)[self.generating_pairs])
            self._computed[key] = float(np.median(steps)) if len(steps) else 0.0
        return max(self[threshold], self[USUAL_STEPS] * self._computed[key])

    @cached_property
    def valid_at(self) -> Integers:
        """Return the indices of the valid rows among all rows."""
        return self.rows.valid.nonzero()[0]

    @cached_property
    def generating_pairs(self) -> Mask:
        """Return which valid rows generate, and the one before too: one fewer than there are rows."""
        return self.valid.generating[1:] & self.valid.generating[:-1]

    @cached_property
    def comparable_rows(self) -> tuple[Flags, Flags]:
        """Return GOOD for valid rows that can be compared with the row before, and with both neighbours.

        All others are NOT_EVALUATED: the first row (and the last one), and rows beside a slow step.
        """
        slow = self.valid.steps.seconds > self[SLOW_STEP]
        with_previous = np.full(len(slow) + 1, NOT_EVALUATED, np.uint8)
        with_previous[1:][~slow] = GOOD
        with_both = with_previous.copy()
        with_both[-1] = NOT_EVALUATED
        with_both[:-1][slow] = NOT_EVALUATED
        return with_previous, with_both

    @cached_property
    def night(self) -> Mask | None:
        """Return which valid rows are at night; None if that is not known."""
        from processing.rows.daylight import night_rows  # noqa: PLC0415 - loads numpy

        return night_rows(self.valid)

    @cached_property
    def days(self) -> Integers:
        """Return the number of the day of each valid row; a day ends in the middle of the dark."""
        from processing.rows.daylight import days  # noqa: PLC0415 - loads numpy

        return days(self.valid)

    @property
    def day_starts(self) -> Integers:
        """Return the first valid row of each day."""
        return np.flatnonzero(np.diff(self.days, prepend=self.days[0] - 1))

    @cached_property
    def lacking(self) -> dict[str, int]:
        """Return in how many rows with power the sensors have no reading, by channel."""
        values, generating = self.valid.values, self.valid.generating
        return {
            name: int(np.count_nonzero(np.isnan(values[name]) & generating))
            for name in ("voltage", "current", "temperature")
            if name in values
        }

    @cached_property
    def power_source(self) -> str | None:
        """Return the channel from which the power comes: power, or energy of each row; None for others."""
        valid = self.valid
        if valid.energy_kind is not None:
            return "energy" if valid.energy_kind == "interval" else None
        return "power" if "power" in valid.values and not has_product(valid.values) else None

    @cached_property
    def power_step(self) -> float:
        """Return the step of the sensor in W; 0 if voltage and current give the power."""
        if self.valid.energy_kind is not None:
            return self.resolution("energy") * HOUR_S / self.valid.dt
        return self.resolution("power") if self.power_source else 0.0

    @cached_property
    def is_load(self) -> bool:
        """Return whether there is power at night, or more often than a plant generates."""
        return (self.night is not None and any_of(self.valid.generating & self.night)) or self.lasts

    @cached_property
    def lasts(self) -> bool:
        """Return whether there is power more often than a plant generates."""
        time = self.valid.time
        span = float(time[-1] - time[0]) if len(time) else 0.0
        lasting = float(np.count_nonzero(self.valid.generating)) * self.valid.dt * SECOND
        return span >= DAY and lasting > _OF_A_DAY * span

    @cached_property
    def is_consumer(self) -> bool:
        """Return whether there is power all day long, and no less at night than consumers have."""
        power, night = self.valid.power, self.night
        if night is None or not self.lasts or all_of(night) or not any_of(night):
            return self.lasts
        return bool(np.median(power[night]) > _OF_CONSUMER * np.median(power[~night]))

    @cached_property
    def is_negative(self) -> bool:
        """Return whether power is ever below minus the floor."""
        return bool(np.fmin.reduce(self.valid.power, initial=0.0) < -self[NIGHT_FLOOR])

    def with_known(self, channel: str) -> CheckedFile:
        """Return the file without the valid rows that lack a reading of a channel."""
        known = ~np.isnan(self.rows.values[channel])
        rows = replace(self.rows, valid=self.rows.valid & known)
        return CheckedFile(rows, rows.valid_rows(), self.now)

    def span(self, run: slice) -> str:
        """Return how long a run of valid rows lasts, in words."""
        return span_text(float(self.valid.time[run.stop - 1] - self.valid.time[run.start]) / 1e6)
