"""The checks of readings that repeat earlier ones."""

from __future__ import annotations

import math

import pytest

from processing.model.result import Anomaly
from tests.support.small_files import result


def days(*scales: float, unit: float = 1) -> str:
    """Days of twelve hours with power, each of them a multiple of one course."""
    course = [300 + 70 * hour * (11 - hour) for hour in range(12)]
    rows = [
        f"2025-06-{10 + day} {6 + hour:02}:00,{unit * round((scale * course[hour] + hour) / unit):.0f}"
        for day, scale in enumerate(scales)
        for hour in range(12)
    ]
    return "\n".join(["time,PV power (W)", *rows, ""])


class TestCopiedDay:
    def test_it_has_the_power_of_an_earlier_day(self) -> None:
        found = result(days(1, 0.9, 1, 0.8))
        (one,) = (each for each in found.anomalies if each.severity == "suspect")
        assert (one.check, one.start, one.rows) == ("copied_day", "2025-06-12 06:00", 12)
        assert one.message == "12 rows repeat those of 2025-06-10: the same readings under another date?"

    def test_one_row_makes_the_difference(self) -> None:
        assert result(days(1, 0.9, 1.001)).records_suspect == 0

    def test_coarse_readings_may_repeat(self) -> None:
        assert result(days(1, 0.9, 1, unit=20)).records_suspect == 0


SUN = [4000 * math.sin(math.pi * (at + 1) / 62) * (0.8 + 0.2 * math.cos(at * at)) for at in range(60)]


def copied(cells: list[str], header: str = "PV power (W)", minutes: float = 5) -> list[Anomaly]:
    rows = (f"{1_749_540_000 + 60 * minutes * at:.0f},{cell}" for at, cell in enumerate(cells))
    found = result("\n".join([f"time,{header}", *rows, ""]))
    return [one for one in found.anomalies if one.check == "copied_rows"]


CELLS = [f"{power:.1f}" for power in SUN]


class TestCopiedRows:
    def test_a_block_stands_again_under_later_times(self) -> None:
        again = [*CELLS[:35], *CELLS[20:33], *CELLS[48:]]
        (one,) = copied(again)
        assert (one.line, one.rows) == (37, 13)
        assert one.message.startswith("13 rows repeat those from 2025-06-10T09:00:00Z on")
        *_, one = copied([*CELLS[:4], *CELLS[20:24], *again[8:]])
        assert one.message.startswith("13 rows repeat those from 2025-06-10T09:00:00Z on"), (
            "not the four rows"
        )
        assert copied([*CELLS[:35], *CELLS[20:23], *CELLS[38:]]) == [], "three rows"
        assert copied(CELLS) == []

    @pytest.mark.parametrize(("digits", "fewest"), [(1, 4), (0, 4), (-1, 5)])
    def test_few_rows_are_enough_if_they_have_many_levels(self, digits: int, fewest: int) -> None:
        fine = [f"{round(power, digits):.1f}" for power in SUN]
        found = {
            count: copied([*fine[:35], *fine[20 : 20 + count], *fine[35 + count :]]) for count in range(4, 13)
        }
        assert min(count for count, each in found.items() if each) == fewest

    @pytest.mark.parametrize("digits", [-2, -3])
    def test_coarse_readings_repeat(self, digits: int) -> None:
        again = [f"{round(float(cell), digits)}" for cell in CELLS[:35] + CELLS[20:33]]
        assert copied(again) == []

    def test_steady_power_repeats(self) -> None:
        assert copied([f"{1000 + at % 3 * 0.5:.1f}" for at in range(60)]) == []

    def test_a_quick_logger_and_a_default_panel_are_not_searched(self) -> None:
        again = CELLS[:35] + CELLS[20:33]
        assert copied(again, minutes=0.5) == []
        panel = [f"24.1,1,20,{float(cell) / 20:.3f}" for cell in again]
        assert copied(panel, "voltage,current,temperature,power")
