"""What `status` prints: the daemon's answer from its control socket, or why no daemon answered.

The container's health check runs this every half minute, so it imports little.
"""

from __future__ import annotations

import _thread
import argparse
import contextlib
import json
import os
import socket
import stat
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from processing.printing import say
from watcher.errors import ExitCode
from watcher.settings import Settings

ANSWER_SECONDS = 2.0
_QUESTION = b'{"question": "status"}\n'
_TEXT_BYTES = 1 << 16
_TIMEOUT = struct.pack("ll", int(ANSWER_SECONDS), 0)
_PEER = struct.Struct("3i")
"""Process, user and group, as SO_PEERCRED gives them."""
_PLACE_FLAGS = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
_LOCK_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

Document = dict[str, Any]


class _Whom(NamedTuple):
    """Whom to ask: the users that the daemon may run as, and the places where it may listen."""

    users: set[int]
    places: list[bytes]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(chosen: Settings, given: argparse.Namespace) -> ExitCode:
    """Print the daemon's state."""
    text, healthy = report(chosen.data_dir, as_json=given.json)
    say(text)
    return ExitCode.CLEAN if healthy else ExitCode.QUARANTINED


def report(data_dir: Path, *, as_json: bool) -> tuple[str, bool]:
    """Return the state of the daemon on this folder, in words or as JSON, and whether it is healthy."""
    document = _within_time(data_dir)
    text = json.dumps(document, indent=2) if as_json else "\n".join(_words(document))
    return text, document["healthy"] is True


def _within_time(data_dir: Path) -> Document:
    """Ask, but wait no longer than a daemon may take: if storage hangs, so does opening a path."""
    answers: list[Document] = []
    waiting = _thread.allocate_lock()

    def ask() -> None:
        answers.append(_asked(data_dir))
        waiting.release()

    waiting.acquire()
    _thread.start_new_thread(ask, ())  # `threading` takes longer to load than this takes to run
    return answers[0] if waiting.acquire(timeout=ANSWER_SECONDS) else _no_answer()


def _asked(data_dir: Path) -> Document:
    try:
        with _opened(data_dir, os.O_PATH | os.O_CLOEXEC) as root, _opened(b".watcher", folder=root) as folder:
            whom = _whom(folder)
            for place in whom.places:
                with contextlib.suppress(FileNotFoundError, ConnectionError, ValueError):  # NUL in a path
                    if (answer := _answer(place, folder, whom.users)) and _is_about(answer, root):
                        return answer
            return _not_running(data_dir, whom.places[1:])
    except PermissionError:
        return _unknown(data_dir)
    except BlockingIOError:
        return _no_answer()
    except OSError:
        return _not_running(data_dir, [])


def _whom(folder: int) -> _Whom:
    """Return whom to ask: the lock file is the daemon's, and names another place if there is one."""
    whom = _Whom({0, os.geteuid()}, [b"control.sock"])
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        whom.users.add(os.stat(b"lock", dir_fd=folder, follow_symlinks=False).st_uid)
        with _opened(b"lock", _LOCK_FLAGS, folder) as lock:
            if stat.S_ISREG(os.fstat(lock).st_mode):
                whom.places.append(os.fsencode(json.loads(os.read(lock, _TEXT_BYTES))["socket"]))
    return whom


def _answer(place: bytes, folder: int, users: set[int]) -> Document | None:
    """Return the daemon's answer at a place; None if another user listens there or nothing comes.

    The socket's descriptor stands for its path: it may be long, and no link is followed.
    """
    with (
        _opened(place, folder=folder) as found,
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection,
    ):
        for option in (socket.SO_SNDTIMEO, socket.SO_RCVTIMEO):
            connection.setsockopt(socket.SOL_SOCKET, option, _TIMEOUT)
        connection.connect(f"/proc/self/fd/{found}")
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
        if _PEER.unpack(credentials)[1] not in users:
            return None
        connection.sendall(_QUESTION)
        line = b""
        while part := connection.recv(_TEXT_BYTES):
            line += part
    with contextlib.suppress(ValueError):
        answer = json.loads(line)
        return answer if isinstance(answer, dict) else None
    return None


def _is_about(answer: Document, root: int) -> bool:
    """Return whether an answer is about this very data folder."""
    found = os.fstat(root)
    return (answer.get("device"), answer.get("inode")) == (found.st_dev, found.st_ino)


def _not_running(data_dir: Path, elsewhere: list[bytes]) -> Document:
    message = f"no daemon answers on {data_dir}; start it with `python -m watcher`"
    if elsewhere:
        message += f". The last one listened at {os.fsdecode(elsewhere[0])}: in a container, ask it there"
    return _red("not_running", message)


def _no_answer() -> Document:
    limit = f"{ANSWER_SECONDS:g} s"
    return _red(
        "no_answer", f"the daemon does not answer within {limit}: it is stopped, or its storage hangs"
    )


def _unknown(data_dir: Path) -> Document:
    owner = ""
    for path in (data_dir, data_dir / ".watcher"):
        with contextlib.suppress(OSError):
            owner = f" -u '#{path.stat().st_uid}'"
    return _red(
        "unknown",
        f"user {os.geteuid()} may not ask the daemon on {data_dir}; ask as the user that it runs as: "
        f"sudo{owner} python -m watcher status --data-dir {data_dir}, in a container: "
        "docker exec NAME python -m watcher status",
    )


def _red(code: str, message: str) -> Document:
    return {"healthy": False, "reasons": [{"code": code, "message": message}]}


@contextlib.contextmanager
def _opened(path: Path | bytes, flags: int = _PLACE_FLAGS, folder: int | None = None) -> Iterator[int]:
    descriptor = os.open(path, flags, dir_fd=folder)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _words(document: Document) -> Iterator[str]:
    if document.get("single_run") and document["healthy"]:
        yield "healthy: a single run (--once) is at work; it ends by itself"
    else:
        yield "healthy" if document["healthy"] else "not healthy:"
    for reason in document["reasons"]:
        yield f"  {reason['message']} [{reason['code']}]"
    if "pid" in document:
        yield from _details(document)


def _details(document: Document) -> Iterator[str]:
    done = ", ".join(f"{count} {outcome}" for outcome, count in sorted(document["counts"].items()))
    yield f"process {document['pid']}, for {document['uptime_seconds']:.0f} s: {done or 'no file'}"
    work = f"waiting {document['waiting']}, queued {document['queued']}, in work {document['in_flight']}"
    yield work if document["single_run"] else f"{work}; {document['free_bytes'] >> 20} MiB free"
    if document["degraded"]:
        interval = document["scan_interval_seconds"]
        yield f"no events, scans every {interval:g} s find the files: {document['degraded']}"
    if document["cannot_keep_up"]:
        scans, now = document["backlog_growing_scans"], document["backlog"]
        yield f"more files with each of the last {scans} scans, {now} now: it cannot keep up"
    if document["leases_unknown"]:
        yield "of some files the kernel does not say who writes to them: they wait ten times `settle`"
    for each in document["files"]:
        unchanged = f"unchanged for {each['unchanged_seconds']:.0f} s"
        yield f"  {each['file']}: {each['reason']}, for {each['seconds']:.0f} s, {unchanged}"
