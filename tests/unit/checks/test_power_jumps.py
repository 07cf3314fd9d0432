"""The checks of power that jumps from row to row: what they flag, and what they leave alone."""

from __future__ import annotations

import pytest

from tests.support.power_files import SMOOTH, UNEVEN, flags, with_rows


class TestPowerSpike:
    @pytest.mark.parametrize("cell", ["3100", "9000", "0", "15"])
    def test_a_row_far_above_or_without_power(self, cell: str) -> None:
        assert flags("power_spike", with_rows(15, cell)) == "1" * 15 + "3" + "1" * 24

    @pytest.mark.parametrize("cell", ["2500", "200"])
    def test_clouds_change_power_by_much(self, cell: str) -> None:
        assert flags("power_spike", with_rows(15, cell)) == ""

    @pytest.mark.parametrize("code", ["99.9", "655.35", "-1"])
    def test_a_number_that_often_means_no_reading_apart_from_both_neighbours(self, code: str) -> None:
        fine = [f"{each}.{at % 9}" for at, each in enumerate(UNEVEN)]
        assert flags("power_spike", [*fine[:20], code, *fine[21:]]) == "1" * 20 + "3" + "1" * 19
        other = f"{float(code) + 60}"
        assert flags("power_spike", [*fine[:20], other, *fine[21:]]) == ""
        assert flags("power_spike", with_rows(20, "99")) == "", "whole numbers hit it by chance"

    def test_a_load_has_power_at_night_and_jumps(self) -> None:
        cells = with_rows(15, "0")
        assert flags("power_spike", cells, start="2025-06-10T00:00:00") == ""

    @pytest.mark.parametrize("minutes", [15, 60])
    def test_a_negative_row_between_hours_with_power(self, minutes: int) -> None:
        cells = [*UNEVEN[:6], "-100", *UNEVEN[:6]]
        assert flags("power_spike", cells, minutes=minutes) == "1" * 6 + "3" + "1" * 6
        assert flags("power_spike", [*cells, "-100", "-100"], minutes=minutes) == "", "a load"

    def test_signs_that_turned(self) -> None:
        turned = [f"-{cell}" if at in (8, 9, 20) else cell for at, cell in enumerate(UNEVEN)]
        expected = "".join("3" if at in (8, 9, 20) else "1" for at in range(40))
        assert flags("power_spike", turned) == expected
        assert flags("power_spike", [*turned[:30], "-200", "-100", "-200", *turned[33:]]) == "", "a battery"

    def test_rows_of_another_scale(self) -> None:
        cells = [f"{each * (2 if at in (12, 20, 33) else 1):.3f}" for at, each in enumerate(SMOOTH)]
        expected = "".join("3" if at in (12, 20, 33) else "1" for at in range(58))
        assert flags("power_spike", cells, name="P (kW)") == expected
        assert flags("power_spike", cells, name="P (kW)", minutes=20) == ""

    def test_a_current_that_is_zero_in_one_row(self) -> None:
        cells = [f"400,{0 if at == 7 else 2 + at % 3}" for at in range(14)]
        found = flags("power_spike", cells, name="Vpv (V),Ipv (A)")
        assert found == "1" * 7 + "3" + "1" * 6

    def test_numbers_that_lost_their_last_digit(self) -> None:
        cut = [cell[:-1] if at in (8, 20, 31) else cell for at, cell in enumerate(UNEVEN)]
        expected = "".join("3" if at in (8, 20, 31) else "1" for at in range(40))
        assert flags("power_spike", cut) == expected
        cloudy = [*UNEVEN[:12], "300", *UNEVEN[13:25], "420", *UNEVEN[26:]]
        cloudy[8], cloudy[20] = cut[8], cut[20]
        assert flags("power_spike", cloudy) == "", "so few may be clouds"

    def test_a_load_has_power_at_all_hours(self) -> None:
        cells = ["800" if at != 9 else "0" for at in range(25)]
        assert flags("power_spike", cells, start="2025-06-10T00:00:00Z", minutes=60) == ""
        assert "3" in flags("power_spike", cells[:20], start="2025-06-10T00:00:00Z", minutes=60)

    def test_several_rows_without_power_are_no_spike_unless_they_last(self) -> None:
        assert flags("power_spike", with_rows(15, "0", "0")) == ""
        hours = [*UNEVEN[:6], "0", "0", *UNEVEN[:5]]
        assert flags("power_spike", hours, minutes=60) == "1" * 6 + "33" + "1" * 5
        assert flags("power_spike", [*UNEVEN[:6], "9", "9", "9", "9", *UNEVEN[:5]], minutes=60) == ""

    def test_codes_side_by_side(self) -> None:
        fine = [f"{each}.{at % 9}" for at, each in enumerate(UNEVEN)]
        assert flags("power_spike", [*fine[:20], "-1", "-1", *fine[22:]]) == "1" * 20 + "33" + "1" * 18
        finer = [f"{each}.{at * at % 997:03}1" for at, each in enumerate(UNEVEN)]
        assert flags("power_spike", ["99", *finer[1:-1], "99"]) == "", "they have no two neighbours"

    def test_a_number_that_lost_its_point(self) -> None:
        """The highest power is 1000 W, so that 813 W are not too much, but 81.3 W fit."""
        cells = [f"{float(cell):.1f}" for cell in UNEVEN]
        cells[2:5] = ["80.2", "813", "82.6"]
        assert flags("power_spike", cells)[3] == "3"
        cells[3] = "813.5"
        assert flags("power_spike", cells)[3] == "1", "it has a point"

    def test_a_coarse_counter_goes_in_steps(self) -> None:
        totals = [str(52000 + 1000 * (at // 4)) for at in range(40)]
        assert flags("power_spike", totals, name="total energy (Wh)") == ""

    def test_a_load_that_is_switched_on_and_off(self) -> None:
        assert flags("power_spike", ["800", "0"] * 4 + UNEVEN[:6]) == ""
