"""What all stores share."""

from processing.batch.stores import error_phrase


def test_an_error_is_written_as_part_of_a_sentence() -> None:
    absent = FileNotFoundError(2, "No such file or directory", "a.csv")
    assert error_phrase(absent) == "no such file or directory"
    assert error_phrase(ValueError("bad key")) == "bad key"
    assert error_phrase(KeyError()) == "KeyError"
