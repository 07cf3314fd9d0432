"""The times of a whole file: their date, if they have none, their time zone, and what they mark."""

import numpy as np

from processing.model.flags import Integers
from processing.model.profile import Profile
from processing.model.rejection import RejectedFileError
from processing.model.safe_text import text_of
from processing.model.stamp import NO_TIME
from processing.reading.table import Table
from processing.values.file_dates import dates_in_name, on_date
from processing.values.time_formats import time_format
from processing.values.zones import in_zone


def with_clock(table: Table, profile: Profile, name: bytes) -> Table:
    """Return the table with times of day on the date in the file's name, and in UTC if their zone is set.

    Times that mark the end of an interval are moved to its start. Raises RejectedFileError if the name of a
    file of times of day has no date, or several.
    """
    settings = profile.csv
    if not time_format(table.dialect.time_format).has_date:
        table = table._replace(time=on_date(table.time, _date(name, table)))
    zone = settings.timezone or profile.site.timezone
    if zone is not None:
        time, form = in_zone(table.time, table.form, table.forms, zone)
        table = table._replace(time=time, form=form)
    if settings.label == "end":
        is_timed = table.time != NO_TIME
        table = table._replace(time=table.time - np.where(is_timed, _usual_step(table.time[is_timed]), 0))
    return table


def _date(name: bytes, table: Table) -> int:
    dates = dates_in_name(text_of(name))
    if len(dates) == 1:
        return dates[0]
    found = "several dates" if dates else "no date"
    message = f"the timestamps are times of day, and the name of the file has {found} for them"
    ending = "; name it with one date, such as panel_2025-06-10.csv, or set csv.time to columns with the date"
    raise RejectedFileError("ambiguous_time", message + ending, table.dialect.first_row_line, "timestamp")


def _usual_step(time: Integers) -> int:
    """Return the median positive step between times; 0 if there is none."""
    steps = np.diff(np.sort(time))
    steps = steps[steps > 0]
    return int(np.median(steps)) if len(steps) else 0
