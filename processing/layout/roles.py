"""What each column of a file holds: the times, labels, or the readings of a channel."""

import functools
import re
from typing import NamedTuple

from processing.head.header_cells import Header, HeaderCell
from processing.head.samples import absent_columns, has_unnamed_end, places_of_times, width_of_rows
from processing.layout.columns import Columns, columns_of, known_columns
from processing.layout.header import FoundHeader
from processing.layout.intervals import directives_of, parts_by_name
from processing.layout.labels import (
    LabelColumn,
    header_of_labels,
    label_column,
    labels_of,
    no_labels,
    serial_numbers,
    with_unit_of_rows,
    without_copies,
)
from processing.layout.only_columns import check_product, powers_beside_product, product_by_name
from processing.layout.stamp_columns import stamp_of
from processing.model.profile import Profile
from processing.model.rejection import RejectedFileError
from processing.naming.siblings import units_of_letters

_PLAIN_NUMBER = re.compile(r"[-+]?\d{1,7}(?:[.,]\d+)?", re.ASCII)
"""It states no unit, and is too short for a time."""


class Roles(NamedTuple):
    """What each column of a file holds."""

    header: Header
    """The names of the columns that rows have, without those of copies."""
    width: int
    """How many cells a row has."""
    stamp: tuple[int, ...]
    """The places of the columns of times."""
    parts: tuple[str, ...]
    """The directive of strptime for each of them; empty if it must be detected."""
    labels: LabelColumn
    columns: Columns
    copies: tuple[str, ...] = ()
    """The names of copies of other columns."""
    long: tuple[tuple[str, str], ...] = ()
    """Only in a file with one reading a row: channels, and their labels."""


def roles_of(header: FoundHeader, sample: list[list[str]], profile: Profile) -> Roles:
    """Return what the columns hold, by their names and by a sample of rows.

    Raises RejectedFileError if the times or a necessary channel have no column, or may have several.
    """
    named = _named_roles(header.cells, profile)
    if named is not None and _are_usual(sample, named):
        return named
    texts = [cell.text for cell in header.cells]
    names = header.cells[: max(1, len(texts) - absent_columns(texts, sample, header.delimiter))]
    if header.is_ended and has_unnamed_end(len(names), sample, header.delimiter):
        names = (*names, HeaderCell(("",)))
    names, copies = without_copies(names, sample, profile)
    stamp = stamp_of(names, profile, header.line, places_of_times(len(names), sample), sample)
    labels = label_column(names, profile, header.line, sample, stamp)
    if labels.value is not None and labels.place is not None:
        rows = [row for row in sample if len(row) > labels.last and labels.is_wanted(row)]
        if not any(found := labels_of(labels.place, rows)):
            raise no_labels(header.cells[labels.place].text)
        columns, long = _of_labels(found, labels.value, header.line, profile)
    else:
        taken = frozenset({*stamp, *serial_numbers(names, sample, profile.csv.missing), *labels.places})
        cells = with_unit_of_rows(names, labels.place, sample)
        columns, long = columns_of(cells, profile, header.line, taken, sample), ()
        check_product(cells, product_by_name(columns.by_channel, profile), taken, sample, header.line)
    width, parts = width_of_rows(len(names), sample), directives_of(names, stamp, sample)
    return Roles(names, width, stamp, parts, labels, columns, copies, long)


def _of_labels(
    labels: list[str], place: int, line: int, profile: Profile
) -> tuple[Columns, tuple[tuple[str, str], ...]]:
    """Return the columns of a file with one reading a row, at this place, and the label of each channel."""
    found = columns_of(header_of_labels(labels), profile, line, frozenset(), [])
    long = tuple((channel, labels[one.places[0]]) for channel, one in found.by_channel.items())
    at_value = {name: one._replace(places=(place,)) for name, one in found.by_channel.items()}
    return Columns(at_value, found.unused), long


@functools.lru_cache(maxsize=128)  # the files of a device have one header
def _named_roles(header: Header, profile: Profile) -> Roles | None:
    """Return what the columns hold by their names, if usual rows cannot change it; else None."""
    is_open = parts_by_name(header) or units_of_letters(tuple(cell.text for cell in header))
    if is_open or len(set(header)) < len(header):
        return None
    try:
        stamp = stamp_of(header, profile, 0, (), [])
        is_only = len(stamp) == 1 and stamp == stamp_of(header, profile, 0, stamp, [])
        labels = label_column(header, profile, 0, [], stamp)
        columns = known_columns(header, profile, 0, frozenset(stamp))
    except RejectedFileError:
        return None
    if not is_only or labels != LabelColumn() or not isinstance(columns, Columns):
        return None
    pair = product_by_name(columns.by_channel, profile)
    if pair is not None and powers_beside_product(header, {*stamp, *pair}):
        return None
    return Roles(header, len(header), stamp, ("",), labels, columns)


def _are_usual(sample: list[list[str]], named: Roles) -> bool:
    """Return whether rows have a cell for each name, and the first one has numbers beside its time."""
    (at,) = named.stamp
    others = [*sample[0][:at], *sample[0][at + 1 :]] if sample else [""]
    return {*map(len, sample)} == {named.width} and all(map(_PLAIN_NUMBER.fullmatch, others))
