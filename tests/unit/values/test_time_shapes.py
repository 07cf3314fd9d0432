from __future__ import annotations

import pytest

from processing.values.time_shapes import names_of_formats, only_format


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("2025-06-10T12:00:00+02:00", ["iso"]),
        ("2025-6-1 9:05", ["iso"]),
        ("2025-06-10 12:00:00.5 UTC", ["iso"]),
        ("2025-06-10 12:00:00 +0000", ["iso"]),
        ("2025-06-10", ["%Y-%m-%d"]),
        ("2025-06", ["%Y-%m"]),
        ("6/2025", ["%m/%Y"]),
        ("June 2025", ["%B %Y"]),
        ("20250610:1200", ["%Y%m%d:%H%M", "%d%m%Y:%H%M", "%m%d%Y:%H%M"]),
        ("10/Jun/2025:12:00:30", ["%d/%b/%Y:%H:%M:%S"]),
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
        ("45818.50347", ["excel"]),
        ("45818,5035", ["excel"]),
        ("45818.5", []),
        ("14.06.2025 12:00 CEST", ["%d.%m.%Y %H:%M %Z", "%m.%d.%Y %H:%M %Z"]),
        ("2025-06-14 12:00 MEZ", ["iso"]),
        ("00:00 - 01:00", ["%H:%M - %H:%M"]),
        ("2025-06-14 00:00 - 00:15", ["%Y-%m-%d %H:%M - %H:%M"]),
        ("2025-06-14T00:00/2025-06-14T00:15", ["%Y-%m-%dT%H:%M/%Y-%m-%dT%H:%M"]),
        (
            "14/06/2025 00:00 to 14/06/2025 00:15",
            ["%d/%m/%Y %H:%M to %d/%m/%Y %H:%M", "%m/%d/%Y %H:%M to %m/%d/%Y %H:%M"],
        ),
        ("10:00 AM - 10:15 AM", ["%I:%M %p - %I:%M %p"]),
        ("10:00 - 11:00 AM", []),
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


@pytest.mark.parametrize(
    ("cells", "name"),
    [
        (["01.02.2025 10:00", "02.02.2025 10:00"], "%d.%m.%Y %H:%M"),
        (["1.2.2025 9:05", "10.2.2025 10:00"], "%d.%m.%Y %H:%M"),
        (["12/02/2025 10:00", "13/02/2025 10:00", "14/02/2025 10:00"], "%d/%m/%Y %H:%M"),
        (["11/02/2025 10:00", "12/02/2025 10:00", "13/02/2025 10:00"], None),  # most may have the month first
        (["01.02.2025 10:00", "02.13.2025 10:00"], None),
        (["1749556800", "1749556860"], "epoch"),
        (["45818.50347", "45818.51389"], None),  # days as spreadsheets count them, or a number
        (["2025-W24-2 10:00", "2025-W24-3 10:00"], None),  # only strptime reads it
        (["no time"], None),
        ([f"01.02.2025 {'1' * 64}"], None),
        ([], None),
    ],
)
def test_a_format_is_the_only_one_if_no_other_pattern_fits_most_cells(
    cells: list[str], name: str | None
) -> None:
    assert only_format(cells) == name
