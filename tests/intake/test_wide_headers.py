"""Headers of thousands of columns: a profile names few of them, so each question about all is asked once."""

import itertools
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from tests.support.small_files import processed

COLUMNS = 500
NAMES = {
    "powers": [f"power{number}" for number in range(COLUMNS)],
    "one name": ["power"] * COLUMNS,
    "units": ["Power (kW)"] * COLUMNS,
    "voltages and currents": [
        f"{name} {at}" for at in range(COLUMNS // 2) for name in ("voltage", "current")
    ],
    "equal voltages and currents": ["voltage", "current"] * (COLUMNS // 2),
    "energies": [f"yield {number} (kWh)" for number in range(COLUMNS)],
    "no channel": [f"c{number}" for number in range(COLUMNS)],
    "no names": [""] * COLUMNS,
}


def calls(function: Callable[[], object]) -> int:
    """Return how many functions are called."""
    count = itertools.count()

    def counted(_frame: FrameType, event: str, _argument: Any) -> None:
        if event in ("call", "c_call"):
            next(count)

    sys.setprofile(counted)
    try:
        function()
    finally:
        sys.setprofile(None)
    return next(count)


@pytest.mark.long
@pytest.mark.timeout(120)
@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES)
def test_the_work_grows_with_the_columns(names: list[str]) -> None:
    """Twice as many: little more than twice the work, where pairs of columns would make it four times."""

    def work(columns: int) -> int:
        row = ",".join(["2025-06-10T12:00:00", *["1"] * columns])
        content = "\n".join([",".join(["time", *names[:columns]]), row, row.replace("12:", "13:"), ""])
        return calls(lambda: processed(content))

    for columns in (COLUMNS // 2, COLUMNS):  # what is kept of a header is then kept of both
        work(columns)
    assert work(COLUMNS) < 3 * work(COLUMNS // 2)


def test_a_header_of_more_columns_than_a_profile_can_name_is_refused() -> None:
    found = processed(",".join(["time", *["power"] * 10_000]) + "\n")
    assert getattr(found, "code", None) == "too_large"
    assert "line 1 has at least 10001 columns, the first of them time, power" in getattr(found, "message", "")
