"""Answers short questions on stream sockets, for several clients at a time."""

import contextlib
import errno
import queue
import socket
import threading
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
"""Pause before the next connection is accepted if no file descriptor was free."""


class SocketServer:
    """Gives each client one answer and closes its connection.

    A question ends with `end`. `answer` returns the answer to a question from a connection; several threads
    call it.
    """

    def __init__(self, answer: Callable[[bytes, socket.socket], bytes], end: bytes) -> None:
        self._answer = answer
        self._end = end
        self._free_clients = threading.Semaphore(MAX_CLIENTS)
        self._free_answers = threading.Semaphore(MAX_CLIENTS)
        """As many as clients, so no answer waits for another; `run` takes all of them at its end."""
        self._listener: socket.socket | None = None
        self._listeners: queue.SimpleQueue[socket.socket | None] = queue.SimpleQueue()

    def listen(self, listener: socket.socket | None) -> None:
        """Serve this listening socket from now on, in place of the one before; None makes `run` return."""
        previous, self._listener = self._listener, listener
        self._listeners.put(listener)
        if previous is not None:
            with contextlib.suppress(OSError):  # it is closed already
                previous.shutdown(socket.SHUT_RDWR)  # ends a call of `accept` that waits

    def run(self) -> None:
        """Serve until `listen(None)`, and then until the answers that were begun are sent."""
        while (listener := self._listeners.get()) is not None:
            with listener:
                self._serve(listener)
        for _ in range(MAX_CLIENTS):  # an answer holds one until it is sent; no other begins after this
            self._free_answers.acquire()

    def _serve(self, listener: socket.socket) -> None:
        """Serve the clients of a listener until it is shut down."""
        while True:
            self._free_clients.acquire()
            try:
                connection, _ = listener.accept()
            except OSError as error:
                self._free_clients.release()
                if error.errno == errno.EINVAL:
                    return
                time.sleep(_PAUSE_SECONDS)  # no descriptor is left
                continue
            try:
                threading.Thread(target=self._converse, args=(connection,), daemon=True).start()
            except RuntimeError:  # no thread is left: the others wait for this client
                self._converse(connection)

    def _converse(self, connection: socket.socket) -> None:
        ends_at, question = time.monotonic() + CLIENT_SECONDS, b""
        try:
            with connection, contextlib.suppress(OSError):  # the client is slow or has gone
                while self._end not in question and len(question) < MAX_QUESTION_BYTES:
                    connection.settimeout(max(0.0, ends_at - time.monotonic()))
                    if not (part := connection.recv(MAX_QUESTION_BYTES)):
                        return
                    question += part
                question, ended, _ = question.partition(self._end)
                if ended:
                    connection.settimeout(max(0.0, ends_at - time.monotonic()))
                    with self._free_answers:
                        connection.sendall(self._answer(question, connection))
        finally:
            self._free_clients.release()
