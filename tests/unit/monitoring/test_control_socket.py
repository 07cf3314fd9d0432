"""The control socket: where it is bound, what it answers, and that it is bound again if it is removed."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from watcher.monitoring.control_socket import ControlSocket
from watcher.system.lock import Lock


@pytest.fixture
def control(tmp_path: Path) -> Iterator[ControlSocket]:
    """A control socket of a locked data folder; it answers until the end of the test."""
    lock = Lock(tmp_path)
    lock.take()
    control = ControlSocket(lock, lambda: {"healthy": True})
    thread = threading.Thread(target=control.run)
    thread.start()
    yield control
    control.server.listen(None)
    thread.join()


def answer_to(path: Path, question: bytes) -> Any:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
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
    assert answer == {"error": "unknown question; known: status"}


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
