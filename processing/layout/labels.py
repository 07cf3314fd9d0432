"""The column whose cells name devices, or say what was read in a file with one reading a row."""

from collections.abc import Sequence
from typing import NamedTuple

from processing.layout.advice import MAX_CHOICES, rejected, shown
from processing.layout.header import long_places
from processing.layout.header_cells import Header, HeaderCell, channel_of, place_of
from processing.model.profile import Profile
from processing.model.rejection import Choice, RejectedFileError
from processing.naming.synonyms import DEVICE_NAMES, normal


class LabelColumn(NamedTuple):
    """The column of labels, and what they are for."""

    place: int | None = None
    where: str | None = None
    """The label of the rows that are read."""
    value: int | None = None
    """The place of the values, in a file with one reading a row."""

    def is_wanted(self, cells: Sequence[str]) -> bool:
        """Return whether a row is read."""
        return self.where is None or self.place is None or cells[self.place].strip() == self.where


def label_column(
    header: Header, profile: Profile, line: int, sample: list[list[str]], stamp: Sequence[int]
) -> LabelColumn:
    """Return the column of labels, if there is one; `stamp` are the places of the times.

    Raises RejectedFileError if a profile names one column for two of them.
    """
    found = _named_by_profile(header, profile, line)
    if found is not None:
        places = [*stamp, found.place, *(() if found.value is None else (found.value,))]
        if len(set(places)) < len(places):
            message = "the profile names one column for two of the times, the labels and the values"
            raise RejectedFileError("ambiguous_columns", message, line)
        return found
    pair = long_places(header, profile)
    if pair is not None:
        raise _long(header, pair, line, sample)
    named = [at for at, cell in enumerate(header) if normal(cell.names[0]) in DEVICE_NAMES]
    named = [at for at in named if channel_of(header[at]) is None and not holds_numbers(at, sample)]
    named = [at for at in named if at not in stamp]
    if not named:
        return LabelColumn()
    different = {at: len({row[at] for row in sample if at < len(row)}) for at in named}
    return LabelColumn(max(named, key=lambda at: different[at]))


def _named_by_profile(header: Header, profile: Profile, line: int) -> LabelColumn | None:
    settings = profile.csv
    if settings.where is not None:
        place = place_of(settings.where.column, header, line, "where")
        return LabelColumn(place, settings.where.value)
    if settings.long is not None:
        place = place_of(settings.long.name, header, line, "long.name")
        return LabelColumn(place, value=place_of(settings.long.value, header, line, "long.value"))
    return None


def holds_numbers(at: int, sample: list[list[str]]) -> bool:
    """Return whether the cells of a column are numbers with fractions: readings, and no labels."""
    cells = [row[at].strip() for row in sample if at < len(row)]
    return any("." in cell and cell.replace(".", "", 1).isdigit() for cell in cells)


def labels_of(place: int, sample: list[list[str]]) -> list[str]:
    """Return the different labels, in the order in which they occur."""
    return list(dict.fromkeys(row[place].strip() for row in sample if place < len(row)))


def header_of_labels(labels: Sequence[str]) -> Header:
    """Return labels as the names of columns: what is before a point is a name of its own."""
    return tuple(HeaderCell(tuple(label.split(".", 1))) for label in labels)


def _long(header: Header, pair: tuple[int, int], line: int, sample: list[list[str]]) -> RejectedFileError:
    name, value = (header[at].text for at in pair)
    labels = labels_of(pair[0], sample)
    choice = Choice("one reading a row", {"csv": {"long": {"name": name, "value": value}}})
    message = f"one reading a row: {name!r} says which one, such as {shown(labels[:4])}, and {value!r} has it"
    return rejected("missing_columns", message, line, "long", choices=[choice])


def several_devices(
    labels: Sequence[str], header: str, line: int, *, may_choose: bool = True
) -> RejectedFileError:
    """Return the rejection of a file with the rows of several devices, of which a profile may choose one."""
    choices = [
        Choice(label, {"csv": {"where": {"column": header, "is": label}}}) for label in labels[:MAX_CHOICES]
    ]
    message = f"several devices? {header!r} has {len(labels)} values: {shown(labels)}"
    if not may_choose:
        message += "; export the rows of each to a file of its own"
        return RejectedFileError("several_devices", message, line, header)
    return rejected("several_devices", message, line, header, choices=choices)
