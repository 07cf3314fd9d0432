"""Commands called in the test's own process."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from processing.workers.inline_pool import InlinePool
from processing.workers.local_pool import LocalPool
from tests.support.in_process import Command
from tests.support.program import Folder
from watcher import cli


class KeptPool(LocalPool):
    """A pool whose workers compute for the next command too."""

    def shutdown(self) -> None:
        pass


@pytest.fixture(scope="module")
def kept_pools() -> Iterator[Callable[..., LocalPool]]:
    """Return a pool with these limits, the same for all commands of a module: a worker starts slowly."""
    pools: dict[tuple[float, ...], LocalPool] = {}
    yield lambda *limits: pools.setdefault(limits, KeptPool(*limits))
    for pool in pools.values():
        super(KeptPool, pool).shutdown()


@pytest.fixture(autouse=True)
def keep_workers(monkeypatch: pytest.MonkeyPatch, kept_pools: Callable[..., LocalPool]) -> None:
    """Let calls of `profile` share their workers, and the other commands compute in this process."""
    monkeypatch.setattr("watcher.commands.profile.LocalPool", kept_pools)
    for name in ("report", "reprocess"):
        monkeypatch.setattr(f"watcher.commands.{name}.LocalPool", lambda *_, **__: InlinePool())


@pytest.fixture
def command(folder: Folder, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command on the folder."""

    def run(name: str, *arguments: str) -> tuple[int, str]:
        return cli.main([name, "--data-dir", str(folder.root), *arguments]), capsys.readouterr().out

    return run
