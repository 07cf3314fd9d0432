"""What the rejection of a file without named power offers."""

import pytest

from processing.layout.columns import columns_of
from processing.layout.header_cells import HeaderCell
from processing.model.profile import DEFAULT
from processing.model.rejection import Choice, RejectedFileError


def offered(*names: str, rows: tuple[tuple[str, ...], ...] = ()) -> list[Choice]:
    header = tuple(HeaderCell((name,)) for name in names)
    with pytest.raises(RejectedFileError) as caught:
        columns_of(header, DEFAULT, 1, frozenset({0}), [list(row) for row in rows])
    return list(caught.value.choices)


@pytest.mark.parametrize(
    ("names", "ways"),
    [
        (("vin", "cin", "vbat", "vout", "cout"), ["vin, cin", "vout, cout"]),
        (("uin", "iin", "fan"), ["uin, iin"]),
        (("v_out", "i_out", "v_in", "i_in"), ["v_out, i_out", "v_in, i_in"]),
    ],
)
def test_voltages_and_currents_of_short_names_are_offered_in_pairs(
    names: tuple[str, ...], ways: list[str]
) -> None:
    pairs = [
        f"{one['voltage']['column']}, {one['current']['column']}"
        for one in (choice.changes["channels"] for choice in offered("t", *names))
    ]
    assert [pair for pair in pairs if not pair.startswith("vbat")] == ways
