"""Each check against the same check of its peers, row by row.

Run by `make test-oracles`, in an environment of their own. Every test states where the definitions differ,
and brings its peer to ours by exactly that; what is left must be equal in every row.
"""

from __future__ import annotations

import itertools
import re
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip(
    "pvanalytics", reason="run `make test-oracles`: the peers have an environment of their own"
)

import pandas as pd
import pecos
from ioos_qc import qartod
from pvanalytics.quality import gaps, outliers

from processing.findings.registry import THRESHOLDS
from processing.generator.days import SimulatedDay, render
from processing.generator.faults import FAULTS
from processing.model.channels import CHANNELS
from processing.model.flags import FAIL, MISSING, NOT_EVALUATED, SUSPECT
from processing.model.profile import DEFAULT
from processing.rows.limits import gross_range
from tests.oracles.row_flags import RowFlags, row_flags_of
from tests.support.checked_files import checked_rows, flags_by_check

Floats = NDArray[np.float64]
SEEDS = range(8)
PANEL = tuple(name for name in CHANNELS if name != "energy")
DEFAULTS = {key: threshold.default for key, threshold in THRESHOLDS.items()}
START = datetime.fromisoformat("2025-03-01T06:00:00")
FIRST = np.datetime64(START)


def day(seed: int) -> bytes:
    """Three days in one file, with all faults that can stand together."""
    faults = tuple(sorted(FAULTS.keys() - {"missing_column", "several_intervals", "mixed_offset"}))
    return render(SimulatedDay(START + timedelta(days=9 * seed), rows=864, seed=7_000 + seed, faults=faults))[
        0
    ]


DAYS = [row_flags_of(day(seed)) for seed in SEEDS]
each_day = pytest.mark.parametrize("day", DAYS, ids=SEEDS)
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")  # of the peers, which pandas warns
each_seed = pytest.mark.parametrize("seed", range(6))


def rough(seed: int, rows: int = 400) -> tuple[Floats, NDArray[np.datetime64]]:
    """A walk in whole steps that meets thresholds exactly and stands still at times; and its times."""
    rng = np.random.default_rng(seed)
    moves = rng.integers(-8, 9, rows) * (rng.random(rows) < rng.choice([0.2, 0.6, 1.0]))
    steps = rng.choice([60, 150, 300, 300, 300, 600, 900, 1200], rows)
    return np.cumsum(moves).astype(np.float64), FIRST + np.cumsum(steps).astype("timedelta64[s]")


def seconds(time: NDArray[np.datetime64]) -> Floats:
    return np.diff(time).astype("timedelta64[us]").astype(np.int64) / 1e6


def flags_of(check: str, volts: Floats, steps: Floats | None = None, **thresholds: float) -> Any:
    """The flags of a file with these voltages, `steps` seconds apart (300), in daytime.

    Peers know neither the usual steps of a channel nor the resolution of its sensor: neither counts here.
    """
    thresholds = {
        "usual_steps": 0.0,
        "fill_steps": 0.0,
        "coarse_times": 1.0,
        "flat_chance": 1.0,
        "fill_chance": 1.0,
    } | thresholds
    apart = 300 if steps is None else steps.tolist()
    file = checked_rows(voltage=volts, power=100.0, seconds=apart, thresholds=thresholds)
    return flags_by_check(file)[check, "voltage"]


def regular(day: RowFlags) -> list[slice]:
    """The stretches of a day without a gap among its valid rows."""
    cuts = np.flatnonzero(seconds(day.time) != 300) + 1
    edges = [0, *cuts.tolist(), len(day.time)]
    return [slice(first, last) for first, last in itertools.pairwise(edges)]


# --- range ------------------------------------------------------------------------------------------------


@each_seed
def test_gross_range_is_that_of_ioos_qc(seed: int) -> None:
    """No difference: both bounds are good, what is not a number is missing."""
    values, _ = rough(seed)
    values[::17] = np.nan
    expected = qartod.gross_range_test(values, (-10, 12))
    assert gross_range(values, -10, 12).tolist() == expected.tolist()


@each_day
@pytest.mark.parametrize("channel", PANEL)
def test_gross_range_of_a_file_is_that_of_pecos(day: RowFlags, channel: str) -> None:
    """No difference: pecos, too, fails what is below the lower or above the upper bound."""
    values = day.rows.values[channel]  # noqa: PD011 (no frame)
    limits = DEFAULT.channels.limits(channel, own_name=True)
    frame = pd.DataFrame({channel: values}, index=pd.date_range(START, periods=len(values), freq="5min"))
    mask = pecos.monitoring.check_range(frame, [limits.min, limits.max])["mask"]
    expected = np.flatnonzero(~mask[channel].to_numpy(dtype=bool))
    assert np.flatnonzero(day.flags["gross_range", channel] == FAIL).tolist() == expected.tolist()


# --- spike ------------------------------------------------------------------------------------------------


@each_seed
def test_spike_is_that_of_ioos_qc(seed: int) -> None:
    """One difference: beside a step of over 900 s ours is not evaluated; ioos_qc knows no times there."""
    values, time = rough(seed)
    slow = seconds(time) > 900
    beside = np.concatenate((slow, [False])) | np.concatenate(([False], slow))
    expected = qartod.spike_test(values, suspect_threshold=3, method="differential")
    expected[beside] = NOT_EVALUATED
    assert flags_of("spike", values, seconds(time)).tolist() == expected.tolist()


@each_day
@pytest.mark.parametrize("channel", ["voltage", "current", "temperature"])
def test_spike_of_a_file_is_that_of_ioos_qc(day: RowFlags, channel: str) -> None:
    """One more: ours compares the readings on both sides of a missing one, where ioos_qc does not."""
    threshold = DEFAULTS[f"spike_{channel}"]
    known = ~np.isnan(day.column(channel))
    readings = day.column(channel)[known]
    expected = qartod.spike_test(readings, suspect_threshold=threshold, method="differential")
    flags = day.of("spike", channel)[known]
    compared = flags != NOT_EVALUATED
    assert compared.mean() > 0.9
    assert flags[compared].tolist() == expected[compared].tolist()


# --- rate of change ---------------------------------------------------------------------------------------


@each_seed
def test_rate_of_change_is_that_of_ioos_qc(seed: int) -> None:
    """Three differences: a step under 300 s counts as 300 s, since noise does not shrink with the step; one
    over 900 s is not evaluated; the first row is not evaluated, where ioos_qc calls it good."""
    values, time = rough(seed)
    steps = seconds(time)
    slow = steps > 900
    stretched = np.concatenate(([0.0], np.cumsum(np.maximum(steps, 300))))
    expected = qartod.rate_of_change_test(values, stretched, 6 / 300)
    expected[1:][slow] = NOT_EVALUATED
    expected[0] = NOT_EVALUATED
    assert flags_of("rate_of_change", values, steps).tolist() == expected.tolist()


@each_day
@pytest.mark.parametrize("channel", ["voltage", "temperature"])
def test_rate_of_change_of_a_file_is_that_of_ioos_qc(day: RowFlags, channel: str) -> None:
    limit = DEFAULTS[f"rate_{channel}"]
    expected = qartod.rate_of_change_test(day.column(channel), day.time, limit / 300)
    flags = day.of("rate_of_change", channel)
    compared = flags != NOT_EVALUATED
    assert compared.mean() > 0.9
    assert flags[compared].tolist() == expected[compared].tolist()


# --- flat line --------------------------------------------------------------------------------------------


def whole_runs(ends: NDArray[np.bool_], before: int) -> NDArray[np.bool_]:
    """Rows up to `before` ahead of a marked one are marked, too."""
    marked = ends.copy()
    for distance in range(1, before + 1):
        marked[:-distance] |= ends[distance:]
    return marked


@each_seed
def test_flat_line_is_that_of_ioos_qc(seed: int) -> None:
    """One difference: ioos_qc marks a row that stood still for 1800 s; ours the whole run that led there."""
    values, _ = rough(seed)
    time = FIRST + np.arange(len(values)) * np.timedelta64(300, "s")
    ends = qartod.flat_line_test(values, time, 1800, 10**6, tolerance=1e-6) == SUSPECT
    expected = whole_runs(ends, 6)
    assert (flags_of("flat_line", values) == SUSPECT).tolist() == expected.tolist()


@each_seed
def test_flat_line_is_that_of_pvanalytics(seed: int) -> None:
    """One difference: pvanalytics compares with the window's first row, by default within 1e-5 of its value,
    too; ours compares neighbours, within 1e-6 alone. Whole steps leave no room between the two."""
    values, _ = rough(seed)
    expected = gaps.stale_values_diff(pd.Series(values), window=7, rtol=0, atol=1e-6, mark="all")
    assert (flags_of("flat_line", values) == SUSPECT).tolist() == expected.tolist()


@each_day
@pytest.mark.parametrize(("channel", "window"), [("voltage", 7), ("current", 7), ("temperature", 13)])
def test_flat_line_of_a_file_is_that_of_pvanalytics(day: RowFlags, channel: str, window: int) -> None:
    """Two more: voltage and current want 4 rows that generate, so zeros at night are none; and time counts,
    not rows, so beside rows that are missing the two are not compared."""
    flags = day.of("flat_line", channel) == SUSPECT
    generating = day.column("power") > DEFAULTS["night_floor_w"]
    for part in regular(day):
        series = pd.Series(day.column(channel)[part])
        stale = gaps.stale_values_diff(series, window=window, rtol=0, atol=1e-6, mark="all").to_numpy()
        changes = np.concatenate(([True], np.diff(series) != 0))
        run = np.cumsum(changes)
        enough = np.bincount(run, weights=generating[part])[run] >= 4 if channel != "temperature" else True
        inside = np.ones(len(series), np.bool_)
        inside[run == run[0]] = inside[run == run[-1]] = False  # the run may go on behind the gap
        assert (flags[part] & inside).tolist() == (stale & enough & inside).tolist()


# --- Hampel -----------------------------------------------------------------------------------------------


def hampel(values: Floats, floor: float) -> NDArray[np.bool_]:
    """pvanalytics' identifier with our factor and our floor."""
    series = pd.Series(values)
    median = series.rolling(7, center=True).median()
    found = outliers.hampel(series, window=7, max_deviation=3.0, scale=1 / 1.4826)
    return np.asarray(found & ((series - median).abs() > floor))


@each_seed
def test_outlier_is_the_hampel_identifier_of_pvanalytics(seed: int) -> None:
    """Three differences: 1.4826 stands for 1.482602…; what is within the floor is none; the three rows at
    either end are not evaluated, where pvanalytics says False."""
    values, _ = rough(seed)
    values += np.random.default_rng(seed).normal(0, 1, len(values))
    for floor in (0.0, 2.0):
        flags = flags_of("outlier", values, outlier_floor_v=floor)
        assert (flags == SUSPECT).tolist() == hampel(values, floor).tolist()
        assert (flags == NOT_EVALUATED).sum() == 6


@each_day
def test_outlier_of_a_file_is_the_hampel_identifier_of_pvanalytics(day: RowFlags) -> None:
    """One more: rows at night are not evaluated, though they stand in the windows of others."""
    generating = day.column("power") > DEFAULTS["night_floor_w"]
    expected = hampel(day.column("voltage"), DEFAULTS["outlier_floor_v"]) & generating
    assert expected.any()
    assert (day.of("outlier", "voltage") == SUSPECT).tolist() == expected.tolist()


# --- linear fill ------------------------------------------------------------------------------------------


@each_seed
def test_linear_fill_is_that_of_pvanalytics(seed: int) -> None:
    """Two differences: a level stretch is none of ours (it is a flat line); and pvanalytics by default allows
    a difference to vary by 1e-5 of itself, ours by 1e-9 alone."""
    rng = np.random.default_rng(seed)
    slopes = np.repeat(rng.integers(-3, 4, 60), rng.integers(1, 12, 60)).astype(np.float64)
    values = np.concatenate(([0.0], np.cumsum(slopes)))
    found = gaps.interpolation_diff(pd.Series(values), window=6, rtol=0, atol=1e-9, mark="end").to_numpy()
    sloping = np.concatenate(([False], slopes != 0))
    flags = flags_of("linear_fill", values)
    assert (flags == SUSPECT).tolist() == whole_runs(found & sloping, 5).tolist()


# --- duplicates, order, gaps ------------------------------------------------------------------------------


def as_pandas(content: bytes) -> pd.DataFrame:
    """The rows that pandas can read, with their lines, in the order of the file."""
    lines = content.decode().splitlines()
    rows = [line.split(",") for line in lines[1:]]
    frame = pd.DataFrame(
        [row if len(row) == 5 else [row[0]] + [""] * 4 for row in rows], columns=lines[0].split(",")
    )
    frame["line"] = range(2, len(lines) + 1)
    plain = re.compile(r"-?\d+(\.\d+)?")
    for name in PANEL:
        frame[name] = [float(cell) if plain.fullmatch(cell) else np.nan for cell in frame[name]]
    frame["timestamp"] = pd.to_datetime(frame["timestamp"], errors="coerce")
    return frame.dropna()


each_seed_of_a_day = pytest.mark.parametrize("seed", SEEDS)


@each_seed_of_a_day
def test_duplicates_are_those_of_pandas(seed: int) -> None:
    """No difference among rows that can be read: a repeat has the time and the values of an earlier one; what
    has the time alone of an earlier valid one is a conflict."""
    frame, rows = as_pandas(day(seed)), DAYS[seed].rows
    repeated = frame[frame.duplicated(["timestamp", *PANEL])]
    assert rows.duplicates.tolist() == repeated["line"].tolist()
    assert len(repeated)
    good = frame.drop(repeated.index)
    for name in PANEL:
        limits = DEFAULT.channels.limits(name, own_name=True)
        good = good[good[name].between(limits.min, limits.max)]
    contradicting = good[good.duplicated("timestamp")]
    assert sorted(rows.line[rows.conflict].tolist()) == contradicting["line"].tolist()
    assert len(contradicting)


def timed(seed: int) -> pd.DataFrame:
    """A file's rows by time, without those of a wrong clock: from 1970 on pecos would miss 5.8 million."""
    frame = as_pandas(day(seed)).set_index("timestamp")
    return frame[frame.index.year > 2000]


def reported(frame: pd.DataFrame, message: str) -> pd.DataFrame:
    results = pecos.monitoring.check_timestamp(frame[["voltage"]].copy(), 300)["test_results"]
    return results[results["Error Flag"] == message]


@each_seed_of_a_day
def test_disorder_is_pecos_nonmonotonic_timestamp(seed: int) -> None:
    """One difference: ours counts rows, pecos runs of them. (Here both: none is beside another.)"""
    frame = timed(seed)
    expected = reported(frame, "Nonmonotonic timestamp")
    lines = {DAYS[seed].rows.disorder.tolist().index(line) for line in disorder_of(frame)}
    assert len(lines) == len(expected)


def disorder_of(frame: pd.DataFrame) -> list[int]:
    return frame["line"][frame.index.to_series().diff() < pd.Timedelta(0)].tolist()


@each_seed_of_a_day
def test_gaps_are_pecos_missing_timestamps(seed: int) -> None:
    """Two differences: ours sees a gap in a step over 1.5 of the usual one, where pecos wants each row at its
    very second of a grid; and a row that is there but cannot be used is missing to neither."""
    stamps = pd.DatetimeIndex(timed_rows(seed))
    expected = reported(pd.DataFrame({"voltage": 1.0}, index=stamps), "Missing timestamp")
    steps = seconds(stamps.unique().sort_values().to_numpy())
    starts = stamps.unique().sort_values()[:-1][steps > 450]
    assert [str(one) for one in starts + pd.Timedelta(300, "s")] == [
        str(one) for one in expected["Start Time"]
    ]
    assert len(expected)


def timed_rows(seed: int) -> NDArray[np.datetime64]:
    rows = DAYS[seed].rows
    time = rows.time[: rows.timed].astype("datetime64[us]")
    return time[time > np.datetime64("2000-01-01")]


# --- all of them ------------------------------------------------------------------------------------------


def test_the_days_hold_what_is_compared() -> None:
    """Each comparison above is of something: the faults are in the days, and are found."""
    for check, channel in (("spike", "voltage"), ("rate_of_change", "temperature"), ("flat_line", "current")):
        assert sum((one.of(check, channel) == SUSPECT).any() for one in DAYS) == len(DAYS)
    assert all((one.flags["gross_range", "voltage"] == FAIL).any() for one in DAYS)
    assert not any((one.flags["gross_range", "voltage"] == MISSING).all() for one in DAYS)
