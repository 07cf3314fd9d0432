from __future__ import annotations

import re

import pytest

from processing.times.time_formats import time_format


@pytest.mark.parametrize(
    "name",
    [
        *("%q", "iso8601", "", "%Y", "%d.%m.%Y %d", "%d %H:%M", "%Y-%m-%d %", "%M:%S", "%f"),
        "%G-W%V-%u %H:%M %H:%M",
        *("%d.%m.%Y %H:%M 0.%f", "iso +30 minutes", "epoch 0.%f", "%d.%m.%Y +0 minutes"),
    ],
)
def test_these_are_no_formats(name: str) -> None:
    with pytest.raises(ValueError, match=re.escape(name) or "''"):
        time_format(name)


@pytest.mark.parametrize(
    ("name", "has_date"),
    [("iso", True), ("epoch_ms", True), ("%H:%M", False), ("%I:%M %p", False), ("%Y-%m", True), ("%c", True),
     ("%G-W%V-%u", True), ("%X", False)],
)  # fmt: skip
def test_a_time_of_day_has_no_date(name: str, has_date: bool) -> None:  # noqa: FBT001
    assert time_format(name).has_date is has_date


@pytest.mark.parametrize(
    "cell", ["1.6.2025 9:05", "01.06.2025 09:05:30", "1.6.2025 9:05:30,5", "1.6.2025 9:05 +02:00"]
)
def test_zeros_seconds_fraction_and_offset_are_optional(cell: str) -> None:
    pattern = time_format("%d.%m.%Y %H:%M").pattern
    assert pattern.fullmatch(cell)


def test_a_name_gives_one_object() -> None:
    assert time_format("%d.%m.%Y") is time_format("%d.%m.%Y")
