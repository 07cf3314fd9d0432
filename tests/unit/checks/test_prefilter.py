"""Where the glance says no, the exact check finds nothing; small thresholds make both say yes often."""

from __future__ import annotations

import io

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from processing import process
from processing.checks import statistical
from processing.checks.prefilter import glance
from processing.model.flags import SUSPECT
from processing.model.profile import DEFAULT, Thresholds
from processing.model.result import Result
from processing.rows.steps import durations, extremes, steps_of
from processing.rows.valid_rows import Day

NAMES = ("voltage", "current", "temperature", "power")
few = st.sampled_from([0.0, 0.1, 0.2, 0.3, 5.0])
columns = st.integers(2, 40).flatmap(
    lambda rows: st.tuples(*(st.lists(few, min_size=rows, max_size=rows) for _ in NAMES))
)


def day_of(block: list[list[float]], generating: list[bool]) -> Day:
    values = np.array(block)
    time = np.arange(values.shape[1]) * 300_000_000
    steps = steps_of(time)
    return Day(
        None, time, np.zeros(len(time), np.int32), values, dict(zip(NAMES, values, strict=True)), values[3],
        *extremes(values), steps, 300.0, durations(steps, 300.0, 1.5), len(time), time, np.array(generating),
        aware=False, only_utc=False,
    )  # fmt: skip


@given(columns, st.integers(2, 9), st.integers(2, 9), st.data())
def test_what_it_rules_out_is_not_found(
    block: tuple[list[float], ...], flat_rows: int, fill_rows: int, data: st.DataObject
) -> None:
    generating = data.draw(st.lists(st.booleans(), min_size=len(block[0]), max_size=len(block[0])))
    day = day_of(list(block), generating)
    limits = Thresholds(flat_rows=flat_rows, fill_rows=fill_rows, flat_seconds=300.0, fill_tolerance=1e-6)
    seen = glance(day, limits)
    for name, values in day.values.items():
        change = np.diff(values)
        assert seen.jump[name] == np.abs(change).max()
        for counted in (day.generating, day.time >= 0) if name == "temperature" else (day.generating,):
            found = statistical.flat_line(
                change, day.time, counted, tolerance=1e-6, seconds=300.0, rows=flat_rows
            )
            assert name in seen.level or SUSPECT not in found
        filled = statistical.linear_fill(change, day.generating, 1e-6, fill_rows)
        assert name in seen.straight or SUSPECT not in filled
    date = np.zeros(len(day.time), np.int64)
    outage = statistical.daytime_outage(day.generating, date, day.time, 0.0, limits.outage_rows)
    assert seen.dark or SUSPECT not in outage


def test_a_usual_day_is_ruled_out_whole() -> None:
    """Else the glance would save nothing."""
    rows = [[25 + k % 3 / 10 for k in range(288)], [k % 5 / 10 for k in range(288)]] * 2
    seen = glance(day_of(rows, [k > 100 for k in range(288)]), Thresholds())
    assert (seen.level, seen.straight, seen.dark) == (set(), set(), False)


def test_a_run_is_seen_over_the_edge_of_a_piece() -> None:
    rows = 3 << 14
    for first in ((1 << 14) - 3, (1 << 14) - 1, 1 << 14):
        values = np.arange(rows) % 3 / 10
        values[first : first + 6] = np.arange(6) / 8
        seen = glance(day_of([values.tolist()] * 4, [True] * rows), Thresholds())
        assert "voltage" in seen.straight
        values[first : first + 6] = 0.7
        seen = glance(day_of([values.tolist()] * 4, [True] * rows), Thresholds())
        assert "voltage" in seen.level


def test_a_stuck_sensor_is_found_in_a_whole_file() -> None:
    stamps = [f"2025-01-15T{10 + k // 12}:{k % 12 * 5:02}:00" for k in range(24)]
    lines = [f"{stamp},25,{5 + k % 3},20,{25 * (5 + k % 3)}" for k, stamp in enumerate(stamps)]
    text = "timestamp,voltage,current,temperature,power\n" + "\n".join(lines)
    found = process(io.BytesIO(text.encode()), DEFAULT, name=b"x.csv", processed_at="2025-06-01T00:00:00Z")
    assert isinstance(found, Result)
    assert [(one.check, one.channel) for one in found.anomalies] == [
        ("flat_line", "voltage"),
        ("flat_line", "temperature"),
    ]
