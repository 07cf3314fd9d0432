"""Detects how a file is written from all of its lines: header, columns, timestamps, numbers."""

import csv
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from processing.head.advice import rejected, shown
from processing.head.cell_kinds import is_footer
from processing.head.day_steps import open_steps
from processing.head.dialect import Column, Dialect, conversion, is_comment, plain_column, split
from processing.head.lines import fullest_rows, numbered, sample_of, spread_lines
from processing.head.text_kinds import check_text, no_table
from processing.layout.header import MAX_PREAMBLE_LINES, FoundHeader, find_header
from processing.layout.roles import Roles, roles_of
from processing.model.profile import Profile
from processing.model.rejection import Choice, RejectedFileError
from processing.naming.time_parts import OTHER_COUNTS
from processing.naming.units import unit_of
from processing.times.time_detection import TimeDetector
from processing.times.time_formats import EPOCHS, TimeFormat, order_of_date, time_format
from processing.values.number_detection import NumberDetector
from processing.values.numbers import NumberForm

_FIRST_LINES, _SAMPLE_ROWS, _SAMPLED_ROWS = 8, 20, 12
"""First lines, and rows among them, that are enough to find the header of most files, and rows to sample."""
_DAYS = "the timestamps are whole numbers, which may be days as spreadsheets count them"
_ABBREVIATION = "the timestamps end with the abbreviation of a zone, which several have"
_MIN_UNIT_SHARE = 0.5  # share of the cells of a column that must state a unit for it to count


class Detector:
    """Gathers the blocks of a file, or of a section of it, and then knows how all of it is written."""

    def __init__(self, header: FoundHeader, roles: Roles, profile: Profile) -> None:
        self._profile, self.first_row_line = profile, header.first_row_line
        self._header, self._roles = header, roles
        self._detected = [at for at, part in zip(roles.stamp, roles.parts, strict=True) if not part]
        self._places = sorted({place for one in roles.columns.by_channel.values() for place in one.places})
        self._times, self._numbers = TimeDetector(), NumberDetector(len(self._places))
        self._steps = open_steps(roles.stamp, roles.parts)
        self._rows, self._missing = 0, frozenset(profile.csv.missing)

    def without_rows(self) -> "Detector":
        """Return a detector of a file with the same header, which has no rows yet."""
        return Detector(self._header, self._roles, self._profile)

    def add(self, block: bytes, *, is_sample: bool = False) -> None:
        """Add rows in the order of the file; or some of them, which stand for all others."""
        rows = self._rows_of(block, 1 + max(*self._roles.stamp, *self._places, self._roles.labels.last), -1)
        if not rows:
            return
        self._rows += len(rows)
        if self._steps is not None:
            self._steps.add(rows)
        self._add_times(rows, self._times.add_sample if is_sample else self._times.add)
        self._numbers.add(
            [[text for row in rows if (text := row[at].strip()) not in self._missing] for at in self._places]
        )

    def replace_times(self, blocks: Iterable[bytes]) -> None:
        """Forget the times, and add those of these blocks, which have only the cells of times."""
        self._times.forget()
        needed = 1 + max(*self._roles.stamp, self._roles.labels.last)
        comments = self._profile.csv.comments
        for block in blocks:
            found = plain_column(block, self._header.delimiter, self._roles.width, self._detected, comments)
            if found is None or self._roles.labels.where:
                self._add_times(self._rows_of(block, needed, needed), self._times.add)
            else:
                self._times.add_text(*found)

    def _rows_of(self, block: bytes, needed: int, most: int) -> list[list[str]]:
        """Return the cells of lines that have at least `needed`; at most `most` cells of each are cut."""
        comments, delimiter = self._profile.csv.comments, self._header.delimiter
        labels, rows = self._roles.labels, []
        for line in block.decode("utf-8", "replace").split("\n"):
            if not line or (line.startswith(comments) and is_comment(line, comments)):
                continue
            try:
                cells = line.split(delimiter, most) if '"' not in line else split(line, delimiter)
            except csv.Error:
                continue
            if len(cells) >= needed and (not labels.where or labels.is_wanted(cells)):
                rows.append(cells)
        return rows

    def _add_times(self, rows: list[list[str]], add: Callable[[Sequence[str]], None]) -> None:
        times = self._detected
        if self._profile.csv.time_format != "auto" or not times:
            return
        is_one = len(times) == 1
        cells = [row[times[0]] if is_one else " ".join(row[at].strip() for at in times) for row in rows]
        add([cell for cell in cells if cell[:1].isdigit() or not is_footer(cell)])

    @property
    def is_decided(self) -> bool:
        """Return whether the rows so far show the decimal sign, and some rows what the times are."""
        return self._numbers.is_decided and self._steps is None

    @property
    def has_open_dates(self) -> bool:
        """Return whether only all dates can show the order of days and months."""
        return self._times.has_open_dates

    def dialect(self) -> Dialect:
        """Return how the file is written. Raises RejectedFileError if that is ambiguous."""
        settings, header, roles = self._profile.csv, self._header, self._roles
        decimal, thousands = self._signs()
        columns = roles.columns.by_channel
        if self._numbers.has_units:
            columns = {name: self._with_units(name, column) for name, column in columns.items()}
        return Dialect(
            delimiter=header.delimiter,
            decimal=decimal,
            comment=settings.comments,
            header=tuple(cell.text for cell in roles.header),
            header_line=header.line,
            stamp=roles.stamp,
            columns=columns,
            first_row_line=header.first_row_line,
            width=roles.width,
            thousands=thousands,
            time_format=self._time_format(),
            missing=self._missing,
            unused=(*roles.columns.unused, *roles.copies),
            beside=roles.columns.beside,
            label=roles.labels.place,
            where=roles.labels.where,
            long=roles.long,
            device=roles.labels.device,
            adds_labels=settings.where is not None and settings.where.add,
        )

    def _time_format(self) -> str:
        if self._profile.csv.time_format != "auto":
            return self._profile.csv.time_format
        parts = self._roles.parts
        if not self._detected and self._steps is None:
            return " ".join(parts)
        formats = [one.name for one in self._times.formats(least=0.0)] if self._detected else [""]
        if any(parts):
            formats = [" ".join(part or name for part in parts) for name in formats]
        if self._steps is not None:
            formats = [name[: -len(parts[-1])] + way for name in formats for way in self._steps.ways]
        stated = self._roles.header[self._roles.stamp[0]].time_format
        if stated is not None and stated.digits is not None:
            formats = self._counted(stated, formats)
        elif stated is not None:
            order = order_of_date(stated.name)
            formats = [name for name in formats if order_of_date(name) == order] or formats
        offered = formats or self._times.offered
        if len(formats) > 1 or (offered and not formats):
            choices = [Choice(name, {"csv": {"time_format": name}}) for name in offered]
            message = f"the timestamps can be read in {len(formats)} ways: {' or '.join(formats)}"
            message = message if formats else _DAYS if offered == ["excel"] else _ABBREVIATION
            line = self._header.first_row_line
            raise rejected("ambiguous_time", message, line, "timestamp", choices=choices)
        return formats[0] if formats else "iso"

    def _counted(self, stated: TimeFormat, formats: list[str]) -> list[str]:
        """Return the count of days or seconds that the name of the times states, if they are numbers.

        Raises RejectedFileError for a count whose clock or start may be another one.
        """
        if any(time_format(name).digits is None for name in formats) or (stated in EPOCHS and formats):
            return formats
        cell = self._roles.header[self._roles.stamp[0]]
        if stated.name not in OTHER_COUNTS.values() or " since " in f"{cell.text} {cell.unit}".casefold():
            return [stated.name]
        choices = [Choice(one, {"csv": {"time_format": one}}) for one in (stated.name, *formats)]
        message = f"the times {shown([cell.text])!r} do not count from 1970, as their name says"
        raise rejected("ambiguous_time", message, self._header.first_row_line, "timestamp", choices=choices)

    def _signs(self) -> tuple[str, str]:
        settings, forms = self._profile.csv, self._numbers.forms()
        if len(forms) > 1 and self._header.delimiter == ",":
            forms = [one for one in forms if one.decimal == "."] or forms
        elif forms and forms[0].decimal == "," == self._header.delimiter and not self._numbers.is_decided:
            forms.append(NumberForm(".", ","))  # "1,200" in quotes
        elif self._header.delimiter != ",":
            units = {at: one.unit for one in self._roles.columns.by_channel.values() for at in one.places}
            kind = self._profile.channels["energy"].kind
            forms = self._numbers.with_rival(forms, [units[at] for at in self._places], kind)
        forms = [one for one in forms if settings.decimal in ("auto", one.decimal)]
        forms = [one for one in forms if settings.thousands in ("auto", one.thousands)]
        if len(forms) > 1:
            signs = [{"decimal": one.decimal, "thousands": one.thousands} for one in forms]
            choices = [Choice(f"decimal {one['decimal']}", {"csv": one}) for one in signs]
            message = "the numbers can be read in two ways: a sign is the decimal one or between thousands"
            raise rejected("ambiguous_format", message, self._header.first_row_line, choices=choices)
        if forms:
            return forms[0].decimal, forms[0].thousands
        thousands = "" if settings.thousands == "auto" else settings.thousands
        return "." if settings.decimal == "auto" else settings.decimal, thousands

    def _with_units(self, name: str, column: Column) -> Column:
        """Return the column with the units that its cells state."""
        units_at = [self._numbers.units(self._places.index(place)) for place in column.places]
        if not any(units_at):
            return column
        found = sum(map(Counter, units_at), Counter[str]())
        if sum(found.values()) < _MIN_UNIT_SHARE * self._rows * len(column.places):
            return column
        settings = self._profile.channels[name]
        scales, units = [], {}
        for text in found:
            unit = unit_of(name, text)
            if unit is None:
                stated = f"have the unit {shown([text])!r}, which is none of {name}"
                message = f"the cells of {column.name!r} {stated}"
                raise rejected("unknown_unit", message, self._header.first_row_line, name)
            units[text] = unit
            scales.append((text, *conversion(name, unit, settings)))
        first = max(scales, key=lambda one: found[one[0]])
        return column._replace(
            factor=first[1], offset=first[2], unit=units[first[0]], states_unit=True, cell_units=tuple(scales)
        )


def detected(
    head: bytes, blocks: Iterable[bytes], profile: Profile, first: int = 1, known: Detector | None = None
) -> Dialect:
    """Return how a file, or a section of it, is written, by all of its blocks; `known` is that of its head.

    Raises RejectedFileError if it has no header, or can be read in several ways.
    """
    detector = detector_of(head, profile, first) if known is None else known.without_rows()
    detector.add(head.split(b"\n", max(0, detector.first_row_line - first))[-1])
    for block in blocks:
        detector.add(block)
    return detector.dialect()


def by_sample(
    detector: Detector, head: bytes, blocks: Callable[[], tuple[bytes, Iterable[bytes]]]
) -> Dialect | None:
    """Return how a file is written if some of its first rows show it without a doubt; else None.

    `detector` is that of the head, without rows. What is returned is valid if all rows can be read so. If
    most of the sample leaves the order of days and months open, all rows decide it; `blocks` returns them,
    from the beginning of the file.
    """
    try:
        rows = head.split(b"\n", detector.first_row_line - 1)[-1]
        detector.add(spread_lines(rows, _SAMPLED_ROWS), is_sample=True)
        if not detector.is_decided:
            return None
        if detector.has_open_dates:
            first, others = blocks()
            rest = first.split(b"\n", detector.first_row_line - 1)[-1]
            detector.replace_times(itertools.chain((rest,), others))
        return detector.dialect()
    except RejectedFileError:
        return None


def detector_of(head: bytes, profile: Profile, first: int = 1) -> Detector:
    """Return the detector of a file, or of a section of it, that begins so, without rows.

    Raises RejectedFileError if it has no header, or if its columns can be read in several ways.
    """
    header, lines = None, numbered(head, first, profile, _FIRST_LINES + _SAMPLE_ROWS)
    for count in (_FIRST_LINES, MAX_PREAMBLE_LINES + _SAMPLE_ROWS):
        texts = lines[:count] if count <= len(lines) else numbered(head, first, profile, count)
        try:
            header = find_header(texts, profile, is_all=count > _FIRST_LINES) if texts else None
        except RejectedFileError:
            if count > _FIRST_LINES:
                check_text(head, first)
                raise
        if header is not None and header.first_row_line <= texts[-1][0]:
            break
    if header is None:
        raise no_table(head, first)
    rows = _SAMPLE_ROWS if profile.csv.long is None else head.count(b"\n")  # later rows may have other labels
    count = header.first_row_line - first + rows
    texts = lines[:count] if count <= len(lines) else numbered(head, first, profile, count)
    sample = sample_of(texts, (head, first, profile), header.first_row_line, header.delimiter)
    try:
        roles = roles_of(header, sample[-rows:], profile)
    except RejectedFileError as error:
        check_text(head, first)
        if error.code not in ("missing_columns", "ambiguous_columns"):
            raise
        fullest = fullest_rows((head, first, profile), header.first_row_line, header.delimiter, rows)
        try:
            roles = roles_of(header, fullest, profile)  # the first rows may be of a night
        except RejectedFileError as other:
            raise (error if error.choices else other) from None
    return Detector(header, roles, profile)
