"""The cache of digests: the index is the same with it and without it, whatever happens to it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from processing.model.digest import Digest
from processing.model.rejection import ErrorDetails
from tests.support.drawn_pages import (
    add_records,
    folder_with_a_record,
    index_of,
    index_without_cache,
    refresh,
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return folder_with_a_record(tmp_path)


def removed(root: Path) -> None:
    (root / "processed/b.json").unlink()


def processed_again(root: Path) -> None:
    path = root / "processed/b.json"
    again = path.read_bytes().replace(b'"processed_at": "2026-01-01', b'"processed_at": "2026-02-02')
    path.with_suffix(".tmp").write_bytes(again)
    path.with_suffix(".tmp").replace(path)


def cut(root: Path) -> None:
    cache = root / ".watcher/digests"
    cache.write_bytes(cache.read_bytes()[:-7])


def overwritten(root: Path) -> None:
    cache = root / ".watcher/digests"
    content = bytearray(cache.read_bytes())
    content[len(content) // 2] ^= 0xFF
    cache.write_bytes(content)


def written_twice(root: Path) -> None:
    cache = root / ".watcher/digests"
    content = cache.read_bytes()
    cache.write_bytes(content + content[content.index(b"\n") + 1 :])


def of_an_earlier_revision(root: Path) -> None:
    (root / ".watcher/digests").write_bytes(msgspec.msgpack.encode({b"processed/a.json": [1, 2, None]}))


def a_link(root: Path) -> None:
    cache = root / ".watcher/digests"
    cache.rename(root / "elsewhere")
    cache.symlink_to(root / "elsewhere")


def without_its_folder(root: Path) -> None:
    shutil.rmtree(root / ".watcher")


def killed_before_the_index(root: Path) -> None:
    """The digests are kept, the index is the one before."""
    before = index_of(root)
    add_records(root, "f")
    refresh(root)
    (root / "processed/index.html").write_text(before)


@pytest.mark.parametrize(
    "change",
    [
        removed,
        processed_again,
        cut,
        overwritten,
        written_twice,
        of_an_earlier_revision,
        a_link,
        without_its_folder,
        killed_before_the_index,
    ],
)
def test_the_index_is_the_same_with_the_cache_and_without(root: Path, change: Callable[[Path], None]) -> None:
    add_records(root, "abcde")
    refresh(root)
    change(root)
    refresh(root)
    kept = index_of(root)
    assert kept == index_without_cache(root)


def test_a_cache_that_is_a_hard_link_is_replaced_not_written(root: Path) -> None:
    refresh(root)
    cache, precious = root / ".watcher/digests", root / "precious"
    cache.unlink()
    precious.write_text("precious")
    cache.hardlink_to(precious)
    add_records(root, "a")
    refresh(root)
    assert precious.read_text() == "precious"
    assert index_of(root) == index_without_cache(root)


def test_a_new_record_is_appended_to_the_cache(root: Path) -> None:
    add_records(root, "abcde")
    refresh(root)
    before = (root / ".watcher/digests").read_bytes()
    add_records(root, "f")
    refresh(root)
    after = (root / ".watcher/digests").read_bytes()
    assert after.startswith(before)
    assert len(after) > len(before)


def test_a_cache_with_more_entries_of_removed_records_than_of_others_is_compacted(root: Path) -> None:
    add_records(root, (f"{number:03}" for number in range(50)))
    refresh(root)
    large = (root / ".watcher/digests").stat().st_size
    for number in range(5, 50):
        (root / f"processed/{number:03}.json").unlink()
    refresh(root)
    assert (root / ".watcher/digests").stat().st_size < large / 5
    kept = index_of(root)
    assert refresh(root) == (0, [])
    assert kept == index_without_cache(root)


def test_the_number_of_the_format_changes_with_the_fields_of_a_digest(root: Path) -> None:
    """A cache that another version wrote must not be decoded. Raise the number if you change a field."""
    refresh(root)
    fields = "name at first_at energy_kwh is_lower_bound peak_w availability start end interval rows invalid"
    fields += " suspect anomalies checks hours line message error"
    assert (root / ".watcher/digests").read_bytes().startswith(b"digests 5\n")
    assert Digest.__struct_fields__ == tuple(fields.split())
    assert ErrorDetails.__struct_fields__ == ("code", "message", "line", "column")
