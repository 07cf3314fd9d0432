"""The known formats of a site, read again when their folder changes."""

import time
from pathlib import Path

from processing.formats.toml_files import FormatFile, SiteFormats, site_formats, state_of
from watcher.job import Logger

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
