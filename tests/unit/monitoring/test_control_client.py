"""Asking a daemon at its socket: who answers, whose answer counts, what is said if nobody answers."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.faults.mounts import Namespace
from tests.support.in_process import call
from tests.support.program import ROOT, SECONDS, Folder, Program, Runs, clean_environ, wait_until
from watcher.monitoring.control_client import status_of
from watcher.monitoring.control_socket import ControlSocket
from watcher.monitoring.socket_server import CLIENT_SECONDS, MAX_CLIENTS, MAX_QUESTION_BYTES
from watcher.system.lock import Lock

SOCKET = ".watcher/control.sock"
PLANTED = """
import json, os, socket, sys
found, listener = os.stat(sys.argv[1]), socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1] + "/.watcher/control.sock")
os.chmod(sys.argv[1] + "/.watcher/control.sock", 0o666)
listener.listen()
print("listening", flush=True)
while True:
    connection, _ = listener.accept()
    connection.recv(4096)
    place = {"device": found.st_dev, "inode": found.st_ino + int(sys.argv[2])}
    connection.sendall(json.dumps(place | {"healthy": True, "reasons": []}).encode())
    connection.close()
"""


def status(folder: Folder, *prefix: str) -> tuple[int, Any]:
    """The command's exit code and its document."""
    command = [*prefix, sys.executable, "-m", "watcher", "status", "--json", "--data-dir", str(folder.root)]
    done = subprocess.run(command, cwd=ROOT, env=clean_environ(), capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout)


def codes(folder: Folder) -> set[str]:
    return {reason["code"] for reason in status_of(folder.root)["reasons"]}


def possible(*prefix: str) -> None:
    """Skip if a command with this prefix cannot run."""
    try:
        done = subprocess.run([*prefix, sys.executable, "-c", ""], cwd="/", capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip(f"no {prefix[0]} here")
    if done.returncode:
        pytest.skip(f"{' '.join(prefix)} is not possible here: {done.stderr.decode().strip()}")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, module_runs: Runs) -> Iterator[tuple[Folder, Program]]:
    """A data folder with a daemon that no test ends."""
    folder = Folder(tmp_path_factory.mktemp("served") / "data")
    daemon = module_runs.daemon(folder, "--scan-interval", "0.2")
    yield folder, daemon
    daemon.stop()


@contextlib.contextmanager
def listening(folder: Folder, *, killed: bool = False) -> Iterator[ControlSocket]:
    """The control socket of a lock holder, which is this process; at its end it is removed, unless killed."""
    lock = Lock(folder.root)
    lock.take()
    control = ControlSocket(lock, lambda: {"healthy": True, "reasons": []})
    control.check()
    thread = threading.Thread(target=control.server.run if killed else control.run)
    thread.start()
    try:
        yield control
    finally:
        control.server.listen(None)
        thread.join()
        lock.release()


def open_to_others(path: Path) -> None:
    for parent in path.parents:
        if parent == Path(tempfile.gettempdir()):
            break
        parent.chmod(0o755)


OTHER_USER = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


def test_a_daemon_answers_from_another_pid_namespace(served: tuple[Folder, Program]) -> None:
    folder, daemon = served
    apart = ("unshare", "--fork", "--pid", "--mount-proc")
    possible(*apart)
    code, document = status(folder, *apart)
    assert (code, document["healthy"], document["pid"]) == (0, True, daemon.pid)


def test_another_user_may_ask(served: tuple[Folder, Program]) -> None:
    folder, _ = served
    possible(*OTHER_USER)
    open_to_others(folder.root)
    assert status(folder, *OTHER_USER)[0] == 0
    (folder.root / ".watcher").chmod(0o700)
    code, document = status(folder, *OTHER_USER)
    assert code == 1
    assert [reason["code"] for reason in document["reasons"]] == ["unknown"]
    assert f"sudo -u '#{os.geteuid()}' python -m watcher status" in document["reasons"][0]["message"]
    (folder.root / ".watcher").chmod(0o755)


@contextlib.contextmanager
def planted(folder: Folder, *prefix: str, inode: int = 0) -> Iterator[None]:
    (folder.root / ".watcher").mkdir()
    (folder.root / ".watcher").chmod(0o777)
    (folder.root / ".watcher/lock").touch()
    command = [*prefix, sys.executable, "-c", PLANTED, str(folder.root), str(inode)]
    with subprocess.Popen(command, cwd="/", stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout.readline() == "listening\n"
        try:
            yield
        finally:
            server.kill()


def test_an_answer_of_another_user_does_not_count(folder: Folder) -> None:
    possible(*OTHER_USER)
    open_to_others(folder.root)
    with planted(folder, *OTHER_USER):
        assert codes(folder) == {"not_running"}


@pytest.mark.parametrize(("inode", "said"), [(1, {"not_running"}), (0, set())])
def test_an_answer_about_another_folder_does_not_count(folder: Folder, inode: int, said: set[str]) -> None:
    with planted(folder, inode=inode):
        assert codes(folder) == said


def test_a_socket_of_a_killed_daemon_does_not_answer(folder: Folder) -> None:
    with listening(folder, killed=True):
        assert not codes(folder)
    assert (folder.root / SOCKET).is_socket()
    assert codes(folder) == {"not_running"}
    with listening(folder):
        assert not codes(folder)
    assert not (folder.root / SOCKET).exists()


@pytest.mark.parametrize("removed", [SOCKET, ".watcher/lock", ".watcher"])
def test_a_removed_socket_lock_or_folder_is_made_again(served: tuple[Folder, Program], removed: str) -> None:
    folder, _ = served
    path = folder.root / removed
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    wait_until(lambda: path.exists() and not codes(folder), "it stays red")
    if removed == ".watcher":
        assert call("--data-dir", folder.root).returncode == 3  # the folder is still held


def test_a_path_may_be_longer_than_a_socket_address(tmp_path: Path) -> None:
    folder = Folder(tmp_path / ("d" * 100) / ("e" * 100))
    with listening(folder):
        assert not codes(folder)
        assert (folder.root / SOCKET).is_socket()


def test_a_single_run_answers_too(folder: Folder, runs: Runs) -> None:
    with (folder.incoming / "x.csv").open("w") as file:
        file.write("timestamp,voltage\n")
        file.flush()
        run = runs.start(folder, "--once")
        run.until("watcher.started")
        document = status_of(folder.root)
        assert (document["healthy"], document["single_run"]) == (True, True)
    assert run.wait().code == 1


VARIABLES = ("RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR", "TMPDIR")


@pytest.fixture
def no_place(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """A data folder that can hold no socket, with no other place for it."""
    (folder.root / SOCKET).mkdir(parents=True)
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(tempfile, "tempdir", None)  # what was found for the last TMPDIR
    return folder


@pytest.mark.parametrize("variable", VARIABLES)
def test_if_no_socket_can_be_bound_the_lock_file_names_another_place(
    no_place: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    place = tmp_path / "run"
    place.mkdir()
    monkeypatch.setenv(variable, str(place))
    with listening(no_place) as control:
        named = Path(no_place.document(".watcher/lock")["socket"])
        assert named.is_relative_to(place)
        assert named.is_socket()
        if variable == "TMPDIR":
            assert named.parent.stat().st_mode & 0o777 == 0o700
        assert not codes(no_place)
        named.unlink()
        control.check()
        assert not codes(no_place)
    assert not named.exists()
    assert codes(no_place) == {"not_running"}


@pytest.mark.long
def test_a_daemon_on_a_memory_card_with_fat_is_asked_elsewhere(tmp_path: Path, runs: Runs) -> None:
    root = tmp_path / "data"
    root.mkdir()
    script = 'truncate -s 8M "$2"; mkfs.vfat "$2" >&2; mount -o loop "$2" "$1"; mkdir "$1/incoming"'
    with Namespace(script, root, tmp_path / "image") as namespace:
        if namespace.why_unavailable:
            pytest.skip(f"no FAT here: {namespace.why_unavailable}")
        inside, seen = Folder.__new__(Folder), Folder.__new__(Folder)
        inside.root, seen.root = root, namespace.seen(root)
        daemon = runs.daemon(inside, prefix=namespace.prefix, XDG_RUNTIME_DIR=str(tmp_path))
        assert not codes(seen)
        assert not (seen.root / SOCKET).exists()
        assert seen.document(".watcher/lock")["socket"].startswith(f"{tmp_path}/control-")
        daemon.stop()
        assert codes(seen) == {"not_running"}


def test_a_folder_below_the_temporary_one_that_others_may_enter_is_not_used(
    no_place: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f"watcher-{os.geteuid()}").mkdir(mode=0o755)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with capture_logs() as lines, listening(no_place) as control:
        control.check()  # the daemon goes on, and says so once
    assert [line["event"] for line in lines] == ["status.unreachable"]
    assert codes(no_place) == {"not_running"}


def test_a_link_in_the_sockets_place_is_replaced_and_its_target_kept(folder: Folder, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("precious")
    (folder.root / ".watcher").mkdir()
    (folder.root / SOCKET).symlink_to(target)
    with listening(folder):
        assert not codes(folder)
    assert (target.read_text(), target.stat().st_mode & 0o777 != 0o666) == ("precious", True)


def connected(folder: Folder) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(SECONDS)
    place = os.open(folder.root, os.O_PATH)
    connection.connect(f"/proc/self/fd/{place}/{SOCKET}")
    os.close(place)
    return connection


def test_clients_that_send_nothing_or_too_much_are_disconnected(served: tuple[Folder, Program]) -> None:
    folder, _ = served
    with contextlib.ExitStack() as stack:
        began = time.monotonic()
        silent = [stack.enter_context(connected(folder)) for _ in range(2 * MAX_CLIENTS)]
        assert all(each.recv(1) == b"" for each in silent[:MAX_CLIENTS])
        assert time.monotonic() - began >= CLIENT_SECONDS
        talker = stack.enter_context(connected(folder))
        with contextlib.suppress(ConnectionError):
            for _ in range(100):
                talker.sendall(bytes(MAX_QUESTION_BYTES))
        with contextlib.suppress(ConnectionError):
            assert talker.recv(1) == b""
    wait_until(lambda: not codes(folder), "nobody else is answered")


@pytest.mark.parametrize("question", [b"", b"status", b"[" * 4000, b'{"question": "stop"}', b"\xff\0"])
def test_an_unknown_question_is_answered_with_an_error(
    served: tuple[Folder, Program], question: bytes
) -> None:
    folder, _ = served
    with connected(folder) as connection:
        connection.sendall(question + b"\n")
        assert "error" in json.loads(connection.recv(1000))
    assert not codes(folder)


def test_a_daemon_at_rest_writes_no_file(served: tuple[Folder, Program]) -> None:
    folder, _ = served

    def state() -> dict[Path, tuple[int, int, int]]:
        found = ((path, path.lstat()) for path in (folder.root, *folder.root.rglob("*")))
        return {path: (each.st_ino, each.st_mtime_ns, each.st_ctime_ns) for path, each in found}

    def nothing_happened() -> bool:
        before = state()
        time.sleep(2.5)
        return not codes(folder) and state() == before

    wait_until(nothing_happened, "it writes on")  # the first time it may still draw the index


@pytest.mark.parametrize("named", ["a\0b", "\ud800", 7, None, "x" * 5000])
def test_a_lock_file_with_an_impossible_place_means_that_no_daemon_runs(
    tmp_path: Path, named: object
) -> None:
    folder = Folder(tmp_path)
    (tmp_path / ".watcher").mkdir()
    (tmp_path / ".watcher/lock").write_text(json.dumps({"socket": named}))
    assert codes(folder) == {"not_running"}
