"""What checks found, merged into anomalies: neighbouring rows of one check are one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from processing.model.flags import FAIL, GOOD, SUSPECT, Flags, Integers, Mask, counts, good
from processing.model.result import MOST_LISTED, Anomaly, CheckCounts
from processing.model.stamp import Form
from processing.rows.runs import runs
from processing.rows.time_order import Rows


class Told(NamedTuple):
    """The reading that stands for an anomaly, the limit it broke, and a sentence for a technician."""

    value: float | None
    limit: float | None
    message: str


Tell: TypeAlias = Callable[[slice], Told]
"""Explains a run of flagged rows, by their places among those that the check looked at."""


class Finding(NamedTuple):
    """One check's verdict on one channel, over all rows."""

    check: str
    channel: str | None
    flags: Flags
    tell: Tell
    listed: Mask | None = None
    """Rows to list where not all flagged ones are: a better named cause lists the others."""
    at: Integers | None = None
    """Where the rows stand that the check looked at, which are then neighbours; None: it looked at all."""


class Ledger:
    """Gathers findings: counts a check, anomalies, and flags a row and a channel."""

    def __init__(self, rows: Rows, forms: list[Form]) -> None:
        self._rows, self._forms = rows, forms
        self.counts: list[CheckCounts] = []
        self.anomalies: list[Anomaly] = []
        self.by_check: dict[str, int] = {}
        """How many anomalies each check found, listed or not."""
        self.count = len(rows.line)
        self.row_flags: Flags = np.where(rows.valid, np.uint8(GOOD), np.uint8(FAIL))
        self.channel_flags: dict[str, Flags] = {}
        """Of the channels in which something was found."""
        self._counted: dict[int, tuple[Flags, dict[str, int]]] = {}

    def add(self, finding: Finding) -> None:
        """Count a finding's flags and list its anomalies."""
        found = self._counts(finding.flags)
        self.counts.append(CheckCounts(check=finding.check, channel=finding.channel, counts=found))
        for level in (SUSPECT, FAIL):
            if str(level) in found:
                self._mark(finding, level)

    def note(self, check: str, mask: Mask, tell: Tell, channel: str | None = None) -> None:
        """List runs of rows that are remarkable, and no fault of theirs."""
        self._list(check, channel, mask, GOOD, tell)

    def remark(self, anomaly: Anomaly) -> None:
        """List a note that is made already, and count it."""
        self.count_anomalies(anomaly.check, 1)
        if len(self.anomalies) < MOST_LISTED:
            self.anomalies.append(anomaly)

    def count_anomalies(self, check: str, more: int) -> None:
        """Count anomalies of a check, also those that are too many to be listed."""
        if more:
            self.by_check[check] = self.by_check.get(check, 0) + more

    def listed(self) -> list[Anomaly]:
        """Return the first anomalies by time, those without one at the end."""
        return sorted(self.anomalies, key=lambda one: (one.start is None, one.start or "", one.line or 0))[
            :MOST_LISTED
        ]

    def text(self, index: int) -> str | None:
        """Return a row's timestamp in the form of the input."""
        return self._rows.text(index, self._forms)

    def _counts(self, flags: Flags) -> dict[str, int]:
        """Return the counts of flags; those that checks without a finding share are counted once."""
        if id(flags) not in self._counted:
            self._counted[id(flags)] = flags, counts(flags)
        return self._counted[id(flags)][1]

    def _mark(self, finding: Finding, level: Literal[3, 4]) -> None:
        mask = finding.flags == level
        np.maximum(self.row_flags, level, out=self.row_flags, where=mask)
        if finding.channel in self._rows.values:  # power may be computed, and have no cells
            flags = self.channel_flags.setdefault(finding.channel, good(self.count))
            np.maximum(flags, level, out=flags, where=mask)
        listed = mask if finding.listed is None else mask & finding.listed
        self._list(finding.check, finding.channel, listed, level, finding.tell, at=finding.at)

    def _list(
        self,
        check: str,
        channel: str | None,
        mask: Mask,
        flag: Literal[1, 3, 4],
        tell: Tell,
        *,
        at: Integers | None = None,
    ) -> None:
        starts, stops = runs(mask if at is None else mask[at])
        self.count_anomalies(check, len(starts))
        severity: dict[int, Literal["note", "suspect", "invalid"]] = {1: "note", 3: "suspect", 4: "invalid"}
        for start, stop in zip(starts[:MOST_LISTED].tolist(), stops[:MOST_LISTED].tolist(), strict=True):
            value, limit, message = tell(slice(start, stop))
            first, last = (start, stop - 1) if at is None else (at.item(start), at.item(stop - 1))
            self.anomalies.append(
                Anomaly(
                    check=check,
                    channel=channel,
                    flag=flag,
                    severity=severity[flag],
                    start=self.text(first),
                    end=self.text(last),
                    rows=stop - start,
                    line=int(self._rows.line[first]),
                    value=value,
                    limit=limit,
                    message=message,
                )
            )
