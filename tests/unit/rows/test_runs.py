from __future__ import annotations

import numpy as np

from processing.rows.runs import covered, runs


def test_runs_are_given_by_their_first_row_and_the_row_after_their_last() -> None:
    starts, stops = runs(np.array([True, True, False, True]))
    assert (starts.tolist(), stops.tolist()) == ([0, 3], [2, 4])
    assert covered(starts, stops, 4).tolist() == [True, True, False, True]


def test_a_mask_without_rows_or_without_a_true_has_no_runs() -> None:
    for mask in (np.zeros(0, np.bool_), np.zeros(3, np.bool_)):
        assert [len(ends) for ends in runs(mask)] == [0, 0]
