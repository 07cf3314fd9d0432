"""The base classes of checks, and the rows of a file as checks see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, TypeAlias

from processing.model.flags import FAIL, GOOD, NOT_EVALUATED, SUSPECT, all_rows, any_of, np
from processing.model.profile import Channel, Number, Positive, Threshold
from processing.model.result import Anomaly, RejectedRow

if TYPE_CHECKING:
    from processing.model.flags import Flags, Floats, Integers, Mask
    from processing.rows.sorted_rows import SortedRows

SLOW_STEP = Threshold("slow_step_seconds", 900.0, "s", Positive)
"""Rows further apart than this are not compared."""
ROW = ""
"""In place of a channel: the check concerns whole rows."""
Runs: TypeAlias = "tuple[Integers, Integers]"


@dataclass
class CheckedFile:
    """The rows of one file as checks see them: all of them, the valid ones, and the profile."""

    rows: SortedRows
    valid: SortedRows
    unread: Sequence[RejectedRow] = ()
    """What is wrong with the first rows with syntax errors."""
    now: int | None = None
    """The time of processing in microseconds."""
    _last_change: tuple[str, Floats] | None = field(default=None, init=False)

    @property
    def count(self) -> int:
        """Return how many rows there are."""
        return len(self.rows.line)

    def __getitem__(self, threshold: Threshold[Number]) -> Number:
        """Return the value that the profile has for a threshold."""
        return self.rows.profile.thresholds[threshold]

    def limits(self, channel: str) -> Channel:
        """Return the limits of a channel."""
        return self.rows.profile.channels[channel]

    def change(self, channel: str) -> Floats:
        """Return the differences between neighbouring valid rows: one fewer than these.

        Those of the last channel asked for are kept: the checks of one channel follow each other.
        """
        if self._last_change is None or self._last_change[0] != channel:
            values = self.valid.values[channel]
            self._last_change = channel, values[1:] - values[:-1]
        return self._last_change[1]

    @cached_property
    def comparable_rows(self) -> tuple[Flags, Flags]:
        """Return GOOD for the valid rows that can be compared with the one before, and with both sides."""
        slow = self.valid.steps.seconds > self[SLOW_STEP]
        return comparable(slow, ahead=False), comparable(slow, ahead=True)

    @cached_property
    def night(self) -> Mask | None:
        """Return which valid rows are at night; None if that is not known."""
        from processing.rows.daylight import night_rows  # noqa: PLC0415 - loads numpy

        return night_rows(self.valid)

    @cached_property
    def dates(self) -> Integers:
        """Return the number of each valid row's local date."""
        from processing.rows.daylight import dates, site_clock  # noqa: PLC0415 - loads numpy

        return dates(site_clock(self.valid))

    def minutes(self, run: slice) -> float:
        """Return how long a run of valid rows lasts."""
        return round(float(self.valid.time[run.stop - 1] - self.valid.time[run.start]) / 60e6, 1)


def comparable(slow: Mask, *, ahead: bool) -> Flags:
    """Return GOOD for rows that can be compared with the one before (and `ahead`: with the next one too).

    All others are NOT_EVALUATED: the first row (and the last one), and rows beside a slow step.
    """
    flags = all_rows(GOOD, len(slow) + 1)
    flags[0] = NOT_EVALUATED
    if ahead:
        flags[-1] = NOT_EVALUATED
    if any_of(slow):
        flags[1:][slow] = NOT_EVALUATED
        flags[:-1][slow & ahead] = NOT_EVALUATED
    return flags


class Explanation(NamedTuple):
    """A sentence for a technician, the reading that stands for an anomaly, and the limit that it broke."""

    message: str
    value: float | None = None
    limit: float | None = None


def flags_of(found: Mask, flag: int) -> Flags | None:
    """Return this flag for the rows that a check found; None if it found none."""
    return np.where(found, np.uint8(flag), np.uint8(GOOD)) if any_of(found) else None


class Check:
    """One check: its name, its rule, and how it explains what it found.

    The docstring of each check is its section of docs/checks.md: the rule, then lines with `Source:`, `False
    alarms:`, and `Keys:` for keys of the configuration that are no thresholds.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    """As pages call what it finds."""
    sentence: ClassVar[str] = ""
    """What it says of every run, unless it has an `explain` of its own."""
    flag: ClassVar[Literal[1, 3, 4, 9]]
    severity: ClassVar[Literal["note", "suspect", "invalid"]]
    channels: ClassVar[tuple[str, ...]] = (ROW,)
    needs_column: ClassVar[bool] = True
    """A file without the channel's column has only MISSING flags."""
    always_counted: ClassVar[bool] = True
    """A result counts its flags even if it found nothing."""
    thresholds: ClassVar[tuple[Threshold[int] | Threshold[float], ...]] = ()

    def find(self, file: CheckedFile, channel: str) -> Flags | None:
        """Return the flags of all rows (of the valid ones, if SUSPECT); None if all are GOOD."""
        raise NotImplementedError

    def explain(self, file: CheckedFile, channel: str, run: slice) -> Explanation:
        """Explain a run of flagged rows; the run counts the rows that the check evaluates."""
        return Explanation(self.sentence)

    def listed(self, file: CheckedFile, channel: str) -> Mask | None:
        """Return the rows to list as anomalies; None: all that are flagged."""
        return None

    def place(self, file: CheckedFile, run: slice) -> dict[str, Any]:
        """Return where a run of rows stands in the file: its times, size, and the line of its first row."""
        at = file.valid.at if self.flag == SUSPECT else None
        first, last = (run.start, run.stop - 1) if at is None else (at.item(run.start), at.item(run.stop - 1))
        start, end, line = file.rows.text(first), file.rows.text(last), int(file.rows.line[first])
        return {"start": start, "end": end, "rows": run.stop - run.start, "line": line}

    def anomaly(self, file: CheckedFile, channel: str, run: slice) -> Anomaly:
        """Return the anomaly of a run of rows."""
        return Anomaly(
            check=self.name,
            channel=channel or None,
            flag=self.flag,
            severity=self.severity,
            **self.place(file, run),
            **self.explain(file, channel, run)._asdict(),
        )


class FailCheck(Check):
    """A check of all rows, which fails some of them."""

    flag = FAIL
    severity = "invalid"
    always_counted = False


class SuspectCheck(Check):
    """A check of the valid rows, which suspects some of them."""

    flag = SUSPECT
    severity = "suspect"


class Note(Check):
    """A check that finds what is worth knowing and no fault of a row."""

    flag: ClassVar[Literal[1, 9]] = GOOD
    yields_to_others: ClassVar[bool] = False
    """A result lists it only while fewer than MAX_LISTED anomalies are found."""
    severity = "note"

    def runs(self, file: CheckedFile) -> Runs | None:
        """Return the first row of each run, and the row after its last; each run is one anomaly."""
        raise NotImplementedError
