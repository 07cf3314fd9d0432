"""The program as a real process: started, its log read line by line, stopped; and a data folder for it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from processing.workers.local_pool import FOR_FILES

HEADER = b"timestamp,voltage,current,temperature,power\n"
ROWS = (
    b"2026-01-15T12:00:00,25.0,4.0,30.0,100.0\n",
    b"2026-01-15T12:05:00,25.2,4.1,30.2,103.3\n",
    b"2026-01-15T12:10:00,25.4,4.2,30.4,106.7\n",
)
GOOD = HEADER + b"".join(ROWS)
BROKEN = b"timestamp,current\n2026-01-15T12:00:00,4.0\n"
FAST = ("--settle", "0.05", "--workers", "1", "--log-format", "json")
SECONDS = 50.0
"""Long enough on a busy machine; a test that works never waits for it. `--timeout` changes it."""
ROOT = Path(__file__).parents[2]
_MARK = "TEST_RUN"
_NO_PRIVILEGES = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")
_CLOCK = range(24), range(60), range(0, 60, 10)
OTHER_UID = 54321
_NO_ROOT = (
    "setpriv",
    f"--reuid={OTHER_UID}",
    f"--regid={OTHER_UID}",
    "--clear-groups",
    "--bounding-set=-all,+dac_override",
)
_NO_ROOT += ("--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override")

Line = dict[str, Any]


def long_file(rows: int) -> bytes:
    """Return a file of this many rows, one in ten seconds; a worker reads some 80,000 a second."""
    times = [f"T{hour:02}:{minute:02}:{second:02}" for hour, minute, second in product(*_CLOCK)]
    days = [date(2026, 1, 1) + timedelta(days=day) for day in range(-(-rows // len(times)))]
    lines = [f"{day}{time},25.0,4.0,30.0,100.0\n" for day in map(str, days) for time in times]
    return HEADER + "".join(lines[:rows]).encode()


class Folder:
    """A data folder in use."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.incoming = root / "incoming"
        self.incoming.mkdir(parents=True, exist_ok=True)

    def drop(self, name: str | bytes, content: bytes = GOOD) -> Path:
        path = self.incoming / os.fsdecode(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def files(self) -> set[str]:
        """Return every file below, but for the program's own folder and what can be rebuilt."""
        found = (path.relative_to(self.root) for path in self.root.rglob("*") if not path.is_dir())
        kept = (path for path in found if path.parts[0] != ".watcher" and path.suffix != ".html")
        return {str(path) for path in kept} - {"processed/summary.json"}

    def document(self, name: str) -> Any:
        return json.loads((self.root / name).read_bytes(), parse_constant=_no_constant)

    def energy(self, name: str) -> float:
        """Return the energy in the result of this name."""
        found: float = self.document(f"processed/{name}.json")["metrics"]["total_energy_kwh"]
        return found


class Ended(NamedTuple):
    """A run that has ended."""

    code: int
    lines: list[Line]
    errors: str

    def events(self, event: str) -> list[Line]:
        return [line for line in self.lines if line["event"] == event]

    def event(self, event: str) -> Line:
        (found,) = self.events(event)
        return found


class Program:
    """One process of the program; every line on its standard output must be strict JSON."""

    def __init__(
        self,
        run: str,
        folder: Folder,
        arguments: Sequence[str],
        *,
        prefix: Sequence[str] = (),
        environ: dict[str, str] | None = None,
    ) -> None:
        self._lines: list[Line] = []
        self._bad_line: Exception | None = None
        self._ended = False
        self._changed = threading.Condition()
        self._process = subprocess.Popen(
            [*prefix, sys.executable, "-m", "watcher", "--data-dir", str(folder.root), *FAST, *arguments],
            cwd=ROOT,
            env=clean_environ() | {_MARK: run} | (environ or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self._errors = b""
        self._error_reader = threading.Thread(target=self._read_errors)
        self._error_reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def lines(self) -> list[Line]:
        with self._changed:
            return list(self._lines)

    def until(self, event: str, **fields: object) -> Line:
        """Return the first line of an event with these fields, waiting for it."""
        return self.until_many(1, event, **fields)[0]

    def until_many(self, count: int, event: str, **fields: object) -> list[Line]:
        """Return the first so many lines of an event with these fields, waiting for them."""
        wanted = {"event": event, **fields}
        found: list[Line] = []
        read = 0

        def is_reached() -> bool:
            nonlocal read
            found.extend(line for line in self._lines[read:] if wanted.items() <= line.items())
            read = len(self._lines)
            return len(found) >= count or self._ended

        with self._changed:
            self._changed.wait_for(is_reached, SECONDS)
            if len(found) < count:
                lines = "\n".join(map(str, self._lines))
                raise AssertionError(f"no {count} of {wanted} in:\n{lines}\n{self._errors.decode()}")
            return found[:count]

    def send(self, number: int) -> None:
        self._process.send_signal(number)

    def stop(self, number: int = signal.SIGTERM) -> Ended:
        self.send(number)
        return self.wait()

    def wait(self, seconds: float = SECONDS) -> Ended:
        code = self._process.wait(seconds)
        self._reader.join(SECONDS)
        self._error_reader.join(SECONDS)
        self._close()
        if self._bad_line is not None:
            raise self._bad_line
        return Ended(code, self._lines, self._errors.decode())

    def end(self) -> bool:
        """Kill the process if it runs still; return whether it did."""
        if self._process.poll() is not None:
            return False
        self._process.kill()
        with contextlib.suppress(Exception):
            self.wait()
        return True

    def other_thread(self, number: signal.Signals) -> int:
        """Return a thread to which the kernel may give this signal in place of the main one."""
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            [blocked] = re.findall(r"^SigBlk:\s*(\w+)", (task / "status").read_text(), re.MULTILINE)
            if task.name != str(self.pid) and not int(blocked, 16) >> (number - 1) & 1:
                return int(task.name)
        raise AssertionError("all other threads block it")

    def workers(self) -> list[int]:
        """Return the pids of the workers that process files; another one may draw pages."""
        return [pid for pid in children_of(self.pid) if FOR_FILES.encode() in _command_of(pid)]

    def _close(self) -> None:
        for stream in (self._process.stdout, self._process.stderr):
            stream.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for raw in self._process.stdout:
            try:
                line = parsed(raw)
            except ValueError as error:
                error.add_note(repr(raw))
                self._bad_line = error
                continue
            with self._changed:
                self._lines.append(line)
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _read_errors(self) -> None:
        self._errors = self._process.stderr.read()


class Runs:
    """Starts the program, and knows what is left of it."""

    def __init__(self) -> None:
        self._name = uuid.uuid4().hex
        self._programs: list[Program] = []

    def start(self, folder: Folder, *arguments: str, prefix: Sequence[str] = (), **environ: str) -> Program:
        program = Program(self._name, folder, arguments, prefix=prefix, environ=environ)
        self._programs.append(program)
        return program

    def daemon(self, folder: Folder, *arguments: str, prefix: Sequence[str] = (), **environ: str) -> Program:
        """Start a daemon and return when it watches."""
        program = self.start(folder, *arguments, prefix=prefix, **environ)
        program.until("watcher.started")
        return program

    def once(self, folder: Folder, *paths: str | Path, flags: Sequence[str] = (), **options: Any) -> Ended:
        """Run `--once` to its end."""
        return self.start(folder, *flags, "--once", *map(str, paths), **options).wait()

    def end(self) -> list[str]:
        """Kill what is left, and return what it was: the test's own processes and their orphans."""
        left = [f"process {program.pid}" for program in self._programs if program.end()]
        deadline = time.monotonic() + SECONDS
        while orphans := list(_marked(self._name)):
            if time.monotonic() > deadline:
                for pid in orphans:
                    os.kill(pid, signal.SIGKILL)
                return [*left, *(f"orphan {pid}" for pid in orphans)]
            time.sleep(0.02)
        return left


def children_of(parent: int) -> list[int]:
    """Return the pids of a process's children."""
    found: list[int] = []
    for path in Path(f"/proc/{parent}/task").glob("*/children"):
        with contextlib.suppress(OSError):  # the thread has just ended
            found += map(int, path.read_text().split())
    return found


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Return when the condition holds; an assertion fails after the deadline."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.005)


def parsed(raw: bytes) -> Line:
    """Return a log line; ValueError if it is not a strict JSON object."""
    if not raw.startswith(b"{"):
        raise ValueError("no object")
    line: Line = json.loads(raw.decode(), parse_constant=_no_constant, object_pairs_hook=_no_repeats)
    return line


def clean_environ() -> dict[str, str]:
    """Return this process's environment without settings of the program."""
    return {key: value for key, value in os.environ.items() if not key.startswith("WATCHER_")}


def without_privileges() -> tuple[str, ...]:
    """Return what goes before a command so that file modes bind it, even where this process is root."""
    return _NO_PRIVILEGES if os.geteuid() == 0 else ()


def no_root() -> tuple[str, ...]:
    """Return what goes before a command so that the limit of processes binds it, which root's own pass."""
    return _NO_ROOT if os.geteuid() == 0 else ()


def modes_bind(prefix: Sequence[str], folder: Path) -> bool:
    """Return whether a file without read permission really cannot be read by a command so prefixed."""
    secret = folder / "probe"
    secret.write_bytes(b"")
    secret.chmod(0)
    with contextlib.suppress(OSError):
        return subprocess.run([*prefix, "cat", str(secret)], capture_output=True, check=False).returncode == 1
    return False


def _command_of(pid: int) -> list[bytes]:
    """Return the words of a process's command; empty if it has ended."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    return []


def _marked(run: str) -> Iterator[int]:
    mark = f"{_MARK}={run}".encode()
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if mark in path.read_bytes().split(b"\0"):
                yield int(path.parent.name)


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def _no_repeats(pairs: list[tuple[str, Any]]) -> Line:
    line = dict(pairs)
    if len(line) != len(pairs):
        raise ValueError("a key is there twice")
    return line
