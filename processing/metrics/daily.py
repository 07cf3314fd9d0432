"""The figures and the quality of a file, put together from `metrics`."""

from __future__ import annotations

import numpy as np

from processing.metrics import formulas
from processing.model.channels import CHANNELS
from processing.model.profile import Profile
from processing.model.result import (
    CheckCounts,
    Hour,
    Metrics,
    Period,
    Quality,
    Records,
    Stats,
    TimeRange,
    rounded,
)
from processing.model.stamp import Form, written
from processing.model.thresholds import GAP_FILL, GAP_STEPS, NIGHT_FLOOR
from processing.rows.steps import extremes
from processing.rows.time_order import Rows
from processing.rows.valid_rows import Day

_MOST_HOURS = 2_400


def figures(day: Day, forms: list[Form], profile: Profile) -> Metrics:
    """Return the figures of the valid rows."""
    of_file = formulas.stats(day.block, day.least, day.most)
    stats = dict.fromkeys(CHANNELS, Stats()) | dict(zip(day.values, of_file, strict=True))
    if "power" not in day.values:
        computed = day.power[np.newaxis]
        stats["power"] = formulas.stats(computed, *extremes(computed))[0]
    if not len(day.time):
        return _nothing(stats, day.dt)
    energy = formulas.energy_kwh(day.power, day.tau)
    by_hour = formulas.hours(day.power, day.tau, day.time, day.local, day.dt)
    starts = zip(by_hour.start, day.form[by_hour.first].tolist(), strict=True)
    texts = [written(time, forms[form]) for time, form in starts]
    peak = int(day.power.argmax())
    dark = day.power[peak] <= profile.thresholds[NIGHT_FLOOR]
    rated_kw = profile.site.rated_power_w / 1000
    covered_hours = day.expected * day.dt / 3600
    return Metrics(
        **stats,
        total_energy_kwh=rounded(energy),
        peak_power_hour=None if dark else texts[formulas.peak_hour(by_hour)],
        peak_power_w=rounded(day.power[peak]),
        peak_power_time=text(day, peak, forms),
        interval_seconds=rounded(day.dt),
        period=TimeRange(start=text(day, 0, forms), end=text(day, -1, forms)),
        specific_yield_kwh_per_kw=rounded(energy / rated_kw),
        capacity_factor=rounded(energy / (rated_kw * covered_hours)),
        hours=_listed(by_hour, texts),
    )


def _listed(by_hour: formulas.Hours, texts: list[str]) -> list[Hour]:
    energies = by_hour.energy[:_MOST_HOURS].round(6).tolist()
    means = by_hour.mean[:_MOST_HOURS].round(6).tolist()
    return [
        Hour(start=start, energy_kwh=energy, mean_power_w=mean)
        for start, energy, mean in zip(texts, energies, means, strict=False)
    ]


def _nothing(stats: dict[str, Stats], dt: float) -> Metrics:
    return Metrics(
        **stats,
        total_energy_kwh=None,
        peak_power_hour=None,
        peak_power_w=None,
        peak_power_time=None,
        interval_seconds=rounded(dt),
        period=TimeRange(),
        specific_yield_kwh_per_kw=None,
        capacity_factor=None,
        hours=[],
    )


def text(day: Day, index: int, forms: list[Form]) -> str:
    """Return a row's timestamp in the form of the input."""
    return written(day.time.item(index), forms[day.form.item(index)])


def quality(
    rows: Rows, day: Day, profile: Profile, *, records: Records, period: Period, checks: list[CheckCounts]
) -> Quality:
    """Return how far the figures can be trusted."""
    limits = profile.thresholds
    energy = formulas.energy_kwh(day.power, day.tau) + formulas.gap_energy_kwh(
        day.power, day.steps, day.dt, limits[GAP_STEPS], limits[GAP_FILL]
    )
    return Quality(
        period=period,
        records=records,
        data_availability=rounded(min(1.0, records.valid / records.expected)),
        quality_index=rounded(records.valid / len(rows.line)),
        energy_gap_filled_kwh=rounded(energy),
        checks=checks,
    )
