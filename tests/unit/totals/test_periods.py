"""Which files cover the same time."""

from __future__ import annotations

from processing.model.digest import Digest
from processing.totals.periods import Overlap, Periods

HOUR = 3_600_000_000
DAY = 20_103
"""2025-01-15, in days since 1970."""


def periods(*files: tuple[str, int, int]) -> Periods:
    """The periods of files by name, first and last hour of a day."""
    found = Periods()
    for number, (name, first, last) in enumerate(files):
        start, end = (f"2025-01-15T{hour:02}:00:00" for hour in (first, last))
        found.add(number, Digest(name=name, at="2025-01-16T00:00:00Z", start=start, end=end))
    return found


def test_files_of_one_device_that_share_a_time_overlap() -> None:
    found = periods(("a/1.csv", 6, 12), ("b/2.csv", 6, 12), ("a/3.csv", 12, 15), ("a/4.csv", 16, 18))
    noon = (DAY * 24 + 12) * HOUR
    assert [*found.overlaps(set())] == [Overlap(0, 2, noon, noon)]


def test_common_hours_that_touch_are_joined() -> None:
    names = ("x.csv", 1, 20), ("y.csv", 2, 3), ("z.csv", 4, 5), ("w.csv", 9, 10), ("b/1.csv", 1, 20)
    hours = [(DAY * 24 + first, DAY * 24 + last) for first, last in ((2, 5), (9, 10))]
    assert periods(*names).common_hours(set()) == {"": hours}
    assert periods(*names).common_hours({0}) == {}
