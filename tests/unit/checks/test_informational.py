"""The notes about some rows: what is worth knowing and no fault of theirs."""

from __future__ import annotations

import pytest

from processing.checks.informational import CounterReset
from processing.checks.registry import run_checks
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
