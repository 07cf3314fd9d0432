"""Answers short questions on stream sockets: eight clients at a time, two seconds for each, in one thread."""

from __future__ import annotations

import contextlib
import queue
import selectors
import socket
import time
from collections.abc import Callable

PLACES = 8
CLIENT_SECONDS = 2.0
"""From its connection on, for a client to ask and to take its answer; then it loses its place."""
QUESTION_BYTES = 4_096
"""A longer question loses its client the place at once."""
BACKLOG = 64
"""Connections that wait for a place."""
_PAUSE_SECONDS = 1.0
"""Before the next client is accepted, after no descriptor was left for one."""


class _Client:
    """A connection: what it asked so far, and what is left to send of its answer."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.ends_at = time.monotonic() + CLIENT_SECONDS
        self.question = b""
        self.rest: memoryview | None = None


class SocketServer:
    """Gives each client one answer and closes its connection.

    A question ends with `end`; `answer` returns what is sent back, and must not wait for anything. `run` is
    for a thread of its own; the other methods may be called by any thread.
    """

    def __init__(self, answer: Callable[[bytes], bytes], end: bytes) -> None:
        self._answer = answer
        self._end = end
        self._selector = selectors.DefaultSelector()
        self._clients: dict[int, _Client] = {}
        self._listener: socket.socket | None = None
        self._listening = False
        self._accepts_at = 0.0
        self._orders: queue.SimpleQueue[socket.socket | None] = queue.SimpleQueue()
        self._waker, self._woken = socket.socketpair()
        self._woken.settimeout(0)
        self._selector.register(self._woken, selectors.EVENT_READ)

    def listen(self, listener: socket.socket) -> None:
        """Serve this listening socket from now on, instead of the last one."""
        listener.settimeout(0)
        self._order(listener)

    def stop(self) -> None:
        """Let `run` end."""
        self._order(None)

    def run(self) -> None:
        """Serve until `stop`."""
        while True:
            self._watch_listener()
            for key, _ in self._selector.select(self._seconds_to_wait()):
                if key.fileobj is self._listener:
                    self._accept()
                elif isinstance(key.data, _Client):
                    self._serve(key.data)
            with contextlib.suppress(BlockingIOError):
                self._woken.recv(BACKLOG)
            for client in [each for each in self._clients.values() if each.ends_at <= time.monotonic()]:
                self._close(client)
            if not self._obey():
                return

    def _order(self, order: socket.socket | None) -> None:
        self._orders.put(order)
        with contextlib.suppress(OSError):  # `run` has just ended
            self._waker.send(b"\0")

    def _obey(self) -> bool:
        """Take over new listening sockets; return False after an order to stop, with everything closed."""
        with contextlib.suppress(queue.Empty):
            while True:
                order = self._orders.get_nowait()
                self._forget_listener()
                if order is None:
                    for client in list(self._clients.values()):
                        self._close(client)
                    for each in (self._selector, self._waker, self._woken):
                        each.close()
                    return False
                self._listener = order
        return True

    def _forget_listener(self) -> None:
        if self._listener is not None:
            if self._listening:
                self._selector.unregister(self._listener)
            self._listener.close()
        self._listener, self._listening = None, False

    def _watch_listener(self) -> None:
        """Wait for new clients only if there is a place for one."""
        if self._listener is None:
            return
        wanted = len(self._clients) < PLACES and time.monotonic() >= self._accepts_at
        if wanted and not self._listening:
            self._selector.register(self._listener, selectors.EVENT_READ)
        elif self._listening and not wanted:
            self._selector.unregister(self._listener)
        self._listening = wanted

    def _seconds_to_wait(self) -> float | None:
        times = [client.ends_at for client in self._clients.values()]
        if self._listener is not None and not self._listening and len(times) < PLACES:
            times.append(self._accepts_at)
        return max(0.0, min(times) - time.monotonic()) if times else None

    def _accept(self) -> None:
        assert self._listener is not None  # noqa: S101 - `run` calls this for it alone
        try:
            connection, _ = self._listener.accept()
        except OSError:  # it went away again, or no descriptor is left
            self._accepts_at = time.monotonic() + _PAUSE_SECONDS
            return
        connection.settimeout(0)
        client = self._clients[connection.fileno()] = _Client(connection)
        self._selector.register(connection, selectors.EVENT_READ, client)

    def _serve(self, client: _Client) -> None:
        try:
            done = self._receive(client) if client.rest is None else self._send(client, client.rest)
        except BlockingIOError:
            return
        except OSError:  # the client has gone
            done = True
        if done:
            self._close(client)

    def _receive(self, client: _Client) -> bool:
        part = client.connection.recv(QUESTION_BYTES)
        client.question += part
        question, ended, _ = client.question.partition(self._end)
        if ended:
            client.rest = memoryview(self._answer(question))
            self._selector.modify(client.connection, selectors.EVENT_WRITE, client)
        return not ended and (not part or len(client.question) >= QUESTION_BYTES)

    def _send(self, client: _Client, rest: memoryview) -> bool:
        client.rest = rest[client.connection.send(rest) :]
        return not client.rest

    def _close(self, client: _Client) -> None:
        del self._clients[client.connection.fileno()]
        self._selector.unregister(client.connection)
        client.connection.close()
