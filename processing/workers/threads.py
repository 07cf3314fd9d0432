"""Work in a few threads; if no thread can be started, the caller does all of it."""

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")


def start_thread(work: Callable[[], None], name: str) -> threading.Thread | None:
    """Start a daemon thread and return it; None at the limit of processes, which counts threads too."""
    thread = threading.Thread(target=work, name=name, daemon=True)
    try:
        thread.start()
    except RuntimeError:
        return None
    return thread


def for_each(step: Callable[[Item], None], items: Iterable[Item], max_threads: int, name: str) -> None:
    """Run the step for each item, in threads of this name and in the caller's; then raise the first error.

    A ThreadPoolExecutor does not fit: at the limit of processes its `submit` raises, but the work is queued.
    """
    waiting = deque(items)
    errors: list[BaseException] = []

    def work() -> None:
        with contextlib.suppress(IndexError):
            while True:
                item = waiting.popleft()
                try:
                    step(item)
                except BaseException as error:  # noqa: BLE001 - raised below
                    errors.append(error)

    threads = [start_thread(work, name) for _ in range(min(max_threads, len(waiting) - 1))]
    work()
    for thread in filter(None, threads):
        thread.join()
    if errors:
        raise errors[0]
