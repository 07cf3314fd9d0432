"""Pages of real runs: after a kill, beside what stands in their way."""

from __future__ import annotations

import json

import pytest

from tests.support.in_process import run_once
from tests.support.program import GOOD, Folder, Runs, wait_until


def test_pages_that_were_due_when_it_was_killed_are_drawn_after_the_next_start(
    folder: Folder, runs: Runs
) -> None:
    folder.drop("roof/x.csv", GOOD)
    assert run_once(folder).code == 0
    processed = folder.root / "processed"
    pages = [processed / "roof/x.html", processed / "index.html"]
    for page in pages:
        page.unlink()  # as if it had been killed between filing and drawing
    daemon = runs.daemon(folder)
    wait_until(lambda: all(page.exists() for page in pages), "pages and index")
    assert daemon.stop().code == 0


@pytest.mark.parametrize("place", ["processed/index.html", ".watcher/digests"])
def test_a_summary_has_its_figures_where_the_index_cannot_be_drawn(folder: Folder, place: str) -> None:
    (folder.root / place).mkdir(parents=True)
    folder.drop("good.csv", GOOD)
    ended = run_once(folder)
    assert ended.code == 0
    assert place.rpartition("/")[2] in ended.event("pages.failed")["error"]
    summary = json.loads((folder.root / "processed/summary.json").read_bytes())
    assert summary["totals"]["energy_kwh"] == pytest.approx(0.025833)  # 300 s at 100.0, 103.3 and 106.7 W
    assert [line["file"] for line in summary["processed"]] == ["good.csv"]
