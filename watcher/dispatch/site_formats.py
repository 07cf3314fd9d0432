"""The known formats of a site: read again when their folder changes, and written by `accept`."""

import contextlib
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

from processing import storage
from processing.formats.toml_files import FormatFile, SiteFormats, site_formats, state_of
from watcher.job import Logger
from watcher.system.areas import PROFILES, folder_in, join, read_file
from watcher.system.filesystem import FileSystem, exists
from watcher.system.lock import is_locked

_WAIT_SECONDS = 1.0
"""How long a file that is overwritten in place may go unnoticed; a new or renamed one is noticed at once."""


class SiteFolder:
    """Gives the formats of a folder. One thread uses it."""

    def __init__(self, folder: Path, log: Logger) -> None:
        self._folder, self._log = folder, log
        self._found = SiteFormats()
        self._changed_at = self._next_time = 0.0
        self._state: object = ()

    def files(self) -> tuple[FormatFile, ...]:
        """Return the files of the formats that can be used; log what is wrong with others, once each."""
        changed_at = self._changed()
        now = time.monotonic()
        if changed_at == self._changed_at and now < self._next_time:
            return self._found.files
        self._changed_at, self._next_time = changed_at, now + _WAIT_SECONDS
        state = state_of(self._folder)
        if state != self._state:
            self._state = state
            before, self._found = self._found, site_formats(self._folder)
            for problem in sorted(set(self._found.problems).difference(before.problems)):
                self._log.warning("format.wrong", message=problem)
            self._log.info("format.read", formats=[one.name for one in self._found.files])
        return self._found.files

    def _changed(self) -> float:
        try:
            return self._folder.stat().st_mtime_ns
        except OSError:
            return 0.0


@contextlib.contextmanager
def written(
    fs: FileSystem, data_dir: bytes, name: bytes, text: bytes, check: Callable[[], object]
) -> Iterator[tuple[bytes, bytes | None]]:
    """Write the file `name` of a format durably; yield its path, and that of the copy of an earlier one.

    Until the block ends, another `accept` waits. `check` is called once no other one is at work; nothing is
    written if it raises.
    """
    with folder_in(fs, data_dir, PROFILES) as root:
        if not exists(fs, PROFILES, root):
            with contextlib.suppress(FileExistsError):
                fs.mkdir(PROFILES, root)
        fs.fsync_folder(root)
    with folder_in(fs, data_dir, join(PROFILES, name)) as folder:
        if is_locked(folder):
            for each, _ in list(fs.scan(folder)):
                if each.startswith(storage.TMP_PREFIX):  # left by a crash: nobody else writes here now
                    storage.remove_temporary(fs, each, folder)
        check()
        kept = _keep(fs, name, folder, read_file(fs, data_dir, join(PROFILES, name)), text)
        storage.replace(fs, name, folder, text, sync=True)
        fs.fsync_folder(folder)
        yield join(data_dir, PROFILES, name), kept and join(data_dir, PROFILES, kept)


def _keep(fs: FileSystem, name: bytes, folder: int, current: bytes | None, text: bytes) -> bytes | None:
    """Copy a format of other text, which may have been edited; return the name, which is no format's."""
    if current is None or current == text:
        return None
    numbered = (b"%s.%d" % (name, number) for number in count(1))
    kept = next(each for each in numbered if not exists(fs, each, folder))
    storage.replace(fs, kept, folder, current, sync=True)
    return kept
