"""Local inputs and the local output of a batch."""

from __future__ import annotations

import errno
import inspect
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from processing.batch import files
from processing.batch.stores import BusyError, UsageError
from processing.suffixes import suffixes_of


def fill(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def found(place: Path | str) -> list[bytes]:
    return [each.name for each in files.find(str(place))]


def test_a_folder_yields_its_csv_files_by_name_without_hidden_ones_and_links(tmp_path: Path) -> None:
    fill(tmp_path, "b.csv", "a/z.CSV.gz", "a/notes.txt", ".hidden/a.csv", ".c.csv")
    (tmp_path / "link.csv").symlink_to("b.csv")
    (tmp_path / "linked").symlink_to("a")
    assert found(tmp_path) == [b"a/z.CSV.gz", b"b.csv"]


def test_a_file_is_found_whatever_its_name(tmp_path: Path) -> None:
    fill(tmp_path, "data.txt")
    assert list(files.find(str(tmp_path / "data.txt"))) == [(b"data.txt", str(tmp_path / "data.txt"), "", 1)]


def test_folders_may_be_nested_deeper_than_python_calls_functions(tmp_path: Path) -> None:
    deep = "d/" * 100
    fill(tmp_path, f"in/{deep}x.csv", "in/d/y.csv")
    output = files.open_output(str(tmp_path / "out"))
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + 80)
    try:
        assert found(tmp_path / "in") == [f"{deep}x.csv".encode(), b"d/y.csv"]
        with pytest.raises(UsageError, match="too deeply nested for a pattern: name the folder"):
            found(f"{tmp_path}/in/**/*.csv")
        assert output.put(f"{deep}x.json".encode(), b"{}")
        assert list(output.records()) == [f"{deep}x.json".encode()]
    finally:
        sys.setrecursionlimit(limit)
        output.close()


def test_names_of_a_pattern_begin_after_its_fixed_part(tmp_path: Path) -> None:
    fill(tmp_path, "roof/a.csv", "barn/a.csv", "barn/b.csv")
    assert found(f"{tmp_path}/*/a.csv") == [b"barn/a.csv", b"roof/a.csv"]
    assert files.fixed_part("in/2025*/[ab].csv") == "in/2025"


def test_a_name_with_a_wildcard_may_be_a_file(tmp_path: Path) -> None:
    fill(tmp_path, "a[1].csv", "a1.csv")
    assert found(tmp_path / "a[1].csv") == [b"a[1].csv"]


@pytest.mark.parametrize("place", ["absent.csv", "no/*/such.csv", "/dev/null"])
def test_nothing_to_process_is_a_usage_error(place: str) -> None:
    with pytest.raises(UsageError):
        list(files.find(place))


def test_an_unreadable_folder_is_an_input_with_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def scan(folder: bytes, scandir: Any = os.scandir) -> Any:
        if folder.endswith(b"locked"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return scandir(folder)

    (tmp_path / "locked").mkdir()
    monkeypatch.setattr(os, "scandir", scan)
    assert list(files.find(str(tmp_path))) == [(b"locked", "", "permission denied", 1)]


def test_only_a_regular_file_is_opened(tmp_path: Path) -> None:
    fill(tmp_path, "a.csv")
    stream, size = files.open_input(str(tmp_path / "a.csv"))
    with stream:
        assert (stream.read(), size) == (b"x", 1)
    os.mkfifo(tmp_path / "fifo.csv")
    with pytest.raises(OSError, match="it is not a regular file"):
        files.open_input(str(tmp_path / "fifo.csv"))


def test_a_name_is_stored_once(tmp_path: Path) -> None:
    output = files.open_output(str(tmp_path / "out"))
    assert output.put(b"roof/a.json", b"first")
    assert not output.put(b"roof/a.json", b"second")
    output.replace(b"index.html", b"old")
    output.replace(b"index.html", b"new")
    output.close()
    assert (tmp_path / "out/roof/a.json").read_bytes() == b"first"
    assert (tmp_path / "out/index.html").read_bytes() == b"new"


def test_records_are_listed_and_temporary_files_of_killed_runs_removed(tmp_path: Path) -> None:
    fill(tmp_path, "roof/a.json", "summary.json", "index.html", "b.csv", "roof/.tmp-backfill-1-0")
    output = files.open_output(str(tmp_path))
    assert list(output.records()) == [b"roof/a.json"]
    output.close()
    assert not (tmp_path / "roof/.tmp-backfill-1-0").exists()


def test_an_output_is_locked_for_one_run(tmp_path: Path) -> None:
    output = files.open_output(str(tmp_path))
    with pytest.raises(BusyError, match="another run writes in"):
        files.open_output(str(tmp_path))
    output.close()
    files.open_output(str(tmp_path)).close()


def test_a_file_is_not_an_output(tmp_path: Path) -> None:
    fill(tmp_path, "file")
    with pytest.raises(UsageError, match="name another with -o"):
        files.open_output(str(tmp_path / "file"))


def test_the_suffixes_of_inputs_in_folders_can_be_set(tmp_path: Path) -> None:
    fill(tmp_path, "a.csv", "b.txt", "c/d.LOG.gz")
    names = [each.name for each in files.find(str(tmp_path), suffixes_of("txt,log"))]
    assert names == [b"b.txt", b"c/d.LOG.gz"]
