"""`reprocess`: archived files are processed again, and new results take the place of the old ones.

Only the holder of the lock replaces results. If a daemon holds it, the command hands it the names in parts
and waits; the daemon uses its own settings.
"""

import argparse
import base64
import os
import signal
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from processing import file_naming
from processing.model.safe_text import text_of
from processing.printing import say
from processing.workers.local_pool import LocalPool
from watcher.commands import report
from watcher.commands.registry import name_in
from watcher.dispatch.reprocessing import Reprocessed, Reprocessing, ReprocessKind
from watcher.errors import ExitCode, FatalError, LockedError, SettingsError
from watcher.monitoring import control_client
from watcher.monitoring.control_client import Document
from watcher.monitoring.reprocess_requests import MAX_NAMES
from watcher.settings import Settings
from watcher.system.areas import ARCHIVE, join, walk
from watcher.system.filesystem import FileSystem
from watcher.system.lock import Lock

_JOBS_PER_WORKER = 4
_PARTS_AHEAD = 2
"""Parts that the daemon holds at a time: one is processed while the outcomes of the other are collected."""
_PART_BYTES = 3_500
"""Bytes of names in a question, which must be shorter than MAX_QUESTION_BYTES."""
_POLL_SECONDS = 0.1
_ATTEMPTS = 5
_BY_DAEMON = "watcher: the daemon processes them, with its own settings"
_TOO_LONG = "its name is too long to be handed to the daemon: stop that first"
_STOPPED = "stopped by a signal"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="a file's name below archive")
    parser.add_argument("--all", action="store_true", help="every archived file")
    older = "every archived file whose result was made with another profile than it gets now"
    parser.add_argument("--older-profile", action="store_true", help=older)


def run(chosen: Settings, given: argparse.Namespace) -> ExitCode:
    """Process the named files again, or all, or those whose result was made with another profile."""
    if bool(given.names) + given.all + given.older_profile != 1:
        raise SettingsError("name the files, or give --all or --older-profile")
    stopping, lock = _stop_at_signals(), Lock(chosen.data_dir)
    unlisted: list[Reprocessed] = []
    names = _names(chosen, given.names, unlisted)
    try:
        lock.take()
    except LockedError as error:
        hand_over = _HandOver(chosen.data_dir, stopping, error, only_older=given.older_profile)
        return _exit_code(print_outcomes(chain(hand_over.run(names), unlisted)))
    try:
        outcomes = _outcomes(chosen, names, stopping, only_older=given.older_profile)
        counts = print_outcomes(chain(outcomes, unlisted))
    finally:
        lock.release()
    if counts[ReprocessKind.PROCESSED] and not stopping.is_set():
        report.draw_pages(chosen)
    return _exit_code(counts)


def _exit_code(counts: Counter[ReprocessKind]) -> ExitCode:
    if counts[ReprocessKind.NOT_DONE]:
        return ExitCode.LEFT_BEHIND
    return ExitCode.QUARANTINED if counts[ReprocessKind.REJECTED] else ExitCode.CLEAN


def print_outcomes(outcomes: Iterable[Reprocessed]) -> Counter[ReprocessKind]:
    """Print a line for each file that was not left unchanged, then how many there were of each kind."""
    counts: Counter[ReprocessKind] = Counter()
    for name, kind, why, _ in outcomes:
        counts[kind] += 1
        if kind is not ReprocessKind.UNCHANGED:
            say(f"{text_of(name)}: {kind.value}" + (f", {why}" if why else ""))
    say(", ".join(f"{counts[kind]} {kind.value}" for kind in ReprocessKind))
    return counts


def _outcomes(
    chosen: Settings, names: Iterable[bytes], stopping: threading.Event, *, only_older: bool
) -> Iterator[Reprocessed]:
    """Process the files in worker processes of this command; a stop ends those in flight."""
    pool = LocalPool(chosen.workers, chosen.file_seconds, chosen.file_memory)

    def end_work() -> None:
        stopping.wait()
        pool.shutdown()

    threading.Thread(target=end_work, daemon=True).start()
    work = Reprocessing(
        chosen,
        pool,
        _JOBS_PER_WORKER * chosen.workers,
        obstacle=lambda: _STOPPED if stopping.is_set() else "",
    )
    try:
        yield from work.run(names, only_older=only_older)
    finally:
        pool.shutdown()


def _names(chosen: Settings, paths: list[str], unlisted: list[Reprocessed]) -> Iterator[bytes]:
    """Yield the names below the archive of these paths, of every archived file if there are none.

    Folders that cannot be listed are added to `unlisted`.
    """

    def not_listed(path: bytes, error: OSError) -> None:
        why = f"it cannot be listed: {error.strerror}"
        unlisted.append(Reprocessed(path, ReprocessKind.NOT_DONE, why))

    for path in paths:
        yield name_in(chosen, ARCHIVE, path)
    if not paths:
        for below, name, _ in walk(FileSystem(), os.fsencode(chosen.data_dir), ARCHIVE, failed=not_listed):
            if file_naming.parts_of(name).extension:
                yield join(below, name)


class _HandOver:
    """Hands names to the daemon that holds the lock, a few parts at a time, and asks for their outcomes.

    `locked` is raised if no daemon answers at all.
    """

    def __init__(
        self, data_dir: Path, stopping: threading.Event, locked: LockedError, *, only_older: bool
    ) -> None:
        self._data_dir = data_dir
        self._stopping = stopping
        self._locked = locked
        self._only_older = only_older
        self._end = ""
        """Why no more parts are handed over."""

    def run(self, names: Iterable[bytes]) -> Iterator[Reprocessed]:
        """Yield what became of each file; FatalError if the daemon does not even take the first ones."""
        handed: deque[tuple[list[bytes], str]] = deque()
        is_first = True
        for part in _parts(names):
            if _question_bytes(part[0]) > _PART_BYTES:
                yield Reprocessed(part[0], ReprocessKind.NOT_DONE, _TOO_LONG)
                continue
            ticket = self._hand_over(part, is_first=is_first)
            if not ticket:
                yield from (Reprocessed(name, ReprocessKind.NOT_DONE, self._end) for name in part)
                continue
            if is_first:
                print(_BY_DAEMON, file=sys.stderr)  # noqa: T201 - to the user
            is_first = False
            handed.append((part, ticket))
            if len(handed) >= _PARTS_AHEAD:
                yield from self._collected(*handed.popleft())
        while handed:
            yield from self._collected(*handed.popleft())

    def _has_ended(self) -> bool:
        if self._stopping.is_set():
            self._end = self._end or _STOPPED
        return bool(self._end)

    def _hand_over(self, part: list[bytes], *, is_first: bool) -> str:
        """Return the ticket of a part; empty if the daemon takes no more."""
        encoded = [base64.b64encode(name).decode() for name in part]
        question = {"question": "reprocess", "names": encoded, "only_older": self._only_older}
        while not self._has_ended():
            answer = self._answer_to(question)
            if "ticket" in answer:
                return str(answer["ticket"])
            if "busy" in answer:
                time.sleep(_POLL_SECONDS)
                continue
            self._end = _sentence(answer)
            if is_first:
                raise FatalError(self._end) if "error" in answer else self._locked
        return ""

    def _collected(self, part: list[bytes], ticket: str) -> Iterator[Reprocessed]:
        """Wait until the files of a part are done, and yield what became of each."""
        while True:
            answer = self._answer_to({"question": "reprocessed", "ticket": ticket})
            if "outcomes" not in answer:
                self._end = self._end or _sentence(answer)
                why = f"it is not known what came of it ({_sentence(answer)}); ask again"
                outcomes = [(ReprocessKind.NOT_DONE.value, why)] * len(part)
                break
            if answer["outcomes"] is not None:
                outcomes = answer["outcomes"]
                break
            time.sleep(_POLL_SECONDS)
        for name, (kind, why) in zip(part, outcomes, strict=True):
            yield Reprocessed(name, ReprocessKind(kind), why)

    def _answer_to(self, question: Document) -> Document:
        """Return the daemon's answer; ask several times, since its storage may hang for a while."""
        for _ in range(_ATTEMPTS):
            answer = control_client.answer_to(question, self._data_dir)
            if answer.get("reasons", [{}])[0].get("code") != "no_answer":
                break
        return answer


def _sentence(answer: Document) -> str:
    """Return why an answer lacks what was asked for."""
    return str(answer.get("error") or answer["reasons"][0]["message"])


def _question_bytes(name: bytes) -> int:
    """Return the bytes of a name in a question."""
    return len(name) * 4 // 3 + len('==", "')


def _parts(names: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Yield the names in parts that fit into one question."""
    part: list[bytes] = []
    total = 0
    for name in names:
        if part and (len(part) == MAX_NAMES or total + _question_bytes(name) > _PART_BYTES):
            yield part
            part, total = [], 0
        part.append(name)
        total += _question_bytes(name)
    if part:
        yield part


def _stop_at_signals() -> threading.Event:
    """Return an event that the first signal sets; the second ends the process."""
    stopping = threading.Event()

    def stop(_number: int, _frame: object) -> None:
        if stopping.is_set():
            os._exit(ExitCode.LEFT_BEHIND)  # a crash at any step loses nothing
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    return stopping
