"""The progress bar's last state, without a terminal; test_terminal.py draws it on one."""

from __future__ import annotations

import pytest

from processing.batch.progress import ProgressBar, on_terminal


def test_the_last_state_shows_files_and_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    bar = ProgressBar()
    bar.set_remaining(2)
    bar.advance("processed a.csv", 1_500)
    bar.advance("processed b.csv", 2_000_000)
    bar.close()
    assert "2/2 files 2.0 MB" in capsys.readouterr().err


def test_sizes_that_are_unknown_are_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    bar = ProgressBar(total=5)
    bar.advance("a.csv: 288 rows")
    bar.close()
    shown = capsys.readouterr().err
    assert "1/1 files" in shown  # a run that was stopped ends where it is
    assert "0 B" not in shown


def test_a_pipe_is_not_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.isatty", lambda _: False)
    assert not on_terminal()
