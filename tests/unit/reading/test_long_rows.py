"""Files with one reading a row."""

import numpy as np
import pytest

from tests.support.checked_files import table_of
from tests.support.small_files import profile

LONG = profile(csv={"long": {"name": "what", "value": "value"}})


def test_the_readings_of_one_time_are_one_row() -> None:
    text = (
        b"time,what,value\n2025-06-10T12:00:00,voltage,24\n2025-06-10T12:00:00,current,5\n"
        b"2025-06-10T12:00:00,lamp,on\n2025-06-10T12:05:00,current,6\n2025-06-10T12:05:00,current,7\n"
    )
    found = table_of(text, LONG)
    assert tuple(found.dialect.columns) == ("voltage", "current")
    assert found.line.tolist() == [2, 5, 6]
    assert np.array_equal(found.readings, [[24, np.nan, np.nan], [5, 6, 7]], equal_nan=True)


def test_a_broken_reading_keeps_its_row() -> None:
    text = b"time,what,value\n2025-06-10T12:00:00,voltage,24\n2025-06-10T12:00:00,current,ERR\n"
    found = table_of(text, LONG)
    assert found.broken.tolist() == [False, True]


@pytest.mark.parametrize("rows", [30, 400, 9000])
def test_labels_may_begin_anywhere_in_the_file(rows: int) -> None:
    times = [
        f"2025-{1 + n // 9600:02}-{1 + n // 400 % 24:02}T{n // 20 % 20:02}:{n % 20:02}:00"
        for n in range(rows)
    ]
    lines = [f"{time},{what},{value}" for what, value in (("power", 100), ("pv_power", 7)) for time in times]
    found = table_of("\n".join(["time,what,value", *lines, ""]).encode(), LONG)
    assert (tuple(found.dialect.columns), len(found.line)) == (("power",), rows)
    assert found.dialect.unused == ("pv_power",)


@pytest.mark.parametrize("rows", [30, 400, 2000])
def test_channels_may_follow_one_another(rows: int) -> None:
    times = [f"2025-01-{1 + n // 400:02}T{n // 20 % 20:02}:{n % 20:02}:00" for n in range(rows)]
    lines = [f"{time},{what},5" for what in ("voltage", "current") for time in times]
    found = table_of("\n".join(["time,what,value", *lines, ""]).encode(), LONG)
    assert (tuple(found.dialect.columns), len(found.line)) == (("voltage", "current"), rows)
