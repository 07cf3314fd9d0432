"""The base classes of checks, and the rows of a file as checks see them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from processing.model.channels import CHANNELS, LimitsOfChannel, has_product
from processing.model.digits import resolution
from processing.model.flags import FAIL, GOOD, NOT_EVALUATED, SUSPECT, all_of, any_of, np
from processing.model.result import Anomaly
from processing.model.safe_text import span_text
from processing.model.stamp import DAY, SECOND
from processing.model.thresholds import NotNegative, Number, Positive, Threshold
from processing.rows.runs import covered, runs

if TYPE_CHECKING:
    from processing.model.flags import Flags, Floats, Integers, Mask
    from processing.rows.sorted_rows import SortedRows

SLOW_STEP = Threshold("slow_step_seconds", 900.0, "s", Positive)
"""Rows further apart than this are not compared."""
USUAL_STEPS = Threshold("usual_steps", 6.0, "steps", NotNegative)
"""A change of at most this many usual steps between rows is not suspect."""
_HOUR_S = 3600.0
_OF_A_DAY = 2 / 3
"""A plant generates in a smaller share of the time."""
_OF_CONSUMER = 0.2
"""The usual power at night is a larger share of that by day; a plant with a wrong zero has less."""
ROW = ""
"""Takes the place of a channel in a check of whole rows."""
Runs: TypeAlias = "tuple[Integers, Integers]"


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
            return self.resolution("energy") * _HOUR_S / self.valid.dt
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

    def with_known(self, channel: str) -> CheckedFile:
        """Return the file without the valid rows that lack a reading of a channel."""
        known = ~np.isnan(self.rows.values[channel])
        rows = replace(self.rows, valid=self.rows.valid & known)
        return CheckedFile(rows, rows.valid_rows(), self.now)

    def span(self, run: slice) -> str:
        """Return how long a run of valid rows lasts, in words."""
        return span_text(float(self.valid.time[run.stop - 1] - self.valid.time[run.start]) / 1e6)


def flags_of(found: Mask, flag: int) -> Flags | None:
    """Return this flag for the rows that a check found; None if it found none."""
    return np.where(found, np.uint8(flag), np.uint8(GOOD)) if any_of(found) else None


class Check:
    """One check: its name, its rule, and how it explains what it found.

    The docstring of each check is its section of docs/checks.md: the rule, then lines with `Source:`, `False
    alarms:`, and `Keys:` for keys of the configuration that are not thresholds.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    """The title of its findings on pages."""
    sentence: ClassVar[str]
    """The message about a run, for a technician: a format of `channel`, its `unit`, and the `evidence`."""
    flag: ClassVar[Literal[1, 3, 4, 9]]
    severity: ClassVar[Literal["note", "suspect", "invalid"]]
    channels: ClassVar[tuple[str, ...]] = (ROW,)
    needs_column: ClassVar[bool] = True
    """A file without the channel's column has only MISSING flags."""
    always_counted: ClassVar[bool] = True
    """A result counts its flags even if it found nothing."""
    lists_explained: ClassVar[bool] = True
    """Rows whose channel failed another check are listed too."""
    thresholds: ClassVar[tuple[Threshold[int] | Threshold[float], ...]] = ()

    def find(self, file: CheckedFile, channel: str) -> Flags | None:
        """Return the flags of all rows (of the valid ones, if SUSPECT); None if all are GOOD."""
        raise NotImplementedError

    def runs_of(self, file: CheckedFile, channel: str, found: Mask) -> Runs:
        """Return the runs among the rows that were found; each is one anomaly."""
        return runs(found)

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        """Return the reading (`value`) that represents a run of flagged rows, and the `limit` that it broke.

        Other values that the sentence names are added. The indices of the run count the rows that the check
        evaluates.
        """
        return {}

    def extent(self, file: CheckedFile, run: slice) -> dict[str, Any]:
        """Return what a run of rows covers: its times, the number of rows, and the line of the first one."""
        first, last = run.start, run.stop - 1
        if self.flag == SUSPECT:
            first, last = file.valid_at.item(first), file.valid_at.item(last)
        start, end, line = file.rows.text(first), file.rows.text(last), int(file.rows.line[first])
        return {"start": start, "end": end, "rows": run.stop - run.start, "line": line}

    def anomaly(self, file: CheckedFile, channel: str, run: slice) -> Anomaly:
        """Return the anomaly of a run of rows."""
        evidence = self.evidence(file, channel, run)
        unit = CHANNELS[channel].unit if channel else ""
        return Anomaly(
            check=self.name,
            channel=channel or None,
            flag=self.flag,
            severity=self.severity,
            **self.extent(file, run),
            message=self.sentence.format(**{"channel": channel, "unit": unit} | evidence),
            value=evidence.get("value"),
            limit=evidence.get("limit"),
        )


class FailCheck(Check):
    """A check of all rows, which fails some of them."""

    flag = FAIL
    severity = "invalid"
    always_counted = False


class SuspectCheck(Check):
    """A check of the valid rows, which marks some of them as SUSPECT."""

    flag = SUSPECT
    severity = "suspect"


class RunCheck(SuspectCheck):
    """A check that marks runs of valid rows as SUSPECT. Two runs that touch remain two anomalies."""

    def find(self, file: CheckedFile, channel: str) -> Flags | None:
        found = self.runs(file, channel)
        return None if found is None else flags_of(covered(*found, len(file.valid.time)), SUSPECT)

    def runs(self, file: CheckedFile, channel: str) -> Runs | None:
        """Return the first row of each run, and the row after its last; None if there is none."""
        raise NotImplementedError

    def runs_of(self, file: CheckedFile, channel: str, found: Mask) -> Runs:
        return self.runs(file, channel) or runs(found)


class Note(Check):
    """A check that finds something worth knowing that is not a fault of a row."""

    flag: ClassVar[Literal[1, 9]] = GOOD
    yields_to_others: ClassVar[bool] = False
    """A result lists it only while fewer than MAX_LISTED anomalies are found."""
    is_for_others: ClassVar[bool] = False
    """It does not run for a file with the default header, and V and I."""
    severity = "note"

    def runs(self, file: CheckedFile) -> Runs | None:
        """Return the first row of each run, and the row after its last; each run is one anomaly."""
        raise NotImplementedError
