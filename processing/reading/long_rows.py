"""Files with one reading a row: the readings of one time become one row."""

import numpy as np

from processing.layout.header_cells import channel_of, resembled_channel
from processing.layout.labels import header_of_labels
from processing.model.flags import Integers
from processing.model.stamp import NO_TIME
from processing.reading.table import Table


def wide_table(table: Table) -> Table:
    """Return a table with a row for each time, from one with a row for each reading.

    A second reading of a channel at the same time gets a row of its own. Broken rows stay as they are.
    """
    if table.label is None:
        return table
    labels = _channel_by_label(table)
    channel = labels[np.minimum(table.label, len(labels) - 1)]
    single = (~table.broken & (table.time != NO_TIME) & (channel >= 0)).nonzero()[0]
    time, channel = table.time[single], channel[single]
    nth = _occurrence(time, channel)
    order = np.lexsort((single, nth, time))
    is_first = np.ones(len(order), np.bool_)
    same_time = time[order][1:] == time[order][:-1]
    is_first[1:] = ~(same_time & (nth[order][1:] == nth[order][:-1]))
    row = np.cumsum(is_first) - 1
    readings = np.full((len(table.readings), int(np.count_nonzero(is_first))), np.nan)
    readings[channel[order], row] = table.readings[channel[order], single[order]]
    firsts = single[order][is_first]
    broken = table.broken.nonzero()[0]
    whole = table.chosen(np.concatenate((firsts, broken)))
    whole = whole._replace(
        readings=np.concatenate((readings, table.readings.take(broken, axis=1)), axis=1), label=None
    )
    whole = whole.chosen(whole.line.argsort(kind="stable"))
    return whole._replace(dialect=table.dialect._replace(unused=_unused(table)))


def _unused(table: Table) -> tuple[str, ...]:
    """Return the labels in the whole file that look like a channel and are not read."""
    read = {label for _, label in table.dialect.long}
    cells = header_of_labels([label for label in table.labels if label not in read])
    return tuple(cell.text for cell in cells if channel_of(cell) or resembled_channel(cell))


def _channel_by_label(table: Table) -> Integers:
    """Return the index of the channel of each label; -1 if it has none."""
    channels = list(table.dialect.columns)
    found = np.full(len(table.labels) + 1, -1)
    for name, label in table.dialect.long:
        if label in table.labels:
            found[table.labels[label]] = channels.index(name)
    return found


def _occurrence(time: Integers, channel: Integers) -> Integers:
    """Return for each reading how many readings of its channel and time come before it."""
    order = np.lexsort((np.arange(len(time)), channel, time))
    is_first = np.ones(len(order), np.bool_)
    is_first[1:] = (time[order][1:] != time[order][:-1]) | (channel[order][1:] != channel[order][:-1])
    start = np.maximum.accumulate(np.where(is_first, np.arange(len(order)), 0))
    found = np.empty(len(order), np.int64)
    found[order] = np.arange(len(order)) - start
    return found
