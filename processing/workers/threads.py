"""A few threads, started when there is work; if no thread can be started, the caller does the work."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any


def start_thread(work: Callable[[], None], name: str) -> threading.Thread | None:
    """Start a daemon thread and return it; None at the limit of processes, which counts threads too."""
    thread = threading.Thread(target=work, name=name, daemon=True)
    try:
        thread.start()
    except RuntimeError:
        return None
    return thread


class Threads:
    """At most `max_threads` threads; fewer or none at the limit of processes.

    A ThreadPoolExecutor does not fit: at that limit its `submit` raises, but the work stays queued.
    """

    def __init__(self, max_threads: int, name: str) -> None:
        self._max_threads = max_threads
        self._name = name
        self._threads: list[threading.Thread] = []
        self._waiting: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()

    def submit(self, work: Callable[[], None]) -> None:
        """Have a thread do the work, which must not raise; only one thread may call this."""
        if len(self._threads) < self._max_threads and (thread := start_thread(self._run, self._name)):
            self._threads.append(thread)
        if self._threads:
            self._waiting.put(work)
        else:
            work()

    def each(self, step: Callable[[Any], None], items: Iterable[Any]) -> None:
        """Run the step for each item, in the caller's thread too; at the end, raise the first error."""
        waiting, errors = deque(items), queue.SimpleQueue[BaseException | None]()
        count = len(waiting)

        def work() -> None:
            with contextlib.suppress(IndexError):
                while True:
                    item, failure = waiting.popleft(), None
                    try:
                        step(item)
                    except BaseException as error:  # noqa: BLE001 - the caller's thread raises it
                        failure = error
                    errors.put(failure)

        for _ in range(min(self._max_threads, count - 1)):
            self.submit(work)
        work()
        ended = [errors.get() for _ in range(count)]
        for error in filter(None, ended):
            raise error

    def join(self) -> None:
        """End the threads after their work."""
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while (work := self._waiting.get()) is not None:
            work()


def _error_of(step: Callable[[Any], None], item: Any) -> BaseException | None:
    try:
        step(item)
    except BaseException as error:  # noqa: BLE001 - the caller's thread raises it
        return error
    return None
