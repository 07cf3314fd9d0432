"""The figures of a file and how far they can be trusted, put together from the formulas."""

from typing import Any

import numpy as np

from processing.metrics import formulas
from processing.model import result
from processing.model.channels import CHANNELS
from processing.model.profile import DEFAULT
from processing.model.result import CheckCounts, Period, Quality, Records, rounded
from processing.model.stamp import written
from processing.model.thresholds import GAP_FILL
from processing.rows.sorted_rows import SortedRows

_MAX_HOURS = 2_400


def figures(rows: SortedRows) -> result.Metrics:
    """Return the figures of the valid rows."""
    found = dict(zip(rows.channels, formulas.stats(rows.readings), strict=True))
    stats = dict.fromkeys(CHANNELS, result.Stats()) | found
    if "power" not in rows.channels or rows.has_unknown:
        stats["power"] = formulas.stats(rows.power[np.newaxis])[0]
    count = len(rows.time) - (rows.energy_kind == "counter")  # whose last row has no power
    if not count:
        none: dict[str, Any] = dict.fromkeys(result.Metrics.__struct_fields__)
        given = {"interval_seconds": rounded(rows.dt), "period": result.TimeRange(), "hours": []}
        return result.Metrics(**(none | stats | given))
    energy, power = _energy_kwh(rows), rows.power[:count]
    parts = formulas.PartsOfHours(
        power, rows.tau[:count], rows.time[:count], rows.local[:count], rows.form[:count]
    )
    if rows.held is not None:
        parts = formulas.cut_by_hours(parts)
    hours = formulas.hours(parts.power, parts.tau, parts.time, parts.local, rows.dt)
    first_forms = parts.form[hours.first].tolist()
    texts = [written(time, rows.forms[form]) for time, form in zip(hours.start, first_forms, strict=True)]
    energies, means = hours.energy.round(6).tolist(), hours.mean.round(6).tolist()
    peak = int(power.argmax())
    by_rated = None if (rated := _rated_power_w(rows)) is None else 1000 * energy / rated
    covered_hours = (rows.expected + rows.unlit) * rows.gaps.usual / 3600
    return result.Metrics(
        **stats,
        total_energy_kwh=rounded(energy),
        peak_power_hour=texts[hours.peak] if rows.generating[peak] else None,
        peak_power_w=rounded(rows.power[peak]),
        peak_power_time=rows.text(peak),
        interval_seconds=rounded(rows.dt),
        period=result.TimeRange(start=rows.text(0), end=rows.text(-1)),
        specific_yield_kwh_per_kw=None if by_rated is None else rounded(by_rated),
        capacity_factor=None if by_rated is None else rounded(by_rated / covered_hours),
        hours=[
            result.Hour(start=start, energy_kwh=energy, mean_power_w=mean)
            for start, energy, mean in zip(texts, energies, means, strict=True)
        ][:_MAX_HOURS],
    )


def _rated_power_w(rows: SortedRows) -> float | None:
    """Return the rated power; None if no profile sets it and the limits of power are unknown."""
    rated = rows.profile.site.rated_power_w
    return rated if rated != DEFAULT.site.rated_power_w or rows.limits["power"].is_known else None


def _energy_kwh(rows: SortedRows) -> float:
    """Return the energy of valid rows: of their power, or the energy column's own."""
    if rows.energy_kind is None:
        return formulas.energy_kwh(rows.power, rows.tau)
    return float(np.nansum(rows.energy)) / 1000


def quality(
    rows: SortedRows, valid: SortedRows, *, records: Records, period: Period, checks: list[CheckCounts]
) -> Quality:
    """Return how far the figures of the valid rows among these can be trusted."""
    energy = _energy_kwh(valid)
    # a counter has the energy of its gaps
    if valid.energy_kind != "counter" and valid.steps.longest > valid.gaps.seconds:
        longest = rows.profile.thresholds[GAP_FILL]
        energy += formulas.gap_energy_kwh(valid.power, valid.tau, valid.steps.seconds, valid.is_gap, longest)
    return Quality(
        period=period,
        records=records,
        data_availability=rounded(min(1.0, records.valid / records.expected)),
        quality_index=rounded(np.count_nonzero(rows.valid | rows.missing) / len(rows.line)),
        energy_gap_filled_kwh=rounded(energy),
        checks=checks,
    )
