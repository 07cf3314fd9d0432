"""Writes log lines to a descriptor by a thread of its own, so that logging never blocks the caller."""

import logging
import os
import select
import threading
from collections import deque
from collections.abc import Callable

_CAPACITY = 4_096
_BATCH_LINES = 256
FLUSH_SECONDS = 1.0


class LogWriter(logging.Handler):
    """A bounded queue of lines and the thread that writes them. If the queue is full, lines are dropped.

    structlog gives it finished lines; as a handler of `logging` it formats the records of libraries.
    """

    def __init__(self, fd: int, on_dropped: Callable[[int], None]) -> None:
        super().__init__()
        self._fd = fd
        self._on_dropped = on_dropped
        self._lines: deque[str] = deque()
        self._writing = False
        self._dropped = 0
        self._reader_is_gone = False
        self._changed = threading.Condition()
        self._has_thread = True
        try:
            threading.Thread(target=self._run, name="log", daemon=True).start()
        except RuntimeError:  # no thread can be started: write in the caller's, so that the failure is logged
            self._has_thread = False

    def put(self, line: str) -> None:
        """Queue a line, or count it as dropped if the queue is full."""
        with self._changed:
            if not self._has_thread:
                self._write(f"{line}\n".encode())
            elif len(self._lines) < _CAPACITY:
                self._lines.append(line)
                self._changed.notify_all()
            else:
                self._dropped += 1

    debug = info = warning = error = critical = put
    """structlog calls the method of the event's level with the finished line."""

    def emit(self, record: logging.LogRecord) -> None:
        """Queue the line of a record of a library."""
        try:
            self.put(self.format(record))
        except Exception:  # noqa: BLE001 - the rule of logging: a bad record never stops the caller
            self.handleError(record)

    def flush(self) -> None:
        """Wait at most FLUSH_SECONDS until every queued line is written; also at the interpreter's exit."""
        with self._changed:
            self._changed.wait_for(lambda: not self._lines and not self._writing, FLUSH_SECONDS)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._writing = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._lines)
                self._writing = True
                count = min(len(self._lines), _BATCH_LINES)
                lines = [self._lines.popleft() + "\n" for _ in range(count)]
                dropped, self._dropped = self._dropped, 0
            if not self._reader_is_gone:
                self._write("".join(lines).encode())
            if dropped:  # this thread has just made room in the queue for the line about them
                self._on_dropped(dropped)

    def _write(self, text: bytes) -> None:
        while text:
            try:
                text = text[os.write(self._fd, text) :]
            except BlockingIOError:  # another process made the shared terminal or pipe non-blocking
                select.select([], [self._fd], [])
            except OSError:
                self._reader_is_gone = True  # the work goes on without a log; the folders show what was done
                return
