"""The checks of readings that repeat earlier ones: of a day, or of hours of the same day.

They never fail a row. All rows are valid ones, in order of time.
"""

from __future__ import annotations

import math
from typing import Any

from processing.checks.check import SLOW_STEP, CheckedFile, RunCheck, Runs
from processing.model.channels import DEFAULT_HEADER
from processing.model.flags import Integers, any_of, np
from processing.model.stamp import DAY, HOUR
from processing.model.thresholds import NIGHT_FLOOR
from processing.rows.runs import runs

_FEWEST_VALUES, _LEVELS, _BLOCK_HOURS = 8, 200, 3
_FEWEST_ROWS, _ENOUGH_ROWS, _LEAST_SECONDS = 4, 12, 600
"""Rows that repeat others of the same day: at least so many; always enough; how long they last at least."""
_CHANCE = 1e-4
"""In a larger share of files, so many rows may repeat others by chance."""


class CopiedDay(RunCheck):
    """The power of three hours repeats that of an earlier day, at the same times of day.

    The rows that generate have the same values, at least 8 different ones, and the highest power is at least
    200 steps of the sensor. If rows are further apart than `slow_step_seconds`, whole days are compared. The
    total of a meter is not.

    Source: loggers and portals that fill a gap with another day, and files that were put together by hand.
    False alarms: a profile of a usual day that stands for several.
    """

    name = "copied_day"
    title = "a day that repeats"
    sentence = "{rows} rows repeat those of {day}: the same readings under another date?"
    channels = ("power",)
    needs_column = False
    always_counted = False
    thresholds = (SLOW_STEP,)

    def runs(self, file: CheckedFile, channel: str) -> Runs | None:
        valid = file.valid
        if not len(valid.time) or valid.time[-1] - valid.time[0] < DAY or valid.energy_kind == "counter":
            return None
        if not _is_fine(file):
            return None
        local, at = valid.local, valid.generating.nonzero()[0]
        block = DAY if valid.dt > file[SLOW_STEP] else _BLOCK_HOURS * HOUR
        seen: set[bytes] = set()
        found = np.zeros(len(local), np.bool_)
        for rows in np.split(at, np.flatnonzero(np.diff(local[at] // block)) + 1):
            power = valid.power[rows]
            if len(np.unique(power)) >= _FEWEST_VALUES:
                course = (local[rows] % DAY).tobytes() + power.tobytes()
                if course in seen:
                    found[rows[0] : rows[-1] + 1] = True
                seen.add(course)
        return runs(found) if any_of(found) else None

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        local, power, earlier = file.valid.local, file.valid.power[run], 0
        for start in range(local.item(run.start) - DAY, local.item(0) - 1, -DAY):
            earlier = int(np.searchsorted(local, start))
            if np.array_equal(file.valid.power[earlier : earlier + _FEWEST_VALUES], power[:_FEWEST_VALUES]):
                break
        return {"rows": run.stop - run.start, "day": (file.valid.text(earlier) or "")[:10]}


class CopiedRows(RunCheck):
    """The power of four rows or more repeats that of as many earlier rows of the same day.

    They last ten minutes or longer, all of them generate, and they change. Twelve are always enough. Fewer
    are if they do not repeat by chance: the share of pairs of rows that have the same change from the row
    before, to the power of their number minus one, times the square of all rows, is at most 1e-4. As for
    *copied_day*, the highest power is at least 200 steps of the sensor, and the total of a meter is not
    compared. Nor is a load, nor a file with the default header, since this would cost too much time.

    Source: loggers that send a buffer again with new times.
    False alarms: none known.
    """

    name = "copied_rows"
    title = "readings that repeat"
    sentence = "{rows} rows repeat those from {time} on: the same readings under other times?"
    channels = ("power",)
    needs_column = False
    always_counted = False
    thresholds = (NIGHT_FLOOR,)

    def runs(self, file: CheckedFile, channel: str) -> Runs | None:
        if file.valid.dialect.header == DEFAULT_HEADER or file.valid.energy_kind == "counter":
            return None
        power, least = file.valid.power, 1 + math.ceil(_LEAST_SECONDS / file.valid.dt)
        if len(power) < 2 * _FEWEST_ROWS or least > _ENOUGH_ROWS:
            return None
        ordered = power[file.valid.generating]
        ordered.sort()
        equal = np.count_nonzero(ordered[1:] == ordered[:-1])
        if equal < _FEWEST_ROWS or file.is_load or not _is_fine(file):
            return None
        count = max(least, self._least_rows(file))
        if len(power) < 2 * count or equal < count:
            return None
        later = self._later(file, self._changing(file, count), count)
        found = np.zeros(len(power), np.bool_)
        found[(later[:, np.newaxis] + np.arange(count)).ravel()] = True
        return runs(found) if len(later) else None

    @staticmethod
    def _least_rows(file: CheckedFile) -> int:
        """Return how many rows do not repeat others by chance."""
        changes = np.diff(file.valid.power)[file.generating_pairs]
        if len(changes) < _FEWEST_ROWS:
            return _ENOUGH_ROWS
        alike = np.unique(changes.round(6), return_counts=True)[1]
        share = float((alike * (alike - 1)).sum() + 1) / (len(changes) * (len(changes) - 1))
        rows = 1 + math.log(_CHANCE / len(changes) ** 2) / math.log(min(share, 0.9))
        return min(max(_FEWEST_ROWS, math.ceil(rows)), _ENOUGH_ROWS)

    @staticmethod
    def _changing(file: CheckedFile, count: int) -> Integers:
        """Return the first rows of all windows of so many rows that generate and change often."""
        power, pairs = file.valid.power, file.generating_pairs
        counts = [np.concatenate(([0], np.cumsum(one))) for one in (power[1:] != power[:-1], pairs)]
        changes, generating = (one[count - 1 :] - one[: 1 - count] for one in counts)
        fewest = min(_FEWEST_VALUES, count - 1)
        found: Integers = ((changes >= fewest) & (generating == count - 1)).nonzero()[0]
        return found

    @staticmethod
    def _later(file: CheckedFile, first: Integers, count: int) -> Integers:
        """Return those of these windows that repeat an earlier one of the same day."""
        power, days = file.valid.power, file.days[first]
        key = power[first] + math.sqrt(2) * power[first + count // 2]
        key += math.sqrt(3) * power[first + count - 1]
        order = np.lexsort((key, days))
        key, days, first = key[order], days[order], first[order]
        alike = (key[1:] == key[:-1]) & (days[1:] == days[:-1]) & (first[1:] - first[:-1] >= count)
        window = np.arange(count)
        before, after = (power[each[alike][:, np.newaxis] + window] for each in (first[:-1], first[1:]))
        ordered = np.sort(after, axis=1)
        distinct = np.count_nonzero(ordered[:, 1:] != ordered[:, :-1], axis=1) + 1
        is_copy = (before == after).all(axis=1) & (distinct >= min(_FEWEST_VALUES, count - 1))
        found: Integers = first[1:][alike][is_copy]
        return found

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        power, rows = file.valid.power, file.valid.power[run]
        starts = (power[: run.start] == rows[0]).nonzero()[0].tolist()
        alike = [power[at : at + len(rows)] == rows[: len(power) - at] for at in starts]
        lengths = [int(np.append(each, False).argmin()) for each in alike]
        earlier = starts[int(np.argmax(lengths))]
        return {"rows": run.stop - run.start, "time": file.valid.text(earlier)}


def _is_fine(file: CheckedFile) -> bool:
    """Return whether the readings have so many levels that few are alike by chance."""
    return bool(_LEVELS * file.power_step <= np.fmax.reduce(file.valid.power))


CHECKS = (CopiedDay, CopiedRows)
