"""Files that are rejected as a whole: no row, too many broken rows, no reading, no valid row."""

import pytest

from tests.support.small_files import rejection

HEAD = "timestamp,voltage,current,power\n"


@pytest.mark.parametrize(
    ("rows", "code", "line", "message"),
    [
        ("", "no_valid_rows", 1, "the file has a header and no rows"),
        ("2025-01-15T10:00:00,--,--,--\n", "no_readings", 2, "none of 1 row has a reading of power"),
        ("2025-01-15T10:00:00,99,5,9\n", "no_valid_rows", 2, "none of 1 row is valid; the first: voltage"),
        (
            "2025-01-15T10:00:00,24,5,9\nx\n2025-01-15T10:05:00,y,5,9\n",
            "malformed_csv",
            3,
            "2 of 3 rows cannot be read",
        ),
    ],
)
def test_the_code_the_line_and_the_sentence(rows: str, code: str, line: int, message: str) -> None:
    found = rejection(HEAD + rows)
    assert (found.code, found.line) == (code, line)
    assert found.message.startswith(message)
