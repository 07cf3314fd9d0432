"""The base classes of checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from processing.checks.checked_file import CheckedFile
from processing.model.channels import CHANNELS
from processing.model.flags import FAIL, GOOD, SUSPECT, any_of, np
from processing.model.result import Anomaly
from processing.model.thresholds import Threshold
from processing.rows.runs import covered, runs

if TYPE_CHECKING:
    from processing.model.flags import Flags, Integers, Mask

ROW = ""
"""Takes the place of a channel in a check of whole rows."""
Runs: TypeAlias = "tuple[Integers, Integers]"


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
