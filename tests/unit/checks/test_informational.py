"""The notes about some rows: what is worth knowing and no fault of theirs."""

from __future__ import annotations

import math

import pytest

from processing.checks.informational import CounterReset
from processing.checks.registry import run_checks
from processing.model.profile import DEFAULT
from tests.support.checked_files import checked, checked_rows
from tests.support.small_files import profile, result


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


class TestCounterReset:
    METER = profile(channels={"energy": {"kind": "counter"}})

    def noted(self, *totals: int) -> list[int]:
        rows = [f"2025-06-10 12:{5 * at:02}:00,{total}" for at, total in enumerate(totals)]
        file = checked("\n".join(["time,total energy (Wh)", *rows, ""]).encode(), self.METER)
        found = CounterReset().runs(file)
        assert found is not None
        return found[0].tolist()

    def test_it_is_noted_while_the_plant_generates(self) -> None:
        assert self.noted(48210, 48218, 48227, 3, 11, 19) == [3]
        assert self.noted(48210, 48218, 48227, 48235) == []

    def test_an_overflow_is_no_new_meter(self) -> None:
        def said(*totals: float) -> str:
            rows = [f"2025-06-10 12:{5 * at:02}:00,{total}" for at, total in enumerate(totals)]
            found = result("\n".join(["time,total energy (kWh)", *rows, ""]), self.METER)
            (one,) = (each for each in found.anomalies if each.check == "counter_reset")
            return one.message.rpartition(": ")[2]

        assert said(6553.1, 6553.3, 6553.5, 0.1, 0.3) == (
            "after 6553600 Wh it begins again, and the energy up to there is counted"
        )
        assert said(6543.1, 6543.3, 6543.5, 0.1, 0.3) == "a new meter?"

    def test_a_total_that_begins_again_at_night_is_not_noted(self) -> None:
        assert self.noted(48210, 48218, 48218, 48218, 0, 0, 8) == []


COURSE = [2500 * math.sin(math.pi * (at + 0.5) / 60) for at in range(60)]
"""Watts, five minutes apart."""
TOTAL = [sum(COURSE[:at]) / 12 for at in range(60)]
"""Their energy so far, in Wh."""


class TestCoarseSteps:
    def said(self, name: str, cells: list[float]) -> str:
        rows = [f"2025-06-10 {9 + at // 12}:{at % 12 * 5:02}:00,{cell:.10g}" for at, cell in enumerate(cells)]
        found = result("\n".join([f"time,{name}", *rows, ""]), self.METER if "total" in name else DEFAULT)
        return "".join(each.message for each in found.anomalies if each.check == "coarse_steps")

    METER = profile(channels={"energy": {"kind": "counter"}})

    def test_numbers_that_were_cut_off_may_lack_energy(self) -> None:
        assert self.said("Pac (kW)", [watts // 1000 for watts in COURSE]).startswith(
            "power comes in steps of 1000 W: if they are cut off, up to 1.83 kWh are lacking"
        )
        assert self.said("Energy (Wh)", [watts // 480 * 40 for watts in COURSE]).startswith(
            "power comes in steps of 480 W"
        )
        assert self.said("Pac (kW)", [watts // 50 / 20 for watts in COURSE]) == ""

    @pytest.mark.parametrize(
        ("cells", "message"),
        [
            (
                [80 + total // 100 / 10 for total in TOTAL],
                "the meter counts in steps of 100 Wh: the power of a row may be 1200 W off",
            ),
            (
                [80 + TOTAL[at // 3 * 3] / 1000 for at in range(60)],
                "the meter stands still before its large steps: the power of single rows is too high",
            ),
            (
                [1.23e6] * 60,
                "the total of the meter stays at 1230000000 Wh: is the plant off, or are digits lost?",
            ),
            ([80 + total // 1 / 1000 for total in TOTAL], ""),
            ([52011 + 11 * at for at in range(11)] + [135 + 11 * at for at in range(19)], ""),
        ],
    )
    def test_a_total_in_large_steps_hides_the_power_of_rows(self, cells: list[float], message: str) -> None:
        assert self.said("total (kWh)", cells) == message


@pytest.mark.parametrize("cell", ["{label},{watts}", '"{label}",{watts}'])
def test_rows_without_the_label_of_a_device_are_noted(cell: str) -> None:
    rows = [
        f"2025-06-10T12:{at:02}:00," + cell.format(label="AB"[at % 2] if at % 5 else "", watts=100 + at)
        for at in range(20)
    ]
    content = "\n".join(["time,device,Pac (W)", *rows, ""])
    found = result(content, profile(csv={"where": {"column": "device", "is": "A"}}))
    (one,) = (each for each in found.anomalies if each.check == "unlabelled")
    assert one.message == "4 rows without an entry in 'device', which names what rows are of, were left out"
    assert found.records_processed == 8
