"""`reprocess`: archived files are processed again, and new results take the place of the old ones."""

import argparse
import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from typing import NamedTuple

import msgspec

from processing import file_naming
from processing.model.profile import Caps, Profile, profile_hash
from processing.model.safe_text import counted, text_of
from processing.printing import say
from processing.workers.local_pool import LocalPool
from watcher.commands.registry import name_below
from watcher.dispatch.worker_task import WorkerTask, process
from watcher.errors import ExitCode, SettingsError
from watcher.filing import history, record_header
from watcher.filing.record_header import Damaged, Head
from watcher.job import Answer, Deferral, Identity, Job
from watcher.settings import Settings
from watcher.system.directories import ARCHIVE, PROCESSED, Folders, walk
from watcher.system.filesystem import FileSystem, exists
from watcher.system.lock import Lock

_JOBS_PER_WORKER = 4
_NO_RESULT = "its result is missing or does not fit it; see `audit`"


class _Reprocessed(NamedTuple):
    """What became of one file: why its result stays, empty if it was replaced."""

    name: bytes
    problem: str = ""
    is_rejected: bool = False


class _Found(NamedTuple):
    """An archived file and its result."""

    name: bytes
    """Below the archive."""
    head: Head
    record: bytes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="a file's name below archive")
    parser.add_argument("--all", action="store_true", help="every archived file")
    older = "every archived file whose result was made with another profile than it gets now"
    parser.add_argument("--older-profile", action="store_true", help=older)


def run(chosen: Settings, given: argparse.Namespace) -> ExitCode:
    """Process the named files again, or all, or those with an older profile."""
    if bool(given.names) + given.all + given.older_profile != 1:
        raise SettingsError("name the files, or give --all or --older-profile")
    lock = Lock(chosen.data_dir)
    lock.take()  # only its holder replaces results; the process holds it to its end
    pool = LocalPool(chosen.workers, chosen.file_seconds, chosen.file_memory)
    try:
        work = _Reprocessing(chosen, pool, only_older=given.older_profile)
        outcomes = list(map(_printed, work.run(given.names)))
    finally:
        pool.shutdown()
    left = sum(bool(each.problem) for each in outcomes)
    kept = f", {left} left as they were" if left else ""
    say(f"{counted(len(outcomes) - left, 'file')} reprocessed{kept}")
    if any(each.problem and not each.is_rejected for each in outcomes):
        return ExitCode.LEFT_BEHIND
    return ExitCode.QUARANTINED if left else ExitCode.CLEAN


def _printed(outcome: _Reprocessed) -> _Reprocessed:
    say(f"{text_of(outcome.name)}: {outcome.problem or 'reprocessed'}")
    return outcome


class _Reprocessing:
    """Has files processed by a pool and replaces their results, for the holder of the lock."""

    def __init__(self, chosen: Settings, pool: LocalPool, *, only_older: bool) -> None:
        self._chosen = chosen
        self._pool = pool
        self._only_older = only_older
        self._fs = FileSystem(durable=chosen.durability == "full")
        self._data_dir = os.fsencode(chosen.data_dir)

    def run(self, paths: list[str]) -> Iterator[_Reprocessed]:
        """Yield what became of each file."""
        waiting: deque[tuple[_Found, Future[Answer | Deferral]]] = deque()
        for name in self._names(paths):
            found = self._find(name)
            if isinstance(found, str):
                yield _Reprocessed(name, found)
                continue
            profile = self._profile_of(found.head.name)
            if self._only_older and _hash_in(found.record) == profile_hash(profile):
                continue
            waiting.append((found, self._pool.submit(process, self._task(found, profile), None)))
            if len(waiting) >= _JOBS_PER_WORKER * self._chosen.workers:
                yield self._ended(*waiting.popleft())
        while waiting:
            yield self._ended(*waiting.popleft())

    def _names(self, paths: list[str]) -> Iterator[bytes]:
        for path in paths:
            yield name_below(self._chosen.data_dir / "archive", path) or os.fsencode(path)
        if not paths:
            for below, name, _ in walk(self._fs, self._data_dir, ARCHIVE):
                if file_naming.parts_of(name).extension:
                    yield below + b"/" + name if below else name

    def _find(self, name: bytes) -> _Found | str:
        """Return an archived file with its result, or why there is none."""
        if not record_header.is_below(name):
            return "there is no such file in the archive"
        parts = file_naming.parts_of(name)
        record = file_naming.record_of(parts.base, quarantined=False)
        with Folders(self._fs, self._data_dir) as folders:
            try:
                if not exists(self._fs, parts.base, folders.get(ARCHIVE, parts.folder)):
                    return "there is no such file in the archive"
                folder = folders.get(PROCESSED, parts.folder)
                content = record_header.read_content(self._fs, record, folder)
            except (FileNotFoundError, NotADirectoryError):
                return _NO_RESULT
        head = content if isinstance(content, Damaged) else record_header.checked(content, quarantined=False)
        if isinstance(content, Damaged) or isinstance(head, Damaged):
            return _NO_RESULT
        if head.source == record_header.API or not head.is_of(name, record, quarantined=False):
            return _NO_RESULT
        return _Found(name, head, content)

    def _profile_of(self, name: bytes) -> Profile:
        chosen = self._chosen
        caps = Caps(chosen.max_file_bytes, chosen.file_memory, chosen.max_invalid)
        return msgspec.structs.replace(chosen.profiles.for_name(name), caps=caps)

    def _task(self, found: _Found, profile: Profile) -> WorkerTask:
        parts, archive = (
            file_naming.parts_of(found.name),
            os.fsencode((self._chosen.data_dir / "archive").absolute()),
        )
        with Folders(self._fs, self._data_dir) as folders:
            state = self._fs.stat(parts.base, folders.get(ARCHIVE, parts.folder))
        job = Job(found.head.name, Identity.of(state), seen_at=0.0)
        return WorkerTask(archive, job, profile, self._chosen.file_memory, path=found.name)

    def _ended(self, found: _Found, future: "Future[Answer | Deferral]") -> _Reprocessed:
        try:
            answer = future.result()
        except Exception as error:  # noqa: BLE001 - the other files go on
            return _Reprocessed(found.name, str(error) or type(error).__name__)
        if isinstance(answer, Deferral):
            return _Reprocessed(found.name, answer.reason.text(answer.error))
        if answer.sha256 != found.head.sha256:
            return _Reprocessed(found.name, "its bytes are not those of its result; see `audit`")
        if not answer.accepted:
            why = f"{answer.summary['reason']}: {answer.summary['message']}"
            return _Reprocessed(found.name, f"{why}; its result stays", is_rejected=True)
        parts = file_naming.parts_of(found.name)
        record = file_naming.record_of(parts.base, quarantined=False)
        new = record_header.with_past(answer.record, found.record)
        with Folders(self._fs, self._data_dir) as folders:
            history.replace_result(folders, parts.folder, record, found.record, new)
        return _Reprocessed(found.name)


def _hash_in(record: bytes) -> str | None:
    """Return the hash of the profile that made a result; older results have none."""
    return msgspec.json.decode(record)["profile"].get("sha256")  # type: ignore[no-any-return]
