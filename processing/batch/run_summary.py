"""The summary of a run over many files: the counts, totals and exit code of any kind of run."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from processing.model.rejection import ErrorDetails
from processing.model.stamp import utc_text
from processing.totals.sums import Totals

MAX_LISTED = 1_000
"""Files in each list of a summary; the counts are of all files."""
LEFT_BEHIND = "left_behind"


class RejectedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that cannot be used, and why."""

    file: str
    code: str
    message: str
    line: int | None = None

    @classmethod
    def of(cls, name: str, error: ErrorDetails) -> RejectedFile:
        """Return the entry of a file that was rejected for this error."""
        return cls(file=name, code=error.code, message=error.message, line=error.line)


class RunSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A whole run; each kind of run adds its lists of files."""

    schema_version: str = "1.0"
    finished_at: str
    duration_seconds: float
    exit_code: int
    files: dict[str, int]
    """Files by outcome."""
    totals: Totals

    def encoded(self) -> bytes:
        """Return the summary as JSON, indented by 2."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n"


Summary = TypeVar("Summary", bound=RunSummary)


class RunTally:
    """Counts the files of a run by outcome; `rejected` is the outcome of a file that cannot be used."""

    def __init__(self, *outcomes: str, rejected: str) -> None:
        self.counts = dict.fromkeys((*outcomes, LEFT_BEHIND), 0)
        self.stopped_early = False
        self._rejected = rejected
        self._started = time.monotonic()

    @property
    def exit_code(self) -> int:
        """3 if files were left behind or the run was stopped, else 1 if one was rejected, else 0."""
        if self.counts[LEFT_BEHIND] or self.stopped_early:
            return 3
        return 1 if self.counts[self._rejected] else 0

    def summary(self, kind: type[Summary], totals: Totals, **lists: list[Any]) -> Summary:
        """Return the summary of the run so far, with the first MAX_LISTED entries of each list."""
        fields: dict[str, Any] = {name: files[:MAX_LISTED] for name, files in lists.items()}
        return kind(
            finished_at=utc_text(datetime.now(UTC)),
            duration_seconds=round(time.monotonic() - self._started, 3),
            exit_code=self.exit_code,
            files=dict(self.counts),
            totals=totals,
            **fields,
        )
