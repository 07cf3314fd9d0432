"""`.ci/release-notes`: what a tag's release says, and that a tag fits the version."""

import shutil
import subprocess
from pathlib import Path

import pytest

from processing.version import VERSION

ROOT = Path(__file__).parents[2]
CHANGELOG = """\
# Changelog

## Unreleased

- Not yet.

## 1.2.0 (2026-02-01)

### Added

- A thing.

## 1.1.0 (2026-01-01)

- Older.
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree of version 1.2.0."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/release-notes", tmp_path / ".ci")
    (tmp_path / "processing/model").mkdir(parents=True)
    (tmp_path / "processing/version.py").write_text('VERSION = "1.2.0"\n')
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    return tmp_path


def notes(tree: Path, tag: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([tree / ".ci/release-notes", tag], capture_output=True, text=True, check=False)


def test_the_notes_of_a_tag_are_its_section_of_the_changelog(tree: Path) -> None:
    done = notes(tree, "v1.2.0")
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "### Added\n\n- A thing.", "")


@pytest.mark.parametrize("tag", ["v1.1.0", "1.2.0", "v1.2.0-rc1"])
def test_a_tag_that_is_not_the_version_is_an_error(tree: Path, tag: str) -> None:
    done = notes(tree, tag)
    message = f"release-notes: the tag is {tag}, VERSION in processing/version.py is 1.2.0\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", message)


def test_a_version_without_a_section_is_an_error(tree: Path) -> None:
    (tree / "CHANGELOG.md").write_text(CHANGELOG.replace("## 1.2.0 (2026-02-01)", "## Later"))
    done = notes(tree, "v1.2.0")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "release-notes: CHANGELOG.md has no section '## 1.2.0'\n"


def test_the_version_of_this_tree_is_found() -> None:
    done = subprocess.run([ROOT / ".ci/release-notes", "none"], capture_output=True, text=True, check=False)
    message = f"release-notes: the tag is none, VERSION in processing/version.py is {VERSION}\n"
    assert done.stderr == message
