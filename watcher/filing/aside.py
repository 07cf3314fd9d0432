"""Renames a source before it is moved, so that no writer can open it any more.

A writer may open a file between the worker's last check and the move. After the rename no further writer can
open it, and one that opened it before either still has it open or has changed it: both can be detected. A
file that was written to gets its name back. Any other file is moved, copied or removed.

If the kernel does not say whether a file is open for writing, a copy that is to be removed keeps this name
until it has been unchanged for so long that no writer is expected any more.

A crash leaves the file in incoming under this name. The next start gives it its own name back.
"""

import contextlib
import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, field

from processing import file_naming
from watcher.filing import moves
from watcher.filing.moves import ReplacedError, SourceFile
from watcher.job import Logger, file_fields
from watcher.system.areas import INCOMING, folder_in, join
from watcher.system.filesystem import FileSystem, Lease, errno_text, opened

RETRY_SECONDS = 1.0
"""How soon a failed removal or renaming is tried again."""
GIVEN_UP_SECONDS = 30.0
"""A single run ends after this many seconds of failures. The next start continues."""


@dataclass
class Aside:
    """A renamed source: its sub-folder of incoming, its own name, and the file."""

    below: bytes
    wanted: bytes
    source: SourceFile
    is_sure: bool = True
    """False if the kernel did not say whether somebody writes to it."""
    is_linked: bool = False
    """Whether the file has another name, by which a writer may open it."""
    due_at: float = 0.0
    """The time at which the file is removed or renamed; 0 for at once."""
    restores_name: bool = False
    """Whether the file then gets its name back; otherwise it is removed."""
    failing_since: float = math.inf

    @property
    def path(self) -> bytes:
        """Its own name below incoming."""
        return join(self.below, self.wanted)


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
    log: Logger
    _kept: list[Aside] = field(default_factory=list)
    """Renamed sources that are removed or get their names back later."""

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

    def check(self, aside: Aside) -> None:
        """Check that nobody writes to a source and that it is what was read, else raise ReplacedError."""
        source = aside.source
        if not source.identity.matches(self.fs.stat(source.name, source.folder), moved=True):
            raise ReplacedError  # whatever has the name now must not even be opened
        with opened(self.fs, source.name, source.folder) as descriptor:
            lease = self.fs.probe_lease(descriptor)
            found = self.fs.fstat(descriptor)
        if lease is Lease.WRITTEN_TO or not source.identity.matches(found, moved=True):
            raise ReplacedError
        aside.is_sure, aside.is_linked = lease is Lease.FREE, found.st_nlink > 1

    def remove(self, aside: Aside) -> None:
        """Remove a source whose bytes are archived, at once or after a time without changes."""
        seconds = 0.0 if aside.is_sure else self.quiet_seconds(aside.path)
        if seconds:
            aside.due_at = self.clock() + seconds
            self._kept.append(aside)
        else:
            self.fs.unlink(aside.source.name, aside.source.folder)

    def restore_name(self, aside: Aside) -> None:
        """Give a source its name back, later if that fails now."""
        source = aside.source
        try:
            moves.give_name(self.fs, source.name, source.folder, aside.wanted)
        except OSError as error:
            aside.restores_name = True
            self._kept.append(aside)
            self._failed(aside, error)

    def given_up(self) -> list[bytes]:
        """Return the names of those that have failed for GIVEN_UP_SECONDS."""
        before = self.clock() - GIVEN_UP_SECONDS
        return [each.path for each in self._kept if each.failing_since <= before]

    def wait_seconds(self) -> float:
        """Return the seconds until the next one is due; infinity if none waits."""
        return max(0.0, min((each.due_at for each in self._kept), default=float("inf")) - self.clock())

    def end_waits(self) -> list[bytes]:
        """Handle all that are due; return the names of files that are in incoming again."""
        now = self.clock()
        back = []
        for aside in [each for each in self._kept if each.due_at <= now]:
            try:
                with (
                    contextlib.suppress(FileNotFoundError),  # its owner took it
                    folder_in(self.fs, self.data_dir, join(INCOMING, aside.path)) as folder,
                ):
                    back += self._end(aside, folder)
            except OSError as error:
                self._failed(aside, error)
            else:
                self._kept.remove(aside)
        return back

    def _failed(self, aside: Aside, error: OSError) -> None:
        aside.due_at = self.clock() + RETRY_SECONDS
        if aside.failing_since == math.inf:
            aside.failing_since = self.clock()
            self.log.warning("file.blocked", error=errno_text(error.errno), **file_fields(aside.path))

    def _end(self, aside: Aside, folder: int) -> list[bytes]:
        source = aside.source
        found = self.fs.stat(source.name, folder)
        if aside.restores_name or not source.identity.matches(found, moved=True):
            return [join(aside.below, moves.give_name(self.fs, source.name, folder, aside.wanted))]
        self.fs.unlink(source.name, folder)
        self.fs.fsync_folder(folder)
        return []
