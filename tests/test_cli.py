"""The command line: settings, errors and their exit codes, signals before the work begins, the terminal."""

import contextlib
import os
import pty
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.program import ROOT, SECONDS, Folder, Runs, clean_environ
from watcher import cli


class Said(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Said]:
    """Calls the command line in this process: for what is refused before anything begins."""

    def call(*arguments: str | Path, **environ: str) -> Said:
        for name in [name for name in os.environ if name.startswith("WATCHER_")]:
            monkeypatch.delenv(name)
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        try:
            code = cli.main([*map(str, arguments)])
        except SystemExit as error:
            code = int(error.code or 0)
        return Said(code, *capsys.readouterr())

    return call


def watcher(*arguments: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "watcher", *map(str, arguments)],
        cwd=ROOT,
        env=clean_environ() | environ,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--bogus"], "--bogus"),
        (["--settl", "1"], "--settl"),
        (["--settle", "soon"], "--settle is 'soon'; allowed: a number from 0 to 86400"),
        (["--settle", "nan"], "--settle is 'nan'"),
        (["--workers", "0"], "--workers is '0'"),
        (["--watch", "closely"], "allowed: auto or events or scan"),
        (["--config", "/absent.toml"], "/absent.toml: cannot be read: No such file or directory"),
        (["statsu"], "statsu"),
        (["audit", "extra"], "extra"),
        (
            ["prune", "--older-than", "1e300"],
            "--older-than is 1e+300; allowed: a number of days from 0 to 36500",
        ),
    ],
)
def test_a_wrong_flag_or_value_gives_2_and_names_it(
    said: Callable[..., Said], arguments: list[str], told: str
) -> None:
    ended = said(*arguments)
    assert ended.returncode == 2
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("settle = 'soon'", "config.toml: settle is 'soon'; allowed: a number from 0 to 86400"),
        ("setle = 1", "config.toml: 'setle' is no setting; the nearest is settle"),
        ("settle = ", "config.toml: no TOML"),
        ("[limits.voltage]\nmin = 'low'", "config.toml: "),
    ],
)
def test_a_wrong_settings_file_gives_2_and_names_the_key(
    said: Callable[..., Said], folder: Folder, tmp_path: Path, text: str, told: str
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(text)
    ended = said("--once", "--data-dir", folder.root, "--config", config)
    assert ended.returncode == 2
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_wrong_variable_gives_2_and_names_it(said: Callable[..., Said], folder: Folder) -> None:
    ended = said("--once", "--data-dir", folder.root, WATCHER_SETLE="1")
    assert ended.returncode == 2
    assert "WATCHER_SETTLE" in ended.stderr


def test_a_flag_beats_a_variable_and_a_variable_the_file(folder: Folder, tmp_path: Path, runs: Runs) -> None:
    config = tmp_path / "config.toml"
    config.write_text("durability = 'none'")

    def durability(*flags: str, **environ: str) -> object:
        ended = runs.once(folder, flags=["--config", str(config), *flags], **environ)
        return ended.event("watcher.started")["durability"]

    assert durability() == "none"
    assert durability(WATCHER_DURABILITY="full") == "full"
    assert durability("--durability", "full", WATCHER_DURABILITY="none") == "full"


def test_help_lists_flags_and_commands() -> None:
    ended = watcher("--help")
    assert ended.returncode == 0
    assert {"--once", "--settle", "audit", "status", "retry", "prune"} <= set(
        re.split(r"[\s\[\]]+", ended.stdout)
    )


@pytest.mark.parametrize("command", [["audit"], ["retry", "--all"], ["prune", "--older-than", "1"]])
def test_a_data_folder_that_is_not_there_gives_2_and_is_named(
    said: Callable[..., Said], tmp_path: Path, command: list[str]
) -> None:
    ended = said(*command, "--data-dir", tmp_path / "absent")
    assert ended.returncode == 2
    assert f"{tmp_path}/absent" in ended.stderr
    assert "--data-dir" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "absent").exists()


def test_the_terminal_gets_the_readable_form_with_names_escaped(folder: Folder) -> None:
    folder.drop(b"esc\x1b[31m.csv")
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "watcher",
            "--data-dir",
            folder.root,
            "--settle",
            "0",
            "--workers",
            "1",
            "--once",
        ],
        cwd=ROOT,
        env=clean_environ(),
        stdout=theirs,
    ) as process:
        os.close(theirs)
        shown = _all_of(ours)
    assert process.returncode == 0
    assert "file.processed" in shown
    assert not shown.startswith("{")
    assert "esc\\x1b[31m.csv" in shown
    assert "esc\x1b[31m" not in shown


def test_a_reader_that_goes_away_does_not_stop_the_work(folder: Folder) -> None:
    folder.drop("x.csv")
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "watcher",
            "--data-dir",
            folder.root,
            "--settle",
            "0",
            "--workers",
            "1",
            "--once",
        ],
        cwd=ROOT,
        env=clean_environ(),
        stdout=writer,
        stderr=subprocess.PIPE,
        timeout=SECONDS,
        check=False,
    )
    os.close(writer)
    assert ended.returncode == 0
    assert ended.stderr == b""
    assert folder.files() == {"archive/x.csv", "processed/x.json"}


# Takes the place of watcher.cli, and stands for the time that loading it takes.
_SLOW_START = """
import os, signal, sys, types
from watcher import __main__ as program
cli = types.ModuleType("watcher.cli")
cli.main = lambda arguments: os.kill(os.getpid(), signal.{signal}) or 77
sys.modules["watcher.cli"] = cli
sys.argv = ["watcher", *{arguments}]
sys.exit(program.main())
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
@pytest.mark.parametrize(
    ("arguments", "code"), [([], 0), (["--settle", "0"], 0), (["--once"], 3), (["audit"], 3)]
)
def test_a_signal_while_the_program_is_loaded_ends_it(name: str, arguments: list[str], code: int) -> None:
    program = _SLOW_START.format(signal=name, arguments=arguments)
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (code, "")


def test_the_audit_gives_1_and_says_what_is_wrong(folder: Folder, runs: Runs) -> None:
    folder.drop("x.csv")
    folder.drop(b"esc\x1b.csv")
    runs.once(folder)
    assert watcher("audit", "--data-dir", folder.root).returncode == 0
    (folder.root / "processed/x.json").unlink()
    (folder.root / "processed/esc\x1b.json").unlink()
    ended = watcher("audit", "--data-dir", folder.root)
    assert ended.returncode == 1
    assert "archive/x.csv: has no record processed/x.json" in ended.stdout
    assert "archive/esc\\x1b.csv: has no record" in ended.stdout
    assert ended.stdout.endswith("audit: 2 findings\n")


def _all_of(terminal: int) -> str:
    shown, deadline = b"", time.monotonic() + SECONDS
    with contextlib.suppress(OSError):  # EIO: the other side has closed it
        while time.monotonic() < deadline and (part := os.read(terminal, 65_536)):
            shown += part
    os.close(terminal)
    return shown.decode()
