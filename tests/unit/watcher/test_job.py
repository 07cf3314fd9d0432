"""The values that cross threads and packages."""

from watcher.job import file_fields


def test_a_name_has_base64_beside_it_only_where_the_text_cannot_be_reversed() -> None:
    assert file_fields(b"roof/a.csv") == {"file": "roof/a.csv"}
    assert file_fields(b"\xff.csv") == {"file": "\\xff.csv", "file_b64": "/y5jc3Y="}
