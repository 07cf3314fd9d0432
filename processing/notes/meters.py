"""Notes about energy in a column of its own, and about readings in large steps."""

from __future__ import annotations

from typing import Any

from processing.checks.check import Runs
from processing.checks.checked_file import CheckedFile
from processing.model.flags import Floats, np
from processing.model.result import rounded
from processing.model.safe_text import counted
from processing.notes.note import AboutAllRows, Note, printable

_ROUNDING = 1e-9
_COARSE_POWER, _COARSE_ENERGY, _COARSE_PEAK, _MANY_ROWS = 0.05, 0.1, 0.1, 24
"""The share of the energy, and of the highest power, that steps may hide; with fewer rows, any share."""
_JUMPS, _JUMPS_SHARE, _LEVELS, _NO_MULTIPLE = 6, 0.8, 6, 0.05
"""The fewest large steps, and the share of them after which a meter stands still. The most different values
that show a step, and how far they may be from its multiples, in steps.
"""
_APART = 0.1
"""Totals of energy that differ by more are both named."""


class EnergyColumn(AboutAllRows):
    """The file has a column of energy, but its figures come from its power.

    The note has the total of that column. A meter's total is what it rises by, without resets and values that
    do not fit. If the values may be a meter's or those of intervals, the note has both totals. If the column
    agrees with the power of the other rows, rows without power get theirs from it.

    Keys: `[channels.energy]` `kind`, `column`.
    Source: inverters and meters that log both.
    False alarms: none; a large difference comes from gaps, or from a column of another device.
    """

    name = "energy_column"
    title = "energy in a column of its own"
    is_for_others = True
    sentence = "the column {column} says {said}; total_energy_kwh is of the power{filled}{apart}"

    def is_found(self, file: CheckedFile) -> bool:
        rows = file.rows
        return (
            rows.energy_kind is None
            and "energy" in rows.channels
            and not np.isnan(rows.values["energy"][rows.valid | rows.missing]).all()
        )

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        from processing.energy.kinds import KINDS, totals_of  # noqa: PLC0415 - loads numpy
        from processing.rows.time_order import kinds_of_energy  # noqa: PLC0415

        rows = file.rows
        values = rows.values["energy"][rows.valid | rows.missing]
        totals = totals_of(values, kinds_of_energy(rows, values))
        said = " or ".join(f"{total / 1000:.6g} kWh ({KINDS[kind]})" for kind, total in totals.items())
        value = rounded(next(iter(totals.values())) / 1000) if len(totals) == 1 else None
        count = 0 if rows.by_energy is None else np.count_nonzero(~np.isnan(rows.by_energy))
        filled = f", and of this column in {counted(int(count), 'row')} without power" if count else ""
        made = 1000 * (file.energy_kwh or 0.0)
        last = file.valid.power[-1:] * file.valid.tau[-1:] / 3600
        until = dict.fromkeys(totals, made - float(last.sum())) | {"interval": made}
        differs = all(abs(until[kind] - one) > _APART * max(until[kind], one) for kind, one in totals.items())
        apart = f", which makes {made / 1000:.6g} kWh: which of the two is right?" if differs else ""
        column = printable(rows.dialect.columns["energy"].name)
        return {"column": column, "said": said, "value": value, "filled": filled, "apart": apart}


class CoarseSteps(AboutAllRows):
    """Readings come in steps that are too large for the figures.

    Evaluated if the file has 24 rows or more, and no V and I. If the logger cuts numbers off, half a step is
    missing from each row that generates: that is more than 5 % of the energy, or 10 % of the energies of
    rows. A meter's total is noted if its steps are more than a tenth of the highest power, or if it stands
    still before most of its large steps (the total is then right, and the power of a row is not), or always.

    Source: meters with a step of 0.1 kWh that are read each minute, and spreadsheets that shorten numbers.
    False alarms: a logger that rounds loses nothing.
    """

    name = "coarse_steps"
    title = "readings in large steps"
    is_for_others = True
    sentence = "{said}"

    def is_found(self, file: CheckedFile) -> bool:
        return bool(self._said(file))

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        return {"said": self._said(file)}

    def _said(self, file: CheckedFile) -> str:
        valid = file.valid
        if valid.energy_kind == "counter":
            return self._said_of_counter(file) if len(valid.time) >= _MANY_ROWS else ""
        if file.power_source is None or np.count_nonzero(valid.generating) < _MANY_ROWS:
            return ""
        step = max(file.power_step, self._least(valid.power))
        most = _COARSE_POWER if valid.energy_kind is None else _COARSE_ENERGY
        hidden = step / 2 * float(valid.tau[valid.generating].sum()) / 3.6e6
        if hidden <= most * (file.energy_kwh or 0.0):
            return ""
        return f"power comes in steps of {step:g} W: if they are cut off, up to {hidden:.3g} kWh is missing"

    def _said_of_counter(self, file: CheckedFile) -> str:
        energy, power, step = file.valid.energy[:-1], file.valid.power[:-1], file.resolution("energy")
        highest = float(np.fmax.reduce(energy))
        if highest <= 0:
            value = file.valid.values["energy"].item(0)
            return f"the total of the meter stays at {value:.10g} Wh: is the plant off, or are digits lost?"
        step = max(step, self._least(energy))
        watts = 3600 * step / file.valid.dt
        if watts > _COARSE_PEAK * np.fmax.reduce(power):
            return f"the meter counts in steps of {step:g} Wh: the power of a row may be {watts:.4g} W off"
        large = (energy[1:] > highest / 2).nonzero()[0]
        still = np.count_nonzero(energy[large] == 0)
        if len(large) >= _JUMPS and still >= _JUMPS_SHARE * len(large):
            return "the meter stands still before its large steps: the power of single rows is too high"
        return ""

    @staticmethod
    def _least(values: Floats) -> float:
        """Return the least distance between a few values if all are multiples of it; else 0."""
        levels = np.unique(values)
        if not 1 < len(levels) <= _LEVELS:
            return 0.0
        least = float(np.diff(levels).min())
        parts = levels / least  # of 11 and 135 kWh, least is no step
        return least if np.abs(parts - np.rint(parts)).max() <= _NO_MULTIPLE else 0.0


class CounterReset(Note):
    """The total of a meter begins again while the plant generates, and what it counted just before is lost.

    If it was near its highest number, such as 65535 or 9999.9, it overflowed: the rest up to that number is
    counted. A total that rises by more than 10 MW would give, and by far more than in any other step, is
    noted too: that rise is not counted.

    Source: meters that are replaced or switched off, and counters that overflow.
    False alarms: none; a total of the day, which begins again at night, is not noted.
    """

    name = "counter_reset"
    title = "a meter that begins again"
    is_for_others = True
    sentence = "energy {moves} from {before:g} Wh to {value:g} Wh while the plant generates: {cause}"

    def runs(self, file: CheckedFile) -> Runs | None:
        from processing.energy.counters import jumps  # noqa: PLC0415 - loads numpy

        valid = file.valid
        if valid.energy_kind != "counter":
            return None
        values, generating = valid.values["energy"], valid.generating
        falls = (values[1:] < values[:-1]).nonzero()[0]
        falls = falls[generating[np.maximum(falls - 1, 0)] | generating[falls + 1]]
        at = np.union1d(falls, jumps(values[1:] - values[:-1], valid.steps.seconds)) + 1
        return file.valid_at[at], file.valid_at[at] + 1

    def evidence(self, file: CheckedFile, channel: str, run: slice) -> dict[str, Any]:
        valid, at = file.valid, int(np.searchsorted(file.valid_at, run.start))
        before, value = valid.values["energy"][at - 1 : at + 1].tolist()
        end, cause = before + float(valid.energy[at - 1]) - value, "a new meter?"
        if end - before > _ROUNDING * before:
            cause = f"after {end:.10g} Wh it begins again, and the energy up to there is counted"
        moves = "jumps" if value > before else "falls"
        return {"value": rounded(value), "before": rounded(before), "moves": moves, "cause": cause}


NOTES = (EnergyColumn, CoarseSteps, CounterReset)
