"""What systemd receives."""

import socket
import time
from pathlib import Path

import pytest

from tests.support.program import SECONDS, Folder, Runs
from watcher.monitoring.systemd import SystemdNotifier


@pytest.fixture
def listener() -> socket.socket:
    return socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)


def test_systemd_receives_ready_heartbeats_and_stopping(tmp_path: Path, listener: socket.socket) -> None:
    with listener:
        listener.bind(str(tmp_path / "notify"))
        notify = SystemdNotifier({"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "120000000"})
        notify.send(b"READY=1")
        notify.alive(100.0)
        notify.send(b"STOPPING=1")
        assert [listener.recv(100) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"STOPPING=1"]


def test_an_abstract_socket_is_supported(listener: socket.socket) -> None:
    with listener:
        listener.bind("\0watcher-test-notify")
        SystemdNotifier({"NOTIFY_SOCKET": "@watcher-test-notify"}).send(b"READY=1")
        assert listener.recv(100) == b"READY=1"


def test_without_a_watchdog_no_heartbeat_is_sent(tmp_path: Path, listener: socket.socket) -> None:
    with listener:
        listener.bind(str(tmp_path / "notify"))
        notify = SystemdNotifier({"NOTIFY_SOCKET": str(tmp_path / "notify")})
        notify.alive(100.0)
        notify.send(b"READY=1")
        assert listener.recv(100) == b"READY=1"


def test_heartbeats_come_four_times_in_the_limit_of_systemd(tmp_path: Path, listener: socket.socket) -> None:
    with listener:
        listener.bind(str(tmp_path / "notify"))
        notify = SystemdNotifier({"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "8000000"})
        for tenth in range(60):
            notify.alive(tenth / 10)
        notify.send(b"READY=1")
        assert [listener.recv(100) for _ in range(4)] == [b"WATCHDOG=1"] * 3 + [b"READY=1"]


def test_an_idle_daemon_keeps_a_short_watchdog_limit(
    tmp_path: Path, listener: socket.socket, folder: Folder, runs: Runs
) -> None:
    with listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(SECONDS)
        daemon = runs.daemon(folder, NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_USEC="100000")
        began = time.monotonic()
        heard = [listener.recv(100) for _ in range(31)]
        assert heard.count(b"WATCHDOG=1") == 30
        assert time.monotonic() - began < SECONDS, "a turn a second, as without a limit, takes longer"
        daemon.stop()


@pytest.mark.parametrize("environ", [{}, {"NOTIFY_SOCKET": "/nonexistent/socket"}])
def test_without_a_listener_nothing_happens(environ: dict[str, str]) -> None:
    SystemdNotifier(environ).send(b"READY=1")
