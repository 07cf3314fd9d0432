"""Asks the daemon of a data folder questions at its control socket.

The container's health check does this every half minute, so it imports little.
"""

import _thread
import contextlib
import json
import os
import socket
import stat
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from watcher.settings import TABLE, path_flag

ANSWER_SECONDS = 2.0
_CHUNK_BYTES = 1 << 16
_CREDENTIALS = struct.Struct("3i")
"""Process, user and group, as SO_PEERCRED gives them."""
_PATH_FLAGS = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
_LOCK_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

Document = dict[str, Any]


def status_of(data_dir: Path) -> Document:
    """Return the daemon's status, or a document of the same form that says why no daemon answered."""
    return answer_to({"question": "status"}, data_dir)


def answer_to(question: Document, data_dir: Path) -> Document:
    """Return the daemon's answer, or a status that says why no daemon answered.

    The answer comes in time even if storage hangs and opening a path blocks.
    """
    line = json.dumps(question).encode() + b"\n"
    answers: list[Document] = []
    waiting = _thread.allocate_lock()

    def ask() -> None:
        answers.append(_ask(line, data_dir))
        waiting.release()

    waiting.acquire()
    _thread.start_new_thread(ask, ())  # `threading` takes longer to load than this takes to run
    if waiting.acquire(timeout=ANSWER_SECONDS):
        return answers[0]
    message = f"the daemon does not answer within {ANSWER_SECONDS:g} s: it is stopped, or its storage hangs"
    return _unhealthy("no_answer", message)


def _ask(question: bytes, data_dir: Path) -> Document:
    try:
        with opened(data_dir, os.O_PATH | os.O_CLOEXEC) as root, opened(b".watcher", folder=root) as folder:
            found = os.fstat(root)
            users, addresses = _listeners(folder)
            for address in addresses:
                with contextlib.suppress(FileNotFoundError, ConnectionError, ValueError):  # or no JSON
                    answer = _answer(question, address, folder, users)
                    if (answer.get("device"), answer.get("inode")) == (found.st_dev, found.st_ino):
                        return answer
            return _not_running(data_dir, addresses[1:])
    except PermissionError:
        return _not_permitted(data_dir)
    except OSError:
        return _not_running(data_dir, [])


def _listeners(folder: int) -> tuple[set[int], list[bytes]]:
    """Return the users that the daemon may run as, and the addresses where its socket may be.

    The daemon owns the lock file, which names another address if there is one.
    """
    users, addresses = {0, os.geteuid()}, [b"control.sock"]
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        users.add(os.stat(b"lock", dir_fd=folder, follow_symlinks=False).st_uid)
        with opened(b"lock", _LOCK_FLAGS, folder) as lock:
            if stat.S_ISREG(os.fstat(lock).st_mode):
                addresses.append(os.fsencode(json.loads(os.read(lock, _CHUNK_BYTES))["socket"]))
    return users, addresses


def _answer(question: bytes, address: bytes, folder: int, users: set[int]) -> Document:
    """Return the answer from an address; empty if nobody or another user listens there.

    The socket is opened by its descriptor: its path may be too long, and no link is followed.
    """
    with opened(address, folder=folder) as found, socket.socket(socket.AF_UNIX) as connection:
        connection.connect(f"/proc/self/fd/{found}")
        if user_of(connection) not in users:
            return {}
        connection.sendall(question)
        answer = json.loads(b"".join(iter(lambda: connection.recv(_CHUNK_BYTES), b"")))
    return answer if isinstance(answer, dict) else {}


def _not_running(data_dir: Path, elsewhere: list[bytes]) -> Document:
    flag = "" if data_dir == Path(TABLE["data_dir"].default) else f" {path_flag('data_dir', data_dir)}"
    message = f"no daemon answers on {_shown(data_dir)}; start it with `python -m watcher{flag}`"
    if elsewhere:
        message += f". The last one listened at {_shown(elsewhere[0])}: in a container, ask it there"
    return _unhealthy("not_running", message)


def _not_permitted(data_dir: Path) -> Document:
    owner = ""
    for path in (data_dir, data_dir / ".watcher"):
        with contextlib.suppress(OSError):
            owner = f" -u '#{path.stat().st_uid}'"
    return _unhealthy(
        "unknown",
        f"user {os.geteuid()} may not ask the daemon on {_shown(data_dir)}; ask as the user that it runs as: "
        f"sudo{owner} python -m watcher status {path_flag('data_dir', data_dir)}, in a container: "
        "docker exec NAME python -m watcher status",
    )


def _shown(path: Path | bytes) -> str:
    from processing.model.safe_text import text_of  # noqa: PLC0415 - only messages need it

    return text_of(os.fsencode(path))


def _unhealthy(code: str, message: str) -> Document:
    return {"healthy": False, "reasons": [{"code": code, "message": message}]}


def user_of(connection: socket.socket) -> int:
    """Return the user at the other end of a local connection, as the kernel noted it when it was made."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    user: int = _CREDENTIALS.unpack(credentials)[1]
    return user


@contextlib.contextmanager
def opened(path: Path | bytes, flags: int = _PATH_FLAGS, folder: int | None = None) -> Iterator[int]:
    """Open a path, in an open folder if one is given."""
    descriptor = os.open(path, flags, dir_fd=folder)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
