"""The notes about power that changes at once or is at a limit, and voltage that is gone at night."""

from __future__ import annotations

from typing import Any

import pytest

from processing.findings.registry import run_checks
from processing.notes.power import PowerLimit, PowerOverflow, SuddenChange, SuddenEnd
from tests.support.checked_files import checked, checked_rows
from tests.support.power_files import SMOOTH, UNEVEN, file_of, flags, with_rows
from tests.support.small_files import profile


def test_low_voltages_are_a_panel_side_sensor_only_if_all_failed_rows_have_no_power() -> None:
    dark = [f"2025-01-15T{hour:02}:00:00,2,0\n" for hour in range(4)]
    lit = [f"2025-01-15T{hour:02}:00:00,25.{hour},5\n" for hour in range(10, 16)]
    header = "timestamp,voltage,current\n"

    def noted(*lines: str) -> list[str]:
        found = run_checks(checked((header + "".join(lines)).encode())).listed()
        return [one.message for one in found if one.check == "night_voltage"]

    assert noted(*dark, *lit) == [
        "40% of the rows fail by voltage, all without power: panel-side sensor? see limits"
    ]
    assert noted(*dark, *lit, "2025-01-15T17:00:00,2,10\n") == [], "one of them generates"
    assert noted(*dark[:2], *lit) == [], "a quarter is too few"


def test_clipping_is_at_the_days_highest_power_with_full_current() -> None:
    file = checked_rows(
        power=[200, 245, 246, 246, 240, 0, 100, 100, 100],
        current=[9, 9.9, 9.9, 9.9, 9.8, 0, 9.9, 9.9, 9.9],
        seconds=[3600.0] * 5 + [36_000.0, 3600.0, 3600.0],
        start="2025-01-15T13:00:00",  # the last three are of the next day
    )
    found = [one for one in run_checks(file).listed() if one.check == "clipping"]
    assert [(one.line, one.rows) for one in found] == [(3, 3), (8, 3)]


def clipped(header: str, **channels: object) -> int:
    rows = [f"2025-01-15T{10 + at}:00:00,240,{9.9 if at else 9}\n" for at in range(6)]
    file = checked(f"timestamp,{header}\n{''.join(rows)}".encode(), profile(channels=channels))
    return sum(one.check == "clipping" for one in run_checks(file).listed())


def test_clipping_needs_the_limit_of_the_current() -> None:
    assert clipped("power,current") == 1
    assert clipped("power,I") == 0
    assert clipped("power,I", current={"min": 0}) == 1
    assert clipped("power,I", current={"max": 24}) == 0, "the panel is at its limit from 19.6 A"


def test_the_highest_power_that_stays_is_noted_and_no_fault() -> None:
    cells = with_rows(15, *["1200"] * 7)
    assert flags("flat_power", cells) == ""
    found = PowerLimit().runs(file_of(cells))
    assert [each.tolist() for each in found] == [[15], [22]]


OFF = [*UNEVEN[:20], *["0"] * 12]


class TestSuddenEnd:
    def noted(self, cells: list[str], name: str = "P (W)", **more: Any) -> list[int]:
        """Return the rows at which power has ended."""
        found = SuddenEnd().runs(file_of(cells, name, **more))
        return [] if found is None else found[0].tolist()

    def test_power_falls_to_nothing_and_stays_so(self) -> None:
        assert self.noted(OFF) == [20]
        assert self.noted([f"{each},240,5" for each in OFF], "P (W),Vdc,Idc") == [20]
        assert self.noted([*OFF, *["0"] * 256, *OFF]) == [20, 308]

    def test_power_that_fades_or_comes_back_or_ends_with_the_file_does_not_end_at_once(self) -> None:
        assert self.noted([*UNEVEN[:20], "200", "60", *["0"] * 12]) == []
        assert self.noted([*OFF, *UNEVEN]) == []
        assert self.noted(OFF[:24]) == []

    def test_loads_and_rows_far_apart_are_left_alone(self) -> None:
        assert self.noted(OFF, start="2025-06-10T23:30:00") == []
        assert self.noted(["-300", *OFF]) == []
        assert self.noted(OFF, minutes=20) == []


class TestSuddenChange:
    def noted(self, *cells: float, name: str = "P (kW)", **more: Any) -> list[int]:
        found = SuddenChange().runs(file_of([f"{cell:.3f}" for cell in cells], name, **more))
        return [] if found is None else found[0].tolist()

    @pytest.mark.parametrize("factor", [0.1, 0.5, 2])
    def test_power_goes_on_as_a_multiple_of_what_it_was(self, factor: float) -> None:
        assert self.noted(*SMOOTH[:25], *(factor * each for each in SMOOTH[25:])) == [25]
        assert self.noted(*SMOOTH) == []

    def test_clouds_single_rows_and_rows_far_apart_are_no_change(self) -> None:
        assert self.noted(*SMOOTH[:25], *(each / 3 for each in SMOOTH[25:32]), *SMOOTH[32:]) == []
        assert self.noted(*SMOOTH[:25], SMOOTH[25] / 3, *SMOOTH[26:]) == []
        assert self.noted(*SMOOTH[:25], *(each / 1.4 for each in SMOOTH[25:])) == []
        halved = [*SMOOTH[:25], *(each / 2 for each in SMOOTH[25:])]
        assert self.noted(*halved, minutes=20) == []
        assert self.noted(*halved, start="2025-06-10T22:00:00") == [], "a load"

    def test_a_number_that_is_of_another_column_from_a_row_on(self) -> None:
        """The power before is less than the night floor, which is a share of the highest power."""
        assert self.noted(*SMOOTH[:25], *(200 * each for each in SMOOTH[25:])) == [25]
        hourly = [*SMOOTH[4:20:2], *(200 * each for each in SMOOTH[20::4])]
        assert self.noted(*hourly, minutes=60, start="2025-06-10T04:00:00") == [8]


class TestPowerOverflow:
    def noted(self, *cells: float, **more: Any) -> list[int]:
        found = PowerOverflow().runs(file_of([f"{cell:.3f}" for cell in cells], "P (kW)", **more))
        return [] if found is None else found[0].tolist()

    @pytest.mark.parametrize(("register", "first"), [(1, 4), (2.048, 10), (3.2, 17)])
    def test_power_begins_again_at_zero(self, register: float, first: int) -> None:
        assert self.noted(*(each % register for each in SMOOTH)) == [first]
        assert self.noted(*SMOOTH) == []

    def test_outages_and_shadows_are_none(self) -> None:
        assert self.noted(*SMOOTH[:25], *[0] * 6, *SMOOTH[31:]) == []
        assert (
            self.noted(
                *(each * (0.1 if 10 < at < 20 or 30 < at < 34 else 1) for at, each in enumerate(SMOOTH))
            )
            == []
        )
        assert self.noted(*(each % 2.048 for each in SMOOTH), minutes=20) == []
