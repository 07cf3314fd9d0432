"""Notifies systemd of start, stop and watchdog heartbeats (sd_notify(3))."""

import contextlib
import math
import socket
from collections.abc import Mapping


class SystemdNotifier:
    """Sends datagrams to the socket that systemd names in the environment; does nothing if there is none."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address  # an abstract socket
        limit = environ.get("WATCHDOG_USEC", "")
        self.interval_seconds = int(limit) / 4e6 if limit.isdecimal() and int(limit) else math.inf
        """Time between two heartbeats: a quarter of systemd's limit, infinite if it expects none."""
        self._sent_at = -math.inf

    def alive(self, now: float) -> None:
        """Send a heartbeat if it is time; without heartbeats, systemd restarts the daemon."""
        if now - self._sent_at > self.interval_seconds:
            self._sent_at = now
            self.send(b"WATCHDOG=1")

    def send(self, state: bytes) -> None:
        """Report a state: READY=1 once the start is complete, STOPPING=1 if a stop has begun."""
        if not self._address:
            return
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.settimeout(0)
            notify.sendto(state, self._address)
