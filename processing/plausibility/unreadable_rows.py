"""Rows that cannot be read: too many of them, or many that are written in one other way."""

import re
from collections import defaultdict

import numpy as np

from processing.head.advice import A_PROFILE, SINCE, rejected, shown
from processing.model.channels import CHANNELS, DEFAULT_HEADER
from processing.model.rejection import Choice, RejectedFileError
from processing.model.result import RejectedRow
from processing.model.safe_text import counted
from processing.naming.synonyms import normal
from processing.naming.time_parts import DIRECTIVE_OF
from processing.plausibility.rejected_rows import named
from processing.reading.table import Table
from processing.rows.sorted_rows import SortedRows

_FEWEST = 6
"""The fewest rows of one form that are asked about."""
_SHARE = 0.05
"""The least share of the file that they are."""
_DISTINCT = 4
"""The fewest different cells among them."""
_OTHER_YEAR = r"\W*(?:0\d{3}|1[0-8]\d\d|19[0-6]\d|2[1-9]\d\d)(?=[-/.])"
"""The beginning of a time that no logger means: its clock was not set."""
_YEAR = r"(?:19[7-9]|20\d)\d[.,]\d{2,}"
"""A year with a fraction."""
_COUNT = r"\d+(?:[.,]\d+)?(?:[eE]\+?\d+)?"
"""A number in the place of a time."""
_DAY_BEFORE_MONTH = (
    r"(?P<date>(?:19|20)\d\d(?P<sign>[-./])(?:1[3-9]|2\d|3[01])(?P=sign)(?:0?[1-9]|1[0-2]))"
    r"(?:(?P<between>T| +)\d\d?:\d\d(?P<seconds>:\d\d)?)?"
)
"""A time whose date has the year first, and the day before the month."""
_DATE = r"\d{1,2}([./-])\d{1,2}\1(?:\d\d){1,2}|[^\W\d_]{3,4}\.?[ -]\d\d(?:\d\d)?"
"""What a spreadsheet makes of numbers such as 1.9 or 5.45."""
_WORD = r"\D{1,40}|#\S{1,12}|0[xX][\dA-Fa-f]+|-?1[.,]#[A-Z]{3,4}\d*"
"""What loggers write in words, spreadsheets for an error, and registers, if there is no reading."""
_MAX_WORDS = 20


def check_unread(table: Table, count: int) -> None:
    """Raise RejectedFileError if too many of so many rows with readings cannot be read.

    These are more than `max_invalid`, or a few if they have one form: numbers or times that are written in
    another way than the others, or rows with as many cells as each other, but not as the header. Files with
    the default header are read until there are more than `max_invalid`.
    """
    total = len(table.line) + table.repeats
    if table.broken_count > table.profile.caps.max_invalid * count:
        message = f"{table.broken_count} of {counted(total, 'row')} cannot be read"
        raise _malformed(table, table.rejected[0], message)
    if table.profile.csv.unreadable == "invalid" or table.dialect.header == DEFAULT_HEADER:
        return
    alike, ending = _alike(table.rejected), ""
    read = table.line[~table.broken].max(initial=0)
    if len(others := _of_one_width(table, read)) > len(alike):
        alike = others
        has_more = alike[0].cell.count(",") >= len(table.dialect.header)
        if alike[0].line > read:
            ending = ", and so are all behind it: split the file there, if the columns change"
        elif has_more and table.dialect.delimiter == ",":
            ending = "; numbers with a comma need quotes"
    listed = min(1, len(table.rejected) / table.broken_count)
    if len(alike) >= _FEWEST and len(alike) > _SHARE * count * listed:
        more = " or more" if listed < 1 else ""
        message = f"{len(alike)}{more} of {counted(total, 'row')} are written in one other way"
        if alike[0].column in CHANNELS and re.fullmatch(_DATE, alike[0].cell.strip()):
            ending = "; a spreadsheet has made dates of numbers: import that column as text"
        message += f"; {named(alike[0], table)}{ending}"
        left_out = Choice("without these rows", {"csv": {"unreadable": "invalid"}})
        choices = [*_with_day_before_month(alike[0].cell), left_out]
        raise rejected("malformed_csv", message, alike[0].line, alike[0].column, choices=choices)


def check_offsets(rows: SortedRows) -> None:
    """Raise RejectedFileError if many times have an offset from UTC, or none, unlike most others."""
    count, total = int(np.count_nonzero(rows.mixed)), len(rows.line)
    if count < _FEWEST or count <= _SHARE * total or rows.profile.csv.unreadable == "invalid":
        return
    line, form = rows.line[rows.mixed].min().item(), rows.forms[rows.form[rows.mixed][0]]
    kind = "an offset from UTC" if form.zone else "no offset from UTC"
    message = (
        f"the times of {count} of {counted(total, 'row')} have {kind}, unlike the others; the first, line "
        f"{line}: split the file there, or write all times in one way"
    )
    left_out = Choice("without these rows", {"csv": {"unreadable": "invalid"}})
    raise rejected("ambiguous_time", message, line, choices=[left_out])


def _alike(found: list[RejectedRow]) -> list[RejectedRow]:
    """Return the most rows whose numbers, or times, are unreadable and have one form, with other digits.

    Cells of `#` alone are one form: a spreadsheet writes them for what does not fit into its column.
    """
    by_form: dict[tuple[str | None, str], list[RejectedRow]] = defaultdict(list)
    for row in found:
        form = re.sub(r"\d+", "9", row.cell)
        is_of_clock = row.column == "timestamp" and re.match(_OTHER_YEAR, row.cell) is not None
        form = "#" if set(form) == {"#"} else form
        if row.kind == "cell" and ("9" in form or form == "#") and not is_of_clock:
            by_form[row.column, form].append(row)
    varied = [
        rows
        for (_, form), rows in by_form.items()
        if form == "#" or len({row.cell for row in rows}) >= _DISTINCT
    ]
    return max(varied, key=len, default=[])


def _of_one_width(table: Table, read: int) -> list[RejectedRow]:
    """Return the most rows that have as many cells as each other, but not as the header.

    They have numbers behind their first cell, or are behind the last line that can be read.
    """
    by_width: dict[str, list[RejectedRow]] = defaultdict(list)
    for row in table.rejected:
        has_number = re.search(r"\d", row.cell.partition(table.dialect.delimiter)[2])
        if row.column is None and (has_number or row.line > read):
            by_width[row.reason].append(row)
    return max(by_width.values(), key=len, default=[])


def _malformed(table: Table, first: RejectedRow, message: str) -> RejectedFileError:
    """Return the rejection of a file in which most rows cannot be read, with what a profile may set."""
    message += f"; {named(first, table)}"
    if first.column is None:
        advice = f". If the names are in another line, write csv.header = NUMBER OF THAT LINE in {A_PROFILE}"
        if 0 < table.line[~table.broken].max(initial=0) < first.line:
            advice = ", and so are all behind it: split the file there, if the columns change"
        elif table.dialect.delimiter == "," and first.cell.count(",") >= len(table.dialect.header):
            advice = f". Numbers with a decimal comma need quotes, or semicolons between the cells{advice}"
        return RejectedFileError("malformed_csv", message, first.line, advice=advice)
    if first.column in CHANNELS:
        choices = _without_words(first, table)
        if not choices and re.search(r"\d", first.cell):
            advice = "; a cell has one number, with or without its unit, and nothing else: export it so"
            return RejectedFileError("malformed_csv", message, first.line, first.column, advice=advice)
        template = Choice("", {"channels": {first.column: {"column": "NAME OF THE COLUMN THAT HAS IT"}}})
        return rejected(
            "malformed_csv",
            message,
            first.line,
            first.column,
            choices=choices or [template],
            is_template=not choices,
        )
    return _bad_times(first, table, message)


def _bad_times(first: RejectedRow, table: Table, message: str) -> RejectedFileError:
    """Return the rejection of a file in which most times cannot be read."""
    from processing.layout.intervals import is_hour  # noqa: PLC0415 - few files need it

    parts = {DIRECTIVE_OF.get(normal(name)) for name in table.dialect.header}
    if "%Y" not in parts and "%j" in parts:
        advice = "; the days have no year, as in a typical year: add a column Year to the file"
        return RejectedFileError("malformed_csv", message, first.line, first.column, advice=advice)
    at = table.dialect.stamp[0]
    numbers = r"|\d\d?" if is_hour("".join(table.dialect.header[at : at + 1])) else ""
    has_no_date = re.fullmatch(rf"[^\W\d_]+{numbers}", first.cell.strip())
    if has_no_date:
        advice = "; the times have no date: export them with one, or name both columns in "
        advice += f'{A_PROFILE}: csv.time = ["COLUMN WITH THE DATES", "COLUMN WITH THE HOURS"]'
        return RejectedFileError("malformed_csv", message, first.line, first.column, advice=advice)
    if choices := _with_day_before_month(first.cell):
        return rejected("malformed_csv", message, first.line, first.column, choices=choices)
    form = "FORMAT OF THE TIMES, SUCH AS %d.%m.%Y %H:%M"
    if re.fullmatch(_COUNT, first.cell.strip()):
        if "e" in first.cell.casefold():
            advice = "; a spreadsheet has rounded them: export them again, without opening the file in one"
            return RejectedFileError("malformed_csv", message, first.line, first.column, advice=advice)
        form = SINCE
        if re.fullmatch(_YEAR, first.cell):
            message += "; years with a fraction are not read: write dates"
        message += "; numbers are read as Unix time, days of spreadsheets or Julian days, or from a start"
    choices = [Choice("", {"csv": {"time_format": form}})]
    return rejected("malformed_csv", message, first.line, first.column, choices=choices, is_template=True)


def _with_day_before_month(cell: str) -> list[Choice]:
    """Return the way to read times with the year first and the day before the month, if this is one."""
    found = re.fullmatch(_DAY_BEFORE_MONTH, cell.strip())
    if found is None:
        return []
    clock = (
        ""
        if found["between"] is None
        else f"{found['between']}%H:%M{'' if found['seconds'] is None else ':%S'}"
    )
    form = f"%Y{found['sign']}%d{found['sign']}%m{clock}"
    return [Choice(form, {"csv": {"time_format": form}})]


def _without_words(first: RejectedRow, table: Table) -> list[Choice]:
    """Return the way to read a file with words in the place of numbers; none if the first one is no word.

    The words are no readings; or, if the column has no numbers and there are others, it is left out.
    """
    if first.column is None or not re.fullmatch(_WORD, first.cell.strip()):
        return []
    dialect = table.dialect
    readings = table.readings[[*dialect.columns].index(first.column)]
    is_named = table.profile.channels[first.column].column is not None
    if dialect.has_other_columns and np.isnan(readings).all() and not is_named:
        changes = {"channels": {first.column: {"column": False}}}
        return [Choice(f"without {shown([dialect.columns[first.column].name])}", changes)]
    cells = (row.cell.strip() for row in table.rejected if row.column in CHANNELS)
    words = [*dict.fromkeys(cell for cell in cells if re.fullmatch(_WORD, cell))][:_MAX_WORDS]
    label = f"{', '.join(words)} {'is' if len(words) == 1 else 'are'} no reading"
    return [Choice(label, {"csv": {"missing": [*table.profile.csv.missing, *words]}})]
