"""A single run at a terminal: the bar, then the table, for any width, encoding and NO_COLOR."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Iterator
from functools import cache, partial

import pytest

from tests.support.in_process import call, exit_code
from tests.support.program import BROKEN, GOOD, ROOT, SECONDS, Folder
from watcher.reporting import terminal as terminal_of_runs

CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COLOURS = re.compile(r"\x1b\[(?:[0-9]+;)*(?:3[0-8]|4[0-8]|9[0-7])[;m]")
QUICK = ("--settle", "0", "--workers", "1")
TERM = {"TERM": "xterm-256color"}
IGNORED = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "GITHUB_ACTIONS", "PYTHONIOENCODING")
LONG = "a-roof-with-a-name-that-is-long/solar_data_20250419_060000.csv"


@contextlib.contextmanager
def terminal(columns: int) -> Iterator[tuple[int, Callable[[], str]]]:
    """A terminal of this width; the function given closes it, and returns what was written on it."""
    reader, tty = pty.openpty()
    fcntl.ioctl(tty, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
    written: list[bytes] = []

    def read() -> None:
        with contextlib.suppress(OSError):  # the other end is closed
            while part := os.read(reader, 65_536):
                written.append(part)

    thread = threading.Thread(target=read)
    thread.start()

    close = cache(partial(os.close, tty))  # another descriptor may get its number

    def text() -> str:
        close()
        thread.join(SECONDS)
        return b"".join(written).decode()

    try:
        yield tty, text
    finally:
        close()
        thread.join(SECONDS)
        os.close(reader)


def words(folder: Folder) -> list[str]:
    """The arguments of a run over two files, one of them broken."""
    folder.drop(LONG, GOOD)
    folder.drop("broken.csv", BROKEN)
    return ["--once", *QUICK, "--data-dir", str(folder.root)]


def at_a_terminal(folder: Folder, columns: int, *, encoding: str = "utf-8", **variables: str) -> str:
    """All that a run over two files, one of them broken, writes on a terminal of this width."""
    with terminal(columns) as (tty, text):
        assert exit_code(words(folder), tty, tty, TERM | variables, encoding=encoding) == 1
        return text()


@pytest.fixture(autouse=True, scope="module")
def plain_environment() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as environment:
        for name in IGNORED:
            environment.delenv(name, raising=False)
        yield


@pytest.fixture(scope="module")
def eighty_columns(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What a run writes on a terminal of 80 columns."""
    return at_a_terminal(Folder(tmp_path_factory.mktemp("terminal") / "data"), 80)


def lines(text: str) -> list[str]:
    """Each line that was ever on the screen, without codes."""
    plain = CODES.sub("", text).replace("\r\n", "\n")
    return [part for line in plain.split("\n") for part in line.split("\r")]


def test_a_bar_and_a_table_replace_the_log(eighty_columns: str) -> None:
    text, seen = eighty_columns, lines(eighty_columns)
    assert any("2/2 files" in line and "206 bytes" in line and "0:0" in line for line in seen)
    assert {"quarantined broken.csv", f"processed {LONG}"} & set(seen)  # the last outcome, below the bar
    place = next(at for at, line in enumerate(seen) if line == "\N{BALLOT X}" + 42 * " " + "broken.csv")
    assert seen[place + 1].startswith("    missing_columns: columns missing: voltage")
    # 300 s at 100.0, 103.3 and 106.7 W
    place = next(at for at, line in enumerate(seen) if line.startswith("\N{CHECK MARK}"))
    assert seen[place].rstrip() == "\N{CHECK MARK}     0.026    100.0%         0         0"
    assert seen[place + 1] == LONG
    assert "0.026 kWh, 3 rows in" in text
    assert "1 processed, 1 quarantined, 0 duplicate, 0 left behind" in text
    assert "file.processed" not in text


@pytest.mark.long
def test_a_process_of_its_own_ends_with_the_table(folder: Folder) -> None:
    """Without a deadline of its own: on a busy machine it takes many times its second."""
    command = [sys.executable, "-m", "watcher", *words(folder)]
    with terminal(80) as (tty, text):
        done = subprocess.run(command, cwd=ROOT, stdout=tty, stderr=tty, env=os.environ | TERM, check=False)
        assert done.returncode == 1
        assert "1 processed, 1 quarantined, 0 duplicate, 0 left behind" in text()


@pytest.mark.parametrize("columns", [24, 40, 200])
def test_no_line_is_wider_than_the_terminal_and_no_name_is_lost(folder: Folder, columns: int) -> None:
    seen = lines(at_a_terminal(folder, columns))
    assert max(map(len, seen)) <= columns
    header = next(at for at, line in enumerate(seen) if line.startswith(" ") and "kWh" in line)
    table = "".join(line.strip() for line in seen[header:])
    assert LONG in table
    assert "broken.csv" in table


def test_an_ascii_terminal_gets_ascii(folder: Folder) -> None:
    text = at_a_terminal(folder, 80, encoding="ascii")
    assert text.isascii()
    seen = lines(text)
    assert any(line.startswith("x ") and line.endswith("broken.csv") for line in seen)
    assert any(line.startswith("+     0.026") for line in seen)
    assert "\\u" not in text


def test_no_color_is_respected(folder: Folder) -> None:
    assert not COLOURS.search(at_a_terminal(folder, 80, NO_COLOR="1"))


def test_the_console_log_respects_no_color_too(folder: Folder) -> None:
    assert not COLOURS.search(at_a_terminal(folder, 80, NO_COLOR="1", WATCHER_LOG_LEVEL="debug"))


def test_a_terminal_gets_colours_by_default(eighty_columns: str) -> None:
    assert COLOURS.search(eighty_columns)


def test_a_dumb_terminal_gets_no_codes_and_the_table(folder: Folder) -> None:
    text = at_a_terminal(folder, 80, TERM="dumb")
    assert "\x1b" not in text
    assert "1 processed, 1 quarantined" in text


def test_without_a_terminal_there_is_only_the_log(folder: Folder) -> None:
    folder.drop("good.csv", GOOD)
    done = call("--once", *QUICK, "--data-dir", folder.root)
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    assert '"event":"file.processed"' in done.stdout.replace(": ", ":")


def test_ignored_files_are_counted_by_reason(folder: Folder) -> None:
    folder.drop("readme.txt", b"")
    folder.drop("roof/notes.md", b"")
    (folder.incoming / "link.csv").symlink_to("broken.csv")
    text = " ".join(" ".join(lines(at_a_terminal(folder, 80))).split())
    assert "ignored, as no input: " in text
    assert "2 no .csv or .csv.gz (--suffixes)" in text
    assert "1 a symbolic link, which is never followed" in text


def test_the_terminal_of_a_runner_gets_no_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.isatty", lambda _: True)
    assert terminal_of_runs.is_shown()
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert not terminal_of_runs.is_shown()
    assert not terminal_of_runs.takes_over("auto", "info")
