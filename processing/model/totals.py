"""Totals of several results: sums, extremes, and files that cover the same time."""

from array import array
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from processing.model.digest import Digest


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Sums and extremes over several files: energies added, the worst availability."""

    processed: int
    quarantined: int
    rows: int
    rows_invalid: int
    rows_suspect: int
    energy_kwh: float
    worst_availability: float | None
    worst_availability_file: str | None
    anomalies: int
    anomalies_by_check: dict[str, int]
    overlaps: list[list[str]]
    """Pairs of files of one device that cover the same time."""


class RunningTotals:
    """Totals that grow by one digest at a time, and the periods that the files cover; keeps no digest."""

    def __init__(self) -> None:
        self.files = self.quarantined = self.flagged = 0
        """Numbers of all files, of those in quarantine, and of those with invalid or suspect rows."""
        self._counts: Counter[str] = Counter(processed=0, rows=0, rows_invalid=0, rows_suspect=0, anomalies=0)
        self._by_check: Counter[str] = Counter()
        self._periods: dict[str, array[int]] = {}
        """Start, end and number of each file, in one row, by device: a third of the memory of tuples."""
        self._energy = 0.0
        self._worst: tuple[float, str] | tuple[None, None] = (None, None)

    def add(self, one: Digest) -> None:
        """Add one file."""
        if one.start and one.end:
            periods = self._periods.setdefault(one.device, array("q"))
            periods.extend((_microseconds(one.start), _microseconds(one.end), self.files))
        self.files += 1
        if one.error is not None:
            self.quarantined += 1
            return
        self.flagged += one.status != "good"
        self._counts.update(processed=1, rows=one.rows, anomalies=one.anomalies)
        self._counts.update(rows_invalid=one.invalid, rows_suspect=one.suspect)
        self._by_check.update(one.checks)
        self._energy += one.energy_kwh or 0.0
        if one.availability is not None:
            found = (one.availability, one.name)
            self._worst = found if self._worst[0] is None else min(self._worst, found)

    def overlaps(self) -> Iterator[tuple[int, int]]:
        """Yield pairs of files of one device whose periods overlap, as numbers in the order of `add`."""
        for _, flat in sorted(self._periods.items()):
            latest: tuple[int, int] | None = None
            for start, end, number in sorted(zip(flat[::3], flat[1::3], flat[2::3], strict=True)):
                if latest is not None and start <= latest[0]:
                    yield latest[1], number
                if latest is None or end > latest[0]:
                    latest = (end, number)

    def totals(self, overlaps: list[list[str]]) -> Totals:
        """Return the totals of all files so far."""
        return Totals(
            **self._counts,
            quarantined=self.quarantined,
            energy_kwh=round(self._energy, 6),
            worst_availability=self._worst[0],
            worst_availability_file=self._worst[1],
            anomalies_by_check=dict(self._by_check.most_common()),
            overlaps=overlaps,
        )


def totals(digests: list[Digest]) -> Totals:
    """Return the totals of these files."""
    sums = RunningTotals()
    for one in digests:
        sums.add(one)
    return sums.totals([[digests[one].name, digests[other].name] for one, other in sums.overlaps()])


def _microseconds(stamp: str) -> int:
    """Return a time as it is written, without its offset."""
    return round(datetime.fromisoformat(stamp).replace(tzinfo=UTC).timestamp() * 1_000_000)
