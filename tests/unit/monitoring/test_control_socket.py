"""The control socket: where it is bound, what it answers, and that it is bound again if it is removed."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.program import SECONDS
from watcher.monitoring import control_client, control_socket
from watcher.monitoring.control_socket import ControlSocket
from watcher.monitoring.reprocess_requests import ReprocessRequests
from watcher.system.lock import Lock


@pytest.fixture
def control(tmp_path: Path) -> Iterator[ControlSocket]:
    """A control socket of a locked data folder; it answers until the end of the test."""
    lock = Lock(tmp_path)
    lock.take()
    control = ControlSocket(lock, lambda: {"healthy": True}, ReprocessRequests())
    thread = threading.Thread(target=control.run)
    thread.start()
    yield control
    control.server.listen(None)
    thread.join()


def answer_to(path: Path, question: bytes) -> Any:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(SECONDS)
        client.connect(str(path))
        client.sendall(question + b"\n")
        return json.loads(b"".join(iter(lambda: client.recv(1 << 16), b"")))


def test_the_answer_names_the_folder_by_device_and_inode(control: ControlSocket, tmp_path: Path) -> None:
    control.check()
    found = tmp_path.stat()
    answer = answer_to(tmp_path / ".watcher/control.sock", b'{"question": "status"}')
    assert answer == {"healthy": True, "device": found.st_dev, "inode": found.st_ino}


@pytest.mark.parametrize("question", [b"", b"status", b"[]", b'{"question": "stop"}', b"\xff"])
def test_any_other_question_is_an_error(control: ControlSocket, tmp_path: Path, question: bytes) -> None:
    control.check()
    answer = answer_to(tmp_path / ".watcher/control.sock", question)
    assert answer["error"] == "unknown question; known: status, reprocess, reprocessed"


def test_a_socket_that_was_removed_is_bound_again_by_the_next_check(
    control: ControlSocket, tmp_path: Path
) -> None:
    path = tmp_path / ".watcher/control.sock"
    control.check()
    path.unlink()
    control.check()
    assert answer_to(path, b'{"question": "status"}')["healthy"] is True


def test_the_end_removes_the_socket(tmp_path: Path) -> None:
    lock = Lock(tmp_path)
    lock.take()
    control = ControlSocket(lock, dict)
    control.check()
    assert (tmp_path / ".watcher/control.sock").is_socket()
    control.server.listen(None)
    control.run()
    assert list((tmp_path / ".watcher").iterdir()) == [tmp_path / ".watcher/lock"]


REQUEST = b'{"question": "reprocess", "names": ["eC5jc3Y="]}'


@pytest.mark.parametrize(("user", "taken"), [(4711, 2), (0, 2), (1, 0), (-1, 0), (65_534, 0)])
def test_requests_are_taken_from_the_own_user_and_root_alone(
    control: ControlSocket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: int, taken: int
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    monkeypatch.setattr(control_socket, "user_of", lambda _: user)
    control.check()
    path = tmp_path / ".watcher/control.sock"
    answers = [answer_to(path, question) for question in (REQUEST, b'{"question": "reprocessed"}')]
    refused = {"error": "only root and the daemon's user, 4711, may ask for this"}
    assert [refused.items() <= answer.items() for answer in answers].count(False) == taken
    assert answer_to(path, b'{"question": "status"}')["healthy"] is True


def test_the_user_is_the_one_that_the_kernel_names() -> None:
    one, other = socket.socketpair()
    with one, other:
        assert control_client.user_of(one) == os.geteuid()


def test_a_single_run_takes_no_requests(tmp_path: Path) -> None:
    lock = Lock(tmp_path)
    lock.take()
    control = ControlSocket(lock, dict)
    one, other = socket.socketpair()
    with one, other:
        answer = json.loads(control._answer(REQUEST, one))
    assert answer["error"] == "a single run (--once) is at work; it ends by itself"
    lock.release()
