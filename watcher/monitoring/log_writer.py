"""Writes log lines to a descriptor by a thread of its own, so that logging never blocks the caller."""

import logging
import os
import queue
import select
import threading
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
        self._lines: queue.SimpleQueue[str | threading.Event] = queue.SimpleQueue()
        """An event in it is set once all lines before it are written."""
        self._dropped = 0
        self._reader_is_gone = False
        self._changing = threading.Lock()
        self._has_thread = True
        try:
            threading.Thread(target=self._run, name="log", daemon=True).start()
        except RuntimeError:  # no thread can be started
            self._has_thread = False

    def put(self, line: str) -> None:
        """Queue a line, or count it as dropped if the queue is full."""
        if self._has_thread and self._lines.qsize() < _CAPACITY:
            self._lines.put(line)
            return
        with self._changing:
            if self._has_thread:
                self._dropped += 1
            else:  # write in the caller's thread, so that the failure to start one is logged
                self._write(f"{line}\n".encode())

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
        if self._has_thread:
            written = threading.Event()
            self._lines.put(written)
            written.wait(FLUSH_SECONDS)

    def _run(self) -> None:
        while True:
            batch = [self._lines.get()]
            while len(batch) < _BATCH_LINES and not self._lines.empty():
                batch.append(self._lines.get())
            with self._changing:
                dropped, self._dropped = self._dropped, 0
            if not self._reader_is_gone:
                self._write("".join(f"{line}\n" for line in batch if isinstance(line, str)).encode())
            for written in batch:
                if isinstance(written, threading.Event):
                    written.set()
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
