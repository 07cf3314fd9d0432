"""What the summaries of all kinds of runs share."""

from __future__ import annotations

import json

import pytest

from processing.batch.run_summary import MAX_LISTED, RejectedFile, RunSummary, RunTally
from processing.totals.sums import Totals, totals


class OwnSummary(RunSummary, frozen=True, kw_only=True):
    rejected: list[RejectedFile]


NOTHING: Totals = totals([])
BAD = RejectedFile(file="a.csv", code="missing_columns", message="columns missing: current", line=1)


@pytest.mark.parametrize(
    ("counts", "stopped_early", "exit_code"),
    [
        ({"done": 2}, False, 0),
        ({"done": 2, "rejected": 1}, False, 1),
        ({"rejected": 1, "left_behind": 1}, False, 3),
        ({"done": 2}, True, 3),
    ],
)
def test_a_file_left_behind_outweighs_a_rejected_one(
    counts: dict[str, int], stopped_early: object, exit_code: int
) -> None:
    tally = RunTally("done", "rejected", rejected="rejected")
    tally.counts |= counts
    tally.stopped_early = bool(stopped_early)
    assert tally.exit_code == exit_code


def test_a_summary_counts_every_outcome_and_keeps_the_lists_of_its_kind() -> None:
    tally = RunTally("done", "rejected", rejected="rejected")
    tally.counts["rejected"] = 1
    document = json.loads(tally.summary(OwnSummary, NOTHING, rejected=[BAD]).encoded())
    assert document["files"] == {"done": 0, "rejected": 1, "left_behind": 0}
    assert (document["schema_version"], document["exit_code"]) == ("1.0", 1)
    assert document["rejected"] == [
        {"file": "a.csv", "code": "missing_columns", "message": "columns missing: current", "line": 1}
    ]


def test_a_list_is_cut_and_the_counts_are_not() -> None:
    tally = RunTally("rejected", rejected="rejected")
    tally.counts["rejected"] = MAX_LISTED + 1
    summary = tally.summary(OwnSummary, NOTHING, rejected=[BAD] * (MAX_LISTED + 1))
    assert (len(summary.rejected), summary.files["rejected"]) == (1_000, 1_001)
