"""The formats of a site: read at the start, and again when their folder changes."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.log_lines import NoLog
from watcher.dispatch import site_formats
from watcher.dispatch.site_formats import SiteFolder

GOOD = '[fingerprint]\ncolumns = ["a"]\n'


class Log(NoLog):
    """Keeps the lines."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, Any]]] = []

    def info(self, event: str, **fields: Any) -> None:
        self.lines.append((event, fields))

    warning = info


def names(folder: SiteFolder) -> list[str]:
    return [one.name for one in folder.files()]


def test_a_folder_that_is_not_there_logs_nothing(tmp_path: Path) -> None:
    log = Log()
    assert names(SiteFolder(tmp_path / "profiles", log)) == []
    assert log.lines == []


def test_a_new_file_is_read_at_once_and_the_same_values_come_back(tmp_path: Path) -> None:
    log = Log()
    folder = SiteFolder(tmp_path / "profiles", log)
    assert names(folder) == []
    (tmp_path / "profiles").mkdir()
    for name in ("a", "b", "c"):
        (tmp_path / "new").write_text(GOOD)
        (tmp_path / "new").rename(tmp_path / f"profiles/{name}.toml")
        assert names(folder)[-1] == name
    assert folder.files() is folder.files()
    assert log.lines[-1] == ("format.read", {"formats": ["a", "b", "c"]})


def test_a_file_that_is_changed_in_its_place_is_noticed_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.toml").write_text(GOOD)
    now = 100.0
    monkeypatch.setattr(site_formats.time, "monotonic", lambda: now)
    folder = SiteFolder(tmp_path, Log())
    before = folder.files()
    (tmp_path / "a.toml").write_text(GOOD + "# more\n")
    assert folder.files() is before
    now = 102.0
    assert folder.files() != before


def test_a_broken_file_is_logged_once_and_the_others_are_used(tmp_path: Path) -> None:
    log = Log()
    (tmp_path / "a.toml").write_text(GOOD)
    (tmp_path / "b.toml").write_text("[other]")
    folder = SiteFolder(tmp_path, log)
    assert names(folder) == ["a"]
    (tmp_path / "c.toml").write_text(GOOD)
    assert names(folder) == ["a", "c"]
    warnings = [fields["message"] for event, fields in log.lines if event == "format.wrong"]
    assert len(warnings) == 1
    assert warnings[0].startswith(f"{tmp_path}/b.toml: other: unknown key")
