"""Archived files are processed again, and new results take the place of the old ones.

Only the holder of the lock may do this: the command `reprocess`, or the daemon that it hands its request to.
"""

import enum
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future
from typing import Any, NamedTuple

import msgspec

from processing import file_naming
from processing.formats.known_format import current_hash, takes_formats
from processing.formats.toml_files import FormatFile, known_formats, site_formats
from processing.model.profile import Profile
from processing.version import VERSION
from processing.workers.pool import WorkerPool
from watcher.dispatch.worker_task import WorkerTask, process
from watcher.filing import history, record_header
from watcher.filing.record_header import Head
from watcher.job import Answer, Deferral, DeferralReason, Identity, Job, Logger, file_fields
from watcher.monitoring.reprocess_requests import ReprocessRequests
from watcher.settings import Settings
from watcher.system.areas import ARCHIVE, PROCESSED, PROFILES, Folders
from watcher.system.filesystem import FileSystem

NO_FILE = "there is no such file in the archive"
_NO_RESULT = "its result is missing or does not fit it; see `audit`"
_STOPPED = "stopped before it was processed"
_PAST_KEYS = ("processed_at", "first_processed_at", "previous")
"""The keys of a result that describe its past, and not its input."""


class ReprocessKind(enum.Enum):
    """What became of an archived file; the values are the words that people see."""

    PROCESSED = "processed"
    UNCHANGED = "unchanged"
    """The result would be the same, or was made with the profile that the file gets now."""
    REJECTED = "rejected"
    """The file is rejected now; its result stays."""
    NOT_DONE = "not done"


class Reprocessed(NamedTuple):
    """What became of one file, why if it was not processed, and the new result's answer if it was."""

    name: bytes
    kind: ReprocessKind
    why: str = ""
    answer: Answer | None = None


class _Found(NamedTuple):
    """An archived file as it was found, with its result."""

    name: bytes
    """Below the archive."""
    identity: Identity
    head: Head
    record: bytes


class Reprocessing:
    """Has a pool process files again, at most `max_in_flight` at a time, and replaces their results.

    `obstacle` returns why nothing can be done at the moment; empty if nothing is in the way.
    """

    def __init__(
        self, chosen: Settings, pool: WorkerPool, max_in_flight: int, obstacle: Callable[[], str]
    ) -> None:
        self._chosen = chosen
        self._profiles = chosen.profiles
        self._pool = pool
        self._max_in_flight = max_in_flight
        self._obstacle = obstacle
        self._fs = FileSystem(durable=chosen.durability == "full")
        self._data_dir = os.fsencode(chosen.data_dir)
        self._archive = os.fsencode((chosen.data_dir / "archive").absolute())

    def run(self, names: Iterable[bytes], *, only_older: bool = False) -> Iterator[Reprocessed]:
        """Yield what became of each file below the archive, in the order of the names.

        With `only_older`, files whose result was made with the profile that they get now are unchanged.
        """
        begun: deque[Reprocessed | tuple[_Found, Future[Answer | Deferral]]] = deque()
        site = site_formats(self._chosen.data_dir / os.fsdecode(PROFILES)).files
        for name in names:
            begun.append(self._begin(name, site, only_older=only_older))
            while begun and (isinstance(begun[0], Reprocessed) or len(begun) >= self._max_in_flight):
                yield self._end(begun.popleft(), only_older=only_older)
        while begun:
            yield self._end(begun.popleft(), only_older=only_older)

    def _begin(
        self, name: bytes, site: tuple[FormatFile, ...], *, only_older: bool
    ) -> "Reprocessed | tuple[_Found, Future[Answer | Deferral]]":
        if why := self._obstacle():
            return Reprocessed(name, ReprocessKind.NOT_DONE, why)
        try:
            found = self._find(name)
        except Exception as error:  # noqa: BLE001 - the other files go on
            found = _explained(error)
        if isinstance(found, str):
            return Reprocessed(name, ReprocessKind.NOT_DONE, found)
        profile = self._profiles.for_name(found.head.name)
        if only_older and _is_current(found.record, profile, site):
            return Reprocessed(name, ReprocessKind.UNCHANGED)
        job = Job(found.head.name, found.identity, seen_at=0.0)
        task = WorkerTask(self._archive, job, profile, self._chosen.file_memory, site, path=name)
        try:
            return found, self._pool.submit(process, task, self._chosen.file_seconds)
        except RuntimeError:  # the pool has been shut down
            return Reprocessed(name, ReprocessKind.NOT_DONE, _STOPPED)

    def _find(self, name: bytes) -> _Found | str:
        """Return an archived file with its result, or why there is none."""
        parts = file_naming.parts_of(name)
        if not record_header.is_below(name) or not parts.extension:
            return NO_FILE
        with Folders(self._fs, self._data_dir) as folders:
            try:
                state = self._fs.stat(parts.base, folders.get(ARCHIVE, parts.folder))
            except (FileNotFoundError, NotADirectoryError):
                return NO_FILE
            try:
                results = folders.get(PROCESSED, parts.folder)
                found = record_header.read_of_input(self._fs, name, results, quarantined=False)
            except (FileNotFoundError, NotADirectoryError):
                return _NO_RESULT
        return _NO_RESULT if found is None else _Found(name, Identity.of(state), *found)

    def _end(
        self, begun: "Reprocessed | tuple[_Found, Future[Answer | Deferral]]", *, only_older: bool
    ) -> Reprocessed:
        if isinstance(begun, Reprocessed):
            return begun
        found, future = begun
        try:
            answer = future.result()
            if not isinstance(answer, Deferral):
                return self._replace_result(found, answer, only_older=only_older)
            is_gone = answer.reason is DeferralReason.GONE
            why = NO_FILE if is_gone else answer.reason.text(answer.error)
        except Exception as error:  # noqa: BLE001 - the other files go on
            why = _explained(error)
        return Reprocessed(found.name, ReprocessKind.NOT_DONE, why)

    def _replace_result(self, found: _Found, answer: Answer, *, only_older: bool) -> Reprocessed:
        """Replace the result of a file that was processed, unless the new one would be the same."""
        if answer.sha256 != found.head.sha256:
            why = "its bytes are not those of its result; see `audit`"
            return Reprocessed(found.name, ReprocessKind.NOT_DONE, why)
        if not answer.accepted:
            why = f"{answer.summary['reason']}: {answer.summary['message']}"
            return Reprocessed(found.name, ReprocessKind.REJECTED, why)
        new = record_header.with_past(answer.record, found.record)
        is_current = only_older and _hash_in(_document(new)) == _hash_in(_document(found.record))
        if is_current or _undated(new) == _undated(found.record):
            return Reprocessed(found.name, ReprocessKind.UNCHANGED)
        with Folders(self._fs, self._data_dir) as folders:
            why = history.replace_result(folders, found.name, found.record, new)
        kind = ReprocessKind.NOT_DONE if why else ReprocessKind.PROCESSED
        return Reprocessed(found.name, kind, why, None if why else answer)


def serve(
    requests: ReprocessRequests, work: Reprocessing, log: Logger, published: Callable[[], None]
) -> None:
    """Process the files that clients of the control socket name, until the requests are closed.

    `published` is called after each new result. This is for a thread of the daemon, which holds the lock.
    """
    while (part := requests.take()) is not None:
        outcomes = []
        for outcome in work.run(part.names, only_older=part.only_older):
            outcomes.append((outcome.kind.value, outcome.why))
            _log_outcome(log, outcome)
            if outcome.kind is ReprocessKind.PROCESSED:
                published()
        requests.finish(part, outcomes)


def _log_outcome(log: Logger, outcome: Reprocessed) -> None:
    name, kind, why, answer = outcome
    if answer is not None:
        fields = {"sha256": answer.sha256, **answer.summary, "ms": answer.milliseconds}
        log.info("file.reprocessed", **file_fields(name), **fields)
    elif kind is not ReprocessKind.UNCHANGED:
        log.warning("file.not_reprocessed", **file_fields(name), outcome=kind.value, error=why)


def _explained(error: Exception) -> str:
    if isinstance(error, CancelledError):
        return _STOPPED
    if isinstance(error, FileNotFoundError):
        return NO_FILE
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error) or type(error).__name__


def _is_current(record: bytes, profile: Profile, site: tuple[FormatFile, ...]) -> bool:
    """Return whether a result was certainly made with the profile that its file gets now.

    False also if this is uncertain: a format of the site, or one of another version of the program, may fit
    the file. Only processing the file again shows that.
    """
    document = _document(record)
    if takes_formats(profile) and (site or document.get("watcher_version") != VERSION):
        return False
    format_name = document["profile"].get("format_name", "")
    return bool(_hash_in(document) == current_hash(profile, format_name, known_formats(site)))


def _hash_in(document: dict[str, Any]) -> Any:
    return document["profile"].get("sha256")


def _document(record: bytes) -> dict[str, Any]:
    return msgspec.json.decode(record)  # type: ignore[no-any-return]


def _undated(record: bytes) -> dict[str, Any]:
    return {key: value for key, value in _document(record).items() if key not in _PAST_KEYS}
