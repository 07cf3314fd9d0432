"""Rows in order of time: repeats, conflicts, disorder."""

from __future__ import annotations

from tests.support.small_files import HEADER, PLAIN, PLAIN_METRICS, ROWS, result


def test_an_identical_repeat_is_dropped_and_counted() -> None:
    found = result(PLAIN + ROWS[1] + "\n")
    assert (found.records_total, found.records_duplicate, found.records_invalid) == (4, 1, 0)
    assert found.metrics == PLAIN_METRICS


def test_a_valid_row_wins_over_an_invalid_one_of_its_time() -> None:
    found = result(PLAIN.replace(ROWS[1], "2025-01-15T12:05:00,50,5,35,250\n" + ROWS[1]))
    assert found.metrics == PLAIN_METRICS
    assert (found.records_processed, found.records_invalid) == (3, 1)


def test_rows_out_of_order_are_sorted_and_noted() -> None:
    found = result("\n".join([HEADER, ROWS[2], ROWS[0], ROWS[1]]))
    assert found.metrics == PLAIN_METRICS
    assert [(one.check, one.line) for one in found.anomalies] == [("disorder", 3)]
