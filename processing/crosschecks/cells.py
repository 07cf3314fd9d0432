"""The numbers in cells of some rows, of columns that are not read too."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from processing.head.dialect import Dialect, decoded, rows_in
from processing.model.flags import Floats
from processing.values.numbers import numbers

Again: TypeAlias = Callable[[], tuple[bytes, Iterator[bytes]]]
"""Returns the first blocks of the file and the others."""


def rows_again(dialect: Dialect, again: Again) -> Iterator[list[str]]:
    """Yield the cells of all rows of the file."""
    head, others = again()
    yield from rows_in(chain((head,), others), dialect)


def numbers_at(line: NDArray[np.int32], places: Sequence[int], dialect: Dialect, again: Again) -> Floats:
    """Return the numbers in these places of the rows of these lines as (rows, places).

    NaN for cells without a number, and for rows with more or fewer cells than others.
    """
    wanted, found, first = np.unique(line), dict[int, bytes](), 1
    head, others = again()
    for block in chain((head,), others):
        lines = block.split(b"\n")
        stop = first + len(lines) - 1
        within = slice(*wanted.searchsorted((first, stop)))
        found |= {number: lines[number - first] for number in wanted[within].tolist()}
        first = stop
    raw = (found.get(number, b"").replace(b'"', b"") for number in line.tolist())
    texts = [(decoded(each) or "").split(dialect.delimiter) for each in raw]
    lacking = [""] * dialect.width
    rows = (row if len(row) == dialect.width else lacking for row in texts)
    cells = [row[place] for row in rows for place in places]
    return numbers(cells, dialect.decimal, dialect.thousands).reshape(-1, len(places))
