"""The checks of power without voltage and current beside it that stays the same, and that repeats.

They never fail a row. All rows are valid ones, in order of time.
"""

from __future__ import annotations

import math
from typing import Any

from processing.checks.check import RunCheck, Runs
from processing.checks.checked_file import SLOW_STEP, CheckedFile
from processing.checks.power_jumps import digit_in_watts
from processing.checks.statistical_runs import (
    COARSE_TIMES,
    FLAT_CHANCE,
    FLAT_ROWS,
    FLAT_SECONDS,
    SAME_STEPS,
    FlatLine,
    chosen_runs,
    improbable,
    share_near,
)
from processing.model.channels import DEFAULT_HEADER
from processing.model.flags import Flags, Floats, Integers, Mask, any_of, np
from processing.model.result import rounded
from processing.model.stamp import DAY, HOUR, HOUR_S
from processing.model.thresholds import NIGHT_FLOOR, NotNegative, Threshold
from processing.rows.runs import runs

_COARSE_POWER = Threshold("coarse_power", 0.5, "W", NotNegative)
_SURE = 4
"""A run of a coarse sensor that lasts less is this power of `flat_chance` probable."""
_HIGHEST = 0.99
"""Power from this share of the highest on may stay the same: at the limit of an inverter."""
_FEWEST_VALUES, _LEVELS, _BLOCK_HOURS = 8, 200, 3
"""Different powers, or changes, that rows have at least to be compared; the steps of the sensor in its
highest power; and the hours of each part of a day that is compared.
"""
_FEWEST_ROWS, _ENOUGH_ROWS, _LEAST_SECONDS = 4, 12, 600
"""Rows that repeat others of the same day: at least so many; always enough; how long they last at least."""
_AT_ONE_LEVEL, _LEAST_SHARE = 3.0, 5e-4
"""How much more frequent a level is than if all up to the highest were alike, and the least share of one."""
_CHANCE = 1e-4
"""In a larger share of files, so many rows may repeat others by chance."""


class FlatPower(FlatLine):
    """P, or the energy of each row, does not change for `flat_seconds` while all rows generate.

    It is evaluated if the file has no V and I, over at least `flat_rows` rows, and must not be due to chance
    (`flat_chance`), as in *flat_line*. Readings in steps of more than `coarse_power` must stay `coarse_times`
    as long, over twice as many rows, unless chance is far less likely. The highest power of the file is no
    fault: see *power_limit*.

    Source: QARTOD test 8, as for *flat_line*.
    False alarms: a plant that a controller holds at a fixed power; a load.
    """

    name = "flat_power"
    channels = ("power", "energy")
    needs_column = False
    always_counted = False
    thresholds = (FLAT_SECONDS, FLAT_ROWS, FLAT_CHANCE, _COARSE_POWER, COARSE_TIMES)

    def find(self, file: CheckedFile, channel: str) -> Flags | None:
        return super().find(file, channel) if channel == file.power_source else None

    def runs(self, file: CheckedFile, channel: str) -> Runs | None:
        found = self.level(file, channel)
        return None if found is None else chosen_runs(*found, ~is_highest(file, channel, found[0]))

    def level(self, file: CheckedFile, channel: str) -> Runs | None:
        """Return the runs of rows that generate with one power, the highest too."""
        seconds, coarse, change = file[FLAT_SECONDS], file[_COARSE_POWER], np.abs(file.change(channel))
        found = self.lasting(file, self.unchanged(file, channel) & file.generating_pairs, seconds)
        if channel == "energy":
            coarse *= file.valid.dt / HOUR_S
        if found is not None and file.resolution(channel) > coarse:
            starts, stops = found
            stuck = file.valid.time[stops - 1] - file.valid.time[starts] >= file[COARSE_TIMES] * seconds * 1e6
            stuck &= stops - starts >= 2 * file[FLAT_ROWS]
            stuck |= _repeat_share(file, change, found) ** (stops - starts - 1) <= file[FLAT_CHANCE] ** _SURE
            found = chosen_runs(starts, stops, stuck & ~self.drifts(file, channel, starts, stops))
        if found is None:
            return None
        repeats = share_near(file, channel, SAME_STEPS, found, of=change)
        return improbable(repeats, found, found[1] - found[0] - 1, file[FLAT_CHANCE])

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        value = rounded(file.valid.values[channel][run.start])
        return {"value": value, "limit": file[FLAT_SECONDS], "span": file.span(run)}


def _repeat_share(file: CheckedFile, change: Floats, found: Runs) -> Floats:
    """Return for each run the share of repeats among the changes of all other rows that generate, and one."""
    inside = found[1] - found[0] - 1
    known = change[file.generating_pairs]
    return np.asarray((np.count_nonzero(known == 0) - inside + 1.0) / (len(known) - inside + 1.0))


def is_highest(file: CheckedFile, channel: str, at: Integers) -> Mask:
    """Return which of these rows have about the highest reading of the file."""
    values = file.valid.values[channel]
    return np.asarray(values[at] >= _HIGHEST * np.fmax.reduce(values))


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

    They last ten minutes or longer, all of them generate, and they change. Twelve are always enough; fewer
    are if they do not repeat by chance, in rows over `slow_step_seconds` apart even two. As for *copied_day*,
    the highest power is at least 200 steps of the sensor, and the total of a meter is not compared. Nor is a
    load, nor a file with the default header, since this would cost too much time.

    Source: loggers that send a buffer again with new times.
    False alarms: none known.
    """

    name = "copied_rows"
    title = "readings that repeat"
    sentence = "{rows} rows repeat those from {time} on: the same readings under other times?"
    channels = ("power",)
    needs_column = False
    always_counted = False
    thresholds = (NIGHT_FLOOR, SLOW_STEP)

    def runs(self, file: CheckedFile, channel: str) -> Runs | None:
        if file.valid.dialect.header == DEFAULT_HEADER or file.valid.energy_kind == "counter":
            return None
        power, least = file.valid.power, 1 + math.ceil(_LEAST_SECONDS / file.valid.dt)
        if len(power) < 2 * _FEWEST_ROWS or least > _ENOUGH_ROWS:
            return None
        ordered = power[file.valid.generating]
        ordered.sort()
        equal = np.count_nonzero(ordered[1:] == ordered[:-1])
        is_slow = file.valid.dt > file[SLOW_STEP]
        if equal < (2 if is_slow else _FEWEST_ROWS) or file.is_load or not _is_fine(file):
            return None
        count = self._least_slow_rows(file) if is_slow else max(least, self._least_rows(file))
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
    def _least_slow_rows(file: CheckedFile) -> int:
        """Return the same for rows far apart, by the levels of the sensor: few changes show no share."""
        power, source = file.valid.power, file.power_source
        digit = digit_in_watts(file, source) if source else 0.0
        share = max(_AT_ONE_LEVEL * digit, _LEAST_SHARE * power.max()) / power.max()
        rows = math.log(_CHANCE / np.count_nonzero(file.valid.generating) ** 2) / math.log(share)
        return max(2, math.ceil(rows))

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


CHECKS = (FlatPower, CopiedDay, CopiedRows)
