"""What systemd hears."""

import socket
from pathlib import Path

import pytest

from watcher.notify import Notify


@pytest.fixture
def listener() -> socket.socket:
    return socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)


def test_systemd_hears_ready_alive_and_stopping(tmp_path: Path, listener: socket.socket) -> None:
    with listener:
        listener.bind(str(tmp_path / "notify"))
        notify = Notify({"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "120000000"})
        notify.ready()
        notify.alive()
        notify.stopping()
        assert [listener.recv(100) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"STOPPING=1"]


def test_an_abstract_socket_is_served_too(listener: socket.socket) -> None:
    with listener:
        listener.bind("\0watcher-test-notify")
        Notify({"NOTIFY_SOCKET": "@watcher-test-notify"}).ready()
        assert listener.recv(100) == b"READY=1"


def test_without_a_watchdog_no_sign_of_life_is_sent(tmp_path: Path, listener: socket.socket) -> None:
    with listener:
        listener.bind(str(tmp_path / "notify"))
        notify = Notify({"NOTIFY_SOCKET": str(tmp_path / "notify")})
        notify.alive()
        notify.ready()
        assert listener.recv(100) == b"READY=1"


@pytest.mark.parametrize("environ", [{}, {"NOTIFY_SOCKET": "/nonexistent/socket"}])
def test_where_nobody_listens_nothing_happens(environ: dict[str, str]) -> None:
    Notify(environ).ready()
