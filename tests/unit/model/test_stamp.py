"""Timestamps as they are written."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from processing.model.stamp import PLAIN, Form, utc_text, written

NOON = 1_736_942_400_000_000
"""2025-01-15T12:00:00 UTC in microseconds."""


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (PLAIN, "2025-01-15T12:00:00"),
        (Form(" "), "2025-01-15 12:00:00"),
        (Form("T", -1), "2025-01-15T12:00"),
        (Form("T", 3, "Z"), "2025-01-15T12:00:00.000Z"),
        (Form("T", 0, "+02:00"), "2025-01-15T14:00:00+02:00"),
        (Form("T", 0, "-0330"), "2025-01-15T08:30:00-0330"),
    ],
)
def test_a_time_is_written_in_its_form(form: Form, text: str) -> None:
    assert written(NOON, form) == text


def test_a_fraction_keeps_its_digits() -> None:
    assert written(NOON + 250_000, Form("T", 2)) == "2025-01-15T12:00:00.25"


@pytest.mark.parametrize(
    ("zone", "hours"), [("", 0), ("Z", 0), ("+02:00", 2), ("-05", -5), ("+0530", 5.5), ("-03:30", -3.5)]
)
def test_an_offset_is_read_from_its_zone(zone: str, hours: float) -> None:
    assert Form("T", 0, zone).offset == hours * 3_600_000_000


def test_a_moment_of_utc_ends_with_z() -> None:
    assert utc_text(datetime(2025, 1, 15, 12, 0, 7, 999_999, tzinfo=UTC)) == "2025-01-15T12:00:07Z"
