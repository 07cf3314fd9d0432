"""Encodings without a byte order mark."""

import pytest

from processing.reading.encodings import encoding_of

DEGREES = "Temperatur (\u00b0C)"


@pytest.mark.parametrize(
    ("head", "encoding"),
    [(b"a,b\n", "auto"), (DEGREES.encode(), "auto"), (DEGREES.encode("latin-1"), "cp1252"),
     (b"a\xff\xfe", "auto"), ("time,power\n".encode("utf-16-le"), "utf-16"), (DEGREES.encode()[:14], "auto")],
)  # fmt: skip
def test_the_bytes_show_the_encoding(head: bytes, encoding: str) -> None:
    assert encoding_of(head) == encoding
