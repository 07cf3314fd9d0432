"""A source gets another name before it is filed, so that no writer can open it any more.

A writer may open a file between the worker's last check and the move. After the rename, a writer that opened
it before still holds it open or has changed it, which can be seen, and no other can open it. A file that was
written to gets its name back; any other is now moved, copied or removed, and no writer is left on it.

If the kernel does not say whether a file is open for writing, a copy that is to be removed is kept under
this name until it has been unchanged for so long that nobody can be expected to write to it.

A crash leaves the file in incoming under this name. The next start gives it its own name back.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from processing import file_naming
from watcher.filing import moves
from watcher.filing.moves import ReplacedError, SourceFile
from watcher.system.directories import INCOMING, Folders, join
from watcher.system.filesystem import FileSystem, Lease, opened

AGAIN_SECONDS = 1.0
"""How soon it is tried again to give a file its name back, or to remove a kept one."""
GIVEN_UP_SECONDS = 30.0
"""After so long without success a single run ends without it; the next start goes on."""


class Aside(NamedTuple):
    """A source that has stepped aside: its folder below incoming, its own name, and itself."""

    below: bytes
    wanted: bytes
    source: SourceFile


class Checked(NamedTuple):
    """What is known of a source that nobody writes to."""

    sure: bool
    """Whether the kernel said so: False if it did not say."""
    linked: bool
    """Whether another name may lead a writer to it."""


@dataclass
class _Kept:
    aside: Aside
    due_at: float
    give_back: bool
    """Its name was not given back yet; otherwise it is to be removed."""
    failing_since: float | None = None


class Asides:
    """The sources that have stepped aside, in one data folder.

    `rest_of` tells by a file's name for how many seconds of `clock` a copy must be unchanged before it is
    removed, if the kernel does not say who writes to it.
    """

    def __init__(
        self,
        fs: FileSystem,
        data_dir: bytes,
        *,
        quiet_seconds: Callable[[bytes], float],
        clock: Callable[[], float],
    ) -> None:
        self._fs = fs
        self._data_dir = data_dir
        self._quiet_seconds = quiet_seconds
        self._clock = clock
        self._kept: list[_Kept] = []
        self._failures: list[tuple[bytes, OSError]] = []

    def __len__(self) -> int:
        """Return how many wait to be removed or to get their names back."""
        return len(self._kept)

    def step_aside(self, source: SourceFile, below: bytes) -> Aside:
        """Take a source's name away; FileNotFoundError if its owner took the file."""
        for number in itertools.count():
            name = file_naming.aside_name(source.name, number)
            with contextlib.suppress(FileExistsError):
                moves.move_noreplace(self._fs, source.name, source.folder, name, source.folder, by_link=False)
                break
        return Aside(below, source.name, source._replace(name=name))

    def check(self, aside: Aside) -> Checked:
        """See that nobody writes to a source and that it is what was read, else raise ReplacedError."""
        source = aside.source
        if not source.identity.matches(self._fs.stat(source.name, source.folder), moved=True):
            raise ReplacedError  # what else was put there must not even be opened
        with opened(self._fs, source.name, source.folder) as descriptor:
            lease = self._fs.probe_lease(descriptor)
            found = self._fs.fstat(descriptor)
        if lease is Lease.WRITTEN_TO or not source.identity.matches(found, moved=True):
            raise ReplacedError
        return Checked(lease is Lease.FREE, found.st_nlink > 1)

    def remove(self, aside: Aside, checked: Checked) -> None:
        """Remove a source whose bytes are filed, at once or after its rest."""
        rest = 0.0 if checked.sure else self._quiet_seconds(join(aside.below, aside.wanted))
        if rest:
            self._kept.append(_Kept(aside, self._clock() + rest, give_back=False))
        else:
            self._fs.unlink(aside.source.name, aside.source.folder)

    def give_back(self, aside: Aside) -> None:
        """Give a source its name back, later if it cannot be done now."""
        source = aside.source
        try:
            moves.give_name(self._fs, source.name, source.folder, aside.wanted)
        except OSError as error:
            kept = _Kept(aside, 0.0, give_back=True)
            self._kept.append(kept)
            self._failed(kept, error)

    def failures(self) -> list[tuple[bytes, OSError]]:
        """Return the names, each once, that since the last call were found to fail, and why."""
        failures, self._failures = self._failures, []
        return failures

    def given_up(self) -> list[bytes]:
        """Return the names of those that could for long neither be removed nor get their names back."""
        before = self._clock() - GIVEN_UP_SECONDS
        failing = [
            each for each in self._kept if each.failing_since is not None and each.failing_since <= before
        ]
        return [join(each.aside.below, each.aside.wanted) for each in failing]

    def wait_seconds(self) -> float | None:
        """Return the seconds until one is due, None if none waits."""
        return max(0.0, min(each.due_at for each in self._kept) - self._clock()) if self._kept else None

    def end_waits(self) -> list[bytes]:
        """Remove what has been unchanged for its rest; return the names of what is in incoming again."""
        now = self._clock()
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
        kept.due_at = self._clock() + AGAIN_SECONDS
        if kept.failing_since is None:
            kept.failing_since = self._clock()
            self._failures.append((join(kept.aside.below, kept.aside.wanted), error))

    def _end(self, kept: _Kept) -> list[bytes]:
        below, wanted, source = kept.aside
        with Folders(self._fs, self._data_dir, set()) as folders:
            folder = folders.get(INCOMING, below)
            found = self._fs.stat(source.name, folder)
            if kept.give_back or not source.identity.matches(found, moved=True):
                back = moves.give_name(self._fs, source.name, folder, wanted)
                return [join(below, back)]
            self._fs.unlink(source.name, folder)
            self._fs.fsync_folder(folder)
        return []
