"""Energy counts once: a file that is uploaded again as it grows, and files that overlap."""

from __future__ import annotations

from tests.support.in_process import run_once
from tests.support.program import HEADER, Folder

ROWS = [f"2026-01-15T{k // 12:02}:{k % 12 * 5:02}:00,24.0,5.0,20.0,120.0\n".encode() for k in range(96, 216)]
"""Ten hours of 120 W, from 8:00: 1.2 kWh."""


def test_of_a_file_that_is_uploaded_again_as_it_grows_the_newest_counts(folder: Folder) -> None:
    for rows in (30, 75, 120):
        folder.drop("today.csv", HEADER + b"".join(ROWS[:rows]))
        assert run_once(folder).code == 0
    index = (folder.root / "processed/index.html").read_text()
    assert "1.200 kWh from 3 files" in index
    assert "2026-01-15: 1.200 kWh" in index
    assert "2 earlier versions of a file that came again not counted." in index


def test_files_of_one_run_that_overlap_count_once_in_all_its_totals(folder: Folder) -> None:
    folder.drop("roof/morning.csv", HEADER + b"".join(ROWS[:70]))
    folder.drop("roof/evening.csv", HEADER + b"".join(ROWS[50:]))
    folder.drop("barn/morning.csv", HEADER + b"".join(ROWS[:60]))
    assert run_once(folder).code == 0
    totals = folder.document("processed/summary.json")["totals"]
    assert (totals["energy_kwh"], totals["superseded"]) == (1.8, 0)
    assert totals["overlaps"] == [["roof/morning.csv", "roof/evening.csv"]]
    assert "1.800 kWh from 3 files" in (folder.root / "processed/index.html").read_text()
