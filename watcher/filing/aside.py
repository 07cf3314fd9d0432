"""Renames a source before it is moved, so that no writer can open it any more.

A writer may open a file between the worker's last check and the move. After the rename no further writer can
open it, and one that opened it before either still has it open or has changed it: both can be detected. A
file that was written to gets its name back. Any other file is moved, copied or removed.

If the kernel does not say whether a file is open for writing, a copy that is to be removed keeps this name
until it has been unchanged for so long that no writer is expected any more.

A crash leaves the file in incoming under this name. The next start gives it its own name back.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from processing import file_naming
from watcher.filing import moves
from watcher.filing.moves import ReplacedError, SourceFile
from watcher.system.directories import INCOMING, Folders, join
from watcher.system.filesystem import FileSystem, Lease, opened

RETRY_SECONDS = 1.0
"""How soon a failed removal or renaming is tried again."""
GIVEN_UP_SECONDS = 30.0
"""A single run ends after so many seconds of failures. The next start continues."""


class Aside(NamedTuple):
    """A renamed source: its sub-folder of incoming, its own name, and the file."""

    below: bytes
    wanted: bytes
    source: SourceFile


class Checked(NamedTuple):
    """What a check of a source found out; nobody writes to it."""

    sure: bool
    """False if the kernel did not say whether somebody writes to it."""
    linked: bool
    """Whether it has another name, by which a writer may open it."""


@dataclass
class _Kept:
    """A source that is to be removed or renamed later."""

    aside: Aside
    due_at: float
    give_back: bool
    """Whether it is to get its name back; otherwise it is to be removed."""
    failing_since: float | None = None


@dataclass
class Asides:
    """The renamed sources of one data folder.

    `quiet_seconds` returns for a file's name how many seconds of `clock` a copy must be unchanged before it
    is removed if the kernel does not say whether somebody writes to it.
    """

    fs: FileSystem
    data_dir: bytes
    quiet_seconds: Callable[[bytes], float]
    clock: Callable[[], float]
    _kept: list[_Kept] = field(default_factory=list)
    _failures: list[tuple[bytes, OSError]] = field(default_factory=list)

    def __len__(self) -> int:
        """Return how many sources wait to be removed or to get their names back."""
        return len(self._kept)

    def step_aside(self, source: SourceFile, below: bytes) -> Aside:
        """Rename a source; FileNotFoundError if its owner took the file."""
        for number in itertools.count():
            name = file_naming.aside_name(source.name, number)
            with contextlib.suppress(FileExistsError):
                moves.move_noreplace(self.fs, source.name, source.folder, name, source.folder, by_link=False)
                break
        return Aside(below, source.name, source._replace(name=name))

    def check(self, aside: Aside) -> Checked:
        """Check that nobody writes to a source and that it is what was read, else raise ReplacedError."""
        source = aside.source
        if not source.identity.matches(self.fs.stat(source.name, source.folder), moved=True):
            raise ReplacedError  # another thing in its place must not even be opened
        with opened(self.fs, source.name, source.folder) as descriptor:
            lease = self.fs.probe_lease(descriptor)
            found = self.fs.fstat(descriptor)
        if lease is Lease.WRITTEN_TO or not source.identity.matches(found, moved=True):
            raise ReplacedError
        return Checked(lease is Lease.FREE, found.st_nlink > 1)

    def remove(self, aside: Aside, checked: Checked) -> None:
        """Remove a source whose bytes are archived, at once or after a time without changes."""
        seconds = 0.0 if checked.sure else self.quiet_seconds(join(aside.below, aside.wanted))
        if seconds:
            self._kept.append(_Kept(aside, self.clock() + seconds, give_back=False))
        else:
            self.fs.unlink(aside.source.name, aside.source.folder)

    def give_back(self, aside: Aside) -> None:
        """Give a source its name back, later if that fails now."""
        source = aside.source
        try:
            moves.give_name(self.fs, source.name, source.folder, aside.wanted)
        except OSError as error:
            kept = _Kept(aside, 0.0, give_back=True)
            self._kept.append(kept)
            self._failed(kept, error)

    def failures(self) -> list[tuple[bytes, OSError]]:
        """Return the names that have failed since the last call, with their errors; each name once."""
        failures, self._failures = self._failures, []
        return failures

    def given_up(self) -> list[bytes]:
        """Return the names of those that have failed for GIVEN_UP_SECONDS."""
        before = self.clock() - GIVEN_UP_SECONDS
        failing = [
            each for each in self._kept if each.failing_since is not None and each.failing_since <= before
        ]
        return [join(each.aside.below, each.aside.wanted) for each in failing]

    def wait_seconds(self) -> float | None:
        """Return the seconds until the next one is due, None if none waits."""
        return max(0.0, min(each.due_at for each in self._kept) - self.clock()) if self._kept else None

    def end_waits(self) -> list[bytes]:
        """Handle all that are due; return the names of files that are in incoming again."""
        now = self.clock()
        back = []
        for kept in [each for each in self._kept if each.due_at <= now]:
            try:
                back += self._end(kept)
            except FileNotFoundError:
                self._kept.remove(kept)  # its owner took it
            except OSError as error:
                self._failed(kept, error)
            else:
                self._kept.remove(kept)
        return back

    def _failed(self, kept: _Kept, error: OSError) -> None:
        kept.due_at = self.clock() + RETRY_SECONDS
        if kept.failing_since is None:
            kept.failing_since = self.clock()
            self._failures.append((join(kept.aside.below, kept.aside.wanted), error))

    def _end(self, kept: _Kept) -> list[bytes]:
        below, wanted, source = kept.aside
        with Folders(self.fs, self.data_dir, set()) as folders:
            folder = folders.get(INCOMING, below)
            found = self.fs.stat(source.name, folder)
            if kept.give_back or not source.identity.matches(found, moved=True):
                back = moves.give_name(self.fs, source.name, folder, wanted)
                return [join(below, back)]
            self.fs.unlink(source.name, folder)
            self.fs.fsync_folder(folder)
        return []
