"""The columns of the times."""

import functools
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from processing.head.advice import MAX_CHOICES, SINCE, column_names, label_of_way, rejected, shown
from processing.head.cell_kinds import holds_clock, holds_date, holds_full_time, holds_number, holds_time
from processing.head.column_kinds import TimeColumns, times_by_name
from processing.head.header_cells import Header, HeaderCell, bare, place_of
from processing.head.samples import all_hold
from processing.layout.intervals import date_and_clock, ends_of_intervals, of_two_clocks, places_of_parts
from processing.model.profile import Profile
from processing.model.rejection import Choice, RejectedFileError
from processing.naming.synonyms import ROW_NUMBER_NAMES, TIME_NAMES, normal
from processing.naming.time_parts import DIRECTIVE_OF
from processing.values.numbers import numbers

_MIN_INSTANTS, _HOURS = 3, 24
_DAY_AND_MONTH = re.compile(r"(?:0?[1-9]|[12]\d|3[01])(?:\.(?:0?[1-9]|1[0-2])\.?|[. -]+[^\W\d_]{3,12}\.?)")
"""A date without a year, which a column of times of day follows."""


def stamp_of(
    header: Header, profile: Profile, line: int, times: Sequence[int], sample: list[list[str]]
) -> tuple[int, ...]:
    """Return the places of the columns that make the timestamps.

    `times` has the places whose cells hold times in the sample of rows, for a file whose names do not say it.
    A column that is named like a time but holds numbers does not count if another one holds times. A column
    of dates beside one of full times is ambiguous, unless they are named as a date and a time. The end of
    an interval does not count if its beginning has a column.
    """
    if profile.csv.times:
        return tuple(place_of(name, header, line, "time") for name in profile.csv.times)
    if parts := places_of_parts(header, sample):
        return parts
    ends = ends_of_intervals(header, sample)
    if ends:
        header = tuple(HeaderCell(("",)) if at in ends else cell for at, cell in enumerate(header))
        times = [at for at in times if at not in ends]
    by_name = _needed(times_by_name(header), sample)
    stamp = by_name.chosen
    if len(stamp) <= 1 and (pair := date_and_clock(times, sample)) and set(stamp) <= set(pair):
        return pair
    numeric = [at for at in stamp if at not in times and all_hold(holds_number, at, sample)]
    numeric = [at for at in numeric if len(stamp) == 1 or not all_hold(_DAY_AND_MONTH.fullmatch, at, sample)]
    among = _needed(_named_among(header, tuple(times)), sample)
    has_time = any(at in times for at in stamp)
    if times and (stamp == tuple(numeric) or (numeric and has_time) or len(among.chosen) > len(stamp)):
        by_name, stamp = among, among.chosen
    is_date = len(stamp) == 1 and stamp[0] not in times and all_hold(holds_time, stamp[0], sample)
    if stamp and not (times and is_date):
        return stamp
    possible = by_name.possible
    if stamp:
        times = possible = (*stamp, *times)
    by_content = [at for at in times if not possible or at in possible]
    if len(by_content) == 1:
        return (by_content[0],)
    if (clock := of_two_clocks(header, by_content or possible, sample)) is not None:
        return (clock,)
    raise _no_stamp(header, line, by_content or possible, sample)


def _needed(found: TimeColumns, sample: list[list[str]]) -> TimeColumns:
    """Return columns of times; one of full times needs no other one, of dates or of numbers."""
    if len(found.chosen) > 1:
        *_, first, last = found.chosen
        has_clocks = all_hold(holds_time, last, sample)
        one = last if all_hold(holds_full_time, last, sample) else first
        if one == last or (all_hold(holds_full_time, first, sample) and not has_clocks):
            return TimeColumns((one,), (one,))
    return found


@functools.lru_cache(maxsize=128)  # the files of a device have one header
def _named_among(header: Header, places: tuple[int, ...]) -> TimeColumns:
    """Return the columns of times by name among those in these places and those of times of day."""
    return times_by_name(
        tuple(
            cell if at in places or bare(cell.text) in TIME_NAMES else HeaderCell(("",))
            for at, cell in enumerate(header)
        )
    )


def _no_stamp(header: Header, line: int, places: Sequence[int], sample: list[list[str]]) -> RejectedFileError:
    """Return the rejection of a file whose times may be in several columns, or are in none."""
    names = [header[at].text or f"column {at + 1}" for at in places]
    if names:
        ways = [[at] for at in places]
        dates, clocks = (
            [at for at in range(len(header)) if all_hold(test, at, sample)]
            for test in (holds_date, holds_clock)
        )
        has_one_name = len({header[at] for at in dates}) < len(dates)
        if has_one_name and len(dates) == len(clocks):
            ways = [*map(list, zip(dates, clocks, strict=True))]
        choices = [_choice_of_times(header, way) for way in ways[:MAX_CHOICES]]
        message = f"line {line} has {len(names)} columns that may hold the times: {shown(names)}"
        return rejected("ambiguous_columns", message, line, "timestamp", choices=choices)
    message = f"columns missing: timestamp; line {line} has {shown(cell.text for cell in header)}"
    if len(header) == 1:
        message += (
            "; it is no table of cells with a comma, semicolon, tab, | or blanks between them: export it so"
        )
        return RejectedFileError("missing_columns", message, line, "timestamp")
    if len(header) >= _HOURS and all(cell.text.isdecimal() for cell in header):
        message += (
            "; if each row is a day, its date is missing: put it into a first column with the name Date"
        )
        return RejectedFileError("missing_columns", message, line, "timestamp")
    time: dict[str, Any] = {"time": "NAME OF THE COLUMN WITH THE TIMES"}
    if (place := _of_count(header, sample)) is not None:
        is_day = DIRECTIVE_OF.get(bare(header[place].text)) == "%j"
        start = "days since LAST DAY OF THE YEAR BEFORE, SUCH AS 2024-12-31" if is_day else SINCE
        time = {"time": column_names([cell.text for cell in header], [place])[0], "time_format": start}
        message += f"; the numbers in {shown([header[place].text])!r} may count from a time that is not there"
    choices = [Choice("time", {"csv": time})]
    return rejected("missing_columns", message, line, "timestamp", choices=choices, is_template=True)


def _choice_of_times(header: Header, places: Sequence[int]) -> Choice:
    """Return the choice of the column, or of the two by their places, that make the times."""
    columns: Any = [{"index": at + 1} for at in places]
    if len(columns) == 1:
        columns = column_names([cell.text for cell in header], places)[0]
    return Choice(label_of_way(columns), {"csv": {"time": columns}})


def _of_count(header: Header, sample: list[list[str]]) -> int | None:
    """Return the place of the first column if its numbers rise from row to row; None if they do not."""
    values = numbers([row[0].strip().removesuffix("s").replace(",", ".") for row in sample if row])
    is_rising = len(values) >= _MIN_INSTANTS and bool((np.diff(values) > 0).all())
    return 0 if is_rising and normal(header[0].text) not in ROW_NUMBER_NAMES else None
