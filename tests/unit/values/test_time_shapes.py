from __future__ import annotations

import pytest

from processing.values.time_shapes import names_of_formats


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("2025-06-10T12:00:00+02:00", ["iso"]),
        ("2025-6-1 9:05", ["iso"]),
        ("2025-06-10 12:00:00.5 UTC", ["iso"]),
        ("2025-06-10 12:00:00 +0000", ["iso"]),
        ("2025-06-10", ["%Y-%m-%d"]),
        ("2025/06/10 12:00:00,123", ["%Y/%m/%d %H:%M:%S,%f"]),
        ("10.06.2025 12:00", ["%d.%m.%Y %H:%M", "%m.%d.%Y %H:%M"]),
        ("10. 6. 2025 12:00", ["%d. %m. %Y %H:%M", "%m. %d. %Y %H:%M"]),
        ("06/10/2025 12:00:00 PM", ["%d/%m/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M:%S %p"]),
        ("06/10/25 12:00", ["%d/%m/%y %H:%M", "%m/%d/%y %H:%M", "%y/%m/%d %H:%M"]),
        ("20250610-120000", ["%Y%m%d-%H%M%S", "%d%m%Y-%H%M%S", "%m%d%Y-%H%M%S"]),
        ("250610 120000", ["%y%m%d %H%M%S", "%d%m%y %H%M%S", "%m%d%y %H%M%S"]),
        ("20250610120000", ["%Y%m%d%H%M%S", "%d%m%Y%H%M%S", "%m%d%Y%H%M%S"]),
        ("12:00:00 10/06/2025", ["%H:%M:%S %d/%m/%Y", "%H:%M:%S %m/%d/%Y"]),
        ("2025-06-10_12-00-00", ["%Y-%m-%d_%H-%M-%S"]),
        ("10.06.2025 12.05.30", ["%d.%m.%Y %H.%M.%S", "%m.%d.%Y %H.%M.%S"]),
        ("10-Jun-25 12:00", ["%d-%b-%y %H:%M"]),
        ("June 10, 2025 at 12:00PM", ["%B %d, %Y at %I:%M%p"]),
        ("Tuesday, June 10, 2025 12:00", ["%A, %B %d, %Y %H:%M"]),
        ("Tue Jun 10 12:00:00 2025", ["%a %b %d %H:%M:%S %Y"]),
        ("1:05 PM", ["%I:%M %p"]),
        ("12:05", ["%H:%M"]),
        ("1749556800.5", ["epoch", "%y%m%d%H%M"]),
        ("1749556800000", ["epoch_ms"]),
        ("50% 12:00", []),
        ("", []),
        ("24.05", []),
        ("-12", []),
        ("12345678", ["%Y%m%d", "%d%m%Y", "%m%d%Y"]),
        ("Total", []),
        ("\u0661\u0660.06.2025 12:00", []),
    ],
)
def test_the_shape_of_a_cell_gives_its_formats(cell: str, names: list[str]) -> None:
    assert list(names_of_formats(cell)) == names
