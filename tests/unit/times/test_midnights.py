"""Midnights that are written as a date alone."""

import pytest

from tests.support.small_files import result


@pytest.mark.parametrize("step", [1, -1])
def test_a_date_alone_between_dates_with_times_is_midnight(step: int) -> None:
    rows = [f"{14 + at // 48}.06.2025 {at % 48 // 2:02}:{30 * (at % 2):02}" for at in range(96)]
    rows = [row.removesuffix(" 00:00") + ";300" for row in rows]
    found = result("\n".join(("Zeit;Leistung (W)", *rows[::step], "")))
    assert (found.records_invalid, found.metrics.total_energy_kwh) == (0, 14.4)
    assert found.metrics.period.start == "2025-06-14T00:00"


@pytest.mark.parametrize("days", [(14,), (14, 15)])
def test_totals_with_the_date_of_the_next_day_are_no_midnights(days: tuple[int, ...]) -> None:
    rows = [
        f"{day}.06.2025 {at:02}:00;300\n" + f"{day + 1}.06.2025;7200\n" * (at == 23)
        for day in days
        for at in range(24)
    ]
    found = result("".join(("Zeit;Leistung (W)\n", *rows)))
    assert (found.records_invalid, found.metrics.total_energy_kwh) == (len(days), 7.2 * len(days))


def test_a_date_alone_elsewhere_is_no_time() -> None:
    day = [f"14.06.2025 {at:02}:00;300\n" for at in range(24)]
    found = result("".join(("Zeit;Leistung (W)\n", *day, "14.06.2025;7200\n")))
    assert (found.records_invalid, found.metrics.total_energy_kwh) == (1, 7.2)
