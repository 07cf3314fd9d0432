"""Files with one reading a row."""

import numpy as np

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
