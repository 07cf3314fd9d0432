"""Files of the data folder."""

import os
from pathlib import Path

from watcher.system.areas import replace_file
from watcher.system.filesystem import FileSystem


def test_a_file_is_replaced_and_no_temporary_file_is_left(tmp_path: Path) -> None:
    (tmp_path / "processed").mkdir()
    for content in (b"old", b"new"):
        replace_file(FileSystem(), os.fsencode(tmp_path), b"processed/index.html", content)
    assert [(path.name, path.read_bytes()) for path in (tmp_path / "processed").iterdir()] == [
        ("index.html", b"new")
    ]
