"""The socket server: one answer for each client, and no client that keeps a place."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.program import SECONDS
from watcher.monitoring import socket_server
from watcher.monitoring.socket_server import MAX_CLIENTS, MAX_QUESTION_BYTES, SocketServer


def listener_at(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    return listener


def connected(path: Path) -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(SECONDS)
    client.connect(str(path))
    return client


def answer_to(path: Path, question: bytes) -> bytes:
    with connected(path) as client:
        client.sendall(question)
        return b"".join(iter(lambda: client.recv(1 << 16), b""))


@pytest.fixture
def server() -> Iterator[SocketServer]:
    """A running server that answers each question with itself, in upper case."""
    server = SocketServer(lambda question, _connection: question.upper(), b"\n")
    thread = threading.Thread(target=server.run)
    thread.start()
    yield server
    server.listen(None)
    thread.join()


def test_each_question_is_answered_and_its_connection_closed(server: SocketServer, tmp_path: Path) -> None:
    server.listen(listener_at(tmp_path / "a"))
    assert [answer_to(tmp_path / "a", question) for question in (b"one\n", b"two\nmore")] == [b"ONE", b"TWO"]


def test_an_answer_larger_than_a_socket_buffer_is_sent_whole(server: SocketServer, tmp_path: Path) -> None:
    server._answer = lambda question, _connection: question * 1_000_000
    server.listen(listener_at(tmp_path / "a"))
    assert answer_to(tmp_path / "a", b"four\n") == b"four" * 1_000_000


def test_clients_are_answered_in_turn_if_no_thread_is_left(
    server: SocketServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", fail)
    server.listen(listener_at(tmp_path / "a"))
    assert [answer_to(tmp_path / "a", question) for question in (b"one\n", b"two\n")] == [b"ONE", b"TWO"]


def test_a_question_that_is_too_long_gets_no_answer(server: SocketServer, tmp_path: Path) -> None:
    server.listen(listener_at(tmp_path / "a"))
    assert answer_to(tmp_path / "a", b"x" * MAX_QUESTION_BYTES) == b""


def test_silent_clients_lose_their_places_to_those_that_wait(
    server: SocketServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_server, "CLIENT_SECONDS", 0.2)
    listener = listener_at(tmp_path / "a")
    with contextlib.ExitStack() as stack:
        *silent, asking = (stack.enter_context(connected(tmp_path / "a")) for _ in range(MAX_CLIENTS + 1))
        asking.sendall(b"next\n")
        server.listen(listener)  # only now: it must not lose its own place before it asks
        assert asking.recv(10) == b"NEXT"
        assert [client.recv(1) for client in silent] == [b""] * MAX_CLIENTS


def test_a_new_listener_takes_the_place_of_the_last(server: SocketServer, tmp_path: Path) -> None:
    first = listener_at(tmp_path / "a")
    server.listen(first)
    assert answer_to(tmp_path / "a", b"one\n") == b"ONE"
    server.listen(listener_at(tmp_path / "b"))
    assert answer_to(tmp_path / "b", b"two\n") == b"TWO"
    with socket.socket(socket.AF_UNIX) as client, pytest.raises(ConnectionRefusedError):
        client.connect(str(tmp_path / "a"))


def test_the_end_waits_for_an_answer_that_is_being_sent_and_for_no_silent_client(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_server, "CLIENT_SECONDS", 600)
    asked, may_answer = threading.Event(), threading.Event()

    def late(question: bytes, _connection: socket.socket) -> bytes:
        asked.set()
        may_answer.wait()
        return question

    server = SocketServer(late, b"\n")
    thread = threading.Thread(target=server.run)
    thread.start()
    server.listen(listener_at(tmp_path / "a"))
    with connected(tmp_path / "a") as client, connected(tmp_path / "a"):  # the other one asks nothing
        client.sendall(b"one\n")
        assert asked.wait(SECONDS)
        server.listen(None)
        thread.join(0.1)
        assert thread.is_alive()
        may_answer.set()
        assert client.recv(10) == b"one"
        thread.join(SECONDS)
        assert not thread.is_alive()
