"""What notes share: where the file as a whole is, and names of columns that can be printed."""

from __future__ import annotations

from tests.support.checked_files import notes_of


def test_a_note_about_all_rows_is_at_the_first_line() -> None:
    rows = "\n".join(f"2025-06-10 12:{at:02},{at}" for at in range(10, 13))
    assert [(line, count) for line, count, _ in notes_of("limits_unknown", f"time,Pac (W)\n{rows}\n")] == [
        (2, 3)
    ]


def test_a_long_name_of_a_column_is_cut() -> None:
    rows = "\n".join(f"2025-06-10 12:{at:02},{at},1" for at in range(10, 13))
    ((_, _, message),) = notes_of("unused_column", f"time,Pac (W),Grid {'x' * 60} (W)\n{rows}\n")
    assert message.endswith(f": Grid {'x' * 35}")
