"""The control socket: the lock holder listens on it, answers `status`, and takes requests of `reprocess`."""

import contextlib
import os
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from watcher.errors import SettingsError
from watcher.monitoring.control_client import opened, user_of
from watcher.monitoring.log_setup import logger
from watcher.monitoring.reprocess_requests import ReprocessRequests
from watcher.monitoring.socket_server import BACKLOG, SocketServer
from watcher.settings import environment
from watcher.system.filesystem import FOLDER_FLAGS, FileSystem
from watcher.system.lock import Lock

NAME = b"control.sock"
_REQUESTS = ("reprocess", "reprocessed")
_FOLDER_FLAGS = FOLDER_FLAGS | os.O_NOFOLLOW
_FOLDER_MODE = 0o700
_SOCKET_MODE = 0o666


class _Question(msgspec.Struct):
    question: str


class ControlSocket:
    """Listens in the lock's folder, or in another one, which the lock file then names.

    The loop calls `check`. `run` needs a thread of its own; it answers without I/O on the folders, and
    removes the socket at its end.
    """

    def __init__(
        self, lock: Lock, status: Callable[[], dict[str, Any]], requests: ReprocessRequests | None = None
    ) -> None:
        self._lock = lock
        self._status = status
        self._requests = requests
        self.server = SocketServer(self._answer, b"\n")
        self._fs = FileSystem()
        self._path = b""
        """Where the socket was bound last."""
        self._inode: os.stat_result | None = None
        """Its inode there; None if it is not bound."""
        self._warned = False

    def check(self) -> None:
        """Bind the socket if it is not bound or was removed. Raises LockedError if the lock is lost."""
        if self._is_bound() and self._lock.is_in_place():
            return
        try:
            self._lock.take()  # its folder may have been removed too
            self._bind()
        except (OSError, SettingsError) as error:
            self._inode = None
            if not self._warned:
                logger().warning("status.unreachable", error=str(error))
            self._warned = True
        else:
            self._warned = False

    def run(self) -> None:
        """Answer until the server is stopped."""
        self.server.run()
        if self._is_bound():
            folder, name = os.path.split(self._path)
            with contextlib.suppress(OSError), opened(folder, _FOLDER_FLAGS) as descriptor:
                self._fs.unlink(name, descriptor)

    def _answer(self, question: bytes, connection: socket.socket) -> bytes:
        try:
            kind = msgspec.json.decode(question, type=_Question).question
        except (msgspec.MsgspecError, RecursionError):
            kind = ""
        if kind == "status":
            answer = self._status()
        elif kind in _REQUESTS:
            answer = self._answer_request(kind, question, user_of(connection))
        else:
            answer = {"error": f"unknown question; known: status, {', '.join(_REQUESTS)}"}
        named = {**answer, "device": self._lock.device, "inode": self._lock.inode}
        return msgspec.json.encode(named) + b"\n"

    def _answer_request(self, kind: str, question: bytes, user: int) -> dict[str, Any]:
        if user not in {0, os.geteuid()}:
            return {"error": f"only root and the daemon's user, {os.geteuid()}, may ask for this"}
        if self._requests is None:
            return {"error": "a single run (--once) is at work; it ends by itself"}
        return self._requests.answer(kind, question)

    def _is_bound(self) -> bool:
        with contextlib.suppress(OSError):
            return self._inode is not None and os.path.samestat(os.lstat(self._path), self._inode)
        return False

    def _bind(self) -> None:
        """Bind in the first folder that supports sockets; if it is not its own, the lock file names it."""
        try:
            self._listen(self._lock.folder, NAME)
            self._lock.describe()
        except OSError as error:
            name = b"control-%x-%x.sock" % (self._lock.device, self._lock.inode)
            for folder in _other_folders():
                with contextlib.suppress(OSError):
                    self._listen(folder, name)
                    if self._lock.describe(socket=os.fsdecode(os.path.join(folder, name))):  # noqa: PTH118
                        return
            raise error from None

    def _listen(self, path: bytes, name: bytes) -> None:
        """Listen under a name in a folder.

        The address names the folder by its descriptor: a path may be longer than the 108 bytes of an address.
        Some mounts bind a socket that cannot be connected to, so one connection is tried.
        """
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with opened(path, _FOLDER_FLAGS) as folder:
                with contextlib.suppress(FileNotFoundError):
                    self._fs.unlink(name, folder)  # a killed run left it; we hold the lock
                listener.bind(b"/proc/self/fd/%d/%s" % (folder, name))
                listener.listen(BACKLOG)
                with opened(name, folder=folder) as bound, socket.socket(socket.AF_UNIX) as probe:
                    os.chmod(f"/proc/self/fd/{bound}", _SOCKET_MODE)  # noqa: PTH101 - a descriptor
                    probe.connect(f"/proc/self/fd/{bound}")
                    self._inode = os.fstat(bound)
        except OSError:
            listener.close()
            raise
        self._path = os.path.join(path, name)  # noqa: PTH118 - names are bytes
        self.server.listen(listener)


def _other_folders() -> Iterator[bytes]:
    """Yield the folders outside the data folder that may hold the socket, in order of preference."""
    for variable in ("RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR"):
        if first := environment().get(variable, "").split(":")[0]:
            yield os.fsencode(first)
    import tempfile  # noqa: PLC0415 - only where sockets cannot be in the data folder

    own = Path(tempfile.gettempdir(), f"watcher-{os.geteuid()}")
    own.mkdir(_FOLDER_MODE, exist_ok=True)
    found = own.lstat()
    if (found.st_uid, stat.S_IMODE(found.st_mode)) == (os.geteuid(), _FOLDER_MODE):  # else it is another's
        yield os.fsencode(own)
