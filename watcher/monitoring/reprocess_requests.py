"""Requests to process archived files again, which clients of the control socket hand over in parts.

A part has few names and gets a ticket, with which the client asks for the outcomes. The memory for them is
bounded: few parts are accepted at a time, and the outcomes of a part are kept for a minute.
"""

import base64
import os
import threading
import time
from collections import deque
from typing import Annotated, Any

import msgspec
from msgspec import Meta

MAX_NAMES = 64
"""Files in a part."""
MAX_PARTS = 4
"""The most parts that wait, are processed, or have outcomes that nobody has asked for."""
KEPT_SECONDS = 60.0
"""Time for which the outcomes of a part are kept."""
MAX_WHY = 2_000
"""Longest sentence about one file, in characters."""

Outcome = tuple[str, str]
"""What became of a file, and why."""


class _Reprocess(msgspec.Struct):
    names: Annotated[list[str], Meta(min_length=1, max_length=MAX_NAMES)]
    """Base64, because a name is bytes."""
    only_older: bool = False


class _Reprocessed(msgspec.Struct):
    ticket: str


class RequestPart:
    """Files of a request, and what became of them once all are done."""

    def __init__(self, names: list[bytes], *, only_older: bool) -> None:
        self.ticket = os.urandom(8).hex()
        self.names = names
        self.only_older = only_older
        self.outcomes: list[Outcome] | None = None
        self.ended_at = 0.0
        self.is_collected = False


class ReprocessRequests:
    """The parts that were accepted; all methods are safe to call from several threads and do no I/O."""

    def __init__(self) -> None:
        self._parts: dict[str, RequestPart] = {}
        self._waiting: deque[RequestPart] = deque()
        self._changed = threading.Condition()
        self._closed = False

    def answer(self, question: str, raw: bytes) -> dict[str, Any]:
        """Return the answer to a question about files: `reprocess` or `reprocessed`."""
        try:
            if question == "reprocess":
                asked = msgspec.json.decode(raw, type=_Reprocess)
                names = [base64.b64decode(name, validate=True) for name in asked.names]
                return self._accept(RequestPart(names, only_older=asked.only_older))
            return self._outcomes_of(msgspec.json.decode(raw, type=_Reprocessed).ticket)
        except ValueError as error:
            return {"error": f"not a request: {error}"}

    def _accept(self, part: RequestPart) -> dict[str, Any]:
        with self._changed:
            if self._closed:
                return {"error": "the daemon is stopping"}
            oldest = time.monotonic() - KEPT_SECONDS
            for each in list(self._parts.values()):
                if each.is_collected or (each.outcomes is not None and each.ended_at < oldest):
                    del self._parts[each.ticket]
            if len(self._parts) >= MAX_PARTS:
                return {"busy": True}
            self._parts[part.ticket] = part
            self._waiting.append(part)
            self._changed.notify_all()
            return {"ticket": part.ticket}

    def _outcomes_of(self, ticket: str) -> dict[str, Any]:
        with self._changed:
            part = self._parts.get(ticket)
            if part is None:
                return {"error": "there is no such ticket"}
            if part.outcomes is not None:
                part.is_collected = True  # kept until another part needs the memory: the answer may be lost
                self._changed.notify_all()
            return {"outcomes": part.outcomes}

    def take(self) -> RequestPart | None:
        """Wait for a part and return it; None once the requests are closed and no part is left."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            return self._waiting.popleft() if self._waiting else None

    def finish(self, part: RequestPart, outcomes: list[Outcome]) -> None:
        """Note what became of a part's files, in the order of their names."""
        with self._changed:
            part.outcomes = [(kind, why[:MAX_WHY]) for kind, why in outcomes]
            part.ended_at = time.monotonic()

    def close(self) -> None:
        """Accept no more parts."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def wait_until_collected(self, seconds: float) -> None:
        """Wait until clients have asked for the outcomes of all parts, or for this many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: all(part.is_collected for part in self._parts.values()), seconds)

    @property
    def are_left(self) -> bool:
        """Whether files of a part are not done yet."""
        with self._changed:
            return any(part.outcomes is None for part in self._parts.values())
