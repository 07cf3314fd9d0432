"""The command line: settings, errors and their exit codes, signals before the work begins, the terminal."""

import errno
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.support.filing import file_all
from tests.support.in_process import call, exit_code, run_once
from tests.support.program import ROOT, Folder, clean_environ
from tests.unit.reporting.test_terminal import terminal
from watcher import cli

ONCE = [sys.executable, "-m", "watcher", "--once", "--settle", "0", "--workers", "1"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--bogus"], "--bogus"),
        (["--settl", "1"], "--settl"),
        (["--settle", "soon"], "--settle is 'soon'; allowed: a number from 0 to 86400"),
        (["--settle", "nan"], "--settle is 'nan'"),
        (["--workers", "0"], "--workers is '0'"),
        (["--watch", "closely"], "allowed: auto or events or scan"),
        (["--config", "/absent.toml"], "/absent.toml: cannot be read: No such file or directory"),
        (["statsu"], "'statsu' is not a command; the nearest is status"),
        (["x.csv"], "'x.csv' is not a command; there are accept, audit, check"),
        (
            ["--workers", "1", "accept", "x.csv"],
            "the command comes before its flags: python -m watcher accept ...",
        ),
        (["audit", "extra"], "extra"),
        (
            ["prune", "--older-than", "1e300"],
            "--older-than is 1e+300; allowed: a number of days from 0 to 36500",
        ),
    ],
)
def test_a_wrong_flag_or_value_gives_2_and_names_it(arguments: list[str], message: str) -> None:
    ended = call(*arguments)
    assert ended.returncode == 2
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("settle = 'soon'", "config.toml: settle is 'soon'; allowed: a number from 0 to 86400"),
        ("setle = 1", "config.toml: 'setle' is not a setting; the nearest is settle"),
        ("settle = ", "config.toml: not TOML"),
        ("[limits.voltage]\nmin = 'low'", "config.toml: "),
    ],
)
def test_a_wrong_settings_file_gives_2_and_names_the_key(
    folder: Folder, tmp_path: Path, text: str, message: str
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(text)
    ended = call("--once", "--data-dir", folder.root, "--config", config)
    assert ended.returncode == 2
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_variable_that_is_not_a_setting_is_a_warning(folder: Folder) -> None:
    foreign = {"WATCHER_SERVICE_HOST": "10.0.0.7", "WATCHER_SETLE": "1"}
    ended = run_once(folder, **foreign)
    assert ended.code == 0
    messages = [line["message"] for line in ended.events("settings.unknown")]
    assert messages[0].startswith("'WATCHER_SERVICE_HOST' is not a setting")
    assert messages[1] == "'WATCHER_SETLE' is not a setting; the nearest is WATCHER_SETTLE; it is ignored"
    audited = call("audit", "--data-dir", folder.root, **foreign)
    assert (audited.returncode, audited.stdout) == (0, "audit: clean\n")
    assert "'WATCHER_SETLE' is not a setting" in audited.stderr


def test_a_wrong_value_of_a_variable_gives_2_and_names_it(folder: Folder) -> None:
    ended = call("--once", "--data-dir", folder.root, WATCHER_SETTLE="soon")
    assert ended.returncode == 2
    assert "WATCHER_SETTLE is 'soon'" in ended.stderr


def test_a_flag_beats_a_variable_and_a_variable_the_file(folder: Folder, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("durability = 'none'\nsettle = 3\nworkers = 3")
    flags = ["--config", str(config), "--settle", "0.1", "--workers", "2"]
    ended = run_once(folder, flags=flags, WATCHER_SETTLE="4", WATCHER_DURABILITY="full")
    started = ended.event("watcher.started")
    assert started["settle"] == 0.1, "the flag"
    assert started["durability"] == "full", "the variable"
    assert started["workers"] == 2, "the flag, which beats the file alone too"


def test_help_lists_flags_and_commands() -> None:
    ended = call("--help")
    assert ended.returncode == 0
    assert {"--once", "--settle", "audit", "status", "retry", "prune"} <= set(
        re.split(r"[\s\[\]]+", ended.stdout)
    )


@pytest.mark.parametrize("command", [["audit"], ["retry", "--all"], ["prune", "--older-than", "1"]])
def test_a_missing_data_folder_gives_2_and_is_named(tmp_path: Path, command: list[str]) -> None:
    ended = call(*command, "--data-dir", tmp_path / "absent")
    assert ended.returncode == 2
    assert f"{tmp_path}/absent" in ended.stderr
    assert "--data-dir" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "absent").exists()


def test_the_terminal_gets_the_readable_form_with_names_escaped(folder: Folder) -> None:
    folder.drop(b"esc\x1b[31m.csv")
    with terminal(80) as (tty, text), tempfile.TemporaryFile() as errors:
        words = ["--once", "--settle", "0", "--workers", "1", "--data-dir", folder.root]
        assert exit_code(words, tty, errors.fileno(), {}) == 0
        shown = text()
    assert "file.processed" in shown
    assert not shown.startswith("{")
    assert "esc\\x1b[31m.csv" in shown
    assert "esc\x1b[31m" not in shown


def test_a_reader_that_goes_away_does_not_stop_the_work(folder: Folder) -> None:
    folder.drop("x.csv")
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run(
        [*ONCE, "--data-dir", folder.root],
        cwd=ROOT,
        env=clean_environ(),
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)
    assert ended.returncode == 0
    assert ended.stderr == b""
    assert folder.files() == {"archive/x.csv", "processed/x.json"}


# Sends the process a signal as it loads a module.
_SIGNALLED = """
import os, runpy, signal, sys
class Finder:
    def find_spec(name, *_):
        if name == "{module}":
            os.kill(os.getpid(), signal.{signal})
sys.meta_path.insert(0, Finder)
sys.argv = ["watcher", *{arguments}]
runpy.run_module("watcher", run_name="__main__")
"""


@pytest.mark.parametrize(
    ("name", "arguments", "module", "code"),
    [
        ("SIGTERM", [], "processing", 0),
        ("SIGINT", [], "watcher.cli", 0),
        ("SIGTERM", ["--settle", "0"], "watcher.daemon", 0),
        ("SIGINT", ["--once"], "processing", 3),
        ("SIGTERM", ["--once"], "watcher.cli", 3),
        ("SIGINT", ["--once=x.csv"], "watcher.daemon", 3),
        ("SIGTERM", ["audit"], "watcher.cli", 3),
        ("SIGINT", ["audit"], "watcher.commands.audit", 3),
    ],
)
def test_a_signal_while_the_program_is_loaded_ends_it(
    name: str, arguments: list[str], module: str, code: int
) -> None:
    program = _SIGNALLED.format(signal=name, arguments=arguments, module=module)
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (code, "", "")


@pytest.mark.parametrize("module", ["watcher.cli", "watcher.settings", "watcher.commands.status"])
def test_a_thread_dump_while_the_program_is_loaded_does_not_end_it(folder: Folder, module: str) -> None:
    arguments = ["status", "--data-dir", str(folder.root)]
    program = _SIGNALLED.format(signal="SIGUSR1", arguments=arguments, module=module)
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout.splitlines()[0]) == (1, "not healthy:")
    assert ended.stderr.startswith("Current thread")


@pytest.mark.parametrize("given", [["--once", "--", "-x.csv"], ["--once", "--", "--help", "a.csv"]])
def test_after_two_dashes_everything_is_a_path(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, given: list[str]
) -> None:
    monkeypatch.chdir(folder.incoming)
    for name in given[2:-1]:
        folder.drop(name)
    ended = call("--data-dir", folder.root, *given)
    assert ended.returncode == 2
    assert f"--once {given[-1]!r}: no such file in" in ended.stderr


@pytest.mark.parametrize("words", [["accept", "x"], ["retry", "x"], ["reprocess", "x"], ["--once", "x"]])
def test_a_name_in_a_data_folder_that_is_not_there_is_an_error_about_the_folder(
    tmp_path: Path, words: list[str]
) -> None:
    ended = call(*words, "--data-dir", tmp_path / "none")
    fix = f"{tmp_path}/none (--data-dir) is not there; to fix it: mkdir -p {tmp_path}/none"
    assert (ended.returncode, ended.stderr) == (2, f"watcher: {fix}\n")


def test_a_folder_after_once_is_an_error_that_says_what_to_name(folder: Folder) -> None:
    folder.drop("roof/x.csv")
    ended = call("--data-dir", folder.root, "--once", folder.incoming / "roof")
    assert ended.returncode == 2
    what = f"--once '{folder.incoming}/roof' is a folder: name the files in it, or none for all"
    assert ended.stderr == f"watcher: {what}\n"
    assert folder.files() == {"incoming/roof/x.csv"}


def test_two_dashes_without_once_are_an_error() -> None:
    ended = call("--", "x.csv")
    assert ended.returncode == 2
    assert "x.csv" in ended.stderr


@pytest.mark.parametrize("arguments", [["audit"], ["status"], ["--once"]])
def test_a_python_without_the_libraries_is_told_of_the_one_that_has_them(
    folder: Folder, arguments: list[str]
) -> None:
    program = f"""
import runpy, sys
for name in ("msgspec", "structlog", "watchdog", "fastnumbers", "numpy", "jinja2"):
    sys.modules[name] = None
sys.argv = ["watcher", *{arguments}, "--data-dir", {str(folder.root)!r}]
runpy.run_module("watcher", run_name="__main__")
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if arguments != ["status"]:
        assert ended.returncode == 2
        assert re.search(r"^watcher: \S+ has no \w+: .*`\. \.venv/bin/activate`", ended.stderr)
    assert "nothing was lost" not in ended.stderr


def defect(*_: object, **__: object) -> None:
    raise LookupError("unexpected here")


@pytest.mark.parametrize("once", [True, False])
@pytest.mark.parametrize(
    "place",
    [
        "watcher.filing.committer.Committer.end",
        "watcher.loop.Loop.turn",
        "watcher.daemon.Daemon._await_end",
        "watcher.monitoring.control_socket.ControlSocket.run",
    ],
)
def test_an_unexpected_error_is_logged_and_gives_3(
    folder: Folder,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    once: bool,  # noqa: FBT001 - a case
) -> None:
    """In the main thread and in each other."""
    monkeypatch.setattr(place, defect)
    folder.drop("x.csv")
    ended = call("--data-dir", folder.root, "--settle", "0", "--workers", "1", *(["--once"] * once))
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert ended.returncode == 3
    events = [line["event"] for line in lines if line["event"].startswith("watcher.")]
    others = [event for event in events if event != "watcher.started"]  # another thread may log it later
    assert others == ["watcher.stopping", "watcher.failed"]
    assert (lines[-1]["exit_code"], lines[-1]["exception"][0]["exc_type"]) == (3, "LookupError")
    assert re.match(
        rf"unexpected LookupError at {re.escape(__file__)}:\d+: unexpected here;", lines[-1]["error"]
    )
    assert ended.stderr == f"watcher: {lines[-1]['error']}\n"
    assert not (folder.root / ".watcher/control.sock").exists() or "control_socket" in place


_WITHOUT_THREADS = """
import sys, threading
from watcher.__main__ import main
def start(thread):
    raise RuntimeError("can't start new thread")
threading.Thread.start = start
sys.argv[1:] = {arguments}
sys.exit(main())
"""


def test_a_failure_to_start_any_thread_is_logged(folder: Folder) -> None:
    program = _WITHOUT_THREADS.format(arguments=["--data-dir", str(folder.root)])
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    failed = json.loads(ended.stdout.splitlines()[-1])
    assert (ended.returncode, failed["event"], failed["exit_code"]) == (3, "watcher.failed", 3)
    assert "can't start new thread" in failed["error"]
    assert ended.stderr == f"watcher: {failed['error']}\n"


def test_an_unexpected_error_in_a_command_gives_3(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("watcher.commands.audit.audit", defect)
    ended = call("audit", "--data-dir", folder.root)
    assert ended.returncode == 3
    assert ended.stderr.startswith(f"watcher: unexpected LookupError at {__file__}:")
    assert ": unexpected here" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_audit_with_findings_gives_1_and_names_them(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("watcher.commands.audit.RECHECK_SECONDS", 0)
    folder.drop("x.csv")
    folder.drop(b"esc\x1b.csv")
    file_all(folder)
    assert call("audit", "--data-dir", folder.root).returncode == 0
    (folder.root / "processed/x.json").unlink()
    (folder.root / "processed/esc\x1b.json").unlink()
    ended = call("audit", "--data-dir", folder.root)
    assert ended.returncode == 1
    assert "archive/x.csv: has no record processed/x.json" in ended.stdout
    assert "archive/esc\\x1b.csv: has no record" in ended.stdout
    assert ended.stdout.endswith("audit: 2 findings\n")


def test_a_name_in_an_error_forges_no_line_and_sends_nothing_to_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> int:
        raise OSError(errno.EIO, "Input/output error", "a\n::error::x\x1b[2J\udcfc##[group]")

    monkeypatch.setattr(cli, "run_command", fail)
    assert cli.main(["audit"]) == 3
    assert capsys.readouterr().err == (
        "watcher: Input/output error: a\\x0a::error::x\\x1b[2J\\xfc#\\x23[group]\n"
    )
