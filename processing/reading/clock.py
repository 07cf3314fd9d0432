"""The times of a whole file: their date if they have none, their time zone, and what they mark."""

from datetime import datetime, timedelta

import msgspec
import numpy as np

from processing.head.advice import rejected, without_year
from processing.model.flags import Integers, all_of, any_of
from processing.model.profile import Profile
from processing.model.rejection import Choice, RejectedFileError
from processing.model.safe_text import counted, text_of
from processing.model.stamp import DAY, FIRST_PLAUSIBLE, HOUR, NO_TIME, SECOND
from processing.reading.table import Table
from processing.times.file_dates import dates_in_name, in_years, on_date, year_in_name
from processing.times.time_formats import time_format
from processing.times.timestamps import timestamp
from processing.times.zones import in_zone, zones_that_go_back

_NOON, _DAY_HOURS = 12, 24
_LABELS = {"start": "the first (hours begin at 0)", "end": "the last (hour 1 begins at 0:00)"}
"""What the hours 1 to 23 may mean, by what they mark of their intervals."""
_MAX_OFFSETS = 4
"""The most offsets of times; a logger has two in a year."""
_SCATTERED = 0.1
"""Share of the times of day: if more are hours before the one above, and more behind it, they have no order.
"""
_REGULAR = 0.5
"""Share of the steps between times that are equal if a logger reads at regular times."""
_MATTERS = 0.0002
"""The share of the rows of a file, or of its readings if both hours are equal, that matters."""


def with_dates(table: Table, name: bytes) -> Table:
    """Return the table with the date for its times of day: from lines above them, or from the file's name.

    Dates without a year have that of the profile, or of the name. Raises RejectedFileError if times have no
    date, or several, or no order that shows where a day begins; or if dates have no year.
    """
    form = time_format(table.dialect.time_format)
    if form.has_date:
        return table if form.has_year else _with_years(table, text_of(name))
    _check_order(table)
    in_name = dates_in_name(text_of(name), table.profile.csv.name_date)
    if not table.dates:
        return table._replace(time=on_date(table.time, _only(in_name, table)))
    lines, days = list(table.dates), _days_of(list(table.dates.values()))
    if not days or (len(in_name) == 1 and not in_name.keys() & {*days}):
        shown = next(iter(table.dates.values()))
        is_other = "and the name of the file has another one"
        why = is_other if days else "which is none, or can be read in two ways"
        message = f"line {lines[0]} has the date {shown} for the times of day, {why}"
        ending = "; name it with that date, such as panel_2025-06-10.csv"
        raise RejectedFileError("ambiguous_time", message + ending, lines[0], "timestamp")
    section = np.searchsorted(lines, table.line)
    time = table.time.copy()
    for number in np.unique(section).tolist():
        rows = (section == number).nonzero()[0]
        day = days[number - 1] if number else _only(in_name, table)
        time[rows] = on_date(time[rows], day)
    return table._replace(time=time)


def _with_years(table: Table, name: str) -> Table:
    """Return the table with the year of the first row, and those of the others."""
    (rows,) = (table.time != NO_TIME).nonzero()
    year = table.profile.csv.year or year_in_name(name, table.time[rows])
    time = table.time if year is None else in_years(table.time, year)
    if year is not None and all_of(time[rows] != NO_TIME):
        return table._replace(time=time)
    found = "and the name of the file has none for them" if year is None else f"and {year} has no 29 February"
    raise without_year(found, table.dialect.first_row_line)


def _check_order(table: Table) -> None:
    """Raise RejectedFileError if times of day go forward and hours back again and again below one date."""
    is_timed = table.time != NO_TIME
    time, date = table.time[is_timed], np.searchsorted(list(table.dates), table.line[is_timed])
    moves = (time[1:] - time[:-1])[date[1:] == date[:-1]]
    back = int(np.count_nonzero((moves <= -HOUR) & (2 * moves > -DAY)))
    forward = int(np.count_nonzero(moves > 0))
    if min(back, forward) > _SCATTERED * len(moves):
        message = (
            f"the timestamps are times of day in no order: {back} of {counted(len(time), 'row')} are hours"
            " before the row above, and nothing shows the day of each; export them with dates"
        )
        raise RejectedFileError("ambiguous_time", message, table.dialect.first_row_line, "timestamp")


def _days_of(dates: list[str]) -> list[int]:
    """Return dates in days from 1970; an empty list if they are ambiguous."""
    from processing.times.time_detection import TimeDetector  # noqa: PLC0415

    detector = TimeDetector()
    detector.add(dates)
    formats = detector.formats(least=1.0)
    stamps = [timestamp(date, formats[0]) for date in dates] if len(formats) == 1 else []
    return [one.time // DAY for one in stamps if one is not None] if None not in stamps else []


def _only(dates: dict[int, str], table: Table) -> int:
    """Return the date in a file's name if it is the only one; `dates` has the order of the parts of each."""
    if len(dates) == 1:
        return next(iter(dates))
    found = "several possible dates" if dates else "no date"
    message = f"the timestamps are times of day, and the name of the file has {found} for them"
    message += (
        "; name it with one date, such as panel_2025-06-10.csv, or set csv.time to columns with the date"
    )
    orders = dates.values() if len({*dates.values()}) == len(dates) else ()
    choices = [Choice(f"date in the name: {order}", {"csv": {"name_date": order}}) for order in orders]
    raise rejected("ambiguous_time", message, table.dialect.first_row_line, "timestamp", choices=choices)


def check_clock(table: Table) -> None:
    """Raise RejectedFileError for times that can be read but mean something else.

    These are intervals such as `00:00-01:00`, whose end reads as an offset, times of a 12-hour clock without
    AM and PM (within a day they fall from 12 to 1, and no hour is 0 or above 12), and 12 AM for noon.
    """
    _check_unit(table)
    zones = {form.zone for form in table.forms}
    if len(zones) > _MAX_OFFSETS:
        ways = dict.fromkeys(f"%Y-%m-%d{form.separator}%H:%M-%H:%M" for form in table.forms)
        choices = [Choice(f"intervals: {way}", {"csv": {"time_format": way}}) for way in ways]
        message = f"the times have {len(zones)} offsets, which may be the ends of intervals"
        raise rejected("ambiguous_time", message, table.dialect.first_row_line, "timestamp", choices=choices)
    if not any_of(table.time[1:] < table.time[:-1]):
        return
    time = table.time[table.time != NO_TIME]
    falls = (time[1:] < time[:-1]).nonzero()[0]
    if not len(falls):
        return
    from processing.times.half_days import (  # noqa: PLC0415 - as above
        formats_of_12_hours,
        has_noon_as_12_am,
        in_24_hours,
    )

    hours = time // HOUR % 24
    is_one_day = time[falls] // DAY == time[falls + 1] // DAY
    is_turn = (hours[falls] == _NOON) & (hours[falls + 1] == 1) & is_one_day
    if "%p" in table.dialect.time_format and has_noon_as_12_am(time):
        message = "noon is written as 12 AM: it follows 11 AM of the same day; export the times with 24 hours"
        raise RejectedFileError("ambiguous_time", message, table.dialect.first_row_line, "timestamp")
    if all_of(is_turn) and hours.min() > 0 and hours.max() == _NOON:
        message = "the times are of a clock of 12 hours without AM and PM: 12 h is followed by 1 h"
        message += "; export them with AM and PM, or with 24 hours"
        names = [] if in_24_hours(table.time) is None else formats_of_12_hours(table.dialect.time_format)
        label = "the order of the rows says which times are after noon"
        choices = [Choice(label, {"csv": {"time_format": one}}) for one in names]
        at = table.dialect.first_row_line
        raise rejected("ambiguous_time", message, at, "timestamp", choices=choices)


def _check_unit(table: Table) -> None:
    """Raise RejectedFileError if some numbers are seconds since 1970, and others milliseconds."""
    if not table.dialect.time_format.startswith("epoch"):
        return
    is_early = (table.time != NO_TIME) & (table.time < FIRST_PLAUSIBLE)
    (rows,) = (is_early & (1000 * table.time > FIRST_PLAUSIBLE)).nonzero()
    if len(rows) and not all_of(is_early):
        line = table.line.item(rows.item(0))
        message = (
            f"the times count in two units since 1970: line {line} in seconds and others in milliseconds"
        )
        raise RejectedFileError(
            "ambiguous_time", f"{message}; give each unit a file of its own", line, "timestamp"
        )


def check_repeated_hour(table: Table, profile: Profile) -> None:
    """Raise RejectedFileError if a clock without a zone goes back once, as those of a time zone do then.

    The rows of that hour matter in a file of so few days. Rows may descend.
    """
    if profile.csv.timezone or profile.site.timezone or any(form.zone for form in table.forms):
        return
    if not any_of(table.time[1:] <= table.time[:-1]):
        return
    rows = (table.time != NO_TIME).nonzero()[0]
    if len(rows) > 1 and table.time[rows[0]] > table.time[rows[-1]]:
        rows = rows[::-1]
    time = table.time[rows]
    (backs,) = (time[1:] <= time[:-1]).nonzero()
    if len(backs) != 1:
        return
    again, (step, _) = time.item(backs.item(0) + 1), usual_step(time)
    length = time.item(backs.item(0)) + step - again
    if (
        length > HOUR
        or _MATTERS * step * len(time) > HOUR
        or not _are_lost(table, rows, time - again, length)
    ):
        return
    if not (zones := zones_that_go_back(again, length)):
        return
    choices = [Choice(zone, {"csv": {"timezone": zone}}) for zone in zones]
    moment = datetime(1970, 1, 1) + timedelta(microseconds=again)  # noqa: DTZ001 - without a zone
    minutes = "an hour" if length == HOUR else f"{length // (60 * SECOND)} minutes"
    message = f"the clock goes back by {minutes} to {moment:%Y-%m-%d %H:%M}, in autumn: in which time zone?"
    raise rejected("ambiguous_time", message, table.dialect.first_row_line, "timestamp", choices=choices)


def _are_lost(table: Table, rows: Integers, time: Integers, length: int) -> bool:
    """Return whether readings are lost if the second of two equal hours, which begin at 0, is left out."""
    readings = table.readings[:, rows]
    first, second = np.array_split(readings[:, (time >= 0) & (time < length)], 2, axis=1)
    if not np.array_equal(first, second, equal_nan=True):
        return True
    for name, all_rows, repeated in zip(table.dialect.columns, readings, second, strict=True):
        known = all_rows[~np.isnan(all_rows)]
        is_total = name == "energy" and all_of(known[1:] >= known[:-1])
        lost = np.nansum(np.abs(repeated)) > _MATTERS * np.abs(known).sum()
        if name in ("power", "current", "energy") and lost and not is_total:
            return True
    return False


def with_clock(table: Table, profile: Profile) -> Table:
    """Return the table with times in UTC if their zone is set, and with what they mark in its profile.

    Times that mark the end of an interval are moved to its start.
    """
    settings = profile.csv
    is_end = settings.label == "auto" and _is_named_end(table)
    if settings.label == "auto" and not is_end and table.dialect.time_format.endswith("%H"):
        _check_hours(table)
    if is_end or (settings.label == "auto" and _marks_ends(table)):
        settings = msgspec.structs.replace(settings, label="end")
        profile = msgspec.structs.replace(profile, csv=settings)
    zone = settings.timezone or profile.site.timezone
    if zone is not None:
        time, form = in_zone(table.time, table.form, table.forms, zone)
        table = table._replace(time=time, form=form)
    if settings.label == "end":
        is_timed = table.time != NO_TIME
        step, _ = usual_step(table.time[is_timed])
        table = table._replace(time=table.time - np.where(is_timed, step, 0))
    return table if table.profile is profile else table._replace(profile=profile)


def _check_hours(table: Table) -> None:
    """Raise RejectedFileError if a day has the hours 1 to 23, and no day an hour 0 or 24.

    Such a file is cut, or is of a day in spring: the hours may count from 0, or from 1 as ends of intervals.
    """
    hours = np.unique(table.time[table.time != NO_TIME]) // HOUR
    days, counts = np.unique(hours // _DAY_HOURS, return_counts=True)
    if not len(days) or any_of(hours % _DAY_HOURS == 0) or counts.max() < _DAY_HOURS - 1:
        return
    choices = [Choice(label, {"csv": {"label": word}}) for word, label in _LABELS.items()]
    message = "the hours are 1 to 23, and none is 0 or 24: which hour of the day is missing?"
    raise rejected("ambiguous_time", message, table.dialect.first_row_line, "timestamp", choices=choices)


def _is_named_end(table: Table) -> bool:
    """Return whether the times are more than dates, and a column of them is named like ends of intervals."""
    dialect = table.dialect
    names = [name for at in dialect.stamp if (name := dialect.header[at]).casefold() != "timestamp"]
    if not names:
        return False
    from processing.naming.time_parts import marks_end  # noqa: PLC0415 - as above

    step, _ = usual_step(table.time[table.time != NO_TIME])
    return step < DAY and any(map(marks_end, names))


def _marks_ends(table: Table) -> bool:
    """Return whether the times are regular, and each midnight is written as 24:00: the end of an interval."""
    if not any(form.is_end_of_day for form in table.forms):
        return False
    is_timed = table.time != NO_TIME
    time, form = table.time[is_timed], table.form[is_timed]
    is_end = np.array([one.is_end_of_day for one in table.forms])[form]
    local = time + np.array([one.offset for one in table.forms])[form]
    _, share = usual_step(time)
    return share > _REGULAR and any_of(is_end) and all_of(is_end[local % DAY == 0])


def usual_step(time: Integers) -> tuple[int, float]:
    """Return the median positive step between times, and the share of such steps; 0 if there is none."""
    steps = np.diff(np.sort(time))
    steps = steps[steps > 0]
    usual = int(np.median(steps)) if len(steps) else 0
    return usual, np.count_nonzero(steps == usual) / max(1, len(steps))
