"""Files what is in incoming without starting a program: for tests of what is done with filed files."""

from __future__ import annotations

import os
from pathlib import Path

from processing.formats.toml_files import site_formats
from processing.model.profile import DEFAULT
from tests.support.log_lines import NoLog
from tests.support.program import Folder
from watcher.commands.audit import audit
from watcher.dispatch.worker_task import WorkerTask, process
from watcher.filing import recovery
from watcher.filing.transaction import Transaction
from watcher.job import Answer, Committed, Identity, Job
from watcher.system.filesystem import FileSystem


def file_all(folder: Folder) -> None:
    """Process and commit every file in incoming, as a daemon does, in this process."""
    formats = site_formats(folder.root / "profiles").files
    root, fs = os.fsencode(folder.root), FileSystem(durable=False)
    recovery.make_folders(fs, root)
    answers = []
    for path in sorted(path for path in folder.incoming.rglob("*") if path.is_file()):
        name = os.fsencode(path.relative_to(folder.incoming))
        job = Job(name, Identity.of(path.lstat()), seen_at=0.0, attempt=1)
        answer = process(WorkerTask(os.fsencode(folder.incoming), job, DEFAULT, 1 << 29, formats))
        assert isinstance(answer, Answer), answer
        answers.append(answer)
    transaction = Transaction(root, fs, NoLog())
    committed, sync_errors = transaction.end(transaction.begin(answers))
    assert sync_errors == []
    assert all(isinstance(each, Committed) for each in committed), committed


def findings(root: Path) -> list[str]:
    """Return what the audit of a data folder finds."""
    return [str(finding) for finding in audit(FileSystem(), os.fsencode(root))]
