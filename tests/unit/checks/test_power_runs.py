"""The checks of power that stays the same or repeats: what they flag, and what they leave alone."""

from __future__ import annotations

import math

import pytest

from processing.model.result import Anomaly
from tests.support.power_files import flags, with_rows
from tests.support.small_files import result


class TestFlatPower:
    def test_it_stays_for_half_an_hour(self) -> None:
        assert flags("flat_power", with_rows(15, *["850"] * 7)) == "1" * 15 + "3" * 7 + "1" * 18
        assert flags("flat_power", with_rows(15, *["850"] * 6)) == "", "25 minutes"

    def test_it_is_found_in_the_energy_of_each_row(self) -> None:
        energies = [f"{float(cell) / 12:.2f}" for cell in with_rows(15, *["850"] * 7)]
        found = flags("flat_power", energies, name="energy (Wh)", channel="energy")
        assert found == "1" * 15 + "3" * 7 + "1" * 18

    def test_a_coarse_meter_repeats_sound_readings(self) -> None:
        kilowatts = [f"{float(cell) / 1000:.1f}" for cell in with_rows(15, *["850"] * 9)]
        assert flags("flat_power", kilowatts, name="P (kW)") == ""

    def test_a_coarse_meter_that_never_repeats_is_stuck_earlier(self) -> None:
        coarse = [f"{int(each) // 10 * 10}" for each in with_rows(12, *["860"] * 20)]
        assert flags("flat_power", coarse, minutes=2) == "1" * 12 + "3" * 20 + "1" * 8
        repeating = [f"{800 + 40 * (at // 2 % 2)}" for at in range(12)]
        assert flags("flat_power", [*repeating, *coarse[12:]], minutes=2) == ""

    def test_voltage_and_current_have_a_check_of_their_own(self) -> None:
        cells = [f"24.{at % 7},{at % 5 + 3},{cell}" for at, cell in enumerate(with_rows(15, *["850"] * 9))]
        assert flags("flat_power", cells, name="U (V),I (A),P (W)") == ""


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

    @pytest.mark.parametrize(("digits", "fewest"), [(1, 2), (0, 3), (-1, 3)])
    def test_two_hours_are_enough_if_they_have_many_levels(self, digits: int, fewest: int) -> None:
        hours = [f"{round(power, digits):.1f}" for power in SUN[4:60:4]]
        found = {
            count: copied([*hours[:7], *hours[3 : 3 + count], *hours[7 + count :]], minutes=60)
            for count in range(1, 4)
        }
        assert [count for count, each in found.items() if each] == [*range(fewest, 4)]
        assert copied(hours, minutes=60) == []
