"""Known formats of a site, in `data/profiles`, and those of the package, in every way to process files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from processing.__main__ import main
from processing.workers.inline_pool import InlinePool
from tests.support.base_day import BY_PRODUCT, written
from tests.support.in_process import run_once
from tests.support.program import Folder, Runs

OWN = """
[fingerprint]
columns = ["when", "alpha", "beta", "gamma"]
[channels]
voltage.column = "alpha"
current.column = "beta"
"""
DAY = written("when,alpha,beta,gamma", "{t},{u},{i},7").encode()


def add(folder: Folder, name: str, text: str) -> None:
    """Add a format as `accept` does: a whole file under its name at once."""
    profiles = folder.root / "profiles"
    profiles.mkdir(exist_ok=True)
    (profiles / ".new").write_text(text)
    (profiles / ".new").rename(profiles / name)


def test_a_single_run_uses_the_site_s_formats_and_names_a_file_that_is_wrong(folder: Folder) -> None:
    add(folder, "own.toml", OWN)
    add(folder, "wrong.toml", OWN + "kind.column = 1\n")
    folder.drop("x.csv", DAY)
    ended = run_once(folder)
    assert ended.code == 0
    record = folder.document("processed/x.json")
    assert record["metrics"]["total_energy_kwh"] == BY_PRODUCT
    assert record["profile"]["format_name"] == "own"
    assert "profiles/wrong.toml: channels.kind: unknown key" in ended.event("format.wrong")["message"]
    assert ended.event("format.read")["formats"] == ["own"]


@pytest.mark.long
def test_a_running_daemon_uses_a_format_that_is_added(folder: Folder, runs: Runs) -> None:
    daemon = runs.daemon(folder)
    folder.drop("before.csv", DAY)
    daemon.until("file.quarantined", file="before.csv")
    add(folder, "own.toml", OWN)
    folder.drop("after.csv", DAY)
    assert daemon.until("file.processed", file="after.csv")["energy_kwh"] == BY_PRODUCT
    assert daemon.stop().code == 0


def test_the_batch_uses_the_formats_of_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("processing.__main__.LocalPool", lambda *_, **__: InlinePool())
    (tmp_path / "own.toml").write_text(OWN)
    (tmp_path / "x.csv").write_bytes(DAY)

    words = ["x.csv", "-o", "out"]
    assert main(words) == 1
    assert main([*words, "--formats", "."]) == 0
    record = json.loads((tmp_path / "out/x.json").read_text())
    assert record["profile"]["format_name"] == "own"
    (tmp_path / "wrong.toml").write_text("[other]\n")
    assert main([*words, "--formats", "."]) == 2
