"""Rows in which two channels have each other's numbers, here and there in a file."""

import numpy as np
from numpy.typing import NDArray

from processing.head.advice import column_names, rejected, shown
from processing.head.dialect import Dialect
from processing.model.channels import has_product
from processing.model.flags import Floats, Integers
from processing.model.profile import Profile
from processing.model.rejection import Choice, RejectedFileError

_ALIKE, _APART = 0.25, float(np.log(2))
"""Two numbers are swapped if they then change by at most this share of what they change by in their places,
and that is so much at least, as a logarithm."""
_FEWEST = 3
"""The fewest rows from which on they are."""


def check_swapped_rows(
    dialect: Dialect, line: NDArray[np.int32], readings: dict[str, Floats], profile: Profile
) -> RejectedFileError | None:
    """Raise RejectedFileError if two channels are swapped from one row to the next, in several places.

    These are the voltage and the current; without one of them, the other one and the power. If a profile
    names a column of them, the error is returned.
    """
    pair = ("voltage", "current") if has_product(readings) else ("voltage", "power", "current")
    names = [name for name in pair if name in readings and len(dialect.columns[name].places) == 1]
    if len(names) != 2 or dialect.label is not None:  # noqa: PLR2004 - a pair
        return None
    columns = [dialect.columns[name] for name in names]
    cells = [readings[name] / column.factor for name, column in zip(names, columns, strict=True)]
    turns = _turns(*cells)
    if len(turns) < _FEWEST:
        return None
    first, (one, other) = line.item(turns.item(0)), (shown([column.name]) for column in columns)
    message = (
        f"{one!r} and {other!r} have each other's numbers from line {first} on, and change so in "
        f"{len(turns)} places: does the order of the columns change there? If so, put them in one order"
    )
    ways = {
        name: {"column": column_names(dialect.header, column.places)[0]}
        for name, column in zip(names, columns, strict=True)
    }
    choices = [Choice("in one order throughout", {"channels": ways})]
    error = rejected("ambiguous_columns", message, first, names[0], choices=choices)
    if all(profile.channels[name].column is None for name in names):
        raise error
    return error


def _turns(one: Floats, other: Floats) -> Integers:
    """Return the rows in which two columns go on with each other's numbers."""
    one, other = np.abs(one), np.abs(other)
    known = ((one > 0) & (other > 0)).nonzero()[0]
    one, other = one[known], other[known]
    if not len(known) or one.min() > other.max() or other.min() > one.max():
        return known[:0]
    one, other = np.log(one), np.log(other)
    stays = np.abs(one[1:] - one[:-1]) + np.abs(other[1:] - other[:-1])
    across = np.abs(one[1:] - other[:-1]) + np.abs(other[1:] - one[:-1])
    return known[1:][(across <= _ALIKE * stays) & (stays >= _APART)]
