"""Planted faults are found, and nothing else: days simulated with seeds not used while tuning.

DETECTION_DAYS sets how many days of each kind: `make test-detection` takes 200, and shows what was found.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from processing import process
from processing.generator.days import SimulatedDay, render
from processing.generator.faults import FAULTS
from processing.model.flags import FAIL, SUSPECT
from processing.model.profile import DEFAULT
from processing.model.rejection import Rejection
from processing.model.result import Result
from tests.support.checked_files import checked, flags_by_check

DAYS = int(os.environ.get("DETECTION_DAYS", "8"))
FIRST_SEED = 500_000
IN_FILE = {"gap", "duplicate", "disorder", "several_intervals", "clipping", "sentinel"}
"""Notes: found where an anomaly of the check stands at the label's place."""

pytestmark = pytest.mark.timeout(30 + DAYS * 2)


def days(*faults: str) -> Iterator[SimulatedDay]:
    start = datetime.fromisoformat("2024-02-01T06:00:00")
    for number in range(DAYS):
        yield SimulatedDay(start + timedelta(days=number * 17 % 366), seed=FIRST_SEED + number, faults=faults)


def processed(content: bytes) -> Result | Rejection:
    return process(io.BytesIO(content), DEFAULT, name=b"x.csv", processed_at="2026-06-01T00:00:00Z")


def flagged_lines(content: bytes, check: str, channel: str | None) -> set[int]:
    """The lines that a check flags; where the label names no channel, on any."""
    file = checked(content)
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


def test_a_missing_column_is_refused() -> None:
    for day in days("missing_column"):
        found = processed(render(day)[0])
        assert isinstance(found, Rejection)
        assert (found.code, found.column) == ("missing_columns", "voltage")
