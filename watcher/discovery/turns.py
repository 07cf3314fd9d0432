"""Queues by device, which are served in turn, so that none waits for the many files of another."""

from collections import OrderedDict, deque
from typing import Generic, TypeVar

Entry = TypeVar("Entry")


class Turns(Generic[Entry]):
    """Entries by device. One thread changes it; any may ask for its length."""

    def __init__(self) -> None:
        self._queues: OrderedDict[bytes, deque[Entry]] = OrderedDict()
        self._length = 0

    def put(self, device: bytes, entry: Entry) -> None:
        """Add an entry behind those of its device."""
        self._queues.setdefault(device, deque()).append(entry)
        self._length += 1

    def take(self) -> Entry | None:
        """Return the next entry of the next device; None if there is none."""
        if not self._queues:
            return None
        device, queue = self._queues.popitem(last=False)
        if len(queue) > 1:
            self._queues[device] = queue
        self._length -= 1
        return queue.popleft()

    def __len__(self) -> int:
        """Return how many entries there are."""
        return self._length
