"""`report`: all pages and the index drawn again."""

from __future__ import annotations

from pathlib import Path

from tests.support.drawn_pages import add_records, folder_with_a_record
from tests.support.in_process import Answer, call


def report(root: Path) -> Answer:
    return call("report", "--data-dir", root)


def test_pages_that_are_up_to_date_are_drawn_again_too(tmp_path: Path) -> None:
    add_records(folder_with_a_record(tmp_path), "ab")
    index = tmp_path / "processed/index.html"
    for _ in range(2):
        ended = report(tmp_path)
        assert (ended.returncode, ended.stderr) == (0, "")
        assert ended.stdout == f"report: 3 pages of 3 records; open {index}\n"
        assert "a.csv" in index.read_text()
        assert (tmp_path / "processed/a.html").read_text() != "old"
        (tmp_path / "processed/a.html").write_text("old")


def test_a_page_that_cannot_be_written_gives_3_after_all_others_are_drawn(tmp_path: Path) -> None:
    folder_with_a_record(tmp_path)
    (tmp_path / "processed/index.html").mkdir()
    ended = report(tmp_path)
    assert ended.returncode == 3
    assert ended.stderr == ("watcher: processed/index.html: Is a directory; all other pages are drawn\n")
    assert (tmp_path / "processed/good.html").exists()
