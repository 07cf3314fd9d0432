"""The rows that are listed as rejected, and why."""

from __future__ import annotations

import pytest

from processing.model.profile import DEFAULT
from processing.rows.rejected_rows import rejected_rows
from processing.rows.time_order import sort_rows
from tests.support.checked_files import table_of
from tests.support.small_files import result


def test_rows_are_listed_in_the_order_of_the_file_with_their_reason() -> None:
    lines = (
        b"timestamp,voltage,current,temperature\n"
        b"2025-01-15T06:10:00,24,13.5,20\n"
        b"2025-01-15T06:05:00,17,2,20\n"
        b"2025-01-15T06:00:00,24,2,-11\n"
        b"2025-01-15T06:15:00,x,2,20\n"
        b"2025-01-15T06:20:00,24,2,20\n"
        b"2025-01-15T06:20:00,25,2,20\n"
        b"2025-01-15T06:25:00Z,24,2,20\n"
    )
    table = table_of(lines)
    found = rejected_rows(table, sort_rows(table, DEFAULT))
    assert [(row.line, row.column, row.reason, row.cell) for row in found] == [
        (2, "current", "above 12 A", "13.5"),
        (3, "voltage", "below 18 V", "17"),
        (4, "temperature", "below -10 °C", "-11"),
        (5, "voltage", "not a number", "x"),
        (7, "timestamp", "an earlier row has the same timestamp and other values", "2025-01-15T06:20:00"),
        (8, "timestamp", "offset unlike that of most rows", ""),
    ]


DAYS = [[round(300 * at * (24 - at) / 144 + day, 1) for at in range(24)] for day in range(3)]


def listed(values: list[float], header: str) -> str:
    """Return a file with a row for each value, an hour apart."""
    times = [f"2025-06-{1 + at // 24:02} {at % 24:02}:00:00" for at in range(len(values))]
    rows = [f"{time},{value}" for time, value in zip(times, values, strict=True)]
    return "\n".join([f"time,{header}", *rows, ""])


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
    assert {row.reason for row in found.rejected_rows} == {"the sum of other rows: a total, no reading"}
    whole = sum(value for at, value in enumerate(values) if at not in totals)
    unit = 1 if "k" in header else 1000
    assert found.metrics.total_energy_kwh == pytest.approx(whole / unit)


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
