"""The ways to read a file that was rejected, each with what it would mean: people know their plant."""

from collections import deque
from collections.abc import Iterator, Sequence

from processing.formats.changes import merged, with_changes
from processing.layout.advice import MAX_CHOICES, toml_lines
from processing.metrics.daily import figures
from processing.model.profile import Profile
from processing.model.rejection import Candidate, Choice, RejectedFileError
from processing.model.safe_text import counted, text_of
from processing.proposals.usable import check_usable
from processing.reading.byte_source import ByteSource
from processing.reading.reader import read_table
from processing.rows.daylight import dates
from processing.rows.sorted_rows import SortedRows
from processing.rows.time_order import sort_rows

MAX_ROWS = 100_000
"""The first rows of a file, on which each candidate is tried."""
_MAX_TRIES = 2 * MAX_CHOICES
_MAX_LABEL = 200
"""Characters."""


class _Beginning:
    """The first lines of a file."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self.is_cut = False
        """Whether the file goes on."""

    def lines(self, encoding: str) -> Iterator[bytes]:
        """Yield blocks of whole lines, from the beginning."""
        rows = 0
        for block in self._source.lines(encoding):
            if rows >= MAX_ROWS:
                self.is_cut = True
                return
            yield block
            rows += block.count(b"\n")


def candidates(
    source: ByteSource, profile: Profile, choices: Sequence[Choice], name: bytes
) -> tuple[list[Candidate], str]:
    """Return what each of the choices would mean; without those that do not read the file.

    A choice that leaves something else open is replaced by the choices of that, each together with it. If no
    choice reads the file, the text says what is in the way of the first.
    """
    found: list[Candidate] = []
    obstacle = ""
    waiting = deque(choices)
    for _ in range(_MAX_TRIES):
        if not waiting or len(found) == MAX_CHOICES:
            break
        choice = waiting.popleft()
        try:
            found.append(_tried(choice, source, profile, name))
        except RejectedFileError as error:
            waiting.extend(filter(None, (_both(choice, other) for other in error.choices)))
            if not error.choices:
                obstacle = obstacle or f"; but then {error.message}"
        except ValueError:  # it is not allowed in a profile
            continue
    return found, "" if found else obstacle


def _tried(choice: Choice, source: ByteSource, profile: Profile, name: bytes) -> Candidate:
    """Return the candidate of a choice. Raises RejectedFileError or ValueError if it reads nothing."""
    changed = with_changes(profile, choice.changes)
    beginning = _Beginning(source)
    table = read_table(beginning, changed, 0, name)
    rows = sort_rows(table, changed)
    check_usable(table, rows)
    label = text_of(choice.label.encode("utf-8", "replace"))[:_MAX_LABEL]
    meant = ("the first " if beginning.is_cut else "") + consequence(rows.valid_rows())
    return Candidate(label=label, toml=toml_lines(choice.changes), consequence=meant)


def _both(one: Choice, other: Choice) -> Choice | None:
    """Return a choice that makes the changes of both; None if the other adds nothing."""
    changes = merged(one.changes, other.changes)
    return None if changes == one.changes else Choice(f"{one.label}, {other.label}", changes)


def advice(ways: Sequence[Candidate]) -> str:
    """Return the end of a message about a file that can be read in these ways."""
    lines = ["; ".join(way.toml) for way in ways]
    if len(ways) == 1:
        return f". It would mean {ways[0].consequence}. To read it, write in a profile: {lines[0]}"
    means = "; ".join(f"{number}: {way.label}: {way.consequence}" for number, way in enumerate(ways, 1))
    numbered = "; or ".join(f"{number}: {each}" for number, each in enumerate(lines, 1))
    return f". It would mean {means}. To read it, write in a profile one of {numbered}"


def consequence(valid: SortedRows) -> str:
    """Return what a reading of a file with these valid rows means: rows, days, energy a day, the peak."""
    rows, days, metrics = len(valid.time), len(set(dates(valid.local))), figures(valid)
    energy = metrics.total_energy_kwh or 0.0
    shares = [f"{counted(rows, 'row')} of {counted(days, 'day')}", f"{energy / max(1, days):.4g} kWh a day"]
    if metrics.peak_power_hour is not None:
        shares.append(f"most at {int(metrics.peak_power_hour[11:13])} h")
    if metrics.period.start is not None:
        shares.append(f"from {metrics.period.start[:10]}")
    return ", ".join(shares)
