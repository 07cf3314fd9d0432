"""The base classes of notes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from processing.checks.check import Check, Runs
from processing.checks.checked_file import CheckedFile
from processing.model.flags import GOOD, np
from processing.model.safe_text import text_of
from processing.rows.runs import runs

if TYPE_CHECKING:
    from numpy.typing import NDArray

Lines: TypeAlias = "NDArray[np.int32]"
"""Numbers of lines in the file."""
_MAX_NAME = 40
"""The most characters of the name of a column."""


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


class AboutAllRows(Note):
    """A note about the whole file, from its first row to its last."""

    def is_found(self, file: CheckedFile) -> bool:
        raise NotImplementedError

    def runs(self, file: CheckedFile) -> Runs | None:
        return runs(np.ones(1, np.bool_)) if self.is_found(file) else None

    def extent(self, file: CheckedFile, run: slice) -> dict[str, Any]:
        rows = file.rows
        start, end = rows.text(0), rows.text(rows.timed - 1)
        return {"start": start, "end": end, "rows": file.count, "line": int(rows.line[0])}


class AboutLines(Note):
    """A note about the whole file, which names the first of its lines."""

    yields_to_others = True

    def lines(self, file: CheckedFile) -> Lines:
        raise NotImplementedError

    def runs(self, file: CheckedFile) -> Runs | None:
        count = len(self.lines(file))
        return runs(np.ones(count, np.bool_)) if count else None

    def extent(self, file: CheckedFile, run: slice) -> dict[str, Any]:
        return {"start": None, "end": None, "rows": run.stop, "line": int(self.lines(file)[0])}


def printable(name: str) -> str:
    """Return the name of a column, printable."""
    return text_of(name[:_MAX_NAME].encode("utf-8", "replace"))
