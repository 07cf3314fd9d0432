"""Work in a few threads; if no thread can be started, the caller does all of it."""

import contextlib
import queue
import threading
from collections import deque
from collections.abc import Callable, Collection
from typing import TypeVar

Item = TypeVar("Item")

IDLE_SECONDS = 1.0


def start_thread(work: Callable[[], None], name: str) -> threading.Thread | None:
    """Start a daemon thread and return it; None at the limit of processes, which counts threads too."""
    thread = threading.Thread(target=work, name=name, daemon=True)
    try:
        thread.start()
    except RuntimeError:
        return None
    return thread


class Helpers:
    """At most `most` threads that work beside their caller. Idle ones end after `IDLE_SECONDS`.

    A ThreadPoolExecutor does not fit: at the limit of processes its `submit` raises, but the work is queued.
    """

    def __init__(self, most: int, name: str) -> None:
        self._most, self._name = most, name
        self._threads: list[threading.Thread] = []
        self._work: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    def for_each(self, step: Callable[[Item], None], items: Collection[Item]) -> None:
        """Run the step for each item, in these threads and in the caller's; then raise the first error."""
        self.begin(step, items)()

    def begin(self, step: Callable[[Item], None], items: Collection[Item]) -> Callable[[], None]:
        """Begin to run the step for each item in these threads.

        Return a function that takes its part in what is left, waits for the rest and raises the first error.
        """
        waiting, helpers = deque(items), max(0, min(self._most, len(items) - 1))
        ended: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()

        def work() -> None:
            with contextlib.suppress(IndexError):
                while True:
                    item = waiting.popleft()
                    try:
                        step(item)
                    except BaseException as error:  # noqa: BLE001 - raised below
                        ended.put(error)
                    else:
                        ended.put(None)

        self._threads = [each for each in self._threads if each.is_alive()]
        while len(self._threads) < helpers and (thread := start_thread(self._help, self._name)):
            self._threads.append(thread)
        for _ in self._threads[:helpers]:
            self._work.put(work)

        def end() -> None:
            work()
            for error in [ended.get() for _ in items]:
                if error is not None:
                    raise error

        return end

    def _help(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self._work.get(timeout=IDLE_SECONDS)()
