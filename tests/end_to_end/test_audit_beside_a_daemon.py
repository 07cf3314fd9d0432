"""The audit finds nothing while a daemon works, retries run, and folders of the data folder are links."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from tests.support.in_process import run_once
from tests.support.program import BROKEN, GOOD, Folder, Runs, wait_until
from watcher import cli
from watcher.commands import retry
from watcher.commands.audit import audit
from watcher.system.areas import AREAS
from watcher.system.filesystem import FileSystem

AUDITS = 10


class Sender(threading.Thread):
    """Drops good, broken, repeated and corrected files, and retries, until it is stopped."""

    def __init__(self, folder: Folder) -> None:
        super().__init__()
        self._folder = folder
        self.stopped = threading.Event()
        self.dropped = 0

    def run(self) -> None:
        while not self.stopped.wait(0.002):
            number = self.dropped
            self.put(f"device-{number % 3}/{number // 4}.csv", (GOOD, BROKEN, GOOD, BROKEN)[number % 4])
            if number % 10 == 0:
                for name in list(retry.quarantined(FileSystem(), os.fsencode(self._folder.root)))[:3]:
                    retry.retry(FileSystem(), os.fsencode(self._folder.root), name)
            self.dropped += 1

    def put(self, name: str, content: bytes) -> None:
        hidden = self._folder.drop(f"{name}.part", content)
        hidden.rename(self._folder.incoming / name)


@pytest.mark.timeout(120)
def test_an_audit_beside_a_daemon_that_works_finds_nothing(
    folder: Folder, runs: Runs, capsys: pytest.CaptureFixture[str]
) -> None:
    daemon = runs.daemon(folder, "--settle", "0")
    sender = Sender(folder)
    sender.start()
    red: list[str] = []
    try:
        wait_until(lambda: sender.dropped > 10, "the sender sends")
        for _ in range(AUDITS):
            code = cli.main(["audit", "--data-dir", str(folder.root)])
            said = capsys.readouterr().out
            red += [said] if code else []
    finally:
        sender.stopped.set()
        sender.join()
    assert red == []
    assert daemon.stop().code == 0


def test_folders_that_are_links_are_followed_by_the_daemon_and_by_all_commands(
    folder: Folder, tmp_path: Path
) -> None:
    folder.incoming.rmdir()
    for area in map(os.fsdecode, AREAS):
        (tmp_path / f"elsewhere-{area}").mkdir()
        (folder.root / area).symlink_to(tmp_path / f"elsewhere-{area}")
    folder.drop("device/x.csv")
    folder.drop("bad.csv", BROKEN)
    assert run_once(folder).code == 1
    root = os.fsencode(folder.root)
    assert [str(finding) for finding in audit(FileSystem(), root)] == []
    assert (folder.root / "processed/index.html").exists()
    assert (folder.root / "processed/device/x.html").exists()
    data = ["--data-dir", str(folder.root)]
    assert cli.main(["check", *data]) == 0
    assert cli.main(["report", *data]) == 0
    assert cli.main(["retry", "--all", *data]) == 0
    assert cli.main(["prune", "--older-than", "0", *data]) == 0
    assert run_once(folder).code == 1
    assert [str(finding) for finding in audit(FileSystem(), root)] == []
