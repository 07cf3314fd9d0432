"""The notes that say why the energy is a lower bound."""

from __future__ import annotations

import pytest

from processing.model.digest import digest_of
from processing.model.result import encode
from processing.totals.sums import totals
from tests.support.checked_files import notes_of
from tests.support.power_files import SMOOTH
from tests.support.small_files import result


def half_day(cells: list[str], header: str = "P (W)", step: int = 10) -> str:
    minutes = (480 + step * at for at in range(len(cells)))
    rows = (f"2025-06-10 {at // 60:02}:{at % 60:02},{cell}" for at, cell in zip(minutes, cells, strict=True))
    return "\n".join([f"time,{header}", *rows, ""])


class TestUnknownPower:
    @pytest.mark.crossed
    @pytest.mark.parametrize("mark", ["", "--", "OL", "ERR", "Overload"])
    @pytest.mark.parametrize("header", ["P (W)", "Pac (W);"])
    def test_hours_without_power_are_noted_with_their_times(self, mark: str, header: str) -> None:
        """Six rows of ten minutes lie between 1200 W and 1800 W: an hour at 1500 W is lacking."""
        delimiter = header[-1] if header[-1] == ";" else ","
        cells = [f"{1200 if at < 12 else mark if at < 18 else 1800}" for at in range(30)]
        text = half_day(cells, header.strip(";")).replace(",", delimiter)
        found = result(text)
        (one,) = (each for each in found.anomalies if each.check == "unknown_power")
        assert (one.start, one.end, one.rows, one.line) == ("2025-06-10 10:00", "2025-06-10 10:50", 6, 14)
        assert one.message == (
            "6 rows have no power, between rows that generate: the energy is a lower bound; "
            "estimated from both sides, 1.5 kWh is missing"
        )
        assert found.metrics.total_energy_kwh == pytest.approx(1.2 * 2 + 1.8 * 2)
        assert found.summary["energy_is_lower_bound"] is True
        digest = digest_of(encode(found), quarantined=False)
        assert (digest.is_lower_bound, totals([digest]).energy_in_words) == (True, "at least 6.000 kWh")

    def test_those_of_a_day_are_one_note(self) -> None:
        cells = [f"{1200 + at % 3}" if at % 5 else "--" for at in range(31)]
        ((line, rows, _),) = notes_of("unknown_power", half_day(cells))
        assert (line, rows) == (7, 5), "not the first and the last row, which have no power on both sides"

    @pytest.mark.parametrize("at", [slice(0, 3), slice(27, 30)])
    def test_rows_at_the_ends_of_a_day_are_none(self, at: slice) -> None:
        cells = ["1200"] * 30
        cells[at] = ["--"] * 3
        found = result(half_day(cells))
        assert "unknown_power" not in found.anomalies_by_check
        assert "energy_is_lower_bound" not in found.summary

    def test_a_few_rows_that_fail_have_anomalies_of_their_own(self) -> None:
        assert notes_of("unknown_power", half_day(["1200"] * 9 + ["OL"] + ["1200"] * 9)) == []

    def test_the_total_of_a_meter_has_their_energy(self) -> None:
        cells = [str(1000 + 200 * at) if not 12 <= at < 18 else "--" for at in range(30)]
        text, meter = half_day(cells, "Total energy (Wh)"), {"energy": {"kind": "counter"}}
        assert notes_of("unknown_power", text, channels=meter) == []


class TestRegisterLimit:
    @pytest.mark.parametrize(
        ("end", "step"), [(3276.7, 0.1), (2047, 1), (2550, 10), (655.35, 0.01), (999.9, 0.1), (1.023, 0.001)]
    )
    def test_power_that_stays_where_a_register_ends_is_noted(self, end: float, step: float) -> None:
        cells = [f"{min(end, round(end / 3 * each / step) * step):.3f}" for each in SMOOTH]
        text = half_day(cells, step=5)
        ((line, _, message),) = notes_of("register_limit", text)
        assert line == 2 + next(at for at, cell in enumerate(cells) if float(cell) == end)
        assert message.startswith(f"power stays at {end:g} W for ")
        assert message.endswith(" its register can show: it was higher, and the energy is a lower bound")
        assert result(text).is_lower_bound

    def test_so_is_the_current_if_the_power_is_its_product(self) -> None:
        cells = [f"{400 + at % 3},{min(10.23, 4 * each):.2f}" for at, each in enumerate(SMOOTH)]
        ((_, _, message),) = notes_of("register_limit", half_day(cells, "Vdc (V),Idc (A)", step=5))
        assert message.startswith("current stays at 10.23 A for ")

    @pytest.mark.parametrize(
        "cells",
        [
            [f"{min(3000, 1000 * each):.1f}" for each in SMOOTH],
            ["2047" if at in {20, 30, 40} else f"{400 * each:.0f}" for at, each in enumerate(SMOOTH)],
            [f"{min(255.0, 100 * each):.1f}" for each in SMOOTH],
        ],
        ids=["no end", "single rows", "more digits than a register that ends there"],
    )
    def test_other_limits_are_none(self, cells: list[str]) -> None:
        assert notes_of("register_limit", half_day(cells, step=5)) == []
