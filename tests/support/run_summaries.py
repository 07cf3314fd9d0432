"""Digests of a few files, and the summary of a run over them."""

from __future__ import annotations

from processing.batch.run_summary import RunTally
from processing.model.digest import Digest
from processing.model.rejection import ErrorDetails
from watcher.reporting.summary import SingleRunSummary, summary_of

FAULT = ErrorDetails(code="no_column", message="missing: a%b,\nc", line=1)
REJECTED = Digest(name="x|<b>:,%.csv", at="2026-01-15T12:00:00Z", error=FAULT)


def day(name: str, start: str, end: str, **figures: object) -> Digest:
    return Digest(name=name, at="2026-01-15T12:00:00Z", start=start, end=end, **figures)  # type: ignore[arg-type]


MONDAY = day(
    "roof/1.csv", "2026-01-12T06:00:00", "2026-01-13T05:55:00", energy_kwh=1.5, availability=0.9, rows=10
)
TUESDAY = day(
    "roof/2.csv", "2026-01-13T06:00:00", "2026-01-14T05:55:00", energy_kwh=0.25, availability=1.0, rows=5
)
MIXED = day(
    "roof/3.csv", "2026-01-13T12:00:00", "2026-01-13T13:00:00", rows=3, invalid=2, line=7, message="too high"
)


def summary(*digests: Digest, ignored: dict[str, int] | None = None) -> SingleRunSummary:
    tally = RunTally("processed", "quarantined", "duplicate", rejected="quarantined")
    tally.counts |= {"processed": 2, "quarantined": 1}
    return summary_of(tally, digests, left={}, ignored=ignored or {})
