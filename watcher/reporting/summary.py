"""The summary of a `--once` run: `processed/summary.json`, and what a terminal and GitHub show."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from processing import file_naming
from processing.batch.run_summary import LEFT_BEHIND, RejectedFile, RunSummary, RunTally
from processing.model.digest import Digest, digest_of
from processing.model.safe_text import text_of
from processing.totals.sums import totals
from watcher.system.areas import QUARANTINE, RECORDS_OF, join, read_file
from watcher.system.filesystem import FileSystem

_KEYS = {"name": "file", "is_lower_bound": "energy_is_lower_bound", "availability": "data_availability"}
_KEYS |= {field: f"rows_{field}" for field in ("invalid", "suspect")}
"""The keys of a processed file whose names differ from the fields of its digest."""


class ProcessedFile(msgspec.Struct, frozen=True, kw_only=True, rename=_KEYS):
    """A file that was processed: a part of its digest, with the keys of the summary."""

    name: str
    energy_kwh: float | None
    is_lower_bound: bool
    availability: float | None
    rows: int
    invalid: int
    suspect: int
    anomalies: int
    line: int | None
    message: str

    def figures(self, nothing: str) -> tuple[str, str, str, str]:
        """Return energy, availability, invalid and suspect rows as text; `nothing` stands for None."""
        energy = (
            nothing
            if self.energy_kwh is None
            else f"{'>= ' if self.is_lower_bound else ''}{self.energy_kwh:.3f}"
        )
        available = nothing if self.availability is None else f"{self.availability:.1%}"
        return energy, available, str(self.invalid), str(self.suspect)


class LeftFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that stayed in incoming."""

    file: str
    reason: str


class SingleRunSummary(RunSummary, frozen=True, kw_only=True):
    """A `--once` run: its files by what became of them."""

    processed: list[ProcessedFile]
    quarantined: list[RejectedFile]
    left_behind: list[LeftFile]
    ignored: dict[str, int] = msgspec.field(default_factory=dict)
    """The number of files in incoming that are no inputs, by reason."""

    @property
    def ignored_in_words(self) -> str:
        """The files that are no inputs, by reason."""
        return "; ".join(f"{count} {reason}" for reason, count in self.ignored.items())


def digests_of(
    fs: FileSystem, data_dir: bytes, destinations: Iterable[bytes], known: Mapping[bytes, Digest]
) -> Iterator[Digest]:
    """Yield the digests of the records of the files at these destinations; skip damaged records.

    `known` has digests by the path of the record; the other records are read.
    """
    for destination in dict.fromkeys(destinations):
        area, _, name = destination.partition(b"/")
        folder, _, base = name.rpartition(b"/")
        quarantined = area == QUARANTINE
        path = join(RECORDS_OF[area], folder, file_naming.record_of(base, quarantined=quarantined))
        with contextlib.suppress(ValueError):
            yield known.get(path) or digest_of(read_file(fs, data_dir, path) or b"", quarantined=quarantined)


def summary_of(
    tally: RunTally, found: Iterable[Digest], left: dict[bytes, str], ignored: Mapping[str, int]
) -> SingleRunSummary:
    """Return the summary of a run.

    `left` holds the inputs that stay in incoming, with the reasons; `ignored` the number of other files.
    """
    tally.counts[LEFT_BEHIND] = len(left)
    digests = sorted(found, key=lambda one: one.name)
    accepted = [one for one in digests if one.error is None]
    summary = tally.summary(
        SingleRunSummary,
        totals(digests),
        processed=msgspec.convert(accepted, list[ProcessedFile], from_attributes=True),
        quarantined=[RejectedFile.of(one.name, one.error) for one in digests if one.error is not None],
        left_behind=[LeftFile(file=text_of(name), reason=reason) for name, reason in left.items()],
    )
    return msgspec.structs.replace(summary, ignored=dict(ignored))
