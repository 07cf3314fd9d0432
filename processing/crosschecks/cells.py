"""The cells of a file that is read again, also of columns that are not used.

Of all rows, only numbers are kept: their cells as texts would need many times the memory.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from processing.head.dialect import Dialect, decoded, rows_in
from processing.model.flags import Floats
from processing.values.numbers import numbers

Again: TypeAlias = Callable[[], tuple[bytes, Iterator[bytes]]]
"""Returns the first blocks of the file and the others."""

_CELLS_AT_ONCE = 10_000


def rows_again(dialect: Dialect, again: Again) -> Iterator[list[str]]:
    """Yield the cells of all rows of the file."""
    head, others = again()
    yield from rows_in(chain((head,), others), dialect)


def numbers_again(places: Sequence[int], dialect: Dialect, again: Again) -> Floats:
    """Return the numbers in these places of all rows of the file as (rows, places); NaN for other cells."""
    cells = (row[place] for row in rows_again(dialect, again) for place in places)
    parts = [np.empty(0)]
    while texts := [*islice(cells, _CELLS_AT_ONCE)]:
        parts.append(numbers(texts, dialect.decimal, dialect.thousands))
    return np.concatenate(parts).reshape(-1, len(places))


def numbers_at(line: NDArray[np.int32], places: Sequence[int], dialect: Dialect, again: Again) -> Floats:
    """Return the numbers in these places of the rows of these lines as (rows, places).

    NaN for cells without a number, and for rows with more or fewer cells than others.
    """
    wanted, at = np.unique(line, return_inverse=True)
    found, first = np.full((len(wanted), len(places)), np.nan), 1
    head, others = again()
    for block in chain((head,), others):
        lines = block.split(b"\n")
        within = slice(*wanted.searchsorted((first, first + len(lines) - 1)))
        raw = (lines[number - first].replace(b'"', b"") for number in wanted[within].tolist())
        rows = [(decoded(each) or "").split(dialect.delimiter) for each in raw]
        cells = [row[place] if len(row) == dialect.width else "" for row in rows for place in places]
        found[within] = numbers(cells, dialect.decimal, dialect.thousands).reshape(-1, len(places))
        first += len(lines) - 1
    return found[at]
