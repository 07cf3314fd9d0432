"""How moments are written."""

from datetime import UTC, datetime

from processing.model.stamp import Form, utc_text, written


def test_a_moment_is_written_in_utc_to_the_second() -> None:
    assert utc_text(datetime(2025, 1, 15, 14, 7, 45, 999_999, tzinfo=UTC)) == "2025-01-15T14:07:45Z"


def test_a_time_is_written_in_its_form() -> None:
    noon = 12 * 3_600 * 1_000_000
    assert written(noon, Form(" ", -1)) == "1970-01-01 12:00"
    assert written(noon, Form("T", 3, "+02:00")) == "1970-01-01T14:00:00.000+02:00"
