"""Files that are not tables of UTF-8 text."""

import pytest

from processing.head.text_kinds import check_text, no_table
from processing.model.rejection import RejectedFileError


def test_bytes_that_are_no_text_are_named() -> None:
    with pytest.raises(RejectedFileError, match="line 8 is not UTF-8 text: it is binary data"):
        check_text(b"a,b\n\x01\xff\n", 7)
    assert no_table(b"# nothing\n", 1).code == "empty_file"


def test_a_few_lines_with_nul_bytes_are_no_binary_data() -> None:
    """A power failure leaves them; more of them are of another kind of file."""
    check_text(b"2025-06-14 00:00,1\n" * 19 + b"2025-06-14\0\0\0\n", 1)
    with pytest.raises(RejectedFileError, match="line 8 is not UTF-8 text: it is binary data"):
        check_text(b"2025-06-14 00:00,1\n" * 7 + b"2025-06-14\0\0\0\n", 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b'{"time":"2025-06-14 00:00","power":1}\n', "it is JSON"),
        (b'[{"time":"2025-06-14 00:00",\n"power":1}]\n', "it is JSON"),
        (b'<?xml version="1.0"?>\n<rows/>\n', "it is XML"),
        (b"<!DOCTYPE html>\n<html></html>\n", "it is a web page"),
        (b"%PDF-1.4\n%\xe2\xe3\n1 0 obj\n", "it is a PDF"),
        (b"{\\rtf1 Time, Power}\n", "it is a text document"),
    ],
)
def test_a_file_that_is_no_table_is_called_by_its_kind(text: bytes, said: str) -> None:
    with pytest.raises(RejectedFileError, match=f"^{said}"):
        check_text(text, 1)


@pytest.mark.parametrize("text", [b"[V],[A]\n", b"{a},b\n", b"<a>,b\n"])
def test_brackets_in_names_are_no_other_kind_of_file(text: bytes) -> None:
    check_text(text, 1)
