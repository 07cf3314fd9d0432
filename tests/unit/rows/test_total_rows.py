"""Rows of totals."""

from __future__ import annotations

import pytest

from tests.support.small_files import profile, result

DAYS = [[round(300 * at * (24 - at) / 144 + day, 1) for at in range(24)] for day in range(3)]


def listed(values: list[float], header: str) -> str:
    """Return a file with a row for each value, an hour apart."""
    times = [f"2025-06-{1 + at // 24:02} {at % 24:02}:00:00" for at in range(len(values))]
    rows = [f"{time},{value}" for time, value in zip(times, values, strict=True)]
    return "\n".join([f"time,{header}", *rows, ""])


@pytest.mark.crossed
@pytest.mark.parametrize("header", ["PV power (W)", "Energy produced (Wh)", "Leistung (kW)", "yield [kWh]"])
@pytest.mark.parametrize(
    ("values", "totals"),
    [
        ([*DAYS[0], round(sum(DAYS[0]))], [24]),
        ([round(sum(DAYS[0]), 1), *DAYS[0]], [0]),
        ([value for day in DAYS for value in (*day, round(sum(day), 2))], [24, 49, 74]),
        ([*DAYS[0], sum(DAYS[0]), *DAYS[1], sum(DAYS[1]), sum(DAYS[0] + DAYS[1])], [24, 49, 50]),
    ],
)
def test_a_row_with_the_sum_of_others_is_no_reading(
    header: str, values: list[float], totals: list[int]
) -> None:
    found = result(listed(values, header))
    assert [row.line - 2 for row in found.rejected_rows] == totals
    reason = "the sum of other rows: a total, no reading"
    assert {(row.kind, row.reason) for row in found.rejected_rows} == {("reading", reason)}
    whole = sum(value for at, value in enumerate(values) if at not in totals)
    unit = 1 if "k" in header else 1000
    assert found.metrics.total_energy_kwh == pytest.approx(whole / unit)


@pytest.mark.parametrize("stamp", ["00:00:00", "12:30:00"])
def test_totals_of_days_above_the_rows_of_all_days_are_no_readings(stamp: str) -> None:
    totals = [f"2025-06-{1 + at:02} {stamp},{sum(day):.1f}" for at, day in enumerate(DAYS)]
    rows = listed([value for day in DAYS for value in day], "Energy produced (Wh)")
    found = result("\n".join(["time,Energy produced (Wh)", *totals, rows]))
    assert [row.line for row in found.rejected_rows if row.kind == "reading"] == [2, 3, 4]
    assert found.metrics.total_energy_kwh == pytest.approx(sum(map(sum, DAYS)) / 1000)


def test_a_total_stands_before_its_day_if_the_newest_rows_come_first() -> None:
    values = [value for day in DAYS for value in (*day, round(sum(day), 2))]
    header, *rows = listed(values, "Energy produced (Wh)").splitlines()
    found = result("\n".join([header, *reversed(rows), ""]))
    assert sorted(row.line for row in found.rejected_rows) == [2, 27, 52]
    assert found.metrics.total_energy_kwh == pytest.approx(sum(map(sum, DAYS)) / 1000)


@pytest.mark.parametrize(
    "values",
    [
        [*DAYS[0], 20 * max(DAYS[0])],
        [*DAYS[0], max(DAYS[0])],
        [*DAYS[0], sum(DAYS[0]) / 24],
        [1.0, 2.0, 1.0, 4.0, 300.0, 250.0, 240.0, 280.0],
        [0.0] * 23 + [250.0],
    ],
)
def test_a_reading_that_is_no_sum_stays(values: list[float]) -> None:
    assert result(listed(values, "PV power (W)")).rejected_rows == []


def test_the_sum_of_power_in_wh_is_a_total_too() -> None:
    values = [value for value in DAYS[0] for _ in range(12)]
    rows = [f"2025-06-01 {at // 12:02}:{at % 12 * 5:02}:00,{value}" for at, value in enumerate(values)]
    text = "\n".join(["time,PV power (W)", *rows, f"2025-06-02 00:00:00,{sum(values) / 12:.0f}", ""])
    found = result(text)
    assert [row.line for row in found.rejected_rows] == [290]
    assert found.metrics.total_energy_kwh == pytest.approx(sum(values) / 12_000)


NIGHT = [0.0] * 4
EDGES = {"mean": 74.62, "highest": 300.0, "lowest": 0.0}
LIGHT = [100.0, 200.0, 300.0, 250.0, 120.0]
"""Of thirteen rows with the nights."""


@pytest.mark.crossed
@pytest.mark.parametrize("header", ["PV power (W)", "Leistung (kW)", "Pac"])
@pytest.mark.parametrize(
    "kinds",
    [["mean"], ["highest"], ["mean", "highest"], ["lowest", "highest"], ["highest", "lowest", "mean"]],
)
@pytest.mark.parametrize("is_first", [False, True])
def test_a_row_with_the_mean_or_the_highest_of_others_is_no_reading(
    header: str, kinds: list[str], *, is_first: bool
) -> None:
    rows, edge = [*NIGHT, *LIGHT, *NIGHT], [EDGES[kind] for kind in kinds]
    found = result(
        listed([*edge, *rows] if is_first else [*rows, *edge], header), profile(period={"hours": 13})
    )
    reasons = [f"the {kind} of all other rows: no reading" for kind in kinds if kind != "lowest"]
    assert [one.reason for one in found.rejected_rows] == reasons
    assert found.metrics.total_energy_kwh == pytest.approx(0.97 * (1000 if "k" in header else 1))


def test_it_is_of_all_columns() -> None:
    times = [f"2025-06-10 {at:02}:00:00" for at in range(13)]
    for volts, is_found in ((25.5, True), (25.0, False)):
        amps, v = [*NIGHT, 1, 2, 3, 2, *NIGHT, 3], [25.0, 25.5, *[25.2] * 10, volts]
        rows = "".join(
            f"{one}\n" for one in map(",".join, zip(times, map(str, v), map(str, amps), strict=True))
        )
        assert bool(result("timestamp,voltage,current\n" + rows).rejected_rows) == is_found


@pytest.mark.parametrize(
    "values",
    [
        [*NIGHT, *LIGHT, *NIGHT, 299.0],
        [*NIGHT, *LIGHT, 200.0, 300.0],
        [0.0, 300.0, 0.0, 0.0, 0.0, 300.0, 0.0, 0.0, 0.0, 300.0],
        [*NIGHT, *LIGHT, *NIGHT, 74.0],
        [300.0, *NIGHT, *NIGHT, 300.0],
        [*[300.0] * 6, *NIGHT, 300.0],
    ],
)
def test_a_last_row_that_is_none_of_these_is_a_reading(values: list[float]) -> None:
    assert result(listed(values, "PV power (W)")).rejected_rows == []


@pytest.mark.parametrize("stamp", ["23:59:59", "23:59:00"])
@pytest.mark.parametrize("count", [1, 2, 7])
def test_the_total_of_each_day_is_no_reading_though_a_day_has_few_rows(stamp: str, count: int) -> None:
    """Ten hours with 1 to 5 kWh: 30 kWh a day."""
    energies = [0] * 7 + [1, 2, 3, 4, 5, 5, 4, 3, 2, 1] + [0] * 7
    days = [f"2025-06-{10 + day}" for day in range(count)]
    rows = [
        row
        for day in days
        for row in (
            *(f"{day} {hour:02}:00:00,{one}" for hour, one in enumerate(energies)),
            f"{day} {stamp},30",
        )
    ]
    found = result("\n".join(["time,PV energy (kWh)", *rows]))
    assert found.metrics.total_energy_kwh == 30 * count
    assert {one.reason for one in found.rejected_rows} == {"the sum of other rows: a total, no reading"}
