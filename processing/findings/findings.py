"""What the checks found in a file: flags by row, and runs of flagged rows merged into anomalies."""

from processing.checks.check import Check, Runs
from processing.checks.checked_file import CheckedFile
from processing.model.flags import (
    FAIL,
    GOOD,
    MISSING,
    NOT_EVALUATED,
    SUSPECT,
    Flags,
    all_rows,
    any_of,
    count_by_flag,
    np,
)
from processing.model.result import MAX_LISTED, Anomaly, CheckCounts
from processing.notes.note import Note


class Findings:
    """Gathers what checks find: counts by check, anomalies, and the worst flag by row and channel."""

    def __init__(self, file: CheckedFile) -> None:
        self._file = file
        self._anomalies: list[Anomaly] = []
        self.counts: list[CheckCounts] = []
        self.anomalies_by_check: dict[str, int] = {}
        """Number of anomalies that each check found, listed or not."""
        self.row_flags = np.where(file.rows.valid, np.uint8(GOOD), np.uint8(FAIL))
        self.row_flags[file.rows.missing] = MISSING
        seen, left_out = len(file.valid.time), file.count - len(file.valid.time)
        of_valid = {str(flag): rows for flag, rows in ((GOOD, seen), (NOT_EVALUATED, left_out)) if rows}
        self._all_good = {FAIL: {str(GOOD): file.count}, SUSPECT: of_valid}
        self.channel_flags: dict[str, Flags] = {}
        """Worst flags of each channel in which something was found or missing."""
        if file.rows.has_unknown:
            self._flag_missing()

    def _flag_missing(self) -> None:
        for name, values in self._file.rows.values.items():
            lacking = np.isnan(values) & ~self._file.rows.broken
            if any_of(lacking):
                self.channel_flags[name] = np.where(lacking, np.uint8(MISSING), np.uint8(GOOD))

    def add(self, check: Check, channel: str, flags: Flags | None, seen: CheckedFile) -> None:
        """Count the flags of a check over all rows (None if all are GOOD), and list its anomalies.

        `seen` is the file as the check saw it.
        """
        counts = self._all_good[check.flag] if flags is None else count_by_flag(flags)
        self.counts.append(CheckCounts(check=check.name, channel=channel or None, counts=counts))
        if flags is None or str(check.flag) not in counts:
            return
        listed = found = flags == check.flag
        if check.flag != MISSING:
            np.maximum(self.row_flags, flags, out=self.row_flags, where=found)
        if channel in self._file.rows.values:  # power may be computed, and have no cells
            own = self.channel_flags.setdefault(channel, all_rows(GOOD, len(flags)))
            listed = found if check.lists_explained else found & (own != FAIL)
            np.maximum(own, flags, out=own, where=found)
        self._list(
            check,
            channel,
            check.runs_of(seen, channel, listed[seen.valid_at] if check.flag == SUSPECT else listed),
            seen,
        )

    def add_note(self, note: Note) -> None:
        """List the anomalies of a note."""
        if (found := note.runs(self._file)) is not None:
            free = MAX_LISTED - len(self._anomalies) if note.yields_to_others else MAX_LISTED
            self._list(note, note.channels[0], found, self._file, most=max(0, free))

    def listed(self) -> list[Anomaly]:
        """Return the first anomalies by time; those without a time come last."""
        self._anomalies.sort(key=lambda one: (one.start is None, one.start or "", one.line or 0))
        return self._anomalies[:MAX_LISTED]

    def _list(
        self, check: Check, channel: str, found: Runs, seen: CheckedFile, most: int = MAX_LISTED
    ) -> None:
        starts, stops = found
        if len(starts):
            known = self.anomalies_by_check.get(check.name, 0)
            self.anomalies_by_check[check.name] = known + len(starts)
        for start, stop in zip(starts[:most].tolist(), stops[:most].tolist(), strict=True):
            self._anomalies.append(check.anomaly(seen, channel, slice(start, stop)))
