"""Answers short questions on stream sockets, for several clients at a time, in one thread."""

from __future__ import annotations

import contextlib
import queue
import selectors
import socket
import time
from collections.abc import Callable

MAX_CLIENTS = 8
"""Connections that are served at the same time; others wait."""
CLIENT_SECONDS = 2.0
"""Time that a client has to ask and to receive its answer."""
MAX_QUESTION_BYTES = 4_096
"""A client whose question reaches this length is disconnected."""
BACKLOG = 64
"""Connections that may wait to be served."""
_PAUSE_SECONDS = 1.0
"""Pause before the next connection is accepted if no descriptor was left for one."""


class _Client:
    """A connection: the part of its question that has arrived, and the part of its answer not yet sent."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.ends_at = time.monotonic() + CLIENT_SECONDS
        self.question = b""
        self.rest: memoryview | None = None


class SocketServer:
    """Gives each client one answer and closes its connection.

    A question ends with `end`. `answer` returns the answer to a question and must not block. `run` needs a
    thread of its own; any thread may call the other methods.
    """

    def __init__(self, answer: Callable[[bytes], bytes], end: bytes) -> None:
        self._answer = answer
        self._end = end
        self._selector = selectors.DefaultSelector()
        self._clients: dict[int, _Client] = {}
        self._listener: socket.socket | None = None
        self._listening = False
        self._accepts_at = 0.0
        self._requests: queue.SimpleQueue[socket.socket | None] = queue.SimpleQueue()
        self._waker, self._woken = socket.socketpair()
        self._woken.settimeout(0)
        self._selector.register(self._woken, selectors.EVENT_READ)

    def listen(self, listener: socket.socket) -> None:
        """Serve this listening socket from now on, in place of the one before."""
        listener.settimeout(0)
        self._request(listener)

    def stop(self) -> None:
        """Make `run` return."""
        self._request(None)

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
            if not self._handle_requests():
                return

    def _request(self, request: socket.socket | None) -> None:
        self._requests.put(request)
        with contextlib.suppress(OSError):  # `run` has just ended
            self._waker.send(b"\0")

    def _handle_requests(self) -> bool:
        """Apply requests of other threads. Return False after a request to stop, with everything closed."""
        with contextlib.suppress(queue.Empty):
            while True:
                request = self._requests.get_nowait()
                self._close_listener()
                if request is None:
                    for client in list(self._clients.values()):
                        self._close(client)
                    for each in (self._selector, self._waker, self._woken):
                        each.close()
                    return False
                self._listener = request
        return True

    def _close_listener(self) -> None:
        if self._listener is not None:
            if self._listening:
                self._selector.unregister(self._listener)
            self._listener.close()
        self._listener, self._listening = None, False

    def _watch_listener(self) -> None:
        """Watch for new connections only if another client can be served."""
        if self._listener is None:
            return
        wanted = len(self._clients) < MAX_CLIENTS and time.monotonic() >= self._accepts_at
        if wanted and not self._listening:
            self._selector.register(self._listener, selectors.EVENT_READ)
        elif self._listening and not wanted:
            self._selector.unregister(self._listener)
        self._listening = wanted

    def _seconds_to_wait(self) -> float | None:
        times = [client.ends_at for client in self._clients.values()]
        if self._listener is not None and not self._listening and len(times) < MAX_CLIENTS:
            times.append(self._accepts_at)
        return max(0.0, min(times) - time.monotonic()) if times else None

    def _accept(self) -> None:
        assert self._listener is not None  # noqa: S101 - `run` calls this only if there is one
        try:
            connection, _ = self._listener.accept()
        except OSError:  # the client has gone, or no descriptor is left
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
        part = client.connection.recv(MAX_QUESTION_BYTES)
        client.question += part
        question, ended, _ = client.question.partition(self._end)
        if ended:
            client.rest = memoryview(self._answer(question))
            self._selector.modify(client.connection, selectors.EVENT_WRITE, client)
        return not ended and (not part or len(client.question) >= MAX_QUESTION_BYTES)

    def _send(self, client: _Client, rest: memoryview) -> bool:
        client.rest = rest[client.connection.send(rest) :]
        return not client.rest

    def _close(self, client: _Client) -> None:
        del self._clients[client.connection.fileno()]
        self._selector.unregister(client.connection)
        client.connection.close()
