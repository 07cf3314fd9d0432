from __future__ import annotations

import gc
import weakref

import pytest

from processing.model.profile import DEFAULT
from processing.rows.sorted_rows import SortedRows
from processing.rows.time_order import sort_rows
from tests.support.checked_files import table_of
from tests.support.small_files import profile, result

HEADER = b"timestamp,voltage,current\n"


def rows_of(*lines: bytes) -> SortedRows:
    return sort_rows(table_of(HEADER + b"".join(line + b"\n" for line in lines)), DEFAULT)


def test_rows_are_in_order_of_time_and_those_without_a_time_come_last() -> None:
    rows = rows_of(b"2025-01-15T06:05:00,24,2", b"x,24,2", b"2025-01-15T06:00:00,25,3")
    assert (rows.line.tolist(), rows.timed, rows.disorder.tolist()) == ([4, 2, 3], 2, [4])
    assert rows.text(0) == "2025-01-15T06:00:00"
    assert rows.text(2) is None


def test_valid_rows_know_where_they_are_and_their_power_is_voltage_times_current() -> None:
    rows = rows_of(b"2025-01-15T06:00:00,50,2", b"2025-01-15T06:05:00,24,2", b"2025-01-15T06:10:00,25,3")
    valid = rows.valid_rows()
    assert (valid.at.tolist(), valid.power.tolist(), valid.dt) == ([1, 2], [48.0, 75.0], 300.0)


def test_rows_are_freed_with_their_last_reference() -> None:
    """Rows in a cycle would stay until the next garbage collection, beside those of the next file."""
    rows = rows_of(b"2025-01-15T06:00:00,24,2")
    rows.valid_rows()
    gc.disable()
    try:
        alive = weakref.ref(rows)
        del rows
        assert alive() is None
    finally:
        gc.enable()


def test_a_reading_holds_until_the_next_row_but_for_half_a_day_at_most() -> None:
    """100 W for 10 minutes, 200 W for 6 hours, no reading for 1 hour, 300 W over 13 hours, and 400 W."""
    times = ("01T00:00", "01T00:10", "01T06:10", "01T07:10", "01T20:10")
    cells = ("100", "200", "-", "300", "400")
    rows = [f"2025-06-{time},{cell}" for time, cell in zip(times, cells, strict=True)]
    found = result("\n".join(["time,PV power (W)", *rows]), profile(csv={"rows": "changes"}))
    usual = 3.5 * 3600
    last_two = (300 + 400) * usual
    assert found.metrics.interval_seconds == usual
    assert found.metrics.total_energy_kwh == pytest.approx(
        (100 * 600 + 200 * 21600 + last_two) / 3.6e6, abs=1e-6
    )
    assert [hour.energy_kwh for hour in found.metrics.hours[:3]] == pytest.approx(
        [0.183333, 0.2, 0.2], abs=1e-6
    )
    assert found.records_missing == 1


def test_readings_of_several_entities_hold_each_until_its_own_next_row() -> None:
    """24 V and 5 A for an hour, 24 V and 10 A for another one, then no voltage for 30 minutes."""
    rows = ("u,24,12:00", "i,5,12:00", "i,10,13:00", "u,-,14:00", "u,25,14:30", "i,0,14:30")
    lines = ["name,value,time", *(f"{row[:-5]}2025-06-10 {row[-5:]}" for row in rows)]
    csv = {"rows": "changes", "long": {"name": "name", "value": "value"}, "time": "time"}
    channels = {"voltage": {"column": "u", "unit": "V"}, "current": {"column": "i", "unit": "A"}}
    found = result("\n".join(lines), profile(csv=csv, channels=channels))
    assert found.metrics.total_energy_kwh == pytest.approx(0.12 + 0.24)
    assert found.metrics.voltage.max == 25
