"""Commands called in the test's own process."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.program import Folder
from watcher import cli


@pytest.fixture
def command(folder: Folder, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Runs a command on the folder; returns its exit code and its output."""

    def run(name: str, *arguments: str) -> tuple[int, str]:
        return cli.main([name, "--data-dir", str(folder.root), *arguments]), capsys.readouterr().out

    return run
