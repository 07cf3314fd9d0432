"""What systemd is told: that we are ready, and that we are alive; nothing where nobody listens."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Mapping


class SystemdNotifier:
    """Datagrams to the socket that systemd names in the environment (sd_notify(3))."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address  # an abstract socket
        limit = environ.get("WATCHDOG_USEC", "")
        self.seconds = int(limit) / 4e6 if limit.isdecimal() and int(limit) else None
        """Between two signs of life, a quarter of what systemd waits for one; None if it waits for none."""
        self._told_at = float("-inf")

    def ready(self) -> None:
        """Say that the start is over and files are being taken."""
        self._send(b"READY=1")

    def alive(self, now: float) -> None:
        """Say that the daemon is alive, if it is time; without this, systemd restarts it."""
        if self.seconds is not None and now - self._told_at >= self.seconds:
            self._told_at = now
            self._send(b"WATCHDOG=1")

    def stopping(self) -> None:
        """Say that a stop has begun."""
        self._send(b"STOPPING=1")

    def _send(self, state: bytes) -> None:
        if not self._address:
            return
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.settimeout(0)
            out.sendto(state, self._address)
