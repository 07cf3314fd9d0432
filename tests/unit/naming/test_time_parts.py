"""Names of columns that hold one part of a time, or a number that counts from one."""

import pytest

from processing.naming.synonyms import CHANNEL_OF
from processing.naming.time_parts import COUNT_OF, DIRECTIVE_OF, HIGHEST, OTHER_COUNTS, stated_format


def test_a_name_is_a_part_of_a_time_or_a_channel() -> None:
    names = [*DIRECTIVE_OF, *COUNT_OF, *OTHER_COUNTS, *CHANNEL_OF]
    assert len(set(names)) == len(names)


def test_each_part_has_a_highest_number() -> None:
    assert set(DIRECTIVE_OF.values()) <= HIGHEST.keys()


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("dd.MM.yyyy HH:mm:ss", "%d.%m.%Y %H:%M:%S"),
        ("dd/MM/yyyy", "%d/%m/%Y"),
        ("[dd.MM.yyyy HH:mm]", "%d.%m.%Y %H:%M"),
        ("M/d/yyyy h:mm tt", "%m/%d/%Y %I:%M %p"),
        ("HH:mm", "%H:%M"),
        ("yyyy-MM-ddTHH:mm", None),
        ("Time (days since 1858-11-17T00:00:00Z)", "days since 1858-11-17 00:00"),
        ("seconds since 2025-06-10 06:00:00", "seconds since 2025-06-10 06:00"),
        ("Julian Date (UTC)", "julian"),
        ("unix_us", "epoch_us"),
        ("GPS seconds", "seconds since 1980-01-06"),
        ("hours since the start", None),
        ("Time", None),
        ("", None),
        ("[Wh]", None),
        ("%d", None),
        ("dd" * 40, None),
    ],
)
def test_a_header_may_state_the_format(cell: str, name: str | None) -> None:
    found = stated_format(cell)
    assert (found and found.name) == name
