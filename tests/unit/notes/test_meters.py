"""The notes about energy in a column of its own, and about readings in large steps."""

from __future__ import annotations

import math

import pytest

from processing.model.profile import DEFAULT
from processing.notes.meters import CounterReset
from tests.support.checked_files import checked, notes_of
from tests.support.small_files import profile, result


def energy_beside_power(name: str, cells: str, **tables: object) -> list[str]:
    """Messages about a column of energy, beside 100 W every ten minutes in the rows without a `-`."""
    rows = "".join(
        f"2025-06-10T12:{10 * at:02}:00,{'' if '-' in cell else 100},{cell.strip('-')}\n"
        for at, cell in enumerate(cells.split())
    )
    return [each[2] for each in notes_of("energy_column", f"timestamp,power,{name}\n{rows}", **tables)]


@pytest.mark.parametrize(
    ("name", "cells", "said"),
    [
        ("Total energy (Wh)", "5000 5017 5034 5050", "0.05 kWh (a meter's total)"),
        ("Total energy (kWh)", "70.5 70.6 70.7 71", "0.5 kWh (a meter's total)"),
        ("Total energy (Wh)", "5000 -5017 5034 -5050", "0.05 kWh (a meter's total)"),
        ("Total energy (Wh)", "5000 5017 0 5034 5050", "0.05 kWh (a meter's total)"),
        ("Energy (Wh)", "17 16 17 16.5", "0.0665 kWh (the energy of each row)"),
        (
            "Energy (Wh)",
            "17 17.5 18",
            "0.001 kWh (a meter's total) or 0.0525 kWh (the energy of each row)",
        ),
        ("Energy per interval (Wh)", "17 17.5 18", "0.0525 kWh (the energy of each row)"),
        (
            "Energy (Wh)",
            "0 17 34 50",
            "0.05 kWh (a meter's total) or 0.101 kWh (the energy of each row)",
        ),
    ],
)
def test_a_column_of_energy_beside_power_is_noted_with_what_it_says(name: str, cells: str, said: str) -> None:
    (found,) = energy_beside_power(name, cells)
    assert found.startswith(f"the column {name} says {said}; total_energy_kwh is of the power")


@pytest.mark.parametrize(
    ("cells", "apart"),
    [
        ("5000 5017 5034 5050", ""),
        ("5000 5016 5033 5046", ""),
        ("5000 5012 5024 5036", ", which makes 0.066667 kWh: which of the two is right?"),
        ("17 16 8 17", ", which makes 0.066667 kWh: which of the two is right?"),
    ],
)
def test_energy_that_differs_by_more_than_a_tenth_is_asked_about(cells: str, apart: str) -> None:
    (found,) = energy_beside_power("Energy (Wh)", cells)
    assert found.endswith(f"; total_energy_kwh is of the power{apart}")


def test_the_profile_says_which_energy_a_column_beside_power_has() -> None:
    (found,) = energy_beside_power("Energy (Wh)", "0 17 34 50", channels={"energy": {"kind": "interval"}})
    assert " says 0.101 kWh (the energy of each row); " in found


def test_no_energy_is_noted_if_there_is_none_or_the_figures_come_from_it() -> None:
    assert energy_beside_power("x", "1 2 3") == []
    assert energy_beside_power("Energy (Wh)", "- - -") == []
    assert (
        notes_of("energy_column", "timestamp,energy (Wh)\n2025-06-10T12:00:00,17\n2025-06-10T12:10:00,16\n")
        == []
    )


def test_a_hostile_name_of_a_column_of_energy_is_made_printable() -> None:
    energy = {"column": "E\x1b[31m", "unit": "Wh", "kind": "interval"}
    (found,) = energy_beside_power("E\x1b[31m", "17 16", channels={"energy": energy})
    assert found.startswith("the column E\\x1b[31m says 0.033 kWh ")


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
            "power comes in steps of 1000 W: if they are cut off, up to 1.83 kWh is missing"
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
