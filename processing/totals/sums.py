"""Totals of several results: sums and extremes. Energy that several files have counts once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from processing.model.digest import Digest
from processing.model.safe_text import at_least, counted
from processing.totals.common_time import Excess, excess
from processing.totals.periods import Periods
from processing.totals.repeated_hours import Repeat, RepeatedHours


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Sums and extremes over several files: energies, each counted once, and the worst availability."""

    processed: int
    quarantined: int
    rows: int
    rows_invalid: int
    rows_suspect: int
    energy_kwh: float
    energy_is_lower_bound: bool = False
    """Whether that of a file is one."""
    worst_availability: float | None
    worst_availability_file: str | None
    anomalies: int
    anomalies_by_check: dict[str, int]
    overlaps: list[list[str]]
    """Pairs of files of one device that cover the same time. The energy of that time counts once."""
    superseded: int = 0
    """Files whose energy does not count: a later one of the same name covers their whole periods."""
    shifted: int = 0
    """Files whose energy does not count: another file has it at times of another zone."""
    repeated: list[list[str]] = []
    """Pairs of files of one device of which one has the energies of the other at other dates: both count."""
    differing: list[str] = []
    """Devices whose files have other energies in the time that they have in common: perhaps two devices."""

    @property
    def energy_in_words(self) -> str:
        """The energy in kWh, as an account of a run has it."""
        return at_least(f"{self.energy_kwh:.3f} kWh", self.energy_is_lower_bound)

    @property
    def in_words(self) -> str:
        """Sentences about what was counted only once, or perhaps twice; empty for nothing."""
        once = counted_once(self.superseded, len(self.overlaps), self.shifted)
        sentences = once, counted_twice(len(self.repeated)), perhaps_two(self.differing)
        return " ".join(filter(None, sentences))


class SameEnergy(NamedTuple):
    """Files of one device that have the energy of another one, by number."""

    superseded: set[int]
    """A later file of the same name covers their whole periods."""
    shifted: set[int]
    """Another file has their energy at times of another zone."""
    repeated: list[Repeat]
    """Pairs of which one has energies of the other at other dates: both count."""

    @property
    def uncounted(self) -> set[int]:
        """Return the files whose energy does not count."""
        return self.superseded | self.shifted


class RunningTotals:
    """Totals that grow by one digest at a time, and the periods that the files cover; keeps no digest."""

    def __init__(self) -> None:
        self.files = self.quarantined = self.flagged = 0
        """Numbers of all files, of those in quarantine, and of those with invalid or suspect rows."""
        self._counts: Counter[str] = Counter(processed=0, rows=0, rows_invalid=0, rows_suspect=0, anomalies=0)
        self._by_check: Counter[str] = Counter()
        self.periods, self.repeats = Periods(), RepeatedHours()
        self.differing: list[str] = []
        """Devices whose files have other energies in the time that they have in common."""
        self._energy, self._is_lower_bound = 0.0, False
        self._worst: tuple[float, str] | tuple[None, None] = (None, None)

    def add(self, one: Digest) -> None:
        """Add one file."""
        self.periods.add(self.files, one)
        self.repeats.add(self.files, one)
        self.files += 1
        if one.error is not None:
            self.quarantined += 1
            return
        self.flagged += one.status != "good"
        self._counts.update(processed=1, rows=one.rows, anomalies=one.anomalies)
        self._counts.update(rows_invalid=one.invalid, rows_suspect=one.suspect)
        self._by_check.update(one.checks)
        self._energy += one.energy_kwh or 0.0
        self._is_lower_bound |= one.is_lower_bound
        if one.availability is not None:
            found = (one.availability, one.name)
            self._worst = found if self._worst[0] is None else min(self._worst, found)

    def same_energy(self) -> SameEnergy:
        """Return the files so far whose energy another one has."""
        superseded = self.periods.superseded()
        pairs = self.repeats.pairs(superseded)
        shifted = {pair.other for pair in pairs if pair.is_shifted}
        return SameEnergy(superseded, shifted, [pair for pair in pairs if not pair.is_shifted])

    def subtract(self, found: Excess) -> None:
        """Subtract energy that another file has too."""
        self._energy -= found.kwh
        if found.differs:
            self.differing.append(found.device)

    def totals(
        self,
        overlaps: list[list[str]],
        superseded: int = 0,
        repeated: Sequence[list[str]] = (),
        shifted: int = 0,
    ) -> Totals:
        """Return the totals of all files so far."""
        return Totals(
            **self._counts,
            quarantined=self.quarantined,
            energy_kwh=round(self._energy, 6),
            energy_is_lower_bound=self._is_lower_bound,
            worst_availability=self._worst[0],
            worst_availability_file=self._worst[1],
            anomalies_by_check=dict(self._by_check.most_common()),
            overlaps=overlaps,
            superseded=superseded,
            shifted=shifted,
            repeated=list(repeated),
            differing=sorted(self.differing),
        )


def totals(digests: list[Digest]) -> Totals:
    """Return the totals of these files."""
    sums = RunningTotals()
    for one in digests:
        sums.add(one)
    same = sums.same_energy()
    for found in excess(sums.periods, same.uncounted, digests):
        sums.subtract(found)
    overlaps = sums.periods.overlaps(same.uncounted)
    pairs = [[digests[pair.one].name, digests[pair.other].name] for pair in overlaps]
    repeated = [[digests[pair.one].name, digests[pair.other].name] for pair in same.repeated]
    return sums.totals(pairs, len(same.superseded), repeated, len(same.shifted))


def counted_once(superseded: int, overlaps: int, shifted: int = 0) -> str:
    """Return sentences about what was counted only once; empty for nothing."""
    parts = []
    if superseded:
        parts.append(f"{counted(superseded, 'earlier version')} of a file that came again not counted.")
    if shifted:
        has = "1 file has" if shifted == 1 else f"{counted(shifted, 'file')} have"
        parts.append(f"{has} the energy of another one at the times of another zone: not counted.")
    if overlaps:
        parts.append(f"Time that files have in common counted once: {counted(overlaps, 'overlap')}.")
    return " ".join(parts)


def counted_twice(repeated: int) -> str:
    """Return a sentence about files that may be counted twice; empty for none."""
    if not repeated:
        return ""
    files = "1 file repeats" if repeated == 1 else f"{counted(repeated, 'file')} repeat"
    return f"{files}, hour by hour, the energy of another one at other times: copied, or in another zone?"


def perhaps_two(differing: Sequence[str]) -> str:
    """Return a sentence about the folders whose files may be of several devices; empty for none."""
    if not differing:
        return ""
    first = f"the folder {differing[0]}" if differing[0] else "incoming itself"
    more = f" and {counted(len(differing) - 1, 'other folder')}" if len(differing) > 1 else ""
    return (
        f"Files of {first}{more} have different energies in the same hours, of which the largest counts: "
        "are they of several devices? Give each device a folder of its own, directly in incoming."
    )
