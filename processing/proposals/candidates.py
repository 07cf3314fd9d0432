"""The ways to read a rejected file, each with what it would mean: people know their plant."""

import contextlib
from collections import deque
from collections.abc import Iterator, Sequence
from decimal import Decimal
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec
import numpy as np
from msgspec import UNSET, UnsetType

from processing.formats.changes import merged, with_changes
from processing.head.advice import MAX_CHOICES, full_stop, label_of_way, lines_to_write
from processing.metrics.daily import figures
from processing.model.channels import DARK_WATTS
from processing.model.flags import any_of
from processing.model.profile import Profile
from processing.model.rejection import MEANING, Candidate, Choice, RejectedFileError
from processing.model.safe_text import counted, text_of
from processing.model.stamp import DAY_S, HOUR_S, SECOND
from processing.plausibility.usable import check_usable
from processing.proposals.shown_keys import keys_shown
from processing.reading.byte_source import ByteSource
from processing.reading.reader import read_table
from processing.rows.daylight import dates
from processing.rows.sorted_rows import SortedRows
from processing.rows.time_order import sort_rows
from processing.values.toml_text import toml_lines

MAX_ROWS = 100_000
"""The most rows of a file on which each candidate is tried."""
_MAX_TRIES = 2 * MAX_CHOICES
"""The most choices that are tried. If hardly any reads the file, as many again are tried, and the
questions that a choice leaves open come before other choices."""
_FEWEST = 2
"""If fewer read the file, more are tried too."""
_LOW, _SMALL = 1, ("W", "Wh")
_MAX_LABEL = 200
"""The most characters of a label."""


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


class Obstacle(NamedTuple):
    """What prevents that a file is read in any of its ways; empty if nothing does."""

    label: str = ""
    """Of the first way."""
    message: str = ""
    is_common: bool = False
    """Whether it prevents all of several ways alike."""

    def message_after(self, error: RejectedFileError) -> str:
        """Return the message of an error, with this obstacle; if it is common, without the ways."""
        if self.is_common:
            return f"{error.finding}; but first, {self.message}"
        return f"{error.message}; but then ({self.label}) {self.message}" if self.message else error.message


class Ways(NamedTuple):
    """The ways to read a file."""

    found: Sequence[Candidate] = ()
    question: str = ""
    """The finding about the first question that a choice left open; empty for none."""
    obstacle: Obstacle = Obstacle()

    def message_for(self, error: RejectedFileError) -> str:
        """Return the message about a file that has these ways: what was found, and the ways."""
        if not self.found:
            return self.obstacle.message_after(error)
        finding = f"{error.finding}; also, {self.question}" if self.question else error.finding
        means = [f"{way.label}: {way.consequence}" for way in self.found]
        if len(means) > 1:
            means = [f"{number}: {text}" for number, text in enumerate(means, 1)]
        lines = lines_to_write([way.toml for way in self.found])
        return f"{finding}{full_stop(finding)}{MEANING}{'; '.join(means)}. {lines}"


def ways_to_read(source: ByteSource, profile: Profile, choices: Sequence[Choice], name: bytes) -> Ways:
    """Return what each of the choices would mean, without those that do not read the file.

    If a choice leaves another question open, it is replaced by the choices of that question, each combined
    with it, in its place. Those that no plant would have come last. If no choice reads the file, the obstacle
    says why.
    """
    found: list[tuple[int, list[int], Candidate]] = []
    unlikely: list[tuple[int, list[int], Candidate]] = []
    obstacles: dict[str, str] = {}
    question = ""
    waiting = deque(([at], choice) for at, choice in enumerate(choices))
    tries, most = 0, _MAX_TRIES
    while waiting and len(found) < MAX_CHOICES and tries < most:
        tries += 1
        place, choice = waiting.popleft()
        try:
            one, rank = _tried(choice, source, profile, name)
            if all(one.toml != other.toml for *_, other in (*found, *unlikely)):
                (unlikely if rank > _LOW else found).append((rank, place, one))
        except RejectedFileError as error:
            new = enumerate(_both(choice, other) for other in error.choices)
            both = [([*place, at], one) for at, one in new if one is not None]
            question = question or (error.finding if both else "")
            is_deep = tries > _MAX_TRIES
            waiting.extend(one for one in both if not (one[1].is_detail or is_deep))
            waiting.extendleft(one for one in reversed(both) if one[1].is_detail or is_deep)
            if not error.choices:
                obstacles.setdefault(error.message, _label(choice))
        except ValueError:  # it is not allowed in a profile
            pass
        if tries == _MAX_TRIES and len(found) < _FEWEST and not unlikely:
            most *= 2
    if found or unlikely or not obstacles:
        ordered = [one for *_, one in sorted([*found, *unlikely], key=itemgetter(0, 1))]
        return Ways(_distinct(ordered[:MAX_CHOICES]), question)
    message, label = next(iter(obstacles.items()))
    return Ways(obstacle=Obstacle(label, message, is_common=len(obstacles) == 1 < len(choices)))


def _tried(choice: Choice, source: ByteSource, profile: Profile, name: bytes) -> tuple[Candidate, int]:
    """Return the candidate of a choice, and how unlikely it is that a plant is so.

    Raises RejectedFileError or ValueError if it reads nothing.
    """
    changed = with_changes(profile, choice.changes)
    rows, meant = _read(source, changed, name)
    shown: list[str] | UnsetType = UNSET
    lines, keys = toml_lines(choice.changes), keys_shown(rows)
    with contextlib.suppress(RejectedFileError, ValueError):
        is_plain = not keys.keys() & {"csv", "channels"}
        if keys and (is_plain or _read(source, with_changes(changed, keys), name)[1] == meant):
            shown = toml_lines(keys)
    found = Candidate(label=_label(choice), toml=lines, consequence=meant, shown=shown)
    return found, _rank(rows, rows.valid_rows(), choice)


def _read(source: ByteSource, profile: Profile, name: bytes) -> tuple[SortedRows, str]:
    """Return the rows of the beginning of a file, and what it means to read them so."""
    beginning = _Beginning(source)
    table = read_table(beginning, profile, 0, name)
    rows = sort_rows(table, profile)
    check_usable(table, rows)
    meant = consequence(rows, rows.valid_rows())
    return rows, f"the first {meant}" if beginning.is_cut else meant


def _rank(rows: SortedRows, valid: SortedRows, choice: Choice) -> int:
    """Return 0 for readings as of a plant, _LOW if their power is low, 2 if most fail or none has power.

    A low power is in W or Wh by the choice, and is at no hour what the default panel gives on a dark day.
    """
    if 2 * len(valid.time) < np.count_nonzero(~rows.missing) or not any_of(valid.power != 0):
        return _LOW + 1
    is_small = any(one.get("unit") in _SMALL for one in choice.changes.get("channels", {}).values())
    is_small = is_small and valid.dt <= HOUR_S
    return _LOW if is_small and np.fmax.reduce(np.abs(valid.power)) < DARK_WATTS else 0


def _label(choice: Choice) -> str:
    return text_of(choice.label.encode("utf-8", "replace"))[:_MAX_LABEL]


def _distinct(ways: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidates; equal labels are completed by the lines in which the candidates differ."""
    found = []
    for way in ways:
        alike = [other for other in ways if other is not way and other.label == way.label]
        own = [line for line in way.toml if any(line not in other.toml for other in alike)]
        label = f"{way.label} ({'; '.join(own)})" if own else way.label
        found.append(msgspec.structs.replace(way, label=label))
    return found


def _both(one: Choice, other: Choice) -> Choice | None:
    """Return a choice that makes the changes of both; None if the other adds nothing."""
    one = _not_as_energy(one, other.changes.get("channels", {}).get("power", {}).get("column"))
    changes = merged(one.changes, other.changes)
    label = ", ".join(filter(None, (one.label, other.label)))
    return None if changes == one.changes else Choice(label, changes, other.is_detail)


def _not_as_energy(one: Choice, power: Any) -> Choice:
    """Return a choice without the energy that is of this column of power."""
    channels: dict[str, Any] = one.changes.get("channels", {})
    if power is None or channels.get("energy", {}).get("column") != power:
        return one
    others = {name: keys for name, keys in channels.items() if name != "energy"}
    label = one.label.removesuffix(f"energy: {label_of_way(power)}").removesuffix(", ")
    return one._replace(label=label, changes={**one.changes, "channels": others})


def consequence(found: SortedRows, valid: SortedRows) -> str:
    """Return what it would mean to read a file so: rows, days, energy a day, the peak, invalid rows.

    `valid` has the valid ones of the rows that were found.
    """
    rows, days, metrics = len(valid.time), len(set(dates(valid.local))), figures(valid)
    is_of_days = valid.dt >= DAY_S
    if is_of_days and rows:
        days = round((np.ptp(valid.time) / SECOND + valid.dt) / DAY_S)
    energy = metrics.total_energy_kwh or 0.0
    shares = [
        f"{counted(rows, 'row')} of {counted(days, 'day')}",
        f"{_plain(energy / max(1, days))} kWh a day",
    ]
    if metrics.peak_power_hour is not None and not is_of_days:
        shares.append(f"most at {int(metrics.peak_power_hour[11:13])} h")
    if metrics.period.start is not None:
        shares.append(f"from {metrics.period.start[:10]}")
    if invalid := int(np.count_nonzero(~(found.valid | found.missing))):
        shares.append(f"{counted(invalid, 'row')} invalid")
    return ", ".join(shares)


def _plain(value: float) -> str:
    """Return a number with four digits and no exponent, such as 26,810."""
    return f"{Decimal(f'{value:.4g}'):,f}"
