"""The checks of readings that repeat earlier ones: of a day, or of hours of the same day.

They never fail a row. All rows are valid ones, in order of time.
"""

from __future__ import annotations

import math
from typing import Any

from processing.checks.check import SLOW_STEP, CheckedFile, RunCheck, Runs
from processing.checks.power_alone import step_in_watts
from processing.model.channels import DEFAULT_HEADER
from processing.model.flags import Integers, any_of, np
from processing.model.stamp import DAY, HOUR
from processing.model.thresholds import NIGHT_FLOOR
from processing.rows.runs import runs

_FEWEST_VALUES, _LEVELS, _BLOCK_HOURS = 8, 200, 3
_ROWS, _MIDDLE, _LEAST_SECONDS = 12, 5, 600
"""Rows that repeat others of the same day, one in the middle of them, and how long they last at least."""


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
    """The power of twelve rows or more repeats that of as many earlier rows of the same day.

    They last ten minutes or longer, all of them generate, and twelve of them have at least 8 different
    values. As for *copied_day*, the highest power is at least 200 steps of the sensor, and the total of a
    meter is not compared. Nor is a load, nor a file with the default header, since this would cost too much
    time.

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
        power = file.valid.power
        if len(power) < 2 * _ROWS or file.valid.dt * (_ROWS - 1) < _LEAST_SECONDS:
            return None
        ordered = power[file.valid.generating]
        ordered.sort()
        if np.count_nonzero(ordered[1:] == ordered[:-1]) < _ROWS or file.is_load or not _is_fine(file):
            return None
        later = self._later(file, self._changing(file))
        found = np.zeros(len(power), np.bool_)
        found[(later[:, np.newaxis] + np.arange(_ROWS)).ravel()] = True
        return runs(found) if len(later) else None

    @staticmethod
    def _changing(file: CheckedFile) -> Integers:
        """Return the first rows of all windows that generate and change often."""
        power, pairs = file.valid.power, file.generating_pairs
        counts = [np.concatenate(([0], np.cumsum(one))) for one in (power[1:] != power[:-1], pairs)]
        changes, generating = (one[_ROWS - 1 :] - one[: 1 - _ROWS] for one in counts)
        found: Integers = ((changes >= _FEWEST_VALUES) & (generating == _ROWS - 1)).nonzero()[0]
        return found

    @staticmethod
    def _later(file: CheckedFile, first: Integers) -> Integers:
        """Return those of these windows that repeat an earlier one of the same day."""
        power, days = file.valid.power, file.days[first]
        key = power[first] + math.sqrt(2) * power[first + _MIDDLE] + math.sqrt(3) * power[first + _ROWS - 1]
        order = np.lexsort((key, days))
        key, days, first = key[order], days[order], first[order]
        alike = (key[1:] == key[:-1]) & (days[1:] == days[:-1]) & (first[1:] - first[:-1] >= _ROWS)
        window = np.arange(_ROWS)
        before, after = (power[each[alike][:, np.newaxis] + window] for each in (first[:-1], first[1:]))
        ordered = np.sort(after, axis=1)
        distinct = np.count_nonzero(ordered[:, 1:] != ordered[:, :-1], axis=1) + 1
        found: Integers = first[1:][alike][(before == after).all(axis=1) & (distinct >= _FEWEST_VALUES)]
        return found

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        power, rows = file.valid.power, file.valid.power[run][:_ROWS]
        earlier = next(
            at
            for at in (power[: run.start] == rows[0]).nonzero()[0].tolist()
            if np.array_equal(power[at : at + _ROWS], rows)
        )
        return {"rows": run.stop - run.start, "time": file.valid.text(earlier)}


def _is_fine(file: CheckedFile) -> bool:
    """Return whether the readings have so many levels that few are alike by chance."""
    return bool(_LEVELS * step_in_watts(file) <= np.fmax.reduce(file.valid.power))


CHECKS = (CopiedDay, CopiedRows)
