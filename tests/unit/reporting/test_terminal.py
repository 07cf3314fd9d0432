"""A single run at a terminal: the bar, then the table, for any width, encoding and NO_COLOR."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios

import pytest

from tests.support.program import BROKEN, GOOD, ROOT, Folder

CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COLOURS = re.compile(r"\x1b\[(?:[0-9]+;)*(?:3[0-8]|4[0-8]|9[0-7])[;m]")
QUICK = ("--settle", "0", "--workers", "1")
LONG = "a-roof-with-a-name-that-is-long/solar_data_20250419_060000.csv"


def at_a_terminal(folder: Folder, columns: int, **variables: str) -> str:
    """All that a run over two files, one of them broken, writes on a terminal of this width."""
    folder.drop(LONG, GOOD)
    folder.drop("broken.csv", BROKEN)
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
    command = [sys.executable, "-m", "watcher", "--once", *QUICK, "--data-dir", str(folder.root)]
    ignored = {"COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "GITHUB_ACTIONS", "PYTHONIOENCODING"}
    own = {key: value for key, value in os.environ.items() if key not in ignored}
    environment = own | {"TERM": "xterm-256color"} | variables
    with subprocess.Popen(command, cwd=ROOT, stdout=slave, stderr=slave, env=environment) as program:
        os.close(slave)
        written = b""
        try:
            while chunk := os.read(master, 65_536):
                written += chunk
        except OSError:  # the other end is closed
            pass
        assert program.wait(20) == 1
    os.close(master)
    return written.decode()


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


@pytest.mark.parametrize("columns", [24, 40, 200])
def test_no_line_is_wider_than_the_terminal_and_no_name_is_lost(folder: Folder, columns: int) -> None:
    seen = lines(at_a_terminal(folder, columns))
    assert max(map(len, seen)) <= columns
    header = next(at for at, line in enumerate(seen) if line.startswith(" ") and "kWh" in line)
    table = "".join(line.strip() for line in seen[header:])
    assert LONG in table
    assert "broken.csv" in table


def test_an_ascii_terminal_gets_ascii(folder: Folder) -> None:
    text = at_a_terminal(folder, 80, PYTHONIOENCODING="ascii")
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
    command = [sys.executable, "-m", "watcher", "--once", *QUICK, "--data-dir", str(folder.root)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=20)
    assert done.stderr == b""
    assert b"\x1b" not in done.stdout
    assert b'"event":"file.processed"' in done.stdout.replace(b": ", b":")


def test_ignored_files_are_counted_by_reason(folder: Folder) -> None:
    folder.drop("readme.txt", b"")
    folder.drop("roof/notes.md", b"")
    (folder.incoming / "link.csv").symlink_to("broken.csv")
    text = " ".join(" ".join(lines(at_a_terminal(folder, 80))).split())
    assert "left alone, as no input: " in text
    assert "2 no .csv or .csv.gz (--suffixes)" in text
    assert "1 a symbolic link, which is never followed" in text
