"""The notes about power that changes at once or is at a limit, and voltage that is gone at night."""

from __future__ import annotations

import math
from typing import Any

import pytest

from processing.checks.checked_file import CheckedFile
from processing.findings.registry import run_checks
from processing.notes.power import HighDay, PowerLimit, PowerOverflow, SuddenChange, SuddenEnd
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

    @pytest.mark.parametrize(
        ("cells", "at"),
        [
            ([118, 396, 609, 830, 737, 427, 0.28, 0.12, 0.02], 6),
            ([9135, 8545, 7225, 5, 3, 1], 3),
            ([0.1, 0.2, 0.3, 437, 504, 543, 513, 357, 37], 3),
            ([0, 3, 7, 10, 12559, 12082, 8638, 450, 0], 4),
        ],
    )
    def test_hours_in_watts_beside_hours_in_kilowatts(self, cells: list[float], at: int) -> None:
        assert self.noted(*cells, name="P (W)", minutes=60) == [at]

    @pytest.mark.parametrize(
        "cells",
        [
            [0, 3, 610, 4100, 5200, 4900, 3300, 900, 12, 0],
            [0.2, 0.3, 14, 320, 4100, 5200, 900, 30, 0.4, 0.3],
            [0, 140, 2100, 5200, 0, 0, 4900, 2, 1500, 80],
        ],
    )
    def test_hours_of_dawn_and_outages_are_no_change(self, cells: list[float]) -> None:
        assert not self.noted(*cells, name="P (W)", minutes=60)

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


def days(*watts: float, name: str = "P (W)", night: float = 0.0, start: str = "2025-06-10") -> CheckedFile:
    """Return days of half hours with these highest powers."""
    cells = [
        f"{max(night, watt * math.sin(math.pi * (at - 12) / 24) + at * at % 7):.7f}"
        for watt in watts
        for at in range(48)
    ]
    return file_of(cells, name, start=f"{start}T00:00:00", minutes=30)


class TestHighDay:
    def noted(self, *watts: float, **more: Any) -> tuple[int, int] | None:
        """Return the first row of the high day, and the row after its last."""
        found = HighDay().runs(days(*watts, **more))
        return None if found is None else (found[0].item(), found[1].item())

    @pytest.mark.parametrize("name", ["P (W)", "Pac", "Energy per interval (Wh)"])
    def test_a_day_far_above_all_others_is_noted(self, name: str) -> None:
        assert self.noted(2000, 20000, 1300, name=name) == (48, 96)
        assert self.noted(2000, 1900, 1300, 14000, name=name) == (144, 192)

    @pytest.mark.parametrize("factor", [6, 10, 30, 60, 100, 300, 1000])
    @pytest.mark.parametrize("day", [0, 2, 4])
    @pytest.mark.parametrize("name", ["P (W)", "Energy per interval (Wh)"])
    def test_a_day_is_noted_however_far_it_is_above_the_others(
        self, name: str, day: int, factor: float
    ) -> None:
        watts = [1900.0, 2000, 1300, 1700, 600]
        watts[day] = 2000 * factor
        assert self.noted(*watts, name=name) == (48 * day, 48 * day + 48)

    def test_a_clear_day_among_dark_ones_and_a_dark_one_are_not(self) -> None:
        assert self.noted(2000, 420, 450) is None
        assert self.noted(2000, 2100, 100, 1900) is None
        assert self.noted(20000, 2000) is None, "two days"
        assert self.noted(10000, 20000, 1000) is None
        assert self.noted(2000, 20000, 0, 0) is None, "the plant was off"
        assert self.noted(20000, 0, 0) is None

    def test_a_consumer_is_not(self) -> None:
        assert self.noted(300, 3000, 250, night=200) is None

    def test_the_note_says_how_high_the_others_are(self) -> None:
        (one,) = [one for one in run_checks(days(2000, 20000, 1300)).listed() if one.check == "high_day"]
        assert one.message == (
            "power reaches 20002 W on this day, and at most 2002 W on each other: another unit?"
        )
        assert (one.start, one.end) == ("2025-06-11T00:00:00", "2025-06-11T23:30:00")
