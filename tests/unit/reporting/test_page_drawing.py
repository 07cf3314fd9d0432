"""Which pages are drawn, what the index shows, and what a damaged record costs."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import msgspec
import pytest

from tests.support.drawn_pages import (
    add_records,
    folder_with_a_record,
    good_record,
    index_of,
    index_without_cache,
    refresh,
    undrawable_record,
)
from watcher.reporting import page_drawing
from watcher.reporting.page_drawing import PagesTask, survey
from watcher.reporting.pages import PagesBlockedError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return folder_with_a_record(tmp_path)


def test_a_record_that_cannot_be_drawn_is_named_once_and_tried_again_when_it_changes(root: Path) -> None:
    bad = root / "processed/bad.json"
    bad.write_bytes(undrawable_record())
    drawn, warned = refresh(root)
    assert drawn == 1
    assert [one["file"] for one in warned] == ["processed/bad.json"]
    assert "series.seconds" in warned[0]["error"]
    assert b"This record cannot be drawn" in (root / "processed/bad.html").read_bytes()
    assert refresh(root) == (0, [])
    bad.write_bytes(good_record())
    os.utime(bad, ns=(time.time_ns(), time.time_ns() + 1_000_000_000))
    assert refresh(root) == (1, [])


def test_the_newest_pages_are_drawn_first(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_drawing, "MAX_DUE", 2)
    add_records(root, ["old", "older", "new"])
    for name, seconds in {"older": 1, "old": 2, "good": 3, "new": 4}.items():
        os.utime(root / f"processed/{name}.json", (seconds, seconds))
    found = survey(PagesTask(os.fsencode(root)))
    assert found.due == [b"processed/new.json", b"processed/good.json"]


def test_what_a_killed_worker_left_half_written_is_removed_and_nothing_of_another_process(root: Path) -> None:
    with subprocess.Popen(["true"]) as ended:
        pass
    (root / "processed/dev").mkdir()
    kept = [root / f"processed/.tmp-{name}" for name in ("derived-1-0", "derived-x-1", f"{ended.pid}-0")]
    left = [root / f"processed/{name}.tmp-derived-{ended.pid}-7" for name in ("", "dev/")]
    for path in (*kept, *left):
        path.touch()
    refresh(root)
    assert [path for path in (*kept, *left) if path.exists()] == kept


def test_a_record_that_is_not_json_is_named_once_and_missing_in_the_index(root: Path) -> None:
    (root / "processed/torn.json").write_bytes(b'{"schema_version": "1.0", "inp')
    drawn, warned = refresh(root)
    assert (drawn, [one["file"] for one in warned]) == (1, ["processed/torn.json"])
    assert refresh(root) == (0, [])
    assert b"torn" not in (root / "processed/index.html").read_bytes()


def test_the_index_names_a_quarantined_file_as_retry_takes_it(root: Path) -> None:
    reason = {
        "schema_version": "1.1",
        "status": "error",
        "input": {"name": "dev/x.csv", "bytes": 1, "sha256": "ab" * 32},
        "error": {"code": "empty_file", "message": "m"},
        "attempts": 1,
        "quarantined_at": "2025-06-10T00:00:00Z",
    }
    path = root / "quarantine/dev/x.abababababab.csv.reason.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(msgspec.json.encode(reason))
    refresh(root)
    assert b"<td>dev/x.abababababab.csv</td>" in (root / "processed/index.html").read_bytes()


def test_a_refresh_after_which_nothing_changed_writes_nothing(root: Path) -> None:
    refresh(root)
    files = [root / "processed/index.html", root / "processed/good.html", root / ".watcher/digests"]
    before = [path.stat() for path in files]
    assert refresh(root) == (0, [])
    assert [(path.stat().st_ino, path.stat().st_mtime_ns) for path in files] == [
        (one.st_ino, one.st_mtime_ns) for one in before
    ]


def test_a_record_from_the_future_is_drawn_once(root: Path) -> None:
    ahead = time.time() + 1e6
    os.utime(root / "processed/good.json", (ahead, ahead))
    assert refresh(root) == (1, [])
    assert refresh(root) == (0, [])
    processed = root / "processed/good.json"
    processed.write_bytes(processed.read_bytes() + b"\n")
    os.utime(processed, (ahead, ahead))
    assert refresh(root) == (1, [])


def test_a_folder_in_the_place_of_a_page_costs_that_page_alone(root: Path) -> None:
    add_records(root, "ab")
    (root / "processed/a.html").mkdir()
    drawn, warned = refresh(root)
    assert (drawn, [one["file"] for one in warned]) == (2, ["processed/a.json"])
    assert refresh(root) == (0, [])
    assert "a.csv" in index_of(root)


def test_a_folder_in_the_place_of_the_index_costs_the_index_alone(root: Path) -> None:
    (root / "processed/index.html").mkdir()
    with pytest.raises(
        PagesBlockedError, match=r"^processed/index\.html: Is a directory; all other pages are drawn$"
    ):
        refresh(root)
    assert (root / "processed/good.html").exists()


BAD = {
    "an hour that is none": (b'T06:00:00"', b'T77:00:00"'),
    "a date that is none": (b'"start": "2025-', b'"start": "2025-13'),
    "more energy than there is": (b'"total_energy_kwh": ', b'"total_energy_kwh": 1e300, "was": '),
    "a negative count": (b'"records_total": ', b'"records_total": -'),
    "no time of processing": (b'"processed_at": "2026', b'"processed_at": "soon'),
    "nested too deep": (b'"anomalies": [', b'"anomalies": [' + b"[" * 100_000),
    "bytes that are not text": (b'"x.csv"', b'"\xff.csv"'),
}


@pytest.mark.parametrize("damage", BAD)
def test_a_damaged_record_costs_its_own_row_alone(root: Path, damage: str) -> None:
    old, new = BAD[damage]
    spaced = msgspec.json.format(good_record(), indent=1)
    assert old in spaced
    (root / "processed/bad.json").write_bytes(spaced.replace(old, new))
    add_records(root, "ab")
    drawn, warned = refresh(root)
    assert drawn >= 3
    assert [one["file"] for one in warned] == ["processed/bad.json"]
    assert refresh(root) == (0, [])
    assert ">3<" in index_of(root)  # files
    assert all(f"{name}.html" in index_of(root) for name in ("a", "b", "good"))


def test_records_are_read_in_parts_if_reading_takes_long(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_drawing, "READ_SECONDS", 1e-9)  # one record at a time
    add_records(root, "abcde")
    order = PagesTask(os.fsencode(root))
    assert [survey(order).unread for _ in range(6)] == [5, 4, 3, 2, 1, 0]
    assert "not counted yet" not in index_of(root)
    refresh(root)  # which draws the pages that the index links
    assert index_of(root) == index_without_cache(root)


def test_the_index_links_only_pages_that_exist(root: Path) -> None:
    add_records(root, "ab")
    survey(PagesTask(os.fsencode(root)))
    assert "a.html" not in index_of(root)
    assert index_of(root).count("not drawn yet") == 3, "a stop here leaves no link to a missing page"
    refresh(root)
    assert 'href="a.html"' in index_of(root)
    assert "not drawn yet" not in index_of(root)


def test_a_partial_index_says_so(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_drawing, "READ_SECONDS", 1e-9)
    add_records(root, "abc")
    survey(PagesTask(os.fsencode(root)))
    assert "3 more records are not counted yet" in index_of(root)


def test_a_survey_returns_the_digests_of_new_records_unless_it_is_in_the_background(root: Path) -> None:
    found = survey(PagesTask(os.fsencode(root))).digests
    assert {path: digest.name for path, digest in found.items()} == {b"processed/good.json": "x.csv"}
    assert survey(PagesTask(os.fsencode(root))).digests == {}
    add_records(root, "a")
    assert survey(PagesTask(os.fsencode(root), background=True)).digests == {}


def test_an_empty_record_is_named_once_and_gets_a_page_that_says_why(root: Path) -> None:
    (root / "processed/empty.json").touch()
    drawn, warned = refresh(root)
    assert (drawn, [one["file"] for one in warned]) == (1, ["processed/empty.json"])
    assert b"This record cannot be drawn" in (root / "processed/empty.html").read_bytes()
    assert refresh(root) == (0, [])


def test_a_result_that_the_api_added_of_the_same_file_counts_once(root: Path) -> None:
    good = root / "processed/good.json"
    added = good.read_bytes().replace(b'"status"', b'"source": "api", "status"', 1)
    (root / "processed/good.0123456789ab.json").write_bytes(added)
    refresh(root)
    assert ">2<" in index_of(root)  # files
    assert "1 earlier version of a file that came again not counted." in index_of(root)
