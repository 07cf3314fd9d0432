"""Planted faults are found, and nothing else: days simulated with seeds not used while tuning.

DETECTION_DAYS sets how many days of each kind: `make test-detection` takes 200, and shows what was found.
It also has a plant of many strings, each day by each logger, and each fault at each resolution: without it,
they take turns.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import cycle
from typing import Any

import pytest

from processing import process
from processing.generator.days import SimulatedDay, render, simulate
from processing.generator.faults import CHANNELS, FAULTS, Label
from processing.generator.loggers import RESOLUTIONS, DataLogger
from processing.model.flags import FAIL, SUSPECT
from processing.model.profile import DEFAULT, Profile
from processing.model.rejection import Rejection
from processing.model.result import Result
from tests.support.checked_files import checked, flags_by_check
from tests.support.small_files import profile

QUICK_DAYS = 6
DAYS = int(os.environ.get("DETECTION_DAYS", QUICK_DAYS))
FIRST_SEED = 500_000
IN_FILE = {"gap", "duplicate", "disorder", "several_intervals", "clipping", "sentinel"}
"""Notes: found where an anomaly of the check stands at the label's place."""

pytestmark = pytest.mark.timeout(30 + DAYS * 2)


def days(*faults: str) -> Iterator[SimulatedDay]:
    start = datetime.fromisoformat("2024-02-01T06:00:00")
    for number in range(DAYS):
        yield SimulatedDay(start + timedelta(days=number * 17 % 366), seed=FIRST_SEED + number, faults=faults)


def processed(content: bytes, profile: Profile = DEFAULT) -> Result | Rejection:
    return process(io.BytesIO(content), profile, name=b"x.csv", processed_at="2026-06-01T00:00:00Z")


def flagged_lines(content: bytes, check: str, channel: str | None, profile: Profile = DEFAULT) -> set[int]:
    """The lines that a check flags; where the label names no channel, on any."""
    file = checked(content, profile)
    lines: set[int] = set()
    for (name, found_in), flags in flags_by_check(file).items():
        if name == check and (channel in (None, "timestamp", found_in) or not found_in):
            lines |= set(file.rows.line[(flags == FAIL) | (flags == SUSPECT)].tolist())
    return lines


def noted_lines(content: bytes, check: str) -> set[int]:
    found = processed(content)
    assert isinstance(found, Result)
    return {one.line for one in found.anomalies if one.check == check and one.line is not None}


def test_of_clean_days_at_most_one_row_in_ten_thousand_is_suspect() -> None:
    results = [processed(render(day)[0]) for day in days()]
    rows = sum(found.records_total for found in results if isinstance(found, Result))
    bad = sum(found.records_suspect + found.records_invalid for found in results if isinstance(found, Result))
    print(f"clean days: {bad} of {rows} rows")  # noqa: T201 (shown by the long run)
    assert rows == 288 * DAYS
    assert bad <= rows / 10_000


@pytest.mark.parametrize("fault", sorted(FAULTS.keys() - {"missing_column"}))
def test_a_planted_fault_is_found_and_nothing_else_is(fault: str) -> None:
    planted = hit = found = right = 0
    for day in days(fault):
        content, labels = render(day)
        for label in labels:
            near = set(range(min(label.lines) - 1, max(label.lines) + 2))
            noted = label.check in IN_FILE
            lines = (
                noted_lines(content, label.check)
                if noted
                else flagged_lines(content, label.check, label.channel)
            )
            planted += 1 if noted else len(label.lines)
            hit += bool(lines & near) if noted else len(lines & set(label.lines))
            found += len(lines)
            right += len(lines & (near if noted else set(label.lines)))
    print(f"{fault}: recall {hit}/{planted}, precision {right}/{found}")  # noqa: T201
    assert hit >= 0.95 * planted
    assert right >= 0.95 * found


CADENCES = {10: 0.1, 60: 0.5, 300: 1.0, 600: 1.0, 900: 1.0, 3600: 1.0}
"""Seconds between rows, and of how many of the days."""
PLANTS = {
    "panel": DEFAULT,
    "battery": profile(channels={"current": {"min": -20, "max": 20}, "power": {"min": -600, "max": 600}}),
    "roof": profile(
        channels={"voltage": {"min": 0, "max": 1000}, "current": {"max": 20}, "power": {"max": 8000}},
        site={"rated_power_w": 5600},
    ),
    "strings": profile(
        channels={"current": {"max": 120}, "power": {"max": 4000}}, site={"rated_power_w": 2400}
    ),
}
COARSE_PLANTED = (
    "spike",
    "outlier",
    "rate_of_change",
    "power_mismatch",
    "stuck",
    "stuck_current",
    "stuck_temperature",
    "daytime_outage",
)


def days_of(step: int, share: float, faults: tuple[str, ...] = (), **given: Any) -> Iterator[SimulatedDay]:
    for day in list(days(*faults))[: max(1, int(DAYS * share))]:
        yield replace(day, interval_seconds=step, rows=86_400 // step, **given)


@pytest.mark.parametrize(
    ("plant", "resolution"),
    [
        (plant, resolution)
        for number, plant in enumerate(PLANTS)
        for turn, resolution in enumerate(RESOLUTIONS)
        if DAYS > QUICK_DAYS or (plant != "strings" and (number + turn) % 2 == 0)
    ],
)
def test_of_clean_days_of_any_logger_at_most_one_row_in_ten_thousand_is_suspect(
    plant: str, resolution: str
) -> None:
    loggers = [
        DataLogger(resolution=RESOLUTIONS[resolution], uneven=uneven, sleeps=sleeps)
        for uneven, sleeps in ((False, False), (True, False), (False, True))
    ]
    del loggers[2 if plant == "battery" else 3 :]  # its night is a load
    rows = bad = 0
    turn = cycle(loggers)
    for step, share in CADENCES.items():
        for day in days_of(step, share, plant=plant):
            for logger in [next(turn)] if DAYS == QUICK_DAYS else loggers:
                found = processed(render(replace(day, logger=logger))[0], PLANTS[plant])
                assert isinstance(found, Result)
                rows += found.records_total
                bad += found.records_suspect + found.records_invalid
    print(f"clean days of a {plant}, {resolution}: {bad} of {rows} rows")  # noqa: T201
    assert bad <= rows / 10_000


def test_two_days_in_utc_of_an_inverter_that_sleeps_are_whole() -> None:
    logger = DataLogger(sleeps=True, utc=True)
    for day in days():
        start = day.start.replace(tzinfo=timezone(timedelta(hours=10)))
        found = processed(render(replace(day, start=start, rows=576, logger=logger))[0])
        assert isinstance(found, Result)
        assert (found.records_suspect, found.quality.data_availability) == (0, 1.0)
        assert found.anomalies == []


@pytest.mark.parametrize(
    ("fault", "resolution"),
    [
        (fault, resolution)
        for number, fault in enumerate((*COARSE_PLANTED, "linear_fill"))
        for turn, resolution in enumerate(RESOLUTIONS)
        if DAYS > QUICK_DAYS or (number + turn) % 4 == 0
    ],
)
def test_a_fault_is_found_at_any_resolution_and_cadence(fault: str, resolution: str) -> None:
    is_wide = fault == "linear_fill" and resolution == "coarse"  # by 3 A a row, beyond the range of a panel
    plant = "strings" if is_wide else "panel"
    steps = dict(zip(CHANNELS, RESOLUTIONS[resolution], strict=True))
    planted = hit = found = right = 0
    for step in (60, 300) if fault == "rate_of_change" else (60, 300, 600, 900):  # where it leaves the range
        logger = DataLogger(resolution=RESOLUTIONS[resolution])
        for day in days_of(step, 1.0 if step > 60 else 0.5, (fault,), logger=logger, plant=plant):
            try:
                content, (label,) = render(day)
            except ValueError:  # too short a day for so long a fault
                continue
            if label.check == "flat_line" and not is_seen(day, label, steps[str(label.channel)]):
                continue
            lines = flagged_lines(content, label.check, label.channel, PLANTS[plant])
            planted += len(label.lines)
            hit += len(lines & set(label.lines))
            found += len(lines)
            right += len(lines & set(label.lines))
    print(f"{fault}, {resolution}: recall {hit}/{planted}, precision {right}/{found}")  # noqa: T201
    least = 0.95 if resolution in ("fine", "usual") else 0.85
    assert planted
    assert hit >= least * planted
    assert right >= least * found


def is_seen(day: SimulatedDay, label: Label, step: float) -> bool:
    """Whether the reading behind a stuck sensor is three of its steps away."""
    values = simulate(day)[str(label.channel)]
    return bool(abs(values[label.lines[-1] - 1] - values[label.lines[0] - 2]) >= 3 * step)


def test_a_missing_column_is_refused() -> None:
    for day in days("missing_column"):
        found = processed(render(day)[0])
        assert isinstance(found, Rejection)
        assert (found.code, found.column) == ("missing_columns", "voltage")
