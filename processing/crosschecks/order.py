"""Columns that change their order inside a file without a new header, as after an update of the logger."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from processing.crosschecks.cells import Again, numbers_again, numbers_at
from processing.crosschecks.moves import (
    APART,
    Change,
    Places,
    is_turned,
    kinds,
    may_have_moved,
    moved_in_product,
    moved_on_a_day,
    sampled_rows,
    shifted,
)
from processing.head.advice import column_names, rejected, shown
from processing.head.dialect import Dialect
from processing.model.channels import has_product
from processing.model.flags import Floats, Integers, Mask, any_of
from processing.model.profile import Profile
from processing.model.rejection import Choice, RejectedFileError
from processing.model.stamp import NO_TIME

_FEWEST_ROWS = 20
_LEAST_CHANGE = 0.05
"""A row is searched if the power changes by at least this share of the highest."""
_MAX_ROWS, _SHARE = 8, 0.02
"""How many such rows are searched, and the share of all rows that are more; how many even moves are tried."""
_SIDE_ROWS, _FEWEST_SIDE = 6, 2
"""Rows on each side of a change, and the fewest of them."""
_ALIKE = 0.25
"""Numbers go on elsewhere if they then differ by at most this share of what they change by in their place."""
_STEPS, _JUMP, _ROUNDING = 6.0, 5.0, 0.02
"""They differ by at most so many usual steps, or this share of the change, and change by so many or more."""
_CLEAR, _HIGHEST = 0.7, 0.98
"""How much less columns differ in the new order, as a share, and the share of numbers below the highest."""


def check_order(
    dialect: Dialect,
    line: NDArray[np.int32],
    time: Integers,
    readings: dict[str, Floats],
    *,
    again: Again,
    profile: Profile,
) -> RejectedFileError | None:
    """Raise RejectedFileError if the power goes on in another column, and another one in its place.

    Two columns are swapped, or a column was inserted and those behind it follow. Between two rows they must
    go on as evenly as before, and as a whole be alike; or, in a file of several days, be alike as a whole.
    Or the power is V · I in some rows, and another channel is the product of two in most of the others. If a
    profile names the column, the error is returned.
    """
    name, found = next((each for each in ("power", "current", "energy") if each in readings), ""), None
    if "power" in readings and has_product(readings):
        voltage, current, power = (readings[name] for name in ("voltage", "current", "power"))
        product, total = float(voltage @ current), float(power.sum())
        is_product = abs(product - total) <= _ROUNDING * total  # false for NaN
        found = None if is_product else moved_in_product(dialect.columns, readings)
        if is_product and not dialect.has_other_columns:
            name = "current" if any_of(voltage < current) else ""
    if not name or dialect.label is not None:
        return None
    known = (time != NO_TIME).nonzero()[0]
    if len(known) < _FEWEST_ROWS:
        return None
    places = dialect.columns[name].places
    if found is None and len(places) == 1:
        found = _Search(dialect, places[0], line[known], again).change(readings[name][known], time[known])
        found = found and found._replace(row=known.item(found.row))
    error = found and _question(dialect, name, line.item(found.row), found.places)
    if error and profile.channels[name].column is None:
        raise error
    return error


def _question(dialect: Dialect, name: str, line: int, moved: Places) -> RejectedFileError:
    places = dialect.columns[name].places
    place = places[0] if places[0] in moved else next(iter(moved))
    one, other = (shown([dialect.header[at]]) for at in (place, moved[place]))
    message = (
        f"from about line {line} on, {one!r} has what {other!r} had above: does the order of the "
        "columns change there? If so, split the file at this line, and name the columns in the new order"
    )
    cell = column_names(dialect.header, places)[0]
    choices = [Choice("in one order throughout", {"channels": {name: {"column": cell}}})]
    return rejected("ambiguous_columns", message, line, name, choices=choices)


class _Search:
    """Searches a file for the row from which on a column goes on elsewhere."""

    def __init__(self, dialect: Dialect, place: int, line: NDArray[np.int32], again: Again) -> None:
        self._dialect, self._place, self._line, self._again = dialect, place, line, again

    def change(self, values: Floats, time: Integers) -> Change | None:
        """Return where columns have moved; `values` are those of the column."""
        rows, samples = _rows_to_search(values), sampled_rows(time)
        cells = self._cells(np.concatenate((rows - 1, rows, samples)))
        before, after, sampled = np.split(cells, [len(rows), 2 * len(rows)])
        moved = _rows_of_moves(before, after, self._place)
        moves = [Change(rows.item(at), _moved(before[at], after[at], self._place)) for at in moved]
        for move in self._even([move for move in moves if move.places])[:_MAX_ROWS]:
            if self._is_alike(*move):
                return move
        found = None
        if len(samples) and may_have_moved(sampled, time[samples], self._place):
            found = moved_on_a_day(sampled, time[samples], self._place)
        return Change(samples.item(found.row), found.places) if found else self._at_ends(values)

    def _at_ends(self, values: Floats) -> Change | None:
        """Return where columns have moved if the power is zero at first and below zero at last.

        The other column is the reverse, as that of the grid, from which power comes at night.
        """
        ends = np.r_[:_SIDE_ROWS, -_SIDE_ROWS:0]
        if any_of(values[ends[:_SIDE_ROWS]] != 0) or not (values[ends[_SIDE_ROWS:]] < 0).all():
            return None
        first, last = np.split(self._cells(ends), 2)
        others = np.flatnonzero((first < 0).all(axis=0) & (last == 0).all(axis=0)).tolist()
        row = int(np.argmax(values < 0))
        return Change(row, {self._place: others[0], others[0]: self._place}) if others else None

    def _cells(self, rows: Integers) -> Floats:
        """Return the numbers in the cells of these rows as (rows, columns); NaN for all other cells."""
        found = numbers_at(self._line[rows], range(self._dialect.width), self._dialect, self._again)
        found[:, list(self._dialect.stamp)] = np.nan
        return found

    def _even(self, moves: Sequence[Change]) -> list[Change]:
        """Return the moves at which columns go on elsewhere as evenly as before; the file is read once."""
        sides = [np.arange(max(0, row - _SIDE_ROWS), row + _SIDE_ROWS) for row, _ in moves]
        sides = [side[side < len(self._line)] for side in sides]
        cells = self._cells(np.concatenate(sides)) if sides else np.empty((0, 0))
        parts = np.split(cells, np.cumsum([len(side) for side in sides]))
        found = zip(moves, parts, strict=False)
        return [move for move, part in found if _goes_on(part, min(move.row, _SIDE_ROWS), move.places)]

    def _is_alike(self, row: int, places: Places) -> bool:
        """Return whether columns above and below a row are more alike in the new order, at its ends too."""
        columns = [*{*places, *places.values()}]
        values = numbers_again(columns, self._dialect, self._again)
        parts = (kinds(part, _HIGHEST) for part in (values[:row], values[row:]))
        above, below = (dict(zip(columns, part, strict=True)) for part in parts)
        old = sum(np.abs(above[place] - below[place]).sum() for place in places)
        new = sum(np.abs(above[earlier] - below[place]).sum() for place, earlier in places.items())
        if not (old > APART * len(places) and new < _CLEAR * old):
            return False
        pair = values[:, [columns.index(each) for each in (self._place, places[self._place])]]
        first, last = ((part != 0).all(axis=0).tolist() for part in (pair[:_SIDE_ROWS], pair[-_SIDE_ROWS:]))
        is_swapped_at_ends = first == last[::-1] and first[0] != first[1]
        return is_swapped_at_ends or is_turned(pair, np.arange(len(pair)) < row)


def _goes_on(beside: Floats, at: int, places: Places) -> bool:
    """Return whether columns go on elsewhere as evenly as before, from this row on, and not in place."""
    if min(at, len(beside) - at) < _FEWEST_SIDE:
        return False
    for place, earlier in places.items():
        before, after, own = beside[:at, earlier], beside[at:, place], beside[:at, place]
        steps = np.concatenate((before[1:] - before[:-1], after[1:] - after[:-1]))
        usual, usual_own = (np.median(np.abs(each)) for each in (steps, own[1:] - own[:-1]))
        change, jump = abs(after[0] - before[-1]), abs(after[0] - own[-1])
        if not (change <= max(_STEPS * usual, _ROUNDING * jump) and jump > _JUMP * max(usual, usual_own)):
            return False
    return True


def _rows_to_search(values: Floats) -> Integers:
    """Return the rows in which the power changes most, in order."""
    changes = np.abs(np.nan_to_num(values[1:] - values[:-1]))
    count = min(len(changes), _MAX_ROWS + int(_SHARE * len(changes)))
    largest = np.sort(np.argpartition(changes, -count)[-count:])
    found: Integers = largest[changes[largest] > _LEAST_CHANGE * np.fmax.reduce(np.abs(values))] + 1
    return found


def _rows_of_moves(before: Floats, after: Floats, place: int) -> list[int]:
    """Return in which of these pairs of rows the number at the place comes from another column."""
    jumps = np.abs(after[:, place] - before[:, place])
    is_moved: Mask = np.abs(after[:, [place]] - before) <= _ALIKE * jumps[:, np.newaxis]
    found: list[int] = np.flatnonzero(is_moved.any(axis=1)).tolist()
    return found


def _moved(before: Floats, after: Floats, place: int) -> Places:
    """Return the columns that have moved between two rows, the power's among them; empty if none have."""
    jumps = np.abs(after - before)
    if len(places := _cycle(before, after, place)) > 2:  # noqa: PLR2004 - no swap
        return places
    across = np.abs(after[place] - before) + np.abs(after - before[place])
    across[place] = np.nan
    is_swapped: Mask = across <= _ALIKE * np.minimum(jumps, jumps[place])
    if is_swapped.any():
        other = int(np.nanargmin(np.where(is_swapped, across, np.nan)))
        return {place: other, other: place}
    for step in (1, -1):
        earlier = np.roll(before, step)
        is_moved = (np.abs(after - earlier) <= _ALIKE / 2 * jumps) & (jumps > 0) & (earlier != 0)
        if places := shifted(is_moved, place, step):
            return places
    return {}


def _cycle(before: Floats, after: Floats, place: int) -> Places:
    """Return the places, from one to the nearest before, to the first again; empty if it does not return."""
    places: Places = {}
    while place not in places:
        apart = np.abs(after[place] - before)
        if not np.nanmin(apart, initial=np.inf) <= _ALIKE / 2 * apart[place]:
            return {}
        places[place] = int(np.nanargmin(apart))
        place = places[place]
    return places if {*places} == {*places.values()} else {}
