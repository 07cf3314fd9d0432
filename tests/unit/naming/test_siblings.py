"""Names that differ by a number alone."""

import pytest

from processing.naming.siblings import later_siblings


@pytest.mark.parametrize(
    ("names", "places"),
    [
        (["PV power", "PV2 power", "PV3 power"], [1, 2]),
        (["Power", "power_2", "Power 02"], [1, 2]),
        (["PV1 power 1", "PV1 power 2"], []),
        (["Ppv", "Ppv1", "Ppv2"], []),
        (["Power", "Power L2", "Power max", "2"], []),
        (["Power", "", "Power 0"], []),
    ],
)
def test_a_number_from_two_on_is_all_that_differs(names: list[str], places: list[int]) -> None:
    assert later_siblings(0, names) == places
