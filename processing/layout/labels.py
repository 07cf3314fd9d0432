"""The columns of the names of devices or of what was read."""

import functools
import re
from collections.abc import Sequence
from typing import NamedTuple

from processing.head.advice import MAX_CHOICES, choices_of, rejected, shown
from processing.head.cell_kinds import holds_number, holds_time
from processing.head.column_kinds import channel_of, names_production, resembled_channel
from processing.head.header_cells import Header, HeaderCell, matches, place_of
from processing.head.lines import MAX_CELL
from processing.head.samples import all_hold, kinds_of
from processing.layout.header import long_places
from processing.model.channels import CHANNELS
from processing.model.profile import Profile
from processing.model.rejection import Choice, RejectedFileError
from processing.naming.flows import DIRECTION, OTHER_FLOWS, RETURNED, TOTAL
from processing.naming.siblings import kinds_of_words, names_of_copies
from processing.naming.synonyms import DEVICE_NAMES, VALUE_NAMES, normal
from processing.naming.unit_cells import cells_at, first_cell, place_of_unit
from processing.naming.units import is_unit, power_or_energy

_REGISTER = re.compile(r"[be]\d")
"""A register of a meter: E of what comes in, B of what goes out."""
_WHOLE = re.compile(rf"{TOTAL.pattern}|(?<![a-z])(?:mains?|whole|aggregate)(?![a-z])")
"""A label of all that others are parts of."""
_MIN_VALUES = 6
"""The fewest different cells of a copy."""
_MAX_ADDED, _MAX_UNNAMED, _FLOWS = 50, 4, 2
"""The most devices whose sum is offered, if their column is named like devices and if not; of two, one may be
what comes in, and the other what goes out.
"""


class LabelColumn(NamedTuple):
    """The column of labels, and how they are used."""

    place: int | None = None
    where: tuple[str, ...] = ()
    """The labels of the rows that are read; empty for all rows."""
    value: int | None = None
    """The place of the values, in a file with one reading a row."""
    device: int | None = None
    """The place of the column of devices, if the labels are something else and one device is read."""

    @property
    def places(self) -> tuple[int, ...]:
        """Return the places of the labels and of the devices, if there are any."""
        return tuple(at for at in (self.place, self.device) if at is not None)

    @property
    def last(self) -> int:
        """Return the last place that decides whether a row is read."""
        return max(self.place or 0, self.device or 0)

    def is_wanted(self, cells: Sequence[str]) -> bool:
        """Return whether a row is read."""
        place = self.place if self.device is None else self.device
        return not self.where or place is None or cells[place].strip() in self.where


def label_column(
    header: Header, profile: Profile, line: int, sample: list[list[str]], stamp: Sequence[int]
) -> LabelColumn:
    """Return the column of labels if there is one; `stamp` has the places of the times.

    Without names of devices, the column of units has the labels, so that each row is read in its own unit.
    Raises RejectedFileError if a profile names one column for two purposes.
    """
    found = _by_profile(header, profile, line, sample)
    if found is not None:
        others = (at for at in (found.value, found.device) if at is not None)
        places = [*stamp, found.place, *others]
        if len(set(places)) < len(places):
            message = "the profile names one column for two of the times, the labels and the values"
            raise RejectedFileError("ambiguous_columns", message, line)
        return found
    pair = long_places(header, profile)
    if pair is not None and pair[1] not in _read_by_name(header, profile):
        raise _long(header, pair, line, sample)
    meters = [
        at for at in serial_numbers(header, sample, profile.csv.missing) if normal(header[at].text) == "meter"
    ]
    names = _named_like_devices(header, profile)
    named = [at for at in names if at not in stamp and not _has_fractions(at, sample)]
    if not (named := [*named, *meters] or _directions(sample, len(header), stamp)):
        return LabelColumn(place_of_unit(sample, [cell.text for cell in header]))
    different = {at: len({row[at] for row in sample if at < len(row)}) for at in named}
    place = max(named, key=lambda at: different[at])
    values = [at for at, cell in enumerate(header) if normal(cell.text) in VALUE_NAMES and at != place]
    labels = header_of_labels([label for label in labels_of(place, sample) if len(label) > 1])
    kinds = {*map(resembled_channel, labels)} - {None}
    is_mixed = len(kinds) > 1 or {*map(channel_of, labels)} > {None}
    if len(values) == 1 and is_mixed:
        raise _long(header, (place, values[0]), line, sample)
    return LabelColumn(place)


def _directions(sample: list[list[str]], width: int, stamp: Sequence[int]) -> list[int]:
    """Return the places of columns that say in each row of the sample where its energy flows."""
    places = (at for at in range(min(width, len(sample[0])) if sample else 0) if at not in stamp)
    return [at for at in places if all(DIRECTION.fullmatch(cell.casefold()) for cell in cells_at(at, sample))]


@functools.lru_cache(maxsize=128)  # the files of a device have one header
def _named_like_devices(header: Header, profile: Profile) -> list[int]:
    """Return the places of columns that are named like devices, and not like readings.

    A unit, or a profile that names a channel's column, says that the column has readings.
    """
    read = _read_by_name(header, profile)
    named = (at for at, cell in enumerate(header) if normal(cell.names[0]) in DEVICE_NAMES and at not in read)
    return [at for at in named if channel_of(header[at]) is None and not is_unit(header[at].stated_unit)]


def _read_by_name(header: Header, profile: Profile) -> set[int]:
    """Return the places of the columns that a profile names for channels."""
    columns = [name for channel in CHANNELS for name in profile.channels[channel].names]
    return {
        at for one in columns for at in (matches(one, header) if isinstance(one, str) else [one.index - 1])
    }


def _by_profile(header: Header, profile: Profile, line: int, sample: list[list[str]]) -> LabelColumn | None:
    settings = profile.csv
    device, labels = None, tuple[str, ...]()
    if settings.where is not None:
        device, wanted = place_of(settings.where.column, header, line, "where"), settings.where.value
        labels = (wanted,) if isinstance(wanted, str) else wanted
    if settings.long is None:
        if device is None:
            return None
        unit = place_of_unit(sample, [cell.text for cell in header])
        is_alone = unit in (None, device) or len(labels) > 1
        return LabelColumn(device, labels) if is_alone else LabelColumn(unit, labels, device=device)
    place = place_of(settings.long.name, header, line, "long.name")
    return LabelColumn(place, labels, place_of(settings.long.value, header, line, "long.value"), device)


def _has_fractions(at: int, sample: list[list[str]]) -> bool:
    """Return whether a column has numbers with fractions, which are readings and not labels."""
    return any("." in cell and cell.replace(".", "", 1).isdigit() for cell in cells_at(at, sample))


def serial_numbers(header: Header, sample: list[list[str]], missing: Sequence[str]) -> list[int]:
    """Return the places of columns that are named like energy, have no unit, and hold names of meters."""
    named = [at for at, cell in enumerate(header) if channel_of(cell) == "energy" and not cell.stated_unit]
    cells = {at: {*cells_at(at, sample)}.difference(missing) for at in named}
    return [at for at in named if any(cells[at]) and not any(map(holds_number, cells[at]))]


def labels_of(place: int, sample: list[list[str]]) -> list[str]:
    """Return the different labels, in the order in which they occur."""
    return list(dict.fromkeys(cells_at(place, sample)))


def with_unit_of_rows(header: Header, place: int | None, sample: list[list[str]]) -> Header:
    """Return the header with the unit that a column states, for the only one of its channel without one."""
    found = None if place is None else place_of_unit(sample, [one.text for one in header])
    unit = "" if found is None else first_cell(found, sample)
    kind = power_or_energy(unit) if unit else None
    named = [at for at, cell in enumerate(header) if kind is not None and channel_of(cell) == kind]
    if len(named) != 1 or header[at := named[0]].stated_unit:
        return header
    return (*header[:at], header[at]._replace(unit=unit), *header[at + 1 :])


def header_of_labels(labels: Sequence[str]) -> Header:
    """Return labels as if they were names of columns; the text before a point is a name of its own."""
    return tuple(HeaderCell(tuple(label[:MAX_CELL].split(".", 1))) for label in labels)


def _long(header: Header, pair: tuple[int, int], line: int, sample: list[list[str]]) -> RejectedFileError:
    name, value = (header[at].text for at in pair)
    if not any(labels := labels_of(pair[0], sample)):
        return no_labels(name)
    choices = [Choice("one reading a row", {"csv": {"long": {"name": name, "value": value}}})]
    if not any(map(resembled_channel, header_of_labels(labels))):
        for channel, unit in kinds_of(sample, pair[1:]):  # or each label is that of a device or a flow
            (one,) = choices_of([{channel: value}], unit)
            choices.append(one._replace(label=", ".join(filter(None, (one.label, unit)))))
    message = f"one reading a row: {name!r} says which one, such as {shown(labels[:4])}, and {value!r} has it"
    return rejected("missing_columns", message, line, "long", choices=choices)


def no_labels(name: str) -> RejectedFileError:
    """Return the rejection of a file without a row that says what it holds."""
    return RejectedFileError("no_valid_rows", f"no row says in {shown([name])!r} what it holds")


def several_devices(
    labels: Sequence[str],
    names: Sequence[str],
    place: int,
    line: int,
    *,
    follow: bool = False,
    have_one_time: bool = False,
    others: Sequence[Choice] = (),
) -> RejectedFileError:
    """Return the rejection of a file with rows of several devices, of which a profile may choose one.

    `names` are those of all columns, `place` is that of the labels. If all rows of one follow those of
    another, they may also be of one plant whose device was replaced. If they have the same times, they may be
    added, unless their labels say more. What a plant makes comes first, then a whole; then `others`.
    """
    header = names[place]
    column = header if header and names.count(header) == 1 else {"index": place + 1}
    kinds = {*map(kinds_of_words, labels)}
    are_alike = len(kinds) == 1 < len(labels) <= _MAX_ADDED
    are_alike = are_alike and (kinds != {("#",)} or normal(header) in DEVICE_NAMES)
    name = " + ".join(labels) if len(labels) <= MAX_CHOICES else f"the sum of all {len(labels)}"
    every = {"column": column, "is": [*labels]}
    is_few = len(labels) <= (_MAX_ADDED if normal(header) in DEVICE_NAMES else _MAX_UNNAMED)
    wholes = [label for label in labels if _WHOLE.search(label.casefold())]
    is_sum = have_one_time and is_few and not (wholes or any(map(_is_flow_or_unit, labels)))
    can_add = are_alike or is_sum
    total = [Choice(name, {"csv": {"where": every | {"add": True}}})] if can_add else []
    if follow and normal(header) in DEVICE_NAMES:
        total = [Choice(f"{shown(labels)}, one after the other", {"csv": {"where": every}})]
    ordered = sorted(labels, key=lambda label: (not names_production(label), label not in wholes))
    ones = [Choice(label, {"csv": {"where": {"column": column, "is": label}}}) for label in ordered]
    is_likely = are_alike and (normal(header) in DEVICE_NAMES or len(labels) > _FLOWS)
    ones = ones[: MAX_CHOICES - len(others) - len(total)]
    choices = [*total, *ones] if is_likely else [*ones, *total]  # two may be what comes in and what goes out
    choices = [*choices, *others]
    name = f"column {place + 1}" if isinstance(column, dict) else repr(header)
    message = f"several devices? {name} has {len(labels)} values: {shown(labels[:MAX_CHOICES])}"
    message += ", …" * (len(labels) > MAX_CHOICES)
    return rejected("several_devices", message, line, header, choices=choices)


def _is_flow_or_unit(label: str) -> bool:
    """Return whether a label says where energy flows, or in which unit it is."""
    text = label.casefold()
    flows = (
        OTHER_FLOWS.search(text),
        RETURNED.search(text),
        DIRECTION.fullmatch(text),
        _REGISTER.fullmatch(text),
    )
    return is_unit(label) or any(flows)


def without_copies(
    header: Header, sample: list[list[str]], profile: Profile
) -> tuple[Header, tuple[str, ...]]:
    """Return the header without the names of copies, and the names of those that are no times.

    A copy has the name and, in the sample of rows, all cells of an earlier column. Cells that are no times
    must show several values, since at night all are zero. If a column differs from an earlier one with its
    name, it is of a second device, and so are the others. What a profile names is no copy.
    """
    names = names_of_copies([cell.text for cell in header])
    if len(set(names)) == len(set(header)) == len(header) or profile.csv.times:
        return header, ()
    found, times, others = dict[tuple[str, str], int](), dict[int, bool](), dict[int, bool]()
    for at, cell in enumerate(header):
        if (first := found.setdefault((names[at], cell.unit), at)) == at or not cell.text:
            continue
        rows = [row for row in sample if at < len(row)]
        is_equal = all(row[at].strip() == row[first].strip() for row in rows)
        if all_hold(holds_time, at, sample):
            times[at] = is_equal
        else:
            others[at] = is_equal and len({row[at] for row in rows}) >= _MIN_VALUES
    if any(profile.channels[name].names for name in CHANNELS) or not all(others.values()):
        others = {}
    left = {*others, *(times if all(times.values()) else ())}
    cells = (HeaderCell(("",)) if at in left else cell for at, cell in enumerate(header))
    return tuple(cells), tuple(header[at].text for at in others)
