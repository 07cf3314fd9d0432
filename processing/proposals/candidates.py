"""The ways to read a file that was rejected, each with what it would mean: people know their plant."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from processing.layout.advice import toml_lines
from processing.metrics.daily import figures
from processing.model.profile import Channels, Csv, Profile
from processing.model.rejection import Candidate, Choice, RejectedFileError
from processing.model.result import Metrics
from processing.model.safe_text import counted
from processing.profiles import merged
from processing.reading.byte_source import ByteSource
from processing.reading.reader import read_table
from processing.rows.daylight import dates
from processing.rows.time_order import sort_rows

MAX_ROWS = 100_000
"""The first rows of a file, on which each candidate is tried."""


class _Beginning:
    """The first lines of a file."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source

    def lines(self, encoding: str) -> Iterator[bytes]:
        """Yield blocks of whole lines, from the beginning."""
        rows = 0
        for block in self._source.lines(encoding):
            yield block
            rows += block.count(b"\n")
            if rows >= MAX_ROWS:
                return


def candidates(
    source: ByteSource, profile: Profile, choices: Sequence[Choice], name: bytes
) -> list[Candidate]:
    """Return what each of the choices would mean; without those that do not read the file."""
    found = []
    for choice in choices:
        with contextlib.suppress(RejectedFileError, ValueError):
            changed = with_changes(profile, choice.changes)
            table = read_table(_Beginning(source), changed, 0, name)
            valid = sort_rows(table, changed).valid_rows()
            if len(valid.time):
                lines = toml_lines(choice.changes)
                consequence = _consequence(figures(valid), len(valid.time), len(set(dates(valid.local))))
                found.append(Candidate(label=choice.label, toml=lines, consequence=consequence))
    return found


def with_changes(profile: Profile, changes: dict[str, Any]) -> Profile:
    """Return the profile with the changes of a choice. Raises ValueError if they are not allowed."""
    csv = merged(msgspec.to_builtins(profile.csv), changes.get("csv", {}))
    channels = merged(msgspec.to_builtins(profile.channels), changes.get("channels", {}))
    return msgspec.structs.replace(
        profile, csv=msgspec.convert(csv, Csv), channels=msgspec.convert(channels, Channels)
    )


def _consequence(metrics: Metrics, rows: int, days: int) -> str:
    """Return what a reading of a file means: rows, days, energy a day, the hour with most."""
    energy = metrics.total_energy_kwh or 0.0
    shares = [f"{counted(rows, 'row')} of {counted(days, 'day')}", f"{energy / max(1, days):.4g} kWh a day"]
    if metrics.peak_power_hour is not None:
        shares.append(f"most at {int(metrics.peak_power_hour[11:13])} h")
    if metrics.period.start is not None:
        shares.append(f"from {metrics.period.start[:10]}")
    return ", ".join(shares)
