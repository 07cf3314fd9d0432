"""A data folder to commit files in, without a daemon; calls of its file system can be made to fail."""

import hashlib
import json
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.support.log_lines import NoLog
from watcher.filing import recovery
from watcher.filing.transaction import Transaction
from watcher.job import Answer, Committed, Deferral, Identity
from watcher.system.filesystem import FileSystem

TEXT = b"timestamp,voltage,current\n2026-01-01T12:00:00,25,5\n"


class FailingFileSystem(FileSystem):
    """The real calls, but those in `fail` fail with an errno; `before` has actions that run before a call."""

    def __init__(self) -> None:
        super().__init__()
        self.fail: dict[str, int] = {}
        self.before: dict[str, Callable[[], None]] = {}

    def _maybe(self, call: str) -> None:
        if call in self.before:
            self.before.pop(call)()
        if call in self.fail:
            raise OSError(self.fail[call], os.strerror(self.fail[call]))

    def rename_noreplace(self, source: bytes, source_folder: int, target: bytes, target_folder: int) -> None:
        self._maybe("rename_noreplace")
        super().rename_noreplace(source, source_folder, target, target_folder)

    def link(self, source: bytes, source_folder: int, target: bytes, target_folder: int) -> None:
        self._maybe("link")
        super().link(source, source_folder, target, target_folder)

    def fsync_folder(self, folder: int) -> None:
        self._maybe("fsync_folder")
        super().fsync_folder(folder)

    def unlink(self, name: bytes, folder: int) -> None:
        self._maybe("unlink")
        super().unlink(name, folder)


class DataFolder:
    """A data folder with a transaction on it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.fs = FailingFileSystem()
        recovery.make_folders(self.fs, os.fsencode(root))
        self.again()

    def again(self) -> None:
        """Start another run."""
        self.transaction = Transaction(os.fsencode(self.root), self.fs, NoLog())

    def drop(self, name: str | bytes, text: bytes = TEXT) -> None:
        path = os.path.join(os.fsencode(self.root), b"incoming", os.fsencode(name))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(text)

    def answer(self, name: str | bytes, *, accepted: bool = True, attempts: int = 1) -> Answer:
        raw = os.fsencode(name)
        path = os.path.join(os.fsencode(self.root), b"incoming", raw)
        with open(path, "rb") as file:
            sha256 = hashlib.sha256(file.read()).hexdigest()
        record: dict[str, object] = {
            "input": {"name": raw.decode("utf-8", "backslashreplace"), "bytes": 1, "sha256": sha256},
            "status": "success" if accepted else "error",
        }
        if not accepted:
            record |= {
                "error": {"code": "empty_file"},
                "attempts": attempts,
                "quarantined_at": "2026-01-01T00:00:00Z",
            }
        return Answer(
            name=raw,
            identity=Identity.of(os.lstat(path)),
            sha256=sha256,
            accepted=accepted,
            record=json.dumps(record).encode(),
            summary={},
            milliseconds={},
        )

    def file(self, name: str | bytes, *, accepted: bool = True) -> Committed | Deferral:
        return self.commit([self.answer(name, accepted=accepted)])[0]

    def commit(self, answers: Sequence[Answer]) -> list[Committed | Deferral]:
        return self.transaction.end(self.transaction.begin(answers))[0]

    def tree(self) -> list[str]:
        found = [str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file()]
        return sorted(found, key=lambda path: (re.sub(r"[.][0-9a-f]{12}[.]", ".~.", path), path))

    def record(self, path: str) -> dict[str, object]:
        document: dict[str, object] = json.loads((self.root / path).read_text())
        return document


def replace_at_rename(place: DataFolder, number: int) -> None:
    """Replace incoming/x.csv as most programs do, before the renaming of this number from now on."""

    def act() -> None:
        if number > 1:
            replace_at_rename(place, number - 1)
            return
        other = place.root / "incoming/.upload"
        other.write_bytes(b"newer")
        other.rename(place.root / "incoming/x.csv")

    place.fs.before["rename_noreplace"] = act


def when_it_steps_aside(place: DataFolder, act: Callable[[], None]) -> None:
    """Run `act` between the last check of a source and its renaming."""
    rename = place.fs.rename_noreplace

    def acting(source: bytes, source_folder: int, target: bytes, target_folder: int) -> None:
        if target.startswith(b".aside-"):
            act()
        rename(source, source_folder, target, target_folder)

    place.fs.rename_noreplace = acting  # type: ignore[method-assign]
