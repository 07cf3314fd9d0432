"""Notes that say why the energy is a lower bound."""

from __future__ import annotations

from typing import Any

from processing.checks.check import Runs
from processing.checks.checked_file import CheckedFile
from processing.model.channels import CHANNELS, has_product
from processing.model.flags import Integers, any_of, np
from processing.model.result import rounded
from processing.model.safe_text import counted, span_text
from processing.model.stamp import HOUR_S
from processing.notes.note import Note
from processing.rows.runs import long_runs

_LONG_SECONDS = 1800.0
"""So long, rows that fail are noted here too; each of them has an anomaly of its own."""
_ENDS = frozenset((255, 511, 1023, 2047, 4095, 8191, 16383, 32767, 65535, 999, 9999, 99999))
_SCALES = tuple(10.0**digits for digits in range(-2, 6))
"""Where registers and displays end, and what the point of a number may be moved by."""
_AT_END_ROWS = 4
_ROUNDING = 1e-6


class UnknownPower(Note):
    """The power of rows is not known although the plant generates before and after them, on the same day.

    They have no reading, or fail for half an hour or longer. All such rows of a day are one note. If the step
    over them is a gap, its energy is not in the total, which is then a lower bound: the note says how much
    is missing, estimated from the rows on both sides. Not evaluated if the power comes from the total of a
    meter, which has their energy.

    Source: sensors that write `--`, `OL` or `ERR`, as in the hours of the highest power.
    False alarms: none.
    """

    name = "unknown_power"
    title = "power that is not known"
    sentence = "{rows} {have} no power, between rows that generate{lost}"

    def runs(self, file: CheckedFile) -> Runs | None:
        if file.valid is file.rows or file.valid.energy_kind == "counter":
            return None
        found = self._steps(file)
        if not len(found):
            return None
        days = file.days[found]
        is_first = np.append(True, days[1:] != days[:-1])
        first, last = found[is_first], found[np.append(is_first[1:], True)]
        return file.valid_at[first] + 1, file.valid_at[last + 1]

    def extent(self, file: CheckedFile, run: slice) -> dict[str, Any]:
        return super().extent(file, run) | {"rows": self._count(file, run)}

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        count, valid, steps = self._count(file, run), file.valid, self._steps(file)
        steps = steps[(file.valid_at[steps] >= run.start - 1) & (file.valid_at[steps] < run.stop)]
        steps = steps[valid.steps.seconds[steps] > valid.gaps.seconds]
        watts = (valid.power[steps] + valid.power[steps + 1]) / 2
        lost = float((watts * (valid.steps.seconds[steps] - valid.tau[steps])).sum()) / HOUR_S / 1000
        said = f": the energy is a lower bound; estimated from both sides, {lost:.3g} kWh is missing"
        rows, have = counted(count, "row"), "has" if count == 1 else "have"
        return {"value": rounded(lost), "rows": rows, "have": have, "lost": said if lost > 0 else ""}

    @staticmethod
    def _count(file: CheckedFile, run: slice) -> int:
        return int(np.count_nonzero(~file.rows.valid[run]))

    @staticmethod
    def _steps(file: CheckedFile) -> Integers:
        """Return the valid rows that generate, before rows without power and the next one that generates."""
        at, steps = file.valid_at, file.valid.steps.seconds
        missing = np.concatenate(([0], np.cumsum(file.rows.missing)))
        has_missing = missing[at[1:]] > missing[at[:-1]]
        is_long = (at[1:] - at[:-1] > 1) & (steps >= _LONG_SECONDS)
        found = np.flatnonzero((has_missing | is_long) & file.generating_pairs)
        return found[file.days[found] == file.days[found + 1]] if len(found) else found


class RegisterLimit(Note):
    """The highest power is one that a register or a display cannot exceed, such as 3276.7 or 255.

    It stays there for four rows or more: the power was higher, and the energy is a lower bound. If the file
    has no power, this is checked for the current and the voltage. The decimal point does not matter, nor do
    zeros at the end that all numbers have: 2550 in steps of 10 is 255.

    Source: registers of 8 to 16 bits, and displays of three to five digits.
    False alarms: a plant whose own limit is such a number.
    """

    name = "register_limit"
    title = "the end of a register"
    is_for_others = True
    sentence = "{channel} stays at {value:g} {unit} for {span}, the most that its register can show: {so}"

    def runs(self, file: CheckedFile) -> Runs | None:
        found = self._found(file)
        return None if found is None else (file.valid_at[found[1][0]], file.valid_at[found[1][1] - 1] + 1)

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        found = self._found(file)
        name = found[0] if found else "power"
        value, unit = rounded(np.fmax.reduce(file.valid.values[name])), CHANNELS[name].unit
        seconds = (file.rows.time[run.stop - 1] - file.rows.time[run.start]).item() / 1e6
        so = "it was higher, and the energy is a lower bound"
        return {"channel": name, "unit": unit, "value": value, "span": span_text(seconds), "so": so}

    def _found(self, file: CheckedFile) -> tuple[str, Runs] | None:
        values = file.valid.values
        names = [file.power_source] if file.power_source else []
        if file.valid.energy_kind is None and "power" not in values and has_product(values):
            names = ["current", "voltage"]
        for name in filter(None, names):
            highest = float(np.fmax.reduce(values[name], initial=0.0))
            if self._is_end(file, name, highest):
                found = long_runs(values[name] >= highest * (1 - _ROUNDING), _AT_END_ROWS)
                if found is not None and any_of(file.valid.generating[found[0]]):
                    return name, found
        return None

    @staticmethod
    def _is_end(file: CheckedFile, name: str, highest: float) -> bool:
        """Return whether a reading is where a register ends that has no more digits than the readings."""
        factor = abs(file.valid.dialect.columns[name].factor)
        for scale in _SCALES:
            number = highest / factor * scale
            if round(number) in _ENDS and abs(number - round(number)) < _ROUNDING * number:
                return file.resolution(name) / factor * scale > 1 - _ROUNDING
        return False


NOTES = (UnknownPower, RegisterLimit)
