"""Numbers that count the steps of a day beside a date, such as half hours from 1 to 48."""

from collections import Counter
from collections.abc import Iterable, Sequence

from processing.values.numbers import numbers

INTERVALS = (24, 48, 96, 288)
"""How many intervals a day has in the columns of a table with a row for each day."""
_MIN_STEPS = 9
"""Fewer numbers a day may be those of tariffs, if their name does not say how long a step is."""
_MINUTES_OF_DAY, _HIGHEST_CLOCK = 1440, 2400
_OPEN = ("+", "+30 minutes", "+15 minutes")
"""They may begin with 0 or 1."""
_STEPS = (60, 30, 15, 10, 5, 1)
"""The minutes that a step may have."""


def are_steps(at: int, directive: str, date: Sequence[int | None], sample: list[list[str]]) -> bool:
    """Return whether the numbers of a column rise, or fall, within each date, as steps of a day do."""
    if not directive.startswith("+"):
        return False
    days = dict[tuple[str, ...], list[float]]()
    values = numbers([row[at].strip().replace(",", ".") if at < len(row) else "" for row in sample]).tolist()
    for row, value in zip(sample, values, strict=True):
        days.setdefault(_cells(row, date), []).append(value)
    least = _MIN_STEPS if directive == "+" else 2
    are_sorted = all(each in (sorted(each), sorted(each, reverse=True)) for each in days.values())
    return are_sorted and max(len({*each}) for each in days.values()) >= least


def _cells(row: Sequence[str], places: Sequence[int | None]) -> tuple[str, ...]:
    return tuple(row[at].strip() for at in places if at is not None and at < len(row))


def open_steps(stamp: Sequence[int], parts: Sequence[str]) -> "DaySteps | None":
    """Return what gathers the numbers of the last column of the times; None if they are no open steps."""
    return DaySteps(parts[-1], stamp[:-1], stamp[-1]) if parts[-1] in _OPEN else None


class DaySteps:
    """Gathers the numbers of the steps of each date, and then knows what they may count.

    >>> steps = DaySteps("+", [0], 1)
    >>> steps.add([[date, str(half_hour)] for date in ("1 May", "2 May") for half_hour in range(1, 49)])
    >>> steps.ways
    ['+30 minutes from 1']
    """

    def __init__(self, directive: str, date: Sequence[int], place: int) -> None:
        minutes = directive.removeprefix("+").removesuffix(" minutes")
        self._date, self._place, self._stated = date, place, int(minutes or 0)
        self._days = Counter[tuple[int, int]]()
        """The lowest and the highest number of each date."""
        self._last: tuple[tuple[str, ...], int, int] | None = None

    def add(self, rows: Iterable[Sequence[str]]) -> None:
        """Add rows in the order of the file."""
        for row in rows:
            if not (text := row[self._place].strip()).isdecimal():
                continue
            date, number = _cells(row, self._date), int(text[: len("1440") + 1])
            if self._last is not None and self._last[0] == date:
                self._last = date, min(self._last[1], number), max(self._last[2], number)
                continue
            self._end_day()
            self._last = date, number, number

    def _end_day(self) -> None:
        if self._last is not None:
            self._days[self._last[1:]] += 1

    @property
    def ways(self) -> list[str]:
        """What a number may count, such as `+30 minutes from 1`; the likeliest first.

        Only a date with others behind it, or a name that states the step, shows that a day has no more steps.
        """
        if self._last is None:
            return []
        whole = self._days
        usual = whole.most_common(1)[0][0] if whole else self._last[1:]
        lows, highs = zip(*whole, self._last[1:], strict=True)
        if max(highs) > _MINUTES_OF_DAY:  # no step is shorter than a minute: 2345 is a quarter to midnight
            return ["%H%M"] if max(highs) <= _HIGHEST_CLOCK else []
        lowest, are_within = min(lows), 24 * max(highs) <= 25 * (usual[1] + 1)  # a day may have an hour more
        found = {
            (low, low - 1 + _MINUTES_OF_DAY // minutes): f"+{minutes} minutes" + " from 1" * low
            for minutes in ([self._stated] if self._stated else _STEPS)
            for low in ([lowest] if lowest in (0, 1) else (1, 0))
        }
        if usual in found and are_within and (whole or self._stated):
            return [found[usual]]
        return [way for (_, high), way in found.items() if max(highs) <= high]
