"""The program in the test's own process: for facts that need no process of their own."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import structlog

from processing.workers.inline_pool import InlinePool
from processing.workers.local_pool import LocalPool
from tests.support.program import FAST, Ended, Folder, parsed
from watcher import cli
from watcher.monitoring.socket_server import SocketServer
from watcher.system.lock import Lock

Command = Callable[..., tuple[int, str]]
"""Runs a command on a folder; returns its exit code and its output."""
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGIO)


class Answer(NamedTuple):
    """What a command gave back; the fields have the names of `subprocess.CompletedProcess`."""

    returncode: int
    stdout: str
    stderr: str


def call(*arguments: str | Path, **environ: str) -> Answer:
    """Call the command line with these variables; return what it wrote on the standard descriptors."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        code = exit_code(arguments, out.fileno(), errors.fileno(), environ)
        texts = [os.pread(file.fileno(), 1 << 30, 0).decode() for file in (out, errors)]
    return Answer(code, *texts)


def exit_code(
    arguments: Iterable[str | Path],
    out: int,
    errors: int,
    environ: Mapping[str, str],
    *,
    encoding: str = "utf-8",
) -> int:
    """Call the command line with these descriptors; files are processed and pages drawn in this process.

    The locks, the log, the handlers of signals and the standard descriptors are as before afterwards.
    """
    with contextlib.ExitStack() as stack:
        for fd, target in ((1, out), (2, errors)):
            stack.enter_context(_redirected(fd, target, encoding))
        stack.enter_context(mock.patch.dict(os.environ, environ))
        stack.enter_context(mock.patch.object(LocalPool, "submit", InlinePool().submit))
        stack.enter_context(mock.patch.object(LocalPool, "warm_up"))
        stack.enter_context(mock.patch("watcher.monitoring.log_setup.LogWriter", _DirectWriter))
        stack.enter_context(_restored_log())
        stack.enter_context(_restored_signals())
        stack.enter_context(_released())
        try:
            return int(cli.main([*map(str, arguments)]))
        except SystemExit as error:
            return int(error.code or 0)


def run_once(folder: Folder, *paths: str | Path, flags: Sequence[str] = (), **environ: str) -> Ended:
    """Run `--once` to its end."""
    words = ["--data-dir", folder.root, *FAST, *flags, "--once", *paths]
    answer = call(*words, **environ)
    lines = [parsed(line.encode()) for line in answer.stdout.splitlines()]
    return Ended(answer.returncode, lines, answer.stderr)


class _DirectWriter(logging.Handler):
    """Writes log lines at once: the program's own writer has a thread that lasts as long as the process."""

    def __init__(self, fd: int, _on_dropped: Callable[[int], None]) -> None:
        super().__init__()
        self._fd = fd

    def put(self, line: str) -> None:
        os.write(self._fd, f"{line}\n".encode())

    debug = info = warning = error = critical = put

    def emit(self, record: logging.LogRecord) -> None:
        self.put(self.format(record))


@contextlib.contextmanager
def _redirected(fd: int, target: int, encoding: str) -> Iterator[None]:
    """Let a standard descriptor, and Python's stream for it, write to another descriptor."""
    redirect = contextlib.redirect_stdout if fd == 1 else contextlib.redirect_stderr
    before = os.dup(fd)
    os.dup2(target, fd)
    try:
        with open(fd, "w", encoding=encoding, closefd=False) as stream, redirect(stream):
            yield
    finally:
        os.dup2(before, fd)
        os.close(before)


@contextlib.contextmanager
def _restored_log() -> Iterator[None]:
    root, configured = logging.getLogger(), structlog.get_config()
    handlers, level, hook = root.handlers, root.level, threading.excepthook
    root.handlers = []
    try:
        yield
    finally:
        root.handlers = handlers
        root.setLevel(level)
        logging.captureWarnings(capture=False)
        threading.excepthook = hook
        structlog.configure(**configured)


@contextlib.contextmanager
def _restored_signals() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _released() -> Iterator[None]:
    """Release the locks and close the sockets that a process would keep until its end."""
    locks: list[Lock] = []
    listeners: list[socket.socket | None] = []
    take, listen = Lock.take, SocketServer.listen

    def noted_take(lock: Lock) -> None:
        locks.append(lock)
        take(lock)

    def noted_listen(server: SocketServer, listener: socket.socket | None) -> None:
        listeners.append(listener)
        listen(server, listener)

    with mock.patch.object(Lock, "take", noted_take), mock.patch.object(SocketServer, "listen", noted_listen):
        try:
            yield
        finally:
            for lock in locks:
                lock.release()
            for listener in filter(None, listeners):
                listener.close()
