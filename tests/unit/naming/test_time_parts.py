"""Names of columns that hold one part of a time."""

from processing.naming.synonyms import CHANNEL_OF
from processing.naming.time_parts import DIRECTIVE_OF, HIGHEST


def test_a_name_is_a_part_of_a_time_or_a_channel() -> None:
    assert not DIRECTIVE_OF.keys() & CHANNEL_OF.keys()


def test_each_part_has_a_highest_number() -> None:
    assert set(DIRECTIVE_OF.values()) <= HIGHEST.keys()
