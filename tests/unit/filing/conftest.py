"""What the tests of filing share."""

import os
from pathlib import Path

import pytest

from tests.support.data_folder import DataFolder
from watcher.filing import recovery
from watcher.system.filesystem import FileSystem


@pytest.fixture
def place(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    recovery.make_folders(FileSystem(), os.fsencode(tmp_path))
    return tmp_path
