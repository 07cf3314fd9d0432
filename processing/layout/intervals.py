"""Columns of dates and of times of day that belong together, and of the ends of intervals, as rows show."""

import functools
import re
from collections.abc import Sequence

from processing.layout.header_cells import Header
from processing.layout.lines import all_hold, holds_clock, holds_date, holds_time
from processing.naming.synonyms import BEGIN_WORDS, END_WORDS

_WORD = re.compile(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+")
_MIN_SHARED = 2
_MIN_ROWS_OF_DATE = 2


def ends_of_intervals(header: Header, sample: list[list[str]]) -> frozenset[int]:
    """Return the places of the ends of intervals whose beginnings have columns of their own.

    Their names differ in a word such as from and until, and most times at which the intervals of the sample
    of rows end are those at which others begin. A date and a time of day are joined for that.
    """
    pairs = [pair for pair in _named_pairs(header) if all(all_hold(holds_time, at, sample) for at in pair)]
    if not pairs:
        return frozenset()
    firsts, lasts = ({_joined(row, places) for row in sample} for places in zip(*pairs, strict=True))
    shared = len(lasts & firsts)
    is_chain = shared >= _MIN_SHARED and 2 * shared > len(lasts)
    return frozenset(end for _, end in pairs) if is_chain else frozenset()


@functools.lru_cache(maxsize=128)  # the files of a device have one header
def _named_pairs(header: Header) -> list[tuple[int, int]]:
    """Return the columns whose names differ in a word for the beginning and one for the end."""
    begins, ends = (_by_other_words(header, known) for known in (BEGIN_WORDS, END_WORDS))
    return [(at, ends[words]) for words, at in begins.items() if words in ends]


def _by_other_words(header: Header, known: frozenset[str]) -> dict[tuple[str, ...], int]:
    """Return the columns with one of the known words in their names, by the other words."""
    found = {}
    for at in reversed(range(len(header))):
        words = [word.casefold() for word in _WORD.findall(header[at].text)]
        others = tuple(word for word in words if word not in known)
        if len(others) == len(words) - 1:
            found[others] = at
    return found


def date_and_clock(places: Sequence[int], sample: list[list[str]]) -> tuple[int, ...]:
    """Return the only column of dates among these and the only one of times of day; empty for no such pair.

    Each date has several rows, in the order of their times: a time that each date has once is another one.
    """
    dates = [at for at in places if all_hold(holds_date, at, sample)]
    clocks = [at for at in places if all_hold(holds_clock, at, sample)]
    if (len(dates), len(clocks)) != (1, 1):
        return ()
    pair, days = (dates[0], clocks[0]), dict[str, dict[str, None]]()
    for row in sample:
        date, clock = _joined(row, pair)
        days.setdefault(date, {})[clock] = None
    are_several = sum(map(len, days.values())) >= _MIN_ROWS_OF_DATE * len(days)
    are_sorted = all(list(each) in (sorted(each), sorted(each, reverse=True)) for each in days.values())
    return pair if are_several and are_sorted else ()


def _joined(row: Sequence[str], places: Sequence[int]) -> tuple[str, ...]:
    """Return the cells of a row in these places, times of day with two digits for the hour."""
    cells = (row[at].strip() if at < len(row) else "" for at in places)
    return tuple(f"0{cell}" if cell[1:2] == ":" else cell for cell in cells)
